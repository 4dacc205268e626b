//! The decisions of a batch, in the order of arrival, and what they leave to be stored.

use super::answers::{Earlier, again};
use super::bulk::bulk_answer;
use super::step::{Reversal, Step};
use crate::answer::{ClaimAnswer, PostingAnswer, TogetherAnswer};
use crate::compile::Compiled;
use crate::desk::Desk;
use crate::input::{AllocateInput, Request, Work};
use crate::levels;
use crate::lot;
use crate::lots::{Made, unknown_lot};
use crate::names::Names;
use crate::pointer;
use crate::save::{Entry, Event};
use crate::sweep;
use crate::told;
use db::held::Held;
use domain::ledger::{self, Allocate, Kind, Posted, Reserve, SiteKey, Vault};
use domain::{ClaimId, Code, Ctx, Permission, PostingId, Problem};
use rustc_hash::FxHashMap;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use web::{Answer, Failure, Principal, Second, is_final};

/// For whom something is decided, and under which key.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) key: Option<&'a str>,
    /// Who asks; `None` when a document orders.
    pub(crate) asks: Option<&'a Arc<Principal>>,
}

impl Request {
    fn origin(&self) -> Origin<'_> {
        let key = self.key.as_ref().map(|key| key.key.as_str());
        Origin { ctx: &self.ctx, key, asks: Some(&self.principal) }
    }
}

/// A batch while it is decided.
pub(crate) struct Batch<'a> {
    desk: &'a Desk,
    pub(crate) names: &'a Names,
    pub(crate) vault: &'a mut Vault,
    pub(crate) entries: Vec<Entry>,
    /// The lots that come into being.
    pub(crate) made: Made,
    /// Whether its events say what is left at the sites.
    pub(crate) tells_levels: bool,
    /// Postings that this batch has reversed, each with its reversal.
    reversed: FxHashMap<PostingId, PostingId>,
    /// What waits for a second person, with the number of its request.
    pub(super) held: Vec<(usize, Held)>,
}

impl<'a> Batch<'a> {
    /// A batch that begins with what the sweep has done.
    pub(crate) fn new(
        desk: &'a Desk,
        names: &'a Names,
        vault: &'a mut Vault,
        sweeps: Vec<Entry>,
    ) -> Batch<'a> {
        Batch {
            desk,
            names,
            vault,
            entries: sweeps,
            made: Made::default(),
            tells_levels: true,
            reversed: FxHashMap::default(),
            held: Vec::new(),
        }
    }

    /// Decides every step in arrival order. A key that comes twice is decided once.
    /// The second list says which answers are new and final, to be kept for their key.
    pub(super) fn decide_all(&mut self, requests: &[&Request], steps: Vec<Step>) -> (Vec<Answer>, Vec<bool>) {
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
            let (mark, made, entered) = (self.vault.mark(), self.made.mark(), self.entries.len());
            let first_to_reverse = match &request.work {
                // an earlier request of this batch may have reversed it, and stays the one that has
                Work::Reverse(reverse) if !self.reversed.contains_key(&reverse.posting) => {
                    Some(reverse.posting)
                }
                _ => None,
            };
            let is_rest = matches!(&step, Step::Bulk { earlier: Some(_), .. });
            let mut answer = self.decide(request, step);
            let mut waits = None;
            if fresh && answer.is_ok() {
                match self.must_wait(request, entered) {
                    // what was accepted of it before would be posted again
                    Ok(Some(_)) if is_rest => answer = Err(Second::required(Permission::StockRead)),
                    Ok(found) => waits = found,
                    Err(problem) => answer = Err(problem),
                }
            }
            if answer.is_err() || waits.is_some() {
                // what was entered and then could not be answered, or waits, has not happened
                self.vault.roll_back(mark);
                self.made.roll_back(made);
                self.entries.truncate(entered);
                if let Some(posting) = first_to_reverse {
                    self.reversed.remove(&posting);
                }
            }
            if let Some((held, waiting)) = waits {
                self.held.extend(held.map(|held| (number, held)));
                answer = Ok(waiting);
            }
            self.vault.settle();
            if let Some(keep) = keep.get_mut(number) {
                *keep = fresh && answer.as_ref().map_or_else(is_final, |_| true);
            }
            answers.push(answer.unwrap_or_else(|problem| refused(&problem, &request.ctx)));
        }
        (answers, keep)
    }

    /// Decimals of the currency of the books.
    pub(super) const fn minor_digits(&self) -> u32 {
        self.desk.minor_digits
    }

    fn decide(&mut self, request: &Request, step: Step) -> Result<Answer, Problem> {
        let ctx = &request.ctx;
        match step {
            Step::Stored(answer) => Ok(answer),
            Step::Refused(problem) => Err(problem),
            Step::Post(compiled) => {
                let answer = self.post(request.origin(), *compiled)?;
                self.created(&answer)
            }
            Step::Bulk { postings, atomic, earlier } => {
                self.bulk(request, postings, atomic, earlier.as_ref())
            }
            Step::Reserve(reserve) => self.reserve(request, reserve).and_then(|claim| claim_made(&claim)),
            Step::ReserveTogether(all) => {
                let one = |(number, reserve)| {
                    let claim = self.reserve(request, reserve);
                    claim.map_err(|problem| problem.under(&format!("/reservations/{number}")))
                };
                let reservations = all.into_iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
                answered(Answer::ok(&TogetherAnswer { reservations }))
            }
            Step::Allocate(allocate) => {
                self.check_made(request, &allocate)?;
                let (claim, about) = (allocate.claim, (allocate.item, allocate.lot));
                let posted = ledger::allocate(self.vault, allocate, ctx.now);
                let posted = posted.map_err(|refusal| self.allocate_problem(about, &refusal))?;
                self.claimed(request.origin(), posted, claim).and_then(|claim| claim_made(&claim))
            }
            Step::Release(release) => {
                let posted = ledger::release(self.vault, &release, ctx.now);
                let posted = posted.map_err(|refusal| self.claim_problem(Kind::Release, &refusal))?;
                let claim = self.claimed(request.origin(), posted, release.claim)?;
                answered(Answer::ok(&claim))
            }
            Step::Reverse(reversal) => self.reverse(request, *reversal),
        }
    }

    pub(crate) fn post(&mut self, origin: Origin<'_>, compiled: Compiled) -> Result<PostingAnswer, Problem> {
        let (mark, made) = (self.vault.mark(), self.made.mark());
        let (back, posted) = self.posted(origin, &compiled).inspect_err(|_| {
            self.vault.roll_back(mark);
            self.made.roll_back(made);
        })?;
        self.made.keep_moved(made, &posted);
        for back in back {
            self.follows(origin, back, compiled.document.clone(), sweep::REASON);
        }
        let Compiled { document, reason, note, says_hold, entered, .. } = compiled;
        let warned = self.vault.take_warned();
        let answer = PostingAnswer {
            document: document.clone(),
            reason: reason.clone(),
            note: note.clone(),
            warnings: warned.into_iter().map(|(line, lacks)| self.names.warning(line, &lacks)).collect(),
            ..self.names.posting(&posted).with_entered(entered)
        };
        let payload = json(&answer);
        let kept = Kept { document, reason, note, says_hold, ..Kept::default() };
        self.enter(origin, posted, kept, payload);
        Ok(answer)
    }

    /// Enters what another posting brought about: what came back from expired for one that is told after the last
    /// day of its lot, and what becomes of what a reversal brought back on hold that nothing holds any more.
    fn follows(&mut self, origin: Origin<'_>, posted: Posted, document: Option<String>, reason: &str) {
        let reason = Some(reason.to_owned());
        let answer = PostingAnswer {
            document: document.clone(),
            reason: reason.clone(),
            ..self.names.posting(&posted)
        };
        let (payload, kept) = (json(&answer), Kept { document, reason, ..Kept::default() });
        // the key is that of the posting it is for
        self.enter(Origin { key: None, ..origin }, posted, kept, payload);
    }

    /// Decides a posting, with the lots that it makes, and what has to come back from expired for it.
    fn posted(&mut self, origin: Origin<'_>, compiled: &Compiled) -> Result<(Vec<Posted>, Posted), Problem> {
        for naming in &compiled.namings {
            let named = self.made.name(self.names, self.vault, naming);
            named.map_err(|problem| {
                let pointer = pointer::of_lot(compiled, naming, problem.code);
                Problem::at(problem.code, pointer, problem.detail)
            })?;
        }
        let clock = self.desk.clock(origin.ctx);
        let posted = ledger::post_after_expiry(self.vault, &compiled.post, &clock);
        posted.map_err(|refusal| self.post_problem(origin.asks, compiled, &refusal))
    }

    /// A lot that is allocated is there, or a posting of this batch has made it.
    fn check_made(&self, request: &Request, allocate: &Allocate) -> Result<(), Problem> {
        if !self.names.is_new(allocate.lot) || self.made.has(allocate.lot) {
            return Ok(());
        }
        match (&request.work, self.names.item_facts.get(&allocate.item)) {
            (Work::Allocate(AllocateInput { lot: Some(code), .. }), Some(item)) => {
                Err(unknown_lot(item, code))
            }
            _ => Err(Problem::new(Code::Internal, "a new lot is allocated by nobody")),
        }
    }

    /// Each posting by itself, or all of them or none.
    fn bulk(
        &mut self,
        request: &Request,
        postings: Vec<Result<Compiled, Problem>>,
        atomic: bool,
        earlier: Option<&Earlier>,
    ) -> Result<Answer, Problem> {
        let entries = self.entries.len();
        let (mark, made) = (self.vault.mark(), self.made.mark());
        let mut refusals: Vec<Option<Problem>> = Vec::with_capacity(postings.len());
        for (number, compiled) in postings.into_iter().enumerate() {
            let outcome = compiled.and_then(|compiled| self.post(request.origin(), compiled));
            if atomic && let Err(problem) = outcome {
                self.vault.roll_back(mark);
                self.made.roll_back(made);
                self.entries.truncate(entries);
                return Err(problem.under(&format!("/postings/{number}")));
            }
            refusals.push(outcome.err());
        }
        let accepted = self.entries.get(entries..).unwrap_or_default();
        let answer = bulk_answer(accepted, &refusals, earlier, &request.ctx);
        let answer = answered(answer.and_then(|answer| Answer::ok(&answer)))?;
        Ok(answer.refusing(refusals.iter().flatten()))
    }

    fn reserve(&mut self, request: &Request, reserve: Reserve) -> Result<ClaimAnswer, Problem> {
        let (claim, at) = (reserve.claim, (reserve.item, reserve.site));
        let posted = ledger::reserve(self.vault, reserve, request.ctx.now);
        let posted = posted.map_err(|refusal| self.reserve_problem(at, &refusal))?;
        self.claimed(request.origin(), posted, claim)
    }

    /// Enters what was decided about a claim, with its event.
    fn claimed(
        &mut self,
        origin: Origin<'_>,
        posted: Posted,
        claim: ClaimId,
    ) -> Result<ClaimAnswer, Problem> {
        let internal = || Problem::new(Code::Internal, "a claim is gone after it was decided");
        let claim = self.vault.claim(claim).ok_or_else(internal)?;
        let available = self.vault.site(claim.site_key()).ok().map(|site| site.available());
        let kind = match posted.kind {
            Kind::Reserve => "stock.reserved",
            Kind::Allocate => "stock.allocated",
            _ => "stock.released",
        };
        let answer = self.names.claim(claim, available, Some(posted.id));
        let event = Event { id: [0; 16], kind, sites: vec![claim.site.get()], payload: json(&answer) };
        self.push(origin, posted, Kept::default(), event);
        Ok(answer)
    }

    fn reverse(&mut self, request: &Request, mut reversal: Reversal) -> Result<Answer, Problem> {
        let original = &mut reversal.command.original;
        original.reversed_by = original.reversed_by.or_else(|| self.reversed.get(&reversal.of).copied());
        let clock = self.desk.clock(&request.ctx);
        let posted = ledger::reverse_after_release(self.vault, &reversal.command, &reversal.freed, &clock);
        let (posted, becoming) =
            posted.map_err(|refusal| self.reversal_problem(&request.principal, &refusal))?;
        self.reversed.insert(reversal.of, reversal.command.id);
        let Reversal { of, document, reason, note, says_hold, .. } = reversal;
        let answer = PostingAnswer {
            document: document.clone(),
            reason: reason.clone(),
            note: note.clone(),
            reversal_of: Some(of),
            ..self.names.posting(&posted)
        };
        let reversal_of = Some(*of.bytes());
        let kept = Kept { document, reason, note, reversal_of, says_hold, ..Kept::default() };
        self.enter(request.origin(), posted, kept, json(&answer));
        let created = self.created(&answer)?;
        for posted in becoming {
            let reason = if posted.kind == Kind::Expire { sweep::REASON } else { lot::hold::RELEASED };
            self.follows(request.origin(), posted, answer.document.clone(), reason);
        }
        Ok(created)
    }

    /// The answer for the posting that was entered last: what its event says.
    fn created(&self, answer: &PostingAnswer) -> Result<Answer, Problem> {
        let location = format!("/api/v1/postings/{}", answer.id);
        let made = match self.entries.last() {
            Some(entry) => Answer::created(location, raw(entry)),
            None => Err(Failure::fault("a posting was accepted and not entered")),
        };
        answered(made)
    }

    pub(crate) fn enter(&mut self, origin: Origin<'_>, posted: Posted, kept: Kept, payload: Box<RawValue>) {
        let mut sites = self.names.sites_of(&posted);
        let kind = match kept.recounted {
            Some(key) => {
                sites = vec![key.site.get()];
                "stock.availability_changed"
            }
            None if posted.kind == Kind::Reverse => "stock.reversed",
            None if posted.kind == Kind::Expire => "stock.expired",
            None => "stock.posted",
        };
        self.push(origin, posted, kept, Event { id: [0; 16], kind, sites, payload });
    }

    pub(crate) fn push(&mut self, origin: Origin<'_>, posted: Posted, kept: Kept, mut event: Event) {
        self.made.settle(self.names, &posted);
        event.id = *origin.ctx.ids.next().as_bytes();
        let Kept { document, reason, note, reversal_of, recounted, says_hold } = kept;
        let told = told::of(self.names, self.vault, &posted, origin.ctx);
        let levels =
            self.tells_levels.then(|| levels::of(self.names, self.vault, &posted, recounted)).flatten();
        self.entries.push(Entry {
            posted,
            actor: origin.ctx.actor.id.get(),
            document,
            reason,
            note,
            reversal_of,
            says_hold,
            idem_key: origin.key.map(str::to_owned),
            event,
            levels,
            told,
        });
    }
}

/// What is kept beside a posting.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<[u8; 16]>,
    /// What was recounted, when nothing moved.
    pub(crate) recounted: Option<SiteKey>,
    /// The lines that say `hold` of what they bring.
    pub(crate) says_hold: Vec<usize>,
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The answer for a claim that was made.
fn claim_made(claim: &ClaimAnswer) -> Result<Answer, Problem> {
    let path = if claim.location.is_some() { "allocations" } else { "reservations" };
    answered(Answer::created(format!("/api/v1/{path}/{}", claim.id), claim))
}

fn answered(answer: Result<Answer, Failure>) -> Result<Answer, Problem> {
    answer.map_err(|failure| failure.problem().into_owned())
}

/// The text of an entry's event, which need not be written again.
pub(super) fn raw(entry: &Entry) -> &RawValue {
    &entry.event.payload
}

pub(super) fn refused(problem: &Problem, ctx: &Ctx) -> Answer {
    if problem.code == Code::Internal {
        tracing::error!(request_id = %ctx.request_id, detail = %problem.detail, "a decision failed");
    }
    Answer::refused(problem, ctx.request_id)
}
