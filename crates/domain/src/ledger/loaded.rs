//! What a batch of commands is decided over: the rows that the caller has loaded and locked.

use super::claim::Claim;
use super::cost::Costs;
use super::facts::{Group, ItemFacts, LocationFacts, LotFacts};
use super::key::{Balance, Key, Place, SiteKey, SiteStock};
use crate::{ClaimId, Date, Instant, ItemId, LocationId, LotId, Period, SiteId};
use rustc_hash::{FxHashMap, FxHashSet};

/// What the caller has loaded, before the first command is decided.
///
/// A key that has no row in the store is loaded as [`Balance::EMPTY`] (or the like): "absent" and
/// "forgotten" must not look the same.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Facts of the items that commands name.
    pub items: FxHashMap<ItemId, ItemFacts>,
    /// Facts of the locations that commands name.
    pub locations: FxHashMap<LocationId, LocationFacts>,
    /// Facts of the lots that commands name.
    pub lots: FxHashMap<LotId, LotFacts>,
    /// The civil day at each site, for expiry.
    pub today: FxHashMap<SiteId, Date>,
    /// The balances of both ends of every line.
    pub balances: FxHashMap<Key, Balance>,
    /// The guards of every item and site touched.
    pub sites: FxHashMap<SiteKey, SiteStock>,
    /// The claims that commands name, and all open claims of the keys in `claims_of`.
    pub claims: FxHashMap<ClaimId, Claim>,
    /// The items and sites whose open claims are all in `claims`.
    pub claims_of: FxHashSet<SiteKey>,
    /// Where each serial that commands name is held.
    pub serials: FxHashMap<LotId, Option<Place>>,
    /// Open cost layers by item and valuation group.
    pub costs: FxHashMap<(ItemId, Group), Costs>,
    /// Movements of a key after `from`, oldest first, for backdated postings.
    pub history: FxHashMap<Key, History>,
    /// The periods that are closed.
    pub closed: FxHashSet<Period>,
}

/// The movements of a key whose effective instant is later than `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Nothing later than this instant is missing.
    pub from: Instant,
    /// Effective instant and signed quantity, in any order.
    pub entries: Vec<(Instant, i64)>,
}

impl History {
    /// What the key had at `instant`, given what it has now.
    pub(super) fn level_at(&self, instant: Instant, now: i64) -> i64 {
        let later = self.entries.iter().filter(|(at, _)| *at > instant);
        now - later.map(|(_, qty)| qty).sum::<i64>()
    }

    /// The lowest that the key has been at `since` or later, in effective order, given what it
    /// has now.
    pub(super) fn lowest_since(&self, since: Instant, now: i64) -> i64 {
        let mut later: Vec<_> = self.entries.iter().filter(|(at, _)| *at > since).copied().collect();
        later.sort_unstable_by_key(|(at, _)| *at);
        let (mut level, mut lowest) = (now, now);
        // entries of one instant count together: only their sum was ever true
        for instant in later.chunk_by(|a, b| a.0 == b.0).rev() {
            level -= instant.iter().map(|(_, qty)| qty).sum::<i64>();
            lowest = lowest.min(level);
        }
        lowest
    }
}
