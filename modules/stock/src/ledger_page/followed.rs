//! The movements of postings that another module keeps a list of, as the ledger shows them.
//!
//! The list is in the order of effective instants, the latest first, and says where it goes on; a page
//! reads as many postings of it as it needs and the lines of each in their order.

use super::row::{self, LedgerRow};
use super::store::{self, Entry};
use super::{BEFORE_LINES, ends};
use crate::asked;
use crate::sight::Sight;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::{Instant, ItemId, LotId, PostingId};
use serde::{Deserialize, Serialize};
use web::{App, Failure, Scope};

/// Where a posting stands in such a list.
type At = (Instant, PostingId);

/// Postings that are looked up in the list together at most.
const POSTINGS_MAX: usize = 64;

/// Where a page ended: the effective instant, the posting, the line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FollowedAfter(i64, [u8; 16], i64);

impl FollowedAfter {
    /// Whether an entry can have it.
    pub fn fits(&self) -> bool {
        Instant(self.0).is_in_range()
    }
}

/// How such a list is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a> {
    /// Who knows the names of actors.
    pub app: &'a App,
    /// What the caller reaches: a movement is shown when one of its ends is.
    pub scope: &'a Scope,
    /// What the caller sees the worth of; none for nothing.
    pub costs: Option<&'a Scope>,
    /// Movements of a page at most.
    pub limit: usize,
}

impl Followed<'_> {
    /// A page after the place where the one before ended. `list` gives the postings before a place, the
    /// latest first: at most as many as it is told, and fewer only at the end.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn page(
        self,
        conn: &mut Conn<'_>,
        after: Option<FollowedAfter>,
        mut list: impl FnMut(&mut Conn<'_>, At, i64) -> Result<Vec<At>, DbError>,
    ) -> Result<(Vec<LedgerRow>, Option<FollowedAfter>), DbError> {
        let Followed { app, scope, costs, limit } = self;
        let mut sight = Sight::new(scope, None);
        let Part { rows, next } = part(limit, after, |after, most| {
            let mut found = Vec::with_capacity(most);
            let entries = next_entries(conn, after, most, &mut list)?;
            sight.meet(conn, entries.iter().map(|entry| entry.item))?;
            for entry in entries {
                let seen = sight.sees(conn, entry.item, &ends(&entry))?;
                let key = FollowedAfter(entry.effective_at.0, *entry.posting.bytes(), entry.line);
                found.push((key, seen.then_some(entry)));
            }
            Ok(found)
        })?;
        let mut rows = row::rows(conn, scope, rows, costs)?;
        row::name_actors(app, conn, &mut rows)?;
        Ok((rows, next))
    }
}

/// The next movements, at most so many and fewer only at the end.
fn next_entries(
    conn: &mut Conn<'_>,
    after: Option<&FollowedAfter>,
    most: usize,
    list: &mut impl FnMut(&mut Conn<'_>, At, i64) -> Result<Vec<At>, DbError>,
) -> Result<Vec<Entry>, DbError> {
    let mut found = Vec::with_capacity(most);
    let mut place = (Instant::MAX, PostingId::from_bytes([u8::MAX; 16]));
    if let Some(FollowedAfter(at, posting, line)) = after {
        place = (Instant(*at), PostingId::from_bytes(*posting));
        found = store::of_posting(conn, place.1, *line, most)?;
    }
    while found.len() < most {
        // a posting has a line as a rule, so more are not needed
        let wanted = (most - found.len()).min(POSTINGS_MAX);
        let postings = list(conn, place, i64::try_from(wanted).unwrap_or(i64::MAX))?;
        let is_last = postings.len() < wanted;
        for at in postings {
            let room = most - found.len();
            if room == 0 {
                break;
            }
            found.extend(store::of_posting(conn, at.1, BEFORE_LINES, room)?);
            place = at;
        }
        if is_last {
            break;
        }
    }
    Ok(found)
}

/// The item of a `?sku` and the lot of a `?lot` of it, as another module's filters name them; `None` when
/// neither is given.
///
/// # Errors
/// A refusal that points at the filter, for what is not there and for a lot without its item; failures of
/// the store.
pub fn named_goods(
    conn: &mut Conn<'_>,
    scope: &Scope,
    sku: Option<&str>,
    lot: Option<&str>,
) -> Result<Option<(ItemId, Option<LotId>)>, Failure> {
    let item = asked::item(conn, scope, sku)?;
    let lot = asked::lot(conn, item.as_ref(), lot)?;
    Ok(item.map(|item| (item.id, lot.map(|lot| lot.id))))
}
