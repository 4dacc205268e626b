//! Closed lists: each entry has a small stored number and a word for the wire, and both are unique.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use std::fmt;

/// How much of a text that was not understood is repeated in the answer, in characters.
pub const ECHO_CHARS_MAX: usize = 40;

/// The beginning of a text, short enough for a sentence; control characters become `?`.
pub fn echo(text: &str) -> String {
    let mut echo: String =
        text.chars().take(ECHO_CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(ECHO_CHARS_MAX).is_some() {
        echo.push('…');
    }
    echo
}

/// So many of something, as people say it: `1 row`, `2 rows`.
pub fn counted<N: fmt::Display + Copy + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let what = if count == N::from(1) { one } else { many };
    format!("{count} {what}")
}

/// A text that is no word of a closed list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{given}` is no {what}; it is one of {}", Listed(.words))]
pub struct UnknownWord {
    /// What the list is of.
    pub what: &'static str,
    /// The text, at most its first [`ECHO_CHARS_MAX`] characters.
    pub given: String,
    /// The words of the list.
    pub words: &'static [&'static str],
}

impl AsProblem for UnknownWord {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

struct Listed<'a>(&'a [&'static str]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Makes the enum of a closed list with its numbers and words.
macro_rules! words {
    (
        $(#[$attr:meta])*
        $name:ident, $what:literal {
            $($(#[$variant_attr:meta])* $variant:ident = $number:literal, $word:literal;)*
        }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_attr])* $variant,)*
        }

        impl $name {
            /// The whole list, in stored order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The words of the list, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The stored number.
            pub const fn number(self) -> i64 {
                match self { $($name::$variant => $number,)* }
            }

            /// From the stored number.
            pub const fn from_number(number: i64) -> Option<$name> {
                match number { $($number => Some($name::$variant),)* _ => None }
            }

            /// The word used everywhere.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// From the word.
            ///
            /// # Errors
            /// [`UnknownWord`](crate::word::UnknownWord) with the words there are.
            pub fn parse(word: &str) -> Result<$name, $crate::word::UnknownWord> {
                match word {
                    $($word => Ok($name::$variant),)*
                    _ => Err($crate::word::UnknownWord {
                        what: $what,
                        given: $crate::word::echo(word),
                        words: $name::WORDS,
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $name::parse(&word).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;

/// Checks, for the tests of a list, that its numbers and words are unique and read back.
#[cfg(test)]
macro_rules! assert_words {
    ($($name:ident),*) => {$(
        for (index, entry) in $name::ALL.iter().enumerate() {
            assert_eq!($name::parse(entry.word()), Ok(*entry));
            assert_eq!($name::from_number(entry.number()), Some(*entry));
            assert_eq!($name::WORDS[index], entry.to_string());
        }
        assert_eq!($name::from_number(0), None, "0 is what a column has by mistake");
    )*};
}
#[cfg(test)]
pub(crate) use assert_words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::ItemState;

    #[test]
    fn a_closed_list_reads_back_and_names_its_words() {
        assert_words!(ItemState);
        let refused = ItemState::parse("Active").unwrap_err();
        assert_eq!(refused.to_string(), "`Active` is no item state; it is one of `active`, `archived`");
        assert_eq!(refused.problem("/state").code, Code::InvalidValue);
    }

    #[test]
    fn a_long_text_is_repeated_only_in_part() {
        assert_eq!(echo(&"x".repeat(40)).chars().count(), 40);
        assert_eq!(echo(&"x".repeat(41)), "x".repeat(40) + "…");
        assert_eq!(echo("a\nb"), "a?b");
    }
}
