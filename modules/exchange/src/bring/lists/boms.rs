//! Bills of materials, a row for each component and for what may stand in for one. The lines of a bill are in the order
//! of their rows.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{BomPart, PartBrought};
use db::Tx;
use web::Failure;

pub(super) static FIELDS: [Field; 9] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("component", "/component", Holds::Code).needed().also(&["komponente"]),
    Field::new("qty", "/qty", Holds::Decimal).needed().also(&also::QTY),
    Field::new("unit", "/unit", Holds::Text).also(&also::UNIT),
    Field::new("scrap_percent", "/scrap_percent", Holds::Decimal),
    Field::new("instead_of", "/instead_of", Holds::Code),
    Field::new("kind", "/kind", Holds::Text),
    Field::new("yield", "/yield", Holds::Decimal),
    Field::new("note", "/note", Holds::Text),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let sku = row.text("sku").to_owned();
    let mut row = row.clone();
    row.body.remove("sku");
    let part = row.command::<BomPart>()?;
    Ok(match catalog::bring_bom_part(tx, &who.ctx, &sku, &part)? {
        PartBrought::Created => Taken::Created,
        PartBrought::Changed => Taken::Changed,
        PartBrought::Unchanged => Taken::Unchanged,
    })
}
