//! The changes that a posting made to claims, page by page: a loss may break thousands, and the answer
//! shows the first of them.
//!
//! The posting keeps them as text under its hash, so a page reads all of it. A change is seen by whoever
//! sees the claim: a reservation by those who reach all of its site, an allocation by those who reach its
//! bin.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::sight::Sight;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::{ClaimId, Delta, LocationId, PostingId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::Scope;

/// A change of a claim, as the posting keeps it.
#[derive(Clone, Debug, Deserialize)]
struct Kept {
    claim: String,
    change: String,
    qty: i64,
    left: i64,
    site: i64,
    #[serde(default)]
    location: Option<i64>,
    #[serde(default)]
    waits: i64,
}

/// A change of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ClaimChangeRow {
    /// The claim.
    #[schema(value_type = String)]
    pub(crate) claim: ClaimId,
    /// Whose it is.
    pub(crate) owner: String,
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// The site.
    pub(crate) site: String,
    /// What happened to it.
    pub(crate) change: String,
    /// How much of it.
    #[schema(value_type = String)]
    pub(crate) changed: Delta,
    /// What it held of the stock afterwards.
    #[schema(value_type = String)]
    pub(crate) qty: Delta,
    /// What it waited for beyond the stock afterwards.
    #[schema(value_type = String)]
    pub(crate) backordered: Delta,
}

/// The page of changes within reach after a place in the list; `None` when there is no such posting.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    scope: &Scope,
    posting: PostingId,
    after: Option<usize>,
    limit: usize,
) -> Result<Option<Part<ClaimChangeRow, usize>>, DbError> {
    let Some(text) = store::kept(conn, posting)? else { return Ok(None) };
    let changes: Vec<Kept> = serde_json::from_str(&text).map_err(|_| broken())?;
    let mut sight = Sight::new(scope, None);
    let Part { rows, next } = part(limit, after, |after, most| {
        let from = after.map_or(0, |last| last.saturating_add(1));
        let mut found = Vec::new();
        for (number, change) in changes.iter().enumerate().skip(from).take(most) {
            let place = LocationId(change.location.unwrap_or(change.site));
            found.push((number, sight.sees(conn, &[place])?.then_some(change)));
        }
        Ok(found)
    })?;
    Ok(Some(Part { rows: named(conn, &rows)?, next }))
}

const fn broken() -> DbError {
    DbError::Column { column: 0, wanted: "the changes of claims" }
}

/// The changes with the names of what the claims are on.
fn named(conn: &mut Conn<'_>, changes: &[&Kept]) -> Result<Vec<ClaimChangeRow>, DbError> {
    let ids: Result<Vec<ClaimId>, DbError> =
        changes.iter().map(|change| ClaimId::parse(&change.claim).map_err(|_| broken())).collect();
    let ids = ids?;
    let claims = store::named(conn, &ids)?;
    let row = |(id, change): (&ClaimId, &&Kept)| {
        let claim = claims.get(id).ok_or(DbError::NoRow("stock.posting_claims.named"))?;
        Ok(ClaimChangeRow {
            claim: *id,
            owner: claim.owner.clone(),
            sku: claim.sku.clone(),
            unit: claim.unit.clone(),
            site: claim.site.clone(),
            change: change.change.clone(),
            changed: Delta(change.qty),
            qty: Delta(change.left),
            backordered: Delta(change.waits),
        })
    };
    ids.iter().zip(changes).map(row).collect()
}
