//! Money: exact amounts in minor units, and costs per base unit.
//!
//! Sums inside the books are plain minor units, for the books have one currency; [`Money`] is
//! what documents carry. There is no arithmetic across currencies.

use crate::as_problem::AsProblem;
use crate::currency::{Currency, MINOR_DIGITS_MAX};
use crate::decimal::{self, BadDecimal};
use crate::problem::Code;
use crate::qty::Qty;
use crate::ratio::{Ratio, div_half_even};
use std::fmt;

/// An amount of a currency, in its minor units; any `i64`, negative for what is owed back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    /// Minor units: pence of GBP, whole yen of JPY.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// What one base unit costs, in millionths of the major unit; 0 to [`UnitCost::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnitCost(i64);

/// Why something is not an amount or a cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadMoney {
    /// Not of the form `12` or `12.50`.
    #[error("an amount is a plain decimal number such as `12` or `12.50`")]
    NotANumber,
    /// More decimals than the currency has.
    #[error("an amount of `{currency}` has at most {} decimals", .currency.minor_digits())]
    TooFine {
        /// The currency.
        currency: Currency,
    },
    /// More than six decimals of a unit cost.
    #[error("a cost per unit has at most six decimals")]
    CostTooFine,
    /// Below zero where only zero and more makes sense.
    #[error("a cost is never below zero")]
    Negative,
    /// A unit cost above its limit.
    #[error("a cost per unit is at most `{}`", UnitCost::MAX)]
    CostTooLarge,
    /// An amount that does not fit in 63 bits of minor units.
    #[error("the amount has too many digits: at most 9223372036854775807 minor units fit")]
    TooLarge,
    /// Two currencies where there must be one.
    #[error("`{given}` is not `{wanted}`; give the amount in `{wanted}`")]
    CurrencyMismatch {
        /// The currency wanted.
        wanted: Currency,
        /// The currency given.
        given: Currency,
    },
}

impl AsProblem for BadMoney {
    fn code(&self) -> Code {
        match self {
            BadMoney::TooLarge | BadMoney::CostTooLarge => Code::LimitExceeded,
            BadMoney::CurrencyMismatch { .. } => Code::CurrencyMismatch,
            BadMoney::NotANumber | BadMoney::TooFine { .. } | BadMoney::CostTooFine | BadMoney::Negative => {
                Code::InvalidValue
            }
        }
    }
}

impl Money {
    /// Nothing.
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Reads a decimal text with an optional leading minus and at most the currency's decimals.
    ///
    /// # Errors
    /// [`BadMoney::NotANumber`], [`BadMoney::TooFine`], [`BadMoney::TooLarge`].
    ///
    /// ```
    /// use domain::{Currency, Money};
    /// let price = Money::parse("12.5", Currency::parse("GBP").unwrap()).unwrap();
    /// assert_eq!(price.minor, 1250);
    /// assert_eq!(price.to_string(), "12.50 GBP");
    /// ```
    pub fn parse(text: &str, currency: Currency) -> Result<Money, BadMoney> {
        let minor = decimal::parse(text, currency.places()).map_err(|bad| match bad {
            BadDecimal::NotANumber => BadMoney::NotANumber,
            BadDecimal::TooFine => BadMoney::TooFine { currency },
            BadDecimal::TooLarge => BadMoney::TooLarge,
        })?;
        Ok(Money { minor, currency })
    }

    /// The sum.
    ///
    /// # Errors
    /// [`BadMoney::CurrencyMismatch`], [`BadMoney::TooLarge`].
    pub fn checked_add(self, other: Money) -> Result<Money, BadMoney> {
        self.with(other, i64::checked_add)
    }

    /// The difference; may be below zero.
    ///
    /// # Errors
    /// [`BadMoney::CurrencyMismatch`], [`BadMoney::TooLarge`].
    pub fn checked_sub(self, other: Money) -> Result<Money, BadMoney> {
        self.with(other, i64::checked_sub)
    }

    fn with(self, other: Money, of: fn(i64, i64) -> Option<i64>) -> Result<Money, BadMoney> {
        other.must_be(self.currency)?;
        let minor = of(self.minor, other.minor).ok_or(BadMoney::TooLarge)?;
        Ok(Money { minor, currency: self.currency })
    }

    /// Refuses any currency but one, such as that of the books.
    ///
    /// # Errors
    /// [`BadMoney::CurrencyMismatch`].
    pub fn must_be(self, wanted: Currency) -> Result<(), BadMoney> {
        if self.currency == wanted {
            Ok(())
        } else {
            Err(BadMoney::CurrencyMismatch { wanted, given: self.currency })
        }
    }

    /// The decimal text without the currency, with all its decimals: `12.50`.
    pub fn amount(self) -> impl fmt::Display {
        AmountText(self)
    }
}

struct AmountText(Money);

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write_full(self.0.minor, self.0.currency.places(), f)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// On the wire: `{"amount": "12.50", "currency": "GBP"}`.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyWire {
    amount: String,
    currency: Currency,
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyWire { amount: self.amount().to_string(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = MoneyWire::deserialize(deserializer)?;
        Money::parse(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}

/// Places of a unit cost and of a quantity together.
const COST_TIMES_QTY_PLACES: u32 = 12;

const _: () = assert!(COST_TIMES_QTY_PLACES >= MINOR_DIGITS_MAX, "a cost is finer than a minor unit");

impl UnitCost {
    /// Free.
    pub const ZERO: UnitCost = UnitCost(0);
    /// The largest cost of one base unit: 10^12 major units.
    pub const MAX: UnitCost = UnitCost(1_000_000_000_000_000_000);

    /// From millionths of the major unit; `None` below zero or above [`UnitCost::MAX`].
    pub const fn from_millionths(millionths: i64) -> Option<UnitCost> {
        if millionths < 0 || millionths > UnitCost::MAX.0 { None } else { Some(UnitCost(millionths)) }
    }

    /// The number of millionths of the major unit.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Reads a decimal text: no sign, at most six decimals.
    ///
    /// # Errors
    /// [`BadMoney::NotANumber`], [`BadMoney::CostTooFine`], [`BadMoney::Negative`],
    /// [`BadMoney::CostTooLarge`].
    pub fn parse(text: &str) -> Result<UnitCost, BadMoney> {
        let millionths = decimal::parse(text, 6).map_err(|bad| match bad {
            BadDecimal::NotANumber => BadMoney::NotANumber,
            BadDecimal::TooFine => BadMoney::CostTooFine,
            BadDecimal::TooLarge => BadMoney::CostTooLarge,
        })?;
        if text.starts_with('-') {
            return Err(BadMoney::Negative);
        }
        UnitCost::from_millionths(millionths).ok_or(BadMoney::CostTooLarge)
    }

    /// What a quantity costs, in minor units of a currency with so many decimals:
    /// *round(cost × quantity × 10^digits)*, half-even, once, at the end. `None` when it does not
    /// fit, or when `minor_digits` is above 12.
    ///
    /// ```
    /// use domain::{Qty, UnitCost};
    /// // 2.5 kg at 0.333 a kilogram are 0.8325, that is 83 pence
    /// let cost = UnitCost::parse("0.333").unwrap();
    /// assert_eq!(cost.extend(Qty::parse("2.5").unwrap(), 2), Some(83));
    /// assert_eq!(cost.extend(Qty::parse("2.5").unwrap(), 3), Some(832)); // 832.5 to the even 832
    /// ```
    pub fn extend(self, qty: Qty, minor_digits: u32) -> Option<i64> {
        self.extend_in(Ratio::ONE, qty, minor_digits)
    }

    /// The same for a cost of one `unit`, that is of so many base units, and a quantity in base
    /// units: *round(cost × quantity / unit × 10^digits)*, half-even, once, at the end.
    ///
    /// ```
    /// use domain::{Qty, Ratio, UnitCost};
    /// // a case of twelve at 10.00: four of them are 3.33
    /// let (case, cost) = (Ratio::new(12, 1).unwrap(), UnitCost::parse("10.00").unwrap());
    /// assert_eq!(cost.extend_in(case, Qty::units(4).unwrap(), 2), Some(333));
    /// ```
    pub fn extend_in(self, unit: Ratio, qty: Qty, minor_digits: u32) -> Option<i64> {
        let product = i128::from(self.0) * i128::from(qty.millionths());
        let num = product.checked_mul(i128::from(unit.den()))?;
        let places = 10_i128.pow(COST_TIMES_QTY_PLACES.checked_sub(minor_digits)?);
        i64::try_from(div_half_even(num, places.checked_mul(i128::from(unit.num()))?)?).ok()
    }

    /// The cost of one base unit when a quantity cost so many minor units:
    /// *round(value / quantity / 10^digits)* in millionths, half-even. For showing only: the value
    /// itself is what the books keep. `None` for quantity zero, a negative value, or a cost above
    /// [`UnitCost::MAX`].
    ///
    /// ```
    /// use domain::{Qty, UnitCost};
    /// let cost = UnitCost::of(1000, Qty::units(3).unwrap(), 2).unwrap();
    /// assert_eq!(cost.to_string(), "3.333333");
    /// ```
    pub fn of(value: i64, qty: Qty, minor_digits: u32) -> Option<UnitCost> {
        let scale = 10_i128.pow(COST_TIMES_QTY_PLACES.checked_sub(minor_digits)?);
        let cost = div_half_even(i128::from(value) * scale, i128::from(qty.millionths()))?;
        UnitCost::from_millionths(i64::try_from(cost).ok()?)
    }
}

impl fmt::Display for UnitCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write_short(self.0, 6, f)
    }
}

/// On the wire a unit cost is a decimal string.
impl serde::Serialize for UnitCost {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for UnitCost {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        UnitCost::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
