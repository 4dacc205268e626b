//! A request in terms of ids: what its names mean, and whether its caller may ask for it.

use super::answers::Earlier;
use crate::compile::{Compiled, Compiler, check_bulk, check_words};
use crate::desk::Desk;
use crate::input::{ClaimKind, ReleaseInput, Request, ReverseInput, Work};
use crate::names::Names;
use crate::originals::Found;
use crate::reason;
use domain::ledger::{Allocate, Freed, Kind, Release, Reserve, Reverse};
use domain::{ClaimId, Code, Permission, PostingId, Problem};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use web::{Answer, Principal};

/// A request whose names are known.
pub(super) enum Step {
    /// Answered before: the same key, earlier.
    Stored(Answer),
    /// Refused before anything was locked.
    Refused(Problem),
    Post(Box<Compiled>),
    Bulk {
        /// Those that are to be decided.
        postings: Vec<Result<Compiled, Problem>>,
        atomic: bool,
        /// What was answered before, some of it not for good.
        earlier: Option<Earlier>,
    },
    Reserve(Reserve),
    /// All of them or none.
    ReserveTogether(Vec<Reserve>),
    Allocate(Allocate),
    Release(Release),
    Reverse(Box<Reversal>),
}

impl Step {
    /// The step of a bulk that was answered before: only what was not answered for good is decided.
    pub(super) fn after(self, earlier: Earlier) -> Step {
        match self {
            Step::Bulk { postings, atomic, .. } => {
                let all = postings.into_iter().zip(&earlier.entries);
                let open = all.filter(|(_, entry)| !entry.is_final).map(|(posting, _)| posting).collect();
                Step::Bulk { postings: open, atomic, earlier: Some(earlier) }
            }
            other => other,
        }
    }
}

/// A reversal with what is kept beside it.
pub(super) struct Reversal {
    pub(super) command: Reverse,
    pub(super) of: PostingId,
    pub(super) document: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) note: Option<String>,
    /// See [`Found::says_hold`].
    pub(super) says_hold: Vec<usize>,
    /// See [`Found::freed`].
    pub(super) freed: Vec<Freed>,
}

/// The names of a request resolved; a refusal comes before anything is locked.
pub(super) fn compile(
    names: &Names,
    found: &FxHashMap<PostingId, Found>,
    desk: &Desk,
    request: &Request,
) -> Step {
    let compiler =
        Compiler { names, ctx: &request.ctx, principal: &request.principal, minor_digits: desk.minor_digits };
    let step = match &request.work {
        Work::Post(input) => compiler.post(input).map(|compiled| Step::Post(Box::new(compiled))),
        Work::Bulk(bulk) => check_bulk(bulk).map(|()| {
            let mut postings: Vec<_> = bulk.postings.iter().map(|input| compiler.post(input)).collect();
            for (place, problem) in &bulk.refused {
                postings.insert((*place).min(postings.len()), Err(problem.clone()));
            }
            Step::Bulk { postings, atomic: bulk.atomic, earlier: None }
        }),
        Work::Reserve(input) => compiler.reserve(input).map(Step::Reserve),
        Work::ReserveTogether(inputs) => compiler.reserve_together(inputs).map(Step::ReserveTogether),
        Work::Allocate(input) => match input.reservation {
            Some(claim) if !compiler.reaches_claim(claim) => Err(unknown_claim(claim, "/reservation")),
            _ => compiler.allocate(input).map(Step::Allocate),
        },
        Work::Release(input) if compiler.reaches_claim(input.claim) && is_of(names, input) => {
            Ok(Step::Release(Release {
                posting: PostingId(request.ctx.ids.next()),
                claim: input.claim,
                qty: input.qty.map(|qty| qty.0),
                expired: input.expired,
            }))
        }
        Work::Release(input) => Err(Problem::not_found("claim", input.claim)),
        Work::Reverse(input) => match found.get(&input.posting) {
            Some(original) if reaches_all(names, &request.principal, original) => {
                reversal_reason(names, input, original).map(|reason| {
                    Step::Reverse(Box::new(Reversal {
                        command: Reverse {
                            id: PostingId(request.ctx.ids.next()),
                            effective_at: input.effective_at,
                            post_late: input.post_late,
                            original: original.original.clone(),
                        },
                        of: input.posting,
                        document: original.document.clone(),
                        reason,
                        note: input.note.clone(),
                        says_hold: original.says_hold.clone(),
                        freed: original.freed.clone(),
                    }))
                })
            }
            _ => Err(Problem::not_found("posting", input.posting)),
        },
    };
    step.unwrap_or_else(Step::Refused)
}

/// Whether the claim to be released is of the kind that was asked for.
fn is_of(names: &Names, input: &ReleaseInput) -> bool {
    let claim = names.claims.get(&input.claim);
    claim.is_some_and(|claim| match input.kind {
        None => true,
        Some(ClaimKind::Reservation) => claim.bin.is_none(),
        Some(ClaimKind::Allocation) => claim.bin.is_some(),
    })
}

fn unknown_claim(claim: ClaimId, pointer: &str) -> Problem {
    Problem::at(Code::UnknownClaim, pointer, format!("there is no claim `{claim}`"))
}

/// Why a posting that may be reversed is reversed, should the caller say so.
fn reversal_reason(names: &Names, input: &ReverseInput, found: &Found) -> Result<Option<String>, Problem> {
    check_words(None, input.reason.as_deref(), input.note.as_deref())?;
    refuse_of_documents(found.original.kind)?;
    reason::of_posting(names, Kind::Reverse, input.reason.as_deref())
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
        Kind::Expire => {
            let detail = "a lot expires by its day, which no reversal takes back; what is past it leaves by an adjustment";
            Err(Problem::new(Code::NotReversible, detail))
        }
        _ => Ok(()),
    }
}

/// Whether a caller may reverse a posting: all its real locations are within reach.
fn reaches_all(names: &Names, principal: &Arc<Principal>, found: &Found) -> bool {
    let movements = &found.original.movements;
    let ends = movements.iter().flat_map(|movement| {
        [movement.from.location, movement.to.location].map(|location| (location, movement.item))
    });
    ends.filter(|(location, _)| location.get() > 0)
        .all(|end| names.reaches(principal, Permission::StockReverse, end))
}
