//! Why a stack of cost layers refuses.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::qty::Delta;

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
