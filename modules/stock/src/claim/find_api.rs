//! The routes that find claims again.

use super::list::{ClaimRow, Wanted, find, page};
use crate::asked;
use db::Conn;
use domain::ledger::ClaimState;
use domain::{ClaimId, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

web::sorts! {
    /// The orders of the lists of claims: as they were made.
    pub(crate) enum ClaimSort { Newest = "-id", Oldest = "id" }
}

/// The filters of the list of reservations.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReservationFilter {
    /// Only those of this owner.
    owner: Option<String>,
    /// Only those of this item.
    sku: Option<String>,
    /// Only those at this site.
    site: Option<String>,
    /// Only those in this state: `open`, `released`, `expired`, `fulfilled`, `broken` or `bound`.
    state: Option<String>,
    /// Only those that wait for stock, or only the others.
    backordered: Option<bool>,
    /// Only those that a loss has taken something of, whatever became of them, or only the others.
    lost: Option<bool>,
}

/// The filters of the list of allocations.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllocationFilter {
    /// Only those of this owner.
    owner: Option<String>,
    /// Only those of this item.
    sku: Option<String>,
    /// Only those of this lot or serial, or of the serials that were made in this lot; with `sku`.
    lot: Option<String>,
    /// Only those at this site.
    site: Option<String>,
    /// Only those of this location and what stands below it.
    within: Option<String>,
    /// Only those in this state: `open`, `released`, `expired`, `fulfilled`, `broken` or `bound`.
    state: Option<String>,
    /// Only those that a loss has taken something of, whatever became of them, or only the others.
    lost: Option<bool>,
}

impl AllocationFilter {
    fn resolve(&self, conn: &mut Conn<'_>, scope: &Scope) -> Result<Wanted, Failure> {
        let AllocationFilter { owner, sku, lot, site, within, state, lost } = self;
        let item = asked::item(conn, scope, sku.as_deref())?;
        Ok(Wanted {
            owner: owner.clone(),
            lot: asked::lot(conn, item.as_ref(), lot.as_deref())?.map(|lot| lot.id),
            item: item.map(|item| item.id),
            site: asked::site(conn, scope, site.as_deref())?.map(|site| site.id),
            within: asked::place(conn, scope, within.as_deref(), "?within")?,
            state: claim_state(state.as_deref())?,
            lost: *lost,
            ..Wanted::default()
        })
    }
}

fn claim_state(word: Option<&str>) -> Result<Option<ClaimState>, Problem> {
    let read = |word: &str| {
        let found = ClaimState::ALL.iter().copied().find(|state| state.word() == word);
        found.ok_or_else(|| asked::one_of("?state", ClaimState::ALL.iter().map(|state| state.word())))
    };
    word.map(read).transpose()
}

async fn answer<F: Send + 'static>(
    app: App,
    caller: Caller,
    list: List<F, ClaimSort>,
    resolve: impl FnOnce(&mut Conn<'_>, &Scope) -> Result<Wanted, Failure> + Send + 'static,
) -> web::Result {
    let (after, limit) = (list.after::<ClaimId>()?, list.limit);
    let down = list.sort == ClaimSort::Newest;
    let part = app
        .db()
        .read(move |conn| {
            let wanted = Wanted { down, ..resolve(conn, &caller.scope)? };
            Ok::<_, Failure>(page(conn, &caller.scope, &wanted, after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}

/// Lists reservations.
#[utoipa::path(
    get, path = "/api/v1/reservations", params(List<ReservationFilter, ClaimSort>),
    responses((status = 200, body = Page<ClaimRow>))
)]
pub(crate) async fn list_reservations(
    app: App,
    caller: Caller,
    list: List<ReservationFilter, ClaimSort>,
) -> web::Result {
    let ReservationFilter { owner, sku, site, state, backordered, lost } = list.filter.clone();
    let filter = AllocationFilter { owner, sku, site, state, lost, ..AllocationFilter::default() };
    answer(app, caller, list, move |conn, scope| Ok(Wanted { backordered, ..filter.resolve(conn, scope)? }))
        .await
}

/// Lists allocations.
#[utoipa::path(
    get, path = "/api/v1/allocations", params(List<AllocationFilter, ClaimSort>),
    responses((status = 200, body = Page<ClaimRow>))
)]
pub(crate) async fn list_allocations(
    app: App,
    caller: Caller,
    list: List<AllocationFilter, ClaimSort>,
) -> web::Result {
    let filter = list.filter.clone();
    answer(app, caller, list, move |conn, scope| {
        Ok(Wanted { allocations: true, ..filter.resolve(conn, scope)? })
    })
    .await
}

/// Shows one reservation.
#[utoipa::path(
    get, path = "/api/v1/reservations/{id}",
    params(("id" = String, Path, description = "the reservation")),
    responses((status = 200, body = ClaimRow))
)]
pub(crate) async fn get_reservation(app: App, caller: Caller, Path(id): Path<String>) -> web::Result {
    one(app, caller, id, false).await
}

/// Shows one allocation.
#[utoipa::path(
    get, path = "/api/v1/allocations/{id}",
    params(("id" = String, Path, description = "the allocation")),
    responses((status = 200, body = ClaimRow))
)]
pub(crate) async fn get_allocation(app: App, caller: Caller, Path(id): Path<String>) -> web::Result {
    one(app, caller, id, true).await
}

async fn one(app: App, caller: Caller, text: String, allocations: bool) -> web::Result {
    let missing = || Problem::not_found(if allocations { "allocation" } else { "reservation" }, &text);
    let id = ClaimId::parse(&text).map_err(|_| missing())?;
    let found = app.db().read(move |conn| find(conn, &caller.scope, id, allocations)).await?;
    Answer::ok(&found.ok_or_else(missing)?)
}
