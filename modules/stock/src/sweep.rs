//! Expiry on touch: before anything is decided for an item at a site, lots past their last
//! sellable day go from good to expired. So what is available is right from the first minute of
//! the day, whether the nightly sweep has come by or not.

use crate::answer::PostingAnswer;
use crate::desk::Desk;
use crate::load::Wanted;
use crate::names::Names;
use crate::save::{Entry, Event};
use crate::store_vault as sql;
use db::{DbError, Tx};
use domain::ledger::{
    self, Amount, Clock, Cost, Key, Kind, Line, Loaded, Place, Post, Refusal, SiteKey, Vault,
};
use domain::when::Date;
use domain::{Ctx, LocationId, LotId, PostingId, Status};

/// The principal of what the product does by itself.
pub(crate) const SYSTEM: i64 = 0;

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
        wanted.claims_of.insert(key);
    }
    Ok(Due { key, lines, next })
}

/// Sweeps what is due. Quantities are those under the lock.
pub(crate) fn run(
    tx: &mut Tx<'_>,
    vault: &mut Vault,
    desk: &Desk,
    names: &Names,
    due: Vec<Due>,
    ctx: &Ctx,
) -> Result<Vec<Entry>, DbError> {
    let mut entries = Vec::with_capacity(due.len());
    for Due { key, mut lines, next } in due {
        for line in &mut lines {
            let balance = vault
                .balance(Key::at(line.item, line.lot, line.from))
                .map_err(|refusal| unloaded(tx, &refusal))?;
            line.amount = Amount::Move(balance.on_hand);
        }
        lines.retain(|line| line.amount != Amount::Move(0));
        vault.set_next_expiry(key, next).map_err(|refusal| unloaded(tx, &refusal))?;
        if lines.is_empty() {
            continue;
        }
        let id = PostingId(ctx.ids.next());
        let post = Post { id, kind: Kind::Expire, effective_at: None, post_late: false, lines };
        let clock = Clock { now: ctx.now, zone: &desk.zone, minor_digits: desk.minor_digits };
        let posted = ledger::post(vault, &post, &clock).map_err(|refusal| unloaded(tx, &refusal))?;
        let answer: PostingAnswer = names.posting(&posted);
        let event = Event {
            id: *ctx.ids.next().as_bytes(),
            kind: "stock.expired",
            sites: names.sites_of(&posted),
            payload: serde_json::to_string(&answer).unwrap_or_default(),
        };
        entries.push(Entry {
            posted,
            actor: SYSTEM,
            document: None,
            reason: Some("expiry".to_owned()),
            note: None,
            reversal_of: None,
            idem_key: None,
            event,
        });
    }
    vault.settle();
    Ok(entries)
}

/// A sweep is never refused for the sake of others, so a refusal means that rows were missing.
fn unloaded(tx: &mut Tx<'_>, refusal: &Refusal) -> DbError {
    tracing::error!(?refusal, "an expiry sweep was refused");
    tx.again("an expiry sweep was refused")
}
