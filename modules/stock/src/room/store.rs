//! The statements of the rules of places, and of what stands in a place and below it.

use super::decide::{RulesBody, effective};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{ItemId, LocationId, LotId};

/// Whose rules they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// Of a type of locations, by its id.
    Type(i64),
    /// Of a location.
    Location(LocationId),
}

impl Subject {
    const fn key(self) -> (i64, i64) {
        match self {
            Subject::Type(id) => (1, id),
            Subject::Location(id) => (2, id.get()),
        }
    }
}

const FIND: Statement = Statement::new(
    "stock.room.find",
    "select r.rules, r.version from stock_room_rule r where r.scope = ?1 and r.id = ?2",
);

const LOCK: Statement = Statement::per_engine(
    "stock.room.lock",
    "select r.rules, r.version from stock_room_rule r where r.scope = ?1 and r.id = ?2",
    "select r.rules, r.version from stock_room_rule r where r.scope = ?1 and r.id = ?2 for update",
);

/// Nothing when the row is not as it was read: another process has made it meanwhile.
const SAVE: Statement = Statement::new(
    "stock.room.save",
    "insert into stock_room_rule (scope, id, rules, version) values (?1, ?2, ?3, ?4)
     on conflict (scope, id) do update set rules = excluded.rules, version = excluded.version
     where stock_room_rule.version = excluded.version - 1",
);

/// The places with rules that a place is, or stands in.
const ABOVE: Statement = Statement::per_engine(
    "stock.room.above",
    "select t.descendant, r.room, r.own, r.typed
     from stock_within t
     cross join stock_ruled r on r.room = t.ancestor
     where t.descendant = ?1",
    "select t.descendant, r.room, r.own, r.typed
     from unnest(?1::bigint[]) as k (location)
     join stock_within t on t.descendant = k.location
     join stock_ruled r on r.room = t.ancestor",
);

/// One after the other as they come, which is in the order of their ids, by the number that is as far below zero: no
/// other lock of ours has such a one. With one writer there is nothing to hold.
const HOLD: Statement = Statement::per_engine(
    "stock.room.hold",
    "select ?1",
    "select k.room, pg_advisory_xact_lock(-k.room) from unnest(?1::bigint[]) as k (room)",
);

const CONTENTS: Statement = Statement::per_engine(
    "stock.room.contents",
    "select ?1, b.item, b.lot, cast(sum(b.on_hand) as bigint)
     from stock_within t
     cross join stock_balance b on b.location = t.descendant
     where t.ancestor = ?1 and b.on_hand > 0
     group by b.item, b.lot",
    "select k.room, b.item, b.lot, cast(sum(b.on_hand) as bigint)
     from unnest(?1::bigint[]) as k (room)
     join stock_within t on t.ancestor = k.room
     join stock_balance b on b.location = t.descendant
     where b.on_hand > 0
     group by k.room, b.item, b.lot",
)
.hot();

/// The places of a kind that are open, as somebody walks past them.
const WALK: Statement = Statement::new(
    "stock.room.walk",
    "select w.id, w.code, w.code_folded, w.walk
     from stock_walk w
     where (w.walk, w.code_folded) > (?1, ?2) and w.kind = ?3 and not w.closed
     order by w.walk, w.code_folded
     limit ?4",
);

const RULED: Statement = Statement::new(
    "stock.room.ruled",
    "select w.id, w.code,
       (select o.rules from stock_room_rule o where o.scope = 2 and o.id = w.id),
       (select y.rules from stock_room_rule y where y.scope = 1 and y.id = w.type_id)
     from stock_walk w
     where w.id > ?1
       and (exists (select 1 from stock_room_rule o where o.scope = 2 and o.id = w.id)
         or exists (select 1 from stock_room_rule y where y.scope = 1 and y.id = w.type_id))
     order by w.id
     limit ?2",
);

/// A place that somebody walks past.
#[derive(Clone, Debug)]
pub(crate) struct Walked {
    pub(crate) id: LocationId,
    pub(crate) code: String,
    pub(crate) folded: String,
    pub(crate) walk: i64,
}

/// A place with the rules that hold there.
#[derive(Clone, Debug)]
pub(crate) struct Ruled {
    pub(crate) room: LocationId,
    pub(crate) code: String,
    pub(crate) rules: RulesBody,
}

/// So much of an item's lot in a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(crate) room: LocationId,
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    pub(crate) qty: i64,
}

fn rules(row: &Row<'_>, column: usize) -> Result<RulesBody, DbError> {
    let Some(text) = row.opt_text(column)? else { return Ok(RulesBody::default()) };
    serde_json::from_str(text).map_err(|_| DbError::Column { column, wanted: "the rules of a place" })
}

fn kept(row: &Row<'_>) -> Result<(RulesBody, i64), DbError> {
    Ok((rules(row, 0)?, row.int(1)?))
}

/// The rules of a subject with their version; none when they were never set.
pub(crate) fn find(conn: &mut Conn<'_>, subject: Subject) -> Result<Option<(RulesBody, i64)>, DbError> {
    let (scope, id) = subject.key();
    conn.query_opt(&FIND, &[scope.into(), id.into()], kept)
}

/// The same, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, subject: Subject) -> Result<Option<(RulesBody, i64)>, DbError> {
    let (scope, id) = subject.key();
    tx.query_opt(&LOCK, &[scope.into(), id.into()], kept)
}

/// Stores rules; `false` when they are not any more as they were read.
pub(crate) fn save(tx: &mut Tx<'_>, subject: Subject, rules: &str, version: i64) -> Result<bool, DbError> {
    let (scope, id) = subject.key();
    Ok(tx.execute(&SAVE, &[scope.into(), id.into(), rules.into(), version.into()])? == 1)
}

fn keys(places: &[LocationId]) -> Rows<'static> {
    let mut rows = Rows::with_capacity(1, places.len());
    for place in places {
        rows.push(&[place.get().into()]);
    }
    rows
}

/// The places, each with those with rules that it is or stands in, and with the rules that hold there.
pub(crate) fn above(
    conn: &mut Conn<'_>,
    places: &[LocationId],
) -> Result<Vec<(LocationId, LocationId, RulesBody)>, DbError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    conn.query_many(&ABOVE, &keys(places), |row| {
        let holds = effective(&rules(row, 2)?, &rules(row, 3)?);
        Ok((LocationId(row.int(0)?), LocationId(row.int(1)?), holds))
    })
}

/// Holds rooms, in the order of their ids, until the transaction ends.
pub(crate) fn hold(tx: &mut Tx<'_>, rooms: &[LocationId]) -> Result<(), DbError> {
    if !rooms.is_empty() {
        tx.query_many(&HOLD, &keys(rooms), |_| Ok(()))?;
    }
    Ok(())
}

/// What stands in rooms and below them.
pub(crate) fn contents(conn: &mut Conn<'_>, rooms: &[LocationId]) -> Result<Vec<Content>, DbError> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    conn.query_many(&CONTENTS, &keys(rooms), |row| {
        let (room, item, lot) = (LocationId(row.int(0)?), ItemId(row.int(1)?), LotId(row.int(2)?));
        Ok(Content { room, item, lot, qty: row.int(3)? })
    })
}

/// The open places of a kind behind one, as somebody walks past them.
pub(crate) fn walk(
    conn: &mut Conn<'_>,
    after: (i64, &str),
    kind: i64,
    limit: usize,
) -> Result<Vec<Walked>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.query(&WALK, &[after.0.into(), after.1.into(), kind.into(), limit.into()], |row| {
        let (code, folded) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
        Ok(Walked { id: LocationId(row.int(0)?), code, folded, walk: row.int(3)? })
    })
}

/// The places with rules behind one, by their ids.
pub(crate) fn ruled(conn: &mut Conn<'_>, after: LocationId, limit: usize) -> Result<Vec<Ruled>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.query(&RULED, &[after.get().into(), limit.into()], |row| {
        let holds = effective(&rules(row, 2)?, &rules(row, 3)?);
        Ok(Ruled { room: LocationId(row.int(0)?), code: row.text(1)?.to_owned(), rules: holds })
    })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&FIND, &LOCK, &SAVE, &ABOVE, &HOLD, &CONTENTS, &WALK, &RULED];
