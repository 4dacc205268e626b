//! Which goods go out first: what may be picked of an item at a site, the oldest in front.
//!
//! Goods rotate by age and not by cost: a unit is as old as its time in stock, however often it has
//! been moved since. What cannot be told apart within one bin, lot and status has one age, the oldest
//! that may be among it.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use db::{Conn, DbError};
use domain::when::Date;
use domain::{Delta, ItemId, SiteId};
use serde::Serialize;
pub(crate) use store::After;
#[cfg(test)]
pub(crate) use store::STATEMENTS;
use utoipa::ToSchema;

/// Goods that may be picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RotationRow {
    /// The location.
    location: String,
    /// The lot or serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    lot: Option<String>,
    /// The last sellable day of the lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    expiry_on: Option<String>,
    /// Since when the oldest of it may have been in stock, wherever it stood.
    #[schema(format = DateTime)]
    since: String,
    /// On hand and bound to no owner, in the item's base unit.
    #[schema(value_type = String)]
    free: Delta,
    /// Of `free`, what is to be taken here; only when a quantity was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    take: Option<Delta>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) item: ItemId,
    pub(crate) site: SiteId,
    /// The civil day there: lots past their last sellable day are left out.
    pub(crate) today: Date,
    /// Only below these locations, as a JSON list; everywhere at the site when there is none.
    pub(crate) below: Option<String>,
    /// How much is to be taken, in millionths; all when there is none.
    pub(crate) qty: Option<i64>,
    pub(crate) limit: usize,
}

/// A page of what may be picked, and where the next one begins. With a quantity it ends where that
/// is reached.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    wanted: &Wanted,
    after: Option<&After>,
) -> Result<(Vec<RotationRow>, Option<After>), DbError> {
    let mut left = after.map_or(wanted.qty, |after| after.left);
    let found = store::pickable(conn, wanted, after)?;
    let more = found.len() > wanted.limit;
    let (mut rows, mut last) = (Vec::with_capacity(found.len()), None);
    for found in found.into_iter().take(wanted.limit) {
        let free = found.on_hand - found.allocated;
        let take = left.map(|left| left.min(free));
        left = left.zip(take).map(|(left, take)| left - take);
        last = Some(After { since: found.since.0, location: found.location, lot: found.lot, left });
        rows.push(RotationRow {
            location: found.code,
            lot: found.lot_code,
            expiry_on: found.expiry_on.map(|day| day.to_string()),
            since: found.since.to_string(),
            free: Delta(free),
            take: take.map(Delta),
        });
        if left == Some(0) {
            break;
        }
    }
    Ok((rows, last.filter(|_| more && left != Some(0))))
}
