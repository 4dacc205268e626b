//! Expiry on touch: before anything is decided for an item at a site, lots past their last
//! sellable day go from good to expired. So what is available is right from the first minute of
//! the day, whether the nightly sweep has come by or not.

use crate::answer::PostingAnswer;
use crate::desk::Desk;
use crate::levels;
use crate::load::Wanted;
use crate::names::Names;
use crate::run::json;
use crate::save::{Entry, Event};
use crate::store_vault as sql;
use crate::told;
use db::{DbError, Tx};
use domain::ledger::{
    self, Amount, Cost, Key, Kind, Line, Loaded, Place, Post, Posted, Refusal, SiteKey, Vault,
};
use domain::when::Date;
use domain::{Ctx, LocationId, LotId, PostingId, Status};
use web::Principal;

/// Why stock becomes expired, and what went before comes back.
pub(crate) const REASON: &str = "expiry";

/// An item at a site whose lots have run out.
#[derive(Debug)]
pub(crate) struct Due {
    key: SiteKey,
    lines: Vec<Line>,
    /// The earliest last sellable day that is left afterwards.
    next: Option<Date>,
}

/// Finds what is due among the guards that were locked, and asks for the rows a sweep needs.
pub(crate) fn due(
    tx: &mut Tx<'_>,
    names: &mut Names,
    wanted: &mut Wanted,
    loaded: &Loaded,
) -> Result<Vec<Due>, DbError> {
    let past = |key: &SiteKey, next: Option<Date>| {
        let today = loaded.today.get(&key.site).copied()?;
        (wanted.swept.contains(key) || today > next?).then_some(today)
    };
    let keys: Vec<(SiteKey, Date)> =
        loaded.sites.iter().filter_map(|(key, site)| Some((*key, past(key, site.next_expiry)?))).collect();
    let mut due = Vec::with_capacity(keys.len());
    for (key, today) in keys {
        due.push(one(tx, names, wanted, key, today)?);
    }
    Ok(due)
}

fn one(
    tx: &mut Tx<'_>,
    names: &mut Names,
    wanted: &mut Wanted,
    key: SiteKey,
    today: Date,
) -> Result<Due, DbError> {
    let past = tx.query(&sql::READ_PAST, &[key.item.get().into(), today.into()], |row| {
        Ok((LocationId(row.int(0)?), LotId(row.int(1)?), row.int(2)?))
    })?;
    let coming = tx.query(&sql::READ_COMING, &[key.item.get().into(), today.into()], |row| {
        Ok((LocationId(row.int(0)?), row.opt_date(1)?))
    })?;
    let locations = past.iter().map(|row| row.0).chain(coming.iter().map(|row| row.0));
    names.add_places(tx, locations.collect::<Vec<_>>())?;
    names.add_lots(tx, past.iter().map(|row| row.1).collect::<Vec<_>>())?;
    names.add_items(tx, [key.item])?;
    let here = |location: LocationId| {
        names.location_facts.get(&location).is_some_and(|facts| facts.site == key.site)
    };
    let lines: Vec<Line> = past
        .into_iter()
        .filter(|(location, ..)| here(*location))
        .map(|(location, lot, qty)| Line {
            item: key.item,
            lot,
            from: Place::good(location),
            to: Place { location, status: Status::Expired },
            amount: Amount::Move(qty),
            claim: None,
            split: None,
            cost: Cost::Unknown,
        })
        .collect();
    let next = coming.into_iter().filter(|(location, _)| here(*location)).filter_map(|(_, next)| next).min();
    if !lines.is_empty() {
        wanted.lines(names, Kind::Expire, &lines);
    }
    Ok(Due { key, lines, next })
}

/// Sweeps what is due. Quantities are those under the lock. A sweep that is refused is left to the next
/// touch: what was asked for is decided all the same, and a lot past its day is not sold either way.
pub(crate) fn run(vault: &mut Vault, desk: &Desk, names: &Names, due: Vec<Due>, ctx: &Ctx) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(due.len());
    for due in due {
        let key = due.key;
        match vault.attempt(|vault| sweep(vault, desk, due, ctx)) {
            Ok(Some(posted)) => {
                let told = told::of(names, vault, &posted, ctx);
                let levels = levels::of(names, vault, &posted, None);
                entries.push(Entry { levels, told, ..entry(names, posted, ctx) });
            }
            Ok(None) => {}
            Err(refusal) => tracing::error!(?key, ?refusal, "an expiry sweep was refused"),
        }
    }
    vault.settle();
    entries
}

/// One sweep; nothing when others were first.
fn sweep(vault: &mut Vault, desk: &Desk, due: Due, ctx: &Ctx) -> Result<Option<Posted>, Refusal> {
    let Due { key, mut lines, next } = due;
    for line in &mut lines {
        let balance = vault.balance(Key::at(line.item, line.lot, line.from))?;
        line.amount = Amount::Move(balance.on_hand);
    }
    lines.retain(|line| line.amount != Amount::Move(0));
    vault.set_next_expiry(key, next)?;
    if lines.is_empty() {
        return Ok(None);
    }
    let id = PostingId(ctx.ids.next());
    let post =
        Post { id, kind: Kind::Expire, effective_at: None, post_late: false, lines, returns: Vec::new() };
    ledger::post(vault, &post, &desk.clock(ctx)).map(Some)
}

fn entry(names: &Names, posted: Posted, ctx: &Ctx) -> Entry {
    let answer: PostingAnswer = names.posting(&posted);
    let event = Event {
        id: *ctx.ids.next().as_bytes(),
        kind: "stock.expired",
        sites: names.sites_of(&posted),
        payload: json(&answer),
    };
    Entry {
        posted,
        actor: Principal::SYSTEM.get(),
        document: None,
        reason: Some(REASON.to_owned()),
        note: None,
        reversal_of: None,
        says_hold: Vec::new(),
        idem_key: None,
        event,
        levels: None,
        told: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{on_both_engines, world};
    use db::Engine;
    use domain::ledger::SiteStock;
    use domain::{SiteId, when};

    on_both_engines!(a_refused_sweep_waits_for_the_next_touch);

    fn a_refused_sweep_waits_for_the_next_touch(engine: Engine) {
        let world = world(engine);
        let (item, site) = (world.item("MILK"), SiteId(world.location("L").get()));
        let desk = world.read(Desk::read);
        let day = when::parse_date("2026-03-01").ok();
        let mut loaded = Loaded::default();
        let guard = SiteStock { at: domain::Instant(0), next_expiry: day, ..SiteStock::EMPTY };
        let (refused, taken) = (SiteKey { item, site }, SiteKey { item: world.item("BOLT"), site });
        loaded.sites.extend([(refused, guard), (taken, guard)]);
        let mut vault = Vault::new(loaded);
        let place = Place::good(world.location("L1"));
        // its balance was not loaded, so it cannot be swept
        let line = crate::inside::line(item, LotId(1), place, place, 1);
        let due = vec![
            Due { key: refused, lines: vec![line], next: None },
            Due { key: taken, lines: Vec::new(), next: None },
        ];
        assert!(run(&mut vault, &desk, &Names::default(), due, &world.ctx).is_empty());
        let next = |key| vault.site(key).unwrap().next_expiry;
        assert_eq!((next(refused), next(taken)), (day, None));
    }
}
