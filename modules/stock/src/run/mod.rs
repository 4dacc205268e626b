//! One batch of the hot path: load, decide in arrival order, store.
//!
//! Each request is accepted or refused by itself; what one leaves is what the next one sees. The
//! whole batch is one transaction with one commit, so hundreds of requests share one sync, and a
//! thousand buyers of one item are decided in memory, one after the other.

mod answers;
mod batch;
mod bulk;
mod lock;
#[cfg(test)]
mod lock_tests;
mod refusal;
#[cfg(test)]
mod replay_tests;
mod second;
#[cfg(test)]
mod second_tests;
mod step;

pub(crate) use batch::{Batch, Kept, Origin, json};
pub(crate) use lock::lock_wanted;

use crate::desk::{Desk, KeptDesk};
use crate::input::Request;
use crate::load::Known;
use crate::lot::kept;
use crate::lots::Made;
use crate::names::Names;
use crate::save::{self, Calendars, Entry};
use crate::{gate, lots, originals};
use answers::Stored;
use db::idempotency::NewAnswer;
use db::{DbError, Tx};
use domain::ledger::Vault;
use step::Step;
use web::Answer;

/// Runs a batch. The outcomes are in the order of the requests.
pub(crate) fn run(
    tx: &mut Tx<'_>,
    desk: &mut KeptDesk,
    known: &mut Known,
    requests: &[&Request],
) -> Result<Vec<Answer>, DbError> {
    // what is refused for its size is not looked up
    let fitting: Vec<&Request> = requests.iter().copied().filter(|request| request.work.fits()).collect();
    let mut kept = answers::kept(requests);
    let mut names = if requests.iter().all(|request| request.work.only_reserves()) {
        Names::named(tx, &fitting, &mut [&mut gate::side_passage(), &mut kept])?
    } else {
        Names::named(tx, &fitting, &mut [&mut gate::passage(), &mut kept])?
    };
    // behind the gate, as it may still change
    let desk = &desk.read(tx)?;
    let stored = answers::stored(requests, kept);
    let fresh: Vec<&Request> = requests
        .iter()
        .zip(&stored)
        .filter(|(request, stored)| !matches!(stored, Stored::Whole(_)) && request.work.fits())
        .map(|(request, _)| *request)
        .collect();
    names.complete(tx, &fresh)?;
    let found = originals::read(tx, &fresh, &mut names)?;
    names.read_sales(tx, &fresh)?;
    let mut steps = Vec::with_capacity(requests.len());
    let mut replaces = Vec::with_capacity(requests.len());
    for (request, stored) in requests.iter().zip(stored) {
        let (step, given_at) = match stored {
            Stored::Whole(answer) => (Step::Stored(answer), None),
            Stored::Nothing => (step::compile(&names, &found, desk, request), None),
            Stored::Part(earlier) => {
                let given_at = earlier.given_at;
                (step::compile(&names, &found, desk, request).after(earlier), Some(given_at))
            }
        };
        steps.push(step);
        replaces.push(given_at);
    }
    let (mut vault, sweeps) = lock::lock(tx, desk, known, &mut names, requests, &steps)?;
    for step in &mut steps {
        if let Step::Reverse(reversal) = step {
            // another process may have reversed it before the rows were locked
            reversal.command.original.reversed_by = originals::reversed_by(tx, reversal.of)?;
        }
    }
    let mut batch = Batch::new(desk, &names, &mut vault, sweeps);
    let (answers, keep) = batch.decide_all(requests, steps);
    let Batch { entries, made, held, .. } = batch;
    let headers: Vec<Option<String>> = answers.iter().map(Answer::headers_text).collect();
    let new = answers::new(requests, &answers, &headers, &keep, &replaces);
    keep_all(tx, desk, &names, (entries, made, &vault), &new)?;
    for (request, held) in held.iter().filter_map(|(number, held)| Some((requests.get(*number)?, held))) {
        web::store_held(tx, &request.ctx, held)?;
    }
    Ok(answers)
}

/// Stores what was decided, and the answers that are kept for it.
pub(crate) fn keep_all(
    tx: &mut Tx<'_>,
    desk: &Desk,
    names: &Names,
    (entries, made, vault): (Vec<Entry>, Made, &Vault),
    answers: &[NewAnswer<'_>],
) -> Result<(), DbError> {
    if let Some(last) = entries.last() {
        lots::store(tx, made, last.posted.recorded_at)?;
        kept::follow(tx, vault, &entries)?;
    }
    save::save(tx, &calendars(desk, names), entries, &vault.touched(), answers)
}

fn calendars(desk: &Desk, names: &Names) -> Calendars {
    Calendars {
        organisation: desk.zone.clone(),
        sites: names.site_facts.values().map(|site| (site.id, site.zone.clone())).collect(),
        site_of: names.location_facts.values().map(|location| (location.id, location.site)).collect(),
    }
}
