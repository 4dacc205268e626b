//! The statements that list stock: by item or by place, along what leaves the least to look at.
//!
//! On SQLite the tables are walked in the order written; on PostgreSQL as the planner likes.

use crate::asked::Below;
use crate::load;
use db::{Conn, DbError, Row, Statement, Value};
use domain::when::Date;
use domain::{ItemId, LocationId, LotId, SiteId, Status};

macro_rules! select {
    ($tables:expr, $driven:literal, $beyond:expr, $roots:literal, $order:expr) => {
        concat!(
            "select i.id, i.sku, i.sku_folded, i.base_unit, p.id, p.code, p.code_folded, s.code, b.lot, l.code,
               l.expiry_on, b.status, b.on_hand, b.allocated
             from ",
            $tables,
            " left join stock_known_place s on s.id = p.site
              left join stock_lot l on l.id = b.lot
              where b.location > 0 and ",
            $driven,
            $beyond,
            " and (b.on_hand <> 0 or ?5 = 1)
              and (b.item = ?6 or ?6 is null)
              and (p.site = ?7 or ?7 is null)
              and (b.status = ?8 or ?8 is null)
              and (b.lot = ?9 or ?9 is null)
              and ",
            $roots,
            " order by ",
            $order,
            " limit ?11"
        )
    };
}

macro_rules! both_engines {
    ($name:expr, $sqlite:expr, $postgres:expr, $driven:literal, $beyond:expr, $order:expr) => {
        Statement::per_engine(
            $name,
            select!(
                $sqlite,
                $driven,
                $beyond,
                "(?10 is null or exists (
                   select 1 from json_each(?10) r join stock_within t on t.ancestor = r.value
                   where t.descendant = p.id))",
                $order
            ),
            select!(
                $postgres,
                $driven,
                $beyond,
                "(?10::text is null or exists (
                   select 1 from json_array_elements_text(?10::json) as r (value)
                   join stock_within t on t.ancestor = r.value::bigint
                   where t.descendant = p.id))",
                $order
            ),
        )
    };
}

/// The pages of one way through the stock: by SKU up and down, by place up and down.
macro_rules! pages {
    ($name:literal, ($sku_sqlite:expr, $sku_postgres:expr), ($place_sqlite:expr, $place_postgres:expr), $driven:literal) => {
        [
            both_engines!(
                concat!("stock.level.", $name, ".sku"),
                $sku_sqlite,
                $sku_postgres,
                $driven,
                "i.sku_folded >= ?1 and (i.sku_folded > ?1 or (b.location, b.lot, b.status) > (?2, ?3, ?4))",
                "i.sku_folded, b.location, b.lot, b.status"
            ),
            both_engines!(
                concat!("stock.level.", $name, ".sku_down"),
                $sku_sqlite,
                $sku_postgres,
                $driven,
                "i.sku_folded <= ?1 and (i.sku_folded < ?1 or (b.location, b.lot, b.status) < (?2, ?3, ?4))",
                "i.sku_folded desc, b.location desc, b.lot desc, b.status desc"
            ),
            both_engines!(
                concat!("stock.level.", $name, ".place"),
                $place_sqlite,
                $place_postgres,
                $driven,
                "p.code_folded >= ?1 and (p.code_folded > ?1 or (b.item, b.lot, b.status) > (?2, ?3, ?4))",
                "p.code_folded, b.item, b.lot, b.status"
            ),
            both_engines!(
                concat!("stock.level.", $name, ".place_down"),
                $place_sqlite,
                $place_postgres,
                $driven,
                "p.code_folded <= ?1 and (p.code_folded < ?1 or (b.item, b.lot, b.status) < (?2, ?3, ?4))",
                "p.code_folded desc, b.item desc, b.lot desc, b.status desc"
            ),
        ]
    };
    ($name:literal, $sqlite:expr, $postgres:expr, $driven:literal) => {
        pages!($name, ($sqlite, $postgres), ($sqlite, $postgres), $driven)
    };
}

/// All of the stock, in the order of the page.
const ALONG_ALL: [Statement; 4] = pages!(
    "all",
    (
        "stock_known_item i cross join stock_balance b on b.item = i.id
         cross join stock_known_place p on p.id = b.location",
        "stock_known_item i join stock_balance b on b.item = i.id join stock_known_place p on p.id = b.location"
    ),
    (
        "stock_known_place p cross join stock_balance b on b.location = p.id
         cross join stock_known_item i on i.id = b.item",
        "stock_known_place p join stock_balance b on b.location = p.id join stock_known_item i on i.id = b.item"
    ),
    ""
);

/// The stock of one item.
const ALONG_ITEM: [Statement; 4] = pages!(
    "item",
    "stock_known_item i cross join stock_balance b on b.item = i.id
     cross join stock_known_place p on p.id = b.location",
    "stock_known_item i join stock_balance b on b.item = i.id join stock_known_place p on p.id = b.location",
    "i.id = ?6 and "
);

/// What stands in a few places.
const ALONG_PLACES: [Statement; 4] = pages!(
    "places",
    "json_each(?12) f cross join stock_balance b on b.location = f.value
     cross join stock_known_item i on i.id = b.item cross join stock_known_place p on p.id = b.location",
    "json_array_elements_text(?12::json) as f (value) join stock_balance b on b.location = f.value::bigint
     join stock_known_item i on i.id = b.item join stock_known_place p on p.id = b.location",
    ""
);

#[cfg(test)]
pub(crate) const ALL: [&[Statement]; 3] = [&ALONG_ALL, &ALONG_ITEM, &ALONG_PLACES];

/// The order of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Sku,
    SkuDown,
    Place,
    PlaceDown,
}

impl Order {
    pub(crate) const fn is_by_sku(self) -> bool {
        matches!(self, Order::Sku | Order::SkuDown)
    }

    const fn is_down(self) -> bool {
        matches!(self, Order::SkuDown | Order::PlaceDown)
    }

    fn of(self, [sku, sku_down, place, place_down]: &[Statement; 4]) -> &Statement {
        match self {
            Order::Sku => sku,
            Order::SkuDown => sku_down,
            Order::Place => place,
            Order::PlaceDown => place_down,
        }
    }
}

/// Where a page ended: the folded SKU with location, lot and status, or the folded code of the
/// location with item, lot and status.
pub(crate) type After = (String, i64, i64, i64);

/// What a page shows.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) order: Order,
    pub(crate) after: Option<After>,
    /// Keys without stock as well.
    pub(crate) with_zeros: bool,
    pub(crate) item: Option<ItemId>,
    pub(crate) site: Option<SiteId>,
    pub(crate) status: Option<Status>,
    pub(crate) lot: Option<LotId>,
    pub(crate) below: Below,
    pub(crate) limit: i64,
}

/// A balance with the names of its key.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) item: ItemId,
    pub(crate) sku: String,
    sku_folded: String,
    pub(crate) unit: String,
    pub(crate) location: LocationId,
    pub(crate) code: String,
    code_folded: String,
    pub(crate) site: Option<String>,
    pub(crate) lot: LotId,
    pub(crate) lot_code: Option<String>,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
}

impl Level {
    /// Where a page that ends with it ends.
    pub(crate) fn after(&self, order: Order) -> After {
        let (lot, status) = (self.lot.get(), self.status.number());
        if order.is_by_sku() {
            (self.sku_folded.clone(), self.location.get(), lot, status)
        } else {
            (self.code_folded.clone(), self.item.get(), lot, status)
        }
    }
}

/// The next levels.
pub(crate) fn levels(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Level>, DbError> {
    let Filter { order, after, with_zeros, item, site, status, lot, below, limit } = filter;
    let start = if order.is_down() {
        (char::MAX.to_string(), i64::MAX, i64::MAX, i64::from(i16::MAX))
    } else {
        (String::new(), 0, 0, 0)
    };
    let (text, first, second, third) = after.as_ref().unwrap_or(&start);
    let few = below.few_json();
    let params: [Value<'_>; 12] = [
        text.into(),
        (*first).into(),
        (*second).into(),
        (*third).into(),
        i64::from(*with_zeros).into(),
        item.map(ItemId::get).into(),
        site.map(SiteId::get).into(),
        status.map(Status::number).into(),
        lot.map(LotId::get).into(),
        below.roots.as_deref().into(),
        (*limit).into(),
        few.as_deref().into(),
    ];
    let [general @ .., _] = &params;
    match (item, &below.few) {
        (Some(_), _) => conn.query(order.of(&ALONG_ITEM), general, level),
        (None, Some(_)) => conn.query(order.of(&ALONG_PLACES), &params, level),
        (None, None) => conn.query(order.of(&ALONG_ALL), general, level),
    }
}

fn level(row: &Row<'_>) -> Result<Level, DbError> {
    Ok(Level {
        item: ItemId(row.int(0)?),
        sku: row.text(1)?.to_owned(),
        sku_folded: row.text(2)?.to_owned(),
        unit: row.text(3)?.to_owned(),
        location: LocationId(row.int(4)?),
        code: row.text(5)?.to_owned(),
        code_folded: row.text(6)?.to_owned(),
        site: row.opt_text(7)?.map(str::to_owned),
        lot: LotId(row.int(8)?),
        lot_code: row.opt_text(9)?.map(str::to_owned),
        expiry_on: row.opt_date(10)?,
        status: load::status(row, 11)?,
        on_hand: row.int(12)?,
        allocated: row.int(13)?,
    })
}
