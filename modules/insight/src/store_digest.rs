//! The statements of digests: the state as it is, and the state as the log up to some heads leads
//! to it.

use crate::digest::{BalanceRow, Head, LayerRow, State, StateHash};
use crate::verify::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;

const BALANCES: Statement = Statement::new(
    "digest.balances",
    "select sku_id, loc_id, lot_id, status, on_hand, ver
     from ck_balance
     where ver > 0
     order by sku_id, loc_id, lot_id, status",
);

const LAYERS: Statement = Statement::new(
    "digest.layers",
    "select sku_id, valuation_group, layer_id, effective_at, qty_in, value_in, qty_left, value_left
     from ck_layer
     order by sku_id, valuation_group, layer_id",
);

const MOVES: Statement = whole_log!(
    "digest.moves",
    "select lane, seq, sku_id, lot_id, qty, from_loc, from_status, to_loc, to_status from ck_movement"
);

const USES: Statement = Statement::new(
    "digest.uses",
    "select lane, seq, sku_id, valuation_group, layer_id, qty, cost, made from ck_layer_use",
);

const AGES: Statement =
    Statement::new("digest.ages", "select sku_id, valuation_group, layer_id, effective_at from ck_layer");

/// The hash of the state as it is.
pub(crate) fn state_hash(conn: &mut Conn<'_>) -> Result<[u8; 32], DbError> {
    let mut hash = StateHash::default();
    conn.for_each(&BALANCES, &[], |row| {
        let key = [row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?];
        let [item, location, lot, status] = key;
        hash.balance([item, location, lot, status, row.int(4)?, row.int(5)?]);
        Ok(())
    })?;
    conn.for_each(&LAYERS, &[], |row| {
        let came = [row.int(4)?, row.int(5)?];
        let left = [row.int(6)?, row.int(7)?];
        hash.layer([row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?, came[0], came[1], left[0], left[1]]);
        Ok(())
    })?;
    Ok(hash.end())
}

/// How far the log is followed: by lane, the last posting.
type Until = FxHashMap<i64, i64>;

fn is_within(until: &Until, lane: i64, seq: i64) -> bool {
    until.get(&lane).is_some_and(|last| seq <= *last)
}

/// The state that the log leads to up to some heads, with so many keys in memory at a time.
pub(crate) fn replay(conn: &mut Conn<'_>, heads: &[Head], keys_max: i64) -> Result<State, DbError> {
    let until: Until = heads.iter().map(|head| (head.lane, head.number)).collect();
    let mut hash = StateHash::default();
    let mut movements = 0_i64;
    // the two are hashed apart, so each may be folded in ranges of its own
    for pass in passes(conn, &passes::BALANCES, keys_max)? {
        for row in balances(conn, &until, pass, &mut movements)? {
            hash.balance(row);
        }
    }
    for pass in passes(conn, &passes::LAYERS, keys_max)? {
        for row in layers(conn, &until, pass)? {
            hash.layer(row);
        }
    }
    Ok(State { movements, state_hash: hash.end() })
}

fn balances(
    conn: &mut Conn<'_>,
    until: &Until,
    pass: Pass,
    movements: &mut i64,
) -> Result<Vec<BalanceRow>, DbError> {
    let mut sums: FxHashMap<[i64; 4], (i64, i64)> = FxHashMap::default();
    conn.for_each(&MOVES, &[], |row| {
        let item = row.int(2)?;
        if !pass.contains(item) || !is_within(until, row.int(0)?, row.int(1)?) {
            return Ok(());
        }
        *movements = movements.saturating_add(1);
        let (lot, qty) = (row.int(3)?, row.int(4)?);
        let from = ([item, row.int(5)?, lot, row.int(6)?], qty.wrapping_neg());
        for (key, qty) in [from, ([item, row.int(7)?, lot, row.int(8)?], qty)] {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0.wrapping_add(qty), sum.1.wrapping_add(1));
        }
        Ok(())
    })?;
    let mut rows: Vec<BalanceRow> = sums
        .into_iter()
        .map(|([item, location, lot, status], (on_hand, ver))| [item, location, lot, status, on_hand, ver])
        .collect();
    rows.sort_unstable();
    Ok(rows)
}

/// What came into a layer and what is left: quantity and value of each.
type Figures = [i64; 4];

fn layers(conn: &mut Conn<'_>, until: &Until, pass: Pass) -> Result<Vec<LayerRow>, DbError> {
    let mut sums: FxHashMap<[i64; 3], Figures> = FxHashMap::default();
    conn.for_each(&USES, &[], |row| {
        let item = row.int(2)?;
        if !pass.contains(item) || !is_within(until, row.int(0)?, row.int(1)?) {
            return Ok(());
        }
        let (qty, cost) = (row.int(5)?, row.int(6)?);
        let [qty_in, value_in, qty_left, value_left] =
            sums.entry([item, row.int(3)?, row.int(4)?]).or_default();
        if row.int(7)? == 1 {
            *qty_in = qty_in.wrapping_sub(qty);
            *value_in = value_in.wrapping_sub(cost);
        }
        *qty_left = qty_left.wrapping_sub(qty);
        *value_left = value_left.wrapping_sub(cost);
        Ok(())
    })?;
    let mut rows: Vec<LayerRow> = Vec::with_capacity(sums.len());
    conn.for_each(&AGES, &[], |row| {
        let key = [row.int(0)?, row.int(1)?, row.int(2)?];
        if let Some([qty_in, value_in, qty_left, value_left]) = sums.remove(&key) {
            let [item, group, layer] = key;
            rows.push([item, group, layer, row.int(3)?, qty_in, value_in, qty_left, value_left]);
        }
        Ok(())
    })?;
    rows.sort_unstable();
    Ok(rows)
}
