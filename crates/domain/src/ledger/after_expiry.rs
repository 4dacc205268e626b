//! What went out of a lot on its last sellable day, and is told after it.
//!
//! At midnight the stock of the lot became expired, and with it what had gone by then and had not been told: a till
//! uploads in the morning what it sold in the evening. So as much as it lacks comes back from expired first, at
//! the very instant at which the books took it away. Then the books say at each effective instant what was true:
//! the goods were good until they went, and never expired.
//!
//! Nothing of a lot past its day is good afterwards: what comes back goes out in the same decision. And the floor
//! holds as ever: what was not there then, or is not among what expired, does not go out.

use super::checks::is_past;
use super::command::{Amount, Clock, Cost, Line, Post};
use super::key::{Key, Place, SiteKey};
use super::kind::Kind;
use super::post::{Booking, Work, demand, effective, post};
use super::posted::Posted;
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{Instant, PostingId, Status};
use std::collections::BTreeMap;

/// Decides a posting, and before it what must come back from expired for it.
///
/// # Errors
/// Those of [`post`](super::post()); the vault is as before.
pub fn post_after_expiry(
    vault: &mut Vault,
    command: &Post,
    clock: &Clock<'_>,
) -> Result<(Vec<Posted>, Posted), Refusal> {
    vault.attempt(|vault| {
        let back = give_back(vault, command, clock)?;
        Ok((back, post(vault, command, clock)?))
    })
}

/// What comes back from expired, one posting for each instant at which it was taken away. Where it cannot, nothing
/// does: then the posting is refused by what it lacks.
fn give_back(vault: &mut Vault, command: &Post, clock: &Clock<'_>) -> Result<Vec<Posted>, Refusal> {
    let told_of = command.effective_at.filter(|_| matches!(command.kind, Kind::Issue | Kind::Consume));
    let Some(told_of) = told_of else { return Ok(Vec::new()) };
    let mut taken: BTreeMap<Instant, Vec<Line>> = BTreeMap::new();
    for (number, line) in command.lines.iter().enumerate() {
        let same =
            |earlier: &Line| (earlier.item, earlier.lot, earlier.from) == (line.item, line.lot, line.from);
        if !is_over_since(vault, line, told_of)? || command.lines.iter().take(number).any(same) {
            continue;
        }
        let (at, _) = effective(vault, command, clock)?;
        let (key, wanted) = (Key::at(line.item, line.lot, line.from), demand(command, line));
        if let Some(sank) = vault.first_below(key, at, wanted)? {
            let lacks = wanted - vault.lowest_since(key, at)?;
            taken.entry(sank).or_default().push(from_expired(line, lacks));
        }
    }
    let given = vault.attempt(|vault| {
        let post = |(at, lines)| back_at(vault, (at, lines), told_of, clock);
        taken.into_iter().map(post).collect()
    });
    match given {
        Err(refusal) if matches!(refusal.why, Why::NotLoaded(_)) => Err(refusal),
        given => Ok(given.unwrap_or_default()),
    }
}

/// Whether a line takes good stock of a lot whose last sellable day was not over then, and is now.
fn is_over_since(vault: &Vault, line: &Line, told_of: Instant) -> Result<bool, Refusal> {
    if line.from.status != Status::Good || !line.lot.is_some() {
        return Ok(false);
    }
    let site = vault.location(line.from.location)?.site;
    if !site.is_some() {
        return Ok(false);
    }
    let is_past = |at| is_past(vault, line.lot, site, at).map(|past| past.is_some());
    Ok(is_past(None)? && !is_past(Some(told_of))?)
}

fn from_expired(line: &Line, qty: i64) -> Line {
    let (from, to) = (Place { status: Status::Expired, ..line.from }, line.from);
    let (amount, cost) = (Amount::Move(qty), Cost::Unknown);
    Line { item: line.item, lot: line.lot, from, to, amount, claim: None, split: None, cost }
}

/// Brings back what was taken away at an instant.
fn back_at(
    vault: &mut Vault,
    (at, lines): (Instant, Vec<Line>),
    told_of: Instant,
    clock: &Clock<'_>,
) -> Result<Posted, Refusal> {
    let mut days = Vec::with_capacity(lines.len());
    for line in &lines {
        let key = SiteKey { item: line.item, site: vault.location(line.from.location)?.site };
        days.push((key, vault.site(key)?.next_expiry));
    }
    let id = PostingId(clock.ids.next());
    let (kind, effective_at) = (Kind::Expire, Some(at));
    let command = Post { id, kind, effective_at, post_late: false, lines, returns: Vec::new() };
    // another process, whose clock is ahead, may have taken it away
    let clock = Clock { now: clock.now.max(at), ..*clock };
    let booking = |_| Booking::New(Cost::Unknown);
    let posted = Work::run(vault, &command, (&clock, Some(told_of)), &booking)?;
    // it does not stay, so nothing is due because of it
    for (key, next_expiry) in days {
        vault.set_next_expiry(key, next_expiry)?;
    }
    Ok(posted)
}
