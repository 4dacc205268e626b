//! `/api/v1/items/{sku}/bom`, what it comes to, and what an item goes into.

use super::decide::NewBom;
use super::explode::{Explosion, explode};
use super::{Bom, plain_tree, remove_bom as remove, set_bom as set};
use crate::find;
use crate::item::Item;
use crate::{limits, store_bom};
use db::{Conn, DbError};
use domain::{AsProblem, Code, ItemId, Problem, Qty};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path, Query};

web::sorts! {
    /// The orders of what an item goes into.
    pub(crate) enum UseSort { Sku = "sku" }
}

/// No filter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UseFilter {}

/// For how much.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplosionQuery {
    /// How much of the item, in its base unit; `1` when left out.
    #[serde(default)]
    qty: Option<String>,
}

/// What an item consists of.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct ItemBom {
    /// The item.
    sku: String,
    /// The version of the item.
    version: i64,
    /// Its bill.
    bom: Bom,
}

/// What an item goes into.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct UsedIn {
    /// The item that it goes into.
    sku: String,
    /// What people call that.
    name: String,
    /// It only stands in for another component.
    alternative: bool,
    /// What the page goes on after.
    #[serde(skip)]
    key: String,
}

/// Shows what an item consists of.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/bom",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = ItemBom))
)]
pub(crate) async fn get_item_bom(app: App, caller: Caller, Path(sku): Path<String>) -> web::Result {
    let (item, bom) = app
        .db()
        .read(move |conn| {
            let missing = || Failure::from(Problem::not_found("bill of materials of", &sku));
            let (item, bom) = super::bom(conn, &sku)?.ok_or_else(missing)?;
            refuse_parts_of_others(conn, &caller, std::iter::once(&bom))?;
            Ok::<_, Failure>((item, bom))
        })
        .await?;
    let version = item.version;
    Ok(Answer::ok(&ItemBom { sku: item.sku, version, bom })?.version(version))
}

/// Says what an item consists of, in place of what was said. The version is that of the item.
#[utoipa::path(
    put,
    path = "/api/v1/items/{sku}/bom",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = NewBom,
    responses((status = 200, body = ItemBom))
)]
pub(crate) async fn set_item_bom(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<NewBom>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let named = super::decide::skus(&command.body)?;
            limits::refuse_others(tx, &command.caller, named, "/lines")?;
            let (item, bom) = set(tx, &command.caller.ctx, (&sku, version), &command.body)?;
            let version = item.version;
            Ok(Answer::ok(&ItemBom { sku: item.sku, version, bom })?.version(version))
        })
        .await
}

/// Says nothing more of what an item consists of.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/bom",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn remove_item_bom(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let item = remove(tx, &command.caller.ctx, (&sku, version))?;
            Ok(Answer::ok(&item)?.version(item.version))
        })
        .await
}

/// Takes an item apart: what is needed for a quantity of it, level by level and in total.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/bom/explosion",
    params(("sku" = String, Path, description = "the SKU"), ExplosionQuery),
    responses((status = 200, body = Explosion))
)]
pub(crate) async fn explode_item_bom(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    Query(query): Query<ExplosionQuery>,
) -> web::Result {
    let qty = Qty::parse(query.qty.as_deref().unwrap_or("1")).map_err(|error| error.problem("?qty"))?;
    let explosion = app
        .db()
        .read(move |conn| {
            let missing = || Failure::from(Problem::not_found("bill of materials of", &sku));
            let (item, _) = super::bom(conn, &sku)?.ok_or_else(missing)?;
            if item.whole && !qty.is_whole() {
                let detail = format!("`{}` is kept in whole `{}`", item.sku, item.base_unit);
                return Err(Problem::at(Code::FractionRefused, "?qty", detail).into());
            }
            let bills = plain_tree(conn, item.id)?;
            refuse_parts_of_others(conn, &caller, bills.values())?;
            Ok::<_, Failure>(explode(item.id, qty, &bills)?)
        })
        .await?;
    Answer::ok(&explosion)
}

/// Refuses to show what is made of items that are not among those of the caller.
fn refuse_parts_of_others<'b>(
    conn: &mut Conn<'_>,
    caller: &Caller,
    bills: impl Iterator<Item = &'b Bom>,
) -> Result<(), Failure> {
    if caller.categories.is_none() {
        return Ok(());
    }
    let named = bills.flat_map(|bill| &bill.lines);
    let named = named.flat_map(|line| std::iter::once(&line.component).chain(&line.alternatives));
    for choice in named {
        if !limits::is_among(conn, caller, &choice.sku)? {
            let detail = "it is made of items of categories for which you have no rights";
            return Err(Problem::new(Code::Forbidden, detail).into());
        }
    }
    Ok(())
}

/// One page of what an item goes into, as far as it is among the items of the caller.
fn uses_among(
    conn: &mut Conn<'_>,
    caller: &Caller,
    item: ItemId,
    (mut after, fetch): (String, i64),
) -> Result<Vec<store_bom::Use>, DbError> {
    let wanted = usize::try_from(fetch).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    loop {
        let page = store_bom::used_in(conn, item, &after, fetch)?;
        let is_last = page.len() < wanted;
        if let Some(last) = page.last() {
            after.clone_from(&last.sku_folded);
        }
        for one in page {
            if limits::is_among(conn, caller, &one.sku)? {
                found.push(one);
            }
        }
        if is_last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

/// Lists what an item in use goes into, directly.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/used-in",
    params(("sku" = String, Path, description = "the SKU"), List<UseFilter, UseSort>),
    responses((status = 200, body = Page<UsedIn>))
)]
pub(crate) async fn list_item_uses(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<UseFilter, UseSort>,
) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let uses = app
        .db()
        .read(move |conn| {
            let item = find::item(conn, &sku)?.ok_or_else(|| Problem::not_found("item", &sku))?;
            Ok::<_, Failure>(uses_among(conn, &caller, item.id, (after, fetch))?)
        })
        .await?;
    let shown = uses.into_iter().map(|store_bom::Use { sku_folded, sku, name, alternative }| UsedIn {
        sku,
        name,
        alternative,
        key: sku_folded,
    });
    Answer::ok(&list.page(shown.collect(), |one| one.key.clone())?)
}
