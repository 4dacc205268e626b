//! What a decision must know of items, locations and lots, and nothing more.

use crate::item::Tracking;
use crate::place::LocationKind;
use crate::{Date, ItemId, SiteId};

/// A valuation group: a site by default, the whole organisation by setting, one of its own for
/// each transit location. Cost layers live in a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Group(pub i64);

impl Group {
    /// Stock there is not owned: virtual locations.
    pub const NONE: Group = Group(0);

    /// Whether stock of the group has a value.
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// An item, as the ledger sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a decision asks for")]
pub struct ItemFacts {
    /// How it is traced.
    pub tracking: Tracking,
    /// Kept in whole base units only.
    pub whole: bool,
    /// False for services, which have no stock.
    pub stocked: bool,
    /// It is out of use: none of it comes in, moves or is promised.
    pub archived: bool,
    /// It belongs to a third party: we keep it, and it is worth nothing in our books.
    pub third_party: bool,
}

/// A location, as the ledger sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a decision asks for")]
pub struct LocationFacts {
    /// What it is.
    pub kind: LocationKind,
    /// The site it stands in; [`SiteId::NONE`] for virtual and transit locations.
    pub site: SiteId,
    /// Good stock here counts as sellable.
    pub sellable: bool,
    /// Nothing goes in or out but counts and losses.
    pub blocked: bool,
    /// It is out of use: nothing goes in or out, and nothing stands there.
    pub archived: bool,
    /// Its site is still being set up: only what stands there is taken up, and none of it is for sale.
    pub in_set_up: bool,
    /// New allocations may choose it (staging may not).
    pub open_to_allocation: bool,
    /// Where its stock is valued.
    pub group: Group,
}

impl LocationFacts {
    /// Whether good stock here is part of the site's sellable number.
    pub const fn counts(&self) -> bool {
        self.sellable && !self.blocked && !self.in_set_up && self.site.is_some()
    }

    /// Whether it may hold less than nothing: supplier, customer, loss and the like.
    pub const fn is_virtual(&self) -> bool {
        self.kind.is_virtual()
    }
}

/// A lot or serial, as the ledger sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LotFacts {
    /// Whose lot it is.
    pub item: ItemId,
    /// The last sellable day; `None` when the lot does not expire.
    pub expiry: Option<Date>,
    /// The lot as a whole, or the parent of the serial, is on hold, wherever it stands and whenever
    /// more of it comes.
    pub on_hold: bool,
    /// It is the parent of serials: while its item is traced by serial, it has no stock of its own.
    pub is_parent: bool,
}
