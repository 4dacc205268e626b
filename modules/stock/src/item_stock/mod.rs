//! The stock of one item: the numbers of each site, and where it is; or what was on hand at a moment.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::as_of::{Moment, gains_of};
use crate::reach;
use catalog::ItemFacts;
use db::{Conn, DbError};
pub(crate) use decide::Level;
use decide::{Counted, level};
use domain::ledger::Key;
use domain::{Delta, Instant, ItemId, LocationKind, SiteId, Status};
use places::{LocationFacts, SiteFacts};
use rustc_hash::FxHashMap;
use serde::Serialize;
use store::Guard;
pub(crate) use store::Held;
use utoipa::ToSchema;
use web::Scope;

/// The stock of one item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemStock {
    /// The item.
    pub sku: String,
    /// The unit of all quantities here.
    pub unit: String,
    /// Owned, between two sites.
    #[schema(value_type = String)]
    pub in_transit: Delta,
    /// The sites that have, or have had, the item.
    pub sites: Vec<SiteStock>,
}

/// An item at a site.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteStock {
    /// The site.
    pub site: String,
    /// Owned here, in any status.
    #[schema(value_type = String)]
    pub on_hand: Delta,
    /// Good, in sellable unblocked locations, not past its last sellable day. Left out, like the next three, for a moment in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sellable: Option<Delta>,
    /// Promised, no bin chosen yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reserved: Option<Delta>,
    /// Bound to bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub allocated: Option<Delta>,
    /// Sellable minus reserved minus allocated, never below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub available: Option<Delta>,
    /// Where it is.
    pub balances: Vec<BalanceRow>,
}

/// What one location holds of the item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BalanceRow {
    /// The location.
    pub location: String,
    /// The lot or serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The last sellable day of the lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_on: Option<String>,
    /// The status.
    #[schema(value_type = String)]
    pub status: Status,
    /// On hand.
    #[schema(value_type = String)]
    pub on_hand: Delta,
    /// Of it, bound to owners now; left out for a moment in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub allocated: Option<Delta>,
}

/// Reads the stock of an item now, or what was on hand at a moment, as far as the scope reaches: a
/// site out of reach is not there.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    now: Instant,
    moment: Option<&Moment>,
) -> Result<ItemStock, DbError> {
    let spread = match moment {
        None => spread(conn, item.id, now)?,
        Some(moment) => spread_at(conn, item.id, moment)?,
    };
    let mut answer = ItemStock {
        sku: item.sku.clone(),
        unit: item.base_unit.clone(),
        in_transit: Delta::ZERO,
        sites: Vec::new(),
    };
    if scope.is_all() {
        // what is under way belongs to no site, so it is for those who see all
        answer.in_transit = Delta(spread.transit.iter().map(|held| held.on_hand).sum());
    }
    for at in spread.sites {
        let had = moment.is_none() || !at.held.is_empty();
        if had && reach::location(conn, scope, at.site.id.root())? {
            answer.sites.push(shown(&at, moment.is_none()));
        }
    }
    Ok(answer)
}

fn shown(at: &AtSite, is_now: bool) -> SiteStock {
    let AtSite { site, level, held } = at;
    let now = |number: i64| is_now.then_some(Delta(number));
    SiteStock {
        site: site.code.clone(),
        on_hand: Delta(level.on_hand),
        sellable: now(level.sellable),
        reserved: now(level.reserved),
        allocated: now(level.allocated),
        available: now(level.available),
        balances: held.iter().map(|(held, place)| row(held, place, is_now)).collect(),
    }
}

fn row(held: &Held, place: &LocationFacts, is_now: bool) -> BalanceRow {
    BalanceRow {
        location: place.code.clone(),
        lot: held.lot_code.clone().filter(|_| held.lot.is_some()),
        expiry_on: held.expiry.map(|day| day.to_string()),
        status: held.status,
        on_hand: Delta(held.on_hand),
        allocated: is_now.then_some(Delta(held.allocated)),
    }
}

/// What there is of an item, site by site.
pub(crate) struct Spread {
    /// The sites that have, or have had, the item.
    pub(crate) sites: Vec<AtSite>,
    /// What is between two sites.
    pub(crate) transit: Vec<Held>,
}

/// What there is of an item at a site.
pub(crate) struct AtSite {
    pub(crate) site: SiteFacts,
    /// Its numbers; of a moment in the past only what was on hand.
    pub(crate) level: Level,
    /// Where it stands.
    pub(crate) held: Vec<(Held, LocationFacts)>,
}

/// What there is of an item now.
pub(crate) fn spread(conn: &mut Conn<'_>, item: ItemId, now: Instant) -> Result<Spread, DbError> {
    let (mut guards, mut held) = (store::guards(item), store::held(item));
    conn.ask(&mut [&mut guards, &mut held])?;
    let (guards, held) = (guards.rows(), held.rows());
    apart(conn, &guards, held, |guard, here, site| {
        let counted: Vec<Counted> = here.iter().map(|(held, place)| count(held, place)).collect();
        level(guard, &counted, site.zone.date(now))
    })
}

/// What was on hand of an item at a moment.
fn spread_at(conn: &mut Conn<'_>, item: ItemId, moment: &Moment) -> Result<Spread, DbError> {
    let (mut guards, mut held) = (store::guards(item), store::ever_held(item));
    conn.ask(&mut [&mut guards, &mut held])?;
    let (guards, mut held) = (guards.rows(), held.rows());
    let gains = gains_of(conn, moment, &[item])?;
    for there in &mut held {
        let Held { location, lot, status, .. } = *there;
        there.on_hand -= gains.get(&Key { item, location, lot, status }).copied().unwrap_or_default();
    }
    held.retain(|there| there.on_hand != 0);
    apart(conn, &guards, held, |_, here, _| {
        let on_hand = here.iter().map(|(held, _)| held.on_hand).sum();
        Level { on_hand, ..Level::default() }
    })
}

/// Sorts what is held by site, and finds the numbers of each.
fn apart(
    conn: &mut Conn<'_>,
    guards: &[Guard],
    held: Vec<Held>,
    level: impl Fn(&Guard, &[(Held, LocationFacts)], &SiteFacts) -> Level,
) -> Result<Spread, DbError> {
    let (places, sites) = facts(conn, guards, &held)?;
    let mut by_site: FxHashMap<SiteId, Vec<(Held, LocationFacts)>> = FxHashMap::default();
    let mut transit = Vec::new();
    for held in held {
        let Some(place) = places.get(&held.location) else { continue };
        if place.kind == LocationKind::Transit {
            transit.push(held);
        } else {
            by_site.entry(place.site).or_default().push((held, place.clone()));
        }
    }
    let mut spread = Spread { sites: Vec::with_capacity(guards.len()), transit };
    for guard in guards {
        let Some(site) = sites.get(&guard.site) else { continue };
        let held = by_site.remove(&guard.site).unwrap_or_default();
        let level = level(guard, &held, site);
        spread.sites.push(AtSite { site: site.clone(), level, held });
    }
    Ok(spread)
}

type Places = FxHashMap<domain::LocationId, LocationFacts>;
type Sites = FxHashMap<SiteId, SiteFacts>;

/// The facts of everything the rows name.
fn facts(conn: &mut Conn<'_>, guards: &[Guard], held: &[Held]) -> Result<(Places, Sites), DbError> {
    let ids: Vec<SiteId> = guards.iter().map(|guard| guard.site).filter(|site| site.is_some()).collect();
    let mut sites = places::sites_by_id(&ids);
    let mut ids: Vec<_> = held.iter().map(|held| held.location).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut places = places::locations_by_id(&ids);
    conn.ask(&mut [&mut sites, &mut places])?;
    let places = places.answers().into_iter().flatten().map(|place| (place.id, place));
    let sites = sites.answers().into_iter().flatten().map(|site| (site.id, site));
    Ok((places.collect(), sites.collect()))
}

fn count(held: &Held, place: &LocationFacts) -> Counted {
    let counts = held.status == Status::Good && place.sellable && !place.blocked;
    Counted { on_hand: held.on_hand, counts, expiry: held.expiry }
}

/// What is available of an item at a site, for other modules.
///
/// # Errors
/// When the store fails.
pub fn available(conn: &mut Conn<'_>, item: ItemId, site: SiteId, now: Instant) -> Result<Delta, DbError> {
    let spread = spread(conn, item, now)?;
    let at = spread.sites.iter().find(|at| at.site.id == site);
    Ok(at.map_or(Delta::ZERO, |at| Delta(at.level.available)))
}
