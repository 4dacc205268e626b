//! What an item costs: our standard cost, what we ask for it, what suppliers ask, each from a day on and from a
//! quantity on. Part of the item, whose version counts its changes. Invariants: of two prices of one kind, list,
//! supply, unit, currency and quantity no day is in both; a day that is over keeps its price for ever.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::change::{decide::touch, lock_at};
use crate::item::{Body, Item, Unit};
use crate::{code, find, record, store, store_codes, store_prices, store_supplies, supplies};
use db::{Conn, Tx};
use decide::{EndPrice, NewPrice};
use domain::price::Span;
use domain::when::Date;
use domain::{Code, Ctx, Currency, Instant, ItemId, PriceId, PriceKind, Problem, Qty, SupplyId, UnitCode};
use domain::{UnitCost, Zone};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most prices that an item has had.
pub const PRICES_PER_ITEM_MAX: i64 = 10_000;

/// A price of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Price {
    /// Its number.
    #[schema(value_type = i64)]
    pub id: PriceId,
    /// The item by its id.
    #[serde(skip)]
    pub item: ItemId,
    /// `cost`, `sales` or `purchase`.
    #[schema(value_type = String)]
    pub kind: PriceKind,
    /// Of a sales price: the price list, in small letters; empty for the usual one.
    pub list: String,
    /// The supply by its id.
    #[serde(skip)]
    pub supply: Option<SupplyId>,
    /// Of a price of a supplier: the supplier.
    pub supplier: Option<String>,
    /// Of a price of a supplier: what the supplier calls it.
    pub supplier_sku: Option<String>,
    /// What it is the price of one of.
    #[schema(value_type = String)]
    pub unit: UnitCode,
    /// The currency.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// From this quantity on, in the unit.
    #[schema(value_type = String)]
    pub least: Qty,
    /// What one costs.
    #[serde(serialize_with = "amount_out")]
    #[schema(value_type = String)]
    pub amount: UnitCost,
    /// The first day.
    #[serde(serialize_with = "day_out")]
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day; null without an end.
    #[serde(serialize_with = "opt_day_out")]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Option<Date>,
    /// Taken back before it began.
    pub withdrawn: bool,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer hands over a reference")]
fn amount_out<S: serde::Serializer>(amount: &UnitCost, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer hands over a reference")]
fn day_out<S: serde::Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the serializer hands over a reference"
)]
fn opt_day_out<S: serde::Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

impl Price {
    /// The days on which it holds.
    pub(crate) fn span(&self) -> Span {
        Span { from: self.valid_from, until: self.valid_until }
    }
}

/// A new price of an item; with `follow` the one before it ends on the day before.
pub fn add_price(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &NewPrice,
) -> Result<(Item, Price), Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let of_item = store_supplies::of_item(tx, item.id)?;
    let price = decide::plan_new(command, &item, &of_item, ctx.now)?;
    add(tx, ctx, item, price, command.follow)
}

fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut item: Item,
    mut price: Price,
    follow: bool,
) -> Result<(Item, Price), Failure> {
    if store_prices::count(tx, item.id)? >= PRICES_PER_ITEM_MAX {
        let detail = format!("an item has at most {PRICES_PER_ITEM_MAX} prices with those that are over");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    let others = store_prices::alike(tx, &price)?;
    let ended = decide::plan_place(&price, &others, follow, today(ctx))?;
    price.id = PriceId(db::ids::take(tx, "catalog.price", 1)?);
    if let Some((before, after)) = &ended {
        store_prices::end(tx, after)?;
        item = finish(tx, ctx, item, "catalog.item.end_price", (Some(before), Some(after)))?;
    }
    store_prices::insert(tx, &price)?;
    let item = finish(tx, ctx, item, "catalog.item.add_price", (None, Some(&price)))?;
    Ok((item, price))
}

/// What became of a price out of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PriceBrought {
    /// It was not there.
    Created,
    /// It was there and ends sooner now.
    Ended,
    /// It was there.
    Unchanged,
}

/// Adds a price unless it is there: one of the same kind, list, supply, unit, currency and quantity that begins on
/// the same day. A last day that is not said changes nothing. Its unit may be one that the item has no more.
///
/// # Errors
/// As [`add_price`] and [`end_price`]; `code_taken` when the one that is there is another amount.
pub fn bring_price(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku: &str,
    command: &NewPrice,
) -> Result<PriceBrought, Failure> {
    let item = lock_at(tx, sku, IfMatch::Any)?;
    let of_item = store_supplies::of_item(tx, item.id)?;
    let wanted = decide::plan_new(command, &with_removed(tx, &item, command)?, &of_item, ctx.now)?;
    let alike = store_prices::alike(tx, &wanted)?;
    let Some(there) = alike.iter().find(|price| price.valid_from == wanted.valid_from) else {
        add(tx, ctx, item, wanted, command.follow)?;
        return Ok(PriceBrought::Created);
    };
    if there.amount != wanted.amount {
        let detail = format!(
            "the price is `{}` from `{}` on; let another one follow it on a later day",
            there.amount, there.valid_from
        );
        return Err(Problem::at(Code::CodeTaken, "/amount", detail).into());
    }
    let Some(until) = wanted.valid_until.filter(|until| there.valid_until != Some(*until)) else {
        return Ok(PriceBrought::Unchanged);
    };
    let end = EndPrice { valid_until: until.to_string() };
    end_price(tx, ctx, (sku, IfMatch::Any), there.id, &end)?;
    Ok(PriceBrought::Ended)
}

/// An item with the unit of a price too, where that was removed.
fn with_removed(tx: &mut Tx<'_>, item: &Item, command: &NewPrice) -> Result<Item, Failure> {
    let mut item = item.clone();
    if let Some(unit) = command.unit.as_deref().and_then(|unit| code::unit(unit, "/unit").ok())
        && let Some(factor) = store_codes::removed_factor(tx, item.id, &unit)?
    {
        item.units.push(Unit { unit, factor, body: Body::default() });
    }
    Ok(item)
}

/// Ends a price. Days that are over keep it.
pub fn end_price(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    id: PriceId,
    command: &EndPrice,
) -> Result<(Item, Price), Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let before = addressed(tx, item.id, id)?;
    let after = decide::plan_end(&before, command, today(ctx))?;
    if after == before {
        return Ok((item, after));
    }
    store_prices::end(tx, &after)?;
    let item = finish(tx, ctx, item, "catalog.item.end_price", (Some(&before), Some(&after)))?;
    Ok((item, after))
}

/// Takes back a price that has not begun.
pub fn withdraw_price(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    id: PriceId,
) -> Result<Item, Failure> {
    let item = lock_at(tx, item.0, item.1)?;
    let before = addressed(tx, item.id, id)?;
    let after = decide::plan_withdrawal(&before, today(ctx))?;
    store_prices::withdraw(tx, before.id)?;
    finish(tx, ctx, item, "catalog.item.withdraw_price", (Some(&before), Some(&after)))
}

/// What is asked of the price of an item.
#[derive(Clone, Debug)]
pub struct PriceAsked {
    /// Which kind.
    pub kind: PriceKind,
    /// Of a sales price: the list; empty for the usual one.
    pub list: String,
    /// Of a price of a supplier: the supplier and its SKU; where none is named, the first by rank that has a price.
    pub supply: Option<SupplyId>,
    /// The unit; any that a supplier sells where none is named.
    pub unit: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// How much of it.
    pub qty: Qty,
    /// On which day.
    pub on: Date,
}

/// The price that holds.
pub fn price_at(conn: &mut Conn<'_>, item: ItemId, asked: &PriceAsked) -> Result<Option<Price>, Failure> {
    Ok(store_prices::at(conn, item, asked)?)
}

/// The supply that a supplier and its SKU name; the supplier alone where it sells the item under one SKU.
pub(crate) fn named_supply(
    conn: &mut Conn<'_>,
    item: ItemId,
    supplier: &str,
    code: Option<&str>,
) -> Result<SupplyId, Failure> {
    if let Some(code) = code {
        return Ok(supplies::addressed(conn, item, supplier, code)?.id);
    }
    let of_item = store_supplies::of_item(conn, item)?;
    Ok(decide::only_supply(&of_item, supplier, "?supplier", "?supplier_sku")?.id)
}

/// The day that it is, in UTC: a day is over when it is over there.
fn today(ctx: &Ctx) -> Date {
    Zone::UTC.date(ctx.now)
}

pub(crate) fn addressed(conn: &mut Conn<'_>, item: ItemId, id: PriceId) -> Result<Price, Failure> {
    Ok(store_prices::by_id(conn, item, id)?.ok_or_else(|| Problem::not_found("price of this item", id))?)
}

/// The item of a SKU, with its id.
pub(crate) fn item_of(conn: &mut Conn<'_>, sku: &str) -> Result<Item, Failure> {
    Ok(find::item(conn, sku)?.ok_or_else(|| Problem::not_found("item", sku))?)
}

/// The body of an event of an item without the amount of a price that is no sales price; `None` when there is none
/// in it.
#[must_use]
pub fn without_costs(kind: &str, body: &str) -> Option<String> {
    if kind != record::ITEM_CHANGED || !body.contains(r#""price":"#) {
        return None;
    }
    let mut body: Value = serde_json::from_str(body).ok()?;
    let price = body.get_mut("price")?;
    let hidden = ["before", "after"].map(|side| price.get_mut(side).is_some_and(hide_cost));
    hidden.contains(&true).then(|| body.to_string())
}

/// Takes the amount out of a price as events and the audit log hold it, unless it is a sales price; whether it did.
pub(crate) fn hide_cost(price: &mut Value) -> bool {
    let is_cost = price.get("kind").is_some_and(|kind| kind != PriceKind::Sales.word());
    if is_cost {
        price["amount"] = Value::Null;
    }
    is_cost
}

fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut item: Item,
    action: &str,
    (before, after): (Option<&Price>, Option<&Price>),
) -> Result<Item, Failure> {
    touch(&mut item, ctx.now);
    store::update(tx, &item)?;
    record::part(tx, ctx, &item, action, "price", (&before, &after))?;
    Ok(item)
}
