//! Units of measure: an item's base unit, its packagings with exact factors, and conversions that
//! are exact or refused by name.
//!
//! The ledger knows the base unit only. A quantity that is not a whole number of millionths of it
//! (a third of a kilogram) does not exist; nothing here rounds.

use crate::as_problem::AsProblem;
use crate::barcode::Barcode;
use crate::problem::Code;
use crate::qty::{Qty, SCALE};
use crate::ratio::Ratio;
use crate::text::{BadText, check_length, text_type};
use std::collections::BTreeSet;

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

/// A unit that an item is bought, moved or sold in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packaging {
    /// The unit.
    pub unit: UnitCode,
    /// How many base units one of it has: 12, or 127/5000.
    pub factor: Ratio,
    /// The barcodes on it.
    pub barcodes: Vec<Barcode>,
}

/// The unit that all stock of an item is kept in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseUnit {
    /// The unit.
    pub unit: UnitCode,
    /// Whether the item is kept in whole ones only.
    pub whole: bool,
    /// The barcodes on one of it.
    pub barcodes: Vec<Barcode>,
}

/// The units of one item: the base unit and its packagings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Units {
    base: BaseUnit,
    packagings: Vec<Packaging>,
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
        from: UnitCode,
        /// How many of `to` one of `from` has.
        factor: Ratio,
        /// The unit converted to.
        to: UnitCode,
    },
    /// A fraction of an item that is kept in whole units.
    #[error("the item is kept in whole `{unit}`, not `{qty}`")]
    Fraction {
        /// The quantity in base units.
        qty: Qty,
        /// The base unit.
        unit: UnitCode,
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
        from: UnitCode,
        /// How many of `to` one of `from` has.
        factor: Ratio,
        /// The unit converted to.
        to: UnitCode,
    },
    /// The same unit twice, or the base unit as a packaging.
    #[error("the unit `{unit}` stands twice")]
    UnitTwice {
        /// The unit.
        unit: UnitCode,
    },
    /// The same barcode twice.
    #[error("the barcode `{barcode}` stands twice")]
    BarcodeTwice {
        /// The barcode as given the second time.
        barcode: Barcode,
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
            UnitError::Fraction { .. } => Code::FractionRefused,
            UnitError::TooLarge { .. } => Code::LimitExceeded,
            UnitError::TooManyPackagings { .. } | UnitError::TooManyBarcodes { .. } => Code::TooMany,
            UnitError::UnitTwice { .. }
            | UnitError::BarcodeTwice { .. }
            | UnitError::FactorNotWhole { .. } => Code::InvalidValue,
        }
    }
}

impl Units {
    /// A base unit and the packagings.
    ///
    /// # Errors
    /// [`UnitError`] for a unit or a barcode that stands twice, a factor that breaks a whole unit,
    /// and numbers above [`PACKAGINGS_PER_ITEM_MAX`] and [`BARCODES_PER_UNIT_MAX`].
    ///
    /// ```
    /// use domain::unit::{BaseUnit, Packaging, UnitCode, Units};
    /// use domain::{Qty, Ratio};
    /// let [each, case] = ["each", "case"].map(|code| UnitCode::parse(code).unwrap());
    /// let dozen = Packaging { unit: case.clone(), factor: Ratio::parse("12").unwrap(), barcodes: vec![] };
    /// let base = BaseUnit { unit: each, whole: true, barcodes: vec![] };
    /// let units = Units::new(base, vec![dozen]).unwrap();
    /// let qty = units.to_base(Qty::parse("2.5").unwrap(), &case).unwrap();
    /// assert_eq!(qty, Qty::units(30).unwrap());
    /// assert_eq!(units.from_base(qty, &case).unwrap().to_string(), "2.5");
    /// ```
    pub fn new(base: BaseUnit, packagings: Vec<Packaging>) -> Result<Units, UnitError> {
        if packagings.len() > PACKAGINGS_PER_ITEM_MAX {
            return Err(UnitError::TooManyPackagings { count: packagings.len() });
        }
        let (mut units, mut barcodes) = (BTreeSet::new(), BTreeSet::new());
        let all = packagings.iter().map(|packaging| (&packaging.unit, packaging.factor, &packaging.barcodes));
        for (unit, factor, on_it) in std::iter::once((&base.unit, Ratio::ONE, &base.barcodes)).chain(all) {
            if !units.insert(unit) {
                return Err(UnitError::UnitTwice { unit: unit.clone() });
            }
            if base.whole && factor.den() != 1 {
                let (unit, base) = (unit.clone(), base.unit.clone());
                return Err(UnitError::FactorNotWhole { unit, factor, base });
            }
            if on_it.len() > BARCODES_PER_UNIT_MAX {
                return Err(UnitError::TooManyBarcodes { unit: unit.clone(), count: on_it.len() });
            }
            if let Some(barcode) = on_it.iter().find(|barcode| !barcodes.insert(barcode.key())) {
                return Err(UnitError::BarcodeTwice { barcode: barcode.clone() });
            }
        }
        Ok(Units { base, packagings })
    }

    /// The base unit: all stock is kept in it.
    pub const fn base(&self) -> &BaseUnit {
        &self.base
    }

    /// The packagings, as given.
    pub fn packagings(&self) -> &[Packaging] {
        &self.packagings
    }

    /// How many base units one of a unit has; one for the base unit.
    ///
    /// # Errors
    /// [`UnitError::UnknownUnit`].
    pub fn factor(&self, unit: &UnitCode) -> Result<Ratio, UnitError> {
        if *unit == self.base.unit {
            return Ok(Ratio::ONE);
        }
        let found = self.packagings.iter().find(|packaging| packaging.unit == *unit);
        found.map(|packaging| packaging.factor).ok_or_else(|| {
            let units = self.packagings.iter().map(|packaging| packaging.unit.as_str());
            let known: Vec<&str> = std::iter::once(self.base.unit.as_str()).chain(units).collect();
            UnitError::UnknownUnit { unit: unit.clone(), known: known.join("`, `") }
        })
    }

    /// A quantity of a unit in base units: *qty × factor*, exactly. A fraction of a unit is fine
    /// when it is whole in base units: 2.5 cases of 12 are 30 each.
    ///
    /// # Errors
    /// [`UnitError::UnknownUnit`], [`UnitError::Inexact`], [`UnitError::TooLarge`],
    /// [`UnitError::Fraction`].
    pub fn to_base(&self, qty: Qty, unit: &UnitCode) -> Result<Qty, UnitError> {
        let base = convert(qty, unit, self.factor(unit)?, &self.base.unit)?;
        self.check(base)?;
        Ok(base)
    }

    /// A quantity of the base unit in another: *qty / factor*, exactly; may be a fraction such as
    /// half a case. For a quantity that is none, see [`Units::split`].
    ///
    /// # Errors
    /// [`UnitError::UnknownUnit`], [`UnitError::Inexact`], [`UnitError::TooLarge`].
    pub fn from_base(&self, qty: Qty, unit: &UnitCode) -> Result<Qty, UnitError> {
        convert(qty, &self.base.unit, self.factor(unit)?.inverse(), unit)
    }

    /// A quantity of the base unit as whole units of another, and what is left over in the base
    /// unit: 31 each are 2 cases of 12 and 7 each. Always exact, and adds up again.
    ///
    /// # Errors
    /// [`UnitError::UnknownUnit`]; [`UnitError::Inexact`] when the whole units (a third of a
    /// kilogram each, say) leave over what cannot be written in base units.
    pub fn split(&self, qty: Qty, unit: &UnitCode) -> Result<(i64, Qty), UnitError> {
        let factor = self.factor(unit)?;
        let (num, den) = (i128::from(factor.num()) * i128::from(SCALE), i128::from(factor.den()));
        let scaled = i128::from(qty.millionths()) * den;
        let (count, rest) = (scaled / num, scaled % num);
        let left = (rest % den == 0).then(|| i64::try_from(rest / den).ok()).flatten();
        match (i64::try_from(count), left.and_then(Qty::from_millionths)) {
            (Ok(count), Some(left)) => Ok((count, left)),
            _ => Err(UnitError::Inexact {
                qty,
                from: self.base.unit.clone(),
                factor: factor.inverse(),
                to: unit.clone(),
            }),
        }
    }

    /// Refuses a fraction of an item that is kept in whole units.
    ///
    /// # Errors
    /// [`UnitError::Fraction`].
    pub fn check(&self, qty: Qty) -> Result<(), UnitError> {
        if self.base.whole && !qty.is_whole() {
            return Err(UnitError::Fraction { qty, unit: self.base.unit.clone() });
        }
        Ok(())
    }
}

/// The quantity times the factor, exactly.
fn convert(qty: Qty, from: &UnitCode, factor: Ratio, to: &UnitCode) -> Result<Qty, UnitError> {
    let product = i128::from(qty.millionths()) * i128::from(factor.num());
    let den = i128::from(factor.den());
    if product % den != 0 {
        return Err(UnitError::Inexact { qty, from: from.clone(), factor, to: to.clone() });
    }
    i64::try_from(product / den).ok().and_then(Qty::from_millionths).ok_or_else(|| UnitError::TooLarge {
        qty,
        from: from.clone(),
        factor,
        to: to.clone(),
    })
}

#[cfg(test)]
mod tests;
