//! Find claims: one by its id, or page by page.
//!
//! A reservation is seen by whoever reaches all of its site, an allocation by whoever reaches its
//! bin: those who may also give it up.

use super::store::{self, Along, Named};
use crate::sight::Sight;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::ledger::ClaimState;
use domain::{ClaimId, Delta, Instant, ItemId, LocationId, LotId, SiteId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Scope;

/// A claim as it is found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ClaimRow {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: ClaimId,
    /// Whose it is.
    pub(crate) owner: String,
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantity.
    pub(crate) unit: String,
    /// The site.
    pub(crate) site: String,
    /// The bin of an allocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    /// The lot or serial of an allocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lot: Option<String>,
    /// What it holds of the stock.
    #[schema(value_type = String)]
    pub(crate) qty: Delta,
    /// What it waits for beyond the stock.
    #[schema(value_type = String)]
    pub(crate) backordered: Delta,
    /// What losses have taken of it, in all.
    #[schema(value_type = String)]
    pub(crate) lost: Delta,
    /// Kept longer when higher.
    pub(crate) priority: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made_at: Instant,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Instant>,
    /// `open`, or how it ended.
    pub(crate) state: &'static str,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Allocations, or else reservations.
    pub(crate) allocations: bool,
    pub(crate) owner: Option<String>,
    pub(crate) item: Option<ItemId>,
    pub(crate) site: Option<SiteId>,
    pub(crate) within: Option<LocationId>,
    pub(crate) lot: Option<LotId>,
    pub(crate) state: Option<ClaimState>,
    /// Those that wait for stock, or the others.
    pub(crate) backordered: Option<bool>,
    /// Those that a loss has taken something of, or the others.
    pub(crate) lost: Option<bool>,
    /// The newest first.
    pub(crate) down: bool,
}

impl Wanted {
    /// The filter that leaves the least, by experience.
    fn along(&self) -> Along {
        // what waits is open
        let state = if self.backordered == Some(true) { Some(ClaimState::Open) } else { self.state };
        match (&self.owner, state, self.item, self.site) {
            (Some(owner), ..) => Along::Owner(owner.clone()),
            _ if self.lost == Some(true) => Along::Lost,
            (None, Some(ClaimState::Open), Some(item), Some(site)) => Along::OpenOfItemAtSite(item, site),
            (None, Some(ClaimState::Open), Some(item), None) => Along::OpenOfItem(item),
            (None, Some(ClaimState::Open), None, _) => Along::Open,
            (None, ..) => Along::All,
        }
    }

    fn fits(&self, claim: &Named) -> bool {
        // what is below a place is for `Sight` to tell, and the order is the statement's
        let Wanted { allocations, owner, item, site, within: _, lot, state, backordered, lost, down: _ } =
            self;
        *allocations == claim.bin.is_some()
            && owner.as_ref().is_none_or(|owner| claim.owner == *owner)
            && item.is_none_or(|item| claim.item == item)
            && site.is_none_or(|site| claim.site == site)
            && lot.is_none_or(|lot| [claim.lot, claim.parent].contains(&Some(lot)))
            && state.is_none_or(|state| claim.state == state)
            && backordered.is_none_or(|waits| (claim.backordered > 0) == waits)
            && lost.is_none_or(|lost| (claim.lost > 0) == lost)
    }
}

/// Where a claim holds stock.
fn place(claim: &Named) -> LocationId {
    claim.bin.as_ref().map_or(claim.site.root(), |(location, _)| *location)
}

/// The page of claims that fit and are within reach.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<ClaimId>,
    limit: usize,
) -> Result<Part<ClaimRow, ClaimId>, DbError> {
    let along = wanted.along();
    let mut sight = Sight::new(scope, wanted.within);
    part(limit, after, |after, most| {
        let mut found = Vec::new();
        let claims = store::page(conn, &along, (after.copied(), wanted.down), most)?;
        sight.meet(conn, claims.iter().map(|claim| claim.item))?;
        for claim in claims {
            let id = claim.id;
            let fits = wanted.fits(&claim) && sight.sees(conn, claim.item, &[place(&claim)])?;
            found.push((id, fits.then(|| row(claim))));
        }
        Ok(found)
    })
}

/// One reservation or allocation within reach.
pub(crate) fn find(
    conn: &mut Conn<'_>,
    scope: &Scope,
    id: ClaimId,
    allocations: bool,
) -> Result<Option<ClaimRow>, DbError> {
    match store::by_id(conn, id)? {
        Some(claim)
            if allocations == claim.bin.is_some()
                && Sight::new(scope, None).sees(conn, claim.item, &[place(&claim)])? =>
        {
            Ok(Some(row(claim)))
        }
        _ => Ok(None),
    }
}

fn row(claim: Named) -> ClaimRow {
    ClaimRow {
        id: claim.id,
        owner: claim.owner,
        sku: claim.sku,
        unit: claim.unit,
        site: claim.site_code,
        location: claim.bin.map(|(_, code)| code),
        lot: claim.lot_code,
        qty: Delta(claim.qty),
        backordered: Delta(claim.backordered),
        lost: Delta(claim.lost),
        priority: claim.priority,
        made_at: claim.made_at,
        expires_at: claim.expires_at,
        state: claim.state.word(),
    }
}
