//! The statements of stock at a moment: roll-ups of months, and movements by month or item.

use super::Moment;
use crate::load;
use db::{Conn, DbError, Row, Rows, Statement};
use domain::ledger::Key;
use domain::{ItemId, LocationId, LotId, Status};

/// What a movement is to its two keys.
macro_rules! legs {
    () => {
        "m.item, m.lot, m.from_location, m.from_status, m.to_location, m.to_status, m.qty"
    };
}

const MONTHS: Statement = Statement::new(
    "stock.as_of.months",
    "select m.item, m.location, m.lot, m.status, m.qty_in - m.qty_out
     from stock_month m
     where m.period > ?1",
);

/// The months are few, and each is one seek an item.
const MONTHS_OF: Statement = Statement::per_engine(
    "stock.as_of.months_of",
    "select m.item, m.location, m.lot, m.status, m.qty_in - m.qty_out
     from (select distinct period from stock_span where period > ?2) s
     cross join stock_month m on m.period = s.period and m.item = ?1",
    "select m.item, m.location, m.lot, m.status, m.qty_in - m.qty_out
     from unnest(?1::bigint[], ?2::integer[]) as k (item, period)
     join (select distinct period from stock_span) s on s.period > k.period
     join stock_month m on m.period = s.period and m.item = k.item",
);

/// The postings of the month are a range of numbers. A movement is never recorded before it took
/// effect, so the instant leads to the partitions.
const REST_OF_MONTH: Statement = Statement::per_engine(
    "stock.as_of.rest_of_month",
    concat!(
        "select ",
        legs!(),
        " from stock_span s
          cross join stock_movement m
            on m.lane = s.lane and m.number between s.first_number and s.last_number
          where s.period = ?1 and m.period = ?1 and m.effective_at > ?2"
    ),
    concat!(
        "select ",
        legs!(),
        " from stock_span s
          join stock_movement m
            on m.lane = s.lane and m.number between s.first_number and s.last_number
          where s.period = ?1 and m.period = ?1 and m.effective_at > ?2 and m.recorded_at > ?2"
    ),
)
.hot();

const REST_OF_MONTH_OF: Statement = Statement::per_engine(
    "stock.as_of.rest_of_month_of",
    concat!(
        "select ",
        legs!(),
        " from stock_span s
          cross join stock_movement m indexed by stock_movement_item
            on m.item = ?1 and m.recorded_at > ?3 and m.lane = s.lane
              and m.number between s.first_number and s.last_number
          where s.period = ?2 and m.period = ?2 and m.effective_at > ?3"
    ),
    concat!(
        "select ",
        legs!(),
        " from unnest(?1::bigint[], ?2::integer[], ?3::timestamptz[]) as k (item, period, since)
          join stock_span s on s.period = k.period
          join stock_movement m
            on m.item = k.item and m.recorded_at > k.since and m.lane = s.lane
              and m.number between s.first_number and s.last_number
          where m.period = k.period and m.effective_at > k.since"
    ),
)
.hot();

/// On SQLite one seek an item; on PostgreSQL the partitions since.
const RECORDED_LATER: Statement = Statement::per_engine(
    "stock.as_of.recorded_later",
    concat!(
        "select ",
        legs!(),
        " from stock_known_item i
          cross join stock_movement m indexed by stock_movement_item
            on m.item = i.id and m.recorded_at > ?1
          where m.effective_at <= ?2"
    ),
    concat!("select ", legs!(), " from stock_movement m where m.recorded_at > ?1 and m.effective_at <= ?2"),
);

const RECORDED_LATER_OF: Statement = Statement::per_engine(
    "stock.as_of.recorded_later_of",
    concat!(
        "select ",
        legs!(),
        " from stock_movement m indexed by stock_movement_item
          where m.item = ?1 and m.recorded_at > ?2 and m.effective_at <= ?3"
    ),
    concat!(
        "select ",
        legs!(),
        " from unnest(?1::bigint[], ?2::timestamptz[], ?3::timestamptz[]) as k (item, known, effective)
          join stock_movement m
            on m.item = k.item and m.recorded_at > k.known and m.effective_at <= k.effective"
    ),
)
.hot();

const EVERYTHING: Statement = Statement::new(
    "stock.as_of.everything",
    "select b.item, b.location, b.lot, b.status, b.on_hand
     from stock_balance b
     where b.location > 0 and b.on_hand <> 0",
);

const EVERY_KEY: Statement = Statement::new(
    "stock.as_of.every_key",
    "select b.item, b.location, b.lot, b.status, b.on_hand from stock_balance b where b.location > 0",
);

#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &MONTHS,
    &MONTHS_OF,
    &REST_OF_MONTH,
    &REST_OF_MONTH_OF,
    &RECORDED_LATER,
    &RECORDED_LATER_OF,
    &EVERYTHING,
    &EVERY_KEY,
];

fn key(row: &Row<'_>) -> Result<Key, DbError> {
    Ok(Key {
        item: ItemId(row.int(0)?),
        location: LocationId(row.int(1)?),
        lot: LotId(row.int(2)?),
        status: load::status(row, 3)?,
    })
}

/// The two keys of a movement, and how much went from the first to the second.
fn legs(row: &Row<'_>) -> Result<(Key, Key, i64), DbError> {
    let (item, lot) = (ItemId(row.int(0)?), LotId(row.int(1)?));
    let at = |location: i64, status: Status| Key { item, location: LocationId(location), lot, status };
    Ok((at(row.int(2)?, load::status(row, 3)?), at(row.int(4)?, load::status(row, 5)?), row.int(6)?))
}

fn each_leg(row: &Row<'_>, add: &mut impl FnMut(Key, i64)) -> Result<(), DbError> {
    let (from, to, qty) = legs(row)?;
    add(from, -qty);
    add(to, qty);
    Ok(())
}

/// What keys gained in the months after the month of a moment.
pub(crate) fn months(
    conn: &mut Conn<'_>,
    moment: &Moment,
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    conn.for_each(&MONTHS, &[moment.period.number().into()], |row| {
        add(key(row)?, row.int(4)?);
        Ok(())
    })
}

/// The same for some items.
pub(crate) fn months_of(
    conn: &mut Conn<'_>,
    moment: &Moment,
    items: &[ItemId],
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(2, items.len());
    for item in items {
        rows.push(&[item.get().into(), moment.period.number().into()]);
    }
    conn.query_many(&MONTHS_OF, &rows, |row| {
        add(key(row)?, row.int(4)?);
        Ok(())
    })?;
    Ok(())
}

/// What keys gained in the month of a moment, after it.
pub(crate) fn rest_of_month(
    conn: &mut Conn<'_>,
    moment: &Moment,
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let params = [moment.period.number().into(), moment.effective.0.into()];
    conn.for_each(&REST_OF_MONTH, &params, |row| each_leg(row, &mut add))
}

/// The same for some items.
pub(crate) fn rest_of_month_of(
    conn: &mut Conn<'_>,
    moment: &Moment,
    items: &[ItemId],
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(3, items.len());
    for item in items {
        rows.push(&[item.get().into(), moment.period.number().into(), moment.effective.0.into()]);
    }
    conn.query_many(&REST_OF_MONTH_OF, &rows, |row| each_leg(row, &mut add))?;
    Ok(())
}

/// What keys gained by movements that had taken effect at a moment, but were not known then.
pub(crate) fn recorded_later(
    conn: &mut Conn<'_>,
    moment: &Moment,
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let Some(recorded) = moment.recorded else { return Ok(()) };
    let params = [recorded.0.into(), moment.effective.0.into()];
    conn.for_each(&RECORDED_LATER, &params, |row| each_leg(row, &mut add))
}

/// The same for some items.
pub(crate) fn recorded_later_of(
    conn: &mut Conn<'_>,
    moment: &Moment,
    items: &[ItemId],
    mut add: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let Some(recorded) = moment.recorded else { return Ok(()) };
    let mut rows = Rows::with_capacity(3, items.len());
    for item in items {
        rows.push(&[item.get().into(), recorded.0.into(), moment.effective.0.into()]);
    }
    conn.query_many(&RECORDED_LATER_OF, &rows, |row| each_leg(row, &mut add))?;
    Ok(())
}

/// Everything that is on hand now.
pub(crate) fn everything(conn: &mut Conn<'_>, mut each: impl FnMut(Key, i64)) -> Result<(), DbError> {
    conn.for_each(&EVERYTHING, &[], |row| {
        each(key(row)?, row.int(4)?);
        Ok(())
    })
}

/// Every key that ever had stock, with what is on hand now.
pub(crate) fn every_key(conn: &mut Conn<'_>, mut each: impl FnMut(Key, i64)) -> Result<(), DbError> {
    conn.for_each(&EVERY_KEY, &[], |row| {
        each(key(row)?, row.int(4)?);
        Ok(())
    })
}
