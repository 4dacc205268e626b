//! What a bill of materials becomes. Pure.

use super::{BOM_ALTERNATIVES_MAX, BOM_LINES_MAX, Bom, BomLine, Choice, Parts};
use crate::code;
use crate::facts::ItemFacts;
use crate::item::Item;
use domain::bom::{BomKind, scrap};
use domain::{AsProblem, Code, ItemId, Note, Problem, Qty, Ratio, UnitCode};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use utoipa::ToSchema;

/// What an item consists of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBom {
    /// `kit`, `phantom` or `made`.
    pub kind: String,
    /// How much of the item is made at a time, in its base unit; `1` when left out.
    #[serde(default, rename = "yield")]
    pub yielded: Option<String>,
    /// What those who make it should know.
    #[serde(default)]
    pub note: Option<String>,
    /// What goes into it.
    pub lines: Vec<NewBomLine>,
}

/// A line of a bill.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBomLine {
    /// The component.
    pub sku: String,
    /// How much goes into one yield.
    pub qty: String,
    /// The unit of the quantity; the base unit of the component when left out.
    #[serde(default)]
    pub unit: Option<String>,
    /// How much more of it goes in for what is lost on the way, in percent of what is needed: of 200 with `10` go 220 in; `0` when left out.
    #[serde(default)]
    pub scrap_percent: Option<String>,
    /// What may stand in for it, the first choice first.
    #[serde(default)]
    pub alternatives: Vec<NewAlternative>,
}

/// What may stand in for a component.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAlternative {
    /// The component.
    pub sku: String,
    /// How much of it goes into one yield.
    pub qty: String,
    /// The unit of the quantity; the base unit of the component when left out.
    #[serde(default)]
    pub unit: Option<String>,
    /// How much more of it goes in for what is lost on the way, in percent of what is needed: of 200 with `10` go 220 in; `0` when left out.
    #[serde(default)]
    pub scrap_percent: Option<String>,
}

/// A component as it was written, with its place.
struct Written<'c> {
    pointer: String,
    sku: &'c str,
    qty: &'c str,
    unit: Option<&'c str>,
    scrap: Option<&'c str>,
}

/// Every component in the order of the lines, each line's own before what stands in for it.
fn written(command: &NewBom) -> Vec<Written<'_>> {
    let mut all = Vec::new();
    for (index, line) in command.lines.iter().enumerate() {
        all.push(Written {
            pointer: format!("/lines/{index}"),
            sku: &line.sku,
            qty: &line.qty,
            unit: line.unit.as_deref(),
            scrap: line.scrap_percent.as_deref(),
        });
        for (place, other) in line.alternatives.iter().enumerate() {
            all.push(Written {
                pointer: format!("/lines/{index}/alternatives/{place}"),
                sku: &other.sku,
                qty: &other.qty,
                unit: other.unit.as_deref(),
                scrap: other.scrap_percent.as_deref(),
            });
        }
    }
    all
}

/// The SKUs that a bill names, within its limits.
pub(crate) fn skus(command: &NewBom) -> Result<Vec<&str>, Problem> {
    let count = command.lines.len();
    if count == 0 {
        return Err(Problem::at(Code::InvalidValue, "/lines", "a bill of materials has at least one line"));
    }
    if count > BOM_LINES_MAX {
        let detail = format!("a bill of materials has at most {BOM_LINES_MAX} lines, not {count}");
        return Err(Problem::at(Code::TooMany, "/lines", detail));
    }
    for (index, line) in command.lines.iter().enumerate() {
        let count = line.alternatives.len();
        if count > BOM_ALTERNATIVES_MAX {
            let detail = format!("a line has at most {BOM_ALTERNATIVES_MAX} alternatives, not {count}");
            return Err(Problem::at(Code::TooMany, format!("/lines/{index}/alternatives"), detail));
        }
    }
    Ok(written(command).into_iter().map(|one| one.sku).collect())
}

/// The units that a bill names, of the items that were found.
pub(crate) fn units<'c>(command: &'c NewBom, found: &[Option<ItemFacts>]) -> Vec<(ItemId, &'c str)> {
    let named = written(command).into_iter().zip(found);
    named.filter_map(|(one, facts)| Some((facts.as_ref()?.id, one.unit?))).collect()
}

/// The bill as it will be stored. `found` are the items of [`skus`], `factors` what the units of [`units`] are.
pub(crate) fn plan(
    command: &NewBom,
    item: &Item,
    (found, factors): (&[Option<ItemFacts>], &[Option<Ratio>]),
    parts: Parts,
) -> Result<Bom, Problem> {
    let NewBom { kind, yielded, note, lines } = command;
    let kind = BomKind::parse(kind).map_err(|error| error.problem("/kind"))?;
    let note = match note.as_deref().unwrap_or_default() {
        "" => String::new(),
        note => Note::parse(note).map_err(|error| error.problem("/note"))?.as_str().to_owned(),
    };
    let yielded = quantity(yielded.as_deref().unwrap_or("1"), "/yield")?;
    if item.whole && !yielded.is_whole() {
        let detail = format!("`{}` is kept in whole units, and so is what is made at a time", item.sku);
        return Err(Problem::at(Code::FractionRefused, "/yield", detail));
    }
    let mut factors = factors.iter();
    let mut choices = Vec::new();
    for (one, facts) in written(command).iter().zip(found) {
        choices.push(choice(one, item, (facts.as_ref(), parts), &mut factors)?);
    }
    let mut choices = choices.into_iter();
    let mut planned: Vec<BomLine> = Vec::with_capacity(lines.len());
    for (number, line) in (1..).zip(lines) {
        let Some(component) = choices.next() else { break };
        let alternatives: Vec<Choice> = choices.by_ref().take(line.alternatives.len()).collect();
        let pointer = format!("/lines/{}", number - 1);
        if planned.iter().any(|other| other.component.component == component.component) {
            let detail = format!("`{}` stands in another line already; add the two up", component.sku);
            return Err(Problem::at(Code::InvalidValue, format!("{pointer}/sku"), detail));
        }
        let mut seen = vec![component.component];
        for (place, other) in alternatives.iter().enumerate() {
            if seen.contains(&other.component) {
                let detail = format!("`{}` stands in for itself", other.sku);
                let at = format!("{pointer}/alternatives/{place}/sku");
                return Err(Problem::at(Code::InvalidValue, at, detail));
            }
            seen.push(other.component);
        }
        planned.push(BomLine { line: number, component, alternatives });
    }
    Ok(Bom { kind, yielded, note, lines: planned })
}

fn quantity(text: &str, pointer: &str) -> Result<Qty, Problem> {
    match Qty::parse(text) {
        Ok(qty) if qty.is_zero() => {
            Err(Problem::at(Code::InvalidQuantity, pointer, "the quantity is above zero"))
        }
        Ok(qty) => Ok(qty),
        Err(error) => Err(error.problem(pointer)),
    }
}

fn choice<'f>(
    one: &Written<'_>,
    item: &Item,
    (facts, parts): (Option<&ItemFacts>, Parts),
    factors: &mut impl Iterator<Item = &'f Option<Ratio>>,
) -> Result<Choice, Problem> {
    let Written { pointer, sku, qty, unit, scrap: lost } = one;
    let at = |field: &str| format!("{pointer}/{field}");
    let Some(facts) = facts else {
        let detail = format!("there is no item with the SKU `{sku}`");
        return Err(Problem::at(Code::UnknownItem, at("sku"), detail));
    };
    // one for each unit that is named, in their order
    let factor = unit.map(|_| factors.next().copied().flatten());
    if facts.id == item.id {
        let detail = format!("`{}` cannot consist of itself", item.sku);
        return Err(Problem::at(Code::TreeCycle, at("sku"), detail));
    }
    let may_be_archived = parts == Parts::Kept && item.archived;
    if facts.archived && !may_be_archived {
        let detail = format!("`{}` is archived; restore it first, or choose another item", facts.sku);
        return Err(Problem::at(Code::InvalidValue, at("sku"), detail));
    }
    let qty = quantity(qty, &at("qty"))?;
    let base_unit = code::unit(&facts.base_unit, &at("unit"))?;
    let (unit, ratio) = match (unit, factor) {
        (Some(unit), Some(Some(factor))) => (code::unit(unit, &at("unit"))?, factor),
        (Some(unit), _) => {
            let known = std::iter::once(&facts.base_unit).chain(&facts.packagings);
            let known = known.map(|unit| format!("`{unit}`")).collect::<Vec<_>>().join(", ");
            let detail = format!("`{}` has no unit `{unit}`, it has {known}", facts.sku);
            return Err(Problem::at(Code::UnknownUnit, at("unit"), detail));
        }
        (None, _) => (base_unit.clone(), Ratio::ONE),
    };
    let base_qty = to_base(qty, ratio, facts, &unit, &at("qty"))?;
    let scrap = scrap(lost.unwrap_or("0")).map_err(|error| error.problem(&at("scrap_percent")))?;
    Ok(Choice {
        component: facts.id,
        sku: facts.sku.clone(),
        whole: facts.whole,
        qty,
        unit,
        base_qty,
        base_unit,
        scrap,
    })
}

fn to_base(
    qty: Qty,
    ratio: Ratio,
    facts: &ItemFacts,
    unit: &UnitCode,
    pointer: &str,
) -> Result<Qty, Problem> {
    let millionths = ratio.exact(qty.millionths()).map_err(|_| {
        let detail = format!("`{qty}` {unit} is not exact in millionths of `{}`", facts.base_unit);
        Problem::at(Code::InexactConversion, pointer, detail)
    })?;
    let base = Qty::from_millionths(millionths).ok_or_else(|| {
        Problem::at(Code::InvalidQuantity, pointer, format!("`{qty}` {unit} is more than a line takes"))
    })?;
    if facts.whole && !base.is_whole() {
        let detail = format!("`{}` is kept in whole `{}`, and `{base}` is none", facts.sku, facts.base_unit);
        return Err(Problem::at(Code::FractionRefused, pointer, detail));
    }
    Ok(base)
}

/// How many bills stand below each other from an item on, with itself counted; refused where one of them leads
/// back to something above it.
pub(crate) fn height(item: &Item, bills: &FxHashMap<ItemId, Bom>) -> Result<usize, Problem> {
    let mut known: FxHashMap<ItemId, usize> = FxHashMap::default();
    let mut path: Vec<(ItemId, String)> = Vec::new();
    walk((item.id, &item.sku), bills, &mut known, &mut path)
}

fn walk(
    (id, sku): (ItemId, &str),
    bills: &FxHashMap<ItemId, Bom>,
    known: &mut FxHashMap<ItemId, usize>,
    path: &mut Vec<(ItemId, String)>,
) -> Result<usize, Problem> {
    if let Some(start) = path.iter().position(|(above, _)| *above == id) {
        let circle = path.iter().skip(start).map(|(_, sku)| sku.as_str()).chain(std::iter::once(sku));
        let circle = circle.map(|sku| format!("`{sku}`")).collect::<Vec<_>>().join(" → ");
        let detail = format!("an item cannot consist of itself: {circle}");
        return Err(Problem::at(Code::TreeCycle, "/lines", detail));
    }
    if let Some(height) = known.get(&id) {
        return Ok(*height);
    }
    let Some(bom) = bills.get(&id) else { return Ok(0) };
    path.push((id, sku.to_owned()));
    let mut highest = 0;
    for line in &bom.lines {
        for choice in std::iter::once(&line.component).chain(&line.alternatives) {
            highest = highest.max(walk((choice.component, &choice.sku), bills, known, path)?);
        }
    }
    path.pop();
    known.insert(id, highest + 1);
    Ok(highest + 1)
}
