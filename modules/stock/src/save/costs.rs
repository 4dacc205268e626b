//! Cost stacks and their layers, as far as they changed.

use super::Stores;
use crate::store_costs as sql;
use db::{DbError, Rows, Value};
use domain::costing::Layer;
use domain::ledger::{Costs, Group};
use domain::{Instant, ItemId};

/// The stacks that changed: before and after.
pub(super) fn add(
    stores: &mut Stores<'_, '_, '_>,
    costs: &[((ItemId, Group), Costs, Costs)],
) -> Result<(), DbError> {
    let mut heads = Rows::with_capacity(6, costs.len());
    let (mut new, mut changed) = (Rows::with_capacity(8, costs.len()), Rows::new(8));
    for ((item, group), before, now) in costs {
        let (item, group): (Value<'_>, Value<'_>) = (item.get().into(), group.0.into());
        let (qty, value) = (now.stack.qty().into(), now.stack.value().into());
        heads.push(&[item, group, now.next_seq.into(), qty, value, now.open_since(before).0.into()]);
        for layer in LayerChange::between(before, now) {
            let LayerChange { seq, effective_at, more, left } = layer;
            let at = effective_at.0.into();
            if Costs::is_stored(seq, before.next_seq) {
                changed.push(&[
                    item,
                    group,
                    seq.into(),
                    more.0.into(),
                    more.1.into(),
                    left.0.into(),
                    left.1.into(),
                    at,
                ]);
            } else {
                new.push(&[
                    item,
                    group,
                    seq.into(),
                    at,
                    more.0.into(),
                    more.1.into(),
                    left.0.into(),
                    left.1.into(),
                ]);
            }
        }
    }
    stores.add(&sql::STORE_STACKS, heads)?;
    stores.add(&sql::INSERT_LAYERS, new)?;
    stores.add(&sql::UPDATE_LAYERS, changed)
}

/// A layer that is not as it was: what came in since, and what is left; quantity and value.
struct LayerChange {
    seq: i64,
    effective_at: Instant,
    more: (i64, i64),
    left: (i64, i64),
}

impl LayerChange {
    /// The layers that changed, in order of their numbers.
    fn between(before: &Costs, now: &Costs) -> Vec<LayerChange> {
        let by_seq = |costs: &Costs| -> Vec<Layer> {
            let mut layers: Vec<Layer> = costs.stack.layers().collect();
            layers.sort_unstable_by_key(|layer| layer.seq);
            layers
        };
        let (was, is) = (by_seq(before), by_seq(now));
        let layers = was.iter().chain(&is).map(|layer| layer.seq);
        let mut seqs: Vec<i64> = layers.chain(now.received.keys().copied()).collect();
        seqs.sort_unstable();
        seqs.dedup();
        let find = |layers: &[Layer], seq: i64| {
            let place = layers.binary_search_by_key(&seq, |layer| layer.seq).ok();
            place.and_then(|place| layers.get(place).copied())
        };
        let mut changes = Vec::new();
        for seq in seqs {
            let (old, new, received) = (find(&was, seq), find(&is, seq), now.received.get(&seq));
            let at = new.or(old).map(|layer| layer.effective_at);
            let Some(effective_at) = at.or(received.map(|received| received.0)) else { continue };
            let left = new.map_or((0, 0), |layer| (layer.qty, layer.value));
            if received.is_some() || old != new {
                let more = received.map_or((0, 0), |(_, qty, value)| (*qty, *value));
                changes.push(LayerChange { seq, effective_at, more, left });
            }
        }
        changes
    }
}
