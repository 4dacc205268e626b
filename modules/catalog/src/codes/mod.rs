//! Add, change and remove the packaging units and barcodes of an item. Invariant: a factor never changes,
//! not even by removing a unit and adding it again, because documents were written with it. Each command
//! names the item and the version of it that the caller read.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::change::{changed, decide::touch, lock_at};
use crate::create::decide::{Base, plan_barcode, plan_unit, sort_barcodes};
use crate::create::{barcode_taken, taken_meanwhile};
use crate::item::{Item, NewBarcode, NewUnit};
use crate::limits::Told;
use crate::{code, goods, store, store_bom, store_codes, store_prices};
use db::Tx;
use domain::given::given;
use domain::{Code, Ctx, Problem, Zone};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// Adds a packaging unit.
pub fn add_unit(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewUnit,
) -> Result<Item, Failure> {
    let mut item = lock_at(tx, item.0, item.1)?;
    let unit = plan_unit(command, Base { unit: &item.base_unit, whole: item.whole }, &item.units)?;
    match store_codes::removed_factor(tx, item.id, &unit.unit)? {
        None => store_codes::insert_units(tx, std::iter::once((item.id, &unit)))?,
        Some(factor) if factor == unit.factor => {
            store_codes::set_removed(tx, item.id, &unit.unit, false)?;
            store_codes::set_body(tx, item.id, &unit)?;
        }
        Some(factor) => {
            let detail = format!(
                "the unit `{}` of this item was `{factor}` before, and a factor never changes; \
                 choose another name for the new one",
                unit.unit
            );
            return Err(Problem::at(Code::CodeTaken, "/factor", detail).into());
        }
    }
    item.units.push(unit);
    item.units.sort_by(|a, b| a.unit.cmp(&b.unit));
    finish(tx, ctx, item, "catalog.unit.add", "units")
}

/// A change of what a unit is as a thing: left out means as it was, null means that nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUnit {
    /// `each`, `inner`, `case`, `layer` or `pallet`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub level: Option<Option<String>>,
    /// In millimetres.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub length_mm: Option<Option<i64>>,
    /// In millimetres.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub width_mm: Option<Option<i64>>,
    /// In millimetres.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub height_mm: Option<Option<i64>>,
    /// In grams: `12.5`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub weight_g: Option<Option<String>>,
}

/// Says what a unit of an item is as a thing, the base unit among them. Its factor never changes.
pub fn change_unit(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    unit: &str,
    change: &ChangeUnit,
) -> Result<Item, Failure> {
    let mut item = lock_at(tx, item.0, item.1)?;
    let found = item.units.iter_mut().find(|other| other.unit.as_str() == unit);
    let found = found.ok_or_else(|| Problem::not_found("unit of this item", unit))?;
    let body = goods::changed_body(found.body, change)?;
    if body == found.body {
        return Ok(item);
    }
    found.body = body;
    store_codes::set_body(tx, item.id, found)?;
    finish(tx, ctx, item, "catalog.unit.change", "units")
}

/// Removes a packaging unit on which no barcode hangs, and in which no price holds and no bill of materials says how much.
pub fn remove_unit(tx: &mut Tx<'_>, ctx: &Ctx, item: (&str, IfMatch), unit: &str) -> Result<Item, Failure> {
    let mut item = lock_at(tx, item.0, item.1)?;
    let found = item.units.iter().find(|other| other.unit.as_str() == unit);
    let unit = found.ok_or_else(|| Problem::not_found("unit of this item", unit))?.unit.clone();
    if item.base_unit == unit {
        let detail = format!("`{unit}` is the base unit, all stock of the item is kept in it");
        return Err(Problem::new(Code::InUse, detail).into());
    }
    if let Some(barcode) = item.barcodes.iter().find(|barcode| barcode.unit == unit) {
        let detail = format!("the barcode `{}` is printed on it; remove the barcode first", barcode.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    if store_prices::holds_in(tx, item.id, &unit, Zone::UTC.date(ctx.now))? {
        let detail = format!("a price in `{unit}` holds today or later; end it first");
        return Err(Problem::new(Code::InUse, detail).into());
    }
    // whoever writes a bill holds its parts, and reads their units then
    if let Some(whole) = store_bom::said_in(tx, item.id, &unit)? {
        let detail = format!(
            "the bill of materials of `{whole}` says how much goes in in `{unit}`; say it in another unit there first"
        );
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_codes::set_removed(tx, item.id, &unit, true)?;
    item.units.retain(|other| other.unit != unit);
    finish(tx, ctx, item, "catalog.unit.remove", "units")
}

/// Keeps a unit that an item had and has no more, as a list has it; whether it was not known.
///
/// # Errors
/// As [`add_unit`].
pub fn bring_removed_unit(tx: &mut Tx<'_>, ctx: &Ctx, sku: &str, command: &NewUnit) -> Result<bool, Failure> {
    let item = lock_at(tx, sku, IfMatch::Any)?;
    let unit = plan_unit(command, Base { unit: &item.base_unit, whole: item.whole }, &[])?.unit;
    let is_known = item.units.iter().any(|other| other.unit == unit)
        || store_codes::removed_factor(tx, item.id, &unit)?.is_some();
    if !is_known {
        add_unit(tx, ctx, (sku, IfMatch::Any), command)?;
        remove_unit(tx, ctx, (sku, IfMatch::Any), unit.as_str())?;
    }
    Ok(!is_known)
}

/// Adds a barcode to a unit of an item.
pub fn add_barcode(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewBarcode,
) -> Result<Item, Failure> {
    add_barcode_told(tx, ctx, Told::ALL, item, command)
}

/// The same for somebody who may not see all items.
pub(crate) fn add_barcode_told(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    item: (&str, IfMatch),
    command: &NewBarcode,
) -> Result<Item, Failure> {
    let mut item = lock_at(tx, item.0, item.1)?;
    let barcode = plan_barcode(command, &item.base_unit, &item.units, &item.barcodes)?;
    let key = barcode.code.key();
    if let Some((_, owner)) = store_codes::owners(tx, std::iter::once(key.as_str()))?.first() {
        return Err(barcode_taken(tx, told, owner, "/code".to_owned())?.into());
    }
    store_codes::insert_barcodes(tx, std::iter::once((item.id, &barcode))).map_err(taken_meanwhile)?;
    item.barcodes.push(barcode);
    sort_barcodes(&mut item.barcodes);
    finish(tx, ctx, item, "catalog.barcode.add", "barcodes")
}

/// Removes a barcode of an item.
pub fn remove_barcode(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    code: &str,
) -> Result<Item, Failure> {
    let mut item = lock_at(tx, item.0, item.1)?;
    let key =
        code::barcode_key(code).filter(|key| item.barcodes.iter().any(|other| other.code.key() == *key));
    let key = key.ok_or_else(|| Problem::not_found("barcode of this item", code))?;
    store_codes::delete_barcode(tx, item.id, &key)?;
    item.barcodes.retain(|barcode| barcode.code.key() != key);
    finish(tx, ctx, item, "catalog.barcode.remove", "barcodes")
}

fn finish(tx: &mut Tx<'_>, ctx: &Ctx, mut item: Item, action: &str, field: &str) -> Result<Item, Failure> {
    touch(&mut item, ctx.now);
    store::update(tx, &item)?;
    changed(tx, ctx, &item, action, &[field])?;
    Ok(item)
}
