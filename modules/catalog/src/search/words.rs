//! The words of a text, and words that are alike. Pure.
//!
//! A text is folded: small letters, no accents, `ß` as `ss`. Words are runs of letters and digits. Two words
//! are alike when one becomes the other by few changes, each of which adds, drops or replaces a letter or
//! exchanges two that stand beside each other (the optimal string alignment distance). They are found without
//! comparing all: if two words are at most *d* changes apart, dropping at most *d* letters from each leaves a
//! text in common, also when only their first letters are looked at (W. Garbe, 2012).
//! `lamp` and `lmap` are one change apart and share `lmp`.

use crate::item::Item;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest word that is told apart, in characters.
pub(crate) const WORD_CHARS_MAX: usize = 32;

/// The most words that an item is found by.
pub(crate) const WORDS_PER_ITEM_MAX: usize = 256;

/// The most words of a question.
pub(crate) const WORDS_ASKED_MAX: usize = 8;

/// How many letters of a word are looked at for what is left of it.
const LETTERS: usize = 8;

/// What a word of a code, of a name and of anything else tells.
const OF_CODE: i64 = 4;
const OF_NAME: i64 = 3;
const OF_ATTRIBUTE: i64 = 1;

/// The words of a text, in their order.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            c => folded.push(c),
        }
    }
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_CHARS_MAX).collect())
        .collect()
}

/// What an item is found by, each word with what it tells.
pub(crate) fn terms(item: &Item) -> BTreeMap<String, i64> {
    let mut terms = BTreeMap::new();
    let code = words(&item.sku);
    if code.len() > 1 {
        // written without what divides it
        add(&mut terms, vec![code.concat().chars().take(WORD_CHARS_MAX).collect()], OF_CODE);
    }
    add(&mut terms, code, OF_CODE);
    add(&mut terms, words(&item.name), OF_NAME);
    add(&mut terms, words(item.owner.as_deref().unwrap_or_default()), OF_ATTRIBUTE);
    for value in item.attributes.values() {
        let texts = match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for text in texts {
            add(&mut terms, words(text), OF_ATTRIBUTE);
        }
    }
    terms
}

fn add(terms: &mut BTreeMap<String, i64>, words: Vec<String>, weight: i64) {
    for word in words {
        let room = terms.len() < WORDS_PER_ITEM_MAX;
        match terms.get_mut(&word) {
            Some(present) => *present = (*present).max(weight),
            None if room => {
                terms.insert(word, weight);
            }
            None => {}
        }
    }
}

/// How many changes a word forgives: none when it is short or holds a digit, for which every character
/// counts; one from four letters on, two from eight.
pub(crate) fn forgiven(word: &str) -> usize {
    if word.chars().any(|c| c.is_ascii_digit()) {
        return 0;
    }
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// What is left of the first letters of a word when at most so many are dropped, the whole among it.
pub(crate) fn remains(word: &str, drops: usize) -> BTreeSet<String> {
    let first: String = word.chars().take(LETTERS).collect();
    let mut all = BTreeSet::from([first.clone()]);
    let mut longest = vec![first];
    for _ in 0..drops {
        let mut shorter = Vec::new();
        for text in &longest {
            for skip in 0..text.chars().count() {
                let left: String =
                    text.chars().enumerate().filter(|(place, _)| *place != skip).map(|(_, c)| c).collect();
                if all.insert(left.clone()) {
                    shorter.push(left);
                }
            }
        }
        longest = shorter;
    }
    all
}

/// How far a word that is there is from one that was typed; `None` when it does not forgive so much.
pub(crate) fn distance(typed: &str, word: &str) -> Option<usize> {
    let distance = strsim::osa_distance(typed, word);
    (distance <= forgiven(word)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_folded_into_words() {
        let cases: [(&str, &[&str]); 7] = [
            ("WHITE HANGING HEART T-LIGHT HOLDER", &["white", "hanging", "heart", "t", "light", "holder"]),
            ("Töpfe für Außen", &["topfe", "fur", "aussen"]),
            ("Crème brûlée, 12\"", &["creme", "brulee", "12"]),
            ("Smørrebrød/Łódź", &["smorrebrod", "lodz"]),
            ("  ", &[]),
            ("85123A", &["85123a"]),
            ("赤い ランプ", &["赤い", "ランフ"]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words(&"x".repeat(40))[0].len(), WORD_CHARS_MAX);
    }

    #[test]
    fn a_word_forgives_by_its_length() {
        let cases = [("cup", 0), ("lamp", 1), ("candles", 1), ("lanterns", 2), ("r2d2x", 0), ("85123a", 0)];
        for (word, expected) in cases {
            assert_eq!(forgiven(word), expected, "{word}");
        }
        for (typed, word, expected) in [
            ("lmap", "lamp", Some(1)),
            ("lanp", "lamp", Some(1)),
            ("lp", "lamp", None),
            ("cop", "cup", None),
            ("lantrens", "lanterns", Some(1)),
            ("lantens", "lanterns", Some(1)),
            ("latrens", "lanterns", Some(2)),
        ] {
            assert_eq!(distance(typed, word), expected, "{typed} {word}");
        }
    }

    #[test]
    fn what_is_left_of_a_word() {
        let left = |word, drops| remains(word, drops).into_iter().collect::<Vec<_>>();
        assert_eq!(left("abc", 0), ["abc"]);
        assert_eq!(left("abc", 1), ["ab", "abc", "ac", "bc"]);
        assert_eq!(left("aa", 2), ["", "a", "aa"]);
        assert_eq!(remains("abcdefghijk", 2).len(), 1 + 8 + 28);
    }

    proptest! {
        #[test]
        fn words_that_are_alike_have_something_left_in_common(
            word in "[a-e]{4,14}",
            changes in prop::collection::vec((0..4_u8, any::<prop::sample::Index>(), prop::char::range('a', 'e')), 0..3),
        ) {
            let mut typed: Vec<char> = word.chars().collect();
            for (kind, place, letter) in changes {
                let at = place.index(typed.len().max(1));
                match kind {
                    0 => typed.insert(at.min(typed.len()), letter),
                    1 if typed.len() > 1 => drop(typed.remove(at)),
                    2 => typed[at] = letter,
                    _ if at + 1 < typed.len() => typed.swap(at, at + 1),
                    _ => {}
                }
            }
            let typed: String = typed.into_iter().collect();
            if distance(&typed, &word).is_some() {
                let kept = remains(&word, forgiven(&word));
                prop_assert!(remains(&typed, 2).iter().any(|left| kept.contains(left)), "{typed} {word}");
            }
        }
    }
}
