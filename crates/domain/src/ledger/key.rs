//! The keys that stock is kept by, and the rows behind them.

use crate::{Date, Instant, ItemId, LocationId, LotId, SiteId, Status};

/// One endpoint of a movement: where, and in which status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The location.
    pub location: LocationId,
    /// The status of the stock there; `good` for virtual locations.
    pub status: Status,
}

impl Place {
    /// Good stock at a location.
    pub const fn good(location: LocationId) -> Place {
        Place { location, status: Status::Good }
    }
}

/// The key of a balance. No part is ever null: [`LotId::NONE`] stands for "no lot".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The item.
    pub item: ItemId,
    /// The location.
    pub location: LocationId,
    /// The lot or serial.
    pub lot: LotId,
    /// The status.
    pub status: Status,
}

impl Key {
    /// The key of an item's lot at a place.
    pub const fn at(item: ItemId, lot: LotId, place: Place) -> Key {
        Key { item, location: place.location, lot, status: place.status }
    }

    /// Where the key lies.
    pub const fn place(&self) -> Place {
        Place { location: self.location, status: self.status }
    }
}

/// What the ledger knows of a key, in millionths of the item's base unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balance {
    /// Sum of all movements in minus out. Below zero only at virtual locations.
    pub on_hand: i64,
    /// Bound to owners on this key; between zero and `on_hand`.
    pub allocated: i64,
    /// How many movements have touched the key; without gaps.
    pub ver: i64,
    /// When the row last changed, by the ledger's clock; strictly rising per key.
    pub at: Instant,
    /// The latest effective instant of any movement of the key.
    pub latest: Instant,
    /// Since when the oldest goods here may have been in stock, wherever they stood: the effective
    /// instant at which goods came in from outside, taken along when they move. It never gets later
    /// while the key holds anything, so it is a bound: no unit here is older.
    pub since: Instant,
}

/// The instant before all others, for rows that have never changed.
pub(crate) const NEVER: Instant = Instant(i64::MIN);

impl Balance {
    /// A key that no movement has touched.
    pub const EMPTY: Balance =
        Balance { on_hand: 0, allocated: 0, ver: 0, at: NEVER, latest: NEVER, since: NEVER };
}

/// Where the one unit of a serial is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The place that holds it; `None` while it is not in stock.
    pub place: Option<Place>,
    /// The latest effective instant of any movement of the serial, whatever its key. Its movements have
    /// one order, so none takes effect before it.
    pub latest: Instant,
}

impl Holder {
    /// A serial that has never moved.
    pub const NONE: Holder = Holder { place: None, latest: NEVER };
}

/// The key of the guard of the hot path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SiteKey {
    /// The item.
    pub item: ItemId,
    /// The site.
    pub site: SiteId,
}

/// The guard of the hot path: `reserved + allocated <= sellable` at every commit, and `backordered` is
/// zero unless nothing is available.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SiteStock {
    /// Good stock in sellable, unblocked locations of the site.
    pub sellable: i64,
    /// Promised at the site, no bin chosen yet.
    pub reserved: i64,
    /// Bound to bins of the site.
    pub allocated: i64,
    /// Accepted beyond stock, or taken away by a loss since: what claims wait for.
    pub backordered: i64,
    /// How much may be accepted beyond stock by the rule of the item or the site; `None` for nothing,
    /// not even after a loss. Decisions rest on it and never change it.
    pub cap: Option<i64>,
    /// When the row last changed, by the ledger's clock.
    pub at: Instant,
    /// The earliest last sellable day among the lots that may count as sellable here; when the
    /// site's civil day is past it, the expired lots are swept before anything is decided.
    pub next_expiry: Option<Date>,
}

impl SiteStock {
    /// A site that has never had the item.
    pub const EMPTY: SiteStock = SiteStock {
        sellable: 0,
        reserved: 0,
        allocated: 0,
        backordered: 0,
        cap: None,
        at: NEVER,
        next_expiry: None,
    };

    /// Sellable minus reserved minus allocated, never below zero: the number every screen and
    /// every promise uses.
    pub const fn available(&self) -> i64 {
        let left = self.sellable - self.claimed();
        if left < 0 { 0 } else { left }
    }

    /// What claims hold.
    pub const fn claimed(&self) -> i64 {
        self.reserved + self.allocated
    }
}
