//! Where stock piles up and where it is missing, item by item across the sites, and what could move between them;
//! with the minimum of an item at a site, as somebody has said it.
//!
//! Only sites of which the caller reaches everything are weighed: the numbers are those of whole sites. Whether there
//! are others is said, and nothing else about them.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod minimum;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use minimum::bring_minimum;

use crate::item_stock::{AtSite, at_sites, numbers};
use crate::sight::Sight;
use crate::walk::{Part, part};
use crate::{reach, veil};
use db::{Ask, Conn, DbError};
use decide::{At, Judged, Span, judge, moves};
use domain::{Delta, Instant, ItemId, SiteId};
use places::SiteFacts;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use store::Listed;
use utoipa::ToSchema;
use web::Scope;

/// Days that are looked back at most, and days for which it may have to last at most.
pub(crate) const DAYS_MAX: i64 = 366;

const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// An item across the sites.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BalanceAcross {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// Whether these are all sites that there are; false when some are out of reach, where more may be, or be
    /// missing.
    pub(crate) complete: bool,
    /// The sites that have or had the item, or want some of it.
    pub(crate) sites: Vec<SiteAcross>,
    /// What could move so that less is missing, and nothing anew.
    pub(crate) moves: Vec<ProposedMove>,
}

/// An item at one of the sites.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct SiteAcross {
    /// The site.
    pub(crate) site: String,
    /// Sellable minus reserved minus allocated, never below zero.
    #[schema(value_type = String)]
    pub(crate) available: Delta,
    /// The least that it is to have, as somebody has said; null where nobody has.
    #[schema(value_type = Option<String>)]
    pub(crate) minimum: Option<Delta>,
    /// What went to customers and into production over the last `days`, less what came back from customers.
    #[schema(value_type = String)]
    pub(crate) out: Delta,
    /// For how many whole days it lasts, as fast as it went out; null where nothing did.
    pub(crate) lasts_days: Option<i64>,
    /// The larger of the minimum and of what goes out in `cover` days.
    #[schema(value_type = String)]
    pub(crate) needs: Delta,
    /// What it has beyond that.
    #[schema(value_type = String)]
    pub(crate) surplus: Delta,
    /// What it has less.
    #[schema(value_type = String)]
    pub(crate) lack: Delta,
}

/// So much from one site to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct ProposedMove {
    /// Where there is a surplus.
    pub(crate) from: String,
    /// Where it lacks.
    pub(crate) to: String,
    /// How much.
    #[schema(value_type = String)]
    pub(crate) qty: Delta,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) days: i64,
    pub(crate) cover: i64,
    /// Only items that lack somewhere.
    pub(crate) lacking: bool,
    /// Only items of which something could move.
    pub(crate) movable: bool,
    pub(crate) now: Instant,
}

/// The sites that are weighed.
pub(crate) struct Weighed {
    sites: BTreeMap<SiteId, SiteFacts>,
    /// All that there are.
    count: usize,
    scope: Scope,
}

impl Weighed {
    /// The sites in use of which the caller reaches everything.
    pub(crate) fn read(conn: &mut Conn<'_>, scope: &Scope) -> Result<Weighed, DbError> {
        let all: Vec<SiteFacts> = places::sites(conn)?.into_iter().filter(|site| !site.archived).collect();
        let count = all.len();
        let reached = all.into_iter().filter(|site| reach::site(scope, site.id));
        let sites: BTreeMap<SiteId, SiteFacts> = reached.map(|site| (site.id, site)).collect();
        Ok(Weighed { sites, count, scope: scope.clone() })
    }
}

/// What is known of some items.
struct Known {
    available: FxHashMap<(ItemId, SiteId), i64>,
    minimums: FxHashMap<(ItemId, SiteId), i64>,
    out: FxHashMap<(ItemId, SiteId), i64>,
    whole: FxHashMap<ItemId, bool>,
}

impl Known {
    fn read(conn: &mut Conn<'_>, items: &[Listed], asked: &Asked) -> Result<Known, DbError> {
        let ids: Vec<ItemId> = items.iter().map(|item| item.id).collect();
        let mut listings: Vec<_> = ids.iter().map(|id| numbers(*id)).collect();
        let mut questions: Vec<&mut dyn Ask> = Vec::with_capacity(listings.len() * 2);
        for (guards, lasting) in &mut listings {
            questions.push(guards);
            questions.push(lasting);
        }
        conn.ask(&mut questions)?;
        let mut available = FxHashMap::default();
        for (id, (guards, lasting)) in ids.iter().zip(listings) {
            for AtSite { site, level, .. } in at_sites(guards.rows(), &lasting.rows(), asked.now) {
                available.insert((*id, site), level.available);
            }
        }
        let since = asked.now.plus_micros(-asked.days.saturating_mul(DAY_MICROS));
        let facts = catalog::facts_by_id(conn, &ids)?;
        Ok(Known {
            available,
            minimums: store::minimums(conn, &ids)?.into_iter().collect(),
            out: store::out(conn, &ids, since)?.into_iter().collect(),
            whole: facts.into_iter().flatten().map(|item| (item.id, item.whole)).collect(),
        })
    }

    /// The item across those of the sites that are within its reach and have, had or want it.
    fn across(&self, weighed: &Weighed, scope: &Scope, item: &Listed, asked: &Asked) -> BalanceAcross {
        let whole = self.whole.get(&item.id).copied().unwrap_or(false);
        let span = Span { days: asked.days, cover: asked.cover, whole };
        let mut rows: Vec<(SiteAcross, Judged)> = Vec::new();
        let mut reached = 0;
        for (id, facts) in weighed.sites.iter().filter(|(id, _)| reach::site(scope, **id)) {
            reached += 1;
            let key = (item.id, *id);
            let (available, minimum) = (self.available.get(&key), self.minimums.get(&key));
            if available.is_none() && minimum.is_none() {
                continue;
            }
            let out = self.out.get(&key).copied().unwrap_or(0).max(0);
            let at = At {
                available: available.copied().unwrap_or(0),
                minimum: minimum.copied().unwrap_or(0),
                out,
            };
            let judged = judge(at, span);
            let row = SiteAcross {
                site: facts.code.clone(),
                available: Delta(at.available),
                minimum: minimum.copied().map(Delta),
                out: Delta(out),
                lasts_days: judged.lasts,
                needs: Delta(judged.needs),
                surplus: Delta(judged.surplus),
                lack: Delta(judged.lack),
            };
            rows.push((row, judged));
        }
        let judged: Vec<Judged> = rows.iter().map(|(_, judged)| *judged).collect();
        let code = |at: usize| rows.get(at).map(|(row, _)| row.site.clone()).unwrap_or_default();
        let moves = moves(&judged, whole).into_iter().map(|one| ProposedMove {
            from: code(one.from),
            to: code(one.to),
            qty: Delta(one.qty),
        });
        let moves = moves.collect();
        BalanceAcross {
            sku: item.sku.clone(),
            unit: item.unit.clone(),
            complete: reached == weighed.count,
            sites: rows.into_iter().map(|(row, _)| row).collect(),
            moves,
        }
    }
}

/// A page of the items that some of the sites have, had or want, by SKU.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    weighed: &Weighed,
    asked: &Asked,
    mut after: Option<String>,
    limit: usize,
) -> Result<Part<BalanceAcross, String>, DbError> {
    if let Some(sku) = &mut after {
        veil::find_sku(conn, sku)?;
    }
    let mut sight = Sight::new(&weighed.scope, None);
    let mut found = part(limit, after, |after, most| {
        let items = store::items(conn, after.map_or("", String::as_str), most)?;
        let known = Known::read(conn, &items, asked)?;
        sight.meet(conn, items.iter().map(|item| item.id))?;
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            let across = known.across(weighed, &sight.scope(conn, item.id)?, &item, asked);
            let lacks = across.sites.iter().any(|site| site.lack.0 > 0);
            let fits = !across.sites.is_empty()
                && (lacks || !asked.lacking)
                && (!across.moves.is_empty() || !asked.movable);
            found.push((item.folded, fits.then_some(across)));
        }
        Ok(found)
    })?;
    if let Some(sku) = &mut found.next {
        veil::hide_sku(conn, Some(&weighed.scope), sku)?;
    }
    Ok(found)
}
