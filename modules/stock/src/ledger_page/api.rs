//! The routes of the ledger.

use super::{After, LedgerRow, Wanted, read, row, store};
use crate::walk::Part;
use crate::{asked, posting_claims};
use db::{Conn, DbError};
use domain::ledger::Kind;
use domain::{Permission, PostingId, PrincipalId, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

/// What the ledger can be filtered by.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// Only this item.
    sku: Option<String>,
    /// Only this lot or serial, or the serials that were made in this lot; with `sku`.
    lot: Option<String>,
    /// Only what left or entered this location.
    location: Option<String>,
    /// Only what left or entered this location or one below it.
    within: Option<String>,
    /// Only postings of this document.
    document: Option<String>,
    /// Only postings of this kind, such as `issue`.
    kind: Option<String>,
    /// Only what this principal posted.
    actor: Option<i64>,
}

web::sorts! {
    /// The order of the ledger.
    pub(crate) enum LedgerSort { Newest = "-recorded_at" }
}

/// Movements, newest first.
#[utoipa::path(
    get, path = "/api/v1/ledger", params(List<LedgerFilter, LedgerSort>),
    responses((status = 200, body = Page<LedgerRow>))
)]
pub(crate) async fn list_ledger(
    app: App,
    caller: Caller,
    list: List<LedgerFilter, LedgerSort>,
) -> web::Result {
    let after = list.after_if(After::fits)?;
    let (limit, filter, scope) = (list.limit, list.filter.clone(), caller.scope.clone());
    let (asked, costs) = (app.clone(), caller.principal.scope_of_items(Permission::CostRead));
    let (rows, next) = app
        .db()
        .read(move |conn| {
            let wanted = resolve(conn, &scope, &filter)?;
            let Part { rows, next } = read(conn, &scope, &wanted, after, limit)?;
            let mut rows = row::rows(conn, &scope, rows, costs.as_ref())?;
            row::name_actors(&asked, conn, &mut rows)?;
            Ok::<_, Failure>((rows, next))
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}

/// Whether a posting that moves nothing is one of the caller's: of any promise for those who see all items.
fn is_promised(conn: &mut Conn<'_>, scope: &Scope, posting: PostingId) -> Result<bool, DbError> {
    Ok(!scope.is_limited() || posting_claims::is_seen(conn, scope, posting)?)
}

fn resolve(conn: &mut Conn<'_>, scope: &Scope, filter: &LedgerFilter) -> Result<Wanted, Failure> {
    let LedgerFilter { sku, lot, location, within, document, kind, actor } = filter;
    let item = asked::item(conn, scope, sku.as_deref())?;
    Ok(Wanted {
        lot: asked::lot(conn, item.as_ref(), lot.as_deref())?,
        item: item.map(|item| item.id),
        location: asked::place(conn, scope, location.as_deref(), "?location")?,
        within: asked::place(conn, scope, within.as_deref(), "?within")?,
        document: document.clone(),
        kind: web::word(kind.as_deref(), "?kind", Kind::parse)?,
        actor: actor.map(PrincipalId),
    })
}

/// The lines of a posting are not filtered.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LineFilter {}

web::sorts! {
    /// The order of the lines of a posting.
    pub(crate) enum LineSort { Line = "line" }
}

/// One posting: its movements, in the order of its lines. A promise moves nothing and has none.
#[utoipa::path(
    get, path = "/api/v1/postings/{id}",
    params(("id" = String, Path, description = "the posting"), List<LineFilter, LineSort>),
    responses((status = 200, body = Page<LedgerRow>))
)]
pub(crate) async fn get_posting(
    app: App,
    caller: Caller,
    Path(id): Path<String>,
    list: List<LineFilter, LineSort>,
) -> web::Result {
    let posting = PostingId::parse(&id).map_err(|_| Problem::not_found("posting", &id))?;
    let (after, limit) = (list.after::<i64>()?, list.limit);
    let (scope, costs) = (caller.scope.clone(), caller.principal.scope_of_items(Permission::CostRead));
    let asked = app.clone();
    let (rows, next) = app
        .db()
        .read(move |conn| {
            let Part { rows, next } = super::of_posting(conn, &scope, posting, after, limit)?;
            // a page that looked for long and found nothing within reach yet still says where to go on;
            // a promise has no line, and is there all the same, for those who see what is promised
            let is_bare = rows.is_empty() && next.is_none();
            if is_bare && !(store::moves_nothing(conn, posting)? && is_promised(conn, &scope, posting)?) {
                return Err(Problem::not_found("posting", &id).into());
            }
            let mut rows = row::rows(conn, &scope, rows, costs.as_ref())?;
            row::name_actors(&asked, conn, &mut rows)?;
            Ok::<_, Failure>((rows, next))
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}
