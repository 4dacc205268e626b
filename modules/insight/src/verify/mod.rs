//! The invariants as a feature: each is a check that runs on a live database of either engine.
//!
//! All checks read one snapshot, through the frozen `ck_*` views only, and hold up no writer. Where
//! a statement would sort or group the whole history, rows are streamed and folded here, item range
//! by item range, so that memory stays bounded. It is not a repair: it names what is wrong.
//!
//! Invariant of this module: a violation is reported under the number of the invariant it breaks,
//! and a sound database has none, whatever is written meanwhile.

mod answers;
mod audit_chain;
mod audited;
mod balances;
mod blocks;
mod catalogue;
mod categories;
mod chain;
mod claims;
mod costs;
mod customers;
mod documents;
mod events;
mod fifo;
mod files;
mod findings;
mod floor;
mod ground;
mod kept;
mod kept_answers;
mod looked_up;
mod lots;
mod lows;
mod owners;
mod parents;
pub(crate) mod passes;
mod periods;
mod prices;
mod rebuild;
mod report;
mod returns;
mod reversals;
mod rights;
mod rollups;
mod said;
mod sent;
mod serial_times;
mod shape;
mod site_states;
mod stood;
mod told;
mod trail;
mod training;
mod units;
mod values;
mod variants;
mod versions;

pub use catalogue::Invariant;
pub use report::{Record, Report, SAMPLE_MAX, Status};

use catalogue::{Check, Entry};
use db::{Conn, Db, DbError};
use domain::Instant;
use findings::Findings;
use ground::Ground;

/// What to check, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Options {
    /// These invariants only; all of them when empty.
    pub only: Vec<Invariant>,
    /// Recompute every hash, replay claims and cost layers, and look at every point in time.
    pub deep: bool,
    /// What time it is: an answer that is older than its life may be gone.
    pub now: Instant,
    /// So many keys, or entries, are folded at a time, about 100 bytes each; see [`Options::KEYS_MAX`].
    pub keys_max: i64,
}

impl Options {
    /// How many keys are folded at a time where nobody says otherwise: 100 MB.
    pub const KEYS_MAX: i64 = passes::KEYS_MAX;
}

/// A check that begins, for whoever waits.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// Which.
    pub id: Invariant,
    /// What it says, in a few words.
    pub title: &'static str,
    /// How many have ended.
    pub ended: usize,
    /// How many there are in this run.
    pub total: usize,
}

/// Checks a database. It is read through one snapshot, which lives as long as this takes: the
/// database should have been opened with a read timeout to match.
///
/// # Errors
/// When the database cannot be read; what is found wrong is in the report.
pub fn run(db: &Db, options: &Options) -> Result<Report, DbError> {
    run_watched(db, options, |_| {})
}

/// The same, telling of each check before it begins.
///
/// # Errors
/// As [`run`].
pub fn run_watched(db: &Db, options: &Options, watch: impl FnMut(Begun)) -> Result<Report, DbError> {
    db.read_blocking(|conn| check_watched(conn, options, watch))
}

/// The same over a snapshot or a transaction that somebody else has open.
///
/// # Errors
/// As [`run`].
pub fn check(conn: &mut Conn<'_>, options: &Options) -> Result<Report, DbError> {
    check_watched(conn, options, |_| {})
}

fn check_watched(
    conn: &mut Conn<'_>,
    options: &Options,
    mut watch: impl FnMut(Begun),
) -> Result<Report, DbError> {
    let started = std::time::Instant::now();
    let ground = Ground::read(conn, options)?;
    let is_wanted = |entry: &&Entry| options.only.is_empty() || options.only.contains(&entry.invariant());
    let entries: Vec<&Entry> = catalogue::ENTRIES.iter().filter(is_wanted).collect();
    let mut records = Vec::with_capacity(entries.len());
    for entry in &entries {
        let (ended, total) = (records.len(), entries.len());
        watch(Begun { id: entry.invariant(), title: entry.title, ended, total });
        records.push(record(conn, &ground, entry)?);
    }
    Ok(Report { deep: options.deep, records, ms: millis(started) })
}

fn record(conn: &mut Conn<'_>, ground: &Ground, entry: &Entry) -> Result<Record, DbError> {
    let started = std::time::Instant::now();
    let mut findings = Findings::default();
    let (status, reason) = match entry.check {
        Check::Skipped(reason) => (Status::Skipped, Some(reason)),
        Check::Runs(checks) => {
            for check in checks {
                check(conn, ground, &mut findings)?;
            }
            (if findings.violations == 0 { Status::Pass } else { Status::Fail }, None)
        }
    };
    let Findings { rows, violations, sample } = findings;
    Ok(Record {
        id: entry.invariant(),
        title: entry.title,
        status,
        rows_checked: rows,
        violations,
        sample,
        ms: millis(started),
        reason,
    })
}

fn millis(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
