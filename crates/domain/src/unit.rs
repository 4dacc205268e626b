//! Units of measure: their codes, how many of them an item has, and conversions that are exact or
//! refused by name.
//!
//! The ledger knows the base unit only. A quantity that is not a whole number of millionths of it
//! (a third of a kilogram) does not exist; nothing here rounds.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::qty::Qty;
use crate::ratio::{NoProduct, Ratio};
use crate::text::{BadText, check_length, text_type};

/// The longest unit code, in characters.
pub const UNIT_CODE_CHARS_MAX: usize = 16;

/// The most packagings of one item, its base unit not counted.
pub const PACKAGINGS_PER_ITEM_MAX: usize = 32;

/// The most barcodes of one packaging, and of the base unit.
pub const BARCODES_PER_UNIT_MAX: usize = 32;

text_type! {
    /// The code of a unit, such as `each`, `kg`, `case` or `pallet80`: 1 to
    /// [`UNIT_CODE_CHARS_MAX`] lower case letters and digits, a letter first.
    UnitCode, BadText, |text| {
        let what = "a unit";
        check_length(what, text, UNIT_CODE_CHARS_MAX)?;
        let fits = |position: usize, c: char| c.is_ascii_lowercase() || (c.is_ascii_digit() && position > 1);
        match (1..).zip(text.chars()).find(|(position, c)| !fits(*position, *c)) {
            None => Ok(text.into()),
            Some((position, character)) => {
                let takes = "takes the letters a to z, and digits after the first";
                Err(BadText::Character { what, takes, character, position })
            }
        }
    }
}

/// Base units that are counted, so that a part of one makes no sense unless the item says so.
const COUNTED: [&str; 10] = ["bag", "box", "can", "carton", "each", "pack", "pair", "piece", "roll", "set"];

impl UnitCode {
    /// What a new item with this base unit is, unless it says otherwise: kept in whole units
    /// (`each`, `pair`, `box`) or in fractions (`kg`, `m`, and every unit not known here).
    pub fn whole_by_default(&self) -> bool {
        COUNTED.binary_search(&self.as_str()).is_ok()
    }
}

/// Why units or a conversion are not acceptable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnitError {
    /// A unit that the item does not have.
    #[error("the item has no unit `{unit}`, it has `{known}`")]
    UnknownUnit {
        /// The unit asked for.
        unit: UnitCode,
        /// The units there are.
        known: String,
    },
    /// Not a whole number of millionths of the unit converted to.
    #[error("`{qty}` {from} is not exact in millionths of `{to}`: one `{from}` is {factor} `{to}`; {MEND}")]
    Inexact {
        /// The quantity.
        qty: Qty,
        /// Its unit.
        from: String,
        /// How many of `to` one of `from` has.
        factor: Ratio,
        /// The unit converted to.
        to: String,
    },
    /// More than a line can carry.
    #[error(
        "`{qty}` {from} is more than a line takes: one `{from}` is {factor} `{to}`, and `{}` the most",
        Qty::MAX
    )]
    TooLarge {
        /// The quantity.
        qty: Qty,
        /// Its unit.
        from: String,
        /// How many of `to` one of `from` has.
        factor: Ratio,
        /// The unit converted to.
        to: String,
    },
    /// A packaging that would break a unit of an item that is kept in whole units.
    #[error("`{unit}` has {factor} `{base}`, but the item is kept in whole `{base}`")]
    FactorNotWhole {
        /// The unit.
        unit: UnitCode,
        /// Its factor.
        factor: Ratio,
        /// The base unit.
        base: UnitCode,
    },
    /// Too many packagings.
    #[error("an item has at most {PACKAGINGS_PER_ITEM_MAX} packagings, not `{count}`")]
    TooManyPackagings {
        /// How many there are.
        count: usize,
    },
    /// Too many barcodes.
    #[error("a unit has at most {BARCODES_PER_UNIT_MAX} barcodes, `{unit}` has `{count}`")]
    TooManyBarcodes {
        /// The unit.
        unit: UnitCode,
        /// How many there are.
        count: usize,
    },
}

/// What to do about a conversion that is not exact.
const MEND: &str = "give the quantity in another unit";

impl AsProblem for UnitError {
    fn code(&self) -> Code {
        match self {
            UnitError::UnknownUnit { .. } => Code::UnknownUnit,
            UnitError::Inexact { .. } => Code::InexactConversion,
            UnitError::TooLarge { .. } => Code::InvalidQuantity,
            UnitError::TooManyPackagings { .. } | UnitError::TooManyBarcodes { .. } => Code::TooMany,
            UnitError::FactorNotWhole { .. } => Code::InvalidValue,
        }
    }
}

/// A quantity of a unit in another: *qty × factor*, exactly, where one `from` is `factor` `to`. A
/// fraction of a unit is fine when millionths of the other can say it: 2.5 cases of 12 are 30 each.
/// With the inverse of the factor it is the way back, and gives the same again wherever both exist.
///
/// # Errors
/// [`UnitError::Inexact`], [`UnitError::TooLarge`].
///
/// ```
/// use domain::{Qty, Ratio, unit};
/// let dozen = Ratio::parse("12").unwrap();
/// let each = unit::convert(Qty::parse("2.5").unwrap(), ("case", "each"), dozen).unwrap();
/// assert_eq!(each, Qty::units(30).unwrap());
/// let cases = unit::convert(each, ("each", "case"), dozen.inverse()).unwrap();
/// assert_eq!(cases.to_string(), "2.5");
/// ```
pub fn convert(qty: Qty, (from, to): (&str, &str), factor: Ratio) -> Result<Qty, UnitError> {
    let (from, to) = (|| from.to_owned(), || to.to_owned());
    match factor.exact(qty.millionths()).map(Qty::from_millionths) {
        Ok(Some(converted)) => Ok(converted),
        Err(NoProduct::Fraction) => Err(UnitError::Inexact { qty, from: from(), factor, to: to() }),
        Ok(None) | Err(NoProduct::TooLarge) => {
            Err(UnitError::TooLarge { qty, from: from(), factor, to: to() })
        }
    }
}

#[cfg(test)]
mod tests;
