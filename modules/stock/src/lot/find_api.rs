//! The routes that find lots and serials.

use super::find::{LotRow, Wanted, find, page};
use super::store_find::{After, FIRST_DAY, LAST_DAY, Order, Whose};
use crate::{asked, veil};
use db::Conn;
use domain::code::fold;
use domain::{Problem, Tracking, when};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

web::sorts! {
    /// The orders of the list of lots; by last sellable day only lots that expire are listed.
    pub(crate) enum LotSort { Code = "lot", CodeDown = "-lot", Expiry = "expiry_on", ExpiryDown = "-expiry_on" }
}

/// The filters of the list of lots.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LotFilter {
    /// Only those of this item.
    sku: Option<String>,
    /// How the code begins; capital and small letters do not differ. Not with the order `expiry_on`.
    q: Option<String>,
    /// `lot` or `serial`; the parent of serials is a lot.
    tracking: Option<String>,
    /// Only those whose last sellable day is this one or later, such as `2026-03-01`.
    expires_from: Option<String>,
    /// Only those whose last sellable day is this one or earlier.
    expires_until: Option<String>,
    /// Only those that are held somewhere within reach, or only the others.
    held: Option<bool>,
    /// Only those that are on hold as a whole, or only the others.
    on_hold: Option<bool>,
    /// Only the serials that were made in this lot; with `sku`.
    parent: Option<String>,
    /// Only the parents of serials, or only the others.
    is_parent: Option<bool>,
    /// Only those that are held in this location or below it.
    within: Option<String>,
}

impl LotFilter {
    fn resolve(&self, conn: &mut Conn<'_>, scope: &Scope, sort: LotSort) -> Result<Wanted, Failure> {
        let LotFilter {
            sku,
            q,
            tracking,
            expires_from,
            expires_until,
            held,
            on_hold,
            parent,
            is_parent,
            within,
        } = self;
        let item = asked::item(conn, scope, sku.as_deref())?;
        let parent = asked::lot_at(conn, item.as_ref(), parent.as_deref(), "?parent")?;
        let whose = match (parent, &item) {
            (Some(parent), _) => Whose::Parent(parent.id),
            (None, Some(item)) => Whose::Item(item.id),
            (None, None) => Whose::All,
        };
        let from = asked::date(expires_from.as_deref(), "?expires_from")?;
        let until = asked::date(expires_until.as_deref(), "?expires_until")?;
        let begins = q.as_deref().map(fold).unwrap_or_default();
        let order = match sort {
            LotSort::Code | LotSort::CodeDown => {
                Order::Code(begins.clone(), format!("{begins}{}", char::MAX))
            }
            LotSort::Expiry | LotSort::ExpiryDown if q.is_some() => {
                let detail = "the order by last sellable day has no beginnings of codes; sort by `lot`";
                return Err(Problem::at(domain::Code::InvalidValue, "?q", detail).into());
            }
            LotSort::Expiry | LotSort::ExpiryDown => {
                Order::Expiry(from.unwrap_or(FIRST_DAY), until.unwrap_or(LAST_DAY))
            }
        };
        Ok(Wanted {
            whose,
            tracking: web::word(tracking.as_deref(), "?tracking", Tracking::parse)?,
            expires: (from, until),
            held: *held,
            on_hold: *on_hold,
            is_parent: *is_parent,
            within: asked::place(conn, scope, within.as_deref(), "?within")?,
            order,
            down: matches!(sort, LotSort::CodeDown | LotSort::ExpiryDown),
        })
    }
}

/// Lists lots and serials with where they are.
#[utoipa::path(
    get, path = "/api/v1/lots", params(List<LotFilter, LotSort>),
    responses((status = 200, body = Page<LotRow>))
)]
pub(crate) async fn list_lots(app: App, caller: Caller, list: List<LotFilter, LotSort>) -> web::Result {
    let (limit, sort) = (list.limit, list.sort);
    let is_code = matches!(sort, LotSort::Code | LotSort::CodeDown);
    let after =
        list.after_if(|(key, _): &After| is_code || veil::is_hidden(key) || when::parse_date(key).is_ok())?;
    let filter = list.filter.clone();
    let part = app
        .db()
        .read(move |conn| {
            let wanted = filter.resolve(conn, &caller.scope, sort)?;
            Ok::<_, Failure>(page(conn, &caller.scope, &wanted, after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}

/// Shows one lot or serial with where it is.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/lots/{lot}",
    params(("sku" = String, Path, description = "the SKU"), ("lot" = String, Path, description = "the lot")),
    responses((status = 200, body = LotRow))
)]
pub(crate) async fn get_lot(
    app: App,
    caller: Caller,
    Path((sku, lot)): Path<(String, String)>,
) -> web::Result {
    let shown = app
        .db()
        .read(move |conn| {
            let item = catalog::facts_by_sku(conn, &[&sku])?.pop().flatten();
            let item = item.ok_or_else(|| Problem::not_found("item", &sku))?;
            let found = find(conn, &caller.scope, item.id, &fold(&lot))?;
            found.ok_or_else(|| Failure::from(super::unknown(&lot, &sku)))
        })
        .await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}
