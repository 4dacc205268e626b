//! What an attribute of an item is: its key, its kind, and the number that a JSON number stands for.

use crate::decimal;
use crate::text::{BadText, check_length, text_type};
use crate::word::words;

/// The longest key of an attribute, in characters.
pub const ATTRIBUTE_KEY_CHARS_MAX: usize = 48;

/// The largest number that an attribute holds, in millionths: a million million.
pub const ATTRIBUTE_NUMBER_MAX: i64 = 1_000_000_000_000_000_000;

text_type! {
    /// The key of an attribute that is defined, such as `voltage`: 1 to [`ATTRIBUTE_KEY_CHARS_MAX`]
    /// lower case letters, digits and `_`, a letter first.
    AttributeKey, BadText, |text| {
        let what = "the key of an attribute";
        check_length(what, text, ATTRIBUTE_KEY_CHARS_MAX)?;
        let fits = |position: usize, c: char| {
            c.is_ascii_lowercase() || ((c.is_ascii_digit() || c == '_') && position > 1)
        };
        match (1..).zip(text.chars()).find(|(position, c)| !fits(*position, *c)) {
            None => Ok(text.into()),
            Some((position, character)) => {
                let takes = "takes the letters a to z, and digits and `_` after the first";
                Err(BadText::Character { what, takes, character, position })
            }
        }
    }
}

words! {
    /// What the values of an attribute are.
    AttributeKind, "kind of attribute" {
        /// A text.
        Text = 1, "text";
        /// A number with at most six decimals.
        Number = 2, "number";
        /// Yes or no.
        Boolean = 3, "boolean";
        /// A day, such as `2026-03-01`.
        Date = 4, "date";
        /// One of its choices.
        Choice = 5, "choice";
        /// Some of its choices.
        Choices = 6, "choices";
    }
}

impl AttributeKind {
    /// Whether its values come from a list.
    pub const fn is_of_choices(self) -> bool {
        matches!(self, AttributeKind::Choice | AttributeKind::Choices)
    }
}

/// The number of a text in millionths, when it is one: digits with at most six decimals and at most
/// [`ATTRIBUTE_NUMBER_MAX`] either way.
///
/// ```
/// use domain::attribute::millionths;
/// assert_eq!(millionths("12.5"), Some(12_500_000));
/// assert_eq!(millionths("1e3"), None);
/// ```
pub fn millionths(text: &str) -> Option<i64> {
    let number = decimal::parse(text, 6).ok()?;
    (-ATTRIBUTE_NUMBER_MAX..=ATTRIBUTE_NUMBER_MAX).contains(&number).then_some(number)
}

/// Millionths, written without zeros at the end: `12.5`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Millionths(pub i64);

impl std::fmt::Display for Millionths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        decimal::write_short(self.0, 6, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;

    #[test]
    fn words_read_back() {
        assert_words!(AttributeKind);
    }

    #[test]
    fn a_key_is_a_small_word() {
        for key in ["a", "voltage", "max_load_2", &"x".repeat(ATTRIBUTE_KEY_CHARS_MAX)] {
            assert!(AttributeKey::parse(key).is_ok(), "{key}");
        }
        for key in ["", "Voltage", "_a", "1a", "a-b", "a b", "ü", &"x".repeat(ATTRIBUTE_KEY_CHARS_MAX + 1)] {
            assert!(AttributeKey::parse(key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_number_has_at_most_six_decimals() {
        assert_eq!(millionths("-0.000001"), Some(-1));
        assert_eq!(millionths("1000000000000"), Some(ATTRIBUTE_NUMBER_MAX));
        assert_eq!(millionths("12.0"), Some(12_000_000));
        for text in ["1000000000000.000001", "0.0000001", "", ".5", "1.", "+1", "ten", "0x1"] {
            assert_eq!(millionths(text), None, "{text}");
        }
        assert_eq!(Millionths(12_500_000).to_string(), "12.5");
    }
}
