//! Upkeep: what becomes due by time alone. The worker loop calls [`upkeep`] every few seconds; it
//! looks first, and writes only when something is due.
//!
//! * At each site's midnight, lots past their last sellable day go from good to expired, everywhere
//!   in the site. (The hot path does the same for what it touches, so nobody ever buys one that the
//!   sweep has not reached.)
//! * Reservations past their time are released as expired. Until then they count, and cannot be
//!   confirmed.
//! * Once an hour, answers that were kept long enough are forgotten, and the partitions of the
//!   months to come are made.
//!
//! Sweeps are jobs, so a process that dies in one leaves it to the next; doing one twice changes
//! nothing.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::input::{ReleaseInput, Request, Work};
use crate::inside::{Order, carry_out};
use crate::{gate, service};
use db::{Db, DbError, NewJob, Tx, idempotency, jobs};
use domain::ledger::SiteKey;
use domain::when::plus_days;
use domain::{ClaimId, Ctx, Instant, SiteId, Zone};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use web::{Answer, Failure, Principal};

/// The sweep of one site.
const EXPIRY: &str = "stock.expiry";
/// What is done once an hour.
const HOURLY: &str = "stock.hourly";
/// Who runs a job that takes longer than this is taken for dead.
const LEASE_MICROS: i64 = 10 * 60 * 1_000_000;
const HOUR_MICROS: i64 = 3_600 * 1_000_000;
/// Items swept, and reservations released, in one transaction.
const AT_ONCE: usize = 100;
/// Answers forgotten in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// One run of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobRun {
    /// The kind of the job, one of a few.
    pub kind: &'static str,
    /// How long it took.
    pub took: Duration,
    /// It failed, and will be tried again.
    pub failed: bool,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UpkeepReport {
    /// Sites that were swept for expired lots.
    pub sites_swept: usize,
    /// Reservations that were released because their time was over.
    pub claims_expired: usize,
    /// Reservations whose time was over and that could not be released: each is set aside for the round, and
    /// tried again in the next.
    pub claims_set_aside: usize,
    /// The jobs that were run.
    pub jobs: Vec<JobRun>,
}

/// Does what is due at `ctx.now`. May be called by several processes at once.
///
/// # Errors
/// When the store fails. What was done until then stays done.
pub fn upkeep(db: &Db, ctx: &Ctx) -> Result<UpkeepReport, DbError> {
    schedule(db, ctx)?;
    let mut report = run_jobs(db, ctx)?;
    let Expired { released, set_aside } = expire_claims(db, ctx)?;
    (report.claims_expired, report.claims_set_aside) = (released, set_aside);
    Ok(report)
}

/// Enqueues the jobs that do not wait: the next midnight of each site, the next hour. A site is known by its
/// own job, for others of its kind wait as well: a sweep that failed, one that somebody asked for. One that
/// waits for what is no midnight any more, since the rules of a zone change, is moved.
fn schedule(db: &Db, ctx: &Ctx) -> Result<(), DbError> {
    let (sites, sweeps, hourly) = db.read_blocking(|conn| {
        Ok::<_, DbError>((places::sites(conn)?, jobs::waiting(conn, EXPIRY)?, jobs::waiting(conn, HOURLY)?))
    })?;
    let planned: FxHashMap<&str, i64> = sweeps.iter().map(|job| (&*job.key, job.run_at)).collect();
    let now = ctx.now.0;
    let lacking: Vec<(SiteId, Instant)> = sites
        .iter()
        .filter(|site| {
            let waits_for_midnight = |at: &i64| *at <= now || is_midnight(&site.zone, *at);
            !planned.get(&*midnight_of(site.id)).is_some_and(waits_for_midnight)
        })
        .map(|site| (site.id, next_midnight(&site.zone, ctx.now)))
        .collect();
    if lacking.is_empty() && !hourly.is_empty() {
        return Ok(());
    }
    let ctx = ctx.clone();
    db.write_blocking(move |tx| {
        for (site, midnight) in &lacking {
            if !jobs::move_waiting(tx, EXPIRY, &midnight_of(*site), now, midnight.0)? {
                enqueue(tx, &ctx, *site, *midnight)?;
            }
        }
        let run_at = now.saturating_add(HOUR_MICROS);
        let id = *ctx.ids.next().as_bytes();
        tx.enqueue(NewJob { id, kind: HOURLY, payload: "{}", run_at, dedupe: Some("hourly") })
    })
}

/// The key of the sweep that waits for the midnight of a site.
fn midnight_of(site: SiteId) -> String {
    site.to_string()
}

fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, site: SiteId, run_at: Instant) -> Result<(), DbError> {
    let (payload, dedupe) = (site.to_string(), midnight_of(site));
    let id = *ctx.ids.next().as_bytes();
    tx.enqueue(NewJob { id, kind: EXPIRY, payload: &payload, run_at: run_at.0, dedupe: Some(&dedupe) })
}

/// The first instant of the next day at a site.
fn next_midnight(zone: &Zone, now: Instant) -> Instant {
    plus_days(zone.date(now), 1).map_or(Instant::MAX, |day| zone.midnight(day))
}

/// Whether a day begins then. It need not be the next one: the clock of another process may be ahead.
fn is_midnight(zone: &Zone, at: i64) -> bool {
    next_midnight(zone, Instant(at.saturating_sub(1))).0 == at
}

fn run_jobs(db: &Db, ctx: &Ctx) -> Result<UpkeepReport, DbError> {
    let mut report = UpkeepReport::default();
    let now = ctx.now.0;
    let counts = db.read_blocking(jobs::counts)?;
    let mine = |count: &&jobs::Count| [EXPIRY, HOURLY].contains(&count.kind.as_str());
    if !counts.iter().filter(mine).any(|count| count.oldest_run_at.is_some_and(|at| at <= now)) {
        return Ok(report);
    }
    let lease = now.saturating_add(LEASE_MICROS);
    let claimed = db.write_blocking(move |tx| jobs::claim(tx, &[EXPIRY, HOURLY], now, lease, 100))?;
    for job in claimed {
        let begun = std::time::Instant::now();
        let (kind, done) = match (job.kind.as_str(), job.payload.parse()) {
            (EXPIRY, Ok(site)) => {
                (EXPIRY, sweep_site(db, ctx, SiteId(site)).map(|()| report.sites_swept += 1))
            }
            (HOURLY, _) => (HOURLY, hourly(db, ctx)),
            _ => (EXPIRY, Ok(())),
        };
        report.jobs.push(JobRun { kind, took: begun.elapsed(), failed: done.is_err() });
        match done {
            Ok(()) => db.write_blocking(move |tx| jobs::done(tx, &job))?,
            Err(error) => {
                tracing::error!(job = job.kind, payload = job.payload, %error, "upkeep failed");
                db.write_blocking(move |tx| jobs::failed(tx, &job, now, &error.to_string()))?
            }
        };
    }
    Ok(report)
}

fn hourly(db: &Db, ctx: &Ctx) -> Result<(), DbError> {
    let (at, now) = (ctx.now, ctx.now.0);
    db.write_blocking(move |tx| service::prepare(tx, at))?;
    let limit = u64::try_from(FORGOTTEN_AT_ONCE).unwrap_or(u64::MAX);
    while db.write_blocking(move |tx| idempotency::purge(tx, now, FORGOTTEN_AT_ONCE))? >= limit {}
    Ok(())
}

/// Sweeps one site: lots that were good through yesterday, in every location.
pub(crate) fn sweep_site(db: &Db, ctx: &Ctx, site: SiteId) -> Result<(), DbError> {
    let due = db.read_blocking(|conn| {
        let Some(facts) = places::site_facts_by_id(conn, &[site])?.pop().flatten() else {
            return Ok(Vec::new());
        };
        store::due(conn, site, facts.zone.date(ctx.now))
    })?;
    for items in due.chunks(AT_ONCE) {
        let (items, ctx) = (items.to_vec(), ctx.clone());
        let swept = db.write_blocking(move |tx| {
            gate::share(tx)?;
            let orders = items.iter().map(|item| Order::Sweep(SiteKey { item: *item, site })).collect();
            carry_out(tx, &ctx, orders).map(|_| ())
        });
        swept.map_err(|failure| match failure {
            Failure::Store(error) => error,
            other => DbError::Internal(other.to_string().into()),
        })?;
    }
    Ok(())
}

/// Releases the reservations whose time is over, in batches that are decided like those of the hot
/// path. One that its owner released meanwhile is refused, which is as well.
fn expire_claims(db: &Db, ctx: &Ctx) -> Result<Expired, DbError> {
    expire_by(db, ctx, |requests| db.write_blocking(move |tx| service::run_in(tx, &requests)))
}

/// What became of reservations whose time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Expired {
    released: usize,
    set_aside: usize,
}

/// The same, with what decides a batch. Each claim is tried once, so those that are refused or cannot be
/// decided stand in nobody's way.
fn expire_by(
    db: &Db,
    ctx: &Ctx,
    mut decide: impl FnMut(Vec<Request>) -> Result<Vec<Answer>, DbError>,
) -> Result<Expired, DbError> {
    let (mut expired, mut after) = (Expired::default(), store::FIRST);
    loop {
        let past = db.read_blocking(|conn| store::claims_past(conn, ctx.now, after, AT_ONCE))?;
        let Some(last) = past.last() else { return Ok(expired) };
        after = *last;
        let claims: Vec<ClaimId> = past.iter().map(|(_, claim)| *claim).collect();
        expire(ctx, &claims, &mut decide, &mut expired)?;
    }
}

/// Releases claims together. Should that fail because of one of them, each half is tried by itself, until
/// the one is found and set aside.
fn expire(
    ctx: &Ctx,
    claims: &[ClaimId],
    decide: &mut dyn FnMut(Vec<Request>) -> Result<Vec<Answer>, DbError>,
    expired: &mut Expired,
) -> Result<(), DbError> {
    let requests = claims.iter().map(|claim| expiry_of(ctx, *claim)).collect();
    match (decide(requests), claims) {
        (Ok(answers), _) => {
            for (claim, answer) in claims.iter().zip(&answers) {
                expired.released += usize::from(answer.status.is_success());
                if answer.status.is_server_error() {
                    expired.set_aside(*claim, &String::from_utf8_lossy(&answer.body));
                }
            }
            Ok(())
        }
        (Err(error), _) if concerns_all(&error) => Err(error),
        (Err(error), [claim]) => {
            expired.set_aside(*claim, &error);
            Ok(())
        }
        (Err(_), claims) => {
            let (first, second) = claims.split_at(claims.len() / 2);
            expire(ctx, first, decide, expired)?;
            expire(ctx, second, decide, expired)
        }
    }
}

impl Expired {
    fn set_aside(&mut self, claim: ClaimId, why: &dyn std::fmt::Display) {
        tracing::error!(%claim, %why, "a claim whose time is over cannot be released, and is set aside");
        self.set_aside += 1;
    }
}

/// Whether a failure is of the store and not of what it was asked: what comes next would fail as well.
const fn concerns_all(error: &DbError) -> bool {
    matches!(
        error,
        DbError::Busy
            | DbError::StorageFull
            | DbError::Io(_)
            | DbError::ReadOnly
            | DbError::Contention
            | DbError::CommitUnknown
            | DbError::Unavailable(_)
            | DbError::Refused(_)
            | DbError::Closed
    )
}

fn expiry_of(ctx: &Ctx, claim: ClaimId) -> Request {
    let work = Work::Release(ReleaseInput { claim, kind: None, qty: None, expired: true });
    Request {
        ctx: ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    }
}

/// Makes the sweep of every site due now; how many sites there are.
pub(crate) fn sweep_soon(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize, Failure> {
    let sites = places::sites(tx)?;
    for site in &sites {
        let (payload, dedupe) = (site.id.to_string(), format!("{} now", site.id));
        let (id, run_at) = (*ctx.ids.next().as_bytes(), ctx.now.0);
        tx.enqueue(NewJob { id, kind: EXPIRY, payload: &payload, run_at, dedupe: Some(&dedupe) })?;
    }
    web::audit(tx, ctx, "stock.upkeep.sweep", "sites", &serde_json::json!({ "sites": sites.len() }));
    Ok(sites.len())
}
