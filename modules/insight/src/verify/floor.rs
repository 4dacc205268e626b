//! No real location holds less than nothing: now, after any movement, and at any effective instant
//! (I-03). Transit is real in this sense; suppliers, customers and the like are not.

use super::findings::Findings;
use super::ground::{Ground, Key, movement};
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::{Delta, Instant};
use rustc_hash::FxHashMap;

const BELOW: Statement =
    Statement::new("verify.floor.now", "select sku_id, loc_id, lot_id, status, on_hand from ck_balance");

const PREFIXES: Statement = whole_log!(
    "verify.floor.prefixes",
    "select lane, seq, line_no, from_loc, from_after, to_loc, to_after from ck_movement"
);

const FLOWS: Statement = whole_log!(
    "verify.floor.flows",
    "select sku_id, lot_id, qty, effective_at, from_loc, from_status, to_loc, to_status from ck_movement"
);

/// Now.
pub(super) fn now(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&BELOW, &[], |row| {
        findings.row();
        let on_hand = row.int(4)?;
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        findings.hold(on_hand >= 0 || !ground.is_owned(key.location), || {
            format!("{} has {} on hand", ground.key(&key), Delta(on_hand))
        });
        Ok(())
    })
}

/// After every movement.
pub(super) fn prefixes(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&PREFIXES, &[], |row| {
        findings.row();
        for (location, after) in [(row.int(3)?, row.int(4)?), (row.int(5)?, row.int(6)?)] {
            if after < 0 && ground.is_owned(location) {
                let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
                let left = Delta(after);
                findings.add(|| format!("{place} leaves {left} at {}", ground.location(location)));
            }
        }
        Ok(())
    })
}

/// At every instant, in the order in which things happened; movements of one instant count
/// together. Deep only.
pub(super) fn instants(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    for pass in passes(conn, &passes::MOVES, ground.keys_max.saturating_mul(2))? {
        let (keys, mut flows) = flows(conn, ground, pass)?;
        flows.sort_unstable();
        let mut rest = flows.as_slice();
        while let Some((key, _, _)) = rest.first().copied() {
            let end = rest.partition_point(|(other, _, _)| *other <= key);
            let (own, others) = rest.split_at(end);
            if let Some((at, level)) = lowest(own)
                && let Some(key) = keys.get(key)
            {
                findings.add(|| {
                    let (key, level) = (ground.key(key), Delta(level));
                    format!("{key} had {level} at {at}, in the order in which things happened")
                });
            }
            rest = others;
        }
    }
    Ok(())
}

/// A flow of a key, by its number: when, and how much.
type Flow = (usize, i64, i64);

/// What flowed in and out of the real keys of a range of items.
fn flows(conn: &mut Conn<'_>, ground: &Ground, pass: Pass) -> Result<(Vec<Key>, Vec<Flow>), DbError> {
    let mut numbers: FxHashMap<Key, usize> = FxHashMap::default();
    let mut keys = Vec::new();
    let mut flows = Vec::new();
    conn.for_each(&FLOWS, &[], |row| {
        let (item, lot, qty, at) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        if !pass.contains(item) {
            return Ok(());
        }
        let from = (row.int(4)?, row.int(5)?, qty.wrapping_neg());
        for (location, status, qty) in [from, (row.int(6)?, row.int(7)?, qty)] {
            if ground.is_owned(location) {
                let key = Key { item, location, lot, status };
                let number = *numbers.entry(key).or_insert_with(|| {
                    keys.push(key);
                    keys.len().saturating_sub(1)
                });
                flows.push((number, at, qty));
            }
        }
        Ok(())
    })?;
    Ok((keys, flows))
}

/// The first instant at which a key was below zero, and how far; flows in order of time.
fn lowest(flows: &[Flow]) -> Option<(Instant, i64)> {
    let mut level = 0_i64;
    let mut flows = flows.iter().peekable();
    while let Some((_, at, qty)) = flows.next() {
        level = level.wrapping_add(*qty);
        if level < 0 && flows.peek().is_none_or(|(_, next, _)| next != at) {
            return Some((Instant(*at), level));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_in_one_instant_counts_together() {
        assert_eq!(lowest(&[(0, 1, 5), (0, 2, -5), (0, 3, -1), (0, 3, 1)]), None);
        assert_eq!(lowest(&[(0, 1, 5), (0, 2, -7), (0, 3, 9)]), Some((Instant(2), -2)));
        assert_eq!(lowest(&[]), None);
    }
}
