//! The statements of ledger pages: each follows one index from where the page before ended, newest
//! first, and never looks at more rows than it gives.

use super::After;
use super::store_keys;
use crate::load;
use db::{Conn, DbError, Row, Rows, Statement, Value};
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
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<PostingId>,
    pub(crate) reversed_by: Option<PostingId>,
    /// The lot that the serial was made in.
    pub(crate) parent: Option<LotId>,
    pub(crate) parent_code: Option<String>,
}

/// The columns of a page, its condition, its order, and how many rows at most.
macro_rules! select {
    ($tables:expr, $condition:expr, $order:literal, $limit:literal) => {
        concat!(
            "select p.lane, p.number, m.line, m.item, m.lot, l.code, m.from_location, m.from_status,
               m.to_location, m.to_status, m.qty, m.from_after, m.to_after, m.value, p.recorded_at,
               p.effective_at, p.id, p.kind, p.actor, p.document, p.reason, p.note, p.reversal_of,
       (select r.id from stock_posting r where r.reversal_of = p.id), l.parent, k.code
             from ",
            $tables,
            " left join stock_lot l on l.id = m.lot
              left join stock_lot k on k.id = l.parent
             where ",
            $condition,
            " order by ",
            $order,
            " limit ",
            $limit
        )
    };
}

/// A page along an index of movements. The instant alone leads to the partitions.
macro_rules! page {
    ($name:literal, $condition:literal) => {
        Statement::per_engine(
            $name,
            select!(
                "stock_movement m cross join stock_posting p on p.lane = m.lane and p.number = m.number",
                concat!($condition, " and (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5)"),
                "m.recorded_at desc, m.lane desc, m.number desc, m.line desc",
                "?6"
            ),
            select!(
                "stock_movement m join stock_posting p on p.lane = m.lane and p.number = m.number",
                concat!(
                    $condition,
                    " and (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5) and m.recorded_at <= ?2"
                ),
                "m.recorded_at desc, m.lane desc, m.number desc, m.line desc",
                "?6"
            ),
        )
        .hot()
    };
}

/// A page along an index of postings. One that moved nothing gives one row without a movement, so a
/// page knows how far it has come.
///
/// On PostgreSQL the postings of a page are found before their movements are: its planner takes the
/// three columns that join the two for independent, and would rather read both tables.
macro_rules! postings_page {
    ($name:literal, $condition:literal) => {
        Statement::per_engine(
            $name,
            select!(
                "stock_posting p left join stock_movement m on m.lane = p.lane and m.number = p.number",
                concat!(
                    $condition,
                    "(p.recorded_at, p.lane, p.number) <= (?2, ?3, ?4)
                     and ((p.recorded_at, p.lane, p.number) < (?2, ?3, ?4) or m.line < ?5)"
                ),
                "p.recorded_at desc, p.lane desc, p.number desc, m.line desc",
                "?6"
            ),
            select!(
                concat!(
                    "(select p.* from stock_posting p
                      where ",
                    $condition,
                    "(p.recorded_at, p.lane, p.number) <= (?2, ?3, ?4)
                      order by p.recorded_at desc, p.lane desc, p.number desc
                      limit ?6 + 1) p
                     left join stock_movement m
                       on m.lane = p.lane and m.number = p.number and m.recorded_at = p.recorded_at"
                ),
                "(p.recorded_at, p.lane, p.number) < (?2, ?3, ?4) or m.line < ?5",
                "p.recorded_at desc, p.lane desc, p.number desc, m.line desc",
                "?6"
            ),
        )
        .hot()
    };
}

const ALL: Statement = postings_page!("stock.ledger.all", "?1 = 0 and ");
const BY_ITEM: Statement = page!("stock.ledger.item", "m.item = ?1");
const BY_LOT: Statement = page!("stock.ledger.lot", "m.lot = ?1 and m.lot <> 0");
const FROM: Statement = page!("stock.ledger.from", "m.from_location = ?1 and m.from_location > 0");
/// A change of status stands at one location only, and is found by [`FROM`].
const TO: Statement =
    page!("stock.ledger.to", "m.to_location = ?1 and m.to_location > 0 and m.from_location <> ?1");
const BY_DOCUMENT: Statement = postings_page!("stock.ledger.document", "p.document = ?1 and ");
const BY_ACTOR: Statement = postings_page!("stock.ledger.actor", "p.actor = ?1 and ");

/// Lines of one posting, in order, from after one of them.
const BY_POSTING: Statement = Statement::per_engine(
    "stock.ledger.posting",
    select!(
        "stock_posting p cross join stock_movement m on m.lane = p.lane and m.number = p.number",
        "p.id = ?1 and m.line > ?2",
        "m.line",
        "?3"
    ),
    select!(
        "stock_posting p
         cross join lateral (
           select m.*
           from stock_movement m
           where m.lane = p.lane and m.number = p.number and m.recorded_at = p.recorded_at and m.line > ?2
           order by m.line
           limit ?3) m",
        "p.id = ?1",
        "m.line",
        "?3"
    ),
)
.hot();

/// Promises and moves of a unit are postings without a movement.
const MOVES_NOTHING: Statement = Statement::new(
    "stock.ledger.moves_nothing",
    "select p.number from stock_posting p
     where p.id = ?1 and not exists (
       select 1 from stock_movement m
       where m.lane = p.lane and m.number = p.number and m.recorded_at = p.recorded_at)",
)
.hot();

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] =
    &[ALL, BY_ITEM, BY_LOT, FROM, TO, BY_DOCUMENT, BY_ACTOR, BY_POSTING, MOVES_NOTHING];

/// Which index a page follows.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    All,
    Item(ItemId),
    Lot(LotId),
    /// A parent and the serials that were made in it.
    Serials(LotId),
    Location(LocationId),
    /// A few places together.
    Places(Vec<LocationId>),
    Document(String),
    Actor(PrincipalId),
}

/// What comes next along an index, newest first: where it stands in it, and the entry unless it is a
/// posting that moved nothing.
pub(crate) type Next = (After, Option<Entry>);

/// The next entries along an index; fewer than `most` only at its end.
pub(crate) fn entries(
    conn: &mut Conn<'_>,
    along: &Along,
    after: &After,
    most: usize,
) -> Result<Vec<Next>, DbError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    match along {
        Along::All => page(conn, &ALL, Value::Int(0), after, limit),
        Along::Item(item) => page(conn, &BY_ITEM, item.get().into(), after, limit),
        Along::Lot(lot) => page(conn, &BY_LOT, lot.get().into(), after, limit),
        Along::Serials(parent) => {
            let keys = store_keys::of_serials(conn, *parent, after, limit)?;
            by_keys(conn, &keys, most)
        }
        Along::Document(document) => page(conn, &BY_DOCUMENT, document.into(), after, limit),
        Along::Actor(actor) => page(conn, &BY_ACTOR, actor.get().into(), after, limit),
        Along::Location(location) => {
            let mut both = page(conn, &FROM, location.get().into(), after, limit)?;
            both.extend(page(conn, &TO, location.get().into(), after, limit)?);
            newest(&mut both, most);
            Ok(both)
        }
        Along::Places(places) => {
            let keys = store_keys::of_places(conn, places, after, most)?;
            by_keys(conn, &keys, most)
        }
    }
}

/// The movements with these keys, newest first.
fn by_keys(conn: &mut Conn<'_>, keys: &[After], most: usize) -> Result<Vec<Next>, DbError> {
    let mut rows = Rows::with_capacity(4, keys.len());
    for After(at, lane, number, of_posting) in keys {
        rows.push(&[(*lane).into(), (*number).into(), (*of_posting).into(), (*at).into()]);
    }
    let mut found = conn.query_many(&store_keys::BY_KEY, &rows, next)?;
    newest(&mut found, most);
    Ok(found)
}

fn newest(found: &mut Vec<Next>, most: usize) {
    found.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    found.truncate(most);
}

/// The movements of a posting after a line, in line order.
pub(crate) fn of_posting(
    conn: &mut Conn<'_>,
    posting: PostingId,
    after: i64,
    most: usize,
) -> Result<Vec<Entry>, DbError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    conn.query(&BY_POSTING, &[posting.bytes().into(), after.into(), limit.into()], entry)
}

/// Whether there is such a posting, and it has no movement.
pub(crate) fn moves_nothing(conn: &mut Conn<'_>, posting: PostingId) -> Result<bool, DbError> {
    Ok(conn.query_opt(&MOVES_NOTHING, &[posting.bytes().into()], |row| row.int(0))?.is_some())
}

fn page(
    conn: &mut Conn<'_>,
    statement: &Statement,
    key: Value<'_>,
    after: &After,
    limit: i64,
) -> Result<Vec<Next>, DbError> {
    let After(at, lane, posting, row) = *after;
    conn.query(statement, &[key, at.into(), lane.into(), posting.into(), row.into(), limit.into()], next)
}

fn next(row: &Row<'_>) -> Result<Next, DbError> {
    if row.opt_int(2)?.is_none() {
        return Ok((After(row.int(14)?, row.int(0)?, row.int(1)?, 0), None));
    }
    let entry = entry(row)?;
    Ok((After::of(&entry), Some(entry)))
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
        note: row.opt_text(21)?.map(str::to_owned),
        reversal_of: row.opt_id16(22)?.map(PostingId::from_bytes),
        reversed_by: row.opt_id16(23)?.map(PostingId::from_bytes),
        parent: row.opt_int(24)?.map(LotId),
        parent_code: row.opt_text(25)?.map(str::to_owned),
    })
}
