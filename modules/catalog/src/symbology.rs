//! How a barcode is printed, and what that asks of its code. A closed list with stored numbers.

use domain::{Code, Problem};

/// The longest barcode, in characters: the most that a GS1-128 label carries.
pub const BARCODE_CHARS_MAX: usize = 48;

/// How a barcode is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symbology {
    /// 13 digits, the last a check digit.
    Ean13,
    /// 8 digits, the last a check digit.
    Ean8,
    /// 12 digits, the last a check digit.
    UpcA,
    /// 14 digits, the last a check digit; for cases.
    Itf14,
    /// Printable ASCII.
    Code128,
    /// Printable ASCII with application identifiers.
    Gs1128,
    /// Digits, capital letters, blank and `-.$/+%`.
    Code39,
    /// Two-dimensional, printable ASCII here.
    DataMatrix,
    /// Two-dimensional, printable ASCII here.
    Qr,
}

impl Symbology {
    /// The whole list, in stored order.
    pub const ALL: &'static [Symbology] = &[
        Symbology::Ean13,
        Symbology::Ean8,
        Symbology::UpcA,
        Symbology::Itf14,
        Symbology::Code128,
        Symbology::Gs1128,
        Symbology::Code39,
        Symbology::DataMatrix,
        Symbology::Qr,
    ];

    /// The stored number.
    pub const fn number(self) -> i64 {
        match self {
            Symbology::Ean13 => 1,
            Symbology::Ean8 => 2,
            Symbology::UpcA => 3,
            Symbology::Itf14 => 4,
            Symbology::Code128 => 5,
            Symbology::Gs1128 => 6,
            Symbology::Code39 => 7,
            Symbology::DataMatrix => 8,
            Symbology::Qr => 9,
        }
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<Symbology> {
        Symbology::ALL.iter().copied().find(|symbology| symbology.number() == number)
    }

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Symbology::Ean13 => "ean_13",
            Symbology::Ean8 => "ean_8",
            Symbology::UpcA => "upc_a",
            Symbology::Itf14 => "itf_14",
            Symbology::Code128 => "code_128",
            Symbology::Gs1128 => "gs1_128",
            Symbology::Code39 => "code_39",
            Symbology::DataMatrix => "data_matrix",
            Symbology::Qr => "qr",
        }
    }

    /// From the word; `invalid_value` at `/symbology` for any other.
    pub fn parse(word: &str) -> Result<Symbology, Problem> {
        Symbology::ALL.iter().copied().find(|symbology| symbology.word() == word).ok_or_else(|| {
            let words: Vec<_> = Symbology::ALL.iter().map(|symbology| format!("`{}`", symbology.word())).collect();
            Problem::at(Code::InvalidValue, "/symbology", format!("a symbology is one of {}", words.join(", ")))
        })
    }

    /// The one that a code is most likely printed in: by its digits when its check digit is right.
    pub fn of(code: &str) -> Symbology {
        [Symbology::Ean13, Symbology::Ean8, Symbology::UpcA, Symbology::Itf14]
            .into_iter()
            .find(|symbology| symbology.check(code).is_ok())
            .unwrap_or(Symbology::Code128)
    }

    /// How many digits it has, when it is one of digits alone.
    const fn digits(self) -> Option<usize> {
        match self {
            Symbology::Ean13 => Some(13),
            Symbology::Ean8 => Some(8),
            Symbology::UpcA => Some(12),
            Symbology::Itf14 => Some(14),
            Symbology::Code128
            | Symbology::Gs1128
            | Symbology::Code39
            | Symbology::DataMatrix
            | Symbology::Qr => None,
        }
    }

    /// Refuses a code that cannot be printed so; `invalid_value` at `/code`.
    pub fn check(self, code: &str) -> Result<(), Problem> {
        let refuse = |detail: String| Err(Problem::at(Code::InvalidValue, "/code", detail));
        let length = code.chars().count();
        if length == 0 || length > BARCODE_CHARS_MAX {
            return refuse(format!("a barcode has 1 to {BARCODE_CHARS_MAX} characters, this one has {length}"));
        }
        if code.trim() != code || !code.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return refuse("a barcode is printable ASCII without blanks at its ends".to_owned());
        }
        if let Some(digits) = self.digits() {
            if code.len() != digits || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                return refuse(format!("`{code}` is not the {digits} digits of `{}`", self.word()));
            }
            let expected = check_digit(code);
            if code.bytes().last() != Some(expected) {
                return refuse(format!(
                    "the check digit of `{code}` should be `{}`; scan it again",
                    char::from(expected)
                ));
            }
        }
        let of_39 = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" -.$/+%".contains(&byte);
        if self == Symbology::Code39 && !code.bytes().all(of_39) {
            return refuse("`code_39` has digits, capital letters, blanks and `-.$/+%` only".to_owned());
        }
        Ok(())
    }
}

/// The check digit that the other digits of a GS1 number ask for: weights 3, 1, 3 … from the right,
/// and what is missing to the next ten (GS1 General Specifications, section 7.9).
///
/// The other digits of 4006381333931 give 4·1+0·3+0·1+6·3+3·1+8·3+1·1+3·3+3·1+3·3+9·1+3·3 = 89, so 1.
fn check_digit(code: &str) -> u8 {
    let sum: u32 = code
        .bytes()
        .rev()
        .skip(1)
        .zip([3_u32, 1].into_iter().cycle())
        .map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')) * weight)
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

impl std::fmt::Display for Symbology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl serde::Serialize for Symbology {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_read_back() {
        for (number, symbology) in (1..).zip(Symbology::ALL) {
            assert_eq!(symbology.number(), number);
            assert_eq!(Symbology::from_number(number), Some(*symbology));
            assert_eq!(Symbology::parse(symbology.word()), Ok(*symbology));
        }
        assert_eq!(Symbology::from_number(0), None);
        assert_eq!(Symbology::parse("ean13").unwrap_err().errors[0].pointer, "/symbology");
    }

    #[test]
    fn codes_and_how_they_are_most_likely_printed() {
        let cases = [
            ("4006381333931", Symbology::Ean13),
            ("4006381333932", Symbology::Code128),
            ("73513537", Symbology::Ean8),
            ("036000291452", Symbology::UpcA),
            ("10614141000415", Symbology::Itf14),
            ("85123A", Symbology::Code128),
        ];
        for (code, expected) in cases {
            assert_eq!(Symbology::of(code), expected, "{code}");
        }
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        let long = "1".repeat(BARCODE_CHARS_MAX + 1);
        let cases = [
            (Symbology::Ean13, "4006381333932", "check digit"),
            (Symbology::Ean13, "400638133393", "13 digits"),
            (Symbology::Ean8, "7351353A", "8 digits"),
            (Symbology::Code39, "abc", "capital letters"),
            (Symbology::Code128, "", "1 to 48"),
            (Symbology::Code128, &long, "1 to 48"),
            (Symbology::Code128, " x", "blanks"),
            (Symbology::Code128, "a\tb", "printable"),
            (Symbology::Qr, "é", "printable"),
        ];
        for (symbology, code, says) in cases {
            let problem = symbology.check(code).unwrap_err();
            assert!(problem.detail.contains(says), "{code}: {}", problem.detail);
        }
        assert!(Symbology::Code128.check(&"1".repeat(BARCODE_CHARS_MAX)).is_ok());
    }
}
