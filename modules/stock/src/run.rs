//! One batch of the hot path: load, decide in arrival order, store.
//!
//! Each request is accepted or refused by itself; what one leaves is what the next one sees. The
//! whole batch is one transaction with one commit, so hundreds of requests share one sync, and a
//! thousand buyers of one item are decided in memory, one after the other.

use crate::answer::{BulkEntry, PostingAnswer};
use crate::compile::{Compiled, Compiler, check_bulk};
use crate::desk::Desk;
use crate::input::{Request, RequestKey, Work};
use crate::load::{self, Known, Wanted};
use crate::names::Names;
use crate::originals::{self, Found};
use crate::save::{self, Calendars, Entry, Event};
use crate::{gate, lots, sweep};
use db::idempotency::{self, KEPT_MICROS, Key as IdemKey, NewAnswer};
use db::{DbError, Tx};
use domain::ledger::{
    self, Allocate, Clock, Kind, Loaded, Posted, Refusal, Release, Reserve, Reverse, SiteKey, Vault,
};
use domain::{ClaimId, Code, Ctx, Permission, PostingId, Problem, SiteId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use web::{Answer, Principal, is_final, replay};

/// A request whose names are known.
enum Step {
    /// Answered before: the same key, earlier.
    Stored(Answer),
    /// Refused before anything was locked.
    Refused(Problem),
    Post(Box<Compiled>),
    Bulk {
        postings: Vec<Result<Compiled, Problem>>,
        atomic: bool,
    },
    Reserve(Reserve),
    Allocate(Allocate),
    Release(Release),
    Reverse(Box<Reversal>),
}

/// A reversal with what is kept beside it.
struct Reversal {
    command: Reverse,
    of: PostingId,
    document: Option<String>,
    reason: Option<String>,
    note: Option<String>,
}

/// Runs a batch. The outcomes are in the order of the requests.
pub(crate) fn run(
    tx: &mut Tx<'_>,
    desk: &Desk,
    known: &mut Known,
    requests: &[&Request],
) -> Result<Vec<Answer>, DbError> {
    if requests.iter().any(|request| !matches!(request.work, Work::Reserve(_))) {
        gate::share(tx)?;
    }
    let stored = load_stored(tx, requests)?;
    let fresh: Vec<&Request> = requests
        .iter()
        .zip(&stored)
        .filter(|(_, stored)| stored.is_none())
        .map(|(request, _)| *request)
        .collect();
    let mut names = Names::read(tx, &fresh)?;
    let found = originals::read(tx, &fresh, &mut names)?;
    let mut steps = Vec::with_capacity(requests.len());
    for (request, stored) in requests.iter().zip(stored) {
        steps.push(match stored {
            Some(answer) => Step::Stored(answer),
            None => compile(&names, &found, desk, request),
        });
    }
    let (mut vault, sweeps) = lock(tx, desk, known, &mut names, requests, &steps)?;
    for step in &mut steps {
        if let Step::Reverse(reversal) = step {
            // another process may have reversed it before the rows were locked
            reversal.command.original.reversed |= originals::is_reversed(tx, reversal.of)?;
        }
    }
    let mut batch = Batch::new(desk, &names, &mut vault, sweeps);
    let (answers, keep) = batch.decide_all(requests, steps);
    let entries = batch.entries;
    keep_all(tx, desk, &names, entries, &vault)?;
    store_answers(tx, requests, &answers, &keep)?;
    Ok(answers)
}

/// Stores what was decided.
pub(crate) fn keep_all(
    tx: &mut Tx<'_>,
    desk: &Desk,
    names: &Names,
    entries: Vec<Entry>,
    vault: &Vault,
) -> Result<(), DbError> {
    lots::insert(tx, names, &entries)?;
    save::save(tx, &calendars(desk, names), entries, &vault.touched())
}

fn calendars(desk: &Desk, names: &Names) -> Calendars {
    Calendars {
        organisation: desk.zone.clone(),
        sites: names.site_facts.values().map(|site| (site.id, site.zone.clone())).collect(),
        site_of: names.location_facts.values().map(|location| (location.id, location.site)).collect(),
    }
}

/// The stored answer of each request that was answered before.
fn load_stored(tx: &mut Tx<'_>, requests: &[&Request]) -> Result<Vec<Option<Answer>>, DbError> {
    let mut keys = Vec::with_capacity(requests.len());
    let mut now = i64::MIN;
    for request in requests {
        if let Some(key) = &request.key {
            keys.push(IdemKey { principal: request.ctx.actor.id.get(), key: &key.key });
            now = now.max(request.ctx.now.0);
        }
    }
    if keys.is_empty() {
        return Ok(requests.iter().map(|_| None).collect());
    }
    let mut found = idempotency::load_many(tx, &keys, now)?.into_iter();
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let stored = request.key.as_ref().and_then(|_| found.next().flatten());
        answers.push(match (stored, &request.key) {
            (Some(stored), Some(key)) => Some(
                replay(stored, &key.fingerprint)
                    .unwrap_or_else(|problem| Answer::refused(&problem, request.ctx.request_id)),
            ),
            _ => None,
        });
    }
    Ok(answers)
}

fn compile(names: &Names, found: &FxHashMap<PostingId, Found>, desk: &Desk, request: &Request) -> Step {
    let compiler =
        Compiler { names, ctx: &request.ctx, principal: &request.principal, minor_digits: desk.minor_digits };
    let step = match &request.work {
        Work::Post(input) => compiler.post(input).map(|compiled| Step::Post(Box::new(compiled))),
        Work::Bulk(bulk) => check_bulk(bulk.postings.len()).map(|()| {
            let postings = bulk.postings.iter().map(|input| compiler.post(input)).collect();
            Step::Bulk { postings, atomic: bulk.atomic }
        }),
        Work::Reserve(input) => compiler.reserve(input).map(Step::Reserve),
        Work::Allocate(input) => match input.reservation {
            Some(claim) if !compiler.reaches_claim(claim) => Err(unknown_claim(claim, "/reservation")),
            _ => compiler.allocate(input).map(Step::Allocate),
        },
        Work::Release(input) if compiler.reaches_claim(input.claim) => Ok(Step::Release(Release {
            posting: PostingId(request.ctx.ids.next()),
            claim: input.claim,
            qty: input.qty.map(|qty| qty.0),
            expired: input.expired,
        })),
        Work::Release(input) => Err(Problem::not_found("claim", input.claim)),
        Work::Reverse(input) => match found.get(&input.posting) {
            Some(original) if reaches_all(names, &request.principal, original) => {
                refuse_of_documents(original.original.kind).map(|()| {
                    Step::Reverse(Box::new(Reversal {
                        command: Reverse {
                            id: PostingId(request.ctx.ids.next()),
                            effective_at: input.effective_at,
                            post_late: input.post_late,
                            original: original.original.clone(),
                        },
                        of: input.posting,
                        document: original.document.clone(),
                        reason: input.reason.clone(),
                        note: input.note.clone(),
                    }))
                })
            }
            _ => Err(Problem::not_found("posting", input.posting)),
        },
    };
    step.unwrap_or_else(Step::Refused)
}

fn unknown_claim(claim: ClaimId, pointer: &str) -> Problem {
    Problem::at(Code::UnknownClaim, pointer, format!("there is no claim `{claim}`"))
}

/// A posting that a document counts is undone by the document, or the two would tell different
/// stories.
fn refuse_of_documents(kind: Kind) -> Result<(), Problem> {
    match kind {
        Kind::Ship | Kind::Arrive | Kind::Shortage | Kind::Relocate => {
            let detail = format!(
                "a posting of the kind `{}` follows from a document; send the goods back by another one",
                kind.word()
            );
            Err(Problem::new(Code::NotReversible, detail))
        }
        _ => Ok(()),
    }
}

/// Whether a caller may reverse a posting: all its real locations are within reach.
fn reaches_all(names: &Names, principal: &Arc<Principal>, found: &Found) -> bool {
    let movements = &found.original.movements;
    let places = movements.iter().flat_map(|movement| [movement.from.location, movement.to.location]);
    places
        .filter(|location| location.get() > 0)
        .all(|location| names.reaches(principal, Permission::StockReverse, location))
}

/// Locks and loads everything the steps need, and sweeps what has expired meanwhile.
fn lock(
    tx: &mut Tx<'_>,
    desk: &Desk,
    known: &mut Known,
    names: &mut Names,
    requests: &[&Request],
    steps: &[Step],
) -> Result<(Vault, Vec<Entry>), DbError> {
    let mut wanted = Wanted::default();
    for (request, step) in requests.iter().zip(steps) {
        match step {
            Step::Post(compiled) => wanted.post(names, &compiled.post, request.ctx.now),
            Step::Bulk { postings, .. } => {
                for compiled in postings.iter().flatten() {
                    wanted.post(names, &compiled.post, request.ctx.now);
                }
            }
            Step::Reserve(reserve) => {
                wanted.sites.insert(SiteKey { item: reserve.item, site: reserve.site });
            }
            Step::Allocate(allocate) => wanted.allocate(names, allocate),
            Step::Release(release) => wanted.claim(names, release.claim),
            Step::Reverse(reversal) => wanted.reverse(names, &reversal.command, request.ctx.now),
            Step::Stored(_) | Step::Refused(_) => {}
        }
    }
    match requests.iter().max_by_key(|request| request.ctx.now) {
        Some(latest) => lock_wanted(tx, desk, known, names, wanted, &latest.ctx),
        None => Ok((Vault::default(), Vec::new())),
    }
}

/// Locks and loads the wanted rows, and sweeps what has expired meanwhile.
pub(crate) fn lock_wanted(
    tx: &mut Tx<'_>,
    desk: &Desk,
    known: &mut Known,
    names: &mut Names,
    mut wanted: Wanted,
    ctx: &Ctx,
) -> Result<(Vault, Vec<Entry>), DbError> {
    if wanted.is_empty() {
        return Ok((Vault::default(), Vec::new()));
    }
    let mut loaded = Loaded::default();
    let now = ctx.now;
    loaded.today = names.site_facts.values().map(|site| (site.id, site.zone.date(now))).collect();
    loaded.today.insert(SiteId::NONE, desk.zone.date(now));
    load::lock_sites(tx, known, &wanted, &mut loaded)?;
    let due = sweep::due(tx, names, &mut wanted, &loaded)?;
    load::want_bins_of_claims(tx, &mut wanted)?;
    load::lock_rest(tx, known, &wanted, desk.method, &mut loaded)?;
    names.facts_into(&mut loaded);
    let mut vault = Vault::new(loaded);
    let entries = sweep::run(&mut vault, desk, names, due, ctx)?;
    Ok((vault, entries))
}

/// For whom something is decided, and under which key.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) key: Option<&'a str>,
}

impl Request {
    fn origin(&self) -> Origin<'_> {
        Origin { ctx: &self.ctx, key: self.key.as_ref().map(|key| key.key.as_str()) }
    }
}

/// A batch while it is decided.
pub(crate) struct Batch<'a> {
    desk: &'a Desk,
    pub(crate) names: &'a Names,
    pub(crate) vault: &'a mut Vault,
    pub(crate) entries: Vec<Entry>,
    /// Postings that this batch has reversed.
    reversed: FxHashSet<PostingId>,
}

impl<'a> Batch<'a> {
    /// A batch that begins with what the sweep has done.
    pub(crate) fn new(
        desk: &'a Desk,
        names: &'a Names,
        vault: &'a mut Vault,
        sweeps: Vec<Entry>,
    ) -> Batch<'a> {
        Batch { desk, names, vault, entries: sweeps, reversed: FxHashSet::default() }
    }

    /// Decides every step in arrival order. A key that comes twice is decided once.
    /// The second list says which answers are new and final, to be kept for their key.
    fn decide_all(&mut self, requests: &[&Request], steps: Vec<Step>) -> (Vec<Answer>, Vec<bool>) {
        let mut answers: Vec<Answer> = Vec::with_capacity(steps.len());
        let mut keep = vec![false; steps.len()];
        let mut seen: FxHashMap<(i64, &str), (usize, [u8; 32])> = FxHashMap::default();
        for (number, (request, step)) in requests.iter().zip(steps).enumerate() {
            let fresh = !matches!(step, Step::Stored(_));
            // what is stored was compared with each request by itself
            if let Some(key) = request.key.as_ref().filter(|_| fresh) {
                let name = (request.ctx.actor.id.get(), key.key.as_str());
                match seen.get(&name) {
                    Some((first, fingerprint)) => {
                        let answer = again(answers.get(*first), fingerprint, key, &request.ctx);
                        answers.push(answer);
                        continue;
                    }
                    None => {
                        seen.insert(name, (number, key.fingerprint));
                    }
                }
            }
            let answer = self.decide(request, step);
            self.vault.settle();
            if let Some(keep) = keep.get_mut(number) {
                *keep = fresh && answer.as_ref().map_or_else(is_final, |_| true);
            }
            answers.push(answer.unwrap_or_else(|problem| refused(&problem, &request.ctx)));
        }
        (answers, keep)
    }

    fn decide(&mut self, request: &Request, step: Step) -> Result<Answer, Problem> {
        let ctx = &request.ctx;
        match step {
            Step::Stored(answer) => Ok(answer),
            Step::Refused(problem) => Err(problem),
            Step::Post(compiled) => {
                let answer = self.post(request.origin(), *compiled)?;
                created(format!("/api/v1/postings/{}", answer.id), &answer)
            }
            Step::Bulk { postings, atomic } => self.bulk(request, postings, atomic),
            Step::Reserve(reserve) => {
                let claim = reserve.claim;
                let posted = ledger::reserve(self.vault, reserve, ctx.now);
                let posted = posted.map_err(|refusal| self.problem(&refusal, &["/qty"]))?;
                self.claimed(request.origin(), posted, claim)
            }
            Step::Allocate(allocate) => {
                let claim = allocate.claim;
                let posted = ledger::allocate(self.vault, allocate, ctx.now);
                let posted = posted.map_err(|refusal| self.problem(&refusal, &["/qty"]))?;
                self.claimed(request.origin(), posted, claim)
            }
            Step::Release(release) => {
                let posted = ledger::release(self.vault, &release, ctx.now);
                let posted = posted.map_err(|refusal| self.problem(&refusal, &["/qty"]))?;
                self.claimed(request.origin(), posted, release.claim)
            }
            Step::Reverse(reversal) => self.reverse(request, *reversal),
        }
    }

    pub(crate) fn post(&mut self, origin: Origin<'_>, compiled: Compiled) -> Result<PostingAnswer, Problem> {
        let clock =
            Clock { now: origin.ctx.now, zone: &self.desk.zone, minor_digits: self.desk.minor_digits };
        let posted = ledger::post(self.vault, &compiled.post, &clock);
        let origins: Vec<&str> = compiled.origins.iter().map(String::as_str).collect();
        let posted = posted.map_err(|refusal| self.problem(&refusal, &origins))?;
        let Compiled { document, reason, note, .. } = compiled;
        let answer = PostingAnswer {
            document: document.clone(),
            reason: reason.clone(),
            ..self.names.posting(&posted)
        };
        let payload = text(&answer);
        self.enter(origin, posted, Kept { document, reason, note, ..Kept::default() }, payload);
        Ok(answer)
    }

    /// Each posting by itself, or all of them or none.
    fn bulk(
        &mut self,
        request: &Request,
        postings: Vec<Result<Compiled, Problem>>,
        atomic: bool,
    ) -> Result<Answer, Problem> {
        let entries = self.entries.len();
        let mark = self.vault.mark();
        let mut outcomes: Vec<Result<PostingAnswer, Problem>> = Vec::with_capacity(postings.len());
        for (number, compiled) in postings.into_iter().enumerate() {
            let outcome = compiled.and_then(|compiled| self.post(request.origin(), compiled));
            if atomic && let Err(problem) = outcome {
                self.vault.roll_back(mark);
                self.entries.truncate(entries);
                return Err(problem.under(&format!("/postings/{number}")));
            }
            outcomes.push(outcome);
        }
        let id = request.ctx.request_id;
        let shown: Vec<BulkEntry<'_>> = outcomes
            .iter()
            .map(|outcome| match outcome {
                Ok(posting) => BulkEntry::Accepted { status: 201, posting },
                Err(problem) => BulkEntry::Refused {
                    status: Answer::refused(problem, id).status.as_u16(),
                    problem: serde_json::to_value(web::problem_value(problem, id)).unwrap_or_default(),
                },
            })
            .collect();
        let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let body = serde_json::json!({
            "accepted": accepted, "refused": shown.len() - accepted, "postings": shown,
        });
        Answer::ok(&body).map_err(|failure| failure.problem().into_owned())
    }

    fn claimed(&mut self, origin: Origin<'_>, posted: Posted, claim: ClaimId) -> Result<Answer, Problem> {
        let internal = || Problem::new(Code::Internal, "a claim is gone after it was decided");
        let claim = self.vault.claim(claim).ok_or_else(internal)?;
        let available = self.vault.site(claim.site_key()).ok().map(|site| site.available());
        let (kind, path) = match posted.kind {
            Kind::Reserve => ("stock.reserved", "reservations"),
            Kind::Allocate => ("stock.allocated", "allocations"),
            _ => ("stock.released", ""),
        };
        let answer = self.names.claim(claim, available, Some(posted.id));
        let (location, site) = (format!("/api/v1/{path}/{}", claim.id), claim.site);
        let event = Event { id: [0; 16], kind, sites: vec![site.get()], payload: text(&answer) };
        self.push(origin, posted, Kept::default(), event);
        let body = if path.is_empty() { Answer::ok(&answer) } else { Answer::created(location, &answer) };
        body.map_err(|failure| failure.problem().into_owned())
    }

    fn reverse(&mut self, request: &Request, mut reversal: Reversal) -> Result<Answer, Problem> {
        reversal.command.original.reversed |= self.reversed.contains(&reversal.of);
        let clock =
            Clock { now: request.ctx.now, zone: &self.desk.zone, minor_digits: self.desk.minor_digits };
        let posted = ledger::reverse(self.vault, &reversal.command, &clock);
        let posted = posted.map_err(|mut refusal| {
            // the lines are those of the original, which the caller did not write
            refusal.line = None;
            self.problem(&refusal, &[])
        })?;
        self.reversed.insert(reversal.of);
        let Reversal { of, document, reason, note, .. } = reversal;
        let answer = PostingAnswer {
            document: document.clone(),
            reason: reason.clone(),
            reversal_of: Some(of),
            ..self.names.posting(&posted)
        };
        let kept = Kept { document, reason, note, reversal_of: Some(*of.bytes()) };
        self.enter(request.origin(), posted, kept, text(&answer));
        created(format!("/api/v1/postings/{}", answer.id), &answer)
    }

    pub(crate) fn enter(&mut self, origin: Origin<'_>, posted: Posted, kept: Kept, payload: String) {
        let sites = self.names.sites_of(&posted);
        let kind = if posted.kind == Kind::Reverse { "stock.reversed" } else { "stock.posted" };
        self.push(origin, posted, kept, Event { id: [0; 16], kind, sites, payload });
    }

    pub(crate) fn push(&mut self, origin: Origin<'_>, posted: Posted, kept: Kept, mut event: Event) {
        event.id = *origin.ctx.ids.next().as_bytes();
        let Kept { document, reason, note, reversal_of } = kept;
        self.entries.push(Entry {
            posted,
            actor: origin.ctx.actor.id.get(),
            document,
            reason,
            note,
            reversal_of,
            idem_key: origin.key.map(str::to_owned),
            event,
        });
    }

    /// A refusal as the caller sees it: with the pointer of the line it wrote.
    pub(crate) fn problem(&self, refusal: &Refusal, origins: &[&str]) -> Problem {
        let mut problem = refusal.problem(&|place| self.names.call(place));
        if let (Some(line), [error]) = (refusal.line, problem.errors.as_mut_slice())
            && let (Some(origin), Some(rest)) =
                (origins.get(line), error.pointer.strip_prefix(&format!("/lines/{line}")))
        {
            error.pointer = format!("{origin}{rest}");
        }
        if refusal.line.is_none()
            && let ([pointer], Code::InsufficientAvailable | Code::InvalidQuantity | Code::FractionRefused) =
                (origins, problem.code)
        {
            return Problem::at(problem.code, *pointer, problem.detail);
        }
        problem
    }
}

/// What is kept beside a posting.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<[u8; 16]>,
}

pub(crate) fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn created<T: serde::Serialize>(location: String, body: &T) -> Result<Answer, Problem> {
    Answer::created(location, body).map_err(|failure| failure.problem().into_owned())
}

fn refused(problem: &Problem, ctx: &Ctx) -> Answer {
    if problem.code == Code::Internal {
        tracing::error!(request_id = %ctx.request_id, detail = %problem.detail, "a decision failed");
    }
    Answer::refused(problem, ctx.request_id)
}

/// The answer of a key that came earlier in the same batch.
fn again(first: Option<&Answer>, fingerprint: &[u8; 32], key: &RequestKey, ctx: &Ctx) -> Answer {
    let stored = first.map(|first| idempotency::Answer {
        fingerprint: *fingerprint,
        status: first.status.as_u16().into(),
        headers: first.headers_text(),
        body: first.body.to_vec(),
        created_at: ctx.now.0,
    });
    let lost = || Problem::new(Code::Internal, "an earlier answer of the batch is gone");
    let answer = stored.ok_or_else(lost).and_then(|stored| replay(stored, &key.fingerprint));
    answer.unwrap_or_else(|problem| refused(&problem, ctx))
}

/// Keeps the answers that are new and final.
fn store_answers(
    tx: &mut Tx<'_>,
    requests: &[&Request],
    answers: &[Answer],
    keep: &[bool],
) -> Result<(), DbError> {
    let headers: Vec<Option<String>> = answers.iter().map(Answer::headers_text).collect();
    let mut stored = Vec::with_capacity(requests.len());
    for (((request, answer), headers), keep) in requests.iter().zip(answers).zip(&headers).zip(keep) {
        let Some(key) = request.key.as_ref().filter(|_| *keep) else { continue };
        stored.push(NewAnswer {
            key: IdemKey { principal: request.ctx.actor.id.get(), key: &key.key },
            fingerprint: &key.fingerprint,
            status: answer.status.as_u16().into(),
            headers: headers.as_deref(),
            body: answer.kept_body(),
            created_at: request.ctx.now.0,
            expires_at: request.ctx.now.0 + KEPT_MICROS,
        });
    }
    if stored.is_empty() { Ok(()) } else { idempotency::store_many(tx, &stored) }
}
