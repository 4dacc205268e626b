//! Packagings of items. A factor never changes; level, sides and weight do.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeUnit, NewUnit};
use db::Tx;
use domain::{Problem, Ratio};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 9] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("unit", "/unit", Holds::Text).needed().also(&also::UNIT),
    Field::new("factor", "/factor", Holds::Factor),
    Field::new("level", "/level", Holds::Text),
    Field::new("length_mm", "/length_mm", Holds::Whole),
    Field::new("width_mm", "/width_mm", Holds::Whole),
    Field::new("height_mm", "/height_mm", Holds::Whole),
    Field::new("weight_g", "/weight_g", Holds::Decimal),
    Field::new("removed", "/removed", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let sku = row.text("sku");
    let item = catalog::item(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let mut row = row.clone();
    row.body.remove("sku");
    // one that was taken away before the list was made is not brought back, and kept for the prices that it had
    if row.body.remove("removed") == Some(true.into()) {
        let is_new = catalog::bring_removed_unit(tx, &who.ctx, sku, &row.command::<NewUnit>()?)?;
        return Ok(if is_new { Taken::Created } else { Taken::Unchanged });
    }
    let unit = row.text("unit").to_owned();
    let Some(there) = item.units.iter().find(|other| other.unit.as_str() == unit) else {
        catalog::add_unit(tx, &who.ctx, (sku, IfMatch::Any), &row.command::<NewUnit>()?)?;
        return Ok(Taken::Created);
    };
    let wanted =
        row.body.get("factor").and_then(serde_json::Value::as_str).and_then(|text| Ratio::parse(text).ok());
    if wanted == Some(there.factor) {
        row.body.remove("factor");
    }
    let change =
        differing(&row, there, ("unit", &["level", "length_mm", "width_mm", "height_mm", "weight_g"]))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeUnit = command(change)?;
    let after = catalog::change_unit(tx, &who.ctx, (sku, IfMatch::Any), &unit, &change)?;
    Ok(if after.version == item.version { Taken::Unchanged } else { Taken::Changed })
}
