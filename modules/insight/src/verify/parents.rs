//! Serials and the lots that they were made in (I-08).

use super::findings::Findings;
use super::ground::{Ground, Key, movement};
use super::lots::traced;
use db::{Conn, DbError, Statement};
use domain::{Delta, LotRole, Tracking};

/// Serials that name a parent, with the parent.
const KIN: Statement = Statement::new(
    "verify.parents.kin",
    "select l.sku_id, l.code, l.role, r.code, r.sku_id, r.role
     from ck_lot l
     left join ck_lot r on r.lot_id = l.parent
     where l.parent is not null",
);

/// What is on hand of lots that are no serials.
const STOCK: Statement = Statement::new(
    "verify.parents.stock",
    "select b.sku_id, b.loc_id, b.lot_id, b.status, b.on_hand, l.role
     from ck_lot l
     join ck_balance b on b.lot_id = l.lot_id
     where b.on_hand <> 0 and (l.role is null or l.role <> 1)",
);

/// What parents have moved by themselves.
const MOVES: Statement = Statement::new(
    "verify.parents.moves",
    "select m.lane, m.seq, m.line_no, m.sku_id, m.recorded_at, l.code
     from ck_lot l
     join ck_movement m on m.lot_id = l.lot_id
     where l.role = 2",
);

fn is_serial(ground: &Ground, item: i64) -> bool {
    ground.items.get(&item).is_some_and(|item| item.tracking == Tracking::Serial)
}

/// I-08: a parent is a lot of the same item, is marked as one, and has none itself.
pub(super) fn kin(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let (serial, parent) = (LotRole::Serial.number(), LotRole::Parent.number());
    conn.for_each(&KIN, &[], |row| {
        findings.row();
        let (item, code) = (row.int(0)?, row.text(1)?.to_owned());
        let lot = || format!("{} lot {code}", ground.item(item));
        // one that is gone is told of with the references
        if let Some(other) = row.opt_text(3)?.map(str::to_owned) {
            let same = row.opt_int(4)? == Some(item);
            findings.hold(same, || format!("{} was made in {other}, a lot of another item", lot()));
            let is_parent = row.opt_int(5)? == Some(parent);
            findings.hold(is_parent, || format!("{} was made in {other}, which is no parent", lot()));
            let is_serial = row.opt_int(2)? == Some(serial);
            findings.hold(is_serial, || format!("{} was made in {other} and is no serial", lot()));
        }
        Ok(())
    })
}

/// I-08: what is on hand of an item that is traced by serial are serials, and none of it is of a parent.
pub(super) fn stock(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&STOCK, &[], |row| {
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        if !is_serial(ground, key.item) || !ground.is_owned(key.location) {
            return Ok(());
        }
        let (on_hand, role) = (row.int(4)?, row.opt_int(5)?);
        let what = if role.is_some() { "a parent of serials" } else { "not known as a serial" };
        findings.add(|| format!("{} is {what} and has {} on hand", ground.key(&key), Delta(on_hand)));
        Ok(())
    })
}

/// I-08: since its item is traced by serial, no parent has moved by itself.
pub(super) fn moves(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let since = traced(conn)?;
    conn.for_each(&MOVES, &[], |row| {
        let (item, at) = (row.int(3)?, row.int(4)?);
        let Some(facts) = ground.items.get(&item).filter(|_| is_serial(ground, item)) else { return Ok(()) };
        if since.get(facts.sku.as_ref()).is_none_or(|since| at > *since) {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            let code = row.text(5)?.to_owned();
            findings.add(|| format!("{place} moves {} lot {code}, a parent of serials", ground.item(item)));
        }
        Ok(())
    })
}
