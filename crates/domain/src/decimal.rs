//! Decimal texts and scaled integers: the one reader and the one writer.
//!
//! The grammar is strict on purpose: digits, at most one point with digits on both sides, an
//! optional leading minus. No plus sign, no exponent, no grouping, no blanks.

use std::fmt;

/// Why a text is not a decimal of so many places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadDecimal {
    /// Not of the form `12` or `-12.5`.
    NotANumber,
    /// More decimals than there are places.
    TooFine,
    /// The scaled magnitude is above `i64::MAX`.
    TooLarge,
}

/// The scaled integer of a text: `12.5` with two places is 1250. The magnitude of what comes out
/// is at most `i64::MAX`.
pub(crate) fn parse(text: &str, places: usize) -> Result<i64, BadDecimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(BadDecimal::NotANumber),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(BadDecimal::NotANumber);
    }
    let zeros = places.checked_sub(fraction.len()).ok_or(BadDecimal::TooFine)?;
    let mut value: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', zeros)) {
        value = value
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(i64::from(byte - b'0')))
            .ok_or(BadDecimal::TooLarge)?;
    }
    Ok(if negative { -value } else { value })
}

/// Writes a scaled integer with exactly so many decimals: `12.50`. At most 18 places.
pub(crate) fn write_full(value: i64, places: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (sign, whole, fraction) = split(value, places);
    if places == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction:0>places$}") }
}

/// Writes a scaled integer without trailing zeros: `12.5`, `3`, `-0.000001`. At most 18 places.
pub(crate) fn write_short(value: i64, places: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (sign, whole, mut fraction) = split(value, places);
    if fraction == 0 {
        return write!(f, "{sign}{whole}");
    }
    let mut width = places;
    while fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    write!(f, "{sign}{whole}.{fraction:0>width$}")
}

/// Sign, whole part, and decimals.
fn split(value: i64, places: usize) -> (&'static str, u64, u64) {
    let scale = (0..places).fold(1_u64, |scale, _| scale.saturating_mul(10));
    let magnitude = value.unsigned_abs();
    (if value < 0 { "-" } else { "" }, magnitude / scale, magnitude % scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Full(i64, usize);
    impl fmt::Display for Full {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_full(self.0, self.1, f)
        }
    }

    struct Short(i64, usize);
    impl fmt::Display for Short {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_short(self.0, self.1, f)
        }
    }

    #[test]
    fn how_numbers_are_shown() {
        let cases = [
            (0, 0, "0", "0"),
            (0, 2, "0.00", "0"),
            (1250, 2, "12.50", "12.5"),
            (-1250, 0, "-1250", "-1250"),
            (-5, 3, "-0.005", "-0.005"),
            (100, 2, "1.00", "1"),
            (i64::MIN, 6, "-9223372036854.775808", "-9223372036854.775808"),
        ];
        for (value, places, full, short) in cases {
            assert_eq!(
                (Full(value, places).to_string(), Short(value, places).to_string()),
                (full.into(), short.into())
            );
        }
    }

    #[test]
    fn texts_that_are_no_decimal() {
        let cases = [
            ("", BadDecimal::NotANumber),
            ("-", BadDecimal::NotANumber),
            (".5", BadDecimal::NotANumber),
            ("5.", BadDecimal::NotANumber),
            ("--5", BadDecimal::NotANumber),
            ("1.2.3", BadDecimal::NotANumber),
            ("1,5", BadDecimal::NotANumber),
            ("1e3", BadDecimal::NotANumber),
            ("+1", BadDecimal::NotANumber),
            (" 1", BadDecimal::NotANumber),
            ("\u{0663}", BadDecimal::NotANumber),
            ("1.001", BadDecimal::TooFine),
            ("1.000", BadDecimal::TooFine),
            ("92233720368547758.08", BadDecimal::TooLarge),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, 2), Err(expected), "{text}");
        }
        assert_eq!(parse("92233720368547758.07", 2), Ok(i64::MAX));
        assert_eq!(parse("-0.01", 2), Ok(-1));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(value in -i64::MAX..=i64::MAX, places in 0..=8_usize) {
            prop_assert_eq!(parse(&Full(value, places).to_string(), places), Ok(value));
            prop_assert_eq!(parse(&Short(value, places).to_string(), places), Ok(value));
        }
    }
}
