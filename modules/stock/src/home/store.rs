//! The statements of homes.

use super::{Home, Which};
use db::{Conn, DbError, Row, Statement, Tx, Value};
use domain::{ItemId, LocationId, SiteId};

const VERSION: Statement = Statement::new(
    "stock.home.version",
    "select h.version from stock_home h where h.site = ?1 and h.item = ?2",
);

const OF: Statement = Statement::new(
    "stock.home.of",
    "select h.location, p.code
     from stock_home_place h
     join stock_known_place p on p.id = h.location
     where h.site = ?1 and h.item = ?2
     order by h.rank",
);

const SITES_OF: Statement = Statement::new(
    "stock.home.sites_of",
    "select distinct h.site from stock_home_place h where h.item = ?1 order by h.site",
);

/// Nothing when the row is not as it was read: another process has made it meanwhile.
const SAVE: Statement = Statement::new(
    "stock.home.save",
    "insert into stock_home (site, item, version) values (?1, ?2, ?3)
     on conflict (site, item) do update set version = excluded.version
     where stock_home.version = excluded.version - 1",
);

const CLEAR: Statement =
    Statement::new("stock.home.clear", "delete from stock_home_place where site = ?1 and item = ?2");

const ADD: Statement = Statement::new(
    "stock.home.add",
    "insert into stock_home_place (site, item, rank, location) values (?1, ?2, ?3, ?4)",
);

/// The homes behind one, by site, item and rank.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "select h.site, h.item, h.rank, h.location,
               (select s.code from stock_known_place s where s.id = h.site),
               (select i.sku from stock_known_item i where i.id = h.item),
               (select p.code from stock_known_place p where p.id = h.location)
             from stock_home_place h
             where ",
            $which,
            " and h.site <= ?4 and (h.site, h.item, h.rank) > (?1, ?2, ?3)
             order by h.site, h.item, h.rank
             limit ?5"
        )
    };
}

const LIST: Statement = Statement::new("stock.home.list", list!("h.site > 0"));
const LIST_OF_ITEM: Statement = Statement::new("stock.home.list_of_item", list!("h.item = ?6"));
const LIST_AT: Statement = Statement::new("stock.home.list_at", list!("h.location = ?6"));
const LIST_OF_ITEM_AT: Statement =
    Statement::new("stock.home.list_of_item_at", list!("h.location = ?6 and h.item = ?7"));

const FIRST_IN: Statement = Statement::per_engine(
    "stock.home.first_in",
    "select h.site, h.item, h.rank, h.location, s.code, i.sku, p.code
     from stock_home_place h
     join stock_known_item i on i.id = h.item
     join stock_known_place s on s.id = h.site
     join stock_known_place p on p.id = h.location
     where h.location in (select value from json_each(?1))
     order by h.location, h.item
     limit 1",
    "select h.site, h.item, h.rank, h.location, s.code, i.sku, p.code
     from stock_home_place h
     join stock_known_item i on i.id = h.item
     join stock_known_place s on s.id = h.site
     join stock_known_place p on p.id = h.location
     where h.location in (select v::bigint from json_array_elements_text(?1::json) as r (v))
     order by h.location, h.item
     limit 1",
);

/// Where a home stands among all: its site, item and rank.
pub(crate) type Among = (i64, i64, i64);

/// A home, with where it stands.
#[derive(Clone, Debug)]
pub(crate) struct HomeRow {
    pub(crate) among: Among,
    pub(crate) location: LocationId,
    pub(crate) home: Home,
}

impl HomeRow {
    pub(crate) const fn item(&self) -> ItemId {
        ItemId(self.among.1)
    }
}

fn home(row: &Row<'_>) -> Result<HomeRow, DbError> {
    let (site, sku, location) = (row.text(4)?.to_owned(), row.text(5)?.to_owned(), row.text(6)?.to_owned());
    let rank = row.int(2)?;
    Ok(HomeRow {
        among: (row.int(0)?, row.int(1)?, rank),
        location: LocationId(row.int(3)?),
        home: Home { site, sku, rank, location },
    })
}

/// How often the homes of an item at a site were set; none when they never were.
pub(crate) fn version(conn: &mut Conn<'_>, site: SiteId, item: ItemId) -> Result<Option<i64>, DbError> {
    conn.query_opt(&VERSION, &[site.get().into(), item.get().into()], |row| row.int(0))
}

/// The homes of an item at a site, in their order, each with its code.
pub(crate) fn of(
    conn: &mut Conn<'_>,
    site: SiteId,
    item: ItemId,
) -> Result<Vec<(LocationId, String)>, DbError> {
    conn.query(&OF, &[site.get().into(), item.get().into()], |row| {
        Ok((LocationId(row.int(0)?), row.text(1)?.to_owned()))
    })
}

/// The sites where an item has a home.
pub(crate) fn sites_of(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<SiteId>, DbError> {
    conn.query(&SITES_OF, &[item.get().into()], |row| Ok(SiteId(row.int(0)?)))
}

/// Stores the homes of an item at a site; `false` when they are not any more as they were read.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    (site, item): (SiteId, ItemId),
    version: i64,
    places: &[LocationId],
) -> Result<bool, DbError> {
    let (site, item) = (site.get(), item.get());
    if tx.execute(&SAVE, &[site.into(), item.into(), version.into()])? != 1 {
        return Ok(false);
    }
    tx.execute(&CLEAR, &[site.into(), item.into()])?;
    for (rank, place) in (1_i64..).zip(places) {
        tx.execute(&ADD, &[site.into(), item.into(), rank.into(), place.get().into()])?;
    }
    Ok(true)
}

/// The homes behind one.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    which: Which,
    after: Option<Among>,
    limit: usize,
) -> Result<Vec<HomeRow>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // behind all of the sites before
    let begin = which.site.map_or(i64::MIN, |site| site.get() - 1);
    let after = after.unwrap_or((begin, i64::MAX, i64::MAX));
    let last = which.site.map_or(i64::MAX, SiteId::get);
    let mut params = vec![after.0.into(), after.1.into(), after.2.into(), last.into(), limit.into()];
    let wanted = [which.location.map(LocationId::get), which.item.map(ItemId::get)];
    params.extend(wanted.into_iter().flatten().map(Value::from));
    let statement = match (which.location, which.item) {
        (None, None) => &LIST,
        (None, Some(_)) => &LIST_OF_ITEM,
        (Some(_), None) => &LIST_AT,
        (Some(_), Some(_)) => &LIST_OF_ITEM_AT,
    };
    conn.query(statement, &params, home)
}

/// The first home among these places.
pub(crate) fn first_in(conn: &mut Conn<'_>, places: &[LocationId]) -> Result<Option<Home>, DbError> {
    let ids: Vec<String> = places.iter().map(ToString::to_string).collect();
    let list = format!("[{}]", ids.join(","));
    conn.query_opt(&FIRST_IN, &[(&list).into()], |row| Ok(home(row)?.home))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &VERSION,
    &OF,
    &SITES_OF,
    &SAVE,
    &CLEAR,
    &ADD,
    &LIST,
    &LIST_OF_ITEM,
    &LIST_AT,
    &LIST_OF_ITEM_AT,
    &FIRST_IN,
];
