//! Find lots and serials: one by its code with where it is, or page by page.
//!
//! A lot is seen by whoever reaches a place that holds it or has held it. Who got it is told by the
//! ledger of the lot.

use super::store_find::{self as store, After, Found, Held, Order, Whose};
use crate::sight::Sight;
use crate::veil;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::when::Date;
use domain::{Delta, Instant, ItemId, LocationId, LotId, Status, Tracking};
use rustc_hash::FxHashMap;
use serde::Serialize;
use utoipa::ToSchema;
use web::Scope;

/// A lot or serial.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LotRow {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// The lot or serial.
    pub(crate) lot: String,
    /// `lot` or `serial`; the parent of serials is a lot.
    #[schema(value_type = Option<String>)]
    pub(crate) tracking: Option<Tracking>,
    /// Its last sellable day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub(crate) expiry_on: Option<String>,
    /// The day it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub(crate) made_on: Option<String>,
    /// When it was first heard of.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
    /// The lot that the serial was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    /// It is the parent of serials: what is on hand of it, and where, are its serials.
    pub(crate) is_parent: bool,
    /// The lot as a whole, or the parent of the serial, is on hold: none of it is good, and what comes of
    /// it comes on hold.
    pub(crate) on_hold: bool,
    /// The parent of the serial is on hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) parent_on_hold: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub(crate) version: i64,
    /// On hand within reach, in any status.
    #[schema(value_type = String)]
    pub(crate) on_hand: Delta,
    /// Where it is, within reach, the first hundred places; nowhere when all of it has gone.
    pub(crate) places: Vec<LotPlace>,
    /// In how many places more it is, which `GET /api/v1/stock` lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) places_left_out: Option<usize>,
}

/// Places that are shown of one lot.
pub(crate) const PLACES_SHOWN: usize = 100;

/// A place that holds some of a lot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LotPlace {
    /// The location.
    pub(crate) location: String,
    /// The status.
    #[schema(value_type = String)]
    pub(crate) status: Status,
    /// On hand.
    #[schema(value_type = String)]
    pub(crate) on_hand: Delta,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) whose: Whose,
    pub(crate) tracking: Option<Tracking>,
    /// The last sellable day, from and to.
    pub(crate) expires: (Option<Date>, Option<Date>),
    /// Held somewhere within reach, or nowhere.
    pub(crate) held: Option<bool>,
    /// On hold as a whole, or not.
    pub(crate) on_hold: Option<bool>,
    /// The parent of serials, or not.
    pub(crate) is_parent: Option<bool>,
    pub(crate) within: Option<LocationId>,
    pub(crate) order: Order,
    pub(crate) down: bool,
}

impl Wanted {
    fn fits(&self, lot: &Found) -> bool {
        let (from, until) = self.expires;
        self.tracking.is_none_or(|tracking| lot.tracking == Some(tracking))
            && self.on_hold.is_none_or(|on_hold| on_hold == lot.is_on_hold())
            && self.is_parent.is_none_or(|is_parent| is_parent == lot.is_parent)
            && from.is_none_or(|from| lot.expiry_on.is_some_and(|day| day >= from))
            && until.is_none_or(|until| lot.expiry_on.is_some_and(|day| day <= until))
    }
}

/// The page of lots that fit and are within reach.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    scope: &Scope,
    wanted: &Wanted,
    mut after: Option<After>,
    limit: usize,
) -> Result<Part<LotRow, After>, DbError> {
    if let Some(after) = &mut after {
        veil::find_lot(conn, &wanted.order, after)?;
    }
    let mut sight = Sight::new(scope, wanted.within);
    let mut part = part(limit, after, |after, most| {
        let lots = store::page(conn, wanted.whose, (&wanted.order, wanted.down), after, most)?;
        let mut places = places(conn, lots.iter().filter(|lot| wanted.fits(lot)))?;
        sight.meet(conn, lots.iter().map(|lot| lot.item))?;
        let mut found = Vec::with_capacity(lots.len());
        for lot in lots {
            let key = lot.after(&wanted.order);
            let there = places.remove(&lot.id).unwrap_or_default();
            let row = if wanted.fits(&lot) { see(conn, &mut sight, lot, there)? } else { None };
            let fits = |row: &LotRow| {
                let is_held = !row.places.is_empty();
                wanted.held.is_none_or(|held| held == is_held) && (wanted.within.is_none() || is_held)
            };
            found.push((key, row.filter(fits)));
        }
        Ok(found)
    })?;
    if let Some(next) = &mut part.next {
        veil::hide_lot(scope, next);
    }
    Ok(part)
}

/// One lot within reach.
pub(crate) fn find(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: ItemId,
    folded: &str,
) -> Result<Option<LotRow>, DbError> {
    let Some(lot) = store::of_code(conn, item, folded)? else { return Ok(None) };
    let there = places(conn, std::iter::once(&lot))?.remove(&lot.id).unwrap_or_default();
    see(conn, &mut Sight::new(scope, None), lot, there)
}

/// Where lots are or have been. A parent is where its serials are, and where it has stock of its own: of
/// the time before its item was traced by serial, or since it is no more.
fn places<'a>(
    conn: &mut Conn<'_>,
    lots: impl Iterator<Item = &'a Found>,
) -> Result<FxHashMap<LotId, Vec<Held>>, DbError> {
    let lots: Vec<&Found> = lots.collect();
    let parents = lots.iter().copied().filter(|lot| lot.is_parent).collect();
    let mut places: FxHashMap<LotId, Vec<Held>> = FxHashMap::default();
    for (lots, are_parents) in [(lots, false), (parents, true)] {
        let ids: Vec<LotId> = lots.iter().map(|lot| lot.id).collect();
        for (lot, held) in store::places(conn, &ids, are_parents)? {
            places.entry(lot).or_default().push(held);
        }
    }
    Ok(places)
}

/// A lot as far as it is seen: not at all when every place that ever held it is out of reach.
fn see(
    conn: &mut Conn<'_>,
    sight: &mut Sight,
    lot: Found,
    there: Vec<Held>,
) -> Result<Option<LotRow>, DbError> {
    let mut seen = sight.scope(conn, lot.item)?.is_all() && !sight.is_narrowed();
    let (mut places, mut left_out, mut on_hand) = (Vec::new(), 0, 0);
    for held in there {
        if !sight.sees(conn, lot.item, &[held.location])? {
            continue;
        }
        seen = true;
        if held.on_hand != 0 {
            on_hand += held.on_hand;
            let Held { code, status, on_hand, .. } = held;
            if places.len() < PLACES_SHOWN {
                places.push(LotPlace { location: code, status, on_hand: Delta(on_hand) });
            } else {
                left_out += 1;
            }
        }
    }
    let on_hold = lot.is_on_hold();
    Ok(seen.then(|| LotRow {
        sku: lot.sku,
        unit: lot.unit,
        lot: lot.code,
        tracking: lot.tracking,
        expiry_on: lot.expiry_on.map(|day| day.to_string()),
        made_on: lot.made_on.map(|day| day.to_string()),
        created_at: lot.created_at,
        on_hold,
        parent_on_hold: lot.parent_on_hold,
        is_parent: lot.is_parent,
        parent: lot.parent,
        version: lot.version,
        on_hand: Delta(on_hand),
        places,
        places_left_out: (left_out > 0).then_some(left_out),
    }))
}
