//! Pages of the ledger, newest first: by item, lot, location, document, actor, or all of it.
//!
//! A page is found by the index of one filter and goes on where the one before ended, so the
//! thousandth costs what the first does. Further filters and the caller's reach thin it out.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::desk::Desk;
use crate::reach;
use db::{Conn, DbError};
use domain::ledger::Place;
use domain::money::Money;
use domain::{Delta, Instant, ItemId, LocationId, LotId, PostingId, PrincipalId, Status};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use store::{Along, Entry, entries};
use utoipa::ToSchema;
use web::Scope;

/// Where a page ended: recorded instant, lane, number, line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct After(pub(crate) i64, pub(crate) i64, pub(crate) i64, pub(crate) i64);

impl After {
    /// Before everything: the first page.
    pub(crate) const START: After = After(Instant::MAX.0, i64::MAX, i64::MAX, i64::MAX);

    pub(crate) const fn of(entry: &Entry) -> After {
        After(entry.recorded_at.0, entry.lane, entry.number, entry.line)
    }
}

/// What a page is asked for, with names resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) item: Option<ItemId>,
    pub(crate) lot: Option<LotId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) document: Option<String>,
    pub(crate) actor: Option<PrincipalId>,
}

impl Wanted {
    /// The filter that leaves the least, by experience.
    fn along(&self) -> Along {
        match self {
            Wanted { document: Some(document), .. } => Along::Document(document.clone()),
            Wanted { lot: Some(lot), .. } => Along::Lot(*lot),
            Wanted { item: Some(item), .. } => Along::Item(*item),
            Wanted { location: Some(location), .. } => Along::Location(*location),
            Wanted { actor: Some(actor), .. } => Along::Actor(*actor),
            Wanted { .. } => Along::All,
        }
    }

    fn fits(&self, entry: &Entry) -> bool {
        let Wanted { item, lot, location, document, actor } = self;
        let at = |location: LocationId| entry.from.location == location || entry.to.location == location;
        item.is_none_or(|item| entry.item == item)
            && lot.is_none_or(|lot| entry.lot == lot)
            && location.is_none_or(at)
            && document.as_ref().is_none_or(|document| entry.document.as_ref() == Some(document))
            && actor.is_none_or(|actor| entry.actor == actor)
    }
}

/// Rows that are read for a page at most, when filters or the reach thin it out.
const READ_MAX: usize = 20_000;

/// The next entries that fit and are within reach, at most `limit`.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let along = wanted.along();
    let mut after = after.unwrap_or(After::START);
    let mut reached: FxHashMap<LocationId, bool> = FxHashMap::default();
    let (mut found, mut read) = (Vec::new(), 0);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    while found.len() < most && read < READ_MAX {
        let page = entries(conn, &along, &after, limit)?;
        let ended = page.len() < most;
        read += page.len();
        for entry in page {
            after = After::of(&entry);
            if found.len() < most && wanted.fits(&entry) && visible(conn, scope, &mut reached, &entry)? {
                found.push(entry);
            }
        }
        if ended {
            break;
        }
    }
    Ok(found)
}

/// The movements of one posting that are within reach, in line order.
pub(crate) fn of_posting(
    conn: &mut Conn<'_>,
    scope: &Scope,
    posting: PostingId,
) -> Result<Vec<Entry>, DbError> {
    let most = i64::try_from(crate::input::LINES_PER_POSTING_MAX).unwrap_or(i64::MAX);
    let mut reached: FxHashMap<LocationId, bool> = FxHashMap::default();
    let mut found = Vec::new();
    for entry in store::of_posting(conn, posting, most)? {
        if visible(conn, scope, &mut reached, &entry)? {
            found.push(entry);
        }
    }
    found.reverse();
    Ok(found)
}

/// An entry is seen by whoever reaches one of its ends.
fn visible(
    conn: &mut Conn<'_>,
    scope: &Scope,
    reached: &mut FxHashMap<LocationId, bool>,
    entry: &Entry,
) -> Result<bool, DbError> {
    if scope.is_all() {
        return Ok(true);
    }
    for location in [entry.from.location, entry.to.location] {
        if location.get() < 0 {
            continue;
        }
        let known = reached.get(&location).copied();
        let inside = match known {
            Some(inside) => inside,
            None => reach::location(conn, scope, location)?,
        };
        reached.insert(location, inside);
        if inside {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One movement of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerRow {
    /// Its posting.
    #[schema(value_type = String)]
    pub posting: PostingId,
    /// The line of the posting, from zero.
    pub line: i64,
    /// The kind of the posting.
    pub kind: &'static str,
    /// The item.
    pub sku: String,
    /// The lot or serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// How much, in the base unit.
    #[schema(value_type = String)]
    pub qty: Delta,
    /// Where from, and what was on hand there afterwards.
    pub from: LedgerEnd,
    /// Where to, and what was on hand there afterwards.
    pub to: LedgerEnd,
    /// What it is worth; for those who may see costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Instant,
    /// When the ledger took it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// The principal that posted it.
    #[schema(value_type = i64)]
    pub actor: PrincipalId,
    /// The document behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The posting that it reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reversal_of: Option<PostingId>,
}

/// One end of a movement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerEnd {
    /// The location.
    pub location: String,
    /// The status.
    #[schema(value_type = String)]
    pub status: Status,
    /// On hand of the item (and lot) there, after the movement.
    #[schema(value_type = String)]
    pub on_hand: Delta,
}

/// Gives entries their names.
pub(crate) fn rows(
    conn: &mut Conn<'_>,
    entries: Vec<Entry>,
    with_values: bool,
) -> Result<Vec<LedgerRow>, DbError> {
    let mut items: Vec<ItemId> = entries.iter().map(|entry| entry.item).collect();
    items.sort_unstable();
    items.dedup();
    let mut places: Vec<LocationId> =
        entries.iter().flat_map(|entry| [entry.from.location, entry.to.location]).collect();
    places.sort_unstable();
    places.dedup();
    let skus: FxHashMap<ItemId, String> = catalog::facts_by_id(conn, &items)?
        .into_iter()
        .flatten()
        .map(|facts| (facts.id, facts.sku))
        .collect();
    let codes: FxHashMap<LocationId, String> = places::facts_by_id(conn, &places)?
        .into_iter()
        .flatten()
        .map(|facts| (facts.id, facts.code))
        .collect();
    let currency = Desk::read(conn)?.currency;
    let end = |place: Place, on_hand: i64| LedgerEnd {
        location: codes.get(&place.location).cloned().unwrap_or_else(|| place.location.to_string()),
        status: place.status,
        on_hand: Delta(on_hand),
    };
    let value = |minor: i64| Money { minor, currency }.amount().to_string();
    Ok(entries
        .into_iter()
        .map(|entry| LedgerRow {
            posting: entry.posting,
            line: entry.line,
            kind: entry.kind.word(),
            sku: skus.get(&entry.item).cloned().unwrap_or_else(|| entry.item.to_string()),
            lot: entry.lot_code,
            qty: Delta(entry.qty),
            from: end(entry.from, entry.from_after),
            to: end(entry.to, entry.to_after),
            value: entry.value.filter(|_| with_values).map(value),
            effective_at: entry.effective_at,
            recorded_at: entry.recorded_at,
            actor: entry.actor,
            document: entry.document,
            reason: entry.reason,
            reversal_of: entry.reversal_of,
        })
        .collect())
}
