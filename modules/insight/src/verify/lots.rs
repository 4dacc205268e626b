//! Lots and serials (I-07, I-08).

use super::findings::Findings;
use super::ground::{self, Ground, Key, movement};
use db::{Conn, DbError, Statement};
use domain::item::Tracking;
use domain::{Delta, Qty};
use rustc_hash::FxHashMap;

const HOLDERS: Statement =
    Statement::new("verify.lots.holders", "select serial_id, sku_id, state, loc_id, status from ck_serial");

const STOCK: Statement = Statement::new(
    "verify.lots.stock",
    "select sku_id, loc_id, lot_id, status, on_hand from ck_balance where on_hand <> 0",
);

const MOVES: Statement = whole_log!(
    "verify.lots.moves",
    "select lane, seq, line_no, sku_id, lot_id, recorded_at, qty, from_loc, from_after, to_loc, to_after
     from ck_movement"
);

/// Good stock of lots that are on hold as a whole, by themselves or with their parent.
const ON_HOLD: Statement = Statement::new(
    "verify.lots.on_hold",
    "select b.sku_id, b.loc_id, b.lot_id, b.status, b.on_hand
     from ck_lot l
     left join ck_lot r on r.lot_id = l.parent
     join ck_balance b on b.lot_id = l.lot_id and b.sku_id = l.sku_id
     where (l.on_hold or r.on_hold) and b.status = 1 and b.on_hand <> 0",
);

/// Serials are lots; a movement without one is told of with those that should name one.
const WITH_LOT: Statement = Statement::new(
    "verify.lots.with_lot",
    "select lane, seq, line_no, sku_id, lot_id, recorded_at, qty, from_loc, from_after, to_loc, to_after
     from ck_movement
     where lot_id <> 0",
);

/// When an item began to be traced as it is now; what moved before followed another rule.
const TRACED: Statement = Statement::new(
    "verify.lots.traced",
    "select target, max(at) from ck_audit where action = 'catalog.item.set_tracking' group by target",
);

const ONE: i64 = Qty::ONE.millionths();

/// I-07: what a serial's own row says is where its one unit is.
pub(super) fn serials(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut held: FxHashMap<i64, Option<Key>> = FxHashMap::default();
    conn.for_each(&HOLDERS, &[], |row| {
        findings.row();
        let serial = row.int(0)?;
        let place = match (row.opt_int(1)?, row.opt_int(3)?, row.opt_int(4)?) {
            (Some(item), Some(location), Some(status)) => Some(Key { item, location, lot: serial, status }),
            _ => None,
        };
        let settled = place.is_some() == (row.text(2)? == "in_stock");
        findings.hold(settled, || format!("serial {serial} is in stock, and nobody knows where or of what"));
        held.insert(serial, place);
        Ok(())
    })?;
    conn.for_each(&STOCK, &[], |row| {
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        let serial = ground.items.get(&key.item).is_some_and(|item| item.tracking == Tracking::Serial);
        if !serial || key.lot == 0 || !ground.is_owned(key.location) {
            return Ok(());
        }
        findings.row();
        let on_hand = row.int(4)?;
        findings.hold(on_hand == ONE, || format!("{} has {} on hand", ground.key(&key), Delta(on_hand)));
        if held.get(&key.lot) == Some(&Some(key)) {
            held.insert(key.lot, None);
        } else {
            findings.add(|| format!("{} is in stock where its own row does not say", ground.key(&key)));
        }
        Ok(())
    })?;
    let mut lacking: Vec<Key> = held.into_values().flatten().collect();
    lacking.sort_unstable();
    for key in lacking {
        findings.add(|| format!("{} should be in stock and is not", ground.key(&key)));
    }
    Ok(())
}

/// I-07: a movement of a serial is of one unit, and leaves one or none at a real place.
pub(super) fn serial_moves(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    if !ground.items.values().any(|item| item.tracking == Tracking::Serial) {
        return Ok(());
    }
    let since = traced(conn)?;
    conn.for_each(&WITH_LOT, &[], |row| {
        let (item, at) = (row.int(3)?, row.int(5)?);
        let Some(facts) = ground.items.get(&item).filter(|item| item.tracking == Tracking::Serial) else {
            return Ok(());
        };
        if since.get(facts.sku.as_ref()).is_some_and(|since| at <= *since) {
            return Ok(());
        }
        findings.row();
        let qty = row.int(6)?;
        let ends = [(row.int(7)?, row.int(8)?), (row.int(9)?, row.int(10)?)];
        let fits = |(location, after): (i64, i64)| !ground.is_owned(location) || after == 0 || after == ONE;
        if qty != ONE || !ends.into_iter().all(fits) {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            let (item, lot, qty) = (ground.item(item), row.int(4)?, Delta(qty));
            findings.add(|| format!("{place} takes {qty} of {item} serial {lot} to or from more than one"));
        }
        Ok(())
    })
}

/// By SKU, when its tracking was last changed.
pub(super) fn traced(conn: &mut Conn<'_>) -> Result<FxHashMap<String, i64>, DbError> {
    Ok(conn.query(&TRACED, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?.into_iter().collect())
}

/// I-08: a movement names a lot when its item is tracked by lot and none when it is not, and the
/// lot is one of the item.
pub(super) fn moves(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let (lots, since) = (ground::lots(conn)?, traced(conn)?);
    conn.for_each(&MOVES, &[], |row| {
        findings.row();
        let (item, lot, at) = (row.int(3)?, row.int(4)?, row.int(5)?);
        let Some(facts) = ground.items.get(&item) else { return Ok(()) };
        let current = since.get(facts.sku.as_ref()).is_none_or(|since| at > *since);
        let wrong = match lots.get(&lot) {
            Some(other) if other.item != item => Some("names a lot of another item"),
            _ if current && lot == 0 && facts.tracking.needs_lot() => Some("names no lot"),
            _ if current && lot != 0 && !facts.tracking.needs_lot() => Some("names a lot"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            let tracked = facts.tracking.word();
            findings.add(|| format!("{place} {wrong}; {} is tracked by `{tracked}`", ground.item(item)));
        }
        Ok(())
    })
}

/// I-08: the same for what is on hand, whatever rule it came in under. Services have no stock, and
/// items that are counted in whole units have no fractions.
pub(super) fn stock(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&STOCK, &[], |row| {
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        let Some(item) = ground.items.get(&key.item).filter(|_| ground.is_owned(key.location)) else {
            return Ok(());
        };
        findings.row();
        let on_hand = row.int(4)?;
        let wrong = if !item.stocked {
            Some("is a service".to_owned())
        } else if item.tracking.needs_lot() != (key.lot != 0) {
            Some(format!("is tracked by `{}`", item.tracking.word()))
        } else if item.whole && on_hand % ONE != 0 {
            Some("comes in whole units".to_owned())
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let there = Delta(on_hand);
            findings.add(|| format!("{} {wrong} and has {there} on hand", ground.key(&key)));
        }
        Ok(())
    })
}

/// I-08: none of a lot that is on hold is good, at any site. What was on its way keeps its status until
/// it arrives.
pub(super) fn on_hold(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&ON_HOLD, &[], |row| {
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        if ground.locations.get(&key.location).is_none_or(|place| place.site == 0) {
            return Ok(());
        }
        let on_hand = row.int(4)?;
        findings
            .add(|| format!("{} has {} on hand, and the lot is on hold", ground.key(&key), Delta(on_hand)));
        Ok(())
    })
}
