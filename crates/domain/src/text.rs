//! Bounded human texts, and the error that texts and codes share.
//!
//! Lengths count characters (Unicode scalar values), not bytes. Texts are kept as they come; no
//! normal form is forced on them.

use crate::as_problem::AsProblem;
use crate::problem::Code;

/// The longest [`Name`], in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// The longest [`Note`], in characters.
pub const NOTE_CHARS_MAX: usize = 20_000;

/// Why a text is not acceptable. `what` names the kind of text with its article, as in `a SKU`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadText {
    /// Nothing, or only blanks.
    #[error("{what} is 1 to {max} characters long, this one is empty")]
    Empty {
        /// The kind of text.
        what: &'static str,
        /// The most characters it has.
        max: usize,
    },
    /// Too many characters.
    #[error("{what} is at most {max} characters long, this one has `{chars}`")]
    TooLong {
        /// The kind of text.
        what: &'static str,
        /// The most characters it has.
        max: usize,
        /// The characters there are.
        chars: usize,
    },
    /// A character that nobody can see or that changes how others are shown.
    #[error("{what} has no invisible characters, this one has `U+{character:04X}` at character {position}")]
    Invisible {
        /// The kind of text.
        what: &'static str,
        /// The character's number.
        character: u32,
        /// Where it stands, from 1.
        position: usize,
    },
    /// A blank where it cannot be told from none.
    #[error("{what} neither begins nor ends with a blank nor has two in a row: `{given}`")]
    Blank {
        /// The kind of text.
        what: &'static str,
        /// The text, at most its first characters.
        given: String,
    },
    /// A character that this kind of text does not have.
    #[error("{what} {takes}, so not `{character}` at character {position}")]
    Character {
        /// The kind of text.
        what: &'static str,
        /// What it takes, as in `takes no slash`.
        takes: &'static str,
        /// The character.
        character: char,
        /// Where it stands, from 1.
        position: usize,
    },
    /// A first character that a spreadsheet takes for a formula.
    #[error("{what} does not begin with `{character}`, which a spreadsheet takes for a formula")]
    Formula {
        /// The kind of text.
        what: &'static str,
        /// The character.
        character: char,
    },
    /// `.` or `..`, which no address can carry.
    #[error("{what} is not `{given}`, which stands for a folder in an address")]
    Dots {
        /// The kind of text.
        what: &'static str,
        /// The text.
        given: String,
    },
}

impl AsProblem for BadText {
    fn code(&self) -> Code {
        match self {
            BadText::TooLong { .. } => Code::LimitExceeded,
            BadText::Empty { .. }
            | BadText::Invisible { .. }
            | BadText::Blank { .. }
            | BadText::Character { .. }
            | BadText::Formula { .. }
            | BadText::Dots { .. } => Code::InvalidValue,
        }
    }
}

/// Makes a text type whose only way in is its reader, an `fn(&str) -> Result<Box<str>, E>`.
macro_rules! text_type {
    ($(#[$attr:meta])* $name:ident, $error:ty, $read:expr) => {
        $(#[$attr])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads the text.
            ///
            /// # Errors
            /// The error names the text, what is wrong with it and where.
            pub fn parse(text: &str) -> Result<$name, $error> {
                let read: fn(&str) -> Result<Box<str>, $error> = $read;
                read(text).map($name)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $name::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// What people call a thing: 1 to [`NAME_CHARS_MAX`] characters on one line. Blanks around it
    /// are dropped.
    ///
    /// ```
    /// use domain::Name;
    /// assert_eq!(Name::parse(" Bolt M8 × 40 ").unwrap().as_str(), "Bolt M8 × 40");
    /// ```
    Name, BadText, |text| {
        let text = text.trim();
        check_length("a name", text, NAME_CHARS_MAX)?;
        check_seen("a name", text, breaks_a_line)?;
        Ok(text.into())
    }
}

text_type! {
    /// What people write about a thing: at most [`NOTE_CHARS_MAX`] characters on any number of
    /// lines; may be empty. Line ends become a single line feed; blanks at the end are dropped.
    Note, BadText, |text| {
        let text = text.trim_end().replace("\r\n", "\n").replace('\r', "\n");
        if !text.is_empty() {
            check_length("a note", &text, NOTE_CHARS_MAX)?;
        }
        check_seen("a note", &text, |c| !matches!(c, '\n' | '\t') && breaks_a_line(c))?;
        Ok(text.into())
    }
}

/// Refuses the empty text and one of more than so many characters.
pub(crate) fn check_length(what: &'static str, text: &str, max: usize) -> Result<(), BadText> {
    match text.chars().count() {
        0 => Err(BadText::Empty { what, max }),
        chars if chars > max => Err(BadText::TooLong { what, max, chars }),
        _ => Ok(()),
    }
}

/// Refuses characters that the test says nobody can see.
pub(crate) fn check_seen(
    what: &'static str,
    text: &str,
    invisible: impl Fn(char) -> bool,
) -> Result<(), BadText> {
    match (1..).zip(text.chars()).find(|(_, c)| invisible(*c)) {
        Some((position, c)) => Err(BadText::Invisible { what, character: u32::from(c), position }),
        None => Ok(()),
    }
}

/// Control characters, line separators, and overrides of the writing direction. Joiners stay:
/// names in several scripts need them.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_wrong_with_them() {
        let longest = "ü".repeat(NAME_CHARS_MAX);
        let too_long = "ü".repeat(NAME_CHARS_MAX + 1);
        let cases = [
            ("Bolt", Ok("Bolt")),
            ("  Bolt\t", Ok("Bolt")),
            (&longest, Ok(&*longest)),
            (&too_long, Err("a name is at most 200 characters long, this one has `201`")),
            ("", Err("a name is 1 to 200 characters long, this one is empty")),
            (" \n ", Err("a name is 1 to 200 characters long, this one is empty")),
            ("a\nb", Err("a name has no invisible characters, this one has `U+000A` at character 2")),
            ("a\u{202E}b", Err("a name has no invisible characters, this one has `U+202E` at character 2")),
            ("می\u{200C}خواهم", Ok("می\u{200C}خواهم")),
        ];
        for (text, expected) in cases {
            let read = Name::parse(text);
            assert_eq!(
                read.as_ref().map(Name::as_str).map_err(ToString::to_string),
                expected.map_err(str::to_owned)
            );
        }
        assert_eq!(Name::parse(&too_long).unwrap_err().problem("/name").code, Code::LimitExceeded);
        assert_eq!(Name::parse("").unwrap_err().problem("/name").code, Code::InvalidValue);
    }

    #[test]
    fn a_note_has_lines_and_may_be_empty() {
        assert_eq!(Note::parse("one\r\ntwo\rthree\t4\n\n").unwrap().as_str(), "one\ntwo\nthree\t4");
        assert_eq!(Note::parse("").unwrap().as_str(), "");
        assert!(Note::parse(&"x".repeat(NOTE_CHARS_MAX)).is_ok());
        assert_eq!(
            Note::parse(&"x".repeat(NOTE_CHARS_MAX + 1)).unwrap_err(),
            BadText::TooLong { what: "a note", max: NOTE_CHARS_MAX, chars: NOTE_CHARS_MAX + 1 }
        );
        assert!(Note::parse("a\u{0}").is_err());
    }
}
