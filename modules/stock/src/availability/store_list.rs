//! The statement that lists what is available, along the items.

use super::list::{After, Known, Wanted};
use crate::item_stock::store::guard;
use db::{Conn, DbError, Row, Statement, Value};
use domain::{ItemId, SiteId};

/// Not those that were made to be locked for what was then refused, as for one item.
macro_rules! guards {
    ($join:literal, $reached:literal, $beyond:literal, $order:literal) => {
        concat!(
            "select g.site, s.code, z.zone, g.sellable, g.reserved, g.allocated, g.next_expiry, g.backordered,
               i.id, i.sku, i.sku_folded, i.base_unit
             from stock_known_item i ",
            $join,
            " stock_site g on g.item = i.id
             join stock_known_place s on s.id = g.site
             join stock_known_site z on z.id = g.site
             where ",
            $beyond,
            " and (g.site = ?3 or ?3 is null)
              and (",
            $reached,
            ")
              and (g.at <> ?5 or exists (
                select 1 from stock_balance b
                join stock_known_place p on p.id = b.location
                where b.item = g.item and p.site = g.site))
             order by ",
            $order,
            " limit ?6"
        )
    };
}

macro_rules! listed {
    ($name:literal, $beyond:literal, $order:literal) => {
        Statement::per_engine(
            concat!("stock.availability.", $name),
            // along the items, so that a page ends when it is full
            guards!("cross join", "?4 is null or g.site in (select r.value from json_each(?4) r)", $beyond, $order),
            guards!(
                "join",
                "?4::text is null or g.site in (select r.value::bigint from json_array_elements_text(?4::json) as r (value))",
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

/// The next guards, at most so many.
pub(super) fn guards(
    conn: &mut Conn<'_>,
    wanted: &Wanted,
    after: Option<&After>,
    most: usize,
) -> Result<Vec<Known>, DbError> {
    let Wanted { site, reached, down } = wanted;
    let start = if *down { (char::MAX.to_string(), i64::MAX) } else { (String::new(), i64::MIN) };
    let (sku, at) = after.unwrap_or(&start);
    let params: [Value<'_>; 6] = [
        sku.into(),
        (*at).into(),
        site.map(SiteId::get).into(),
        reached.as_deref().into(),
        crate::load::NEVER.into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
    ];
    conn.query(if *down { &DOWN } else { &UP }, &params, known)
}

fn known(row: &Row<'_>) -> Result<Known, DbError> {
    Ok(Known {
        guard: guard(row)?,
        item: ItemId(row.int(8)?),
        sku: row.text(9)?.to_owned(),
        folded: row.text(10)?.to_owned(),
        unit: row.text(11)?.to_owned(),
    })
}
