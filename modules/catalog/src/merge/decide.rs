//! Whether two items can be one, and what the one that stays lacks. Pure.

use crate::item::{Item, Unit};
use crate::supplies::{SUPPLIES_PER_ITEM_MAX, Supply};
use domain::unit::{BARCODES_PER_UNIT_MAX, PACKAGINGS_PER_ITEM_MAX};
use domain::{Code, Problem, Ratio};

/// Refuses what can never be one.
pub(crate) fn check(from: &Item, to: &Item) -> Result<(), Problem> {
    let at_into = |detail: String| Err(Problem::at(Code::InvalidValue, "/into", detail));
    if from.id == to.id {
        return at_into(format!("`{}` is the item itself", to.sku));
    }
    if let Some(into) = &from.merged_into {
        let detail = format!("`{}` was merged into `{into}` already", from.sku);
        return Err(Problem::new(Code::InUse, detail));
    }
    if to.archived {
        let detail = match &to.merged_into {
            Some(into) => format!("`{}` was merged itself, into `{into}`; name that", to.sku),
            None => format!("`{}` is archived; restore it first", to.sku),
        };
        return at_into(detail);
    }
    if from.owner != to.owner {
        let whose =
            |item: &Item| item.owner.as_ref().map_or_else(|| "us".to_owned(), |owner| format!("`{owner}`"));
        let (from_whose, to_whose) = (whose(from), whose(to));
        return at_into(format!(
            "`{}` belongs to {from_whose} and `{}` to {to_whose}; goods of two owners are not one item",
            from.sku, to.sku
        ));
    }
    if from.class.stockable() != to.class.stockable() {
        return at_into(format!("`{}` is a `{}` and `{}` a `{}`", from.sku, from.class, to.sku, to.class));
    }
    Ok(())
}

/// The units that the item which stays lacks for the barcodes of the other. `sold` is what suppliers sell of each.
pub(crate) fn plan(from: &Item, to: &Item, sold: &[Vec<Supply>; 2]) -> Result<Vec<Unit>, Problem> {
    let [sold_from, sold_to] = sold;
    let moves = !from.barcodes.is_empty() || !sold_from.is_empty();
    if moves && from.base_unit != to.base_unit {
        let detail = format!(
            "`{}` is kept in `{}` and `{}` in `{}`, so the codes of the one cannot stand for the other; remove its barcodes and supplies first",
            from.sku, from.base_unit, to.sku, to.base_unit
        );
        return Err(Problem::at(Code::InvalidValue, "/into", detail));
    }
    let mut lacking: Vec<Unit> = Vec::new();
    for unit in from.units.iter().filter(|unit| from.barcodes.iter().any(|barcode| barcode.unit == unit.unit))
    {
        match to.units.iter().find(|other| other.unit == unit.unit) {
            Some(other) if other.factor == unit.factor => {}
            Some(other) => return Err(other_factor(from, to, unit, other.factor)),
            None => lacking.push(Unit { unit: unit.unit.clone(), factor: unit.factor, body: unit.body }),
        }
    }
    if to.whole
        && let Some(unit) = lacking.iter().find(|unit| unit.factor.den() != 1)
    {
        return Err(not_whole(to, unit.unit.as_str(), unit.factor));
    }
    for supply in sold_from {
        let ours = to.units.iter().chain(&lacking).find(|unit| unit.unit == supply.unit);
        if let Some(unit) = ours.filter(|unit| unit.factor != supply.factor) {
            let sold = Unit { unit: supply.unit.clone(), factor: supply.factor, body: unit.body };
            return Err(other_factor(from, to, &sold, unit.factor));
        }
        if to.whole && supply.factor.den() != 1 {
            return Err(not_whole(to, supply.unit.as_str(), supply.factor));
        }
    }
    if to.units.len().saturating_add(lacking.len()) > PACKAGINGS_PER_ITEM_MAX + 1 {
        let detail = format!("together they have more than {PACKAGINGS_PER_ITEM_MAX} packagings");
        return Err(Problem::at(Code::LimitExceeded, "/into", detail));
    }
    let on =
        |item: &Item, unit: &Unit| item.barcodes.iter().filter(|barcode| barcode.unit == unit.unit).count();
    if let Some(unit) = from
        .units
        .iter()
        .find(|unit| on(from, unit) > 0 && on(from, unit) + on(to, unit) > BARCODES_PER_UNIT_MAX)
    {
        let detail =
            format!("together they have more than {BARCODES_PER_UNIT_MAX} barcodes on one `{}`", unit.unit);
        return Err(Problem::at(Code::LimitExceeded, "/into", detail));
    }
    if sold_from.len() + sold_to.len() > SUPPLIES_PER_ITEM_MAX {
        let detail = format!("together they are sold in more than {SUPPLIES_PER_ITEM_MAX} ways");
        return Err(Problem::at(Code::LimitExceeded, "/into", detail));
    }
    Ok(lacking)
}

fn not_whole(to: &Item, unit: &str, factor: Ratio) -> Problem {
    let detail =
        format!("`{}` is kept in whole `{}`, and a `{unit}` would be `{factor}`", to.sku, to.base_unit);
    Problem::at(Code::FractionRefused, "/into", detail)
}

/// A unit is one thing here and another there.
pub(crate) fn other_factor(from: &Item, to: &Item, unit: &Unit, there: Ratio) -> Problem {
    let detail = format!(
        "a `{}` of `{}` is `{}` and one of `{}` is, or was, `{there}`; remove what is named by it from `{}` first",
        unit.unit, from.sku, unit.factor, to.sku, from.sku
    );
    Problem::at(Code::InvalidValue, "/into", detail)
}
