//! Words of a line of code or SQL: runs of letters, digits and underscores.

use crate::tree::numbered;

/// Whether a character is part of a word.
pub(crate) fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a line in order.
pub(crate) fn of(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c| !is_part(c)).filter(|word| !word.is_empty())
}

/// Whether a text contains `wanted` with no part of a word on either side of it.
pub(crate) fn stands_in(line: &str, wanted: &str) -> bool {
    line.match_indices(wanted).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + wanted.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Words and single marks of a text, with the numbers of their lines from 1.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    numbered(text).flat_map(|(number, line)| {
        let mut rest = line;
        std::iter::from_fn(move || {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(word.max(first.len_utf8()));
            rest = after;
            Some((number, token))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert!(stands_in("x as f64;", "f64"));
        assert!(!stands_in("x as_f64;", "f64"));
        assert!(stands_in("m(Engine::Sqlite)", "Engine::Sqlite"));
        assert!(!stands_in("MyEngine::Sqlite", "Engine::Sqlite"));
    }

    #[test]
    fn a_text_falls_into_words_and_marks() {
        let found: Vec<_> = tokens("a.b_c\n ='d'").collect();
        assert_eq!(found, [(1, "a"), (1, "."), (1, "b_c"), (2, "="), (2, "'"), (2, "d"), (2, "'")]);
        assert_eq!(of("a.b_c = 'd'").collect::<Vec<_>>(), ["a", "b_c", "d"]);
    }
}
