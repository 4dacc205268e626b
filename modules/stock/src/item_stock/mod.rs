//! The stock of one item: the numbers of each site, and page by page where it is; or what was on hand
//! at a moment. The numbers are whole on every page.

pub(crate) mod api;
pub(crate) mod decide;
mod past;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::as_of::Moment;
use crate::reach;
use crate::walk::{CHUNK_MAX, Part, part};
use catalog::ItemFacts;
use db::{Conn, DbError, Listing};
pub(crate) use decide::{Guard, Lasting, Level, is_due, level};
use domain::{Delta, Instant, ItemId, SiteId, Status};
use places::SiteFacts;
use serde::Serialize;
use store::{After, Held, Way};
use utoipa::ToSchema;
use web::Scope;

/// The stock of one item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemStock {
    /// The item.
    pub sku: String,
    /// The unit of all quantities here.
    pub unit: String,
    /// Owned, under way from or to a site within reach, in any status.
    #[schema(value_type = String)]
    pub in_transit: Delta,
    /// The sites that have, have had, or will get the item: all of them on every page, with the same numbers.
    pub sites: Vec<SiteStock>,
    /// The `cursor` of the next page of balances; null when this is the last one.
    pub next: Option<String>,
}

/// An item at a site.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteStock {
    /// The site.
    pub site: String,
    /// Owned here, in any status.
    #[schema(value_type = String)]
    pub on_hand: Delta,
    /// Shipped here from another site and not arrived, in any status. It is not on hand.
    #[schema(value_type = String)]
    pub incoming: Delta,
    /// Asked for by open transfers to here, and not shipped yet. Left out, like the next five, for a moment in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub on_order: Option<Delta>,
    /// Good, in sellable unblocked locations, not past its last sellable day.
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
    /// Accepted beyond stock, or lost since: what claims wait for. Above zero only while nothing is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub backordered: Option<Delta>,
    /// Where it is, as far as this page goes.
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

/// Which page of the balances is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) after: Option<After>,
    pub(crate) limit: usize,
}

impl Slice {
    /// How many rows to read first: one more than a page, to know whether there are more.
    fn first(&self) -> usize {
        self.limit.saturating_add(1).min(CHUNK_MAX)
    }
}

/// A page, with the place where the next one begins.
pub(crate) type Shown = (ItemStock, Option<After>);

/// Reads the stock of an item now, or what was on hand at a moment, as far as the scope reaches: a
/// site out of reach is not there.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    now: Instant,
    moment: Option<&Moment>,
    slice: Slice,
) -> Result<Shown, DbError> {
    match moment {
        Some(moment) => past::read(conn, scope, item, moment, slice),
        None => match brief(conn, scope, item, now, slice)? {
            Brief::Whole(shown) => Ok(shown),
            Brief::Part(beginning) => beginning.read_on(conn, scope, item, slice),
        },
    }
}

/// What is known after as little work as there can be.
pub(crate) enum Brief {
    /// All of the stock is on one page: there is nothing left to add up.
    Whole(Shown),
    /// There is more than one page.
    Part(Beginning),
}

/// The numbers of the sites, and the first rows from where the page begins.
pub(crate) struct Beginning {
    sites: Vec<AtSite>,
    ways: Vec<Way>,
    rows: Vec<Held>,
}

/// Reads the stock of an item now, if it is no more than one page.
pub(crate) fn brief(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    now: Instant,
    slice: Slice,
) -> Result<Brief, DbError> {
    let most = slice.first();
    let mut guards = store::guards(item.id);
    let mut held = store::held(item.id, slice.after.as_ref(), most);
    let mut ways = store::ways(item.id);
    conn.ask(&mut [&mut guards, &mut held, &mut ways])?;
    let (guards, rows, ways) = (guards.rows(), held.rows(), ways.rows());
    let is_due = guards.iter().any(|guard| is_due(guard, guard.today(now)));
    let lasting = if is_due { lasting(conn, item.id)? } else { Vec::new() };
    let sites = at_sites(guards, &lasting, now);
    let sites = with_coming(conn, sites, ways.iter().map(|way| way.to), now)?;
    if slice.after.is_some() || rows.len() == most {
        return Ok(Brief::Part(Beginning { sites, ways, rows }));
    }
    let mut answer = Building::new(scope, item, sites, true);
    for way in &ways {
        answer.under_way(way);
    }
    for held in &rows {
        answer.count(held.site, held.on_hand);
        answer.list(held);
    }
    Ok(Brief::Whole((answer.done(), None)))
}

fn lasting(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<Lasting>, DbError> {
    let mut lasting = store::lasting(item);
    conn.ask(&mut [&mut lasting])?;
    Ok(lasting.rows())
}

impl Beginning {
    /// Reads the page to its end, and adds up what is not on it.
    fn read_on(
        self,
        conn: &mut Conn<'_>,
        scope: &Scope,
        item: &ItemFacts,
        slice: Slice,
    ) -> Result<Shown, DbError> {
        let Beginning { sites, ways, rows } = self;
        let mut answer = Building::new(scope, item, sites, true);
        for way in &ways {
            answer.under_way(way);
        }
        for (site, on_hand) in store::sums(conn, item.id)? {
            answer.count(site, on_hand);
        }
        let mut first = Some(rows);
        let Part { rows, next } = part(slice.limit, slice.after, |after, most| {
            let rows = if let Some(rows) = first.take() {
                rows
            } else {
                let mut held = store::held(item.id, after, most);
                conn.ask(&mut [&mut held])?;
                held.rows()
            };
            Ok(rows.into_iter().map(|held| (held.after(), answer.sees(&held).then_some(held))).collect())
        })?;
        for held in &rows {
            answer.list(held);
        }
        Ok((answer.done(), next))
    }
}

/// An answer that is being made.
struct Building<'s> {
    answer: ItemStock,
    /// The sites of the answer, in their order.
    ids: Vec<SiteId>,
    scope: &'s Scope,
    is_now: bool,
}

impl<'s> Building<'s> {
    fn new(scope: &'s Scope, item: &ItemFacts, sites: Vec<AtSite>, is_now: bool) -> Building<'s> {
        let sites = sites.into_iter().filter(|at| reach::site(scope, at.site));
        let (ids, sites) = sites.map(|at| (at.site, at.shown(is_now))).unzip();
        let (sku, unit) = (item.sku.clone(), item.base_unit.clone());
        let answer = ItemStock { sku, unit, in_transit: Delta::ZERO, sites, next: None };
        Building { answer, ids, scope, is_now }
    }

    fn site(&mut self, site: SiteId) -> Option<&mut SiteStock> {
        let place = self.ids.binary_search(&site).ok()?;
        self.answer.sites.get_mut(place)
    }

    /// Adds to what there is of a site; in transit there is none.
    fn count(&mut self, site: SiteId, on_hand: i64) {
        if let Some(site) = self.site(site) {
            site.on_hand = plus(site.on_hand, on_hand);
        }
    }

    /// Adds what is on its way between two sites: whoever reaches one of them sees it.
    fn under_way(&mut self, way: &Way) {
        if self.scope.is_all() || [way.from, way.to].iter().any(|site| reach::site(self.scope, *site)) {
            self.answer.in_transit = plus(self.answer.in_transit, way.shipped);
        }
        if let Some(site) = self.site(way.to) {
            site.incoming = plus(site.incoming, way.shipped);
            site.on_order = site.on_order.map(|on_order| plus(on_order, way.asked));
        }
    }

    /// Whether a balance is listed: it stands at a site within reach.
    fn sees(&self, held: &Held) -> bool {
        self.ids.binary_search(&held.site).is_ok()
    }

    fn list(&mut self, held: &Held) {
        let is_now = self.is_now;
        if let Some(site) = self.site(held.site) {
            site.balances.push(row(held, is_now));
        }
    }

    fn done(self) -> ItemStock {
        self.answer
    }
}

const fn plus(sum: Delta, more: i64) -> Delta {
    Delta(sum.0.saturating_add(more))
}

fn row(held: &Held, is_now: bool) -> BalanceRow {
    BalanceRow {
        location: held.code.clone(),
        lot: held.lot_code.clone(),
        expiry_on: held.expiry.map(|day| day.to_string()),
        status: held.status,
        on_hand: Delta(held.on_hand),
        allocated: is_now.then_some(Delta(held.allocated)),
    }
}

/// An item at a site.
#[derive(Clone, Debug)]
pub(crate) struct AtSite {
    pub(crate) site: SiteId,
    pub(crate) code: String,
    /// The day it is there.
    pub(crate) today: domain::when::Date,
    pub(crate) level: Level,
}

impl AtSite {
    fn shown(self, is_now: bool) -> SiteStock {
        let now = |number: i64| is_now.then_some(Delta(number));
        SiteStock {
            site: self.code,
            on_hand: Delta::ZERO,
            incoming: Delta::ZERO,
            on_order: now(0),
            sellable: now(self.level.sellable),
            reserved: now(self.level.reserved),
            allocated: now(self.level.allocated),
            available: now(self.level.available),
            backordered: now(self.level.backordered),
            balances: Vec::new(),
        }
    }
}

/// What [`at_sites`] takes, as two questions.
pub(crate) fn numbers(item: ItemId) -> (Listing<'static, Guard>, Listing<'static, Lasting>) {
    (store::guards(item), store::lasting(item))
}

/// The numbers of the sites, by id.
pub(crate) fn at_sites(guards: Vec<Guard>, lasting: &[Lasting], now: Instant) -> Vec<AtSite> {
    let at = |guard: Guard| {
        let today = guard.today(now);
        AtSite { site: guard.site, level: level(&guard, lasting, today), code: guard.code, today }
    };
    guards.into_iter().map(at).collect()
}

/// The same with the sites that never had the item and will get some, in their order.
pub(crate) fn with_coming(
    conn: &mut Conn<'_>,
    mut known: Vec<AtSite>,
    coming: impl Iterator<Item = SiteId>,
    now: Instant,
) -> Result<Vec<AtSite>, DbError> {
    let is_new = |site: &SiteId| site.is_some() && !known.iter().any(|at| at.site == *site);
    let mut ids: Vec<SiteId> = coming.filter(is_new).collect();
    if ids.is_empty() {
        return Ok(known);
    }
    ids.sort_unstable();
    ids.dedup();
    let none = |site: SiteFacts| AtSite {
        site: site.id,
        today: site.zone.date(now),
        code: site.code,
        level: Level::default(),
    };
    known.extend(places::site_facts_by_id(conn, &ids)?.into_iter().flatten().map(none));
    known.sort_unstable_by_key(|at| at.site);
    Ok(known)
}

/// What is available of an item at a site, for other modules.
///
/// # Errors
/// When the store fails.
pub fn available(conn: &mut Conn<'_>, item: ItemId, site: SiteId, now: Instant) -> Result<Delta, DbError> {
    let (mut guards, mut lasting) = numbers(item);
    conn.ask(&mut [&mut guards, &mut lasting])?;
    let sites = at_sites(guards.rows(), &lasting.rows(), now);
    let at = sites.iter().find(|at| at.site == site);
    Ok(at.map_or(Delta::ZERO, |at| Delta(at.level.available)))
}
