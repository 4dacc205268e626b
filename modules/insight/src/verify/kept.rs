//! What of lots on hold somebody holds for a reason of its own (I-08).

use super::findings::Findings;
use super::ground::{Ground, Key};
use db::{Conn, DbError, Row, Statement};
use domain::{Delta, Status};

/// The bounds, with what stands there, and whether the lot is on hold.
const KEPT: Statement = Statement::new(
    "verify.kept",
    "select l.sku_id, k.loc_id, k.lot_id, k.status, k.qty, b.on_hand, l.on_hold, r.on_hold
     from ck_kept k
     left join ck_lot l on l.lot_id = k.lot_id
     left join ck_lot r on r.lot_id = l.parent
     left join ck_balance b on b.sku_id = l.sku_id and b.lot_id = k.lot_id and b.loc_id = k.loc_id
       and b.status = k.status",
);

/// How far the keys of lots on hold had come when they were put on hold, with how far they are now.
const HELD: Statement = Statement::new(
    "verify.held",
    "select l.sku_id, h.loc_id, h.lot_id, h.ver, b.ver, l.on_hold, r.on_hold
     from ck_held h
     left join ck_lot l on l.lot_id = h.lot_id
     left join ck_lot r on r.lot_id = l.parent
     left join ck_balance b on b.sku_id = l.sku_id and b.lot_id = h.lot_id and b.loc_id = h.loc_id
       and b.status = 2",
);

/// Which movements of a key a hold of its lot has seen that is over, with how far the key is now, where the hold
/// before it ended, and where the one that lasts began.
const RELEASED: Statement = Statement::new(
    "verify.released",
    "select l.sku_id, r.loc_id, r.lot_id, r.to_ver, b.ver, r.from_ver,
       coalesce(lag(r.to_ver) over (partition by r.lot_id, r.loc_id order by r.to_ver), 0), h.ver
     from ck_released r
     left join ck_lot l on l.lot_id = r.lot_id
     left join ck_held h on h.lot_id = r.lot_id and h.loc_id = r.loc_id
     left join ck_balance b on b.sku_id = l.sku_id and b.lot_id = r.lot_id and b.loc_id = r.loc_id
       and b.status = 2",
);

/// What stands on hold somewhere, how often it had been touched when a hold of its lot began or ended, and how
/// often it has been since its first day.
fn touched(row: &Row<'_>) -> Result<(Key, i64, i64), DbError> {
    let (item, location) = (row.opt_int(0)?.unwrap_or_default(), row.int(1)?);
    let key = Key { item, location, lot: row.int(2)?, status: Status::Hold.number() };
    Ok((key, row.int(3)?, row.opt_int(4)?.unwrap_or_default()))
}

/// I-08: what is remembered of a hold that is over is of a key that has come as far, and no two holds have seen the
/// same movement.
pub(super) fn over(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&RELEASED, &[], |row| {
        findings.row();
        let (key, then, now) = touched(row)?;
        findings.hold(then <= now, || {
            format!(
                "{} was touched {now} times, and {then} times until a hold of its lot was over",
                ground.key(&key)
            )
        });
        let (began, before, lasts) = (row.int(5)?, row.int(6)?, row.opt_int(7)?);
        findings.hold(before <= began && lasts.is_none_or(|lasts| then <= lasts), || {
            format!("a movement of {} was seen by two holds of its lot", ground.key(&key))
        });
        Ok(())
    })
}

/// I-08: what is remembered of the beginning of a hold is of a lot that is on hold, and of a key that has come as
/// far.
pub(super) fn beginnings(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    conn.for_each(&HELD, &[], |row| {
        findings.row();
        let (key, then, now) = touched(row)?;
        findings.hold(then <= now, || {
            format!(
                "{} was touched {now} times, and {then} times before its lot was put on hold",
                ground.key(&key)
            )
        });
        let on_hold = row.opt_bool(5)?.unwrap_or_default() || row.opt_bool(6)?.unwrap_or_default();
        findings.hold(on_hold, || {
            format!(
                "the beginning of a hold of {} is remembered, and its lot is not on hold",
                ground.key(&key)
            )
        });
        Ok(())
    })
}

/// I-08: what the release of a lot leaves on hold is there, and the lot is on hold, by itself or with its
/// parent. What a place outside has taken may come back from there, whatever else went there, and whenever.
pub(super) fn bounds(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&KEPT, &[], |row| {
        findings.row();
        let (item, location) = (row.opt_int(0)?.unwrap_or_default(), row.int(1)?);
        let key = Key { item, location, lot: row.int(2)?, status: row.int(3)? };
        let (kept, there) = (row.int(4)?, row.opt_int(5)?.unwrap_or_default());
        let fits = kept <= there || !ground.is_owned(location);
        findings.hold(fits, || {
            format!(
                "{} has {} on hand, of which {} stay on hold",
                ground.key(&key),
                Delta(there),
                Delta(kept)
            )
        });
        let on_hold = row.opt_bool(6)?.unwrap_or_default() || row.opt_bool(7)?.unwrap_or_default();
        findings.hold(on_hold || !ground.is_owned(location), || {
            format!(
                "{} of {} stay on hold after their lot, and that is not on hold",
                Delta(kept),
                ground.key(&key)
            )
        });
        Ok(())
    })
}
