//! Barcodes as they are printed on goods: GTINs with a check digit, or free text.
//!
//! What a barcode is follows from its characters alone. The same GTIN written with 8, 12, 13 or 14
//! digits is the same barcode: compare and store by [`Barcode::key`]. Element strings of GS1
//! (several fields in one symbol) are not read here.

use crate::as_problem::AsProblem;
use crate::code::is_invisible;
use crate::problem::Code;
use crate::text::{BadText, check_length, check_seen};
use crate::word::words;
use std::fmt;

/// The longest barcode, in characters.
pub const BARCODE_CHARS_MAX: usize = 64;

words! {
    /// The kind of a barcode.
    Symbology, "symbology" {
        /// Eight digits.
        Ean8 = 1, "ean_8";
        /// Twelve digits.
        UpcA = 2, "upc_a";
        /// Thirteen digits.
        Ean13 = 3, "ean_13";
        /// Fourteen digits, on outer packs.
        Gtin14 = 4, "gtin_14";
        /// Any other text.
        Code128 = 5, "code_128";
    }
}

/// A barcode; its text is 1 to [`BARCODE_CHARS_MAX`] printable ASCII characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Barcode {
    text: Box<str>,
    symbology: Symbology,
}

/// Why a text is not a barcode.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadBarcode {
    /// Not a text that a linear symbol can carry.
    #[error(transparent)]
    Text(#[from] BadText),
    /// As long as a GTIN, but with a wrong last digit.
    #[error("`{given}` ends in `{found}`, but its check digit is `{expected}`; scan or type it again")]
    CheckDigit {
        /// The digits.
        given: String,
        /// The last digit.
        found: u8,
        /// What it should be.
        expected: u8,
    },
}

impl AsProblem for BadBarcode {
    fn code(&self) -> Code {
        match self {
            BadBarcode::Text(bad) => bad.code(),
            BadBarcode::CheckDigit { .. } => Code::InvalidValue,
        }
    }
}

/// The GS1 check digit of the digits before it: from the right, digits weigh 3, 1, 3, 1, …;
/// *check = (10 − sum mod 10) mod 10* (GS1 General Specifications, section 7.9). `None` when a
/// character is not a digit.
///
/// ```
/// use domain::barcode::check_digit;
/// // 4006381 33393: 3·3+9·1+3·3+3·1+3·3+1·1+8·3+3·1+6·3+0·1+0·3+4·1 = 89, and 90 − 89 = 1
/// assert_eq!(check_digit("400638133393"), Some(1));
/// ```
pub fn check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u8;
    for (byte, weight) in digits.bytes().rev().zip([3_u8, 1].into_iter().cycle()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum = (sum + (byte - b'0') * weight) % 10;
    }
    Some((10 - sum) % 10)
}

impl Barcode {
    /// Reads a barcode that somebody gives to an item. Eight, twelve, thirteen or fourteen digits
    /// are a GTIN and must end in its check digit, so a slip of the finger is caught.
    ///
    /// # Errors
    /// [`BadBarcode`] names what is wrong with the text.
    ///
    /// ```
    /// use domain::Barcode;
    /// let short = Barcode::parse("012345678905").unwrap();
    /// let long = Barcode::parse("0012345678905").unwrap();
    /// assert_eq!(short.gtin().as_deref(), Some("00012345678905"));
    /// assert_eq!(short.key(), long.key());
    /// assert!(Barcode::parse("012345678904").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Barcode, BadBarcode> {
        let barcode = Barcode::scanned(text)?;
        if barcode.symbology == Symbology::Code128
            && gtin_kind(text).is_some()
            && let Some((found, expected)) = last_and_check(text)
        {
            return Err(BadBarcode::CheckDigit { given: text.to_owned(), found, expected });
        }
        Ok(barcode)
    }

    /// Reads what a scanner sent, or what somebody insists on: digits without the right check
    /// digit are free text, as numbers of a house's own are.
    ///
    /// # Errors
    /// [`BadText`] for a text that a linear symbol cannot carry.
    pub fn scanned(text: &str) -> Result<Barcode, BadText> {
        let what = "a barcode";
        check_length(what, text, BARCODE_CHARS_MAX)?;
        check_seen(what, text, is_invisible)?;
        let length = text.chars().count();
        for (position, character) in (1..).zip(text.chars()) {
            let takes = if !character.is_ascii() {
                "takes ASCII characters only"
            } else if character == ' ' && (position == 1 || position == length) {
                "takes no blank at its ends"
            } else {
                continue;
            };
            return Err(BadText::Character { what, takes, character, position });
        }
        let symbology = match (gtin_kind(text), last_and_check(text)) {
            (Some(kind), Some((found, expected))) if found == expected => kind,
            _ => Symbology::Code128,
        };
        Ok(Barcode { text: text.into(), symbology })
    }

    /// The characters as they were given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind.
    pub const fn symbology(&self) -> Symbology {
        self.symbology
    }

    /// The GTIN in fourteen digits, for barcodes that are one.
    pub fn gtin(&self) -> Option<String> {
        if self.symbology == Symbology::Code128 { None } else { Some(format!("{:0>14}", self.text)) }
    }

    /// What uniqueness and lookup go by: the GTIN in fourteen digits, else the text (case kept).
    pub fn key(&self) -> String {
        self.gtin().unwrap_or_else(|| self.text.to_string())
    }
}

/// Which GTIN so many digits would be.
fn gtin_kind(text: &str) -> Option<Symbology> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        8 => Some(Symbology::Ean8),
        12 => Some(Symbology::UpcA),
        13 => Some(Symbology::Ean13),
        14 => Some(Symbology::Gtin14),
        _ => None,
    }
}

/// The last digit and what it should be.
fn last_and_check(digits: &str) -> Option<(u8, u8)> {
    let (last, before) = digits.as_bytes().split_last()?;
    let expected = check_digit(std::str::from_utf8(before).ok()?)?;
    last.is_ascii_digit().then(|| (last - b'0', expected))
}

impl fmt::Display for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl serde::Serialize for Barcode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// As [`Barcode::scanned`], so that what was stored on purpose reads back; a door that registers
/// a barcode takes a text and calls [`Barcode::parse`].
impl<'de> serde::Deserialize<'de> for Barcode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Barcode::scanned(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;
    use proptest::prelude::*;

    #[test]
    fn words_and_numbers_read_back() {
        assert_words!(Symbology);
    }

    #[test]
    fn barcodes_and_what_they_are() {
        let cases = [
            ("96385074", Symbology::Ean8, Some("00000096385074")),
            ("012345678905", Symbology::UpcA, Some("00012345678905")),
            ("4006381333931", Symbology::Ean13, Some("04006381333931")),
            ("10012345678902", Symbology::Gtin14, Some("10012345678902")),
            ("1234567", Symbology::Code128, None),
            ("123456789", Symbology::Code128, None),
            ("+H123/$$42", Symbology::Code128, None),
            ("BIN A 1", Symbology::Code128, None),
        ];
        for (text, symbology, gtin) in cases {
            let barcode = Barcode::parse(text).unwrap();
            assert_eq!((barcode.symbology(), barcode.gtin().as_deref()), (symbology, gtin), "{text}");
            assert_eq!(barcode.key(), gtin.unwrap_or(text));
            assert_eq!(barcode.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_barcode_is_refused_with_the_reason() {
        let cases = [
            ("", "a barcode is 1 to 64 characters long, this one is empty"),
            (
                "4006381333932",
                "`4006381333932` ends in `2`, but its check digit is `1`; scan or type it again",
            ),
            ("12345678", "`12345678` ends in `8`, but its check digit is `0`; scan or type it again"),
            (" 1", "a barcode takes no blank at its ends, so not ` ` at character 1"),
            ("1 ", "a barcode takes no blank at its ends, so not ` ` at character 2"),
            ("1\u{1D}2", "a barcode has no invisible characters, this one has `U+001D` at character 2"),
            ("aé", "a barcode takes ASCII characters only, so not `é` at character 2"),
        ];
        for (text, detail) in cases {
            let refused = Barcode::parse(text).unwrap_err();
            assert_eq!(refused.to_string(), detail);
            assert_eq!(refused.problem("/barcode").code, Code::InvalidValue);
        }
        assert!(Barcode::parse(&"A".repeat(BARCODE_CHARS_MAX)).is_ok());
        let refused = Barcode::parse(&"A".repeat(BARCODE_CHARS_MAX + 1)).unwrap_err();
        assert_eq!(refused.code(), Code::LimitExceeded);
    }

    #[test]
    fn a_number_of_the_house_can_still_be_scanned() {
        let barcode = Barcode::scanned("12345678").unwrap();
        assert_eq!((barcode.symbology(), barcode.gtin()), (Symbology::Code128, None));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_caught(digits in "[0-9]{12}", at in 0..13_usize, by in 1..10_u8) {
            let text = format!("{digits}{}", check_digit(&digits).unwrap());
            prop_assert_eq!(Barcode::parse(&text).unwrap().symbology(), Symbology::Ean13);
            let mut bytes = text.into_bytes();
            bytes[at] = (bytes[at] - b'0' + by) % 10 + b'0';
            let wrong = String::from_utf8(bytes).unwrap();
            let refused = matches!(Barcode::parse(&wrong), Err(BadBarcode::CheckDigit { .. }));
            prop_assert!(refused);
        }

        #[test]
        fn leading_zeros_never_change_which_goods_are_meant(digits in "[0-9]{11}") {
            let upc = format!("{digits}{}", check_digit(&digits).unwrap());
            let keys: Vec<_> =
                ["", "0", "00"].iter().map(|zeros| Barcode::parse(&format!("{zeros}{upc}")).unwrap().key()).collect();
            prop_assert!(keys.iter().all(|key| *key == keys[0]));
        }
    }
}
