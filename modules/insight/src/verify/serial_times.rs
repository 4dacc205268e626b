//! A serial over time (I-07): its row says when it moved last, and in the order in which things
//! happened it is at most one at every instant.

use super::findings::Findings;
use super::ground::Ground;
use super::lots::traced;
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::item::Tracking;
use domain::{Delta, Instant, Qty};

/// Every serial, with the last instant at which a balance of it moved.
const LATEST: Statement = Statement::new(
    "verify.serials.latest",
    "select s.serial_id, s.state, s.latest,
       (select max(b.latest) from ck_balance b where b.lot_id = s.serial_id and b.lot_id <> 0 and b.ver > 0)
     from ck_serial s",
);

const FLOWS: Statement = Statement::new(
    "verify.serials.flows",
    "select sku_id, lot_id, qty, effective_at, recorded_at, from_loc, to_loc from ck_movement where lot_id <> 0",
);

/// Its row says when a serial moved last: what is dated before that is refused. What has moved as a lot
/// only, before its item was traced by serial, may have a row that says nothing yet.
pub(super) fn moved_last(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&LATEST, &[], |row| {
        findings.row();
        let (serial, latest, moved) = (row.int(0)?, row.opt_int(2)?, row.opt_int(3)?);
        let fits = match latest {
            Some(_) => latest == moved,
            None => row.text(1)? != "in_stock",
        };
        let say = |at: Option<i64>| at.map_or("never".to_owned(), |at| Instant(at).to_string());
        findings.hold(fits, || {
            format!(
                "serial {serial} says that it moved last at {}; its balances say {}",
                say(latest),
                say(moved)
            )
        });
        Ok(())
    })
}

/// At every instant, in the order in which things happened; movements of one instant count together.
/// Deep only.
pub(super) fn instants(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep || !ground.items.values().any(|item| item.tracking == Tracking::Serial) {
        return Ok(());
    }
    for pass in passes(conn, &passes::MOVES, ground.keys_max.saturating_mul(2))? {
        let mut flows = flows(conn, ground, pass)?;
        flows.sort_unstable();
        for own in flows.chunk_by(|one, next| one.0 == next.0) {
            let Some(((_, serial), ..)) = own.first() else { continue };
            findings.row();
            if let Some((at, level)) = doubled(own) {
                findings.add(|| {
                    let level = Delta(level);
                    format!(
                        "serial {serial} was {level} in all at {at}, in the order in which things happened"
                    )
                });
            }
        }
    }
    Ok(())
}

/// What came in of a serial of an item, and went out: when, and how much.
type Flow = ((i64, i64), i64, i64);

/// What went in and out of all that is ours, for a range of items, since they are traced by serial.
fn flows(conn: &mut Conn<'_>, ground: &Ground, pass: Pass) -> Result<Vec<Flow>, DbError> {
    let since = traced(conn)?;
    let mut flows = Vec::new();
    conn.for_each(&FLOWS, &[], |row| {
        let (item, at) = (row.int(0)?, row.int(4)?);
        let Some(facts) = ground.items.get(&item).filter(|item| item.tracking == Tracking::Serial) else {
            return Ok(());
        };
        if !pass.contains(item) || since.get(facts.sku.as_ref()).is_some_and(|since| at <= *since) {
            return Ok(());
        }
        let qty = match (ground.is_owned(row.int(5)?), ground.is_owned(row.int(6)?)) {
            (false, true) => row.int(2)?,
            (true, false) => row.int(2)?.wrapping_neg(),
            _ => return Ok(()),
        };
        flows.push(((item, row.int(1)?), row.int(3)?, qty));
        Ok(())
    })?;
    Ok(flows)
}

/// The first instant at which a serial was neither none nor one, and how many it was; flows in order of
/// time.
fn doubled(flows: &[Flow]) -> Option<(Instant, i64)> {
    let mut level = 0_i64;
    for together in flows.chunk_by(|one, next| one.1 == next.1) {
        let (_, at, _) = together.first()?;
        level = together.iter().fold(level, |level, (.., qty)| level.wrapping_add(*qty));
        if level != 0 && level != Qty::ONE.millionths() {
            return Some((Instant(*at), level));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_none_or_one_when_an_instant_is_over() {
        let one = Qty::ONE.millionths();
        let flows = |of: &[(i64, i64)]| -> Vec<Flow> {
            of.iter().map(|(at, qty)| ((1, 7), *at, qty * one)).collect()
        };
        assert_eq!(doubled(&flows(&[])), None);
        assert_eq!(doubled(&flows(&[(1, 1), (2, -1), (2, 1), (3, -1), (3, 1)])), None);
        assert_eq!(doubled(&flows(&[(1, 1), (2, 1), (3, -1)])), Some((Instant(2), 2 * one)));
        assert_eq!(doubled(&flows(&[(1, -1), (2, 1)])), Some((Instant(1), -one)));
    }
}
