//! The statements of the stock of one item.

use db::{DbError, Listing, Row, Statement};
use domain::when::Date;
use domain::{ItemId, LocationId, LotId, SiteId, Status};

/// The guard of an item at a site, as stored.
pub(crate) struct Guard {
    pub(crate) site: SiteId,
    pub(crate) sellable: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) next_expiry: Option<Date>,
}

/// A balance of an item.
pub(crate) struct Held {
    pub(crate) location: LocationId,
    pub(crate) lot: LotId,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
    pub(crate) lot_code: Option<String>,
    pub(crate) expiry: Option<Date>,
}

/// Not those that were made to be locked for what was then refused. Stock that is not sellable
/// leaves its guard as it was made, so there the balances tell.
const GUARDS: Statement = Statement::new(
    "stock.item.guards",
    "select site, sellable, reserved, allocated, next_expiry
     from stock_site
     where item = ?1
       and (at <> ?2 or exists (
         select 1 from stock_balance b
         join stock_known_place p on p.id = b.location
         where b.item = stock_site.item and p.site = stock_site.site))
     order by site",
)
.hot();

/// Virtual locations, which are not ours, have ids below zero.
const HELD: Statement = Statement::new(
    "stock.item.held",
    "select b.location, b.lot, b.status, b.on_hand, b.allocated, l.code, l.expiry_on
     from stock_balance b
     left join stock_lot l on l.id = b.lot
     where b.item = ?1 and b.location > 0 and b.on_hand <> 0
     order by b.location, b.lot, b.status",
)
.hot();

/// Every key that ever had stock, for moments in the past.
const EVER_HELD: Statement = Statement::new(
    "stock.item.ever_held",
    "select b.location, b.lot, b.status, b.on_hand, b.allocated, l.code, l.expiry_on
     from stock_balance b
     left join stock_lot l on l.id = b.lot
     where b.item = ?1 and b.location > 0
     order by b.location, b.lot, b.status",
)
.hot();

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] = &[GUARDS, HELD, EVER_HELD];

/// The guards of an item, as a question.
pub(crate) fn guards(item: ItemId) -> Listing<'static, Guard> {
    Listing::new(&GUARDS, &[item.get().into(), crate::load::NEVER.into()], |row| {
        Ok(Guard {
            site: SiteId(row.int(0)?),
            sellable: row.int(1)?,
            reserved: row.int(2)?,
            allocated: row.int(3)?,
            next_expiry: row.opt_date(4)?,
        })
    })
}

/// What is held of an item, wherever it is ours, as a question.
pub(crate) fn held(item: ItemId) -> Listing<'static, Held> {
    Listing::new(&HELD, &[item.get().into()], balance)
}

/// What is held or was, with what is on hand now, as a question.
pub(crate) fn ever_held(item: ItemId) -> Listing<'static, Held> {
    Listing::new(&EVER_HELD, &[item.get().into()], balance)
}

fn balance(row: &Row<'_>) -> Result<Held, DbError> {
    Ok(Held {
        location: LocationId(row.int(0)?),
        lot: LotId(row.int(1)?),
        status: crate::load::status(row, 2)?,
        on_hand: row.int(3)?,
        allocated: row.int(4)?,
        lot_code: row.opt_text(5)?.map(str::to_owned),
        expiry: row.opt_date(6)?,
    })
}
