//! The statements of stock at a moment: roll-ups of months, and what is there now. The movements are
//! those of `store_moves.rs`.

use crate::load;
use db::{Conn, DbError, Row, Statement};
use domain::ledger::Key;
use domain::{ItemId, LocationId, LotId};

/// Roll-ups of some items in the months after one. The months are few, each is found by one seek in
/// the table, and is one seek an item.
macro_rules! months_of {
    ($name:literal, $table:literal, $columns:literal) => {
        Statement::per_engine(
            $name,
            concat!(
                "with recursive month (period) as (
                   select min(n.period) from ",
                $table,
                " n where n.period > ?2
                   union all
                   select (select min(n.period) from ",
                $table,
                " n where n.period > p.period) from month p where p.period is not null
                 )
                 select ",
                $columns,
                " from month p
                  cross join ",
                $table,
                " m on m.period = p.period and m.item = ?1"
            ),
            concat!(
                "with recursive month (period) as (
                   select min(n.period) from ",
                $table,
                " n where n.period > (select min(k.period) from unnest(?2::integer[]) as k (period))
                   union all
                   select (select min(n.period) from ",
                $table,
                " n where n.period > p.period) from month p where p.period is not null
                 )
                 select ",
                $columns,
                " from unnest(?1::bigint[], ?2::integer[]) as k (item, period)
                  join month p on p.period > k.period
                  join ",
                $table,
                " m on m.period = p.period and m.item = k.item"
            ),
        )
    };
}
pub(crate) use months_of;

pub(crate) const MONTHS: Statement = Statement::new(
    "stock.as_of.months",
    "select m.item, m.location, m.lot, m.status, m.qty_in - m.qty_out
     from stock_month m
     where m.period > ?1",
);

pub(crate) const MONTHS_OF: Statement = months_of!(
    "stock.as_of.months_of",
    "stock_month",
    "m.item, m.location, m.lot, m.status, m.qty_in - m.qty_out"
);

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
pub(crate) const ALL: &[&Statement] = &[&MONTHS, &MONTHS_OF, &EVERYTHING, &EVERY_KEY];

/// A key with a quantity: a row of every statement here.
pub(crate) fn of_key(row: &Row<'_>) -> Result<(Key, i64), DbError> {
    let key = Key {
        item: ItemId(row.int(0)?),
        location: LocationId(row.int(1)?),
        lot: LotId(row.int(2)?),
        status: load::status(row, 3)?,
    };
    Ok((key, row.int(4)?))
}

/// Everything that is on hand now.
pub(crate) fn everything(conn: &mut Conn<'_>, mut each: impl FnMut(Key, i64)) -> Result<(), DbError> {
    conn.for_each(&EVERYTHING, &[], |row| of_key(row).map(|(key, qty)| each(key, qty)))
}

/// Every key that ever had stock, with what is on hand now.
pub(crate) fn every_key(conn: &mut Conn<'_>, mut each: impl FnMut(Key, i64)) -> Result<(), DbError> {
    conn.for_each(&EVERY_KEY, &[], |row| of_key(row).map(|(key, qty)| each(key, qty)))
}
