//! The statement that lists what is available, along the items.

use super::list::{After, Known, Wanted};
use crate::item_stock::store::guard;
use db::{Conn, DbError, Row, Statement, Value};
use domain::ItemId;

/// Where an item stands in the list that has no guard to show.
const NO_SITE: i64 = 0;

/// Every item has a row, also where no guard of it is listed: a page counts what it looks at, and so it
/// ends however few of many items there are at the sites. Not listed are guards that were made to be
/// locked for what was then refused, as for one item.
macro_rules! guards {
    ($sites:literal, $beyond:literal, $order:literal) => {
        concat!(
            "select s.id, s.code, z.zone, g.sellable, g.reserved, g.allocated, g.next_expiry, g.backordered,
               i.id, i.sku, i.sku_folded, i.base_unit
             from stock_known_item i
             left join stock_site g on g.item = i.id and ",
            $sites,
            " and (g.at <> ?4 or exists (
                select 1 from stock_balance b
                join stock_known_place p on p.id = b.location
                where b.item = g.item and p.site = g.site))
             left join stock_known_place s on s.id = g.site
             left join stock_known_site z on z.id = g.site
             where ",
            $beyond,
            " order by ",
            $order,
            " limit ?5"
        )
    };
}

macro_rules! listed {
    ($name:literal, $beyond:literal, $order:literal) => {
        Statement::per_engine(
            concat!("stock.availability.", $name),
            guards!("(?3 is null or g.site in (select r.value from json_each(?3) r))", $beyond, $order),
            guards!(
                "(?3::text is null
                  or g.site in (select r.value::bigint from json_array_elements_text(?3::json) as r (value)))",
                $beyond,
                $order
            ),
        )
    };
}

const UP: Statement =
    listed!("list", "i.sku_folded >= ?1 and (i.sku_folded > ?1 or g.site > ?2)", "i.sku_folded, g.site");
const DOWN: Statement = listed!(
    "list_down",
    "i.sku_folded <= ?1 and (i.sku_folded < ?1 or g.site < ?2)",
    "i.sku_folded desc, g.site desc"
);

#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&UP, &DOWN];

/// The next items with their guards at these sites, at most so many rows.
pub(super) fn guards(
    conn: &mut Conn<'_>,
    wanted: &Wanted,
    after: Option<&After>,
    most: usize,
) -> Result<Vec<(After, Option<Known>)>, DbError> {
    let Wanted { sites, by_item: _, down } = wanted;
    let start = if *down { (char::MAX.to_string(), i64::MAX) } else { (String::new(), i64::MIN) };
    let (sku, at) = after.unwrap_or(&start);
    let params: [Value<'_>; 5] = [
        sku.into(),
        (*at).into(),
        sites.as_deref().into(),
        crate::load::NEVER.into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
    ];
    conn.query(if *down { &DOWN } else { &UP }, &params, known)
}

/// An item without a guard that is listed is looked at, and no more.
fn known(row: &Row<'_>) -> Result<(After, Option<Known>), DbError> {
    let folded = row.text(10)?.to_owned();
    let Some(site) = row.opt_int(0)? else { return Ok(((folded, NO_SITE), None)) };
    let known = Known {
        guard: guard(row)?,
        item: ItemId(row.int(8)?),
        sku: row.text(9)?.to_owned(),
        unit: row.text(11)?.to_owned(),
    };
    Ok(((folded, site), Some(known)))
}
