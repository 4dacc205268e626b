//! The routes of the calendar of a site: the whole of it, and two questions to it.

use super::calendar::{CalendarBody, CalendarShown};
use super::{calendar_shown, find, set_calendar as set};
use crate::store_site;
use domain::{AsProblem, Code, Date, Instant, Problem, Zone, when};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, Path, Query};

/// Shows when a site works.
#[utoipa::path(
    get, path = "/api/v1/sites/{code}/calendar",
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = CalendarShown))
)]
pub(crate) async fn get_calendar(app: App, caller: Caller, Path(code): Path<String>) -> web::Result {
    let shown = app.db().read(move |conn| calendar_shown(conn, caller.scope.reached(), &code)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Gives a site a calendar, in place of the one it has.
#[utoipa::path(
    put, path = "/api/v1/sites/{code}/calendar", request_body = CalendarBody,
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = CalendarShown))
)]
pub(crate) async fn set_calendar(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<CalendarBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let shown = set(tx, &caller.ctx, caller.scope.reached(), (&code, version), &command.body)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}

/// The moment that is asked about.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenAt {
    /// An instant, such as `2026-03-01T09:30:00Z`; now when left out.
    at: Option<String>,
}

/// Whether a site is open.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Opening {
    /// The instant that was asked about.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// The date that the clock on its wall shows then.
    on: String,
    /// It works then.
    open: bool,
    /// The first instant from then on at which it works; null when there is none within ten years.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_open: Option<Instant>,
}

/// Tells whether a site is open at a moment, and when it opens next.
#[utoipa::path(
    get, path = "/api/v1/sites/{code}/open",
    params(("code" = String, Path, description = "the code of the site"), OpenAt),
    responses((status = 200, body = Opening))
)]
pub(crate) async fn get_opening(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    Query(asked): Query<OpenAt>,
) -> web::Result {
    let at = match &asked.at {
        Some(text) => Instant::parse(text).map_err(|error| parameter("at", &error))?,
        None => caller.ctx.now,
    };
    let opening = app.db().read(move |conn| {
        let site = find(conn, caller.scope.reached(), &code)?;
        let calendar = store_site::calendar(conn, site.id)?.calendar;
        let zone = Zone::parse(&site.zone).map_err(|error| error.problem("/zone"))?;
        let (open, next_open) = (calendar.is_open(&zone, at), calendar.next_open(&zone, at));
        Ok::<_, Failure>(Opening { at, on: zone.date(at).to_string(), open, next_open })
    });
    Answer::ok(&opening.await?)
}

/// The dates that are asked about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Between {
    /// A date, such as `2026-03-01`, which is not counted.
    from: String,
    /// Another, which is; an earlier one is counted below zero.
    to: String,
}

/// How many days a site works.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WorkingDays {
    /// The first date.
    from: String,
    /// The second.
    to: String,
    /// The days that are worked on after the first and up to the second.
    days: i32,
}

/// Counts the working days of a site between two dates.
#[utoipa::path(
    get, path = "/api/v1/sites/{code}/working-days",
    params(("code" = String, Path, description = "the code of the site"), Between),
    responses((status = 200, body = WorkingDays))
)]
pub(crate) async fn count_working_days(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    Query(asked): Query<Between>,
) -> web::Result {
    let (from, to) = (date("from", &asked.from)?, date("to", &asked.to)?);
    let days = app.db().read(move |conn| {
        let site = find(conn, caller.scope.reached(), &code)?;
        let calendar = store_site::calendar(conn, site.id)?.calendar;
        Ok::<_, Failure>(calendar.working_days_between(from, to))
    });
    Answer::ok(&WorkingDays { from: asked.from, to: asked.to, days: days.await? })
}

fn date(name: &str, text: &str) -> Result<Date, Problem> {
    when::parse_date(text).map_err(|error| parameter(name, &error))
}

fn parameter(name: &str, error: &when::BadWhen) -> Problem {
    Problem::at(Code::MalformedParameter, format!("?{name}"), error.to_string())
}
