//! What is available of everything, item by item and site by site: the numbers of `GET
//! /items/{sku}/stock`, for a shop that shows many items at once.

use super::store_list as store;
use crate::item_stock::store::lasting;
use crate::item_stock::{Guard, Lasting, is_due, level};
use crate::sight::Sight;
use crate::walk::{Part, part};
use crate::{reach, veil};
use db::{Ask, Conn, DbError};
use domain::{Delta, Instant, ItemId, SiteId};
use rustc_hash::FxHashMap;
use serde::Serialize;
use utoipa::ToSchema;
use web::Scope;

/// What is available of an item at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AvailabilityRow {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// The site.
    pub(crate) site: String,
    /// Good, in sellable unblocked locations, not past its last sellable day.
    #[schema(value_type = String)]
    pub(crate) sellable: Delta,
    /// Promised, no bin chosen yet.
    #[schema(value_type = String)]
    pub(crate) reserved: Delta,
    /// Bound to bins.
    #[schema(value_type = String)]
    pub(crate) allocated: Delta,
    /// Sellable minus reserved minus allocated, never below zero.
    #[schema(value_type = String)]
    pub(crate) available: Delta,
    /// Accepted beyond stock, or lost since: what comes goes there first.
    #[schema(value_type = String)]
    pub(crate) backordered: Delta,
}

/// Where a page ended: the folded SKU, and the site.
pub(crate) type After = (String, i64);

/// Which of them are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only these sites, as JSON; `None` for all.
    pub(crate) sites: Option<String>,
    /// Of which items at which of them; `None` for all at all.
    pub(crate) by_item: Option<Scope>,
    /// From the last SKU to the first.
    pub(crate) down: bool,
}

impl Wanted {
    /// One site, which is within reach, or all those of which the caller reaches everything.
    pub(crate) fn read(scope: &Scope, site: Option<SiteId>, down: bool) -> Wanted {
        // a place within reach that is no site has no numbers of its own
        let sites = site.map_or_else(|| reach::roots_json(scope), |site| Some(format!("[{site}]")));
        let by_item = scope.is_limited().then(|| scope.clone());
        Wanted { sites, by_item, down }
    }
}

/// The guard of an item at a site, with what it is called.
pub(super) struct Known {
    pub(super) item: ItemId,
    pub(super) sku: String,
    pub(super) unit: String,
    pub(super) guard: Guard,
}

/// The next of them, at most `limit`, in the order of SKU and site. It may be fewer, or none, and still
/// say where to go on: items that none of the sites has are looked at and left out.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    wanted: &Wanted,
    mut after: Option<After>,
    limit: usize,
    now: Instant,
) -> Result<Part<AvailabilityRow, After>, DbError> {
    if let Some((sku, _)) = &mut after {
        veil::find_sku(conn, sku)?;
    }
    let mut sight = wanted.by_item.as_ref().map(|scope| Sight::new(scope, None));
    let Part { rows: known, mut next } = part(limit, after, |after, most| {
        let mut found = store::guards(conn, wanted, after, most)?;
        let Some(sight) = &mut sight else { return Ok(found) };
        sight.meet(conn, found.iter().filter_map(|(_, known)| Some(known.as_ref()?.item)))?;
        for (_, place) in &mut found {
            if let Some(known) = place
                && !reach::site(&sight.scope(conn, known.item)?, known.guard.site)
            {
                *place = None;
            }
        }
        Ok(found)
    })?;
    if let Some((sku, _)) = &mut next {
        veil::hide_sku(conn, wanted.by_item.as_ref(), sku)?;
    }
    let due = lasting_of_due(conn, &known, now)?;
    let row = |Known { item, sku, unit, guard }: Known| {
        let lasting = due.get(&item).map(Vec::as_slice).unwrap_or_default();
        let level = level(&guard, lasting, guard.today(now));
        AvailabilityRow {
            sku,
            unit,
            site: guard.code,
            sellable: Delta(level.sellable),
            reserved: Delta(level.reserved),
            allocated: Delta(level.allocated),
            available: Delta(level.available),
            backordered: Delta(level.backordered),
        }
    };
    Ok(Part { rows: known.into_iter().map(row).collect(), next })
}

/// What lasts until which day, of those items whose guards may still count what is past it.
fn lasting_of_due(
    conn: &mut Conn<'_>,
    known: &[Known],
    now: Instant,
) -> Result<FxHashMap<ItemId, Vec<Lasting>>, DbError> {
    let mut due: Vec<ItemId> = known
        .iter()
        .filter(|known| is_due(&known.guard, known.guard.today(now)))
        .map(|known| known.item)
        .collect();
    due.dedup();
    let mut asked: Vec<_> = due.iter().map(|item| lasting(*item)).collect();
    let mut questions: Vec<&mut dyn Ask> = Vec::with_capacity(asked.len());
    questions.extend(asked.iter_mut().map(|one| -> &mut dyn Ask { one }));
    conn.ask(&mut questions)?;
    Ok(due.into_iter().zip(asked.into_iter().map(db::Listing::rows)).collect())
}
