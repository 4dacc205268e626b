//! Quantities: exact integers in millionths of an item's base unit.
//!
//! [`Qty`] is never negative and is what documents carry; [`Delta`] has a sign and is what
//! balances and differences carry. Arithmetic is checked; there is no conversion from a float.

use crate::decimal::{self, BadDecimal};
use std::fmt;

/// Millionths in one unit: the scale of every quantity.
pub const SCALE: i64 = 1_000_000;

/// The decimals of a quantity.
const PLACES: usize = 6;

/// A quantity of an item in its base unit, in millionths; from zero to [`Qty::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Qty(i64);

/// A signed quantity in millionths of the base unit: a balance, a difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Delta(pub i64);

/// Why a text is not a quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadQty {
    /// Not of the form `12` or `12.5`.
    #[error("a quantity is a plain decimal number such as `12` or `0.25`")]
    NotANumber,
    /// Below zero where only zero and more makes sense.
    #[error("a quantity here is never below zero")]
    Negative,
    /// More than six decimals.
    #[error("a quantity has at most six decimals")]
    TooFine,
    /// More than 10^9 units.
    #[error("a quantity on a line is at most 1000000000")]
    TooLarge,
}

impl Qty {
    /// Nothing.
    pub const ZERO: Qty = Qty(0);
    /// One base unit.
    pub const ONE: Qty = Qty(SCALE);
    /// The largest quantity on a line: 10^9 units.
    pub const MAX: Qty = Qty(1_000_000_000 * SCALE);

    /// From millionths; `None` below zero or above [`Qty::MAX`].
    pub const fn from_millionths(millionths: i64) -> Option<Qty> {
        if millionths < 0 || millionths > Qty::MAX.0 { None } else { Some(Qty(millionths)) }
    }

    /// From whole base units; `None` above [`Qty::MAX`].
    pub const fn units(units: u32) -> Option<Qty> {
        // u32 to i64 never loses anything; `i64::from` is not const yet
        #[expect(clippy::as_conversions, reason = "`i64::from` is not const")]
        Qty::from_millionths(units as i64 * SCALE)
    }

    /// The number of millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is a whole number of base units.
    pub const fn is_whole(self) -> bool {
        self.0 % SCALE == 0
    }

    /// The sum, or `None` above [`Qty::MAX`].
    pub const fn checked_add(self, other: Qty) -> Option<Qty> {
        match self.0.checked_add(other.0) {
            Some(sum) => Qty::from_millionths(sum),
            None => None,
        }
    }

    /// The difference, or `None` below zero.
    pub const fn checked_sub(self, other: Qty) -> Option<Qty> {
        Qty::from_millionths(self.0 - other.0)
    }

    /// The same amount with a sign.
    pub const fn delta(self) -> Delta {
        Delta(self.0)
    }

    /// Reads a decimal text: digits, at most one point, at most six decimals, no sign,
    /// no exponent, no blanks.
    ///
    /// # Errors
    /// [`BadQty`] names what is wrong with the text.
    ///
    /// ```
    /// use domain::Qty;
    /// assert_eq!(Qty::parse("12.5").unwrap().millionths(), 12_500_000);
    /// ```
    pub fn parse(text: &str) -> Result<Qty, BadQty> {
        let millionths = parse_millionths(text)?;
        if text.starts_with('-') {
            return Err(BadQty::Negative);
        }
        Qty::from_millionths(millionths).ok_or(BadQty::TooLarge)
    }
}

impl Delta {
    /// No difference.
    pub const ZERO: Delta = Delta(0);

    /// The number of millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// As a quantity; `None` below zero or above [`Qty::MAX`].
    pub const fn qty(self) -> Option<Qty> {
        Qty::from_millionths(self.0)
    }

    /// The sum, or `None` when it does not fit.
    pub const fn checked_add(self, other: Delta) -> Option<Delta> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Delta(sum)),
            None => None,
        }
    }

    /// Reads a decimal text with an optional leading minus.
    ///
    /// # Errors
    /// [`BadQty`] names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Delta, BadQty> {
        let millionths = parse_millionths(text)?;
        if millionths.abs() > Qty::MAX.0 { Err(BadQty::TooLarge) } else { Ok(Delta(millionths)) }
    }
}

impl std::ops::Neg for Delta {
    type Output = Delta;
    fn neg(self) -> Delta {
        Delta(-self.0)
    }
}

/// The millionths of a decimal text; the magnitude may be up to `i64::MAX`.
fn parse_millionths(text: &str) -> Result<i64, BadQty> {
    decimal::parse(text, PLACES).map_err(|bad| match bad {
        BadDecimal::NotANumber => BadQty::NotANumber,
        BadDecimal::TooFine => BadQty::TooFine,
        BadDecimal::TooLarge => BadQty::TooLarge,
    })
}

impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write_short(self.0, PLACES, f)
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write_short(self.0, PLACES, f)
    }
}

/// On the wire a quantity is a decimal string.
impl serde::Serialize for Qty {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl serde::Serialize for Delta {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Qty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Qty::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl<'de> serde::Deserialize<'de> for Delta {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Delta::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_and_what_they_mean() {
        let cases: &[(&str, Result<i64, BadQty>)] = &[
            ("0", Ok(0)),
            ("1", Ok(1_000_000)),
            ("0.000001", Ok(1)),
            ("1000000000", Ok(1_000_000_000_000_000)),
            ("1000000000.000001", Err(BadQty::TooLarge)),
            ("0.0000001", Err(BadQty::TooFine)),
            ("-1", Err(BadQty::Negative)),
            ("1e3", Err(BadQty::NotANumber)),
            ("NaN", Err(BadQty::NotANumber)),
            ("", Err(BadQty::NotANumber)),
            (".5", Err(BadQty::NotANumber)),
            ("5.", Err(BadQty::NotANumber)),
            ("1,5", Err(BadQty::NotANumber)),
            (" 1", Err(BadQty::NotANumber)),
            ("+1", Err(BadQty::NotANumber)),
            ("1000000000000000000000000000000", Err(BadQty::TooLarge)),
        ];
        for (text, expected) in cases {
            assert_eq!(Qty::parse(text).map(Qty::millionths), *expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_quantity_reads_back_what_it_shows(millionths in 0..=Qty::MAX.0) {
            let qty = Qty::from_millionths(millionths).unwrap();
            prop_assert_eq!(Qty::parse(&qty.to_string()), Ok(qty));
        }

        #[test]
        fn a_delta_reads_back_what_it_shows(millionths in -Qty::MAX.0..=Qty::MAX.0) {
            prop_assert_eq!(Delta::parse(&Delta(millionths).to_string()), Ok(Delta(millionths)));
        }
    }
}
