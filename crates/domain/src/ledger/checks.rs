//! What is checked before anything moves or is claimed: the quantity, the lot, the ends, the days.

use super::command::{Cost, Line};
use super::facts::{ItemFacts, LocationFacts};
use super::key::Place;
use super::kind::{End, Kind};
use super::refusal::{Refusal, Why};
use super::step::Step;
use super::vault::Vault;
use crate::item::Tracking;
use crate::{Instant, ItemId, LotId, Qty, SiteId, Status, when};

/// Whether a quantity can stand on a line of an item.
pub(super) fn check_quantity(item: ItemFacts, qty: i64) -> Result<(), Why> {
    if qty <= 0 {
        return Err(Why::NotPositive { qty });
    }
    let Some(valid) = Qty::from_millionths(qty) else { return Err(Why::TooLarge { qty }) };
    if item.whole && !valid.is_whole() {
        return Err(Why::Fraction { qty });
    }
    Ok(())
}

/// Whether an item has stock at all: a service never has, and one that is out of use has none any more.
pub(super) fn check_item(item: ItemFacts) -> Result<(), Refusal> {
    match item {
        ItemFacts { stocked: false, .. } => Err(Refusal::of(Why::NotStocked)),
        ItemFacts { archived: true, .. } => Err(Refusal::of(Why::ItemArchived)),
        _ => Ok(()),
    }
}

/// What belongs to a third party has no cost.
pub(super) fn check_cost(item: ItemFacts, cost: Cost) -> Result<(), Refusal> {
    if item.third_party && cost != Cost::Unknown {
        return Err(Refusal::of(Why::CostOfThirdParty));
    }
    Ok(())
}

/// Whether a quantity of an item can be claimed.
pub(super) fn check_claimable(vault: &Vault, item: ItemId, qty: i64) -> Result<(), Refusal> {
    let facts = vault.item(item)?;
    check_item(facts)?;
    check_quantity(facts, qty).map_err(Refusal::of)
}

/// Whether the lot fits the way the item is traced.
pub(super) fn check_lot(vault: &Vault, item: ItemId, lot: LotId, qty: i64) -> Result<(), Why> {
    let tracking = vault.item(item).map_err(|refusal| refusal.why)?.tracking;
    match (tracking, lot.is_some()) {
        (Tracking::None, true) => return Err(Why::LotNotAllowed),
        (Tracking::Lot, false) => return Err(Why::LotRequired),
        (Tracking::Serial, false) => return Err(Why::SerialRequired),
        _ => {}
    }
    if !lot.is_some() {
        return Ok(());
    }
    let facts = vault.lot(lot).map_err(|refusal| refusal.why)?;
    match tracking {
        _ if facts.item != item => Err(Why::LotOfOtherItem),
        Tracking::Serial if facts.is_parent => Err(Why::LotIsParent),
        Tracking::Serial if qty != Qty::ONE.millionths() => Err(Why::SerialNotOne { qty }),
        _ => Ok(()),
    }
}

/// Whether the two ends differ and fit the kind.
pub(super) fn check_ends(kind: Kind, step: &Step) -> Result<(), Refusal> {
    if step.from == step.to {
        return Err(Refusal::of(Why::SamePlace));
    }
    match kind.allows(step.source.kind, step.destination.kind) {
        Err(End::Source) => {
            return Err(Refusal::of(Why::WrongKind { place: step.from, end: "source" }));
        }
        Err(End::Destination) => {
            return Err(Refusal::of(Why::WrongKind { place: step.to, end: "destination" }));
        }
        Ok(()) => {}
    }
    let same_location = step.from.location == step.to.location;
    match kind {
        Kind::Move if step.source.site != step.destination.site => Err(Refusal::of(Why::OtherSite)),
        Kind::Move if step.from.status != step.to.status => {
            Err(Refusal::of(Why::StatusChange { from: step.from.status, to: step.to.status }))
        }
        Kind::SetStatus if !same_location || !step.from.status.may_become(step.to.status) => {
            Err(Refusal::of(Why::StatusChange { from: step.from.status, to: step.to.status }))
        }
        _ => Ok(()),
    }
}

/// A line of the past is booked where its places stand now, so it is refused before they stood there.
pub(super) fn check_stood(vault: &Vault, line: &Line, at: Instant) -> Result<(), Refusal> {
    for place in [line.from, line.to] {
        if let Some(since) = vault.stands_since(place.location).filter(|since| at < *since) {
            return Err(Refusal::of(Why::StoodElsewhereThen { place, since }));
        }
    }
    Ok(())
}

/// An archived location is closed, for counts and for what goes back where it came from too.
pub(super) fn check_archived(step: &Step) -> Result<(), Refusal> {
    for (place, facts) in [(step.from, step.source), (step.to, step.destination)] {
        if facts.archived {
            return Err(Refusal::of(Why::Archived { place }));
        }
    }
    Ok(())
}

/// A blocked location lets nothing in or out but counts, losses and changes of status. What the books are opened
/// with stands there already, as what is counted does.
pub(super) fn check_blocked(kind: Kind, step: &Step) -> Result<(), Refusal> {
    if kind.is_loss() || kind == Kind::Opening {
        return Ok(());
    }
    for (place, facts) in [(step.from, step.source), (step.to, step.destination)] {
        if facts.blocked {
            return Err(Refusal::of(Why::Blocked { place }));
        }
    }
    Ok(())
}

/// At a site that is being set up, what stands there is taken up and mended, and nothing else is done.
pub(super) fn check_set_up(kind: Kind, step: &Step) -> Result<(), Refusal> {
    if kind.is_set_up() {
        return Ok(());
    }
    for (place, facts) in [(step.from, step.source), (step.to, step.destination)] {
        if facts.in_set_up {
            return Err(Refusal::of(Why::InSetUp { place }));
        }
    }
    Ok(())
}

/// A lot on hold: nowhere in a site does any of it stand as good, or come to; and none goes to a
/// customer or into production, whatever its status. What was on its way when the hold began stays as
/// it was shipped until it arrives, and losses are booked.
pub(super) fn check_hold(vault: &Vault, kind: Kind, step: &Step) -> Result<(), Refusal> {
    if !is_on_hold(vault, step.lot)? {
        return Ok(());
    }
    let good = |place: Place, facts: LocationFacts| place.status == Status::Good && facts.site.is_some();
    let leaves = matches!(kind, Kind::Issue | Kind::Consume)
        || (good(step.from, step.source) && matches!(kind, Kind::Move | Kind::Ship));
    if leaves || good(step.to, step.destination) {
        return Err(Refusal::of(Why::LotOnHold));
    }
    Ok(())
}

/// Whether a lot is on hold as a whole.
pub(super) fn is_on_hold(vault: &Vault, lot: LotId) -> Result<bool, Refusal> {
    Ok(lot.is_some() && vault.lot(lot)?.on_hold)
}

/// Only good stock goes to a customer or into production, and no lot past its last day does. What is
/// held, damaged or expired is disposed of, or sent back, by an adjustment with its reason.
fn check_goes_out(vault: &Vault, step: &Step, told_of: Option<Instant>) -> Result<(), Refusal> {
    match step.from.status {
        Status::Good => check_expiry(vault, step.lot, step.source.site, told_of).map_err(Refusal::of),
        status => Err(Refusal::of(Why::NotGood { status })),
    }
}

/// Only good stock goes out, and an expired lot is never received as good, nor made good by a person.
/// Good becomes expired, and good again, by the day alone; what would be good again is on hold when its
/// lot is, and what a lot holds that is released past its day is expired.
///
/// What went out on a day that is over is held to that day: it is `told_of`.
pub(super) fn check_days(
    vault: &Vault,
    kind: Kind,
    step: &Step,
    told_of: Option<Instant>,
) -> Result<(), Refusal> {
    match kind {
        Kind::Issue | Kind::Consume => check_goes_out(vault, step, told_of),
        Kind::Opening | Kind::Receive | Kind::Return | Kind::Produce => check_as_of(vault, step, None),
        Kind::Expire => match (step.from.status, step.to.status) {
            (Status::Good, Status::Expired) | (Status::Expired, Status::Good)
                if step.from.location == step.to.location =>
            {
                check_as_of(vault, step, told_of)
            }
            (Status::Hold, Status::Expired)
                if step.from.location == step.to.location && !is_on_hold(vault, step.lot)? =>
            {
                check_as_of(vault, step, None)
            }
            (Status::Expired, Status::Hold)
                if step.from.location == step.to.location && is_on_hold(vault, step.lot)? =>
            {
                check_expiry(vault, step.lot, step.destination.site, None).map_err(Refusal::of)
            }
            (from, to) => Err(Refusal::of(Why::StatusChange { from, to })),
        },
        Kind::SetStatus if step.to.status == Status::Good => check_as_of(vault, step, None),
        Kind::Adjust | Kind::Reverse => check_stays_good(vault, step),
        _ => Ok(()),
    }
}

/// What is found or comes back is not good any more once its day is over. It may only stay good where
/// it was, until it is swept.
fn check_stays_good(vault: &Vault, step: &Step) -> Result<(), Refusal> {
    let (from, to) = (&step.source, &step.destination);
    let stays = step.from.status == Status::Good && from.site == to.site;
    if step.to.status != Status::Good || !to.site.is_some() || stays {
        return Ok(());
    }
    check_as_of(vault, step, None)
}

/// Whether the status at the destination is what the day there says of the lot.
fn check_as_of(vault: &Vault, step: &Step, told_of: Option<Instant>) -> Result<(), Refusal> {
    let past = is_past(vault, step.lot, step.destination.site, told_of)?;
    match (step.to.status, past) {
        (Status::Good, Some((expiry, today))) => Err(Refusal::of(Why::Expired { expiry, today })),
        (Status::Expired, None) => {
            let expiry = expiry_of(vault, step.lot)?;
            let today = vault.day(step.destination.site, told_of)?;
            Err(Refusal::of(Why::NotExpired { expiry, today }))
        }
        _ => Ok(()),
    }
}

/// The last sellable day of a lot.
pub(super) fn expiry_of(vault: &Vault, lot: LotId) -> Result<Option<when::Date>, Refusal> {
    if lot.is_some() { Ok(vault.lot(lot)?.expiry) } else { Ok(None) }
}

/// The last sellable day and today, or the day that is told of, when the lot is past it at the site.
pub(super) fn is_past(
    vault: &Vault,
    lot: LotId,
    site: SiteId,
    told_of: Option<Instant>,
) -> Result<Option<(when::Date, when::Date)>, Refusal> {
    let Some(expiry) = expiry_of(vault, lot)? else { return Ok(None) };
    let day = vault.day(site, told_of)?;
    Ok((day > expiry).then_some((expiry, day)))
}

/// Refuses a lot that is past its last sellable day at the site, today or on the day that is told of.
pub(super) fn check_expiry(
    vault: &Vault,
    lot: LotId,
    site: SiteId,
    told_of: Option<Instant>,
) -> Result<(), Why> {
    match is_past(vault, lot, site, told_of).map_err(|refusal| refusal.why)? {
        Some((expiry, day)) if told_of.is_some() => Err(Why::ExpiredThen { expiry, day }),
        Some((expiry, today)) => Err(Why::Expired { expiry, today }),
        None => Ok(()),
    }
}
