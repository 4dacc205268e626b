//! Variants of a family, and how one is configured.

use super::configure::{Chosen, Configured, configured};
use super::decide::NewVariants;
use super::{Adopt, adopt::adopt_told, leave_family as leave};
use super::{MadeVariants, Variant, VariantFields, configure::configure, make_variants as make};
use crate::item::Item;
use crate::{families, store_variants};
use domain::{Code, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path, Query};

web::sorts! {
    /// The orders of the list of variants: as they were made.
    pub(crate) enum VariantSort { Made = "made" }
}

/// Which variants.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VariantFilter {
    /// Of this family.
    family: Option<String>,
    /// With these values: `colour=RED;size=S`.
    options: Option<String>,
    /// Only those in use, or only those that are not.
    archived: Option<bool>,
}

/// What was chosen.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceQuery {
    /// The values that were chosen so far: `colour=RED;size=S`.
    #[serde(default)]
    options: Option<String>,
}

/// Reads `colour=RED;size=S`.
fn read_options(text: Option<&str>) -> Result<BTreeMap<String, String>, Problem> {
    let mut options = BTreeMap::new();
    for part in text.into_iter().flat_map(|text| text.split(';')) {
        let read = part.split_once('=').map(|(option, value)| (option.trim(), value.trim()));
        let read = read.filter(|(option, value)| !option.is_empty() && !value.is_empty());
        let fresh =
            read.is_some_and(|(option, value)| options.insert(option.to_owned(), value.to_owned()).is_none());
        if !fresh {
            let detail = format!(
                "`{}` is no value of an option such as `colour=RED`, of which each stands once; they are divided by `;`",
                domain::word::echo(part)
            );
            return Err(Problem::at(Code::MalformedParameter, "?options", detail));
        }
    }
    Ok(options)
}

/// Lists variants in the order in which they were made: of a family, with some values, or both.
#[utoipa::path(
    get,
    path = "/api/v1/variants",
    params(List<VariantFilter, VariantSort>),
    responses((status = 200, body = Page<Variant>))
)]
pub(crate) async fn list_variants(app: App, list: List<VariantFilter, VariantSort>) -> web::Result {
    let VariantFilter { family, options, archived } = list.filter.clone();
    let mut filter = store_variants::Filter {
        after: list.after::<i64>()?.unwrap_or_default(),
        chosen: read_options(options.as_deref())?,
        archived,
        limit: list.fetch(),
        ..store_variants::Filter::default()
    };
    let found = app
        .db()
        .read(move |conn| {
            if let Some(code) = &family {
                let found = families::family_of(conn, code)?.ok_or_else(|| {
                    let detail = format!("there is no family `{}`", domain::word::echo(code));
                    Problem::at(Code::InvalidValue, "?family", detail)
                })?;
                filter.family = Some(found.id);
            }
            Ok::<_, Failure>(super::list(conn, &filter)?)
        })
        .await?;
    Answer::ok(&list.page(found, |variant| variant.id)?)
}

/// Makes variants of a family: all combinations of some values, or single ones. Those that are there stay.
#[utoipa::path(
    post,
    path = "/api/v1/families/{code}/variants",
    params(("code" = String, Path, description = "the code")),
    request_body = NewVariants,
    responses((status = 200, body = MadeVariants))
)]
pub(crate) async fn make_variants(
    app: App,
    Path(code): Path<String>,
    command: Command<NewVariants>,
) -> web::Result {
    command
        .run(&app, move |tx, command| Answer::ok(&make(tx, &command.caller.ctx, &code, &command.body)?))
        .await
}

/// Tells what a choice of options comes to: whether it goes together, which SKU it has, and what else can be chosen.
#[utoipa::path(
    get,
    path = "/api/v1/families/{code}/configure",
    params(("code" = String, Path, description = "the code"), ChoiceQuery),
    responses((status = 200, body = Configured))
)]
pub(crate) async fn get_configuration(
    app: App,
    Path(code): Path<String>,
    Query(query): Query<ChoiceQuery>,
) -> web::Result {
    let chosen = read_options(query.options.as_deref())?;
    let answer = app.db().read(move |conn| configured(conn, &code, &chosen)).await?;
    Answer::ok(&answer)
}

/// Gives the item of a choice of options, and makes it when it is not there.
#[utoipa::path(
    post,
    path = "/api/v1/families/{code}/configure",
    params(("code" = String, Path, description = "the code")),
    request_body = Chosen,
    responses((status = 200, body = Item), (status = 201, body = Item))
)]
pub(crate) async fn configure_item(
    app: App,
    Path(code): Path<String>,
    command: Command<Chosen>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let (item, made) = configure(tx, &command.caller.ctx, &code, &command.body)?;
            let answer = if made {
                Answer::created(crate::find::api::address(&item.sku), &item)?
            } else {
                Answer::ok(&item)?
            };
            Ok(answer.version(item.version))
        })
        .await
}

/// Shows an item as a variant: its options, which fields are its own, and which follow its family.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/variant",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = VariantFields))
)]
pub(crate) async fn get_item_variant(app: App, Path(sku): Path<String>) -> web::Result {
    let fields = app
        .db()
        .read(move |conn| {
            let found = super::variant_of(conn, &sku)?;
            found.ok_or_else(|| Failure::from(Problem::not_found("family of the item", &sku)))
        })
        .await?;
    Answer::ok(&fields)
}

/// Makes an item that is there a variant of a family. Nothing of it changes; its fields follow the family where they
/// say what the family gives.
#[utoipa::path(
    put,
    path = "/api/v1/items/{sku}/variant",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = Adopt,
    responses((status = 200, body = VariantFields))
)]
pub(crate) async fn adopt_item_variant(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<Adopt>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let before = crate::limits::category_now(tx, &command.caller, &sku)?;
            let (ctx, told) = (&command.caller.ctx, crate::limits::Told::to(&command.caller));
            let (item, fields) = adopt_told(tx, ctx, told, (&sku, version), &command.body)?;
            crate::limits::may_move(tx, &command.caller, (before, item.category_id))?;
            Ok(Answer::ok(&fields)?.version(item.version))
        })
        .await
}

/// Takes an item out of its family. It stays an item with all that it says.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/variant",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 204))
)]
pub(crate) async fn leave_item_family(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            leave(tx, &command.caller.ctx, (&sku, version))?;
            Ok(Answer::nothing())
        })
        .await
}
