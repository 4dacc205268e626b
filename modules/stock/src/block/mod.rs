//! Changes of places that stock stands in: block and open, sell or not, stand elsewhere.
//!
//! The primitives are of `places`; what they mean for stock is decided here, in one transaction that
//! holds the gate alone, so that no posting works with the places as they were. Good stock that
//! stops counting leaves the guard of its site, and claims that this leaves without cover are broken
//! as for a loss: first those bound to the place itself. Movements there are none: nothing moved.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::inside::{Order, carry_out};
use crate::{PostingAnswer, gate, home, reach, reason, stood};
use db::{Conn, DbError, Tx};
use domain::ledger::{Key, Recount, SiteKey};
use domain::{Code, LocationId, LocationKind, PostingId, Problem, Status};
use places::{Location, LocationFacts};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use store::Standing;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Reached};

/// A place after its change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlaceChanged {
    /// The location as it is now.
    pub(crate) location: Location,
    /// How many claims lost their cover, and were broken in whole or in part.
    pub(crate) claims_broken: u64,
}

/// Blocks a location with everything below it; `None` takes its reason away again.
pub(crate) fn set_blocked(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    reason: Option<&str>,
) -> Result<PlaceChanged, Failure> {
    let Some(reason) = reason else { return open(tx, caller, (code, version), None) };
    let found = hold(tx, caller, code, version)?;
    let reason = reason::read(tx, reason)?;
    around(tx, caller, &found, "blocked", |tx, _| {
        places::set_blocked(tx, &caller.ctx, found.id, Some(&reason)).map(|_| ())
    })
}

/// Opens a location that was blocked, for one of the reasons or without saying why.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    why: Option<&str>,
) -> Result<PlaceChanged, Failure> {
    let found = hold(tx, caller, code, version)?;
    let why = why.map(|given| reason::read(tx, given)).transpose()?;
    around(tx, caller, &found, "opened", |tx, _| {
        places::open(tx, &caller.ctx, found.id, why.as_deref()).map(|_| ())
    })
}

/// Sets whether good stock of a location counts as sellable.
pub(crate) fn set_sellable(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    sellable: bool,
) -> Result<PlaceChanged, Failure> {
    let found = hold(tx, caller, code, version)?;
    let why = if sellable { "sold" } else { "not_sold" };
    around(tx, caller, &found, why, |tx, _| {
        places::set_sellable(tx, &caller.ctx, found.id, sellable).map(|_| ())
    })
}

/// Puts a location with everything below it below another one. Into another site only while it is
/// empty: its stock would change its site, its value and its promises without having moved.
pub(crate) fn set_parent(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    parent: &str,
) -> Result<PlaceChanged, Failure> {
    let found = hold(tx, caller, code, version)?;
    if found.kind == LocationKind::HandlingUnit {
        let detail = format!("`{code}` is a handling unit; move it as one");
        return Err(Problem::new(Code::WrongLocationKind, detail).into());
    }
    let missing = || {
        let detail = format!("there is no location `{parent}`");
        Problem::at(Code::UnknownLocation, "/parent", detail)
    };
    let above = reached(tx, caller, parent)?.ok_or_else(missing)?;
    around(tx, caller, &found, "moved", |tx, standing| {
        if above.site != found.site && !standing.is_empty() {
            let detail =
                format!("stock stands in `{code}` or below it; move it to another site by a transfer");
            return Err(Problem::new(Code::InUse, detail).into());
        }
        if above.site != found.site {
            home::refuse_home(tx, &found, "taken to another site")?;
        }
        stood::set_parent(tx, &caller.ctx, found.id, above.id).map(|_| ())
    })
}

/// Holds the gate and the tree, and a location within reach at the version that the caller read.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    caller: &Caller,
    code: &str,
    version: IfMatch,
) -> Result<LocationFacts, Failure> {
    gate::hold(tx)?;
    places::hold_tree(tx)?;
    let found = reached(tx, caller, code)?.ok_or_else(|| Problem::not_found("location", code))?;
    places::hold_location(tx, found.id, version)?;
    Ok(found)
}

fn reached(tx: &mut Tx<'_>, caller: &Caller, code: &str) -> Result<Option<LocationFacts>, DbError> {
    let found = places::facts_by_code(tx, &[code])?.pop().flatten();
    match found {
        Some(facts) if reach::location(tx, &caller.scope, facts.id)? => Ok(Some(facts)),
        _ => Ok(None),
    }
}

/// Changes a subtree, and recounts what stands in it.
pub(crate) fn around(
    tx: &mut Tx<'_>,
    caller: &Caller,
    root: &LocationFacts,
    why: &str,
    change: impl FnOnce(&mut Tx<'_>, &[Standing]) -> Result<(), Failure>,
) -> Result<PlaceChanged, Failure> {
    let subtree = places::subtree(tx, root.id)?;
    sweep(tx, caller, root, &subtree)?;
    let standing = store::standing(tx, &subtree)?;
    let before = facts(tx, &standing)?;
    change(tx, &standing)?;
    let after = facts(tx, &standing)?;
    let orders: Vec<Order> = recounts(&standing, &before, &after)
        .into_iter()
        .map(|(site, (starts, stops))| {
            let posting = PostingId(caller.ctx.ids.next());
            Order::Recount(Recount { posting, site, starts, stops }, why.to_owned())
        })
        .collect();
    let postings = carry_out(tx, &caller.ctx, orders)?;
    let claims_broken = postings.iter().map(PostingAnswer::claims_broken).sum();
    let location = places::location(tx, Reached::All, &root.code)?;
    let location = location.ok_or_else(|| Problem::not_found("location", &root.code))?;
    Ok(PlaceChanged { location, claims_broken })
}

/// Sweeps what has expired below, while the places are as the guard knows them.
fn sweep(
    tx: &mut Tx<'_>,
    caller: &Caller,
    root: &LocationFacts,
    subtree: &[LocationId],
) -> Result<(), Failure> {
    let Some(site) = places::site_facts_by_id(tx, &[root.site])?.pop().flatten() else { return Ok(()) };
    let items = store::past(tx, subtree, site.zone.date(caller.ctx.now))?;
    let sweep = |item| Order::Sweep(SiteKey { item, site: site.id });
    carry_out(tx, &caller.ctx, items.into_iter().map(sweep).collect()).map(|_| ())
}

type Facts = FxHashMap<LocationId, LocationFacts>;

fn facts(conn: &mut Conn<'_>, standing: &[Standing]) -> Result<Facts, DbError> {
    let mut ids: Vec<LocationId> = standing.iter().map(|there| there.key.location).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = places::facts_by_id(conn, &ids)?;
    Ok(found.into_iter().flatten().map(|facts| (facts.id, facts)).collect())
}

/// Which keys of which item and site start to count, and which stop.
fn recounts(standing: &[Standing], before: &Facts, after: &Facts) -> BTreeMap<SiteKey, (Vec<Key>, Vec<Key>)> {
    let mut sites: BTreeMap<SiteKey, (Vec<Key>, Vec<Key>)> = BTreeMap::new();
    for Standing { key, .. } in standing.iter().filter(|there| there.key.status == Status::Good) {
        let (Some(was), Some(is)) = (before.get(&key.location), after.get(&key.location)) else { continue };
        let site = SiteKey { item: key.item, site: is.site };
        match (was.counts(), is.counts()) {
            (false, true) => sites.entry(site).or_default().0.push(*key),
            (true, false) => sites.entry(site).or_default().1.push(*key),
            _ => {}
        }
    }
    sites
}
