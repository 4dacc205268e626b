//! How low each key stood in each month, and when it moved there last: what backdated postings are held
//! to (I-30). Deep only, since it sorts every movement.

use super::findings::Findings;
use super::ground::{Ground, Key};
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::{Delta, Instant};
use rustc_hash::FxHashMap;

const FLOWS: Statement = whole_log!(
    "verify.lows.flows",
    "select period_id, sku_id, lot_id, qty, effective_at, from_loc, from_status, to_loc, to_status from ck_movement"
);

const KEPT: Statement = Statement::new(
    "verify.lows.kept",
    "select period_id, sku_id, loc_id, lot_id, status, low, last_at from ck_month",
);

/// A month of a key.
type MonthOf = (i64, Key);
/// The lowest before the last instant, against what there was before the first; and that instant.
type Low = (i64, i64);

/// The months of the keys that cannot be below nothing say how low these stood.
pub(super) fn held(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    for pass in passes(conn, &passes::MOVES, ground.keys_max.saturating_mul(2))? {
        let lows = lows(conn, ground, pass)?;
        conn.for_each(&KEPT, &[], |row| {
            let key = Key { item: row.int(1)?, location: row.int(2)?, lot: row.int(3)?, status: row.int(4)? };
            if pass.contains(key.item) {
                findings.row();
                let period = row.int(0)?;
                let (kept, low) = ((row.opt_int(5)?, row.opt_int(6)?), lows.get(&(period, key)).copied());
                let same = kept == (low.map(|low| low.0), low.map(|low| low.1));
                // a month without movements is another finding
                let owned = ground.is_owned(key.location);
                findings.hold(same || (owned && low.is_none()), || told(ground, period, &key, kept, low));
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn told(
    ground: &Ground,
    period: i64,
    key: &Key,
    kept: (Option<i64>, Option<i64>),
    low: Option<Low>,
) -> String {
    let told = |low: Option<i64>, at: Option<i64>| match (low, at) {
        (Some(low), Some(at)) => format!("{} at the lowest, {} at last", Delta(low), Instant(at)),
        _ => "nothing".to_owned(),
    };
    let (kept, low) = (told(kept.0, kept.1), told(low.map(|low| low.0), low.map(|low| low.1)));
    format!("{} in {period}: the month says {kept}; the movements {low}", ground.key(key))
}

/// What the movements of a range of items say.
fn lows(conn: &mut Conn<'_>, ground: &Ground, pass: Pass) -> Result<FxHashMap<MonthOf, Low>, DbError> {
    let mut flows: FxHashMap<MonthOf, Vec<(i64, i64)>> = FxHashMap::default();
    conn.for_each(&FLOWS, &[], |row| {
        let (period, item, lot) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let (qty, at) = (row.int(3)?, row.int(4)?);
        if !pass.contains(item) {
            return Ok(());
        }
        let from = (row.int(5)?, row.int(6)?, qty.wrapping_neg());
        for (location, status, qty) in [from, (row.int(7)?, row.int(8)?, qty)] {
            if ground.is_owned(location) {
                let key = Key { item, location, lot, status };
                flows.entry((period, key)).or_default().push((at, qty));
            }
        }
        Ok(())
    })?;
    Ok(flows.into_iter().map(|(month, flows)| (month, lowest(flows))).collect())
}

/// The low of some flows; those of one instant count together.
fn lowest(mut flows: Vec<(i64, i64)>) -> Low {
    flows.sort_unstable();
    let (mut level, mut low) = (0_i64, 0_i64);
    for instant in flows.chunk_by(|a, b| a.0 == b.0) {
        low = low.min(level);
        level = instant.iter().fold(level, |level, (_, qty)| level.wrapping_add(*qty));
    }
    (low, flows.last().map_or(0, |(at, _)| *at))
}

#[cfg(test)]
mod tests {
    use super::lowest;

    #[test]
    fn the_last_instant_does_not_count_and_those_before_count_together() {
        assert_eq!(lowest(vec![(1, 5), (2, -7), (2, 4), (3, -9)]), (0, 3));
        assert_eq!(lowest(vec![(3, 9), (1, -5), (2, 1)]), (-5, 3));
        assert_eq!(lowest(vec![(4, -5)]), (0, 4));
    }
}
