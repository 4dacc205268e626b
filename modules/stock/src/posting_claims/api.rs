//! The route of the claims that a posting changed.

use super::{ClaimChangeRow, page};
use domain::{PostingId, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, List, Page, Path};

/// The changes of a posting are not filtered.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeFilter {}

web::sorts! {
    /// The order of the changes of a posting: as they happened.
    pub(crate) enum ChangeSort { Order = "order" }
}

/// What a posting did to claims, in the order it happened.
#[utoipa::path(
    get, path = "/api/v1/postings/{id}/claims",
    params(("id" = String, Path, description = "the posting"), List<ChangeFilter, ChangeSort>),
    responses((status = 200, body = Page<ClaimChangeRow>))
)]
pub(crate) async fn list_posting_claims(
    app: App,
    caller: Caller,
    Path(id): Path<String>,
    list: List<ChangeFilter, ChangeSort>,
) -> web::Result {
    let missing = || Problem::not_found("posting", &id);
    let posting = PostingId::parse(&id).map_err(|_| missing())?;
    let (after, limit) = (list.after::<usize>()?, list.limit);
    let part = app.db().read(move |conn| page(conn, &caller.scope, posting, after, limit)).await?;
    let part = part.ok_or_else(missing)?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}
