//! The statement that lists what may be picked of an item, the oldest first.

use super::Wanted;
use db::{Conn, DbError, Row, Statement};
use domain::Instant;
use domain::when::Date;
use serde::{Deserialize, Serialize};

/// An item has its balances side by side: they are read together and put in order.
const PICKABLE: Statement = Statement::per_engine(
    "stock.rotation",
    "select b.since, b.location, b.lot, p.code, l.code, l.expiry_on, b.on_hand, b.allocated
         from stock_balance b
         cross join stock_pickable p on p.id = b.location
         left join stock_lot l on l.id = b.lot
         left join stock_lot r on r.id = l.parent
         where b.item = ?1 and b.status = 1 and b.on_hand > b.allocated and p.site = ?2
           and (l.expiry_on is null or l.expiry_on >= ?3) and (l.on_hold is null or not l.on_hold)
           and (r.on_hold is null or not r.on_hold)
           and (b.since, b.location, b.lot) > (?4, ?5, ?6)
           and (?7 is null or exists (
             select 1 from json_each(?7) r join stock_within t on t.ancestor = r.value
             where t.descendant = p.id))
         order by b.since, b.location, b.lot
         limit ?8",
    "select b.since, b.location, b.lot, p.code, l.code, l.expiry_on, b.on_hand, b.allocated
         from stock_balance b
         join stock_pickable p on p.id = b.location
         left join stock_lot l on l.id = b.lot
         left join stock_lot r on r.id = l.parent
         where b.item = ?1 and b.status = 1 and b.on_hand > b.allocated and p.site = ?2
           and (l.expiry_on is null or l.expiry_on >= ?3) and (l.on_hold is null or not l.on_hold)
           and (r.on_hold is null or not r.on_hold)
           and (b.since, b.location, b.lot) > (?4, ?5, ?6)
           and (?7::text is null or exists (
             select 1 from json_array_elements_text(?7::json) as r (value)
             join stock_within t on t.ancestor = r.value::bigint
             where t.descendant = p.id))
         order by b.since, b.location, b.lot
         limit ?8",
);

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] = &[PICKABLE];

/// Where a page ended, and what is still to be taken then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct After {
    pub(crate) since: i64,
    pub(crate) location: i64,
    pub(crate) lot: i64,
    pub(crate) left: Option<i64>,
}

/// Goods that may be picked.
pub(super) struct Pickable {
    pub(super) since: Instant,
    pub(super) location: i64,
    pub(super) lot: i64,
    pub(super) code: String,
    pub(super) lot_code: Option<String>,
    pub(super) expiry_on: Option<Date>,
    pub(super) on_hand: i64,
    pub(super) allocated: i64,
}

/// The next goods, one more than the page shows.
pub(super) fn pickable(
    conn: &mut Conn<'_>,
    wanted: &Wanted,
    after: Option<&After>,
) -> Result<Vec<Pickable>, DbError> {
    let (since, location, lot) = after.map_or((i64::MIN, 0, 0), |at| (at.since, at.location, at.lot));
    let most = i64::try_from(wanted.limit).unwrap_or(i64::MAX).saturating_add(1);
    let params = [
        wanted.item.get().into(),
        wanted.site.get().into(),
        wanted.today.into(),
        since.into(),
        location.into(),
        lot.into(),
        wanted.below.as_deref().into(),
        most.into(),
    ];
    conn.query(&PICKABLE, &params, row)
}

fn row(row: &Row<'_>) -> Result<Pickable, DbError> {
    Ok(Pickable {
        since: Instant(row.int(0)?),
        location: row.int(1)?,
        lot: row.int(2)?,
        code: row.text(3)?.to_owned(),
        lot_code: row.opt_text(4)?.map(str::to_owned),
        expiry_on: row.opt_date(5)?,
        on_hand: row.int(6)?,
        allocated: row.int(7)?,
    })
}
