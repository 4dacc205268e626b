//! Cost layers: what the stock of one item in one valuation group cost.
//!
//! A [`Stack`] holds the *open* layers only, so a command costs the layers it touches, however
//! long the history is. What came into a layer at first, and who used it, are rows of the store;
//! here it is decided how value moves. It is not a ledger: it knows no movements and no accounts.
//!
//! Invariants, after every call, accepted or refused:
//! * every open layer has a quantity above zero and a value of zero or more;
//! * value received = value used + value left, to the minor unit: using the last unit of a layer
//!   takes the rest of its value, so no cent is lost and quantity zero means value zero;
//! * a refused call has changed nothing.

mod error;
mod layer;
mod stack;

pub use error::CostError;
pub use layer::{Consumed, Layer, LayerUse, POOL_SEQ, share};
pub use stack::Stack;

use crate::word::words;

words! {
    /// How cost leaves stock.
    Method, "costing method" {
        /// First in, first out: the oldest open layer is used first.
        Fifo = 1, "fifo";
        /// One layer whose cost is the average of what is left.
        MovingAverage = 2, "moving_average";
    }
}

#[cfg(test)]
mod tests;
