//! The statements of ledger pages: each follows one index from where the page before ended, newest
//! first, and never looks at more rows than it gives.

use super::After;
use crate::load;
use db::{Conn, DbError, Row, Statement, Value};
use domain::ledger::{Kind, Place};
use domain::{Instant, ItemId, LocationId, LotId, PostingId, PrincipalId};

/// A movement with its posting, as stored.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) lane: i64,
    pub(crate) number: i64,
    pub(crate) line: i64,
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    pub(crate) lot_code: Option<String>,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) qty: i64,
    pub(crate) from_after: i64,
    pub(crate) to_after: i64,
    pub(crate) value: Option<i64>,
    pub(crate) recorded_at: Instant,
    pub(crate) effective_at: Instant,
    pub(crate) posting: PostingId,
    pub(crate) kind: Kind,
    pub(crate) actor: PrincipalId,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) reversal_of: Option<PostingId>,
}

/// The columns of a page, its condition, and its order.
macro_rules! select {
    ($condition:expr, $order:literal) => {
        concat!(
            "select m.lane, m.number, m.line, m.item, m.lot, l.code, m.from_location, m.from_status,
               m.to_location, m.to_status, m.qty, m.from_after, m.to_after, m.value, m.recorded_at,
               m.effective_at, p.id, p.kind, p.actor, p.document, p.reason, p.reversal_of
             from stock_movement m
             join stock_posting p on p.lane = m.lane and p.number = m.number
             left join stock_lot l on l.id = m.lot
             where ",
            $condition,
            " order by ",
            $order,
            " limit ?6"
        )
    };
}

/// A page along an index of movements.
macro_rules! page {
    ($condition:literal) => {
        select!(
            concat!($condition, " and (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5)"),
            "m.recorded_at desc, m.lane desc, m.number desc, m.line desc"
        )
    };
}

/// A page along an index of postings; its first bound is what the index can follow.
macro_rules! postings_page {
    ($condition:literal) => {
        select!(
            concat!(
                $condition,
                " p.recorded_at <= ?2 and (p.recorded_at, p.lane, p.number, m.line) < (?2, ?3, ?4, ?5)"
            ),
            "p.recorded_at desc, p.lane desc, p.number desc, m.line desc"
        )
    };
}

const ALL: Statement = Statement::new("stock.ledger.all", postings_page!("?1 = 0 and"));
const BY_ITEM: Statement = Statement::new("stock.ledger.item", page!("m.item = ?1")).hot();
const BY_LOT: Statement = Statement::new("stock.ledger.lot", page!("m.lot = ?1 and m.lot <> 0")).hot();
const FROM: Statement =
    Statement::new("stock.ledger.from", page!("m.from_location = ?1 and m.from_location > 0")).hot();
/// A change of status stands at one location only, and is found by [`FROM`].
const TO: Statement = Statement::new(
    "stock.ledger.to",
    page!("m.to_location = ?1 and m.to_location > 0 and m.from_location <> ?1"),
)
.hot();
const BY_DOCUMENT: Statement = Statement::new("stock.ledger.document", postings_page!("p.document = ?1 and"));
const BY_ACTOR: Statement = Statement::new("stock.ledger.actor", postings_page!("p.actor = ?1 and"));

const BY_POSTING: Statement = Statement::new("stock.ledger.posting", page!("p.id = ?1")).hot();

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] =
    &[ALL, BY_ITEM, BY_LOT, FROM, TO, BY_DOCUMENT, BY_ACTOR, BY_POSTING];

/// Which index a page follows.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    All,
    Item(ItemId),
    Lot(LotId),
    Location(LocationId),
    Document(String),
    Actor(PrincipalId),
}

/// The next entries along an index, newest first.
pub(crate) fn entries(
    conn: &mut Conn<'_>,
    along: &Along,
    after: &After,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    match along {
        Along::All => page(conn, &ALL, Value::Int(0), after, limit),
        Along::Item(item) => page(conn, &BY_ITEM, item.get().into(), after, limit),
        Along::Lot(lot) => page(conn, &BY_LOT, lot.get().into(), after, limit),
        Along::Document(document) => page(conn, &BY_DOCUMENT, document.into(), after, limit),
        Along::Actor(actor) => page(conn, &BY_ACTOR, actor.get().into(), after, limit),
        Along::Location(location) => {
            let mut both = page(conn, &FROM, location.get().into(), after, limit)?;
            both.extend(page(conn, &TO, location.get().into(), after, limit)?);
            both.sort_unstable_by_key(|entry| std::cmp::Reverse(After::of(entry)));
            both.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(both)
        }
    }
}

/// The movements of a posting, the last line first.
pub(crate) fn of_posting(conn: &mut Conn<'_>, posting: PostingId, limit: i64) -> Result<Vec<Entry>, DbError> {
    page(conn, &BY_POSTING, posting.bytes().into(), &After::START, limit)
}

fn page(
    conn: &mut Conn<'_>,
    statement: &Statement,
    key: Value<'_>,
    after: &After,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let After(at, lane, posting, row) = *after;
    conn.query(statement, &[key, at.into(), lane.into(), posting.into(), row.into(), limit.into()], entry)
}

fn entry(row: &Row<'_>) -> Result<Entry, DbError> {
    let place = |location: usize, status: usize| -> Result<Place, DbError> {
        Ok(Place { location: LocationId(row.int(location)?), status: load::status(row, status)? })
    };
    Ok(Entry {
        lane: row.int(0)?,
        number: row.int(1)?,
        line: row.int(2)?,
        item: ItemId(row.int(3)?),
        lot: LotId(row.int(4)?),
        lot_code: row.opt_text(5)?.map(str::to_owned),
        from: place(6, 7)?,
        to: place(8, 9)?,
        qty: row.int(10)?,
        from_after: row.int(11)?,
        to_after: row.int(12)?,
        value: row.opt_int(13)?,
        recorded_at: Instant(row.int(14)?),
        effective_at: Instant(row.int(15)?),
        posting: PostingId::from_bytes(row.id16(16)?),
        kind: Kind::from_number(row.int(17)?)
            .ok_or(DbError::Column { column: 17, wanted: "a kind of posting" })?,
        actor: PrincipalId(row.int(18)?),
        document: row.opt_text(19)?.map(str::to_owned),
        reason: row.opt_text(20)?.map(str::to_owned),
        reversal_of: row.opt_id16(21)?.map(PostingId::from_bytes),
    })
}
