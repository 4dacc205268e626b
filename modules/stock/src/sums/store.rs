//! The statements that sum stock by item.
//!
//! On SQLite the items are walked in the order of the page, so that a page ends when it is full. It knows
//! that only where groups and order are the same.

use crate::level::store::{Filter, Order};
use crate::sums::StockSum;
use db::{Conn, DbError, Row, Statement, Value};
use domain::{Delta, ItemId, LotId, SiteId, Status};

macro_rules! sums {
    ($tables:expr, $roots:expr, $beyond:expr, $order:literal) => {
        concat!(
            "select i.sku, i.base_unit,
               cast(sum(case when p.site <> 0 then b.on_hand else 0 end) as bigint),
               cast(sum(case when p.site <> 0 and b.status = 1 then b.on_hand else 0 end) as bigint),
               cast(sum(b.allocated) as bigint),
               cast(sum(case when p.site = 0 then b.on_hand else 0 end) as bigint)
             from ",
            $tables,
            " where b.location > 0 and b.on_hand <> 0 and ",
            $beyond,
            " and (b.item = ?2 or ?2 is null)
              and (p.site = ?3 or ?3 is null)
              and (b.status = ?4 or ?4 is null)
              and (b.lot = ?5 or b.lot in (select l.id from stock_lot l where l.parent = ?5) or ?5 is null)
              and ",
            $roots,
            " group by i.sku_folded, i.id, i.sku, i.base_unit
              order by ",
            $order,
            " limit ?7"
        )
    };
}

/// Down to places below one of the roots.
macro_rules! roots {
    ($each:literal, $root:literal, $text:literal) => {
        concat!(
            "(",
            $text,
            " is null or exists (select 1 from ",
            $each,
            " join stock_within t on t.ancestor = ",
            $root,
            " where t.descendant = b.location))"
        )
    };
}

macro_rules! both_engines {
    ($name:literal, $sqlite:expr, $postgres:expr, $beyond:expr, $order:literal) => {
        Statement::per_engine(
            concat!("stock.sums.", $name),
            sums!($sqlite, roots!("json_each(?6) r", "r.value", "?6"), $beyond, $order),
            sums!(
                $postgres,
                roots!("json_array_elements_text(?6::json) as r (value)", "r.value::bigint", "?6::text"),
                $beyond,
                $order
            ),
        )
    };
}

macro_rules! up_and_down {
    ($name:literal, $down:literal, $sqlite:expr, $postgres:expr, $driven:literal) => {
        [
            both_engines!(
                $name,
                $sqlite,
                $postgres,
                concat!($driven, "i.sku_folded > ?1"),
                "i.sku_folded, i.id, i.sku, i.base_unit"
            ),
            both_engines!(
                $down,
                $sqlite,
                $postgres,
                concat!($driven, "i.sku_folded < ?1"),
                "i.sku_folded desc, i.id desc, i.sku desc, i.base_unit desc"
            ),
        ]
    };
}

/// Along the items.
macro_rules! along_items {
    ($name:literal, $down:literal, $driven:literal) => {
        up_and_down!(
            $name,
            $down,
            "stock_known_item i cross join stock_balance b on b.item = i.id
             cross join stock_known_place p on p.id = b.location",
            "stock_known_item i join stock_balance b on b.item = i.id
             join stock_known_place p on p.id = b.location",
            $driven
        )
    };
}

const ALL: [Statement; 2] = along_items!("all", "all_down", "");
const ITEM: [Statement; 2] = along_items!("item", "item_down", "i.id = ?2 and ");

const PLACES: [Statement; 2] = up_and_down!(
    "places",
    "places_down",
    "json_each(?8) f cross join stock_balance b on b.location = f.value
     cross join stock_known_item i on i.id = b.item cross join stock_known_place p on p.id = b.location",
    "json_array_elements_text(?8::json) as f (value) join stock_balance b on b.location = f.value::bigint
     join stock_known_item i on i.id = b.item join stock_known_place p on p.id = b.location",
    ""
);

/// The next sums.
pub(super) fn sums(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<StockSum>, DbError> {
    let Filter { order, after, item, site, status, lot, below, limit, .. } = filter;
    let down = *order == Order::SkuDown;
    let start = if down { char::MAX.to_string() } else { String::new() };
    let few = below.few_json();
    let mut params: Vec<Value<'_>> = vec![
        after.as_ref().map_or(&start, |(sku, ..)| sku).into(),
        item.map(ItemId::get).into(),
        site.map(SiteId::get).into(),
        status.map(Status::number).into(),
        lot.map(LotId::get).into(),
        below.roots.as_deref().into(),
        (*limit).into(),
    ];
    let [up, back] = match (item, &few) {
        (None, Some(few)) => {
            params.push(few.into());
            &PLACES
        }
        (None, None) => &ALL,
        (Some(_), _) => &ITEM,
    };
    conn.query(if down { back } else { up }, &params, sum)
}

fn sum(row: &Row<'_>) -> Result<StockSum, DbError> {
    Ok(StockSum {
        sku: row.text(0)?.to_owned(),
        unit: row.text(1)?.to_owned(),
        on_hand: Delta(row.int(2)?),
        good: Delta(row.int(3)?),
        allocated: Some(Delta(row.int(4)?)),
        in_transit: Some(Delta(row.int(5)?)),
    })
}

#[cfg(test)]
pub(crate) const STATEMENTS: [&[Statement]; 3] = [&ALL, &ITEM, &PLACES];
