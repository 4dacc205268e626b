//! `GET /api/v1/items`, `/items/{sku}` and `/codes/{code}`.

use super::CodeMatch;
use super::terms::Terms;
use crate::item::Item;
use crate::{code, limits, store_list, store_rules, text};
use db::Conn;
use domain::{ItemClass, Problem, Tracking};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Failure, List, Page, Path};

web::sorts! {
    /// The orders of the list of items.
    pub(crate) enum ItemSort { Sku = "sku", SkuDown = "-sku" }
}

/// The filters of the list of items.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemFilter {
    /// This category and everything below it, such as `garden`.
    category: Option<String>,
    /// Only this class.
    class: Option<String>,
    /// Only this tracking mode.
    tracking: Option<String>,
    /// Only archived items, or only the others.
    archived: Option<bool>,
    /// How the SKU or the name begins; capital and small letters do not differ.
    q: Option<String>,
    /// What its attributes are, such as `voltage>=12;colour=red`: a key with `=`, `!=`, `<`, `<=`, `>` or `>=`
    /// and a value, a key alone for any value, `!` and a key for none. What stands deeper is named by its path, as
    /// in `/size/height>=10`: of a list any value counts, and in a key `~1` stands for `/` and `~0` for `~`.
    attributes: Option<String>,
}

impl ItemFilter {
    /// The path of the category that is asked for, empty for items in none.
    fn category(&self) -> Result<Option<String>, Problem> {
        self.category.as_deref().map(|path| text::category(path, "?category")).transpose()
    }

    /// The filter as the store takes it, of all categories.
    fn read(&self) -> Result<store_list::Filter, Problem> {
        let ItemFilter { category: _, class, tracking, archived, q, attributes } = self;
        let begins = q.as_deref().map(|q| text::name(q, "?q")).transpose()?;
        Ok(store_list::Filter {
            class: web::word(class.as_deref(), "?class", ItemClass::parse)?,
            tracking: web::word(tracking.as_deref(), "?tracking", Tracking::parse)?,
            archived: *archived,
            begins: begins.as_deref().map(text::fold),
            terms: attributes
                .as_deref()
                .map(|text| Terms::read(text, "?attributes"))
                .transpose()?
                .unwrap_or_default(),
            ..store_list::Filter::default()
        })
    }
}

/// What a code names.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct CodeMatches {
    /// First the barcode, then the SKU that is written the same.
    matches: Vec<CodeMatch>,
}

/// Lists items by SKU.
#[utoipa::path(
    get,
    path = "/api/v1/items",
    params(List<ItemFilter, ItemSort>),
    responses((status = 200, body = Page<Item>))
)]
pub(crate) async fn list_items(app: App, caller: Caller, list: List<ItemFilter, ItemSort>) -> web::Result {
    let mut filter = list.filter.read()?;
    filter.down = list.sort == ItemSort::SkuDown;
    filter.after = list.after::<String>()?;
    filter.limit = list.fetch();
    let category = list.filter.category()?;
    let read = move |conn: &mut Conn<'_>| {
        let defined = store_rules::defined(conn, filter.terms.keys())?;
        filter.terms.check(&defined, "?attributes")?;
        filter.among = limits::shown(conn, category.as_deref(), caller.categories.as_deref())?;
        Ok::<_, Failure>(super::list(conn, &filter)?)
    };
    let items = app.db().read(read).await?;
    Answer::ok(&list.page(items, |item| code::sku_key(&item.sku))?)
}

/// Shows one item by its SKU.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn get_item(app: App, Path(sku): Path<String>) -> web::Result {
    let item = app
        .db()
        .read(move |conn| {
            let found = super::item(conn, &sku)?;
            found.ok_or_else(|| Failure::from(Problem::not_found("item", &sku)))
        })
        .await?;
    Ok(Answer::ok(&item)?.version(item.version))
}

/// Finds items by any code: a barcode or a SKU.
#[utoipa::path(
    get,
    path = "/api/v1/codes/{code}",
    params(("code" = String, Path, description = "what a scanner reads")),
    responses((status = 200, body = CodeMatches))
)]
pub(crate) async fn find_by_code(app: App, caller: Caller, Path(code): Path<String>) -> web::Result {
    let matches = app
        .db()
        .read(move |conn| {
            let matches = super::by_code(conn, &code, caller.categories.as_deref())?;
            if matches.is_empty() {
                Err(Failure::from(Problem::not_found("code", &code)))
            } else {
                Ok(matches)
            }
        })
        .await?;
    Answer::ok(&CodeMatches { matches })
}

/// Where an item is.
pub(crate) fn address(sku: &str) -> String {
    format!("/api/v1/items/{}", encoded(sku))
}

/// A text as one step of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut step = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            step.push(char::from(byte));
        } else {
            // writing to a string never fails
            let _ = write!(step, "%{byte:02X}");
        }
    }
    step
}
