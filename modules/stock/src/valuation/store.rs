//! The statements of values: what stacks are worth now, and the roll-ups of months. The movements are
//! those of `store_moves.rs`.

use super::Worth;
use crate::as_of::Tally;
use crate::as_of::store::months_of;
use crate::store_moves::Moved;
use db::{Conn, DbError, Row, Statement, Value};
use domain::ItemId;
use domain::ledger::Group;
use web::Scope;

/// A page of stacks with the names of their keys.
macro_rules! page {
    ($tables:expr, $driven:literal, $reach:literal, $beyond:literal, $order:literal) => {
        concat!(
            "select i.id, i.sku, i.sku_folded, i.base_unit, k.grp, g.code, k.qty, k.value
             from ",
            $tables,
            " left join stock_known_place g on g.id = k.grp
              where ",
            $driven,
            $beyond,
            " and (k.qty <> 0 or k.value <> 0 or ?3 = 1) and ",
            $reach,
            " order by ",
            $order,
            " limit ?5"
        )
    };
}

macro_rules! both_engines {
    ($name:literal, $sqlite:literal, $postgres:literal, $driven:literal, $beyond:literal, $order:literal) => {
        Statement::per_engine(
            $name,
            page!(
                $sqlite,
                $driven,
                "(?4 is null or k.grp in (select value from json_each(?4)))",
                $beyond,
                $order
            ),
            page!(
                $postgres,
                $driven,
                "(?4::text is null
                  or k.grp in (select v::bigint from json_array_elements_text(?4::json) as r (v)))",
                $beyond,
                $order
            ),
        )
    };
}

macro_rules! pages {
    ($up:literal, $down:literal, $driven:literal) => {
        [
            both_engines!(
                $up,
                "stock_known_item i cross join stock_stack k on k.item = i.id",
                "stock_known_item i join stock_stack k on k.item = i.id",
                $driven,
                "i.sku_folded >= ?1 and (i.sku_folded > ?1 or k.grp > ?2)",
                "i.sku_folded, k.grp"
            ),
            both_engines!(
                $down,
                "stock_known_item i cross join stock_stack k on k.item = i.id",
                "stock_known_item i join stock_stack k on k.item = i.id",
                $driven,
                "i.sku_folded <= ?1 and (i.sku_folded < ?1 or k.grp < ?2)",
                "i.sku_folded desc, k.grp desc"
            ),
        ]
    };
}

/// All stacks, in the order of the page.
const ALONG_ALL: [Statement; 2] = pages!("stock.valuation.all", "stock.valuation.all_down", "");

/// The stacks of one item.
const ALONG_ITEM: [Statement; 2] =
    pages!("stock.valuation.item", "stock.valuation.item_down", "i.id = ?6 and ");

/// One row for each item and group, however long its history.
const STACKS: Statement =
    Statement::new("stock.valuation.stacks", "select k.item, k.grp, k.qty, k.value from stock_stack k");

const STACKS_OF: Statement = Statement::new(
    "stock.valuation.stacks_of",
    "select k.item, k.grp, k.qty, k.value from stock_stack k where k.item = ?1",
)
.hot();

const MONTHS: Statement = Statement::new(
    "stock.valuation.months",
    "select m.item, m.grp, m.qty_in - m.qty_out, m.value_in - m.value_out
     from stock_month_value m
     where m.period > ?1",
)
.hot();

const MONTHS_OF: Statement = months_of!(
    "stock.valuation.months_of",
    "stock_month_value",
    "m.item, m.grp, m.qty_in - m.qty_out, m.value_in - m.value_out"
);

#[cfg(test)]
pub(crate) const ALL: &[&[Statement]] = &[&ALONG_ALL, &ALONG_ITEM, &[STACKS, STACKS_OF, MONTHS, MONTHS_OF]];

/// Where a page ended: the folded SKU and the group.
pub(crate) type After = (String, i64);

/// What a page shows.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) down: bool,
    pub(crate) after: Option<After>,
    /// Stacks of nothing as well.
    pub(crate) with_zeros: bool,
    pub(crate) item: Option<ItemId>,
    /// The groups as a JSON list; none for all.
    pub(crate) groups: Option<String>,
    /// What of them is for which items; none where all of it is for all.
    pub(crate) by_item: Option<Scope>,
    pub(crate) limit: i64,
}

/// The stack of an item in a group, with the names of both.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) item: ItemId,
    pub(crate) sku: String,
    pub(crate) sku_folded: String,
    pub(crate) unit: String,
    pub(crate) group: Group,
    /// The code of the place that the group is named after.
    pub(crate) code: Option<String>,
    pub(crate) worth: Worth,
}

/// The next stacks.
pub(crate) fn page(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Stack>, DbError> {
    let Filter { down, after, with_zeros, item, groups, by_item: _, limit } = filter;
    let start = if *down { (char::MAX.to_string(), i64::MAX) } else { (String::new(), i64::MIN) };
    let (sku, group) = after.as_ref().unwrap_or(&start);
    let params: [Value<'_>; 6] = [
        sku.into(),
        (*group).into(),
        i64::from(*with_zeros).into(),
        groups.as_deref().into(),
        (*limit).into(),
        item.map(ItemId::get).into(),
    ];
    let [general @ .., _] = &params;
    let [all, all_down] = &ALONG_ALL;
    let [of_item, of_item_down] = &ALONG_ITEM;
    match (item, down) {
        (None, false) => conn.query(all, general, stack),
        (None, true) => conn.query(all_down, general, stack),
        (Some(_), false) => conn.query(of_item, &params, stack),
        (Some(_), true) => conn.query(of_item_down, &params, stack),
    }
}

fn stack(row: &Row<'_>) -> Result<Stack, DbError> {
    Ok(Stack {
        item: ItemId(row.int(0)?),
        sku: row.text(1)?.to_owned(),
        sku_folded: row.text(2)?.to_owned(),
        unit: row.text(3)?.to_owned(),
        group: Group(row.int(4)?),
        code: row.opt_text(5)?.map(str::to_owned),
        worth: Worth { qty: row.int(6)?, value: row.int(7)? },
    })
}

type Key = (ItemId, Group);

fn of_key(row: &Row<'_>) -> Result<(Key, Worth), DbError> {
    Ok(((ItemId(row.int(0)?), Group(row.int(1)?)), Worth { qty: row.int(2)?, value: row.int(3)? }))
}

/// What each stack is worth now; of one item, or of all.
pub(crate) fn stacks(
    conn: &mut Conn<'_>,
    item: Option<ItemId>,
    mut each: impl FnMut(Key, Worth),
) -> Result<(), DbError> {
    let add = |row: &Row<'_>| of_key(row).map(|(key, worth)| each(key, worth));
    match item {
        Some(item) => conn.for_each(&STACKS_OF, &[item.get().into()], add),
        None => conn.for_each(&STACKS, &[], add),
    }
}

impl Tally for Worth {
    type Key = Key;
    type Much = Worth;
    const MONTHS: &'static Statement = &MONTHS;
    const MONTHS_OF: &'static Statement = &MONTHS_OF;

    fn month(row: &Row<'_>) -> Result<(Key, Worth), DbError> {
        of_key(row)
    }

    fn legs(moved: &Moved) -> Option<(Key, Key, Worth)> {
        let item = moved.from.item;
        let worth = Worth { qty: moved.qty, value: moved.value? };
        Some(((item, moved.from_group), (item, moved.to_group), worth))
    }
}
