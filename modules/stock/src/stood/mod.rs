//! What places stood below, from when until when.
//!
//! Stock of a past moment stands where its place stood then, not where that stands now. So whoever puts
//! a place elsewhere does it here, and what it stood below ends in the same transaction, for all that
//! stands below it too. A place that was never moved has no row.
//!
//! One instant says when, for both questions of the past, "as it was" and "as it was known": it lies
//! behind every movement of the place before its move, and before every one after. What was there is
//! looked at (`latest`), what comes is told by `stock_settled`, which no posting goes behind unless it
//! says when it happened; and such a posting is refused before its place came to its site.

#[cfg(test)]
mod laws;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use db::{Conn, DbError, Tx};
use domain::{Ctx, Instant, LocationId, SiteId};
use places::Moved;
use rustc_hash::FxHashMap;
use web::Failure;

/// Puts a place with everything below it below another one. Where that is at another site, the caller
/// holds the gate alone.
pub(crate) fn set_parent(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    parent: LocationId,
) -> Result<Moved, Failure> {
    places::hold_tree(tx)?;
    let was = store::above(tx, location)?;
    let moved = places::set_parent(tx, ctx, location, parent)?;
    let is = store::above(tx, location)?;
    let only = |these: &[LocationId], others: &[LocationId]| -> Vec<LocationId> {
        these.iter().copied().filter(|place| !others.contains(place)).collect()
    };
    let (ended, begun) = (only(&was, &is), only(&is, &was));
    if ended.is_empty() && begun.is_empty() {
        return Ok(moved);
    }
    let (from, to) = (moved.before.site_id, moved.location.site_id);
    let at = instant(tx, ctx.now, &moved.subtree, from != to)?;
    if from != to {
        store::settle(tx, at)?;
    }
    store::end(tx, &moved.subtree, &ended, from, at)?;
    store::begin(tx, &moved.subtree, &begun, to, at)?;
    Ok(moved)
}

/// When places are put elsewhere: after everything that they have seen where they stood.
fn instant(
    conn: &mut Conn<'_>,
    now: Instant,
    places: &[LocationId],
    other_site: bool,
) -> Result<Instant, DbError> {
    let last = store::last_turn(conn, places)?.map(|at| at.plus_micros(1));
    let seen = if other_site { store::last_seen(conn, places)? } else { None };
    Ok(last.into_iter().chain(seen).fold(now, Instant::max))
}

/// Whether a place stood below one of some roots at an instant, or is one of them. What is written down of two places
/// says all of them; of any others, what holds today has always held.
pub(crate) fn within_then(
    conn: &mut Conn<'_>,
    place: LocationId,
    roots: &[LocationId],
    at: Instant,
) -> Result<bool, DbError> {
    if roots.contains(&place) {
        return Ok(true);
    }
    let known = store::above_then(conn, place, at)?;
    if known.iter().any(|(above, then)| *then && roots.contains(above)) {
        return Ok(true);
    }
    let unknown = |root: &&LocationId| !known.iter().any(|(above, _)| above == *root);
    let roots: Vec<LocationId> = roots.iter().filter(unknown).copied().collect();
    places::within(conn, place, &roots)
}

/// The sites at which these places stood at an instant; left out are those that stood where they stand.
pub(crate) fn sites_then(
    conn: &mut Conn<'_>,
    places: &[LocationId],
    at: Instant,
) -> Result<FxHashMap<LocationId, SiteId>, DbError> {
    if places.is_empty() {
        return Ok(FxHashMap::default());
    }
    Ok(store::sites_then(conn, places, at)?.into_iter().collect())
}
