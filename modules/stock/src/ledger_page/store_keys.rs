//! The keys of the movements of a page that no one index has in order: of a few places together, and of
//! the serials of a parent.

use super::After;
use db::{Conn, DbError, Row, Rows, Statement};
use domain::{LocationId, LotId};

/// The keys of the next movements at one end of each of a few places: the index has all of it. A
/// limit for each place must be a number on PostgreSQL, so there is a statement for pages of the
/// usual size and one for the largest.
macro_rules! keys {
    ($name:literal, $end:literal, $most:literal) => {
        Statement::per_engine(
            $name,
            concat!(
                "select m.recorded_at, m.lane, m.number, m.line
                 from stock_movement m
                 where m.",
                $end,
                "_location = ?1 and m.",
                $end,
                "_location > 0 and (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5)
                 order by m.recorded_at desc, m.lane desc, m.number desc, m.line desc
                 limit ",
                $most
            ),
            concat!(
                "select k.recorded_at, k.lane, k.number, k.line
                 from unnest(?1::bigint[], ?2::timestamptz[], ?3::bigint[], ?4::bigint[], ?5::bigint[])
                   as w (location, recorded_at, lane, number, line)
                 cross join lateral (
                   select m.recorded_at, m.lane, m.number, m.line
                   from stock_movement m
                   where m.",
                $end,
                "_location = w.location and m.",
                $end,
                "_location > 0
                     and (m.recorded_at, m.lane, m.number, m.line) < (w.recorded_at, w.lane, w.number, w.line)
                     and m.recorded_at <= w.recorded_at
                   order by m.recorded_at desc, m.lane desc, m.number desc, m.line desc
                   limit ",
                $most,
                ") k"
            ),
        )
        .hot()
    };
}

const KEYS_FROM: Statement = keys!("stock.ledger.keys_from", "from", "51");
const KEYS_TO: Statement = keys!("stock.ledger.keys_to", "to", "51");
const MORE_KEYS_FROM: Statement = keys!("stock.ledger.more_keys_from", "from", "501");
const MORE_KEYS_TO: Statement = keys!("stock.ledger.more_keys_to", "to", "501");

/// The keys of the next movements of a parent and of the serials that were made in it.
const KEYS_OF_SERIALS: Statement = Statement::per_engine(
    "stock.ledger.keys_of_serials",
    "select m.recorded_at, m.lane, m.number, m.line
     from (
       select id from stock_lot where id = ?1
       union all
       select id from stock_lot where parent = ?1) k
     cross join stock_movement m indexed by stock_movement_lot
     where m.lot = k.id and m.lot <> 0 and (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5)
     order by m.recorded_at desc, m.lane desc, m.number desc, m.line desc
     limit ?6",
    "select m.recorded_at, m.lane, m.number, m.line
     from (
       select id from stock_lot where id = ?1
       union all
       select id from stock_lot where parent = ?1) k
     join stock_movement m on m.lot = k.id and m.lot <> 0
     where (m.recorded_at, m.lane, m.number, m.line) < (?2, ?3, ?4, ?5) and m.recorded_at <= ?2
     order by m.recorded_at desc, m.lane desc, m.number desc, m.line desc
     limit ?6",
);

pub(super) const BY_KEY: Statement = Statement::per_engine(
    "stock.ledger.key",
    "select m.lane, m.number, m.line, m.item, m.lot, l.code, m.from_location, m.from_status,
       m.to_location, m.to_status, m.qty, m.from_after, m.to_after, m.value, m.recorded_at,
       m.effective_at, p.id, p.kind, p.actor, p.document, p.reason, p.note, p.reversal_of,
       (select r.id from stock_posting r where r.reversal_of = p.id), l.parent, k.code
     from stock_movement m
     join stock_posting p on p.lane = m.lane and p.number = m.number
     left join stock_lot l on l.id = m.lot
     left join stock_lot k on k.id = l.parent
     where m.lane = ?1 and m.number = ?2 and m.line = ?3 and m.recorded_at = ?4",
    "select m.lane, m.number, m.line, m.item, m.lot, l.code, m.from_location, m.from_status,
       m.to_location, m.to_status, m.qty, m.from_after, m.to_after, m.value, m.recorded_at,
       m.effective_at, p.id, p.kind, p.actor, p.document, p.reason, p.note, p.reversal_of,
       (select r.id from stock_posting r where r.reversal_of = p.id), l.parent, k.code
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::timestamptz[])
       as w (lane, number, line, recorded_at)
     join stock_movement m
       on m.lane = w.lane and m.number = w.number and m.line = w.line and m.recorded_at = w.recorded_at
     join stock_posting p on p.lane = m.lane and p.number = m.number
     left join stock_lot l on l.id = m.lot
     left join stock_lot k on k.id = l.parent",
)
.hot();

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] =
    &[KEYS_FROM, KEYS_TO, MORE_KEYS_FROM, MORE_KEYS_TO, KEYS_OF_SERIALS, BY_KEY];

/// The keys of the next movements from or to a few places, newest first, each once.
pub(super) fn of_places(
    conn: &mut Conn<'_>,
    places: &[LocationId],
    after: &After,
    most: usize,
) -> Result<Vec<After>, DbError> {
    let After(at, lane, number, of_posting) = *after;
    let mut rows = Rows::with_capacity(5, places.len());
    for place in places {
        rows.push(&[place.get().into(), at.into(), lane.into(), number.into(), of_posting.into()]);
    }
    let [from, to] = if most <= 51 { [&KEYS_FROM, &KEYS_TO] } else { [&MORE_KEYS_FROM, &MORE_KEYS_TO] };
    let mut keys = conn.query_many(from, &rows, key)?;
    keys.extend(conn.query_many(to, &rows, key)?);
    keys.sort_unstable_by_key(|key| std::cmp::Reverse(*key));
    keys.dedup();
    keys.truncate(most);
    Ok(keys)
}

/// The keys of the next movements of a parent and of its serials, newest first.
pub(super) fn of_serials(
    conn: &mut Conn<'_>,
    parent: LotId,
    after: &After,
    limit: i64,
) -> Result<Vec<After>, DbError> {
    let After(at, lane, number, of_posting) = *after;
    let params =
        [parent.get().into(), at.into(), lane.into(), number.into(), of_posting.into(), limit.into()];
    conn.query(&KEYS_OF_SERIALS, &params, key)
}

fn key(row: &Row<'_>) -> Result<After, DbError> {
    Ok(After(row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
}
