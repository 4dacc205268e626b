//! What is said of a supply. Pure.

use super::{LEAD_TIME_DAYS_MAX, SUPPLIES_PER_ITEM_MAX, Supply};
use crate::item::Item;
use crate::suppliers::Supplier;
use crate::{code, text};
use domain::given::{given, not_null};
use domain::{AsProblem, Code, Problem, Qty, Ratio, SupplierSku, SupplyId, UnitCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// The last rank.
pub(crate) const RANK_MAX: i64 = 999;

/// What a supplier sells of an item.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupply {
    /// The supplier, by its code.
    pub supplier: String,
    /// What the supplier calls it; our SKU when left out.
    #[serde(default)]
    pub supplier_sku: Option<String>,
    /// The name under which the supplier sells it.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is sold in: a unit of the item, or one of the supplier's own with a factor. The base unit when left
    /// out.
    #[serde(default)]
    pub unit: Option<String>,
    /// How many base units one of a unit of the supplier's own is: `12` or `1/3`.
    #[serde(default)]
    pub factor: Option<String>,
    /// How much is bought at least, in the unit.
    #[serde(default)]
    pub least: Option<String>,
    /// In multiples of this it is bought.
    #[serde(default)]
    pub multiple: Option<String>,
    /// The days from the order to the receipt.
    #[serde(default)]
    pub lead_time_days: Option<i64>,
    /// The lower, the sooner it is bought there; behind the others when left out.
    #[serde(default)]
    pub rank: Option<i64>,
}

/// A change of what is said of it: left out means as it was, null means none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSupply {
    /// The name under which the supplier sells it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    /// How much is bought at least, in the unit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub least: Option<Option<String>>,
    /// In multiples of this it is bought.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub multiple: Option<Option<String>>,
    /// The days from the order to the receipt.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub lead_time_days: Option<Option<i64>>,
    /// The lower, the sooner it is bought there.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64)]
    pub rank: Option<Option<i64>>,
}

/// The supply as it will be stored, except for its id.
pub(crate) fn plan_new(
    command: &NewSupply,
    item: &Item,
    supplier: &Supplier,
    others: &[Supply],
) -> Result<Supply, Problem> {
    let NewSupply { supplier: _, supplier_sku, name, unit, factor, least, multiple, lead_time_days, rank } =
        command;
    if others.len() >= SUPPLIES_PER_ITEM_MAX {
        let detail = format!("an item is sold in at most {SUPPLIES_PER_ITEM_MAX} ways");
        return Err(Problem::new(Code::LimitExceeded, detail));
    }
    let supplier_sku = supplier_sku.as_deref().unwrap_or(&item.sku);
    let supplier_sku = SupplierSku::parse(supplier_sku).map_err(|error| error.problem("/supplier_sku"))?;
    let (unit, factor) = plan_unit(unit.as_deref(), factor.as_deref(), item)?;
    let last = others.iter().map(|other| other.rank).max().unwrap_or(0);
    let supply = Supply {
        id: SupplyId(0),
        item: item.id,
        sku: item.sku.clone(),
        supplier_id: supplier.id,
        supplier: supplier.code.clone(),
        supplier_sku,
        name: name.as_deref().map(|name| text::name(name, "/name")).transpose()?,
        unit,
        factor,
        least: least.as_deref().map(|qty| quantity(qty, "/least")).transpose()?,
        multiple: multiple.as_deref().map(|qty| quantity(qty, "/multiple")).transpose()?,
        lead_time_days: lead_time_days.map(plan_lead_time).transpose()?,
        rank: plan_rank(rank.unwrap_or_else(|| last.saturating_add(1).min(RANK_MAX)))?,
    };
    whole(supply, item)
}

/// The unit that it is sold in, and how many base units one of it is.
fn plan_unit(unit: Option<&str>, factor: Option<&str>, item: &Item) -> Result<(UnitCode, Ratio), Problem> {
    let unit = unit.map_or_else(|| Ok(item.base_unit.clone()), |unit| code::unit(unit, "/unit"))?;
    let factor = factor.map(|factor| code::factor(factor, &unit)).transpose()?;
    let ours = item.units.iter().find(|other| other.unit == unit).map(|other| other.factor);
    match (ours, factor) {
        (Some(ours), Some(factor)) if ours != factor => {
            let detail =
                format!("`{unit}` is `{ours}` of the item; give what the supplier sells another name");
            Err(Problem::at(Code::InvalidValue, "/factor", detail))
        }
        (Some(ours), _) => Ok((unit, ours)),
        (None, None) => {
            let detail = format!("the item has no unit `{unit}`; say by `factor` how many base units it is");
            Err(Problem::at(Code::UnknownUnit, "/unit", detail))
        }
        (None, Some(factor)) if item.whole && factor.den() != 1 => {
            let detail =
                format!("`{}` is kept in whole `{}`, and `{factor}` is none", item.sku, item.base_unit);
            Err(Problem::at(Code::FractionRefused, "/factor", detail))
        }
        (None, Some(factor)) => Ok((unit, factor)),
    }
}

/// The supply after a change.
pub(crate) fn plan_change(before: &Supply, item: &Item, change: &ChangeSupply) -> Result<Supply, Problem> {
    let ChangeSupply { name, least, multiple, lead_time_days, rank } = change;
    let mut after = before.clone();
    if let Some(name) = name {
        after.name = name.as_deref().map(|name| text::name(name, "/name")).transpose()?;
    }
    if let Some(least) = least {
        after.least = least.as_deref().map(|qty| quantity(qty, "/least")).transpose()?;
    }
    if let Some(multiple) = multiple {
        after.multiple = multiple.as_deref().map(|qty| quantity(qty, "/multiple")).transpose()?;
    }
    if let Some(days) = lead_time_days {
        after.lead_time_days = days.map(plan_lead_time).transpose()?;
    }
    if let Some(rank) = not_null(rank.as_ref(), "/rank")? {
        after.rank = plan_rank(*rank)?;
    }
    whole(after, item)
}

/// Refuses to buy a part of what comes whole.
fn whole(supply: Supply, item: &Item) -> Result<Supply, Problem> {
    for (qty, pointer) in [(supply.least, "/least"), (supply.multiple, "/multiple")] {
        let base = qty.map(|qty| supply.factor.exact(qty.millionths()).ok().and_then(Qty::from_millionths));
        let refused = match base {
            Some(None) => Some("is not exact in millionths of the base unit"),
            Some(Some(base)) if item.whole && !base.is_whole() => Some("is no whole number of base units"),
            _ => None,
        };
        if let (Some(why), Some(qty)) = (refused, qty) {
            let detail = format!("`{qty}` {} {why} `{}`", supply.unit, item.base_unit);
            return Err(Problem::at(Code::FractionRefused, pointer, detail));
        }
    }
    Ok(supply)
}

fn quantity(text: &str, pointer: &str) -> Result<Qty, Problem> {
    match Qty::parse(text) {
        Ok(qty) if qty.is_zero() => {
            let detail = "the quantity is above zero; leave it out where any will do";
            Err(Problem::at(Code::InvalidQuantity, pointer, detail))
        }
        Ok(qty) => Ok(qty),
        Err(error) => Err(error.problem(pointer)),
    }
}

fn plan_lead_time(days: i64) -> Result<i64, Problem> {
    if (0..=LEAD_TIME_DAYS_MAX).contains(&days) {
        return Ok(days);
    }
    let detail = format!("a lead time is 0 to {LEAD_TIME_DAYS_MAX} days, `{days}` is not");
    Err(Problem::at(Code::InvalidValue, "/lead_time_days", detail))
}

fn plan_rank(rank: i64) -> Result<i64, Problem> {
    if (1..=RANK_MAX).contains(&rank) {
        return Ok(rank);
    }
    Err(Problem::at(Code::InvalidValue, "/rank", format!("a rank is 1 to {RANK_MAX}, `{rank}` is not")))
}
