//! A cost layer, the parts of it that are used, and the one rounding there is.

use crate::ratio::div_half_even;
use crate::when::Instant;

/// The number of the one layer that a moving average has.
pub const POOL_SEQ: i64 = 0;

/// An open layer, or what a receipt puts in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Layer {
    /// Its number within item and group, in recorded order.
    pub seq: i64,
    /// When its goods came; the order of use is by this instant, then by number.
    pub effective_at: Instant,
    /// What is left of it, in millionths of the base unit; above zero.
    pub qty: i64,
    /// What is left of its value, in minor units; zero or more.
    pub value: i64,
}

/// A part of a layer that was used: enough to give it back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LayerUse {
    /// The number of the layer.
    pub seq: i64,
    /// The layer's instant.
    pub effective_at: Instant,
    /// How much was used, in millionths; above zero.
    pub qty: i64,
    /// What that was worth, in minor units; zero or more.
    pub value: i64,
}

/// What using a quantity cost.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Consumed {
    /// The sum of the uses' values, in minor units.
    pub value: i64,
    /// The layers used, in the order they were used.
    pub uses: Vec<LayerUse>,
}

impl Consumed {
    pub(super) fn add(&mut self, used: LayerUse) {
        // the sum of the uses is at most the value of the stack
        self.value += used.value;
        self.uses.push(used);
    }
}

/// The share of a value that falls on a part of a quantity: *round(value × part / whole)*,
/// half-even, in one step. `None` when `whole` is not above zero or the share does not fit.
///
/// ```
/// use domain::costing::share;
/// // three units for 10.00: the first costs 3.33, the second 3.34 of what is left, the last the rest
/// assert_eq!(share(1000, 1, 3), Some(333));
/// assert_eq!(share(667, 1, 2), Some(334)); // 333.5 goes to the even 334
/// assert_eq!(share(333, 1, 1), Some(333));
/// ```
pub fn share(value: i64, part: i64, whole: i64) -> Option<i64> {
    let product = i128::from(value) * i128::from(part);
    div_half_even(product, i128::from(whole)).and_then(|share| i64::try_from(share).ok())
}
