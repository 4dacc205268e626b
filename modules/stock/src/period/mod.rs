//! Periods: closed months take no posting any more, until they are opened again.
//!
//! Closing holds the gate alone, so a posting into the month either has committed before, and is
//! part of what was closed, or finds the month closed. What comes too late is refused, or posted
//! late into the first open month, as its caller asks. Reopening is an action of its own.
//!
//! What is before a closed month is closed with it: what is posted into a month is part of what there was at the end of
//! each one after it. So months are opened again from the last one on.
//!
//! Closing keeps a digest of all that was posted into the month, for ever: while the month is closed it is what
//! `verify` computes anew, and after it was opened again it tells what had been reported.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::gate;
use crate::record::{Change, change};
use crate::store_moves::{self, Month};
use db::{Conn, Tx};
use domain::ledger::{Digested, PeriodDigest};
use domain::{Code, Ctx, Instant, Period, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// A month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PeriodShown {
    /// The month, such as `2026-03`.
    pub period: String,
    /// `closed`, also with one after it; or `open`.
    pub state: &'static str,
    /// When it was closed or opened; null when it was never closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Instant>,
    /// Counts its changes, from 1; 0 when it was never closed. The `ETag`.
    pub version: i64,
    /// What was posted into it; null while it is open, and for those who see only the items of some categories.
    pub digest: Option<Closing>,
}

impl PeriodShown {
    /// Closed with the last month that is, when it is before that.
    fn before(self, last: Option<Period>) -> PeriodShown {
        let is_before = last.is_some_and(|last| self.period < last.to_string());
        PeriodShown { state: if is_before { "closed" } else { self.state }, ..self }
    }
}

/// What was posted into a month when it was closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Closing {
    /// The version of the month at which it was closed.
    pub version: i64,
    /// When it was closed.
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Instant,
    /// How many postings moved something in it.
    pub postings: i64,
    /// How many movements they have.
    pub movements: i64,
    /// SHA-256 of all of them, in hexadecimal digits.
    pub digest: String,
}

/// All months that were ever closed, the latest first.
///
/// # Errors
/// When the store cannot be read.
pub fn all(conn: &mut Conn<'_>) -> Result<Vec<PeriodShown>, Failure> {
    // a month has one row, and there are twelve in a year
    page(conn, None, i64::MAX)
}

/// So many months that were ever closed, before one, the latest first.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    before: Option<Period>,
    limit: i64,
) -> Result<Vec<PeriodShown>, Failure> {
    let last = store::last_closed(conn)?;
    let rows = store::list(conn, before.map(Period::number), limit)?;
    Ok(rows.iter().map(|row| row.shown().before(last)).collect())
}

/// The closings of a month below a version, the latest first.
pub(crate) fn closings(
    conn: &mut Conn<'_>,
    period: &str,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<Closing>, Failure> {
    Ok(store::closings(conn, named(period)?, below.unwrap_or(i64::MAX), limit)?)
}

/// A month as it stands. One that was never closed has no row: it is open, at version 0.
pub(crate) fn get(conn: &mut Conn<'_>, period: &str) -> Result<PeriodShown, Failure> {
    let period = named(period)?;
    let shown = store::find(conn, period)?.map_or_else(|| never_closed(period), |row| row.shown());
    Ok(shown.before(store::last_closed(conn)?))
}

fn never_closed(period: Period) -> PeriodShown {
    PeriodShown { period: period.to_string(), state: "open", changed_at: None, version: 0, digest: None }
}

/// Closes a month that is over.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (period, version): (&str, IfMatch),
) -> Result<PeriodShown, Failure> {
    let held = hold(tx, period, version)?;
    decide::may_close(held.period, &places::organisation(tx)?.zone, ctx.now)?;
    if let Some(open) = store::first_open(tx, held.period)? {
        let detail = format!("`{open}` is open and something is posted in it; close `{open}` first");
        return Err(Problem::new(Code::TransitionRefused, detail).into());
    }
    set(tx, ctx, &held, true)
}

/// Opens a closed month again.
pub(crate) fn reopen(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (period, version): (&str, IfMatch),
) -> Result<PeriodShown, Failure> {
    let held = hold(tx, period, version)?;
    if let Some(last) = store::last_closed(tx)?.filter(|last| *last > held.period) {
        let detail = format!("`{last}` is closed, and what is before it with it; open `{last}` again first");
        return Err(Problem::new(Code::TransitionRefused, detail).into());
    }
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
    let (closed, current) = store::lock(tx, period)?.unwrap_or((false, 0));
    version.check(current)?;
    Ok(Held { period, closed, version: current })
}

/// The digest of a month as it is now.
fn digested(conn: &mut Conn<'_>, period: Period) -> Result<Digested, Failure> {
    let month = Month::new(&places::organisation(conn)?.zone, period);
    let mut digest = PeriodDigest::of(period);
    store_moves::postings_of_month(conn, &month, |posting, movements, hash| {
        digest.add(posting, movements, hash);
    })?;
    Ok(digest.finish())
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
    let mut row = store::PeriodRow { period, closed, changed_at, version: version + 1, digest: None };
    store::save(tx, &row, ctx.actor.id)?;
    if closed {
        // nothing is posted while the gate is held: this is all there will be
        let digested = digested(tx, period)?;
        store::keep(tx, &row, &digested)?;
        row =
            store::find(tx, period)?.ok_or_else(|| Failure::fault("a month is gone after it was closed"))?;
    }
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
