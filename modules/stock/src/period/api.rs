//! The routes of periods.

use super::{Closing, PeriodShown, close, closings, decide, get, page, reopen};
use domain::Permission;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, IfMatch, List, Page, Path};

web::sorts! {
    /// The order of the list of periods.
    pub(crate) enum PeriodSort { Down = "-period" }
}

/// The list of periods has no filters.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodFilter {}

/// Lists the months that were ever closed, the latest first.
#[utoipa::path(
    get, path = "/api/v1/periods", params(List<PeriodFilter, PeriodSort>),
    responses((status = 200, body = Page<PeriodShown>))
)]
pub(crate) async fn list_periods(
    app: App,
    caller: Caller,
    list: List<PeriodFilter, PeriodSort>,
) -> web::Result {
    let before = list.after_if(|period: &String| decide::read(period).is_some())?;
    let before = before.as_deref().and_then(decide::read);
    let limit = list.fetch();
    let rows = app.db().read(move |conn| page(conn, before, limit)).await?;
    let shown = rows.into_iter().map(|period| as_told(&caller, period)).collect();
    Answer::ok(&list.page(shown, |period: &PeriodShown| period.period.clone())?)
}

/// What was posted into a month is about all items: whoever sees only some of them is told whether it is closed.
fn as_told(caller: &Caller, period: PeriodShown) -> PeriodShown {
    let sees_all = caller.principal.scope(Permission::StockRead).is_some();
    PeriodShown { digest: period.digest.filter(|_| sees_all), ..period }
}

/// Shows one month; one that was never closed is open, unless one after it is closed.
#[utoipa::path(
    get, path = "/api/v1/periods/{period}",
    params(("period" = String, Path, description = "the month, such as `2026-03`")),
    responses((status = 200, body = PeriodShown))
)]
pub(crate) async fn get_period(app: App, caller: Caller, Path(period): Path<String>) -> web::Result {
    let shown = as_told(&caller, app.db().read(move |conn| get(conn, &period)).await?);
    Ok(Answer::ok(&shown)?.version(shown.version))
}

web::sorts! {
    /// The order of the closings of a month.
    pub(crate) enum ClosingSort { Down = "-version" }
}

/// Lists what was posted into a month each time it was closed, the latest first.
#[utoipa::path(
    get, path = "/api/v1/periods/{period}/closings",
    params(
        ("period" = String, Path, description = "the month, such as `2026-03`"),
        List<PeriodFilter, ClosingSort>
    ),
    responses((status = 200, body = Page<Closing>))
)]
pub(crate) async fn list_closings(
    app: App,
    Path(period): Path<String>,
    list: List<PeriodFilter, ClosingSort>,
) -> web::Result {
    let (below, limit) = (list.after::<i64>()?, list.fetch());
    let found = app.db().read(move |conn| closings(conn, &period, below, limit)).await?;
    Answer::ok(&list.page(found, |closing| closing.version)?)
}

/// Closes a month that is over.
#[utoipa::path(
    post, path = "/api/v1/periods/{period}/close",
    params(("period" = String, Path, description = "the month, such as `2026-03`")),
    responses((status = 200, body = PeriodShown))
)]
pub(crate) async fn close_period(
    app: App,
    Path(period): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = close(tx, &command.caller.ctx, (&period, version))?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}

/// Opens a closed month again.
#[utoipa::path(
    post, path = "/api/v1/periods/{period}/reopen",
    params(("period" = String, Path, description = "the month, such as `2026-03`")),
    responses((status = 200, body = PeriodShown))
)]
pub(crate) async fn reopen_period(
    app: App,
    Path(period): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = reopen(tx, &command.caller.ctx, (&period, version))?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}
