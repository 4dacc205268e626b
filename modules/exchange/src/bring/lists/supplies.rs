//! What suppliers sell of items. What it is sold in never changes.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeSupply, NewSupply};
use db::Tx;
use domain::{Problem, Ratio};
use serde_json::Value;
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 10] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("supplier", "/supplier", Holds::Code).needed().also(&also::SUPPLIER),
    Field::new("supplier_sku", "/supplier_sku", Holds::Code),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("unit", "/unit", Holds::Text).also(&also::UNIT),
    Field::new("factor", "/factor", Holds::Factor),
    Field::new("least", "/least", Holds::Decimal).also(&["moq"]),
    Field::new("multiple", "/multiple", Holds::Decimal),
    Field::new("lead_time_days", "/lead_time_days", Holds::Whole),
    Field::new("rank", "/rank", Holds::Whole),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let (sku, supplier) = (row.text("sku"), row.text("supplier"));
    let of_item = catalog::supplies_of(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let code = match row.text("supplier_sku") {
        "" => of_item.sku.as_str(),
        code => code,
    };
    let is_it = |one: &&catalog::Supply| {
        one.supplier.as_str().eq_ignore_ascii_case(supplier)
            && one.supplier_sku.as_str().eq_ignore_ascii_case(code)
    };
    let mut rest = row.clone();
    rest.body.remove("sku");
    let Some(there) = of_item.supplies.iter().find(is_it) else {
        // a unit of the item has its factor already
        let new = with_own_factor(tx, sku, rest)?;
        catalog::bring_supply(tx, &who.ctx, sku, &new)?;
        return Ok(Taken::Created);
    };
    rest.body.remove("supplier");
    rest.body.remove("supplier_sku");
    let wanted = rest.body.get("factor").and_then(Value::as_str).and_then(|text| Ratio::parse(text).ok());
    if wanted == Some(there.factor) {
        rest.body.remove("factor");
    }
    let changed = ["name", "least", "multiple", "lead_time_days", "rank"];
    let change = differing(&rest, there, ("supply", &changed))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeSupply = command(change)?;
    let (after, _) = catalog::change_supply(tx, &who.ctx, (sku, IfMatch::Any), (supplier, code), &change)?;
    Ok(if after.version == of_item.version { Taken::Unchanged } else { Taken::Changed })
}

/// The row as a new supply, without a factor that says again what the unit of the item says.
fn with_own_factor(tx: &mut Tx<'_>, sku: &str, mut row: Row) -> Result<NewSupply, Failure> {
    let item = catalog::item(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let unit = match row.text("unit") {
        "" => item.base_unit.as_str().to_owned(),
        unit => unit.to_owned(),
    };
    let own = item.units.iter().find(|one| one.unit.as_str() == unit).map(|one| one.factor);
    let said = row.body.get("factor").and_then(Value::as_str).and_then(|text| Ratio::parse(text).ok());
    if said.is_some() && said == own {
        row.body.remove("factor");
    }
    Ok(row.command::<NewSupply>()?)
}
