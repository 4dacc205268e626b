//! Pages of the ledger, newest first: by item, lot, location or everything below one, document,
//! actor, or all of it.
//!
//! A page is found by the index of one filter and goes on where the one before ended, so the
//! thousandth costs what the first does. Further filters and the caller's reach thin it out. The lines
//! of one posting are paged the same way, in their own order: one may have thousands.

pub(crate) mod api;
mod followed;
mod linked;
pub(crate) mod row;
pub(crate) mod store;
pub(crate) mod store_keys;
#[cfg(test)]
mod tests;

use crate::asked::{Below, Lot};
use crate::sight::Sight;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::ledger::Kind;
use domain::{Instant, ItemId, LocationId, PostingId, PrincipalId};
use serde::{Deserialize, Serialize};
use store::{Along, Entry, entries};
use web::Scope;

pub use followed::{Followed, FollowedAfter, named_goods};
pub use row::{LedgerActor, LedgerEnd, LedgerRow};

/// Where a page ended: recorded instant, lane, number, line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct After(pub(crate) i64, pub(crate) i64, pub(crate) i64, pub(crate) i64);

impl After {
    /// Before everything: the first page.
    pub(crate) const START: After = After(Instant::MAX.0, i64::MAX, i64::MAX, i64::MAX);

    /// Whether an entry can have it.
    pub(crate) fn fits(&self) -> bool {
        Instant(self.0).is_in_range()
    }

    pub(crate) const fn of(entry: &Entry) -> After {
        After(entry.recorded_at.0, entry.lane, entry.number, entry.line)
    }
}

/// Lines are counted from zero.
const BEFORE_LINES: i64 = -1;

/// What a page is asked for, with names resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) item: Option<ItemId>,
    pub(crate) lot: Option<Lot>,
    pub(crate) location: Option<LocationId>,
    /// This location and everything below it.
    pub(crate) within: Option<LocationId>,
    pub(crate) document: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) actor: Option<PrincipalId>,
}

impl Wanted {
    /// The filter that leaves the least, by experience. `below` is where the page looks at all.
    fn along(&self, below: &Below) -> Along {
        match self {
            Wanted { document: Some(document), .. } => Along::Document(document.clone()),
            Wanted { lot: Some(lot), .. } if lot.is_parent => Along::Serials(lot.id),
            Wanted { lot: Some(lot), .. } => Along::Lot(lot.id),
            Wanted { location: Some(location), item: None, .. } => Along::Location(*location),
            Wanted { item: Some(item), .. } => Along::Item(*item),
            Wanted { .. } => match (&below.few, self.actor) {
                (Some(places), _) => Along::Places(places.clone()),
                (None, Some(actor)) => Along::Actor(actor),
                (None, None) => Along::All,
            },
        }
    }

    fn fits(&self, entry: &Entry) -> bool {
        // what is below a place is for `Sight` to tell
        let Wanted { item, lot, location, within: _, document, kind, actor } = self;
        let at = |location: LocationId| entry.from.location == location || entry.to.location == location;
        item.is_none_or(|item| entry.item == item)
            && lot.is_none_or(|lot| entry.lot == lot.id || entry.parent == Some(lot.id))
            && location.is_none_or(at)
            && document.as_ref().is_none_or(|document| entry.document.as_ref() == Some(document))
            && kind.is_none_or(|kind| entry.kind == kind)
            && actor.is_none_or(|actor| entry.actor == actor)
    }

    /// Whether the caller sees an entry that fits. That one of its ends is the location asked for is told to whoever
    /// reaches its item there.
    fn is_seen(&self, conn: &mut Conn<'_>, sight: &mut Sight, entry: &Entry) -> Result<bool, DbError> {
        if let Some(location) = self.location
            && !sight.reaches(conn, entry.item, location)?
        {
            return Ok(false);
        }
        sight.sees(conn, entry.item, &ends(entry))
    }
}

/// The page of entries that fit and are within reach.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<After>,
    limit: usize,
) -> Result<Part<Entry, After>, DbError> {
    let below = Below::read(conn, scope, wanted.within)?;
    let along = wanted.along(&below);
    let mut sight = Sight::new(scope, wanted.within);
    part(limit, after, |after, most| {
        let after = after.unwrap_or(&After::START);
        let mut found = entries(conn, &along, after, most)?;
        sight.meet(conn, found.iter().filter_map(|(_, entry)| Some(entry.as_ref()?.item)))?;
        for (_, place) in &mut found {
            if let Some(entry) = place
                && !(wanted.fits(entry) && wanted.is_seen(conn, &mut sight, entry)?)
            {
                *place = None;
            }
        }
        Ok(found)
    })
}

/// A page of the movements of one posting that are within reach, in line order, after a line.
pub(crate) fn of_posting(
    conn: &mut Conn<'_>,
    scope: &Scope,
    posting: PostingId,
    after: Option<i64>,
    limit: usize,
) -> Result<Part<Entry, i64>, DbError> {
    let mut sight = Sight::new(scope, None);
    part(limit, after, |after, most| {
        let after = after.copied().unwrap_or(BEFORE_LINES);
        let mut found = Vec::with_capacity(most);
        let entries = store::of_posting(conn, posting, after, most)?;
        sight.meet(conn, entries.iter().map(|entry| entry.item))?;
        for entry in entries {
            let seen = sight.sees(conn, entry.item, &ends(&entry))?;
            found.push((entry.line, seen.then_some(entry)));
        }
        Ok(found)
    })
}

/// An entry is seen by whoever reaches one of its ends.
fn ends(entry: &Entry) -> [LocationId; 2] {
    [entry.from.location, entry.to.location]
}
