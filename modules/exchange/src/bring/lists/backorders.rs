//! Rules of demand beyond stock, of a site and of an item there.

use super::also;
use super::reasons::taken;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::Permission;
use web::Failure;

pub(super) static FIELDS: [Field; 4] = [
    Field::new("site", "/site", Holds::Code).needed(),
    Field::new("sku", "/sku", Holds::Code).also(&also::ITEM),
    Field::new("rule", "/accepts", Holds::Text).needed().also(&["accepts"]),
    Field::new("cap", "/cap", Holds::Decimal),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let said = |name: &str| Some(row.text(name)).filter(|text| !text.is_empty());
    let of = (row.text("site"), said("sku"));
    Ok(taken(stock::bring_backorder_rule(tx, &caller, of, (row.text("accepts"), said("cap")))?))
}
