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

use self::store::Named;
use crate::ledger_page;
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

impl Kept {
    fn id(&self) -> Result<ClaimId, DbError> {
        ClaimId::parse(&self.claim).map_err(|_| broken())
    }

    /// Where the claim holds stock.
    fn place(&self) -> LocationId {
        LocationId(self.location.unwrap_or(self.site))
    }
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

/// The page of changes within reach after a place in the list; `None` when there is no such posting. Whoever sees only
/// some items learns of no posting of which they see nothing.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    scope: &Scope,
    posting: PostingId,
    after: Option<usize>,
    limit: usize,
) -> Result<Option<Part<ClaimChangeRow, usize>>, DbError> {
    let Some(part) = changes(conn, scope, posting, after, limit)? else { return Ok(None) };
    let is_bare = scope.is_limited() && part.rows.is_empty() && part.next.is_none();
    if is_bare && !is_seen(conn, scope, posting)? {
        return Ok(None);
    }
    Ok(Some(part))
}

/// Whether any movement of a posting is within reach, or what it did to a claim.
pub(crate) fn is_seen(conn: &mut Conn<'_>, scope: &Scope, posting: PostingId) -> Result<bool, DbError> {
    let moved = ledger_page::of_posting(conn, scope, posting, None, 1)?;
    if !moved.rows.is_empty() || moved.next.is_some() {
        return Ok(true);
    }
    let changed = changes(conn, scope, posting, None, 1)?;
    Ok(changed.is_some_and(|part| !part.rows.is_empty() || part.next.is_some()))
}

fn changes(
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
        let looked: Vec<(usize, &Kept)> = changes.iter().enumerate().skip(from).take(most).collect();
        let ids = looked.iter().map(|(_, change)| change.id()).collect::<Result<Vec<ClaimId>, DbError>>()?;
        let claims = store::named(conn, &ids)?;
        sight.meet(conn, claims.values().map(|claim| claim.item))?;
        let mut found = Vec::new();
        for ((number, change), id) in looked.into_iter().zip(ids) {
            let claim = claims.get(&id).ok_or(DbError::NoRow("stock.posting_claims.named"))?;
            let seen = sight.sees(conn, claim.item, &[change.place()])?;
            found.push((number, seen.then(|| row(id, change, claim))));
        }
        Ok(found)
    })?;
    Ok(Some(Part { rows, next }))
}

const fn broken() -> DbError {
    DbError::Column { column: 0, wanted: "the changes of claims" }
}

/// A change with the names of what the claim is on.
fn row(id: ClaimId, change: &Kept, claim: &Named) -> ClaimChangeRow {
    ClaimChangeRow {
        claim: id,
        owner: claim.owner.clone(),
        sku: claim.sku.clone(),
        unit: claim.unit.clone(),
        site: claim.site.clone(),
        change: change.change.clone(),
        changed: Delta(change.qty),
        qty: Delta(change.left),
        backordered: Delta(change.waits),
    }
}
