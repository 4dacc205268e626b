//! The steps of a transfer: allocate, release, ship, expect, receive, close, cancel.

use super::create::day;
use super::decide::{self, LotThen, Waiting};
use super::parts::{Part, parts};
use super::record::{Transfer, TransferShown};
use super::state::{State, Step};
use super::wire::{CloseBody, ExpectBody, StepBody};
use super::{may, open, store, trace};
use crate::inside::{self, Draft, Order, When, carry_out, claimed_line};
use crate::{load, reason};
use db::{Conn, DbError, Tx};
use domain::item::is_expired;
use domain::ledger::{Allocate, Amount, Claim, Kind, Line, LotFacts, Place, Release};
use domain::{AsProblem, ClaimId, Code, ItemId, LotId, Note, PostingId, Problem, Status};
use places::LOSS;
use rustc_hash::{FxHashMap, FxHashSet};
use web::{Caller, Failure, IfMatch};

/// Binds stock of named bins to lines.
pub(crate) fn allocate(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
    body: &StepBody,
) -> Result<TransferShown, Failure> {
    if body.effective_at.is_some() || body.post_late {
        let detail = "stock is allocated now; only what moves can have happened earlier";
        return Err(Problem::at(Code::InvalidValue, "/effective_at", detail).into());
    }
    let mut transfer = open(tx, caller, transfer, Step::Allocate)?;
    let claims = store::claims(tx, &transfer)?;
    let mut free: Vec<i64> = transfer
        .lines
        .iter()
        .map(|line| line.counts.unshipped() - claimed(&claims, &transfer.owner(line)))
        .collect();
    let mut orders = Vec::new();
    let site = transfer.from_site;
    for Part { at, pointer, line, qty, .. } in parts(tx, caller, &transfer, body, site, &free)? {
        let (Some(doc), Some(free)) = (transfer.lines.get(at), free.get_mut(at)) else { continue };
        if qty > *free {
            let detail = "more than is left of the line would be allocated";
            return Err(Problem::at(Code::InvalidQuantity, format!("{pointer}/qty"), detail).into());
        }
        *free -= qty;
        let allocate = Allocate {
            posting: PostingId(caller.ctx.ids.next()),
            claim: ClaimId(caller.ctx.ids.next()),
            owner: Some(transfer.owner(doc)),
            reservation: None,
            item: line.item,
            location: line.from.location,
            lot: line.lot,
            qty,
            priority: 0,
            // a line ships what is there, or less
            may_wait: false,
        };
        orders.push(Order::Allocate(allocate, pointer));
    }
    carry_out(tx, &caller.ctx, orders)?;
    transfer.state = State::Allocated;
    finish(tx, caller, transfer, "stock.transfer.allocate", "stock.transfer_allocated")
}

fn claimed(claims: &[Claim], owner: &str) -> i64 {
    claims.iter().filter(|claim| claim.owner == owner).map(|claim| claim.qty).sum()
}

/// Gives up all allocations of a transfer that has not been shipped.
pub(crate) fn release(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
) -> Result<TransferShown, Failure> {
    let mut transfer = open(tx, caller, transfer, Step::Release)?;
    let claims = store::claims(tx, &transfer)?;
    may::release(tx, caller, &claims)?;
    let orders = releases(caller, claims);
    carry_out(tx, &caller.ctx, orders)?;
    transfer.state = State::Draft;
    finish(tx, caller, transfer, "stock.transfer.release", "stock.transfer_released")
}

/// The release of everything that the lines have allocated.
fn releases(caller: &Caller, claims: Vec<Claim>) -> Vec<Order> {
    let release = |claim: Claim| {
        let posting = PostingId(caller.ctx.ids.next());
        Order::Release(Release { posting, claim: claim.id, qty: None, expired: false })
    };
    claims.into_iter().map(release).collect()
}

/// Ships from named locations; what the transfer has allocated there goes first.
pub(crate) fn ship(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
    body: &StepBody,
) -> Result<TransferShown, Failure> {
    let mut transfer = open(tx, caller, transfer, Step::Ship)?;
    let mut claims = store::claims(tx, &transfer)?;
    let left: Vec<i64> = transfer.lines.iter().map(|line| line.counts.unshipped()).collect();
    let mut lines = Vec::new();
    let site = transfer.from_site;
    for Part { at, pointer, origin, line, qty } in parts(tx, caller, &transfer, body, site, &left)? {
        let transit = transfer.transit;
        let Some(doc) = transfer.lines.get_mut(at) else { continue };
        doc.counts.ship(qty).map_err(|problem| problem.under(&pointer))?;
        let owner = format!("{}/{}", transfer.number, doc.line);
        for (claim, part) in decide::with_claims(&line, qty, &owner, &mut claims) {
            let to = Place { location: transit, status: line.from.status };
            let line = Line { to, amount: Amount::Move(part), ..line };
            let line = claim.map_or(line, |claim| claimed_line(line, claim, &caller.ctx));
            lines.push((line, origin.clone()));
        }
    }
    post(tx, caller, &transfer, Kind::Ship, body, (lines, Vec::new()))?;
    give_back(tx, caller, &transfer)?;
    transfer.state = decide::moved(transfer.lines.iter().map(|line| &line.counts));
    finish(tx, caller, transfer, "stock.transfer.ship", "stock.transfer_shipped")
}

/// Releases what is bound beyond what the lines have still to ship: the goods went from elsewhere.
fn give_back(tx: &mut Tx<'_>, caller: &Caller, transfer: &Transfer) -> Result<(), Failure> {
    let claims = store::claims(tx, transfer)?;
    let mut orders = Vec::new();
    for line in &transfer.lines {
        let owner = transfer.owner(line);
        let mut over = claimed(&claims, &owner) - line.counts.unshipped();
        for claim in claims.iter().filter(|claim| claim.owner == owner) {
            let qty = claim.qty.min(over);
            if qty > 0 {
                over -= qty;
                let posting = PostingId(caller.ctx.ids.next());
                orders.push(Order::Release(Release {
                    posting,
                    claim: claim.id,
                    qty: Some(qty),
                    expired: false,
                }));
            }
        }
    }
    if orders.is_empty() { Ok(()) } else { Ok(carry_out(tx, &caller.ctx, orders).map(|_| ())?) }
}

/// Receives at named locations, never more than was shipped.
pub(crate) fn receive(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
    body: &StepBody,
) -> Result<TransferShown, Failure> {
    let mut transfer = open(tx, caller, transfer, Step::Receive)?;
    let mut waiting: FxHashMap<ItemId, Vec<Waiting>> = FxHashMap::default();
    for there in store::in_transit(tx, &transfer)? {
        let (lot, status, qty) = (there.lot, there.status, there.qty);
        waiting.entry(there.item).or_default().push(Waiting { lot, status, qty });
    }
    let lots = lots_then(tx, caller, &transfer, &waiting)?;
    let left: Vec<i64> = transfer.lines.iter().map(|line| line.counts.in_transit()).collect();
    let (mut lines, mut says_hold) = (Vec::new(), Vec::new());
    let parts = parts(tx, caller, &transfer, body, transfer.to_site, &left)?;
    for Part { at, pointer, origin, line, qty } in parts {
        let transit = transfer.transit;
        let Some(doc) = transfer.lines.get_mut(at) else { continue };
        let there = waiting.entry(line.item).or_default();
        let taken = doc.counts.receive(qty).and_then(|()| decide::take(there, line.lot, qty));
        for part in taken.map_err(|problem| problem.under(&pointer))? {
            let named = named_status(body, &pointer).then_some(line.from.status);
            let status =
                decide::arrives_as(named, part.status, lots.get(&part.lot).copied().unwrap_or_default());
            let status = status.map_err(|problem| problem.under(&pointer))?;
            let from = Place { location: transit, status: part.status };
            let to = Place { location: line.from.location, status };
            if named == Some(Status::Hold) && part.status != Status::Hold {
                says_hold.push(lines.len());
            }
            lines.push((inside::line(line.item, part.lot, from, to, part.qty), origin.clone()));
        }
    }
    post(tx, caller, &transfer, Kind::Arrive, body, (lines, says_hold))?;
    transfer.state = decide::moved(transfer.lines.iter().map(|line| &line.counts));
    finish(tx, caller, transfer, "stock.transfer.receive", "stock.transfer_received")
}

/// What is known of the lots in transit where they arrive.
fn lots_then(
    conn: &mut Conn<'_>,
    caller: &Caller,
    transfer: &Transfer,
    waiting: &FxHashMap<ItemId, Vec<Waiting>>,
) -> Result<FxHashMap<LotId, LotThen>, DbError> {
    let Some(site) = places::site_facts_by_id(conn, &[transfer.to_site])?.pop().flatten() else {
        return Ok(FxHashMap::default());
    };
    let today = site.zone.date(caller.ctx.now);
    let lots: FxHashSet<LotId> =
        waiting.values().flatten().map(|there| there.lot).filter(|lot| lot.is_some()).collect();
    let lots: Vec<LotId> = lots.into_iter().collect();
    let facts = load::lots(conn, &lots)?;
    let then = |facts: LotFacts| LotThen { past: is_expired(facts.expiry, today), on_hold: facts.on_hold };
    Ok(facts.into_iter().map(|lot| (lot.id, then(lot.facts))).collect())
}

/// Whether the line of the body that a pointer leads to names a status.
fn named_status(body: &StepBody, pointer: &str) -> bool {
    let number = pointer.strip_prefix("/lines/").and_then(|number| number.parse::<usize>().ok());
    number.and_then(|number| body.lines.get(number)).is_some_and(|line| line.status.is_some())
}

/// Ends a transfer: what is still in transit is lost, what is still allocated is free again.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
    body: &CloseBody,
) -> Result<TransferShown, Failure> {
    let mut transfer = open(tx, caller, transfer, Step::Close)?;
    let missing = store::in_transit(tx, &transfer)?;
    let claims = store::claims(tx, &transfer)?;
    if missing.is_empty() {
        may::release(tx, caller, &claims)?;
    }
    let mut orders = releases(caller, claims);
    transfer.state = decide::close(transfer.lines.iter_mut().map(|line| &mut line.counts));
    if !missing.is_empty() {
        may::write_off(tx, caller, &transfer)?;
        let why = reason::read(tx, body.reason.as_deref().unwrap_or_default())?;
        let lines = missing.iter().map(|there| {
            let from = Place { location: transfer.transit, status: there.status };
            (inside::line(there.item, there.lot, from, Place::good(LOSS), there.qty), String::new())
        });
        let why = (Some(why), body.note.as_deref());
        let when = When { effective_at: body.effective_at, post_late: body.post_late };
        let lines = (lines.collect(), Vec::new());
        orders.push(posting(caller, &transfer, Kind::Shortage, why, when, lines)?);
    }
    carry_out(tx, &caller.ctx, orders)?;
    finish(tx, caller, transfer, "stock.transfer.close", "stock.transfer_closed")
}

/// Gives a draft up.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
) -> Result<TransferShown, Failure> {
    let mut transfer = open(tx, caller, transfer, Step::Cancel)?;
    may::cancel(tx, caller, &transfer)?;
    transfer.state = State::Cancelled;
    finish(tx, caller, transfer, "stock.transfer.cancel", "stock.transfer_cancelled")
}

/// Says when the goods of a transfer are expected.
pub(crate) fn expect(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: (&str, IfMatch),
    body: &ExpectBody,
) -> Result<TransferShown, Failure> {
    let expected_on = day(body.expected_on.as_deref())?;
    let mut transfer = open(tx, caller, transfer, Step::Expect)?;
    transfer.expected_on = expected_on;
    finish(tx, caller, transfer, "stock.transfer.expect", "stock.transfer_expected")
}

fn post(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: &Transfer,
    kind: Kind,
    body: &StepBody,
    lines: Lines,
) -> Result<(), Failure> {
    let when = When { effective_at: body.effective_at, post_late: body.post_late };
    let order = posting(caller, transfer, kind, (None, body.note.as_deref()), when, lines)?;
    carry_out(tx, &caller.ctx, vec![order]).map(|_| ())
}

/// Lines with their pointers, and which of them say `hold` of what they bring.
type Lines = (Vec<(Line, String)>, Vec<usize>);

/// A posting under the number of the transfer.
fn posting(
    caller: &Caller,
    transfer: &Transfer,
    kind: Kind,
    (reason, note): (Option<String>, Option<&str>),
    when: When,
    (lines, says_hold): Lines,
) -> Result<Order, Problem> {
    let note = note.map(Note::parse).transpose().map_err(|error| error.problem("/note"))?;
    let document = Some(transfer.number.clone());
    let note = note.map(|note| note.to_string());
    let draft = Draft { kind, document, reason, note, when, lines, says_hold };
    Ok(draft.order(&caller.ctx))
}

fn finish(
    tx: &mut Tx<'_>,
    caller: &Caller,
    mut transfer: Transfer,
    action: &str,
    event: &str,
) -> Result<TransferShown, Failure> {
    transfer.version += 1;
    store::update(tx, &transfer)?;
    trace(tx, &caller.ctx, &transfer, action, event)
}
