//! Exact ratios and the one rounding rule.
//!
//! A [`Ratio`] is what packagings are made of; it is never a decimal that was
//! cut somewhere. Where a result must be an integer, [`div_half_even`] rounds it, once.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use std::fmt;

/// The quotient rounded half-even: to the nearest integer, and to the even one when two are
/// equally near. `None` when `den` is not above zero.
///
/// *q = round(num / den)*, the default rounding of IEEE 754 and the one that books prefer because
/// it has no drift.
///
/// ```
/// use domain::ratio::div_half_even;
/// assert_eq!(div_half_even(5, 2), Some(2)); // 2.5 goes to the even 2
/// assert_eq!(div_half_even(7, 2), Some(4)); // 3.5 goes to the even 4
/// assert_eq!(div_half_even(-5, 2), Some(-2));
/// assert_eq!(div_half_even(10, 3), Some(3));
/// assert_eq!(div_half_even(1, 0), None);
/// ```
pub const fn div_half_even(num: i128, den: i128) -> Option<i128> {
    if den <= 0 {
        return None;
    }
    let floor = num.div_euclid(den);
    let rest = num.rem_euclid(den);
    let up = rest > den - rest || (rest == den - rest && floor % 2 != 0);
    Some(if up { floor + 1 } else { floor })
}

/// A positive rational number in lowest terms; both parts are from 1 to `i64::MAX`.
///
/// ```
/// use domain::ratio::Ratio;
/// let ratio = Ratio::new(24, 2).unwrap();
/// assert_eq!((ratio.num(), ratio.den()), (12, 1));
/// assert_eq!(Ratio::parse("0.25").unwrap().to_string(), "1/4");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ratio {
    num: i64,
    den: i64,
}

/// Why something is not a ratio.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadRatio {
    /// A part is zero or below.
    #[error("a ratio is above zero, `{num}/{den}` is not")]
    NotPositive {
        /// The numerator as given.
        num: i64,
        /// The denominator as given.
        den: i64,
    },
    /// Not of the form `12`, `0.25` or `1/3`.
    #[error("a ratio is a plain number such as `12` or `0.25`, or a fraction such as `1/3`")]
    NotARatio,
    /// A part does not fit in 63 bits.
    #[error("the ratio has too many digits: numerator and denominator are at most 9223372036854775807")]
    TooLarge,
}

/// Why a ratio has no exact product with an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoProduct {
    /// It does not fit in 63 bits, whole or not.
    TooLarge,
    /// It is not whole.
    Fraction,
}

impl AsProblem for BadRatio {
    fn code(&self) -> Code {
        match self {
            BadRatio::NotPositive { .. } | BadRatio::NotARatio => Code::InvalidValue,
            BadRatio::TooLarge => Code::LimitExceeded,
        }
    }
}

impl Ratio {
    /// One to one.
    pub const ONE: Ratio = Ratio { num: 1, den: 1 };

    /// The ratio in lowest terms.
    ///
    /// # Errors
    /// [`BadRatio::NotPositive`] when a part is zero or below.
    pub const fn new(num: i64, den: i64) -> Result<Ratio, BadRatio> {
        if num <= 0 || den <= 0 {
            return Err(BadRatio::NotPositive { num, den });
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Ok(Ratio { num: num / a, den: den / a })
    }

    /// Above the line.
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Below the line.
    pub const fn den(self) -> i64 {
        self.den
    }

    /// The other way round.
    pub const fn inverse(self) -> Ratio {
        Ratio { num: self.den, den: self.num }
    }

    /// The product with an integer, when it is an integer itself.
    ///
    /// # Errors
    /// [`NoProduct`] says whether it is too large or a fraction.
    pub fn exact(self, number: i64) -> Result<i64, NoProduct> {
        let product = i128::from(number) * i128::from(self.num);
        let den = i128::from(self.den);
        let whole = i64::try_from(product / den).map_err(|_| NoProduct::TooLarge)?;
        if product % den == 0 { Ok(whole) } else { Err(NoProduct::Fraction) }
    }

    /// Reads `12`, `0.25` or `1/3`; a decimal is read exactly.
    ///
    /// # Errors
    /// [`BadRatio`] names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Ratio, BadRatio> {
        if let Some((num, den)) = text.split_once('/') {
            return Ratio::new(digits(num)?, digits(den)?);
        }
        let Some((whole, fraction)) = text.split_once('.') else {
            return Ratio::new(digits(text)?, 1);
        };
        if whole.is_empty() || fraction.is_empty() {
            return Err(BadRatio::NotARatio);
        }
        let num = digits(&format!("{whole}{fraction}"))?;
        let decimals = u32::try_from(fraction.len()).map_err(|_| BadRatio::TooLarge)?;
        Ratio::new(num, 10_i64.checked_pow(decimals).ok_or(BadRatio::TooLarge)?)
    }
}

/// A text of digits only.
fn digits(text: &str) -> Result<i64, BadRatio> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadRatio::NotARatio);
    }
    text.parse().map_err(|_| BadRatio::TooLarge)
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { self.num.fmt(f) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

/// On the wire a ratio is a string: `12` or `1/3`.
impl serde::Serialize for Ratio {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Ratio {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ratio::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_and_what_they_mean() {
        let cases = [
            ("12", Ok((12, 1))),
            ("1/3", Ok((1, 3))),
            ("4/6", Ok((2, 3))),
            ("0.0254", Ok((127, 5_000))),
            ("9223372036854775807", Ok((i64::MAX, 1))),
            ("9223372036854775808", Err(BadRatio::TooLarge)),
            ("0.000000000000000001", Ok((1, 1_000_000_000_000_000_000))),
            ("0.0000000000000000001", Err(BadRatio::TooLarge)),
            ("0", Err(BadRatio::NotPositive { num: 0, den: 1 })),
            ("1/0", Err(BadRatio::NotPositive { num: 1, den: 0 })),
            ("-1", Err(BadRatio::NotARatio)),
            ("1/-3", Err(BadRatio::NotARatio)),
            ("", Err(BadRatio::NotARatio)),
            ("1.", Err(BadRatio::NotARatio)),
            (".5", Err(BadRatio::NotARatio)),
            ("1.5/2", Err(BadRatio::NotARatio)),
            ("1e3", Err(BadRatio::NotARatio)),
        ];
        for (text, expected) in cases {
            assert_eq!(Ratio::parse(text).map(|ratio| (ratio.num(), ratio.den())), expected, "{text}");
        }
    }

    #[test]
    fn a_product_is_whole_or_says_why_not() {
        let huge = Ratio::new(i64::MAX, 1).unwrap();
        assert_eq!(huge.exact(i64::MAX), Err(NoProduct::TooLarge));
        assert_eq!(huge.exact(1), Ok(i64::MAX));
        assert_eq!(huge.exact(2), Err(NoProduct::TooLarge));
        assert_eq!(huge.inverse().exact(i64::MAX), Ok(1));
        assert_eq!(huge.inverse().exact(2), Err(NoProduct::Fraction));
        let halves = Ratio::new(i64::MAX, 2).unwrap();
        assert_eq!([halves.exact(1), halves.exact(3)], [Err(NoProduct::Fraction), Err(NoProduct::TooLarge)]);
    }

    proptest! {
        #[test]
        fn a_ratio_reads_back_what_it_shows(num in 1..=i64::MAX, den in 1..=i64::MAX) {
            let ratio = Ratio::new(num, den).unwrap();
            prop_assert_eq!(Ratio::parse(&ratio.to_string()), Ok(ratio));
            prop_assert_eq!(i128::from(ratio.num()) * i128::from(den), i128::from(ratio.den()) * i128::from(num));
        }

        #[test]
        fn rounding_is_never_off_by_more_than_a_half(num in i64::MIN..=i64::MAX, den in 1..=i64::MAX) {
            let (num, den) = (i128::from(num), i128::from(den));
            let rounded = div_half_even(num, den).unwrap();
            let off = 2 * (rounded * den - num).abs();
            prop_assert!(off < den || (off == den && rounded % 2 == 0));
        }
    }
}
