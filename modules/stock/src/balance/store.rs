//! The statements of minimums, and of what went out of sites.

use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{Instant, ItemId, SiteId};

const FIND: Statement = Statement::new(
    "stock.minimum.find",
    "select m.least, m.version from stock_minimum m where m.site = ?1 and m.item = ?2",
);

const LOCK: Statement = Statement::per_engine(
    "stock.minimum.lock",
    "select m.least, m.version from stock_minimum m where m.site = ?1 and m.item = ?2",
    "select m.least, m.version from stock_minimum m where m.site = ?1 and m.item = ?2 for update",
);

/// Held, as they are about to be taken away.
const OF_ITEM: Statement = Statement::per_engine(
    "stock.minimum.of_item",
    "select m.site, m.least, m.version from stock_minimum m where m.item = ?1 and m.least is not null order by m.site",
    "select m.site, m.least, m.version from stock_minimum m where m.item = ?1 and m.least is not null order by m.site
     for update",
);

/// Nothing when the row is not as it was read: another process has made it meanwhile.
const SAVE: Statement = Statement::new(
    "stock.minimum.save",
    "insert into stock_minimum (site, item, least, version) values (?1, ?2, ?3, ?4)
     on conflict (site, item) do update set least = excluded.least, version = excluded.version
     where stock_minimum.version = excluded.version - 1",
);

/// The items in use, each with all it may be found by.
const ITEMS: Statement = Statement::new(
    "stock.balance.items",
    "select i.id, i.sku, i.sku_folded, i.base_unit
     from stock_known_item i
     where i.sku_folded > ?1 and not i.archived
     order by i.sku_folded
     limit ?2",
);

const MINIMUMS: Statement = Statement::per_engine(
    "stock.balance.minimums",
    "select m.item, m.site, m.least from stock_minimum m where m.item = ?1 and m.least is not null",
    "select m.item, m.site, m.least
     from unnest(?1::bigint[]) as k (item)
     join stock_minimum m on m.item = k.item
     where m.least is not null",
)
.hot();

/// What went to customers and into production since an instant, less what came back from customers.
macro_rules! out {
    ($item:literal, $from:literal, $since:literal) => {
        concat!(
            "select x.item, x.site, cast(sum(x.qty) as bigint)
             from (
               select m.item, p.site, m.qty
               from ",
            $from,
            "stock_movement m
               join stock_known_place p on p.id = m.from_location
               where m.item = ",
            $item,
            " and m.recorded_at > ",
            $since,
            " and m.effective_at > ",
            $since,
            "
                 and m.to_location in (-2, -3) and p.site <> 0
               union all
               select m.item, p.site, -m.qty
               from ",
            $from,
            "stock_movement m
               join stock_known_place p on p.id = m.to_location
               where m.item = ",
            $item,
            " and m.recorded_at > ",
            $since,
            " and m.effective_at > ",
            $since,
            "
                 and m.from_location = -2 and p.site <> 0
             ) x
             group by x.item, x.site"
        )
    };
}

const OUT: Statement = Statement::per_engine(
    "stock.balance.out",
    out!("?1", "", "?2"),
    out!("k.item", "unnest(?1::bigint[], ?2::timestamptz[]) as k (item, since) cross join ", "k.since"),
);

/// A minimum that was set, which may be none, with its version.
pub(crate) type Kept = (Option<i64>, i64);

fn kept(row: &Row<'_>) -> Result<Kept, DbError> {
    Ok((row.opt_int(0)?, row.int(1)?))
}

/// The minimum of an item at a site; none when it was never set.
pub(crate) fn find(conn: &mut Conn<'_>, site: SiteId, item: ItemId) -> Result<Option<Kept>, DbError> {
    conn.query_opt(&FIND, &[site.get().into(), item.get().into()], kept)
}

/// The same, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, site: SiteId, item: ItemId) -> Result<Option<Kept>, DbError> {
    tx.query_opt(&LOCK, &[site.get().into(), item.get().into()], kept)
}

/// The minimums of an item, each with its site and version, held until the transaction ends.
pub(crate) fn of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<(SiteId, i64, i64)>, DbError> {
    tx.query(&OF_ITEM, &[item.get().into()], |row| Ok((SiteId(row.int(0)?), row.int(1)?, row.int(2)?)))
}

/// Stores a minimum; `false` when it is not any more as it was read.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    (site, item): (SiteId, ItemId),
    least: Option<i64>,
    version: i64,
) -> Result<bool, DbError> {
    let params = [site.get().into(), item.get().into(), least.into(), version.into()];
    Ok(tx.execute(&SAVE, &params)? == 1)
}

/// An item on the way through all of them.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: ItemId,
    pub(crate) sku: String,
    pub(crate) folded: String,
    pub(crate) unit: String,
}

/// The items in use behind a folded SKU.
pub(crate) fn items(conn: &mut Conn<'_>, after: &str, limit: usize) -> Result<Vec<Listed>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.query(&ITEMS, &[after.into(), limit.into()], |row| {
        let (sku, folded, unit) = (row.text(1)?.to_owned(), row.text(2)?.to_owned(), row.text(3)?.to_owned());
        Ok(Listed { id: ItemId(row.int(0)?), sku, folded, unit })
    })
}

type Amounts = Vec<((ItemId, SiteId), i64)>;

fn amount(row: &Row<'_>) -> Result<((ItemId, SiteId), i64), DbError> {
    Ok(((ItemId(row.int(0)?), SiteId(row.int(1)?)), row.int(2)?))
}

/// The minimums of items.
pub(crate) fn minimums(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Amounts, DbError> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    if rows.is_empty() { Ok(Vec::new()) } else { conn.query_many(&MINIMUMS, &rows, amount) }
}

/// What went out of sites since an instant.
pub(crate) fn out(conn: &mut Conn<'_>, items: &[ItemId], since: Instant) -> Result<Amounts, DbError> {
    let mut rows = Rows::with_capacity(2, items.len());
    for item in items {
        rows.push(&[item.get().into(), since.0.into()]);
    }
    if rows.is_empty() { Ok(Vec::new()) } else { conn.query_many(&OUT, &rows, amount) }
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&FIND, &LOCK, &OF_ITEM, &SAVE, &ITEMS, &MINIMUMS, &OUT];
