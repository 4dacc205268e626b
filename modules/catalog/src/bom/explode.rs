//! What is needed for a quantity of an item, level by level and in total. Pure.

use super::{BOM_DEPTH_MAX, Bom};
use domain::bom::{BomKind, Need, Usage};
use domain::{Code, ItemId, Problem, Qty};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most rows of an explosion.
pub const EXPLODED_MAX: usize = 10_000;

/// A step of an explosion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Exploded {
    /// How far down it stands, from 1.
    pub level: usize,
    /// The component.
    pub sku: String,
    /// How much of it is needed there, in its base unit, with scrap; rounded up to what there is a part of, except for
    /// a phantom, which nobody takes.
    #[schema(value_type = String)]
    pub qty: Qty,
    /// Its base unit.
    pub unit: String,
    /// What its own bill is for; null when it is bought.
    #[schema(value_type = Option<String>)]
    pub kind: Option<BomKind>,
}

/// How much of something is needed in total.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Total {
    /// What is needed.
    pub sku: String,
    /// How much, in its base unit.
    #[schema(value_type = String)]
    pub qty: Qty,
    /// Its base unit.
    pub unit: String,
}

/// What is needed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct Explosion {
    /// Each step, what stands below a component right behind it.
    pub steps: Vec<Exploded>,
    /// What must be there in the end: all that has no bill of its own, by SKU.
    pub totals: Vec<Total>,
}

/// It has more steps than are shown.
pub(crate) fn too_many() -> Problem {
    let detail = format!("taken apart, it has more than {EXPLODED_MAX} steps; ask for its parts");
    Problem::new(Code::LimitExceeded, detail)
}

/// Takes an item apart. Each level is rounded up by itself, as it is made or picked by itself; what passes through a
/// phantom is handed on as it is.
pub(crate) fn explode(
    root: ItemId,
    wanted: Qty,
    bills: &FxHashMap<ItemId, Bom>,
) -> Result<Explosion, Problem> {
    let mut steps = Vec::new();
    let mut totals: BTreeMap<String, (Qty, String)> = BTreeMap::new();
    take_apart((root, wanted.into(), 1), bills, &mut steps, &mut totals)?;
    let totals = totals.into_iter().map(|(sku, (qty, unit))| Total { sku, qty, unit }).collect();
    Ok(Explosion { steps, totals })
}

fn take_apart(
    (item, wanted, level): (ItemId, Need, usize),
    bills: &FxHashMap<ItemId, Bom>,
    steps: &mut Vec<Exploded>,
    totals: &mut BTreeMap<String, (Qty, String)>,
) -> Result<(), Problem> {
    // no tree is deeper: a circle would have to be planted behind the back of the product
    let Some(bom) = bills.get(&item).filter(|_| level <= BOM_DEPTH_MAX) else { return Ok(()) };
    for line in &bom.lines {
        let part = &line.component;
        let too_much = || {
            let detail = format!("more of `{}` would be needed than a line takes; ask for less", part.sku);
            Problem::at(Code::InvalidQuantity, "?qty", detail)
        };
        let usage = Usage { qty: part.base_qty, yielded: bom.yielded, scrap: part.scrap, whole: part.whole };
        let below = bills.get(&part.component);
        let passes = below.is_some_and(|bom| bom.kind == BomKind::Phantom);
        let need = wanted.of(usage).ok_or_else(too_much)?;
        let qty = need.rounded_up(part.whole && !passes).ok_or_else(too_much)?;
        if steps.len() >= EXPLODED_MAX {
            return Err(too_many());
        }
        steps.push(Exploded {
            level,
            sku: part.sku.clone(),
            qty,
            unit: part.base_unit.as_str().to_owned(),
            kind: below.map(|bom| bom.kind),
        });
        if below.is_some() {
            let wanted = if passes { need } else { qty.into() };
            take_apart((part.component, wanted, level + 1), bills, steps, totals)?;
        } else {
            let unit = part.base_unit.as_str().to_owned();
            let total = totals.entry(part.sku.clone()).or_insert((Qty::ZERO, unit));
            total.0 = total.0.checked_add(qty).ok_or_else(too_much)?;
        }
    }
    Ok(())
}
