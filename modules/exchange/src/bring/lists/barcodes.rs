//! Barcodes of items.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::NewBarcode;
use db::Tx;
use domain::{Code, Problem};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 4] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("code", "/code", Holds::Code).needed().also(&also::BARCODE),
    Field::new("unit", "/unit", Holds::Text).also(&also::UNIT),
    Field::new("symbology", "/symbology", Holds::Text),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let sku = row.text("sku");
    let item = catalog::item(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    if let Some((owner, unit)) = catalog::item_by_barcode(tx, row.text("code"))?
        && owner == item.id
    {
        let wanted = row.text("unit");
        if wanted.is_empty() || unit.as_str() == wanted {
            return Ok(Taken::Unchanged);
        }
        let detail = format!("the item has this barcode on its unit `{unit}`; remove it there first");
        return Err(Problem::at(Code::CodeTaken, "/unit", detail).into());
    }
    let mut row = row.clone();
    row.body.remove("sku");
    catalog::add_barcode(tx, &who.ctx, (sku, IfMatch::Any), &row.command::<NewBarcode>()?)?;
    Ok(Taken::Created)
}
