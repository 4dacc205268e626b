//! The routes of how much places take, and of what.

use super::decide::RulesBody;
use super::find::{self, Asked, BreachRow, RoomRow};
use super::{LocationCapacity, TypeCapacity, of_location, of_type, set_of_location, set_of_type};
use crate::asked;
use crate::sight::Sight;
use domain::{AsProblem, LocationKind, Problem, Qty};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

/// Shows how much locations of a type take, and of what.
#[utoipa::path(
    get, path = "/api/v1/type-capacities/{code}",
    params(("code" = String, Path, description = "the code of the type")),
    responses((status = 200, body = TypeCapacity))
)]
pub(crate) async fn get_type_capacity(app: App, Path(code): Path<String>) -> web::Result {
    let shown = app.db().read(move |conn| of_type(conn, &code)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Sets how much locations of a type take, and of what: all of its rules at once.
#[utoipa::path(
    put, path = "/api/v1/type-capacities/{code}", request_body = RulesBody,
    params(("code" = String, Path, description = "the code of the type")),
    responses((status = 200, body = TypeCapacity))
)]
pub(crate) async fn set_type_capacity(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<RulesBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = set_of_type(tx, &command.caller, (&code, version), &command.body)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}

/// Shows how much a location takes, of what, and what stands there.
#[utoipa::path(
    get, path = "/api/v1/capacities/{code}",
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = LocationCapacity))
)]
pub(crate) async fn get_location_capacity(app: App, caller: Caller, Path(code): Path<String>) -> web::Result {
    let shown = app.db().read(move |conn| of_location(conn, &caller.scope, &code)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Sets how much a location takes, and of what: all of its own rules at once. What stands there stays.
#[utoipa::path(
    put, path = "/api/v1/capacities/{code}", request_body = RulesBody,
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = LocationCapacity))
)]
pub(crate) async fn set_location_capacity(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<RulesBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = set_of_location(tx, &command.caller, (&code, version), &command.body)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}

web::sorts! {
    /// The order of places with room: as somebody walks past them.
    pub(crate) enum RoomSort { Walk = "walk" }
}

/// What is to be put away, and where.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoomFilter {
    /// A lot of it; of a rule about lots, another lot than those that stand there when left out.
    lot: Option<String>,
    /// At least so much has to fit, in the base unit of the item; anything when left out.
    qty: Option<String>,
    /// Only this location and what stands below it.
    within: Option<String>,
    /// Only places of this kind; `bin` when left out.
    kind: Option<String>,
}

/// Lists the open places that have room for more of an item, each with how much fits.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/room",
    params(("sku" = String, Path, description = "the SKU"), List<RoomFilter, RoomSort>),
    responses((status = 200, body = Page<RoomRow>))
)]
pub(crate) async fn list_room(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<RoomFilter, RoomSort>,
) -> web::Result {
    let (after, limit, filter) = (list.after::<(i64, String)>()?, list.limit, list.filter.clone());
    let qty = filter.qty.as_deref().map(Qty::parse).transpose();
    let qty = qty.map_err(|error| error.problem("?qty"))?.map_or(0, Qty::millionths);
    let kind = kind(filter.kind.as_deref())?;
    let part = app
        .db()
        .read(move |conn| {
            let item = catalog::facts_by_sku(conn, &[&sku])?.pop().flatten();
            let item = item.ok_or_else(|| Problem::not_found("item", &sku))?;
            let lot = asked::lot(conn, Some(&item), filter.lot.as_deref())?;
            let within = asked::place(conn, &caller.scope, filter.within.as_deref(), "?within")?;
            let sight = Sight::new(&caller.scope, within);
            let lot = lot.map_or(domain::LotId::NONE, |lot| lot.id);
            let asked = Asked { item: item.id, lot, whole: item.whole, qty, kind };
            Ok::<_, Failure>(find::page(conn, sight, &asked, after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}

fn kind(word: Option<&str>) -> Result<i64, Problem> {
    let kinds = LocationKind::ALL.iter().filter(|kind| kind.is_real());
    let Some(word) = word else { return Ok(LocationKind::Bin.number()) };
    let found = kinds.clone().find(|kind| kind.word() == word);
    let kind = found.ok_or_else(|| asked::one_of("?kind", kinds.map(|kind| kind.word())))?;
    Ok(kind.number())
}

web::sorts! {
    /// The order of broken rules: as their places were made.
    pub(crate) enum BreachSort { Id = "id" }
}

/// Which broken rules are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BreachFilter {
    /// Only this location and what stands below it.
    within: Option<String>,
}

/// Lists the places that hold what their rules forbid: since before the rule, by a count, or by a rule that warns.
#[utoipa::path(
    get, path = "/api/v1/capacity-breaches", params(List<BreachFilter, BreachSort>),
    responses((status = 200, body = Page<BreachRow>))
)]
pub(crate) async fn list_capacity_breaches(
    app: App,
    caller: Caller,
    list: List<BreachFilter, BreachSort>,
) -> web::Result {
    let (after, limit, within) = (list.after::<i64>()?, list.limit, list.filter.within.clone());
    let part = app
        .db()
        .read(move |conn| {
            let within = asked::place(conn, &caller.scope, within.as_deref(), "?within")?;
            let sight = Sight::new(&caller.scope, within);
            Ok::<_, Failure>(find::breaches(conn, sight, after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}
