//! What a price is, where it goes among others, and how one ends. Pure.

use super::Price;
use crate::item::Item;
use crate::supplies::Supply;
use crate::{code, text};
use domain::money::BadMoney;
use domain::when::{Date, parse_date, plus_days};
use domain::{
    AsProblem, Code, Currency, Instant, PriceId, PriceKind, Problem, Qty, SupplierCode, SupplierSku, UnitCost,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new price.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    /// `cost`, `sales` or `purchase`.
    pub kind: String,
    /// Of a sales price: the price list; the usual one when left out.
    #[serde(default)]
    pub list: Option<String>,
    /// Of a price of a supplier: the supplier.
    #[serde(default)]
    pub supplier: Option<String>,
    /// Of a price of a supplier that sells the item under more than one SKU: which.
    #[serde(default)]
    pub supplier_sku: Option<String>,
    /// What it is the price of one of: a unit of the item, of which the base unit is the usual one. A supplier's
    /// price is of the unit that the supplier sells.
    #[serde(default)]
    pub unit: Option<String>,
    /// The currency, such as `EUR`.
    pub currency: String,
    /// From this quantity on, in the unit; from the first on when left out.
    #[serde(default)]
    pub least: Option<String>,
    /// What one costs, with at most six decimals.
    pub amount: String,
    /// The first day, such as `2026-03-01`.
    pub valid_from: String,
    /// The last day; without an end when left out.
    #[serde(default)]
    pub valid_until: Option<String>,
    /// Ends the price before it on the day before.
    #[serde(default)]
    pub follow: bool,
}

/// The end of a price.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndPrice {
    /// The last day, such as `2026-03-31`.
    pub valid_until: String,
}

/// The price as it will be stored, except for its number.
pub(crate) fn plan_new(
    command: &NewPrice,
    item: &Item,
    sold: &[Supply],
    now: Instant,
) -> Result<Price, Problem> {
    let NewPrice {
        kind,
        list,
        supplier,
        supplier_sku,
        unit,
        currency,
        least,
        amount,
        valid_from,
        valid_until,
        follow: _,
    } = command;
    let kind = PriceKind::parse(kind).map_err(|error| error.problem("/kind"))?;
    let refused = |pointer: &str, detail: String| Err(Problem::at(Code::InvalidValue, pointer, detail));
    if list.is_some() && kind != PriceKind::Sales {
        return refused("/list", "only a `sales` price stands in a list; leave it out".to_owned());
    }
    let supply = match (kind, supplier, supplier_sku) {
        (PriceKind::Purchase, Some(supplier), sku) => Some(supply(sold, supplier, sku.as_deref())?),
        (PriceKind::Purchase, None, _) => {
            return refused("/supplier", "a `purchase` price is that of a supplier; name it".to_owned());
        }
        (_, None, None) => None,
        (_, supplier, _) => {
            let pointer = if supplier.is_some() { "/supplier" } else { "/supplier_sku" };
            return refused(
                pointer,
                "only a `purchase` price is that of a supplier; leave it out".to_owned(),
            );
        }
    };
    let valid_from = day(valid_from, "/valid_from")?;
    let valid_until = valid_until.as_deref().map(|text| day(text, "/valid_until")).transpose()?;
    if valid_until.is_some_and(|until| until < valid_from) {
        return refused("/valid_until", format!("a price that begins on `{valid_from}` does not end before"));
    }
    Ok(Price {
        id: PriceId(0),
        item: item.id,
        kind,
        list: read_list(list.as_deref(), "/list")?,
        supply: supply.map(|supply| supply.id),
        supplier: supply.map(|supply| supply.supplier.as_str().to_owned()),
        supplier_sku: supply.map(|supply| supply.supplier_sku.as_str().to_owned()),
        unit: plan_unit(unit.as_deref(), item, supply)?,
        currency: Currency::parse(currency).map_err(|error| error.problem("/currency"))?,
        least: least.as_deref().map_or(Ok(Qty::ZERO), Qty::parse).map_err(|error| error.problem("/least"))?,
        amount: plan_amount(amount, kind)?,
        valid_from,
        valid_until,
        withdrawn: false,
        created_at: now,
    })
}

/// A cost is told in the words of costs, and a price in its own.
fn plan_amount(amount: &str, kind: PriceKind) -> Result<UnitCost, Problem> {
    UnitCost::parse(amount).map_err(|error| {
        let problem = error.problem("/amount");
        let detail = match error {
            _ if kind == PriceKind::Cost => return problem,
            BadMoney::Negative => "a price is never below zero".to_owned(),
            BadMoney::CostTooFine => "a price has at most six decimals".to_owned(),
            BadMoney::CostTooLarge => format!("a price is at most `{}`", UnitCost::MAX),
            _ => return problem,
        };
        Problem::at(problem.code, "/amount", detail)
    })
}

/// The name of a price list as it is kept; empty for the usual one.
pub(crate) fn read_list(list: Option<&str>, pointer: &str) -> Result<String, Problem> {
    match list {
        None | Some("") => Ok(String::new()),
        Some(list) => Ok(text::fold(&text::name(list, pointer)?)),
    }
}

/// A day of the years that the product knows.
pub(crate) fn day(text: &str, pointer: &str) -> Result<Date, Problem> {
    let day = parse_date(text).map_err(|error| error.problem(pointer))?;
    if (1900..=2200).contains(&day.year()) {
        return Ok(day);
    }
    Err(Problem::at(
        Code::InvalidValue,
        pointer,
        format!("a day is of the years 1900 to 2200, `{day}` is not"),
    ))
}

fn plan_unit(unit: Option<&str>, item: &Item, supply: Option<&Supply>) -> Result<domain::UnitCode, Problem> {
    let usual = supply.map_or(&item.base_unit, |supply| &supply.unit);
    let Some(unit) = unit else { return Ok(usual.clone()) };
    let unit = code::unit(unit, "/unit")?;
    let known: Vec<&str> = match supply {
        Some(supply) => vec![supply.unit.as_str()],
        None => item.units.iter().map(|unit| unit.unit.as_str()).collect(),
    };
    if known.contains(&unit.as_str()) {
        return Ok(unit);
    }
    let whose = supply.map_or_else(|| item.sku.clone(), |supply| supply.supplier_sku.as_str().to_owned());
    let detail = format!("`{whose}` has no unit `{unit}`, it has `{}`", known.join("`, `"));
    Err(Problem::at(Code::UnknownUnit, "/unit", detail))
}

fn supply<'s>(sold: &'s [Supply], supplier: &str, sku: Option<&str>) -> Result<&'s Supply, Problem> {
    let Some(sku) = sku else { return only_supply(sold, supplier, "/supplier", "/supplier_sku") };
    let of = SupplierCode::parse(supplier).ok().map(|code| code.folded());
    let key = SupplierSku::parse(sku).ok().map(|code| code.folded());
    let found = sold
        .iter()
        .find(|supply| Some(supply.supplier.folded()) == of && Some(supply.supplier_sku.folded()) == key);
    found.ok_or_else(|| {
        let sku = domain::word::echo(sku);
        let detail =
            format!("the item is not sold as `{sku}` by that supplier; add it to its supplies first");
        Problem::at(Code::InvalidValue, "/supplier_sku", detail)
    })
}

/// What a supplier sells of an item, where that is one thing.
pub(crate) fn only_supply<'s>(
    sold: &'s [Supply],
    supplier: &str,
    at_supplier: &str,
    at_sku: &str,
) -> Result<&'s Supply, Problem> {
    let of = SupplierCode::parse(supplier).ok().map(|code| code.folded());
    let mut of_it = sold.iter().filter(|supply| Some(supply.supplier.folded()) == of);
    match (of_it.next(), of_it.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            let detail = format!(
                "the supplier sells it as `{}` and as `{}`; say which",
                one.supplier_sku, other.supplier_sku
            );
            Err(Problem::at(Code::InvalidValue, at_sku, detail))
        }
        (None, _) => {
            let supplier = domain::word::echo(supplier);
            let detail = format!("`{supplier}` does not sell the item; add it to its supplies first");
            Err(Problem::at(Code::InvalidValue, at_supplier, detail))
        }
    }
}

/// For a sentence.
fn said(price: &Price) -> String {
    let until = price.valid_until.map_or_else(|| "without an end".to_owned(), |day| format!("until `{day}`"));
    format!(
        "price {} of `{}` {}, from `{}` {until}",
        price.id, price.amount, price.currency, price.valid_from
    )
}

/// A price that ends because another follows it: as it was, and as it will be.
pub(crate) type Ended = (Price, Price);

/// Refuses a price that has a day in common with another of its kind, list, supply, unit, currency and quantity;
/// the one that it follows ends on the day before.
pub(crate) fn plan_place(
    price: &Price,
    others: &[Price],
    follow: bool,
    today: Date,
) -> Result<Option<Ended>, Problem> {
    let mut met = others.iter().filter(|other| other.span().meets(price.span()));
    let Some(first) = met.next() else { return Ok(None) };
    let follows = follow && first.valid_from < price.valid_from && met.next().is_none();
    if !follows {
        let detail = if follow {
            format!("it does not simply follow the {}; end or withdraw that first", said(first))
        } else {
            format!(
                "on some of these days there is the {}; end that first, or let this one `follow`",
                said(first)
            )
        };
        return Err(Problem::at(Code::CodeTaken, "/valid_from", detail));
    }
    let until = price.span().day_before().unwrap_or(price.valid_from);
    let ended = Price { valid_until: Some(until), ..first.clone() };
    refuse_past(first, until, today, "/valid_from")?;
    Ok(Some((first.clone(), ended)))
}

/// The price after it was ended.
pub(crate) fn plan_end(before: &Price, command: &EndPrice, today: Date) -> Result<Price, Problem> {
    let until = day(&command.valid_until, "/valid_until")?;
    let refused = |detail: String| Err(Problem::at(Code::InvalidValue, "/valid_until", detail));
    if before.withdrawn {
        return refused("the price was withdrawn".to_owned());
    }
    if until < before.valid_from {
        return refused(format!("the {} does not end before it begins; withdraw it", said(before)));
    }
    if before.valid_until.is_some_and(|end| end < until) {
        return refused(format!("the {} ends sooner; let another price follow it", said(before)));
    }
    if before.valid_until != Some(until) {
        refuse_past(before, until, today, "/valid_until")?;
    }
    Ok(Price { valid_until: Some(until), ..before.clone() })
}

/// Refuses to take a price away from days that are over.
fn refuse_past(price: &Price, until: Date, today: Date, pointer: &str) -> Result<(), Problem> {
    let yesterday = plus_days(today, -1).unwrap_or(today);
    if until >= yesterday {
        return Ok(());
    }
    let detail = format!(
        "the {} held on days that are over, and they keep it; end it on `{yesterday}` or later",
        said(price)
    );
    Err(Problem::at(Code::InvalidValue, pointer, detail))
}

/// The price after it was taken back.
pub(crate) fn plan_withdrawal(before: &Price, today: Date) -> Result<Price, Problem> {
    let refused = |detail: String| Err(Problem::new(Code::InUse, detail));
    if before.withdrawn {
        return refused("the price was withdrawn already".to_owned());
    }
    if before.valid_from <= today {
        return refused(format!("the {} has begun; end it instead", said(before)));
    }
    Ok(Price { withdrawn: true, ..before.clone() })
}
