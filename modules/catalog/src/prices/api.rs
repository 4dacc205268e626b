//! `/api/v1/items/{sku}/prices`, and the price on a day.

use super::decide::{EndPrice, NewPrice, day, read_list};
use super::{
    Price, PriceAsked, add_price as add, addressed, end_price as end, item_of, named_supply, price_at,
    withdraw_price as withdraw,
};
use crate::item::Item;
use crate::store_prices;
use db::Conn;
use domain::when::Date;
use domain::{AsProblem, Code, Currency, Permission, PriceId, PriceKind, Problem, Qty, Zone};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path, Query};

web::sorts! {
    /// The orders of the prices of an item.
    pub(crate) enum PriceSort { Newest = "-id" }
}

/// Which prices.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PriceFilter {
    /// Of this kind: `cost`, `sales` or `purchase`.
    kind: Option<String>,
    /// Of this price list; `?list=` for the usual one.
    list: Option<String>,
    /// Those that hold on a day.
    on: Option<String>,
}

/// Which price.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceQuery {
    /// `cost`, `sales` or `purchase`.
    kind: String,
    /// The currency, such as `EUR`.
    currency: String,
    /// Of a sales price: the price list; the usual one when left out.
    #[serde(default)]
    list: Option<String>,
    /// Of a price of a supplier: the supplier; the first by rank that has a price when left out.
    #[serde(default)]
    supplier: Option<String>,
    /// Of a supplier that sells the item under more than one SKU: which.
    #[serde(default)]
    supplier_sku: Option<String>,
    /// The unit; the base unit when left out, or what a named supplier sells.
    #[serde(default)]
    unit: Option<String>,
    /// For how much of it; `1` when left out.
    #[serde(default)]
    qty: Option<String>,
    /// On which day; today, in UTC, when left out.
    #[serde(default)]
    on: Option<String>,
}

fn read_kind(word: &str) -> Result<PriceKind, Problem> {
    PriceKind::parse(word).map_err(|error| Problem::at(Code::MalformedParameter, "?kind", error.to_string()))
}

/// Nothing of what is asked is to be found: it may be in another unit, or from a larger quantity on.
fn no_price(sku: &str, asked: &PriceAsked) -> Problem {
    let PriceAsked { kind, list, supply: _, unit, currency, qty, on } = asked;
    let list = if list.is_empty() { String::new() } else { format!(" in the list `{list}`") };
    let unit = unit.as_deref().map_or_else(
        || "in a unit that a supplier sells".to_owned(),
        |unit| format!("`{}`", domain::word::echo(unit)),
    );
    let detail =
        format!("there is no {kind} price{list} in {currency} on {on} for {qty} {unit} of the item `{sku}`");
    Problem::new(Code::NotFound, detail)
}

/// Refuses to change a price that its caller may not see.
fn require_seen_of(conn: &mut Conn<'_>, caller: &Caller, sku: &str, id: PriceId) -> Result<(), Failure> {
    let item = item_of(conn, sku)?;
    Ok(require_seen(caller, addressed(conn, item.id, id)?.kind)?)
}

/// What things cost us is seen by those who may see costs; what they cost others by all who see items.
fn require_seen(caller: &Caller, kind: PriceKind) -> Result<(), Problem> {
    if kind == PriceKind::Sales || caller.may(Permission::CostRead) {
        return Ok(());
    }
    let detail = format!("a `{kind}` price needs the permission `{}`", Permission::CostRead.word());
    Err(Problem::new(Code::Forbidden, detail))
}

/// Lists the prices of an item, with those that are over, the latest written first. Whoever may not see costs is
/// shown sales prices alone.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/prices",
    params(("sku" = String, Path, description = "the SKU"), List<PriceFilter, PriceSort>),
    responses((status = 200, body = Page<Price>))
)]
pub(crate) async fn list_item_prices(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<PriceFilter, PriceSort>,
) -> web::Result {
    let PriceFilter { kind, list: price_list, on } = list.filter.clone();
    let kind = kind.as_deref().map(read_kind).transpose()?;
    if let Some(kind) = kind {
        require_seen(&caller, kind)?;
    }
    let sales = (!caller.may(Permission::CostRead)).then_some(PriceKind::Sales);
    let filter = store_prices::Filter {
        before: list.after::<i64>()?.unwrap_or(i64::MAX),
        kind: kind.or(sales),
        list: price_list.as_deref().map(|name| read_list(Some(name), "?list")).transpose()?,
        on: on.as_deref().map(|text| day(text, "?on")).transpose()?,
        limit: list.fetch(),
    };
    let found = app
        .db()
        .read(move |conn| {
            let item = item_of(conn, &sku)?;
            Ok::<_, Failure>(store_prices::list(conn, item.id, &filter)?)
        })
        .await?;
    Answer::ok(&list.page(found, |price| price.id.get())?)
}

/// Answers what an item costs on a day, for a quantity.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/price",
    params(("sku" = String, Path, description = "the SKU"), PriceQuery),
    responses((status = 200, body = Price))
)]
pub(crate) async fn get_item_price(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    Query(query): Query<PriceQuery>,
) -> web::Result {
    let today: Date = Zone::UTC.date(app.now());
    let kind = read_kind(&query.kind)?;
    require_seen(&caller, kind)?;
    let currency = Currency::parse(&query.currency).map_err(|error| error.problem("?currency"))?;
    let qty = query.qty.as_deref().unwrap_or("1");
    let qty = Qty::parse(qty).map_err(|error| error.problem("?qty"))?;
    let on = query.on.as_deref().map_or(Ok(today), |text| day(text, "?on"))?;
    let list = read_list(query.list.as_deref(), "?list")?;
    let price = app
        .db()
        .read(move |conn| {
            let item = item_of(conn, &sku)?;
            let supply = query
                .supplier
                .as_deref()
                .map(|supplier| named_supply(conn, item.id, supplier, query.supplier_sku.as_deref()))
                .transpose()?;
            let usual = supply.is_none().then(|| item.base_unit.as_str().to_owned());
            let unit = query.unit.clone().or(usual);
            let asked = PriceAsked { kind, list: list.clone(), supply, unit, currency, qty, on };
            let found = price_at(conn, item.id, &asked)?;
            found.ok_or_else(|| Failure::from(no_price(&item.sku, &asked)))
        })
        .await?;
    Answer::ok(&price)
}

/// Adds a price of an item, which holds from a day on.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/prices",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = NewPrice,
    responses((status = 201, body = Price))
)]
pub(crate) async fn add_item_price(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<NewPrice>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let kind = PriceKind::parse(&command.body.kind).map_err(|error| error.problem("/kind"))?;
            require_seen(&command.caller, kind)?;
            let (item, price) = add(tx, &command.caller.ctx, (&sku, version), &command.body)?;
            let address = format!("{}/prices", crate::find::api::address(&item.sku));
            Ok(Answer::created(address, &price)?.version(item.version))
        })
        .await
}

/// Ends a price. Days that are over keep it.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/prices/{id}/end",
    params(("sku" = String, Path, description = "the SKU"), ("id" = i64, Path, description = "its number")),
    request_body = EndPrice,
    responses((status = 200, body = Price))
)]
pub(crate) async fn end_item_price(
    app: App,
    Path((sku, id)): Path<(String, i64)>,
    version: IfMatch,
    command: Command<EndPrice>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            require_seen_of(tx, &command.caller, &sku, PriceId(id))?;
            let (item, price) = end(tx, &command.caller.ctx, (&sku, version), PriceId(id), &command.body)?;
            Ok(Answer::ok(&price)?.version(item.version))
        })
        .await
}

/// Takes back a price that has not begun.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/prices/{id}",
    params(("sku" = String, Path, description = "the SKU"), ("id" = i64, Path, description = "its number")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn withdraw_item_price(
    app: App,
    Path((sku, id)): Path<(String, i64)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            require_seen_of(tx, &command.caller, &sku, PriceId(id))?;
            let item = withdraw(tx, &command.caller.ctx, (&sku, version), PriceId(id))?;
            Ok(Answer::ok(&item)?.version(item.version))
        })
        .await
}
