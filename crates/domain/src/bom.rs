//! Bills of materials: what goes into an item, and how much of it is needed. Pure numbers.
//!
//! *needed = ⌈ wanted · quantity · (1 + scrap) / yield ⌉*, in the smallest part that the component is kept in: a
//! whole unit, or a millionth of one. Scrap is how much more of a component goes in for what is lost on the way, in
//! percent of what is needed: of 200 with 10 % go 220 in (the component scrap of production planning; J. Orlicky,
//! "Material Requirements Planning", 1975, ch. 4). It is rounded up once for each component that is really taken: a
//! part of a screw cannot be bought, and what only passes through a phantom is not taken.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::qty::{Qty, SCALE};
use crate::word::words;

/// The most scrap, in hundredths of a percent: as much again as is needed.
pub const SCRAP_MAX: i64 = 10_000;

words! {
    /// What a bill of materials is for.
    BomKind, "kind of bill of materials" {
        /// Sold as one line and picked as its components.
        Kit = 1, "kit";
        /// Never stocked: whoever needs it needs its components.
        Phantom = 2, "phantom";
        /// Made of its components and then stocked.
        Made = 3, "made";
    }
}

/// Why something is no scrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("scrap is a percentage from `0` to `100` with at most two decimals, such as `2.5`")]
pub struct BadScrap;

impl AsProblem for BadScrap {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

/// A percentage with at most two decimals, in hundredths.
///
/// ```
/// assert_eq!(domain::bom::scrap("2.5"), Ok(250));
/// ```
///
/// # Errors
/// [`BadScrap`] for what is no such percentage.
pub fn scrap(percent: &str) -> Result<i64, BadScrap> {
    match crate::decimal::parse(percent, 2) {
        Ok(scrap) if (0..=SCRAP_MAX).contains(&scrap) => Ok(scrap),
        _ => Err(BadScrap),
    }
}

/// Hundredths of a percent, written in percent: `2.5`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Percent(pub i64);

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::decimal::write_short(self.0, 2, f)
    }
}

/// What one line of a bill says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// How much of the component, in its base unit, goes into one yield.
    pub qty: Qty,
    /// How much is made of it at a time.
    pub yielded: Qty,
    /// In hundredths of a percent.
    pub scrap: i64,
    /// The component is kept in whole units.
    pub whole: bool,
}

/// How much of a component is needed; `None` above [`Qty::MAX`], or where nothing is yielded.
///
/// Ten boxes of which a dozen are made from five sheets with two percent of scrap:
/// *10 · 5 · 1.02 / 12 = 4.25*, so five whole sheets.
///
/// ```
/// use domain::{Qty, bom::{Usage, needed}};
/// let five = Qty::units(5).unwrap();
/// let usage = Usage { qty: five, yielded: Qty::units(12).unwrap(), scrap: 200, whole: true };
/// assert_eq!(needed(Qty::units(10).unwrap(), usage), Some(five));
/// assert_eq!(needed(Qty::units(10).unwrap(), Usage { whole: false, ..usage }), Qty::from_millionths(4_250_000));
/// ```
pub fn needed(wanted: Qty, usage: Usage) -> Option<Qty> {
    Need::from(wanted).of(usage)?.rounded_up(usage.whole)
}

/// How much is needed before it is rounded, as a fraction of millionths. What passes through an item that is never
/// stocked is handed on so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Need {
    top: i128,
    bottom: i128,
}

impl From<Qty> for Need {
    fn from(qty: Qty) -> Need {
        Need { top: qty.millionths().into(), bottom: 1 }
    }
}

impl Need {
    /// How much of a component is needed for so much; `None` where it is beyond all bounds, or nothing is yielded.
    /// It is exact as far as 128 bits go: beyond, what it is for is rounded up to a millionth first.
    #[must_use]
    pub fn of(self, usage: Usage) -> Option<Need> {
        let Usage { qty, yielded, scrap, whole: _ } = usage;
        if yielded.is_zero() {
            return None;
        }
        // at most 10^15 · 2·10^4 each
        let more = i128::from(qty.millionths()) * i128::from(SCRAP_MAX.saturating_add(scrap));
        let less = i128::from(yielded.millionths()) * i128::from(SCRAP_MAX);
        self.times(more, less).or_else(|| Need::from(self.rounded_up(false)?).times(more, less))
    }

    fn times(self, more: i128, less: i128) -> Option<Need> {
        let common = gcd(more, less);
        let (more, less) = (more / common, less / common);
        // crosswise first, so that the products stay small
        let (above, below) = (gcd(self.top, less), gcd(more, self.bottom));
        let top = (self.top / above).checked_mul(more / below)?;
        let bottom = (self.bottom / below).checked_mul(less / above)?;
        Some(Need { top, bottom })
    }

    /// The least quantity that is enough, in whole units or in millionths; `None` above [`Qty::MAX`].
    #[must_use]
    pub fn rounded_up(self, whole: bool) -> Option<Qty> {
        let step = if whole { i128::from(SCALE) } else { 1 };
        let bottom = self.bottom.checked_mul(step)?;
        let more = i128::from(self.top % bottom != 0);
        let millionths = (self.top / bottom + more).checked_mul(step)?;
        i64::try_from(millionths).ok().and_then(Qty::from_millionths)
    }
}

/// The greatest common divisor of two numbers of which the second is above zero.
fn gcd(a: i128, b: i128) -> i128 {
    if a == 0 { b } else { gcd(b % a, a) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;
    use proptest::prelude::*;

    #[test]
    fn words_read_back() {
        assert_words!(BomKind);
    }

    #[test]
    fn scrap_is_a_percentage() {
        assert_eq!((scrap("0"), scrap("100"), scrap("0.01")), (Ok(0), Ok(SCRAP_MAX), Ok(1)));
        for text in ["-1", "100.01", "1.001", "", "2,5", "two"] {
            assert_eq!(scrap(text), Err(BadScrap), "{text}");
        }
        assert_eq!(Percent(250).to_string(), "2.5");
    }

    #[test]
    fn what_is_needed() {
        let units = |units| Qty::units(units).unwrap();
        let usage =
            |qty, yielded, scrap, whole| Usage { qty: units(qty), yielded: units(yielded), scrap, whole };
        let cases = [
            (1, usage(4, 1, 0, true), Some(4_000_000)),
            (3, usage(1, 2, 0, true), Some(2_000_000)),
            (3, usage(1, 2, 0, false), Some(1_500_000)),
            (1, usage(1, 3, 0, false), Some(333_334)),
            (100, usage(1, 1, 1, true), Some(101_000_000)),
            (100, usage(1, 1, SCRAP_MAX, true), Some(200_000_000)),
            (0, usage(5, 1, 100, true), Some(0)),
            (1, usage(1, 0, 0, true), None),
            (1_000_000_000, usage(2, 1, 0, true), None),
        ];
        for (wanted, usage, expected) in cases {
            let seen = needed(units(wanted), usage).map(Qty::millionths);
            assert_eq!(seen, expected, "{wanted} {usage:?}");
        }
    }

    #[test]
    fn what_passes_through_a_phantom_is_not_rounded() {
        let units = |units| Qty::units(units).unwrap();
        let two = Usage { qty: units(2), yielded: units(1), scrap: 1_000, whole: true };
        let parts = Usage { qty: units(15), yielded: units(2), scrap: 0, whole: true };
        let through = Need::from(units(7)).of(two).unwrap();
        assert_eq!(through.rounded_up(false), Qty::from_millionths(15_400_000));
        assert_eq!(through.of(parts).unwrap().rounded_up(true), Some(units(116)));
        // thirds that come together are whole again
        let third = Usage { qty: units(1), yielded: units(3), scrap: 0, whole: true };
        let three = Usage { qty: units(3), yielded: units(1), scrap: 0, whole: true };
        assert_eq!(Need::from(units(1)).of(third).unwrap().of(three), Some(Need::from(units(1))));
        // beyond 128 bits it is still enough, and less than one too much
        let odd = Usage {
            qty: Qty::from_millionths(999_999_999_989).unwrap(),
            yielded: Qty::from_millionths(999_999_999_961).unwrap(),
            scrap: 0,
            whole: false,
        };
        let mut need = Need::from(units(1));
        for _ in 0..16 {
            need = need.of(odd).unwrap();
        }
        assert_eq!(need.rounded_up(true), Some(units(2)));
        assert!(need.rounded_up(false).unwrap().millionths() <= 1_000_016);
    }

    proptest! {
        #[test]
        fn it_is_enough_and_one_step_less_is_not(
            wanted in 1..1_000_000_000_000_i64,
            qty in 1..1_000_000_000_i64,
            yielded in 1..1_000_000_000_i64,
            scrap in 0..=SCRAP_MAX,
            whole in any::<bool>(),
        ) {
            let number = |millionths| Qty::from_millionths(millionths).unwrap();
            let usage = Usage { qty: number(qty), yielded: number(yielded), scrap, whole };
            if let Some(needed) = needed(number(wanted), usage) {
                let step = if whole { i128::from(SCALE) } else { 1 };
                let asked = i128::from(wanted) * i128::from(qty) * i128::from(SCRAP_MAX + scrap);
                let makes = |needed: i128| needed * i128::from(yielded) * i128::from(SCRAP_MAX);
                let needed = i128::from(needed.millionths());
                prop_assert_eq!(needed % step, 0);
                prop_assert!(makes(needed) >= asked);
                prop_assert!(makes(needed - step) < asked);
            }
        }
    }
}
