//! The open layers of one item in one valuation group.

use super::Method;
use super::error::CostError;
use super::layer::{Consumed, Layer, LayerUse, POOL_SEQ, share};
use crate::when::Instant;
use std::collections::BTreeMap;

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
