//! What an accepted command must leave in the store.

use super::facts::Group;
use super::key::Place;
use super::kind::Kind;
use super::sale::Returned;
use crate::costing::LayerUse;
use crate::{ClaimId, Instant, ItemId, LocationId, LotId, PostingId, SiteId};

/// An accepted command: one posting with its movements and claim changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The posting's id.
    pub id: PostingId,
    /// What kind of posting it is.
    pub kind: Kind,
    /// When it happened.
    pub effective_at: Instant,
    /// When the ledger took it: strictly rising per key.
    pub recorded_at: Instant,
    /// The instant the caller named, when the period of it was closed and it was posted late.
    pub late_from: Option<Instant>,
    /// The movements, in line order.
    pub movements: Vec<Movement>,
    /// What happened to claims.
    pub claims: Vec<ClaimEntry>,
    /// What a return has taken back from which sales, in line order.
    pub returns: Vec<Returned>,
}

impl Posted {
    /// A posting that moves nothing.
    pub(super) fn of_claims(
        id: PostingId,
        kind: Kind,
        recorded_at: Instant,
        claims: Vec<ClaimEntry>,
    ) -> Posted {
        Posted {
            id,
            kind,
            effective_at: recorded_at,
            recorded_at,
            late_from: None,
            movements: Vec::new(),
            claims,
            returns: Vec::new(),
        }
    }
}

/// One immutable quantity change: so much of an item's lot went from one endpoint to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The line of the command that asked for it, counted from zero.
    pub line: usize,
    /// The item.
    pub item: ItemId,
    /// The lot or serial.
    pub lot: LotId,
    /// Where from.
    pub from: Place,
    /// Where to; differs from `from`.
    pub to: Place,
    /// How much, in millionths; above zero.
    pub qty: i64,
    /// On hand at the source afterwards.
    pub from_after: i64,
    /// The source key's version.
    pub from_ver: i64,
    /// On hand at the destination afterwards.
    pub to_after: i64,
    /// The destination key's version.
    pub to_ver: i64,
    /// Where the source's stock is valued.
    pub from_group: Group,
    /// Where the destination's stock is valued.
    pub to_group: Group,
    /// What the quantity is worth, in minor units; `None` when it neither enters nor leaves a
    /// valuation group.
    pub value: Option<i64>,
    /// The layers that the source's group gave.
    pub uses: Vec<LayerUse>,
    /// The layers that the destination's group got.
    pub made: Vec<LayerMade>,
}

/// A layer that a movement put into a group: a new one, or part of one that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerMade {
    /// The layer's number within item and group.
    pub seq: i64,
    /// Millionths.
    pub qty: i64,
    /// Minor units.
    pub value: i64,
    /// When the layer's goods came, for the order of consumption.
    pub effective_at: Instant,
    /// False when the layer was there before and got back what it once gave.
    pub new: bool,
}

/// What happened to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// Promised at a site.
    Reserved,
    /// Bound to a balance key.
    Allocated,
    /// Went along with its goods to another place.
    Moved,
    /// Given up by its owner.
    Released,
    /// Given up by time.
    Expired,
    /// Its goods were issued.
    Fulfilled,
    /// Taken away by a loss.
    Broken,
    /// A reservation that became an allocation.
    Bound,
    /// Accepted beyond stock; or what an allocation lost, as a reservation that waits.
    Backordered,
    /// Got stock that it waited for.
    Covered,
}

impl ClaimChange {
    /// The word on the wire and in the canonical form.
    pub const fn word(self) -> &'static str {
        match self {
            ClaimChange::Reserved => "reserved",
            ClaimChange::Allocated => "allocated",
            ClaimChange::Moved => "moved",
            ClaimChange::Released => "released",
            ClaimChange::Expired => "expired",
            ClaimChange::Fulfilled => "fulfilled",
            ClaimChange::Broken => "broken",
            ClaimChange::Bound => "bound",
            ClaimChange::Backordered => "backordered",
            ClaimChange::Covered => "covered",
        }
    }
}

/// One change of one claim, as the posting records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimEntry {
    /// The claim.
    pub claim: ClaimId,
    /// What happened.
    pub change: ClaimChange,
    /// How much of it, in millionths; above zero.
    pub qty: i64,
    /// What it holds afterwards.
    pub left: i64,
    /// What it waits for afterwards.
    pub waits: i64,
    /// The item.
    pub item: ItemId,
    /// The site.
    pub site: SiteId,
    /// The bin and lot, for allocations (after the change).
    pub bin: Option<(LocationId, LotId)>,
    /// The number of the event that tells the owner, who did not ask for the change; `None` where
    /// the posting is the owner's own. Not part of what the posting records.
    pub told: Option<i64>,
}
