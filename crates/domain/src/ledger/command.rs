//! What a caller asks to post: lines that happened together, and the clock they are seen by.

use super::key::Place;
use super::kind::Kind;
use super::sale::TakeBack;
use crate::money::UnitCost;
use crate::{ClaimId, Ids, Instant, ItemId, LotId, PostingId, Ratio, Zone};
use std::fmt;

/// How much a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount {
    /// So much, in millionths of the base unit.
    Move(i64),
    /// Whatever brings the real end to so much: a count. It is held to what the books said of the
    /// effective instant, when it was made.
    CountTo(i64),
}

/// What a line that brings goods in says of their cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cost {
    /// Nothing: what comes back from a sale is worth its share of that, and all else comes in at the
    /// group's present average, or at zero when it has none.
    Unknown,
    /// For each `unit` that comes in; for a count, that is what was found and not what was counted.
    Each {
        /// What one unit costs.
        cost: UnitCost,
        /// How many base units that is.
        unit: Ratio,
    },
    /// For all that the line brings in, in minor units; at zero or above.
    Total(i64),
}

/// One line of a posting.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The item.
    pub item: ItemId,
    /// The lot or serial; [`LotId::NONE`] for untracked items.
    pub lot: LotId,
    /// Where from. For a count, the real end; the other end is then the account that takes the
    /// difference.
    pub from: Place,
    /// Where to.
    pub to: Place,
    /// How much.
    pub amount: Amount,
    /// The claim whose goods these are.
    pub claim: Option<ClaimId>,
    /// The id of the claim that is split off when only part of an allocation moves.
    pub split: Option<ClaimId>,
    /// What they cost.
    pub cost: Cost,
}

/// A posting: lines that happened together.
#[derive(Clone, Debug)]
pub struct Post {
    /// The posting's id.
    pub id: PostingId,
    /// What kind it is.
    pub kind: Kind,
    /// When it happened; `None` for now.
    pub effective_at: Option<Instant>,
    /// Whether it may be booked in the first open period when its own is closed.
    pub post_late: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// What the lines of a return take back from which sales, in the order of the lines.
    pub returns: Vec<TakeBack>,
}

/// When it is, how the books see time and money, and where ids of new claims come from.
#[derive(Clone, Copy)]
pub struct Clock<'a> {
    /// Now.
    pub now: Instant,
    /// The organisation's zone: its calendar has the periods.
    pub zone: &'a Zone,
    /// Decimals of the currency of the books.
    pub minor_digits: u32,
    /// For the claims that wait for what allocations lose.
    pub ids: &'a dyn Ids,
}

impl fmt::Debug for Clock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now)
            .field("zone", &self.zone)
            .field("minor_digits", &self.minor_digits)
            .finish_non_exhaustive()
    }
}
