//! The pattern language of the bulk maker: literal text with groups such as `{A..C}` or `{01..20}`.
//!
//! A group is a list of parts divided by commas; a part is one value or a range of numbers or of
//! letters: `{A..H,J..N}`, `{1..4}`, `{01..20}` (the zeros are kept). Every group ends a level, so
//! `LON-{A..C}-{01..20}` names `LON-A` and, below it, `LON-A-01`. Text after the last group belongs
//! to the last level. Pure: counts before it expands, so a huge pattern costs nothing to refuse.

use std::fmt::Write as _;

/// The most groups a pattern may have.
pub const GROUPS_MAX: usize = 6;

/// The longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 200;

/// Why a text is not a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BadPattern {
    /// Longer than [`PATTERN_BYTES_MAX`].
    TooLong,
    /// A `{` without its `}`, a `}` without its `{`, or one inside the other.
    Braces,
    /// No group at all: nothing to repeat.
    NoGroup,
    /// More than [`GROUPS_MAX`] groups.
    TooManyGroups,
    /// A part that is neither a value nor a range; holds the part.
    Part(String),
}

impl BadPattern {
    /// What is wrong and what to do, for the problem answer.
    pub(crate) fn sentence(&self) -> String {
        match self {
            BadPattern::TooLong => format!("a pattern has at most {PATTERN_BYTES_MAX} bytes"),
            BadPattern::Braces => "every `{` needs its own `}`, not one inside the other".to_owned(),
            BadPattern::NoGroup => "a pattern needs at least one group such as `{01..20}`".to_owned(),
            BadPattern::TooManyGroups => format!("a pattern has at most {GROUPS_MAX} groups"),
            BadPattern::Part(part) => format!(
                "`{part}` is neither a value nor a rising range of numbers or of letters of one case, \
                 such as `01..20` or `A..F`"
            ),
        }
    }
}

/// One part of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    /// Itself.
    Word(String),
    /// Numbers from the first to the second, shown with at least so many digits.
    Numbers(u32, u32, usize),
    /// ASCII letters of one case.
    Letters(u8, u8),
}

impl Part {
    fn count(&self) -> u64 {
        match self {
            Part::Word(_) => 1,
            Part::Numbers(first, last, _) => u64::from(last - first) + 1,
            Part::Letters(first, last) => u64::from(last - first) + 1,
        }
    }

    fn read(text: &str) -> Result<Part, BadPattern> {
        let bad = || BadPattern::Part(text.to_owned());
        let Some((first, last)) = text.split_once("..") else {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return if plain { Ok(Part::Word(text.to_owned())) } else { Err(bad()) };
        };
        if let (&[first], &[last]) = (first.as_bytes(), last.as_bytes()) {
            let one_case = (first.is_ascii_uppercase() && last.is_ascii_uppercase())
                || (first.is_ascii_lowercase() && last.is_ascii_lowercase());
            if one_case && first <= last {
                return Ok(Part::Letters(first, last));
            }
        }
        let number = |digits: &str| -> Option<u32> {
            let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let (from, to) = (number(first).ok_or_else(bad)?, number(last).ok_or_else(bad)?);
        // `01..5` and `1..05` leave open how many digits are meant
        let padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
        let unclear = (padded(first) || padded(last)) && first.len() != last.len();
        if from > to || unclear { Err(bad()) } else { Ok(Part::Numbers(from, to, first.len())) }
    }

    fn values(&self, out: &mut Vec<String>) {
        match self {
            Part::Word(word) => out.push(word.clone()),
            Part::Numbers(first, last, width) => {
                out.extend((*first..=*last).map(|number| format!("{number:0width$}")));
            }
            Part::Letters(first, last) => {
                out.extend((*first..=*last).map(|letter| char::from(letter).to_string()));
            }
        }
    }
}

/// One level: the literal text before its group, and the group.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Level {
    lead: String,
    parts: Vec<Part>,
}

/// A pattern that has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pattern {
    levels: Vec<Level>,
    tail: String,
}

/// One name of the expansion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    /// The level it belongs to, from 0.
    pub(crate) level: usize,
    /// Which of the values of its group it has, from 0.
    pub(crate) at: i64,
    /// The whole code.
    pub(crate) code: String,
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Pattern, BadPattern> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(BadPattern::TooLong);
        }
        let mut levels = Vec::new();
        let mut rest = text;
        while let Some((lead, after)) = rest.split_once('{') {
            let (group, behind) = after.split_once('}').ok_or(BadPattern::Braces)?;
            if lead.contains('}') || group.contains('{') {
                return Err(BadPattern::Braces);
            }
            let parts = group.split(',').map(|part| Part::read(part.trim())).collect::<Result<_, _>>()?;
            levels.push(Level { lead: lead.to_owned(), parts });
            if levels.len() > GROUPS_MAX {
                return Err(BadPattern::TooManyGroups);
            }
            rest = behind;
        }
        if rest.contains('}') {
            return Err(BadPattern::Braces);
        }
        if levels.is_empty() {
            return Err(BadPattern::NoGroup);
        }
        Ok(Pattern { levels, tail: rest.to_owned() })
    }

    /// How many levels there are: one per group.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// How many names the levels have that `made` says yes to, without expanding anything.
    pub(crate) fn count(&self, made: impl Fn(usize) -> bool) -> u64 {
        let mut names: u64 = 1;
        let mut sum: u64 = 0;
        for (index, level) in self.levels.iter().enumerate() {
            let here: u64 = level.parts.iter().map(Part::count).fold(0, u64::saturating_add);
            names = names.saturating_mul(here);
            if made(index) {
                sum = sum.saturating_add(names);
            }
        }
        sum
    }

    /// All names, parents before their children, in the order of the pattern. Call [`Pattern::count`]
    /// first: the last level has as many names as the product of all groups.
    pub(crate) fn expand(&self) -> Vec<Name> {
        let mut out = Vec::new();
        self.walk(0, &mut String::new(), &mut out);
        out
    }

    fn walk(&self, level: usize, prefix: &mut String, out: &mut Vec<Name>) {
        let Some(Level { lead, parts }) = self.levels.get(level) else { return };
        let mut values = Vec::new();
        for part in parts {
            part.values(&mut values);
        }
        let last = level + 1 == self.levels.len();
        for (at, value) in (0..).zip(values) {
            let length = prefix.len();
            // writing to a string never fails
            let _ = write!(prefix, "{lead}{value}{}", if last { self.tail.as_str() } else { "" });
            out.push(Name { level, at, code: prefix.clone() });
            self.walk(level + 1, prefix, out);
            prefix.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Pattern::parse(text) {
            Ok(pattern) => pattern
                .expand()
                .into_iter()
                .map(|name| format!("{}:{}", name.level, name.code))
                .collect::<Vec<_>>()
                .join(" "),
            Err(bad) => bad.sentence(),
        }
    }

    #[test]
    fn patterns_and_what_they_name() {
        let cases = [
            ("B{1..3}", "0:B1 0:B2 0:B3"),
            ("L-{A..B}-{01..02}", "0:L-A 1:L-A-01 1:L-A-02 0:L-B 1:L-B-01 1:L-B-02"),
            ("{08..11}", "0:08 0:09 0:10 0:11"),
            ("{8..11}", "0:8 0:9 0:10 0:11"),
            ("{A..B,X,7..8}", "0:A 0:B 0:X 0:7 0:8"),
            ("{a..b}-END", "0:a-END 0:b-END"),
            ("A{1..1}-{2..2}Z", "0:A1 1:A1-2Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_by_name() {
        let part = |part: &str| Err(BadPattern::Part(part.to_owned()));
        let cases = [
            ("PLAIN", Err(BadPattern::NoGroup)),
            ("", Err(BadPattern::NoGroup)),
            ("A{1..2", Err(BadPattern::Braces)),
            ("A1..2}", Err(BadPattern::Braces)),
            ("A}{1..2}", Err(BadPattern::Braces)),
            ("{{1..2}}", Err(BadPattern::Braces)),
            ("{5..1}", part("5..1")),
            ("{A..c}", part("A..c")),
            ("{A..5}", part("A..5")),
            ("{01..5}", part("01..5")),
            ("{1..05}", part("1..05")),
            ("{1..}", part("1..")),
            ("{}", part("")),
            ("{-1..3}", part("-1..3")),
            ("{1..9999999999}", part("1..9999999999")),
            ("{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}", Err(BadPattern::TooManyGroups)),
        ];
        for (text, expected) in cases {
            assert_eq!(Pattern::parse(text), expected, "{text}");
        }
        assert_eq!(Pattern::parse(&"x".repeat(PATTERN_BYTES_MAX + 1)), Err(BadPattern::TooLong));
    }

    #[test]
    fn a_huge_pattern_is_counted_without_being_expanded() {
        let pattern = Pattern::parse("{1..999999999}-{1..999999999}-{1..999999999}").unwrap();
        assert_eq!(pattern.count(|_| true), u64::MAX);
        assert_eq!(pattern.count(|level| level == 0), 999_999_999);
        assert_eq!(pattern.count(|_| false), 0);
    }

    #[test]
    fn the_count_is_the_length_of_the_expansion() {
        let pattern = Pattern::parse("LON-{A..C}-{01..20}-{1..4}").unwrap();
        let names = pattern.expand();
        assert_eq!(usize::try_from(pattern.count(|_| true)), Ok(names.len()));
        assert_eq!(names.len(), 3 + 60 + 240);
        assert_eq!(pattern.count(|level| level == 2), 240);
    }
}
