//! The least that sites are to have of items.

use super::also;
use super::reasons::taken;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::Permission;
use web::Failure;

pub(super) static FIELDS: [Field; 3] = [
    Field::new("site", "/site", Holds::Code).needed(),
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("least", "/least", Holds::Decimal).needed().also(&["minimum", "mindestbestand"]),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let of = (row.text("site"), row.text("sku"));
    Ok(taken(stock::bring_minimum(tx, &caller, of, row.text("least"))?))
}
