//! Failed authorisations in the audit log: who was refused for want of a permission, and whose key
//! nobody knows. The row is on the disk before the refusal is answered.
//!
//! Invariant: every refusal is either in a row of its own or in the count of a later one, and nobody
//! makes more rows than so many a minute, however often they ask. What cannot be written, because the
//! store takes no writes, is counted too, and told when it takes them again.

use crate::app::App;
use crate::limiter::Limiter;
use crate::principal::Principal;
use crate::strangers::{Peer, Strangers};
use db::{AuditEntry, DbError};
use domain::{Code, Instant, Kind, PrincipalId, Problem};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Rows of one caller in a minute that tell of one refusal each; whom nobody knows is known by the address.
/// Beyond, refusals are counted, and a row a minute tells how many there were of each.
const ROWS_PER_MINUTE: u32 = 30;
/// Such rows of all whom nobody knows together, from however many addresses they come.
const STRANGERS_ROWS_PER_MINUTE: u32 = 300;
/// How long refusals are counted before they are told.
const COUNTED_MICROS: i64 = 60_000_000;
/// How often it is looked whether counts are to be told.
const LOOK: Duration = Duration::from_secs(5);

/// A permission that was lacking.
const DENIED: &str = "access.denied";
/// A key that is unknown, revoked or expired, or a wrong token of the set-up.
const UNKNOWN: &str = "access.unknown_key";
/// A sign-in with a wrong password, or of nobody.
const NOT_SIGNED_IN: &str = "access.sign_in_refused";
/// What was refused beyond the rows of a minute.
const COUNTED: &str = "access.refusals_counted";

/// The name of whom nobody knows.
pub(crate) const STRANGER: &str = "stranger";
/// The principal of whom nobody knows.
pub(crate) const STRANGER_ID: PrincipalId = PrincipalId(0);

/// What of an answer was refused for want of a permission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Denied {
    /// How many of its entries; 1 for an answer that is a refusal as a whole.
    pub(crate) times: usize,
    /// The first of them.
    pub(crate) code: Code,
    /// Why: what the caller is told, or more.
    pub(crate) detail: String,
}

impl Denied {
    /// `None` for what is refused for another reason.
    pub(crate) fn of(problem: &Problem) -> Option<Denied> {
        (problem.kind() == Kind::Forbidden).then(|| Denied::as_told(problem))
    }

    /// One refusal, in the words that the caller is told.
    pub(crate) fn as_told(problem: &Problem) -> Denied {
        Denied { times: 1, code: problem.code, detail: problem.detail.clone().into_owned() }
    }

    /// A refusal that an answer gives again without its words.
    pub(crate) fn untold() -> Denied {
        Denied::as_told(&Problem::new(Code::Forbidden, Code::Forbidden.title()))
    }
}

/// Who is refused.
#[derive(Clone, Debug)]
pub(crate) enum Asker {
    /// Nobody tried to be somebody.
    Nobody,
    /// What came was no key that holds.
    Stranger {
        /// The part of it that is no secret, when it had the form of a key.
        key: Option<Box<str>>,
        /// Where from; without a network there is none.
        peer: Option<IpAddr>,
    },
    /// Somebody whom we know.
    Known(Arc<Principal>),
}

impl Asker {
    /// Whoever came with a text that is no key of anybody.
    pub(crate) fn stranger(key: Option<&str>, peer: Option<Peer>) -> Asker {
        Asker::Stranger { key: key.map(Into::into), peer: peer.map(|Peer(address)| address) }
    }
}

/// One refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) asker: Asker,
    /// Method and template of the route.
    pub(crate) route: String,
    /// Somebody wanted to sign in there.
    pub(crate) signs_in: bool,
    pub(crate) denied: Denied,
    pub(crate) at: Instant,
    pub(crate) request_id: Uuid,
}

/// A row to be written.
#[derive(Clone, Debug)]
struct Row {
    at: Instant,
    actor: (PrincipalId, Box<str>),
    action: &'static str,
    target: String,
    request_id: Uuid,
    outcome: &'static str,
    details: String,
    /// What it tells of, so that it can be counted again when it is not written.
    tells: Counts,
}

/// How often what was refused: route and code.
type Counts = BTreeMap<(String, &'static str), u64>;

/// What was refused to one caller and is in no row yet.
#[derive(Debug)]
struct Tally {
    name: Box<str>,
    rows: Limiter,
    counts: Counts,
    /// When the first of them was refused.
    since: Instant,
    /// The request of the last.
    request_id: Uuid,
}

impl Tally {
    fn new((id, name): (PrincipalId, &str), refusal: (Instant, Uuid)) -> Tally {
        let per_minute = if id == STRANGER_ID { STRANGERS_ROWS_PER_MINUTE } else { ROWS_PER_MINUTE };
        let rows = Limiter::per_minute(per_minute);
        Tally { name: name.into(), rows, counts: Counts::new(), since: refusal.0, request_id: refusal.1 }
    }

    fn count(&mut self, tells: &Counts, at: Instant, request_id: Uuid) {
        if self.counts.is_empty() {
            self.since = at;
        }
        self.request_id = request_id;
        for (what, times) in tells {
            let count = self.counts.entry(what.clone()).or_default();
            *count = count.saturating_add(*times);
        }
    }

    /// The row of what was counted.
    fn row(&mut self, id: PrincipalId, now: Instant) -> Row {
        let tells = std::mem::take(&mut self.counts);
        let refused: Vec<_> = tells
            .iter()
            .map(|((route, code), times)| json!({ "route": route, "code": code, "times": times }))
            .collect();
        Row {
            at: now,
            actor: (id, self.name.clone()),
            action: COUNTED,
            target: format!("principal:{id}"),
            request_id: self.request_id,
            outcome: "refused",
            details: json!({ "since": self.since, "refused": refused }).to_string(),
            tells,
        }
    }
}

/// What was refused to whom, as far as it is not in the audit log.
#[derive(Debug)]
pub(crate) struct Denials {
    tallies: Mutex<HashMap<PrincipalId, Tally>>,
    /// The rows of each address, so that who is loud hides nobody else.
    strangers: Strangers,
}

impl Denials {
    pub(crate) fn new() -> Denials {
        Denials { tallies: Mutex::default(), strangers: Strangers::per_minute(ROWS_PER_MINUTE) }
    }

    fn tallies(&self) -> MutexGuard<'_, HashMap<PrincipalId, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The row of a refusal; `None` when it is counted instead.
    fn enter(&self, refusal: &Refusal) -> Option<Row> {
        let Refusal { asker, route, signs_in, denied, at, request_id } = refusal;
        let times = u64::try_from(denied.times).unwrap_or(u64::MAX);
        let (id, name, action, details, is_loud) = match asker {
            Asker::Nobody => return None,
            Asker::Stranger { key, peer } => {
                let details = json!({ "detail": denied.detail, "key": key, "peer": peer });
                let is_loud = self.strangers.take(peer.map(Peer), *at).is_err();
                let action = if *signs_in { NOT_SIGNED_IN } else { UNKNOWN };
                (STRANGER_ID, STRANGER, action, details, is_loud)
            }
            Asker::Known(principal) => {
                let details = json!({ "detail": denied.detail, "times": times });
                (principal.id(), principal.name(), DENIED, details, false)
            }
        };
        let tells = Counts::from([((route.clone(), denied.code.word()), times)]);
        let mut tallies = self.tallies();
        let tally = tallies.entry(id).or_insert_with(|| Tally::new((id, name), (*at, *request_id)));
        if is_loud || tally.rows.take(*at).is_err() {
            tally.count(&tells, *at, *request_id);
            return None;
        }
        Some(Row {
            at: *at,
            actor: (id, name.into()),
            action,
            target: route.clone(),
            request_id: *request_id,
            outcome: denied.code.word(),
            details: details.to_string(),
            tells,
        })
    }

    /// The rows of what was counted for long enough, or of all. Whoever was refused nothing of late is
    /// forgotten.
    fn due(&self, now: Instant, all: bool) -> Vec<Row> {
        let mut tallies = self.tallies();
        let is_due = |tally: &Tally| {
            !tally.counts.is_empty() && (all || tally.since.plus_micros(COUNTED_MICROS) <= now)
        };
        let due = tallies.iter_mut().filter(|(_, tally)| is_due(tally));
        let rows = due.map(|(id, tally)| tally.row(*id, now)).collect();
        tallies.retain(|_, tally| !(tally.counts.is_empty() && tally.rows.is_full(now)));
        rows
    }

    /// Counts what a row would have told, because it was not written.
    fn count_again(&self, row: &Row) {
        let (id, name) = &row.actor;
        let mut tallies = self.tallies();
        let tally = tallies.entry(*id).or_insert_with(|| Tally::new((*id, name), (row.at, row.request_id)));
        tally.count(&row.tells, row.at, row.request_id);
    }
}

/// Writes the row of a refusal, and of what was counted meanwhile, and waits until they are on the disk.
pub(crate) async fn note(app: &App, refusal: Refusal) {
    let now = refusal.at;
    let row = app.denials().enter(&refusal);
    let rows: Vec<Row> = app.denials().due(now, false).into_iter().chain(row).collect();
    write(app, rows).await;
}

/// Tells what was counted, for as long as it is polled.
pub(crate) async fn watch(app: &App) {
    loop {
        tokio::time::sleep(LOOK).await;
        write(app, app.denials().due(app.now(), false)).await;
    }
}

/// Tells what was counted and is in no row yet, at the end.
pub(crate) async fn tell_all(app: &App) {
    write(app, app.denials().due(app.now(), true)).await;
}

async fn write(app: &App, rows: Vec<Row>) {
    if rows.is_empty() {
        return;
    }
    let rows: Arc<[Row]> = rows.into();
    // it goes on when nobody waits any more: what fails later is counted all the same
    let written = tokio::spawn(write_or_count(app.clone(), Arc::clone(&rows)));
    match tokio::time::timeout(app.limits().request_time_max, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, rows = rows.len(), "refusals are not in the audit log yet, and are counted");
            rows.iter().for_each(|row| app.denials().count_again(row));
        }
        Err(_) => tracing::warn!(rows = rows.len(), "refusals wait to be written into the audit log"),
    }
}

/// Writes rows, or counts what they tell when they cannot be written.
async fn write_or_count(app: App, rows: Arc<[Row]>) {
    let written = {
        let rows = Arc::clone(&rows);
        app.db().write(move |tx| {
            for row in rows.iter() {
                tx.audit(row.entry());
            }
            Ok::<_, DbError>(())
        })
    };
    if let Err(error) = written.await {
        tracing::error!(%error, rows = rows.len(), "refusals are not in the audit log yet, and are counted");
        rows.iter().for_each(|row| app.denials().count_again(row));
    }
}

impl Row {
    fn entry(&self) -> AuditEntry<'_> {
        AuditEntry {
            at: self.at.0,
            actor_id: self.actor.0.get(),
            actor_name: &self.actor.1,
            action: self.action,
            target: &self.target,
            request_id: *self.request_id.as_bytes(),
            outcome: self.outcome,
            details: self.details.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
