//! Layers are used oldest first (I-10): a replay of what each group's layers gave and got.
//!
//! The order of use is by the layer's instant, then by its number. A reversal takes back its own
//! layers and is exempt; so is the one layer of a moving average. Lanes have no common order, so
//! what another lane did within [`SKEW`] may have come before or after: a layer counts as passed
//! over only when it was certainly there and certainly not used up.

use super::findings::Findings;
use super::ground::{Ground, movement};
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::costing::POOL_SEQ;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

const AGES: Statement = Statement::new(
    "verify.fifo.ages",
    "select sku_id, valuation_group, layer_id, effective_at from ck_layer",
);

const USES: Statement = Statement::new(
    "verify.fifo.uses",
    "select sku_id, valuation_group, recorded_at, lane, seq, line_no, layer_id, qty, reversal_of from ck_layer_use",
);

/// How far the clocks of two lanes may be apart, in microseconds.
const SKEW: i64 = 60_000_000;

/// One change of one layer, in the order of the replay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Step {
    item: i64,
    group: i64,
    at: i64,
    lane: i64,
    seq: i64,
    line: i64,
    layer: i64,
    qty: i64,
    exempt: bool,
}

impl Step {
    const fn stack(&self) -> (i64, i64) {
        (self.item, self.group)
    }

    const fn movement(&self) -> (i64, i64, i64) {
        (self.lane, self.seq, self.line)
    }
}

/// By (item, group): when the goods of each layer came.
type Ages = FxHashMap<(i64, i64, i64), i64>;

/// Replays every stack. Deep only.
pub(super) fn order(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    for pass in passes(conn, &passes::LAYERS, ground.keys_max)? {
        let (ages, mut steps) = (ages(conn, pass)?, steps(conn, pass)?);
        steps.sort_unstable();
        let mut rest = steps.as_slice();
        while let Some(stack) = rest.first().map(Step::stack) {
            let (own, others) = rest.split_at(rest.partition_point(|step| step.stack() <= stack));
            replay(ground, &ages, own, findings);
            rest = others;
        }
    }
    Ok(())
}

fn ages(conn: &mut Conn<'_>, pass: Pass) -> Result<Ages, DbError> {
    let mut found = Ages::default();
    conn.for_each(&AGES, &[], |row| {
        let key = (row.int(0)?, row.int(1)?, row.int(2)?);
        if pass.contains(key.0) {
            found.insert(key, row.int(3)?);
        }
        Ok(())
    })?;
    Ok(found)
}

fn steps(conn: &mut Conn<'_>, pass: Pass) -> Result<Vec<Step>, DbError> {
    let mut found = Vec::new();
    conn.for_each(&USES, &[], |row| {
        let item = row.int(0)?;
        if pass.contains(item) {
            found.push(Step {
                item,
                group: row.int(1)?,
                at: row.opt_int(2)?.unwrap_or(0),
                lane: row.int(3)?,
                seq: row.int(4)?,
                line: row.int(5)?,
                layer: row.int(6)?,
                qty: row.int(7)?,
                exempt: row.opt_id16(8)?.is_some(),
            });
        }
        Ok(())
    })?;
    Ok(found)
}

/// The layers of a stack while it is replayed, in the order of use.
type Open = BTreeMap<(i64, i64), i64>;

/// Replays one stack.
fn replay(ground: &Ground, ages: &Ages, steps: &[Step], findings: &mut Findings) {
    let mut open = Open::new();
    let mut rest = steps;
    while let Some(first) = rest.first() {
        findings.row();
        let end = rest.iter().take_while(|step| step.movement() == first.movement()).count();
        let (own, others) = rest.split_at(end);
        let mut youngest = None;
        for step in own {
            let age = ages.get(&(step.item, step.group, step.layer)).copied().unwrap_or(step.at);
            let place = (age, step.layer);
            let left = open.entry(place).or_insert(0);
            *left = left.wrapping_sub(step.qty);
            if *left == 0 {
                open.remove(&place);
            }
            if step.qty > 0 && !step.exempt && step.layer != POOL_SEQ {
                youngest = youngest.max(Some(place));
            }
        }
        if let Some(used) = youngest
            && let Some(older) = passed_over(&open, used, first, steps)
        {
            findings.add(|| {
                let (item, group) = (ground.item(first.item), first.group);
                let place = movement(first.lane, first.seq, first.line);
                let (used, older) = (used.1, older.1);
                format!("{place} uses layer {used} of {item} in valuation group {group} while the older layer {older} is open")
            });
        }
        rest = others;
    }
}

/// An older layer that was certainly open when `used` was used.
fn passed_over(open: &Open, used: (i64, i64), by: &Step, steps: &[Step]) -> Option<(i64, i64)> {
    let doubtful = |step: &Step| step.lane != by.lane && step.at.abs_diff(by.at) < SKEW.unsigned_abs();
    open.range(..used).find_map(|(place, left)| {
        let mut sure = *left;
        let mut made = false;
        for step in steps.iter().filter(|step| step.layer == place.1) {
            let before = (step.at, step.movement()) <= (by.at, by.movement());
            made |= step.qty < 0 && before && !doubtful(step);
            // what may have been taken before, and what may have been put in after
            if doubtful(step) && (step.qty > 0) != before {
                sure = sure.saturating_sub(step.qty.saturating_abs());
            }
        }
        (made && sure > 0).then_some(*place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `at lane seq layer qty`, a line each; a layer's age is its number.
    fn wrong(steps: &[(i64, i64, i64, i64, i64)]) -> u64 {
        let mut steps: Vec<Step> = steps
            .iter()
            .map(|(at, lane, seq, layer, qty)| Step {
                item: 1,
                group: 1,
                at: at * SKEW,
                lane: *lane,
                seq: *seq,
                line: 0,
                layer: *layer,
                qty: *qty,
                exempt: false,
            })
            .collect();
        steps.sort_unstable();
        let ages = (1..9).map(|layer| ((1, 1, layer), layer)).collect();
        let ground = Ground {
            deep: true,
            keys_max: 1,
            now: domain::Instant(0),
            zone: domain::Zone::UTC,
            locations: FxHashMap::default(),
            items: FxHashMap::default(),
            lanes: Vec::new(),
        };
        let mut findings = Findings::default();
        replay(&ground, &ages, &steps, &mut findings);
        findings.violations
    }

    #[test]
    fn the_oldest_goes_first() {
        assert_eq!(wrong(&[(1, 1, 1, 1, -5), (2, 1, 2, 2, -5), (3, 1, 3, 1, 5), (4, 1, 4, 2, 1)]), 0);
        assert_eq!(wrong(&[(1, 1, 1, 1, -5), (2, 1, 2, 2, -5), (3, 1, 3, 2, 5)]), 1);
        // one movement that takes the rest of the one and some of the other
        assert_eq!(wrong(&[(1, 1, 1, 1, -5), (2, 1, 2, 2, -5), (3, 1, 3, 1, 5), (3, 1, 3, 2, 1)]), 0);
        assert_eq!(wrong(&[(1, 1, 1, 1, -5), (2, 1, 2, 2, -5), (3, 1, 3, 1, 4), (3, 1, 3, 2, 1)]), 1);
        // a backdated receipt that came after
        assert_eq!(wrong(&[(2, 1, 1, 2, -5), (3, 1, 2, 2, 5), (4, 1, 3, 1, -5)]), 0);
    }

    #[test]
    fn what_another_lane_did_in_the_same_minute_is_in_doubt() {
        assert_eq!(wrong(&[(1, 1, 1, 2, -5), (9, 2, 1, 1, -5), (9, 1, 2, 2, 5)]), 0);
        assert_eq!(wrong(&[(1, 1, 1, 2, -5), (7, 2, 1, 1, -5), (9, 1, 2, 2, 5)]), 1);
        assert_eq!(wrong(&[(1, 1, 1, 1, -5), (2, 1, 2, 2, -5), (9, 1, 3, 2, 5), (9, 2, 1, 1, 5)]), 0);
    }
}
