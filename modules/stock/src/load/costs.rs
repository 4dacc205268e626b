//! Cost stacks under their lock, with as many of their oldest layers as may be used.

use super::{Wanted, many, sorted};
use crate::store_costs as sql;
use db::{DbError, Row, Rows, Tx};
use domain::costing::{Layer, Method, Stack};
use domain::ledger::{Costs, Group, Loaded};
use domain::{Instant, ItemId};
use rustc_hash::FxHashMap;

/// How many of the oldest layers are looked at first; nearly always they are enough. More than that are read when
/// they are not: then they are used up, and the next look begins behind them.
pub(super) const LAYERS_AT_FIRST: i64 = 32;

/// Locks the stacks and reads their layers.
pub(super) fn lock(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    method: Method,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let keys = sorted(wanted.stacks.keys());
    let mut rows = Rows::with_capacity(2, keys.len());
    for key in &keys {
        rows.push(&[key.0.get().into(), key.1.0.into()]);
    }
    let heads = many(tx, &sql::LOCK_STACKS, &rows, head)?;
    let mut limits = Rows::new(4);
    for Head { key, open_since, qty, .. } in &heads {
        let most = match (method, wanted.demand(*key)) {
            // none is open, or none is used
            _ if *qty == 0 => continue,
            (Method::Fifo, 0) => continue,
            (Method::Fifo, demand) if demand < i64::MAX => LAYERS_AT_FIRST,
            _ => i64::MAX,
        };
        limits.push(&[key.0.get().into(), key.1.0.into(), most.into(), open_since.0.into()]);
    }
    let mut layers: FxHashMap<(ItemId, Group), Vec<Layer>> = FxHashMap::default();
    for (key, layer) in many(tx, &sql::READ_OLDEST_LAYERS, &limits, layer)? {
        layers.entry(key).or_default().push(layer);
    }
    read_more_layers(tx, wanted, &heads, &mut layers)?;
    for Head { key, next_seq, qty, value, open_since } in heads {
        let stack = Stack::load_oldest(method, layers.remove(&key).unwrap_or_default(), qty, value);
        let stack = stack.map_err(|_| DbError::Column { column: 0, wanted: "sound cost layers" })?;
        loaded.costs.insert(key, Costs::loaded(stack, next_seq, open_since));
    }
    Ok(())
}

/// The head of a stack.
struct Head {
    key: (ItemId, Group),
    next_seq: i64,
    qty: i64,
    value: i64,
    /// No open layer is older.
    open_since: Instant,
}

/// One that is not there was never used.
fn head(row: &Row<'_>) -> Result<Head, DbError> {
    Ok(Head {
        key: (ItemId(row.int(0)?), Group(row.int(1)?)),
        next_seq: row.opt_int(2)?.unwrap_or(1),
        qty: row.opt_int(3)?.unwrap_or(0),
        value: row.opt_int(4)?.unwrap_or(0),
        open_since: row.opt_int(5)?.map_or(Instant::MIN, Instant),
    })
}

/// Reads all layers of the stacks whose first ones are not enough.
fn read_more_layers(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    heads: &[Head],
    layers: &mut FxHashMap<(ItemId, Group), Vec<Layer>>,
) -> Result<(), DbError> {
    let mut limits = Rows::new(4);
    for Head { key, open_since, qty, .. } in heads {
        let found = layers.get(key).map_or(&[][..], Vec::as_slice);
        let held = found.iter().map(|layer| layer.qty).fold(0, i64::saturating_add);
        if held < wanted.demand(*key).min(*qty) {
            limits.push(&[key.0.get().into(), key.1.0.into(), i64::MAX.into(), open_since.0.into()]);
            layers.remove(key);
        }
    }
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
