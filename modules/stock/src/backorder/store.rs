//! The statements of the rules of demand beyond stock.

use super::decide::Rule;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{ItemId, SiteId};

const FIND: Statement = Statement::new(
    "stock.backorder.find",
    "select site, item, rule, cap, version from stock_backorder where site = ?1 and item = ?2",
);

const LOCK: Statement = Statement::per_engine(
    "stock.backorder.lock",
    "select site, item, rule, cap, version from stock_backorder where site = ?1 and item = ?2",
    "select site, item, rule, cap, version from stock_backorder where site = ?1 and item = ?2 for update",
);

/// The rules of an item, held, as they are about to be withdrawn.
const OF_ITEM: Statement = Statement::per_engine(
    "stock.backorder.of_item",
    "select site, item, rule, cap, version from stock_backorder where item = ?1 and rule <> 1 order by site",
    "select site, item, rule, cap, version from stock_backorder where item = ?1 and rule <> 1 order by site for update",
);

/// Nothing when the row is not as it was read: another process has made it meanwhile.
const SAVE: Statement = Statement::new(
    "stock.backorder.save",
    "insert into stock_backorder (site, item, rule, cap, version) values (?1, ?2, ?3, ?4, ?5)
     on conflict (site, item) do update set rule = excluded.rule, cap = excluded.cap, version = excluded.version
     where stock_backorder.version = excluded.version - 1",
);

const LIST: Statement = Statement::new(
    "stock.backorder.list",
    "select r.site, r.item, r.rule, r.cap, r.version,
       (select s.code from stock_known_place s where s.id = r.site), i.sku,
       (select o.cap from stock_backorder o where o.site = r.site and o.item = 0)
     from stock_backorder r
     left join stock_known_item i on i.id = r.item
     where (r.site, r.item) > (?1, ?2) and r.site <= ?3
     order by r.site, r.item
     limit ?4",
);

/// The item of the rule of a site.
pub(crate) const OF_SITE: ItemId = ItemId(0);

/// A rule as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RuleRow {
    pub(crate) site: SiteId,
    /// [`OF_SITE`] for the rule of the site.
    pub(crate) item: ItemId,
    pub(crate) rule: Rule,
    pub(crate) version: i64,
}

/// A rule with the names of what it is about, and the cap of its site.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) row: RuleRow,
    pub(crate) site: String,
    pub(crate) sku: Option<String>,
    pub(crate) cap_of_site: Option<i64>,
}

fn rule(row: &Row<'_>) -> Result<RuleRow, DbError> {
    let rule = match (row.int(2)?, row.opt_int(3)?) {
        (1, None) => Rule::AsSite,
        (2, None) => Rule::Nothing,
        (3, Some(cap)) => Rule::UpTo(cap),
        _ => return Err(DbError::Column { column: 2, wanted: "a rule of backorders" }),
    };
    Ok(RuleRow { site: SiteId(row.int(0)?), item: ItemId(row.int(1)?), rule, version: row.int(4)? })
}

/// A rule; none when it was never set.
pub(crate) fn find(conn: &mut Conn<'_>, site: SiteId, item: ItemId) -> Result<Option<RuleRow>, DbError> {
    conn.query_opt(&FIND, &[site.get().into(), item.get().into()], rule)
}

/// A rule, held until the transaction ends; none when it was never set.
pub(crate) fn lock(tx: &mut Tx<'_>, site: SiteId, item: ItemId) -> Result<Option<RuleRow>, DbError> {
    tx.query_opt(&LOCK, &[site.get().into(), item.get().into()], rule)
}

/// The rules that an item has of its own, by site, held until the transaction ends.
pub(crate) fn of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<RuleRow>, DbError> {
    tx.query(&OF_ITEM, &[item.get().into()], rule)
}

/// Stores a rule; `false` when it is not any more as it was read.
pub(crate) fn save(tx: &mut Tx<'_>, row: &RuleRow) -> Result<bool, DbError> {
    let number: i64 = match row.rule {
        Rule::AsSite => 1,
        Rule::Nothing => 2,
        Rule::UpTo(_) => 3,
    };
    let (site, item) = (row.site.get(), row.item.get());
    let params = [site.into(), item.into(), number.into(), row.rule.cap().into(), row.version.into()];
    Ok(tx.execute(&SAVE, &params)? == 1)
}

/// The rules behind one, by site and item, up to a site.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: (SiteId, ItemId),
    last: SiteId,
    limit: usize,
) -> Result<Vec<Named>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.query(&LIST, &[after.0.get().into(), after.1.get().into(), last.get().into(), limit.into()], |row| {
        let (site, sku) = (row.text(5)?.to_owned(), row.opt_text(6)?.map(str::to_owned));
        Ok(Named { row: rule(row)?, site, sku, cap_of_site: row.opt_int(7)? })
    })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&FIND, &LOCK, &OF_ITEM, &SAVE, &LIST];
