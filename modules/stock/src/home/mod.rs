//! Homes: the places of a site where an item is kept, the first sought first.
//!
//! A home says where goods belong; where they are, the ledger says. Whoever puts away or looks for an item begins
//! there. Invariants: a home is a place in use of its site, so a place that is one is neither archived nor taken to
//! another site; no place is twice among the homes of an item.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::brought::Brought;
use crate::item_guard::WentOver;
use crate::record::{Change, change};
use crate::sight::Sight;
use crate::walk::{Part, part};
use crate::{asked, gate, reach};
use catalog::ItemFacts;
use db::{Conn, DbError, Tx};
use domain::word::echo;
use domain::{Code, Ctx, ItemId, LocationId, LocationKind, Problem, SiteId};
use places::{LocationFacts, SiteFacts};
use serde::Serialize;
use store::{Among, HomeRow};
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Scope};

/// Places of a site among the homes of one item.
pub const HOMES_PER_ITEM_MAX: usize = 16;

/// Where an item is kept at a site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Homes {
    /// The site.
    pub(crate) site: String,
    /// The item.
    pub(crate) sku: String,
    /// The codes of the places, the first sought first; empty where nobody has said, or they were taken away.
    pub(crate) locations: Vec<String>,
    /// Counts the changes, from 1; 0 when they were never set. The `ETag`.
    pub(crate) version: i64,
}

/// A place where an item is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Home {
    /// The site.
    pub(crate) site: String,
    /// The item.
    pub(crate) sku: String,
    /// From 1; the lower, the sooner it is sought there.
    pub(crate) rank: i64,
    /// The place.
    pub(crate) location: String,
}

/// The homes of an item at a site within reach; those that were never set are at version 0.
pub(crate) fn get(conn: &mut Conn<'_>, scope: &Scope, site: &str, sku: &str) -> Result<Homes, Failure> {
    let (site, item) = asked::site_and_item(conn, scope, site, sku)?;
    let version = store::version(conn, site.id, item.id)?.unwrap_or(0);
    let locations = store::of(conn, site.id, item.id)?.into_iter().map(|(_, code)| code).collect();
    Ok(Homes { site: site.code, sku: item.sku, locations, version })
}

/// Sets them, in place of those of before; an empty list takes them away.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (site, sku): (&str, &str),
    version: IfMatch,
    wanted: &[String],
) -> Result<Homes, Failure> {
    // whoever archives or moves a place holds the gate too, so none goes away below its items
    gate::hold(tx)?;
    let (site, item) = asked::site_and_item(tx, &caller.scope, site, sku)?;
    let current = store::version(tx, site.id, item.id)?.unwrap_or(0);
    version.check(current)?;
    let before: Vec<LocationId> = store::of(tx, site.id, item.id)?.into_iter().map(|(id, _)| id).collect();
    let places = read(tx, &site, wanted)?;
    let after: Vec<LocationId> = places.iter().map(|place| place.id).collect();
    if before == after {
        let locations = places.into_iter().map(|place| place.code).collect();
        return Ok(Homes { site: site.code, sku: item.sku, locations, version: current });
    }
    keep(tx, &caller.ctx, (&site, &item), current, &places)
}

/// The places that are named: of the site, in use, each once.
fn read(tx: &mut Tx<'_>, site: &SiteFacts, wanted: &[String]) -> Result<Vec<LocationFacts>, Failure> {
    if wanted.len() > HOMES_PER_ITEM_MAX {
        let detail = format!("an item has at most {HOMES_PER_ITEM_MAX} homes at a site");
        return Err(Problem::at(Code::TooMany, "/locations", detail).into());
    }
    let codes: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let found = places::facts_by_code(tx, &codes)?;
    let mut places: Vec<LocationFacts> = Vec::with_capacity(found.len());
    for (n, (place, code)) in found.into_iter().zip(codes).enumerate() {
        let pointer = format!("/locations/{n}");
        let place = home(place, site, code).map_err(|(code, detail)| Problem::at(code, &pointer, detail))?;
        if places.iter().any(|other| other.id == place.id) {
            let detail = format!("`{}` is named twice", place.code);
            return Err(Problem::at(Code::InvalidValue, &pointer, detail).into());
        }
        places.push(place);
    }
    Ok(places)
}

/// Whether a place can be a home at a site; or why not.
fn home(place: Option<LocationFacts>, site: &SiteFacts, code: &str) -> Result<LocationFacts, (Code, String)> {
    let missing = || format!("there is no location `{}` at the site `{}`", echo(code), site.code);
    let place =
        place.filter(|place| place.site == site.id).ok_or_else(|| (Code::UnknownLocation, missing()))?;
    match place.kind {
        LocationKind::HandlingUnit => {
            let detail =
                format!("`{}` is a handling unit, which goes from place to place; name a place", place.code);
            Err((Code::WrongLocationKind, detail))
        }
        LocationKind::Site => {
            let detail = format!("`{}` is the site itself; name a place in it", place.code);
            Err((Code::WrongLocationKind, detail))
        }
        _ if place.archived => Err((
            Code::LocationArchived,
            format!("`{}` is out of use; take it back into use first", place.code),
        )),
        _ => Ok(place),
    }
}

/// Stores them, with their trace, in place of those of a version.
fn keep(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (site, item): (&SiteFacts, &ItemFacts),
    current: i64,
    places: &[LocationFacts],
) -> Result<Homes, Failure> {
    let version = current.saturating_add(1);
    let ids: Vec<LocationId> = places.iter().map(|place| place.id).collect();
    if !store::save(tx, (site.id, item.id), version, &ids)? {
        return Err(tx.again("another process was first to set the homes").into());
    }
    let locations = places.iter().map(|place| place.code.clone()).collect();
    let shown = Homes { site: site.code.clone(), sku: item.sku.clone(), locations, version };
    let (action, event) = ("stock.homes.set", "stock.homes_set");
    let (id, sites) = (format!("{}/{}", site.id, item.id), [site.id.get()]);
    let made = Change { action, event, aggregate: "homes", id: &id, version, sites: &sites };
    let body = serde_json::json!({ "homes": serde_json::to_value(&shown)? });
    change(tx, ctx, &format!("{}/{}", site.code, item.sku), &made, &body);
    Ok(shown)
}

/// Refuses while a place is the home of an item, or one below it is.
pub(crate) fn refuse_home(conn: &mut Conn<'_>, root: &LocationFacts, what: &str) -> Result<(), Failure> {
    let below = places::subtree(conn, root.id)?;
    match store::first_in(conn, &below)? {
        Some(home) => {
            let (sku, location, site) = (home.sku, home.location, home.site);
            let detail = format!(
                "`{location}` is a home of `{sku}`; give it other homes at `{site}` before `{}` is {what}",
                root.code
            );
            Err(Problem::new(Code::InUse, detail).into())
        }
        None => Ok(()),
    }
}

/// The homes of an item that is merged into another: they go over to the sites where the other has none, and are taken
/// away from the one that goes.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (gone, kept): (&ItemFacts, &ItemFacts),
) -> Result<WentOver, Failure> {
    let mut went = WentOver::default();
    for site in store::sites_of(tx, gone.id)? {
        let facts = places::site_facts_by_id(tx, &[site])?.pop().flatten();
        let facts = facts.ok_or_else(|| Failure::fault("homes are of no site"))?;
        let homes: Vec<LocationId> = store::of(tx, site, gone.id)?.into_iter().map(|(id, _)| id).collect();
        let goes = store::of(tx, site, kept.id)?.is_empty();
        let version = store::version(tx, site, gone.id)?.unwrap_or(0);
        keep(tx, ctx, (&facts, gone), version, &[])?;
        if goes {
            let places: Vec<LocationFacts> = places::facts_by_id(tx, &homes)?.into_iter().flatten().collect();
            let version = store::version(tx, site, kept.id)?.unwrap_or(0);
            keep(tx, ctx, (&facts, kept), version, &places)?;
        }
        went.count(goes);
    }
    Ok(went)
}

/// Adds a place to the homes of an item, or gives it another rank among them, as an import says it. Without a rank one
/// that is new is the last, and one that is there stays where it is.
///
/// # Errors
/// `unknown_location` for a place out of reach, of no site or not there; `not_found` for an item that is not there; the
/// refusals of a home.
pub fn bring_home(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, location): (&str, &str),
    rank: Option<usize>,
) -> Result<Brought, Failure> {
    let missing = || {
        let detail = format!("there is no location `{}`", echo(location));
        Failure::from(Problem::at(Code::UnknownLocation, "/location", detail))
    };
    let place = places::facts_by_code(tx, &[location])?.pop().flatten().ok_or_else(missing)?;
    let site = places::site_facts_by_id(tx, &[place.site])?.pop().flatten().ok_or_else(missing)?;
    // whoever does not reach it is not told at which site it is
    if !reach::site(&caller.scope, site.id) {
        return Err(missing());
    }
    let before = get(tx, &caller.scope, &site.code, sku)?;
    let stands = before.locations.iter().position(|code| *code == place.code);
    let mut wanted = before.locations.clone();
    let at = match (rank, stands) {
        (Some(rank), _) => rank.saturating_sub(1),
        (None, Some(stands)) => stands,
        (None, None) => wanted.len(),
    };
    wanted.retain(|code| *code != place.code);
    wanted.insert(at.min(wanted.len()), place.code);
    let after = set(tx, caller, (&site.code, sku), IfMatch::Any, &wanted)?;
    let brought = Brought::of_versions(before.version, after.version);
    Ok(if stands.is_none() { Brought::Created } else { brought })
}

/// Which homes are listed: all within reach of a site, of an item, of a place, or of all three.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Which {
    pub(crate) site: Option<SiteId>,
    pub(crate) item: Option<ItemId>,
    pub(crate) location: Option<LocationId>,
}

/// The page of homes within reach, by site, item and rank.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    scope: &Scope,
    which: Which,
    after: Option<Among>,
    limit: usize,
) -> Result<Part<Home, Among>, DbError> {
    let mut sight = Sight::new(scope, None);
    part(limit, after, |after, most| {
        let mut found = Vec::new();
        let homes = store::list(conn, which, after.copied(), most)?;
        sight.meet(conn, homes.iter().map(HomeRow::item))?;
        for row in homes {
            let item = row.item();
            let HomeRow { among, location, home } = row;
            let fits = sight.sees(conn, item, &[location])?;
            found.push((among, fits.then_some(home)));
        }
        Ok(found)
    })
}
