//! What a movement is worth is what its layers gave and got (I-11).

use super::findings::Findings;
use super::ground::{Ground, movement};
use db::{Conn, DbError, Statement};
use domain::Delta;
use rustc_hash::FxHashMap;

/// How many postings are looked at together.
pub(super) const CHUNK: i64 = 5_000;

const MOVES: Statement = Statement::new(
    "verify.values.moves",
    "select seq, line_no, from_group, to_group, qty, value
     from ck_movement
     where lane = ?1 and seq > ?2 and seq <= ?3",
);

const USES: Statement = Statement::new(
    "verify.values.uses",
    "select seq, line_no, valuation_group, qty, cost
     from ck_layer_use
     where lane = ?1 and seq > ?2 and seq <= ?3",
);

/// By (posting, line, group): quantity and value, above zero for what the layers gave.
type Uses = FxHashMap<(i64, i64, i64), (i64, i64)>;

/// Holds every movement to its layers.
pub(super) fn movements(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    for (lane, from, to) in ground.stretches(CHUNK) {
        chunk(conn, lane, (from, to), findings)?;
    }
    Ok(())
}

fn chunk(
    conn: &mut Conn<'_>,
    lane: i64,
    (from, to): (i64, i64),
    findings: &mut Findings,
) -> Result<(), DbError> {
    let params = [lane.into(), from.into(), to.into()];
    let mut uses = Uses::default();
    conn.for_each(&USES, &params, |row| {
        let sum = uses.entry((row.int(0)?, row.int(1)?, row.int(2)?)).or_default();
        *sum = (sum.0.wrapping_add(row.int(3)?), sum.1.wrapping_add(row.int(4)?));
        Ok(())
    })?;
    conn.for_each(&MOVES, &params, |row| {
        findings.row();
        let (seq, place) = (row.int(0)?, row.int(1)?);
        let (from, to, qty, value) = (row.int(2)?, row.int(3)?, row.int(4)?, row.opt_int(5)?);
        let mut agrees = |group: i64, expected: (i64, i64)| {
            group == 0 || uses.remove(&(seq, place, group)) == Some(expected)
        };
        let wrong = match value {
            None if from == to => None,
            Some(value) if from != to => {
                let gave = agrees(from, (qty, value));
                let got = agrees(to, (qty.wrapping_neg(), value.wrapping_neg()));
                let moved = Delta(qty);
                (!gave || !got).then(|| format!("moves {moved} worth {value}, and its layers do not"))
            }
            None => Some("goes from one valuation group to another and has no value".to_owned()),
            Some(_) => Some("stays in its valuation group and has a value".to_owned()),
        };
        if let Some(wrong) = wrong {
            findings.add(|| format!("{} {wrong}", movement(lane, seq, place)));
        }
        Ok(())
    })?;
    let mut left: Vec<_> = uses.into_keys().collect();
    left.sort_unstable();
    for (seq, line, group) in left {
        let place = movement(lane, seq, line);
        findings.add(|| format!("{place} does not touch valuation group {group}, whose layers it used"));
    }
    Ok(())
}
