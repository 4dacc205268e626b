//! The stock of one item now: the numbers of each site, and where it is.

pub(crate) mod api;
mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::reach;
use db::{Conn, DbError};
use decide::{Counted, level};
use domain::{Delta, Instant, ItemId, LocationKind, SiteId, Status};
use places::LocationFacts;
use rustc_hash::FxHashMap;
use serde::Serialize;
use store::{Guard, Held};
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
    /// Good, in sellable unblocked locations, not past its last sellable day.
    #[schema(value_type = String)]
    pub sellable: Delta,
    /// Promised, no bin chosen yet.
    #[schema(value_type = String)]
    pub reserved: Delta,
    /// Bound to bins.
    #[schema(value_type = String)]
    pub allocated: Delta,
    /// Sellable minus reserved minus allocated, never below zero.
    #[schema(value_type = String)]
    pub available: Delta,
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
    /// Of it, bound to owners.
    #[schema(value_type = String)]
    pub allocated: Delta,
}

/// Reads the stock of an item, as far as the scope reaches: a site out of reach is not there.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    sku: &str,
    now: Instant,
) -> Result<Option<ItemStock>, DbError> {
    let Some(item) = catalog::facts_by_sku(conn, &[sku])?.pop().flatten() else { return Ok(None) };
    let (guards, held) = (store::guards(conn, item.id)?, store::held(conn, item.id)?);
    let (places, sites) = facts(conn, &guards, &held)?;
    let mut answer =
        ItemStock { sku: item.sku, unit: item.base_unit, in_transit: Delta::ZERO, sites: Vec::new() };
    for guard in &guards {
        let Some(site) = sites.get(&guard.site) else { continue };
        if !reach::location(conn, scope, guard.site.root())? {
            continue;
        }
        let here: Vec<(&Held, &LocationFacts)> = held
            .iter()
            .filter_map(|held| Some((held, places.get(&held.location)?)))
            .filter(|(_, place)| place.site == guard.site)
            .collect();
        let counted: Vec<Counted> = here.iter().map(|(held, place)| count(held, place)).collect();
        let level = level(guard, &counted, site.zone.date(now));
        answer.sites.push(SiteStock {
            site: site.code.clone(),
            on_hand: Delta(level.on_hand),
            sellable: Delta(level.sellable),
            reserved: Delta(level.reserved),
            allocated: Delta(level.allocated),
            available: Delta(level.available),
            balances: here.into_iter().map(|(held, place)| row(held, place)).collect(),
        });
    }
    answer.in_transit = in_transit(scope, &held, &places);
    Ok(Some(answer))
}

type Places = FxHashMap<domain::LocationId, LocationFacts>;
type Sites = FxHashMap<SiteId, places::SiteFacts>;

/// The facts of everything the rows name.
fn facts(conn: &mut Conn<'_>, guards: &[Guard], held: &[Held]) -> Result<(Places, Sites), DbError> {
    let ids: Vec<SiteId> = guards.iter().map(|guard| guard.site).filter(|site| site.is_some()).collect();
    let sites = places::site_facts_by_id(conn, &ids)?.into_iter().flatten();
    let sites: Sites = sites.map(|site| (site.id, site)).collect();
    let mut ids: Vec<_> = held.iter().map(|held| held.location).collect();
    ids.extend(guards.iter().map(|guard| guard.site.root()));
    ids.sort_unstable();
    ids.dedup();
    let places = places::facts_by_id(conn, &ids)?.into_iter().flatten();
    Ok((places.map(|place| (place.id, place)).collect(), sites))
}

fn count(held: &Held, place: &LocationFacts) -> Counted {
    let counts = held.status == Status::Good && place.sellable && !place.blocked;
    Counted { on_hand: held.on_hand, counts, expiry: held.expiry }
}

fn row(held: &Held, place: &LocationFacts) -> BalanceRow {
    BalanceRow {
        location: place.code.clone(),
        lot: held.lot_code.clone().filter(|_| held.lot.is_some()),
        expiry_on: held.expiry.map(|day| day.to_string()),
        status: held.status,
        on_hand: Delta(held.on_hand),
        allocated: Delta(held.allocated),
    }
}

/// What is under way belongs to no site, so it is for those who see all.
fn in_transit(scope: &Scope, held: &[Held], places: &Places) -> Delta {
    if !scope.is_all() {
        return Delta::ZERO;
    }
    let transit =
        |held: &&Held| places.get(&held.location).is_some_and(|place| place.kind == LocationKind::Transit);
    Delta(held.iter().filter(transit).map(|held| held.on_hand).sum())
}

/// What is available of an item at a site, for other modules.
///
/// # Errors
/// When the store fails.
pub fn available(conn: &mut Conn<'_>, item: ItemId, site: SiteId, now: Instant) -> Result<Delta, DbError> {
    let (guards, held) = (store::guards(conn, item)?, store::held(conn, item)?);
    let (places, sites) = facts(conn, &guards, &held)?;
    let (Some(guard), Some(facts)) = (guards.iter().find(|guard| guard.site == site), sites.get(&site))
    else {
        return Ok(Delta::ZERO);
    };
    let here = held.iter().filter_map(|held| Some((held, places.get(&held.location)?)));
    let counted: Vec<Counted> =
        here.filter(|(_, place)| place.site == site).map(|(held, place)| count(held, place)).collect();
    Ok(Delta(level(guard, &counted, facts.zone.date(now)).available))
}
