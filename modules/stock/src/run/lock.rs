//! What the steps of a batch rest on, locked and loaded.

use super::step::Step;
use crate::desk::Desk;
use crate::input::Request;
use crate::load::{self, Known, Wanted};
use crate::names::Names;
use crate::save::Entry;
use crate::sweep;
use db::{DbError, Tx};
use domain::ledger::{Freed, Line, Loaded, Vault};
use domain::{Ctx, SiteId};

/// Locks and loads everything the steps need, and sweeps what has expired meanwhile.
pub(super) fn lock(
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
            Step::Reserve(reserve) => wanted.reserve(reserve),
            Step::ReserveTogether(all) => all.iter().for_each(|reserve| wanted.reserve(reserve)),
            Step::Allocate(allocate) => wanted.allocate(names, allocate),
            Step::Release(release) => wanted.claim(names, release.claim),
            Step::Reverse(reversal) => {
                wanted.reverse(names, &reversal.command);
                for (kind, status) in Freed::BECOMES {
                    let lines: Vec<Line> = reversal.freed.iter().map(|freed| freed.line(status)).collect();
                    wanted.lines(names, kind, &lines);
                }
            }
            Step::Stored(_) | Step::Refused(_) => {}
        }
    }
    let Some(latest) = requests.iter().max_by_key(|request| request.ctx.now) else {
        return Ok((Vault::default(), Vec::new()));
    };
    let told_of = !wanted.serials.is_empty() || !wanted.room_targets.is_empty();
    let locked = lock_wanted(tx, desk, known, names, wanted, &latest.ctx)?;
    if told_of {
        // of the places that hold serials, and of those whose rules refuse, too
        names.read_reach(tx, requests)?;
    }
    Ok(locked)
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
    loaded.zones = names.site_facts.values().map(|site| (site.id, site.zone.clone())).collect();
    load::lock_sites(tx, known, &wanted, &mut loaded)?;
    let due = sweep::due(tx, names, &mut wanted, &loaded)?;
    wanted.who_waits(&loaded);
    load::want_broken(tx, &mut wanted, &mut loaded)?;
    load::lock_rest(tx, known, &wanted, (desk, &names.location_facts), &mut loaded)?;
    if names.claims_moved(&wanted, &loaded) {
        return Err(tx.again("a claim was moved meanwhile"));
    }
    // a refusal says where a serial is, and whose rule refuses
    let holders = loaded.serials.values().filter_map(|holder| holder.place).map(|place| place.location);
    let holders = holders.chain(loaded.rooms.rooms.keys().copied());
    names.add_places(tx, holders.collect::<Vec<_>>())?;
    names.facts_into(&mut loaded);
    let mut vault = Vault::new(loaded);
    let entries = sweep::run(&mut vault, desk, names, due, ctx);
    Ok((vault, entries))
}
