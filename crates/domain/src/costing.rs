//! Cost layers: what the stock of one item in one valuation group cost.
//!
//! A [`Stack`] holds the *open* layers only, so a command costs the layers it touches, however
//! long the history is. What came into a layer at first, and who used it, are rows of the store;
//! this file decides how value moves. It is not a ledger: it knows no movements and no accounts.
//!
//! Invariants, after every call, accepted or refused:
//! * every open layer has a quantity above zero and a value of zero or more;
//! * value received = value used + value left, to the minor unit: using the last unit of a layer
//!   takes the rest of its value, so no cent is lost and quantity zero means value zero;
//! * a refused call has changed nothing.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::qty::Delta;
use crate::ratio::div_half_even;
use crate::when::Instant;
use crate::word::words;
use std::collections::BTreeMap;

words! {
    /// How cost leaves stock.
    Method, "costing method" {
        /// First in, first out: the oldest open layer is used first.
        Fifo = 1, "fifo";
        /// One layer whose cost is the average of what is left.
        MovingAverage = 2, "moving_average";
    }
}

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

/// Why a stack refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CostError {
    /// More is wanted than the layers hold.
    #[error("the cost layers hold `{}`, not `{}`", Delta(*.held), Delta(*.wanted))]
    Short {
        /// What all layers hold, in millionths.
        held: i64,
        /// What is wanted, in millionths.
        wanted: i64,
    },
    /// A quantity at or below zero that must be above.
    #[error("a cost layer takes a quantity above zero, not `{}`", Delta(*.qty))]
    NotPositive {
        /// The quantity, in millionths.
        qty: i64,
    },
    /// A value below zero.
    #[error("goods come in at a cost of zero or more, not `{value}` minor units")]
    NegativeValue {
        /// The value, in minor units.
        value: i64,
    },
    /// The quantity of all layers does not fit.
    #[error("all layers together hold at most `{}`", Delta(i64::MAX))]
    QuantityTooLarge,
    /// The value of all layers does not fit.
    #[error("all layers together are worth at most `{}` minor units", i64::MAX)]
    ValueTooLarge,
    /// More is wanted than the layers that were loaded hold. A fault of the caller.
    #[error("the cost layers that were loaded hold `{}`, not `{}`", Delta(*.loaded), Delta(*.wanted))]
    Unloaded {
        /// What the loaded layers hold, in millionths.
        loaded: i64,
        /// What is wanted, in millionths.
        wanted: i64,
    },
    /// A number that an open layer has already.
    #[error("cost layer `{seq}` is open already")]
    LayerTwice {
        /// The number of the layer.
        seq: i64,
    },
    /// A layer that does not hold what is to be taken out again.
    #[error("cost layer `{seq}` does not hold `{}` at `{value}` minor units any more", Delta(*.qty))]
    LayerLacks {
        /// The number of the layer.
        seq: i64,
        /// The quantity, in millionths.
        qty: i64,
        /// The value, in minor units.
        value: i64,
    },
}

impl AsProblem for CostError {
    fn code(&self) -> Code {
        match self {
            CostError::Short { .. } => Code::InsufficientStock,
            CostError::NotPositive { .. } => Code::InvalidQuantity,
            CostError::NegativeValue { .. } => Code::InvalidValue,
            CostError::QuantityTooLarge | CostError::ValueTooLarge => Code::LimitExceeded,
            CostError::Unloaded { .. } | CostError::LayerTwice { .. } | CostError::LayerLacks { .. } => {
                Code::Internal
            }
        }
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

/// The order of use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Place {
    effective_at: Instant,
    seq: i64,
}

/// What a layer, or all of them, have left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Left {
    qty: i64,
    value: i64,
}

impl Left {
    /// So much more; what all layers have bounds every single one.
    const fn plus(self, qty: i64, value: i64) -> Result<Left, CostError> {
        if qty <= 0 {
            return Err(CostError::NotPositive { qty });
        }
        if value < 0 {
            return Err(CostError::NegativeValue { value });
        }
        match (self.qty.checked_add(qty), self.value.checked_add(value)) {
            (Some(qty), Some(value)) => Ok(Left { qty, value }),
            (None, _) => Err(CostError::QuantityTooLarge),
            (_, None) => Err(CostError::ValueTooLarge),
        }
    }
}

/// The open layers of one item in one valuation group.
///
/// ```
/// use domain::Instant;
/// use domain::costing::{Layer, Method, Stack};
/// let mut stack = Stack::new(Method::Fifo);
/// // 10 at 1.00, then 10 at 1.30
/// stack.receive(Layer { seq: 1, effective_at: Instant(10), qty: 10_000_000, value: 1000 }).unwrap();
/// stack.receive(Layer { seq: 2, effective_at: Instant(20), qty: 10_000_000, value: 1300 }).unwrap();
/// let issued = stack.consume(15_000_000).unwrap();
/// assert_eq!(issued.value, 1000 + 650);
/// assert_eq!((stack.qty(), stack.value()), (5_000_000, 650));
/// stack.give_back(&issued.uses).unwrap();
/// assert_eq!((stack.qty(), stack.value()), (20_000_000, 2300));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stack {
    method: Method,
    layers: BTreeMap<Place, Left>,
    /// The sum of the layers, those included that were not loaded.
    all: Left,
    /// What of it the layers hold that were not loaded: the youngest ones.
    unloaded: i64,
}

impl Stack {
    /// No layers.
    pub const fn new(method: Method) -> Stack {
        Stack { method, layers: BTreeMap::new(), all: Left { qty: 0, value: 0 }, unloaded: 0 }
    }

    /// The open layers as the store has them, in any order.
    ///
    /// # Errors
    /// As [`Stack::receive`]: a stored layer is held to the same rules.
    pub fn load(method: Method, layers: impl IntoIterator<Item = Layer>) -> Result<Stack, CostError> {
        let mut stack = Stack::new(method);
        for layer in layers {
            stack.receive(layer)?;
        }
        Ok(stack)
    }

    /// The oldest open layers, of a stack that holds `qty` worth `value` in all. What the younger
    /// ones hold is known as a sum only, so a command costs the layers it touches however many
    /// are open. Load at least as much as will be consumed.
    ///
    /// # Errors
    /// As [`Stack::load`]; [`CostError::Short`] when the layers hold more than the whole.
    pub fn load_oldest(
        method: Method,
        layers: impl IntoIterator<Item = Layer>,
        qty: i64,
        value: i64,
    ) -> Result<Stack, CostError> {
        let mut stack = Stack::load(method, layers)?;
        let unloaded = qty.checked_sub(stack.all.qty).filter(|rest| *rest >= 0);
        stack.unloaded = unloaded.ok_or(CostError::Short { held: qty, wanted: stack.all.qty })?;
        stack.all = Left { qty, value };
        Ok(stack)
    }

    /// How cost leaves this stack.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The quantity of all layers, loaded or not, in millionths: what is on hand in the group.
    pub const fn qty(&self) -> i64 {
        self.all.qty
    }

    /// The value of all layers, loaded or not, in minor units.
    pub const fn value(&self) -> i64 {
        self.all.value
    }

    /// The open layers in the order of use.
    pub fn layers(&self) -> impl Iterator<Item = Layer> {
        self.layers.iter().map(|(place, left)| Layer {
            seq: place.seq,
            effective_at: place.effective_at,
            qty: left.qty,
            value: left.value,
        })
    }

    /// What a quantity would cost at the present average, rounded half-even; `None` when there is
    /// nothing to take an average of, or the cost does not fit.
    pub fn at_average(&self, qty: i64) -> Option<i64> {
        share(self.all.value, qty, self.all.qty)
    }

    /// Takes goods in; the answer is what was added to which layer. Under FIFO that is a layer of
    /// its own, under a moving average the one layer [`POOL_SEQ`].
    ///
    /// # Errors
    /// [`CostError::NotPositive`], [`CostError::NegativeValue`], [`CostError::QuantityTooLarge`],
    /// [`CostError::ValueTooLarge`]; [`CostError::LayerTwice`] under FIFO.
    pub fn receive(&mut self, layer: Layer) -> Result<LayerUse, CostError> {
        let Layer { seq, effective_at, qty, value } = layer;
        let place = self.home(seq, effective_at);
        if self.method == Method::Fifo && self.layers.contains_key(&place) {
            return Err(CostError::LayerTwice { seq });
        }
        self.all = self.all.plus(qty, value)?;
        self.put(place, qty, value);
        Ok(LayerUse { seq: place.seq, effective_at: place.effective_at, qty, value })
    }

    /// Uses a quantity, the oldest layer by (instant, number) first. Using a part of a layer takes
    /// its [`share`] of the value left there; using up a layer takes the rest. Zero costs zero.
    ///
    /// # Errors
    /// [`CostError::Short`]; [`CostError::NotPositive`] below zero.
    pub fn consume(&mut self, qty: i64) -> Result<Consumed, CostError> {
        self.check_held(qty)?;
        let mut consumed = Consumed::default();
        self.use_oldest(qty, &mut consumed);
        Ok(consumed)
    }

    /// Uses a quantity, the named layer first and then the oldest: for taking back a receipt,
    /// whose own layer may have been used in part meanwhile. A layer that is not open is passed
    /// over.
    ///
    /// # Errors
    /// As [`Stack::consume`].
    pub fn consume_from(&mut self, seq: i64, effective_at: Instant, qty: i64) -> Result<Consumed, CostError> {
        self.check_held(qty)?;
        let mut consumed = Consumed::default();
        let mut wanted = qty;
        if wanted > 0
            && let Some(used) = self.use_layer(self.home(seq, effective_at), wanted)
        {
            wanted -= used.qty;
            consumed.add(used);
        }
        self.use_oldest(wanted, &mut consumed);
        Ok(consumed)
    }

    /// Gives back what was used, at the cost that was taken: the layers are as if it had never
    /// been used, closed ones open again. That a use is given back once at most is for the caller
    /// (a posting is reversed once) and the store (what is left is at most what came in) to see to.
    ///
    /// # Errors
    /// As [`Stack::receive`], without [`CostError::LayerTwice`].
    pub fn give_back(&mut self, uses: &[LayerUse]) -> Result<(), CostError> {
        let all = uses.iter().try_fold(self.all, |all, used| all.plus(used.qty, used.value))?;
        for used in uses {
            self.put(self.home(used.seq, used.effective_at), used.qty, used.value);
        }
        self.all = all;
        Ok(())
    }

    /// Takes exactly so much quantity and value out of the named layer again: the opposite of
    /// [`Stack::receive`] and of giving back one use, for undoing either.
    ///
    /// # Errors
    /// [`CostError::LayerLacks`] when the layer holds less, or when value would be left without
    /// quantity.
    pub fn take_back(&mut self, made: LayerUse) -> Result<(), CostError> {
        let LayerUse { seq, effective_at, qty, value } = made;
        let lacks = CostError::LayerLacks { seq, qty, value };
        if qty <= 0 || value < 0 {
            return Err(lacks);
        }
        let place = self.home(seq, effective_at);
        let left = *self.layers.get(&place).ok_or(lacks)?;
        if left.qty < qty || left.value < value || (left.qty == qty && left.value != value) {
            return Err(lacks);
        }
        self.cut(place, left, qty, value);
        Ok(())
    }

    /// The layer that a number and an instant mean: under a moving average there is only one.
    const fn home(&self, seq: i64, effective_at: Instant) -> Place {
        match self.method {
            Method::Fifo => Place { effective_at, seq },
            Method::MovingAverage => Place { effective_at: Instant::MIN, seq: POOL_SEQ },
        }
    }

    /// Adds to a layer, opening it when needed. The sums have been checked.
    fn put(&mut self, place: Place, qty: i64, value: i64) {
        let left = self.layers.entry(place).or_default();
        left.qty += qty;
        left.value += value;
    }

    fn check_held(&self, qty: i64) -> Result<(), CostError> {
        if qty < 0 {
            return Err(CostError::NotPositive { qty });
        }
        if qty > self.all.qty {
            return Err(CostError::Short { held: self.all.qty, wanted: qty });
        }
        let loaded = self.all.qty - self.unloaded;
        if qty > loaded {
            return Err(CostError::Unloaded { loaded, wanted: qty });
        }
        Ok(())
    }

    fn use_oldest(&mut self, qty: i64, consumed: &mut Consumed) {
        let mut wanted = qty;
        while wanted > 0 {
            // the sum of the layers is at least what is wanted, so there is a first one
            let Some(place) = self.layers.first_key_value().map(|(place, _)| *place) else { return };
            let Some(used) = self.use_layer(place, wanted) else { return };
            wanted -= used.qty;
            consumed.add(used);
        }
    }

    /// Takes so much, which is not more than what is left, out of a layer, and closes it when
    /// nothing remains.
    fn cut(&mut self, place: Place, left: Left, qty: i64, value: i64) {
        if qty == left.qty {
            self.layers.remove(&place);
        } else {
            self.layers.insert(place, Left { qty: left.qty - qty, value: left.value - value });
        }
        self.all.qty -= qty;
        self.all.value -= value;
    }

    /// Uses at most so much of one layer.
    fn use_layer(&mut self, place: Place, wanted: i64) -> Option<LayerUse> {
        let left = *self.layers.get(&place)?;
        let qty = wanted.min(left.qty);
        // a share of a part is at most the whole, so it always fits
        let value = share(left.value, qty, left.qty).unwrap_or(left.value);
        self.cut(place, left, qty, value);
        Some(LayerUse { seq: place.seq, effective_at: place.effective_at, qty, value })
    }
}

impl Consumed {
    fn add(&mut self, used: LayerUse) {
        // the sum of the uses is at most the value of the stack
        self.value += used.value;
        self.uses.push(used);
    }
}

#[cfg(test)]
mod tests;
