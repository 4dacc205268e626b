//! Cost stacks under their lock, with as many of their oldest layers as may be used.

use super::{Wanted, many, sorted};
use crate::store_costs as sql;
use db::{DbError, Row, Rows, Tx};
use domain::costing::{Layer, Method, Stack};
use domain::ledger::{Costs, Group, Loaded};
use domain::{Instant, ItemId};
use rustc_hash::FxHashMap;

/// How many of the oldest layers are read at first; nearly always they are enough.
const LAYERS_AT_FIRST: i64 = 16;

/// Locks the stacks and reads their layers.
pub(super) fn lock(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    method: Method,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let keys = sorted(wanted.stacks.keys());
    let mut rows = Rows::with_capacity(2, keys.len());
    let mut limits = Rows::new(3);
    for key in &keys {
        let (item, group) = (key.0.get().into(), key.1.0.into());
        rows.push(&[item, group]);
        match (method, wanted.demand(*key)) {
            (Method::Fifo, 0) => {}
            (Method::Fifo, demand) if demand < i64::MAX => {
                limits.push(&[item, group, LAYERS_AT_FIRST.into()]);
            }
            _ => limits.push(&[item, group, i64::MAX.into()]),
        }
    }
    let heads = many(tx, &sql::LOCK_STACKS, &rows, |row| {
        Ok(((ItemId(row.int(0)?), Group(row.int(1)?)), row.opt_int(2)?, row.opt_int(3)?, row.opt_int(4)?))
    })?;
    let mut layers: FxHashMap<(ItemId, Group), Vec<Layer>> = FxHashMap::default();
    for (key, layer) in many(tx, &sql::READ_OLDEST_LAYERS, &limits, layer)? {
        layers.entry(key).or_default().push(layer);
    }
    read_more_layers(tx, wanted, &mut layers)?;
    for (key, next_seq, qty, value) in heads {
        // one that is not there was never used
        let (next_seq, qty, value) = (next_seq.unwrap_or(1), qty.unwrap_or(0), value.unwrap_or(0));
        let stack = Stack::load_oldest(method, layers.remove(&key).unwrap_or_default(), qty, value);
        let stack = stack.map_err(|_| DbError::Column { column: 0, wanted: "sound cost layers" })?;
        loaded.costs.insert(key, Costs::loaded(stack, next_seq));
    }
    Ok(())
}

/// Reads all layers of the stacks whose oldest ones are not enough.
fn read_more_layers(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    layers: &mut FxHashMap<(ItemId, Group), Vec<Layer>>,
) -> Result<(), DbError> {
    let mut limits = Rows::new(3);
    layers.retain(|key, found| {
        let held: i64 = found.iter().map(|layer| layer.qty).fold(0, i64::saturating_add);
        let cut = i64::try_from(found.len()) == Ok(LAYERS_AT_FIRST);
        let enough = !cut || held >= wanted.demand(*key);
        if !enough {
            limits.push(&[key.0.get().into(), key.1.0.into(), i64::MAX.into()]);
        }
        enough
    });
    for (key, layer) in many(tx, &sql::READ_OLDEST_LAYERS, &limits, layer)? {
        layers.entry(key).or_default().push(layer);
    }
    Ok(())
}

fn layer(row: &Row<'_>) -> Result<((ItemId, Group), Layer), DbError> {
    let (seq, effective_at) = (row.int(2)?, Instant(row.int(3)?));
    let layer = Layer { seq, effective_at, qty: row.int(4)?, value: row.int(5)? };
    Ok(((ItemId(row.int(0)?), Group(row.int(1)?)), layer))
}
