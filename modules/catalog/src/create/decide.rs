//! What a new item is: every field read, every default filled in. Pure.

use crate::item::{Barcode, Body, Item, NewBarcode, NewItem, NewUnit, Unit};
use crate::{code, goods, text};
use domain::unit::{BARCODES_PER_UNIT_MAX, PACKAGINGS_PER_ITEM_MAX, UnitCode, UnitError};
use domain::{AsProblem, Code, Instant, ItemClass, ItemId, Problem, Ratio, Tracking};

/// The item as it will be stored, except for its id.
pub(crate) fn plan(command: &NewItem, now: Instant) -> Result<Item, Problem> {
    let NewItem {
        sku,
        name,
        base_unit,
        whole,
        tracking,
        class,
        category,
        storage_class,
        temperature,
        hazard,
        attributes,
        owner,
        expiry,
        shelf_life_days,
        units,
        barcodes,
        family,
    } = command;
    let sku = code::sku(sku, "/sku")?.as_str().to_owned();
    let name = text::name(name, "/name")?;
    let base_unit = code::unit(base_unit, "/base_unit")?;
    let tracking = match tracking {
        Some(word) => Tracking::parse(word).map_err(|error| error.problem("/tracking"))?,
        None => Tracking::None,
    };
    let class = match class {
        Some(word) => ItemClass::parse(word).map_err(|error| error.problem("/class"))?,
        None => ItemClass::FinishedGood,
    };
    let attributes = attributes.clone().unwrap_or_default();
    text::attributes(&attributes, "/attributes")?;
    let owner = owner.as_deref().map(|owner| text::name(owner, "/owner")).transpose()?;
    let whole = whole.unwrap_or_else(|| base_unit.whole_by_default());
    let base = Base { unit: &base_unit, whole };
    let units = plan_units(base, units)?;
    let barcodes = plan_barcodes(base, &units, barcodes)?;
    Ok(Item {
        id: ItemId(0),
        whole,
        category: text::category(category.as_deref().unwrap_or_default(), "/category")?,
        category_id: None,
        storage_class: goods::storage_class(storage_class.as_deref())?,
        temperature: goods::temperature(temperature.as_deref())?,
        hazard: hazard.as_ref().map(goods::hazard).transpose()?,
        expiry: text::expiry(expiry.as_deref().unwrap_or("never"), *shelf_life_days, tracking)?,
        barcodes,
        family: family.clone(),
        merged_into: None,
        archived: false,
        version: 1,
        created_at: now,
        changed_at: now,
        sku,
        name,
        base_unit,
        tracking,
        class,
        attributes,
        owner,
        units,
    })
}

/// What every unit and barcode of an item is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    pub(crate) unit: &'a UnitCode,
    pub(crate) whole: bool,
}

fn plan_units(base: Base<'_>, units: &[NewUnit]) -> Result<Vec<Unit>, Problem> {
    let mut planned = vec![Unit { unit: base.unit.clone(), factor: Ratio::ONE, body: Body::default() }];
    for (index, unit) in units.iter().enumerate() {
        let unit =
            plan_unit(unit, base, &planned).map_err(|problem| problem.under(&format!("/units/{index}")))?;
        planned.push(unit);
    }
    planned.sort_by(|a, b| a.unit.cmp(&b.unit));
    Ok(planned)
}

/// One more packaging beside the units that are there.
pub(crate) fn plan_unit(unit: &NewUnit, base: Base<'_>, others: &[Unit]) -> Result<Unit, Problem> {
    let named = code::unit(&unit.unit, "/unit")?;
    let factor = code::factor(&unit.factor, &named)?;
    let unit = Unit { unit: named, factor, body: goods::body(unit)? };
    if others.len() > PACKAGINGS_PER_ITEM_MAX {
        return Err(UnitError::TooManyPackagings { count: others.len() }.problem("/unit"));
    }
    if let Some(other) = others.iter().find(|other| other.unit == unit.unit) {
        let Unit { unit, factor, body: _ } = other;
        let detail = format!("the item has the unit `{unit}` already, with the factor `{factor}`");
        return Err(Problem::at(Code::CodeTaken, "/unit", detail));
    }
    if base.whole && unit.factor.den() != 1 {
        let Unit { unit, factor, body: _ } = unit;
        return Err(UnitError::FactorNotWhole { unit, factor, base: base.unit.clone() }.problem("/factor"));
    }
    Ok(unit)
}

fn plan_barcodes(base: Base<'_>, units: &[Unit], barcodes: &[NewBarcode]) -> Result<Vec<Barcode>, Problem> {
    let mut planned: Vec<Barcode> = Vec::with_capacity(barcodes.len().min(64));
    for (index, barcode) in barcodes.iter().enumerate() {
        let barcode = plan_barcode(barcode, base.unit, units, &planned)
            .map_err(|problem| problem.under(&format!("/barcodes/{index}")))?;
        planned.push(barcode);
    }
    sort_barcodes(&mut planned);
    Ok(planned)
}

/// The order in which barcodes are shown: by their keys.
pub(crate) fn sort_barcodes(barcodes: &mut [Barcode]) {
    barcodes.sort_by_cached_key(|barcode| barcode.code.key());
}

/// One more barcode on one of the units, beside the barcodes that are there.
pub(crate) fn plan_barcode(
    barcode: &NewBarcode,
    base_unit: &UnitCode,
    units: &[Unit],
    others: &[Barcode],
) -> Result<Barcode, Problem> {
    let NewBarcode { code, unit, symbology } = barcode;
    let code = code::barcode(code, symbology.as_deref())?;
    let unit = match unit {
        Some(unit) => code::unit(unit, "/unit")?,
        None => base_unit.clone(),
    };
    if units.iter().all(|other| other.unit != unit) {
        let known: Vec<&str> = units.iter().map(|unit| unit.unit.as_str()).collect();
        return Err(UnitError::UnknownUnit { unit, known: known.join("`, `") }.problem("/unit"));
    }
    let count = others.iter().filter(|other| other.unit == unit).count();
    if count >= BARCODES_PER_UNIT_MAX {
        return Err(UnitError::TooManyBarcodes { unit, count: count + 1 }.problem("/code"));
    }
    let key = code.key();
    if others.iter().any(|other| other.code.key() == key) {
        let detail = format!("the item has the barcode `{code}` already");
        return Err(Problem::at(Code::CodeTaken, "/code", detail));
    }
    Ok(Barcode { symbology: code.symbology(), code, unit })
}
