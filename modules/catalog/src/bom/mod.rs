//! Bills of materials: what an item consists of. Invariant: nothing consists of itself, however many steps down,
//! whichever alternative is taken; and no tree of bills is deeper than [`BOM_DEPTH_MAX`].

pub(crate) mod api;
pub(crate) mod bring;
pub(crate) mod decide;
pub(crate) mod explode;
#[cfg(test)]
mod tests;

use crate::change::{decide::touch, lock_at};
use crate::item::Item;
use crate::{facts, find, record, store, store_bom, store_rules};
use db::{Conn, DbError, Tx};
use decide::NewBom;
use domain::bom::{BomKind, Percent};
use domain::{Code, Ctx, ItemId, Problem, Qty, UnitCode};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most lines of a bill.
pub const BOM_LINES_MAX: usize = 500;
/// The most alternatives of a line.
pub const BOM_ALTERNATIVES_MAX: usize = 10;
/// How many bills stand below each other at most.
pub const BOM_DEPTH_MAX: usize = 16;

/// A bill of materials.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Bom {
    /// `kit`, `phantom` or `made`.
    #[schema(value_type = String)]
    pub kind: BomKind,
    /// How much of the item is made at a time, in its base unit.
    #[serde(rename = "yield")]
    #[schema(value_type = String)]
    pub yielded: Qty,
    /// What those who make it should know.
    pub note: String,
    /// What goes into it.
    pub lines: Vec<BomLine>,
}

/// A line of a bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BomLine {
    /// Its number, from 1.
    pub line: i64,
    /// What goes in.
    #[serde(flatten)]
    pub component: Choice,
    /// What may stand in for it, the first choice first.
    pub alternatives: Vec<Choice>,
}

/// A component with its quantity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Choice {
    /// The component.
    #[serde(skip)]
    pub component: ItemId,
    /// Its SKU.
    pub sku: String,
    /// It is kept in whole units.
    #[serde(skip)]
    pub whole: bool,
    /// How much goes into one yield.
    #[schema(value_type = String)]
    pub qty: Qty,
    /// In this unit.
    #[schema(value_type = String)]
    pub unit: UnitCode,
    /// The same in the base unit of the component.
    #[schema(value_type = String)]
    pub base_qty: Qty,
    /// The base unit of the component.
    #[schema(value_type = String)]
    pub base_unit: UnitCode,
    /// How much more of it goes in for what is lost on the way, in percent of what is needed: of 200 with `10` go 220 in.
    #[serde(rename = "scrap_percent", serialize_with = "percent_out")]
    #[schema(value_type = String)]
    pub scrap: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer hands over a reference")]
fn percent_out<S: Serializer>(scrap: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Percent(*scrap))
}

/// Says what an item consists of, in place of what was said.
pub fn set_bom(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewBom,
) -> Result<(Item, Bom), Failure> {
    set(tx, ctx, item, command, Parts::InUse)
}

/// Which items go into a bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parts {
    /// Those in use.
    InUse,
    /// Those that a bill may have kept: where the whole is archived, so may they be.
    Kept,
}

fn set(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewBom,
    parts_may_be: Parts,
) -> Result<(Item, Bom), Failure> {
    store_rules::hold(tx)?;
    let item = lock_at(tx, item.0, item.1)?;
    let skus = decide::skus(command)?;
    // none of them goes out of use while it is written that it goes in here
    let named = facts::facts_by_sku(tx, &skus)?;
    let mut parts: Vec<ItemId> = named.iter().flatten().map(|facts| facts.id).collect();
    parts.sort_unstable();
    parts.dedup();
    store::share(tx, &parts)?;
    let found = facts::facts_by_sku(tx, &skus)?;
    let keys: Vec<(ItemId, &str)> = decide::units(command, &found);
    let factors = facts::unit_factors(tx, &keys)?;
    let bom = decide::plan(command, &item, (&found, &factors), parts_may_be)?;
    let before = store_bom::bills(tx, &[item.id])?.pop().map(|(_, present)| present);
    if before.as_ref() == Some(&bom) {
        return Ok((item, bom));
    }
    refuse_circles(tx, &item, &bom)?;
    store_bom::set(tx, item.id, &bom)?;
    let item = changed(tx, ctx, item, "catalog.item.set_bom", (before.as_ref(), Some(&bom)))?;
    Ok((item, bom))
}

/// Says nothing more of what an item consists of.
pub fn remove_bom(tx: &mut Tx<'_>, ctx: &Ctx, item: (&str, IfMatch)) -> Result<Item, Failure> {
    store_rules::hold(tx)?;
    let item = lock_at(tx, item.0, item.1)?;
    let before = store_bom::bills(tx, &[item.id])?.pop().map(|(_, present)| present);
    let before = before.ok_or_else(|| Problem::not_found("bill of materials of", &item.sku))?;
    store_bom::remove(tx, item.id)?;
    changed(tx, ctx, item, "catalog.item.remove_bom", (Some(&before), None))
}

/// The bill of an item.
pub fn bom(conn: &mut Conn<'_>, sku: &str) -> Result<Option<(Item, Bom)>, DbError> {
    let Some(item) = find::item(conn, sku)? else { return Ok(None) };
    let found = store_bom::bills(conn, &[item.id])?.pop();
    Ok(found.map(|(_, bom)| (item, bom)))
}

/// The bills of items and of all that may go into them, however far down.
fn tree(conn: &mut Conn<'_>, roots: Vec<ItemId>) -> Result<FxHashMap<ItemId, Bom>, Failure> {
    walk_down(conn, roots, store_bom::bills, usize::MAX)
}

/// The bills of an item and of its components, however far down, as an explosion takes them.
pub(crate) fn plain_tree(conn: &mut Conn<'_>, root: ItemId) -> Result<FxHashMap<ItemId, Bom>, Failure> {
    // each item below the first is a step of the explosion
    walk_down(conn, vec![root], store_bom::plain_bills, explode::EXPLODED_MAX + 1)
}

/// How the bills of items are read.
type ReadBills = fn(&mut Conn<'_>, &[ItemId]) -> Result<Vec<(ItemId, Bom)>, DbError>;

fn walk_down(
    conn: &mut Conn<'_>,
    roots: Vec<ItemId>,
    read: ReadBills,
    items_max: usize,
) -> Result<FxHashMap<ItemId, Bom>, Failure> {
    let mut bills: FxHashMap<ItemId, Bom> = FxHashMap::default();
    let mut asked: FxHashSet<ItemId> = FxHashSet::default();
    let mut level = roots;
    level.sort_unstable();
    level.dedup();
    while !level.is_empty() {
        asked.extend(level.iter().copied());
        if asked.len() > items_max {
            return Err(explode::too_many().into());
        }
        let found = read(conn, &level)?;
        let mut next: Vec<ItemId> = found.iter().flat_map(|(_, bom)| parts(bom)).collect();
        next.sort_unstable();
        next.dedup();
        next.retain(|id| !asked.contains(id));
        bills.extend(found);
        level = next;
    }
    Ok(bills)
}

/// All that may go into a bill.
fn parts(bom: &Bom) -> impl Iterator<Item = ItemId> {
    bom.lines
        .iter()
        .flat_map(|line| std::iter::once(&line.component).chain(&line.alternatives))
        .map(|choice| choice.component)
}

/// Refuses a bill with which the item would consist of itself, or would stand too deep.
fn refuse_circles(tx: &mut Tx<'_>, item: &Item, bom: &Bom) -> Result<(), Failure> {
    let mut bills = tree(tx, parts(bom).collect())?;
    bills.insert(item.id, bom.clone());
    let below = decide::height(item, &bills)?;
    let mut above = 0_usize;
    let mut level = vec![item.id];
    while !level.is_empty() && above <= BOM_DEPTH_MAX {
        level = store_bom::parents(tx, &level)?;
        level.sort_unstable();
        level.dedup();
        if !level.is_empty() {
            above += 1;
        }
    }
    if below.saturating_add(above) > BOM_DEPTH_MAX {
        let detail = format!(
            "bills of materials stand at most {BOM_DEPTH_MAX} below each other; with this one there would be {}",
            below + above
        );
        return Err(Problem::at(Code::LimitExceeded, "/lines", detail).into());
    }
    Ok(())
}

/// Refuses to take an item out of use that goes into another one, or may stand in for what does: a bill in use names
/// nothing that is not.
pub(crate) fn refuse_needed(tx: &mut Tx<'_>, item: &Item) -> Result<(), Failure> {
    match store_bom::needed_by(tx, item.id)? {
        Some(whole) => {
            let detail = format!(
                "`{}` goes into `{whole}`, or may stand in for what does; take it out of that bill of materials first, or archive that item",
                item.sku
            );
            Err(Problem::new(Code::InUse, detail).into())
        }
        None => Ok(()),
    }
}

/// Refuses to take an item back into use that consists of something out of use.
pub(crate) fn refuse_lacking(tx: &mut Tx<'_>, item: &Item) -> Result<(), Failure> {
    match store_bom::out_of_use(tx, item.id)? {
        Some(part) => {
            let detail = format!(
                "`{}` consists of `{part}`, or lets it stand in, and that is archived; restore it first",
                item.sku
            );
            Err(Problem::new(Code::InUse, detail).into())
        }
        None => Ok(()),
    }
}

/// The trace: a bill is part of its item.
fn changed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut item: Item,
    action: &str,
    bom: (Option<&Bom>, Option<&Bom>),
) -> Result<Item, Failure> {
    touch(&mut item, ctx.now);
    store::update(tx, &item)?;
    record::part(tx, ctx, &item, action, "bom", (&bom.0, &bom.1))?;
    Ok(item)
}
