//! What sets the variants of a family apart: options with their codes, and patterns that make a SKU and a
//! name of them.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::text::{BadText, check_length, text_type};
use crate::word::echo;

/// The longest code of an option set, in characters.
pub const OPTION_SET_CODE_CHARS_MAX: usize = 32;

/// The longest code of an option value, in characters.
pub const OPTION_CODE_CHARS_MAX: usize = 16;

/// The longest pattern, in characters.
pub const PATTERN_CHARS_MAX: usize = 200;

text_type! {
    /// The code of an option set, such as `colour`: 1 to [`OPTION_SET_CODE_CHARS_MAX`] lower case letters,
    /// digits and `_`, a letter first. It stands in patterns: `{colour}`.
    OptionSetCode, BadText, |text| {
        let what = "the code of an option set";
        check_length(what, text, OPTION_SET_CODE_CHARS_MAX)?;
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

text_type! {
    /// The code of an option value, such as `RED` or `42.5`, as it stands in a SKU: 1 to
    /// [`OPTION_CODE_CHARS_MAX`] letters a to z of either case, digits, `_` and `.`, and no `.` first.
    OptionCode, BadText, |text| {
        let what = "the code of an option value";
        check_length(what, text, OPTION_CODE_CHARS_MAX)?;
        let fits =
            |position: usize, c: char| c.is_ascii_alphanumeric() || c == '_' || (c == '.' && position > 1);
        match (1..).zip(text.chars()).find(|(position, c)| !fits(*position, *c)) {
            None => Ok(text.into()),
            Some((position, character)) => {
                let takes = "takes the letters a to z of either case, digits, `_`, and `.` after the first";
                Err(BadText::Character { what, takes, character, position })
            }
        }
    }
}

impl OptionCode {
    /// The key for uniqueness and lookup: the same for every case.
    pub fn folded(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// Why a text is no pattern.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPattern {
    /// Empty, or too long.
    #[error(transparent)]
    Text(BadText),
    /// A brace without its other half.
    #[error(
        "a pattern has names in braces, such as `{{family}}-{{colour}}`; in `{given}` a brace stands alone"
    )]
    Brace {
        /// The beginning of the text.
        given: String,
    },
    /// A name that nothing has.
    #[error("the pattern names `{{{name}}}`, and there is {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// An option is not named, so that two variants would be called the same.
    #[error("the pattern does not name `{{{name}}}`, and so two variants would have one SKU")]
    Missing {
        /// The option.
        name: String,
    },
}

impl AsProblem for BadPattern {
    fn code(&self) -> Code {
        match self {
            BadPattern::Text(error) => error.code(),
            BadPattern::Brace { .. } | BadPattern::Unknown { .. } | BadPattern::Missing { .. } => {
                Code::InvalidValue
            }
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Plain(String),
    Named(String),
}

/// A text with names in braces: `{family}-{colour}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a pattern that was accepted before: whatever it names.
    ///
    /// # Errors
    /// [`BadPattern::Text`], [`BadPattern::Brace`].
    pub fn stored(text: &str) -> Result<Pattern, BadPattern> {
        Pattern::read(text, |_| Ok(()))
    }

    /// Reads a pattern that names some of `known`.
    ///
    /// # Errors
    /// [`BadPattern::Text`], [`BadPattern::Brace`], [`BadPattern::Unknown`].
    ///
    /// ```
    /// use domain::variant::Pattern;
    /// let pattern = Pattern::parse("{family}-{colour}", &["family", "colour"]).unwrap();
    /// let made = pattern.fill(|name| if name == "family" { "SHIRT" } else { "RED" });
    /// assert_eq!(made, "SHIRT-RED");
    /// ```
    pub fn parse(text: &str, known: &[&str]) -> Result<Pattern, BadPattern> {
        Pattern::read(text, |name| {
            if known.contains(&name) {
                return Ok(());
            }
            let known = known.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
            Err(BadPattern::Unknown { name: echo(name), known })
        })
    }

    fn read(text: &str, check: impl Fn(&str) -> Result<(), BadPattern>) -> Result<Pattern, BadPattern> {
        check_length("a pattern", text, PATTERN_CHARS_MAX).map_err(BadPattern::Text)?;
        let brace = || BadPattern::Brace { given: echo(text) };
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, named)) = rest.split_once('{') {
            let (name, behind) = named.split_once('}').ok_or_else(brace)?;
            if plain.contains('}') || name.contains('{') {
                return Err(brace());
            }
            check(name)?;
            pieces.push(Piece::Plain(plain.to_owned()));
            pieces.push(Piece::Named(name.to_owned()));
            rest = behind;
        }
        if rest.contains('}') {
            return Err(brace());
        }
        pieces.push(Piece::Plain(rest.to_owned()));
        Ok(Pattern { text: text.to_owned(), pieces })
    }

    /// The same where each of `wanted` must be named.
    ///
    /// # Errors
    /// [`BadPattern::Missing`].
    pub fn naming(self, wanted: &[&str]) -> Result<Pattern, BadPattern> {
        match wanted.iter().find(|name| !self.pieces.contains(&Piece::Named((**name).to_owned()))) {
            Some(name) => Err(BadPattern::Missing { name: (*name).to_owned() }),
            None => Ok(self),
        }
    }

    /// The text with what each name stands for.
    pub fn fill<'v>(&self, stands_for: impl Fn(&str) -> &'v str) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            filled.push_str(match piece {
                Piece::Plain(text) => text,
                Piece::Named(name) => stands_for(name),
            });
        }
        filled
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_letters() {
        for text in ["a", "colour", "size_2", &"x".repeat(OPTION_SET_CODE_CHARS_MAX)] {
            assert!(OptionSetCode::parse(text).is_ok(), "{text}");
        }
        for text in ["", "Colour", "_a", "1a", "a-b", "a{b", &"x".repeat(OPTION_SET_CODE_CHARS_MAX + 1)] {
            assert!(OptionSetCode::parse(text).is_err(), "{text}");
        }
        for text in ["RED", "s", "42.5", "7_8", &"x".repeat(OPTION_CODE_CHARS_MAX)] {
            assert!(OptionCode::parse(text).is_ok(), "{text}");
        }
        for text in ["", "r d", "a-b", "a/b", ".5", "ü", "=1", &"x".repeat(OPTION_CODE_CHARS_MAX + 1)] {
            assert!(OptionCode::parse(text).is_err(), "{text}");
        }
        assert_eq!(OptionCode::parse("ReD").unwrap().folded(), "red");
    }

    #[test]
    fn a_pattern_names_what_there_is() {
        let known = ["family", "colour"];
        for text in ["{family}-{colour}", "x", "{colour}{colour}", &"x".repeat(PATTERN_CHARS_MAX)] {
            assert!(Pattern::parse(text, &known).is_ok(), "{text}");
        }
        for text in ["", "{", "}", "a{b", "a}b", "{{family}}", "{size}", "{}", "{family}}"] {
            assert!(Pattern::parse(text, &known).is_err(), "{text}");
        }
        assert!(Pattern::parse(&"x".repeat(PATTERN_CHARS_MAX + 1), &known).is_err());
        let bare = Pattern::parse("{family}", &known).unwrap();
        let missing = bare.clone().naming(&known).unwrap_err();
        assert_eq!(missing, BadPattern::Missing { name: "colour".to_owned() });
        assert_eq!(bare.naming(&["family"]).unwrap().fill(|_| "F"), "F");
    }
}
