//! Pounds, exactly: prices and costs in millionths, and sums of price times quantity.
//!
//! Not the product's money: a price here may be negative (a bad debt) and is never rounded.

use domain::UnitCost;
use std::fmt;

/// Millionths in one pound.
const SCALE: i64 = 1_000_000;

/// A price or a cost of one unit, in millionths of a pound; never beyond [`Price::MAX`] either way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Price(i64);

/// A sum of money in millionths of a pound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Amount(i128);

/// Why a text is no price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPrice {
    /// Not of the form `2.55`.
    #[error("a price is a plain number such as `2.55`, with a point and without separators")]
    NotANumber,
    /// More than six decimals.
    #[error("a price has at most six decimals")]
    TooFine,
    /// More than a million pounds.
    #[error("a price is at most 1000000 pounds")]
    TooLarge,
}

impl Price {
    /// Nothing.
    pub const ZERO: Price = Price(0);
    /// A million pounds.
    pub const MAX: Price = Price(1_000_000 * SCALE);

    /// From millionths; `None` beyond [`Price::MAX`] either way.
    pub const fn from_millionths(millionths: i64) -> Option<Price> {
        if millionths > Price::MAX.0 || millionths < -Price::MAX.0 { None } else { Some(Price(millionths)) }
    }

    /// The number of millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// As the cost of a unit; `None` below zero.
    pub const fn unit_cost(self) -> Option<UnitCost> {
        UnitCost::from_millionths(self.0)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What so many units come to.
    pub fn times(self, units: i64) -> Amount {
        Amount(i128::from(self.0) * i128::from(units))
    }

    /// Reads a decimal text: an optional minus, digits, at most one point, at most six decimals.
    pub fn parse(text: &str) -> Result<Price, BadPrice> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(BadPrice::NotANumber),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(BadPrice::NotANumber);
        }
        if fraction.len() > 6 {
            return Err(BadPrice::TooFine);
        }
        let zeros = std::iter::repeat_n(b'0', 6 - fraction.len());
        let mut value: i64 = 0;
        for byte in whole.bytes().chain(fraction.bytes()).chain(zeros) {
            let tens = value.checked_mul(10).ok_or(BadPrice::TooLarge)?;
            value = tens.checked_add(i64::from(byte - b'0')).ok_or(BadPrice::TooLarge)?;
        }
        Price::from_millionths(sign * value).ok_or(BadPrice::TooLarge)
    }
}

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// The number of millionths.
    pub const fn millionths(self) -> i128 {
        self.0
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.0 += other.0;
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        Amount(amounts.map(|amount| amount.0).sum())
    }
}

/// At least two decimals, more only where they say something: `2.55`, `0.001`, `-11062.06`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / 1_000_000, magnitude % 1_000_000);
        let digits = format!("{fraction:06}");
        let pence = digits.get(..2).unwrap_or("00");
        let finer = digits.get(2..).unwrap_or("").trim_end_matches('0');
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{pence}{finer}")
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.times(1).fmt(f)
    }
}

/// On the wire money is a decimal string.
impl serde::Serialize for Price {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_what_they_mean() {
        let cases: &[(&str, Result<i64, BadPrice>)] = &[
            ("0.0", Ok(0)),
            ("2.55", Ok(2_550_000)),
            ("0.001", Ok(1_000)),
            ("-11062.06", Ok(-11_062_060_000)),
            ("1000000", Ok(1_000_000_000_000)),
            ("1000000.01", Err(BadPrice::TooLarge)),
            ("1000000000000000000000000000000", Err(BadPrice::TooLarge)),
            ("0.0000001", Err(BadPrice::TooFine)),
            ("", Err(BadPrice::NotANumber)),
            ("-", Err(BadPrice::NotANumber)),
            ("5.", Err(BadPrice::NotANumber)),
            (".5", Err(BadPrice::NotANumber)),
            ("1,5", Err(BadPrice::NotANumber)),
            ("1e3", Err(BadPrice::NotANumber)),
            ("NaN", Err(BadPrice::NotANumber)),
            ("+1", Err(BadPrice::NotANumber)),
            ("£2", Err(BadPrice::NotANumber)),
        ];
        for (text, expected) in cases {
            assert_eq!(Price::parse(text).map(Price::millionths), *expected, "{text}");
        }
    }

    #[test]
    fn amounts_show_pence_and_what_is_finer() {
        let cases =
            [(0, "0.00"), (2_550_000, "2.55"), (1_000, "0.001"), (-500_000, "-0.50"), (7, "0.000007")];
        for (millionths, text) in cases {
            assert_eq!(Price(millionths).to_string(), text);
        }
        assert_eq!(Price::MAX.times(1_000_000).to_string(), "1000000000000.00");
    }
}
