//! What a batch of commands is decided over: the rows that the caller has loaded and locked.

use super::claim::Claim;
use super::cost::Costs;
use super::facts::{Group, ItemFacts, LocationFacts, LotFacts};
use super::history::History;
use super::key::{Balance, Holder, Key, SiteKey, SiteStock};
use super::room::Rooms;
use super::sale::{Sale, SaleLine};
use super::vault::Extent;
use crate::{ClaimId, Date, Instant, ItemId, LocationId, LotId, Period, SiteId, Zone};
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
    /// The zone of each site, for the civil day of what happened before.
    pub zones: FxHashMap<SiteId, Zone>,
    /// The balances of both ends of every line.
    pub balances: FxHashMap<Key, Balance>,
    /// The guards of every item and site touched.
    pub sites: FxHashMap<SiteKey, SiteStock>,
    /// The claims that commands name, those that losses may break, and those that wait.
    pub claims: FxHashMap<ClaimId, Claim>,
    /// How many of the claims that hold stock are in `claims`, for items and sites where a loss may break
    /// some. One whose guard says that nothing is claimed needs not be named.
    pub held: FxHashMap<SiteKey, Extent>,
    /// The same for balance keys that have allocations.
    pub bound: FxHashMap<Key, Extent>,
    /// The items and sites whose open claims that wait are all in `claims`. One whose guard says
    /// that nobody waits needs not be named.
    pub waiting_of: FxHashSet<SiteKey>,
    /// Where each serial that commands name is held, and when it moved last.
    pub serials: FxHashMap<LotId, Holder>,
    /// Open cost layers by item and valuation group.
    pub costs: FxHashMap<(ItemId, Group), Costs>,
    /// What changed a key, for backdated postings.
    pub history: FxHashMap<Key, History>,
    /// The lines of sales that returns and reversals name; `None` for one that the batch itself ships.
    pub sales: FxHashMap<SaleLine, Option<Sale>>,
    /// The last period that is closed, and with it what is before it; `None` while none is.
    pub closed_to: Option<Period>,
    /// The last instant at which a place came to another site; `None` when none ever did.
    pub settled: Option<Instant>,
    /// Since when the places that a dated posting names stand at their sites; left out are those that
    /// always have.
    pub stands_since: FxHashMap<LocationId, Instant>,
    /// The places with rules of how much they take and of what, as far as goods are put into them.
    pub rooms: Rooms,
}
