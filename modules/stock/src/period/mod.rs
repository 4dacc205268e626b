//! Periods: closed months take no posting any more, until they are opened again.
//!
//! Closing holds the gate alone, so a posting into the month either has committed before, and is
//! part of what was closed, or finds the month closed. What comes too late is refused, or posted
//! late into the first open month, as its caller asks. Reopening is an action of its own.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::gate;
use crate::record::{Change, change};
use db::{Conn, Tx};
use domain::{Code, Ctx, Instant, Period, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// A month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct PeriodShown {
    /// The month, such as `2026-03`.
    pub(crate) period: String,
    /// `closed`; or `open`, when it was never closed or was opened again.
    pub(crate) state: &'static str,
    /// When it was closed or opened; null when it was never closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) changed_at: Option<Instant>,
    /// Counts its changes, from 1; 0 when it was never closed. The `ETag`.
    pub(crate) version: i64,
}

/// A month as it stands. One that was never closed has no row: it is open, at version 0.
pub(crate) fn get(conn: &mut Conn<'_>, period: &str) -> Result<PeriodShown, Failure> {
    let period = named(period)?;
    Ok(store::find(conn, period)?.map_or_else(|| never_closed(period), |row| row.shown()))
}

fn never_closed(period: Period) -> PeriodShown {
    PeriodShown { period: period.to_string(), state: "open", changed_at: None, version: 0 }
}

/// Closes a month that is over.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (period, version): (&str, IfMatch),
) -> Result<PeriodShown, Failure> {
    let held = hold(tx, period, version)?;
    decide::may_close(held.period, &places::organisation(tx)?.zone, ctx.now)?;
    set(tx, ctx, &held, true)
}

/// Opens a closed month again.
pub(crate) fn reopen(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (period, version): (&str, IfMatch),
) -> Result<PeriodShown, Failure> {
    let held = hold(tx, period, version)?;
    set(tx, ctx, &held, false)
}

/// A month that is held until the transaction ends.
struct Held {
    period: Period,
    closed: bool,
    version: i64,
}

/// Holds the gate alone, and a month at the version that the caller read.
fn hold(tx: &mut Tx<'_>, period: &str, version: IfMatch) -> Result<Held, Failure> {
    gate::hold(tx)?;
    let period = named(period)?;
    let (closed, current) = store::lock(tx, period)?.map_or((false, 0), |row| (row.closed, row.version));
    version.check(current)?;
    Ok(Held { period, closed, version: current })
}

fn named(text: &str) -> Result<Period, Problem> {
    decide::read(text).ok_or_else(|| Problem::not_found("period", text))
}

fn set(tx: &mut Tx<'_>, ctx: &Ctx, held: &Held, closed: bool) -> Result<PeriodShown, Failure> {
    let Held { period, closed: was_closed, version } = *held;
    if was_closed == closed {
        let state = if closed { "closed already" } else { "open" };
        return Err(Problem::new(Code::TransitionRefused, format!("`{period}` is {state}")).into());
    }
    // whatever the clocks say: what is recorded already came before
    let changed_at = store::last_recorded(tx)?.map_or(ctx.now, |last| last.max(ctx.now));
    let row = store::PeriodRow { period, closed, changed_at, version: version + 1 };
    store::save(tx, &row, ctx.actor.id)?;
    let shown = row.shown();
    let (action, event) = if closed {
        ("stock.period.close", "stock.period_closed")
    } else {
        ("stock.period.reopen", "stock.period_reopened")
    };
    let id = shown.period.clone();
    let made = Change { action, event, aggregate: "period", id: &id, version: row.version, sites: &[] };
    change(tx, ctx, &id, &made, &serde_json::json!({ "period": serde_json::to_value(&shown)? }));
    Ok(shown)
}
