//! What an item is: its class, how its units are told apart, whether it is in use, and when it
//! expires. Pure words; the record itself lives in the catalogue.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::when::{Date, plus_days};
use crate::word::words;

words! {
    /// How the units of an item are told apart. A serial is a lot of at most one unit in the world.
    Tracking, "tracking" {
        /// Not at all: every unit is like every other.
        None = 1, "none";
        /// By the lot they were made or received in.
        Lot = 2, "lot";
        /// Each by its own serial.
        Serial = 3, "serial";
    }
}

impl Tracking {
    /// Whether every movement of the item names a lot (or a serial, which is one).
    pub const fn needs_lot(self) -> bool {
        !matches!(self, Tracking::None)
    }
}

words! {
    /// What an item is for.
    ItemClass, "item class" {
        /// Bought to be made into something.
        RawMaterial = 1, "raw_material";
        /// Half made.
        WorkInProgress = 2, "work_in_progress";
        /// Sold.
        FinishedGood = 3, "finished_good";
        /// Used to keep the place running: maintenance, repair, operations.
        Mro = 4, "mro";
        /// Boxes, film, labels.
        Packaging = 5, "packaging";
        /// Sold or bought, never stocked.
        Service = 6, "service";
    }
}

impl ItemClass {
    /// Whether stock of such an item can exist. A service has none.
    pub const fn stockable(self) -> bool {
        !matches!(self, ItemClass::Service)
    }
}

words! {
    /// Whether an item is in use.
    ItemState, "item state" {
        /// In use.
        Active = 1, "active";
        /// Kept for its history; takes no new stock and no new demand.
        Archived = 2, "archived";
    }
}

/// The longest shelf life, in days: about a hundred years.
pub const SHELF_LIFE_DAYS_MAX: u16 = 36_500;

/// Where the expiry date of a lot comes from. The expiry date is the last sellable day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ExpiryRule {
    /// The item does not expire; its lots carry no expiry date.
    #[default]
    Never,
    /// Every lot names its expiry date when it is first received.
    Named,
    /// A lot may name its expiry date; one that does not expires so many days after it was made.
    ShelfLife {
        /// 1 to [`SHELF_LIFE_DAYS_MAX`]; made through [`ExpiryRule::shelf_life`].
        days: ShelfLifeDays,
    },
}

/// A shelf life in days, 1 to [`SHELF_LIFE_DAYS_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ShelfLifeDays(u16);

impl ShelfLifeDays {
    /// The number of days.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Why an expiry is not acceptable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExpiryError {
    /// A shelf life outside of its range.
    #[error("a shelf life is 1 to {SHELF_LIFE_DAYS_MAX} days, `{days}` is not")]
    ShelfLifeOutOfRange {
        /// The days given.
        days: i64,
    },
    /// The item has no lots to carry a date.
    #[error(
        "an item that expires is tracked by `lot` or `serial`; change its tracking, or let it never expire"
    )]
    NeedsLot,
    /// The item does not expire, and a date is given.
    #[error("the item never expires, so its lot takes no expiry date `{given}`; leave it out")]
    NeverExpires {
        /// The date given.
        given: Date,
    },
    /// The item expires, and neither a date nor the day it was made is given.
    #[error("the item expires, so its lot needs an expiry date")]
    DateMissing,
    /// It expires before it was made.
    #[error("the expiry date `{given}` lies before the day it was made, `{made_on}`")]
    BeforeMade {
        /// The expiry date given.
        given: Date,
        /// The day it was made.
        made_on: Date,
    },
    /// The calendar ends before the shelf life.
    #[error("the day it was made, `{made_on}`, and the shelf life of {days} days end after the calendar")]
    AfterCalendar {
        /// The day it was made.
        made_on: Date,
        /// The shelf life.
        days: u16,
    },
}

impl AsProblem for ExpiryError {
    fn code(&self) -> Code {
        Code::Expiry
    }
}

impl ExpiryRule {
    /// The rule of a shelf life.
    ///
    /// # Errors
    /// [`ExpiryError::ShelfLifeOutOfRange`] outside of 1 to [`SHELF_LIFE_DAYS_MAX`].
    pub fn shelf_life(days: i64) -> Result<ExpiryRule, ExpiryError> {
        match u16::try_from(days) {
            Ok(short) if (1..=SHELF_LIFE_DAYS_MAX).contains(&short) => {
                Ok(ExpiryRule::ShelfLife { days: ShelfLifeDays(short) })
            }
            _ => Err(ExpiryError::ShelfLifeOutOfRange { days }),
        }
    }

    /// Whether lots of the item expire.
    pub const fn expires(self) -> bool {
        !matches!(self, ExpiryRule::Never)
    }

    /// The stored number: 0 never, -1 named on the lot, else the shelf life in days.
    pub fn number(self) -> i64 {
        match self {
            ExpiryRule::Never => 0,
            ExpiryRule::Named => -1,
            ExpiryRule::ShelfLife { days } => i64::from(days.0),
        }
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<ExpiryRule> {
        match number {
            0 => Some(ExpiryRule::Never),
            -1 => Some(ExpiryRule::Named),
            days => ExpiryRule::shelf_life(days).ok(),
        }
    }

    /// Refuses an expiring item whose units cannot carry a date.
    ///
    /// # Errors
    /// [`ExpiryError::NeedsLot`].
    pub const fn suits(self, tracking: Tracking) -> Result<(), ExpiryError> {
        if self.expires() && !tracking.needs_lot() { Err(ExpiryError::NeedsLot) } else { Ok(()) }
    }

    /// The last sellable day of a new lot: the date given, else *made on + shelf life*; `None` for
    /// an item that never expires.
    ///
    /// ```
    /// use domain::item::ExpiryRule;
    /// use domain::when::parse_date;
    /// let rule = ExpiryRule::shelf_life(30).unwrap();
    /// let made_on = parse_date("2026-02-01").unwrap();
    /// assert_eq!(rule.last_sellable_day(None, Some(made_on)), Ok(parse_date("2026-03-03").ok()));
    /// ```
    ///
    /// # Errors
    /// [`ExpiryError`] for a date that is missing, not wanted, or before the lot was made.
    pub fn last_sellable_day(
        self,
        given: Option<Date>,
        made_on: Option<Date>,
    ) -> Result<Option<Date>, ExpiryError> {
        if let (Some(given), Some(made_on)) = (given, made_on)
            && given < made_on
        {
            return Err(ExpiryError::BeforeMade { given, made_on });
        }
        match (self, given, made_on) {
            (ExpiryRule::Never, Some(given), _) => Err(ExpiryError::NeverExpires { given }),
            (ExpiryRule::Never, None, _) => Ok(None),
            (_, Some(given), _) => Ok(Some(given)),
            (ExpiryRule::ShelfLife { days }, None, Some(made_on)) => plus_days(made_on, i32::from(days.0))
                .map(Some)
                .ok_or(ExpiryError::AfterCalendar { made_on, days: days.0 }),
            (ExpiryRule::Named, None, _) | (ExpiryRule::ShelfLife { .. }, None, None) => {
                Err(ExpiryError::DateMissing)
            }
        }
    }
}

/// Whether a lot is past its last sellable day; through that day it is not.
pub fn is_expired(last_sellable_day: Option<Date>, today: Date) -> bool {
    last_sellable_day.is_some_and(|last| today > last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::when::parse_date;
    use crate::word::assert_words;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn words_and_numbers_read_back() {
        assert_words!(Tracking, ItemClass, ItemState);
    }

    #[test]
    fn only_a_service_is_never_stocked() {
        let stocked: Vec<_> = ItemClass::ALL.iter().filter(|class| class.stockable()).collect();
        assert_eq!(stocked.len(), ItemClass::ALL.len() - 1);
        assert!(!ItemClass::Service.stockable());
    }

    #[test]
    fn a_shelf_life_is_one_day_to_a_hundred_years() {
        for (days, fits) in
            [(-1, false), (0, false), (1, true), (36_500, true), (36_501, false), (65_537, false)]
        {
            assert_eq!(ExpiryRule::shelf_life(days).is_ok(), fits, "{days}");
        }
        assert_eq!(
            ExpiryRule::shelf_life(0).unwrap_err().to_string(),
            "a shelf life is 1 to 36500 days, `0` is not"
        );
    }

    #[test]
    fn rules_read_back_from_their_stored_numbers() {
        for number in [0, -1, 1, 30, 36_500] {
            assert_eq!(ExpiryRule::from_number(number).unwrap().number(), number);
        }
        assert_eq!(ExpiryRule::from_number(-2), None);
        assert_eq!(ExpiryRule::from_number(36_501), None);
    }

    #[test]
    fn what_expires_is_tracked() {
        let shelf_life = ExpiryRule::shelf_life(30).unwrap();
        for rule in [ExpiryRule::Named, shelf_life] {
            assert_eq!(rule.suits(Tracking::None), Err(ExpiryError::NeedsLot));
            assert_eq!(rule.suits(Tracking::Lot), Ok(()));
            assert_eq!(rule.suits(Tracking::Serial), Ok(()));
        }
        assert_eq!(ExpiryRule::Never.suits(Tracking::None), Ok(()));
    }

    #[test]
    fn where_the_expiry_date_of_a_lot_comes_from() {
        let shelf = ExpiryRule::shelf_life(30).unwrap();
        let (made, given) = (day("2026-02-01"), day("2026-06-30"));
        let cases = [
            (ExpiryRule::Never, None, None, Ok(None)),
            (ExpiryRule::Never, None, Some(made), Ok(None)),
            (ExpiryRule::Never, Some(given), None, Err(ExpiryError::NeverExpires { given })),
            (ExpiryRule::Named, Some(given), None, Ok(Some(given))),
            (ExpiryRule::Named, None, Some(made), Err(ExpiryError::DateMissing)),
            (shelf, Some(given), Some(made), Ok(Some(given))),
            (shelf, None, Some(made), Ok(Some(day("2026-03-03")))),
            (shelf, None, None, Err(ExpiryError::DateMissing)),
            (shelf, Some(made), Some(given), Err(ExpiryError::BeforeMade { given: made, made_on: given })),
            (shelf, Some(made), Some(made), Ok(Some(made))),
            (shelf, None, Some(Date::MAX), Err(ExpiryError::AfterCalendar { made_on: Date::MAX, days: 30 })),
        ];
        for (rule, given, made_on, expected) in cases {
            assert_eq!(rule.last_sellable_day(given, made_on), expected, "{rule:?} {given:?} {made_on:?}");
        }
    }

    #[test]
    fn a_lot_is_sellable_through_its_expiry_date() {
        let last = day("2026-03-01");
        assert!(!is_expired(Some(last), day("2026-02-28")));
        assert!(!is_expired(Some(last), last));
        assert!(is_expired(Some(last), day("2026-03-02")));
        assert!(!is_expired(None, Date::MAX));
    }
}
