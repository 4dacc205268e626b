//! What suppliers sell us of an item: under which SKU, in which unit, how much at least, how soon. Part of the
//! item, whose version counts its changes. Invariant: a supplier has one item under one SKU.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
pub(crate) mod tests;

use crate::change::{decide::touch, lock_at};
use crate::item::Item;
use crate::limits::Told;
use crate::suppliers::Supplier;
use crate::{find, record, store, store_supplies, suppliers};
use db::{Conn, DbError, Tx};
use decide::{ChangeSupply, NewSupply};
use domain::{
    CategoryId, Code, Ctx, ItemId, Problem, Qty, Ratio, SupplierCode, SupplierId, SupplierSku, SupplyId,
    UnitCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most that suppliers sell of one item.
pub const SUPPLIES_PER_ITEM_MAX: usize = 100;
/// The longest lead time, in days.
pub const LEAD_TIME_DAYS_MAX: i64 = 3_650;

/// What a supplier sells of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Supply {
    /// Its id.
    #[serde(skip)]
    pub id: SupplyId,
    /// The item by its id.
    #[serde(skip)]
    pub item: ItemId,
    /// The item.
    pub sku: String,
    /// The supplier by its id.
    #[serde(skip)]
    pub supplier_id: SupplierId,
    /// The supplier, by its code.
    #[schema(value_type = String)]
    pub supplier: SupplierCode,
    /// What the supplier calls it; capital and small letters do not differ.
    #[schema(value_type = String)]
    pub supplier_sku: SupplierSku,
    /// The name under which the supplier sells it; null where it is as ours.
    pub name: Option<String>,
    /// What it is sold in.
    #[schema(value_type = String)]
    pub unit: UnitCode,
    /// How many of our base units one of that is, exactly.
    #[schema(value_type = String)]
    pub factor: Ratio,
    /// How much is bought at least, in the unit; null for any.
    #[schema(value_type = Option<String>)]
    pub least: Option<Qty>,
    /// In multiples of this it is bought; null for any.
    #[schema(value_type = Option<String>)]
    pub multiple: Option<Qty>,
    /// The days from the order to the receipt; null where nobody knows.
    pub lead_time_days: Option<i64>,
    /// The lower, the sooner it is bought there.
    pub rank: i64,
}

/// What is sold of an item, with the version of the item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ItemSupplies {
    /// The item.
    pub sku: String,
    /// The version of the item.
    pub version: i64,
    /// By rank.
    pub supplies: Vec<Supply>,
}

/// Adds what a supplier sells of an item.
pub fn add_supply(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewSupply,
) -> Result<(Item, Supply), Failure> {
    add_supply_told(tx, ctx, Told::ALL, item, command)
}

/// The same for somebody who may not see all items.
pub(crate) fn add_supply_told(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    item: (&str, IfMatch),
    command: &NewSupply,
) -> Result<(Item, Supply), Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let supplier = suppliers::in_use(tx, &command.supplier, "/supplier")?;
    add(tx, ctx, told, (item, &supplier), command)
}

/// Adds what a supplier sells, or sold, of an item as a list has it; the supplier may be archived.
///
/// # Errors
/// As [`add_supply`].
pub fn bring_supply(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku: &str,
    command: &NewSupply,
) -> Result<(Item, Supply), Failure> {
    let item = lock_at(tx, sku, IfMatch::Any)?;
    let supplier = suppliers::named(tx, &command.supplier, "/supplier")?;
    add(tx, ctx, Told::ALL, (item, &supplier), command)
}

fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    (item, supplier): (Item, &Supplier),
    command: &NewSupply,
) -> Result<(Item, Supply), Failure> {
    let others = store_supplies::of_item(tx, item.id)?;
    let mut supply = decide::plan_new(command, &item, supplier, &others)?;
    refuse_taken(tx, told, &supply)?;
    supply.id = SupplyId(db::ids::take(tx, "catalog.supply", 1)?);
    store_supplies::insert(tx, &supply).map_err(taken_meanwhile)?;
    let item = finish(tx, ctx, item, "catalog.item.add_supply", (None, Some(&supply)))?;
    Ok((item, supply))
}

/// Changes what is said of it. Its unit never changes, because orders and prices were written with it.
pub fn change_supply(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    (supplier, code): (&str, &str),
    change: &ChangeSupply,
) -> Result<(Item, Supply), Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let before = addressed(tx, item.id, supplier, code)?;
    let after = decide::plan_change(&before, &item, change)?;
    if after == before {
        return Ok((item, after));
    }
    store_supplies::update(tx, &after)?;
    let item = finish(tx, ctx, item, "catalog.item.change_supply", (Some(&before), Some(&after)))?;
    Ok((item, after))
}

/// Says that a supplier sells it no more. Its prices stay in the history.
pub fn remove_supply(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    (supplier, code): (&str, &str),
) -> Result<Item, Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let before = addressed(tx, item.id, supplier, code)?;
    store_supplies::remove(tx, before.id)?;
    finish(tx, ctx, item, "catalog.item.remove_supply", (Some(&before), None))
}

/// What is sold of an item.
pub fn supplies_of(conn: &mut Conn<'_>, sku: &str) -> Result<Option<ItemSupplies>, DbError> {
    let Some(item) = find::item(conn, sku)? else { return Ok(None) };
    let supplies = store_supplies::of_item(conn, item.id)?;
    Ok(Some(ItemSupplies { sku: item.sku, version: item.version, supplies }))
}

/// One page of what a supplier sells, of all items or those of some categories, by its own SKUs.
pub(crate) fn sold_by(
    conn: &mut Conn<'_>,
    supplier: SupplierId,
    among: Option<&[CategoryId]>,
    page: (&str, i64),
) -> Result<Vec<Supply>, DbError> {
    store_supplies::sold_by(conn, supplier, among, page)
}

/// What suppliers sell under a SKU of theirs.
pub(crate) fn by_code(conn: &mut Conn<'_>, code: &str) -> Result<Vec<Supply>, DbError> {
    match SupplierSku::parse(code) {
        Ok(code) => store_supplies::by_code(conn, &code.folded()),
        Err(_) => Ok(Vec::new()),
    }
}

/// What an address names.
pub(crate) fn addressed(
    conn: &mut Conn<'_>,
    item: ItemId,
    supplier: &str,
    code: &str,
) -> Result<Supply, Failure> {
    let sold = store_supplies::of_item(conn, item)?;
    let key = SupplierSku::parse(code).ok().map(|code| code.folded());
    let of = SupplierCode::parse(supplier).ok().map(|code| code.folded());
    let found = sold
        .into_iter()
        .find(|supply| Some(supply.supplier_sku.folded()) == key && Some(supply.supplier.folded()) == of);
    Ok(found.ok_or_else(|| Problem::not_found("SKU of this item at the supplier", code))?)
}

fn refuse_taken(tx: &mut Tx<'_>, told: Told<'_>, supply: &Supply) -> Result<(), Failure> {
    let there = store_supplies::by_code(tx, &supply.supplier_sku.folded())?;
    match there.iter().find(|other| other.supplier_id == supply.supplier_id) {
        Some(other) => {
            let (supplier, code) = (&other.supplier, &other.supplier_sku);
            let detail = if told.names(tx, &other.sku)? {
                format!(
                    "`{supplier}` sells the item `{}` as `{code}` already; remove it there first",
                    other.sku
                )
            } else {
                format!(
                    "`{supplier}` sells an item of a category that you do not see as `{code}` already; ask those who keep it"
                )
            };
            Err(Problem::at(Code::CodeTaken, "/supplier_sku", detail).into())
        }
        None => Ok(()),
    }
}

fn taken_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store_supplies::CODE_INDEX) {
        let detail = "the SKU of the supplier was taken a moment ago; look it up again";
        Problem::at(Code::CodeTaken, "/supplier_sku", detail).into()
    } else {
        error.into()
    }
}

fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut item: Item,
    action: &str,
    (before, after): (Option<&Supply>, Option<&Supply>),
) -> Result<Item, Failure> {
    touch(&mut item, ctx.now);
    store::update(tx, &item)?;
    record::part(tx, ctx, &item, action, "supply", (&before, &after))?;
    Ok(item)
}
