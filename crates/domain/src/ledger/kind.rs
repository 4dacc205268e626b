//! The kinds of posting: who may post one, and which two ends its lines may have.

use crate::Permission;
use crate::place::LocationKind;
use crate::word::words;

words! {
    /// What kind of posting it is: which ends its lines may have, and whether it is a fact that
    /// cannot be refused for the sake of claims.
    Kind, "kind of posting" {
        /// From the opening account into a real location.
        Opening = 1, "opening";
        /// From the supplier into a real location.
        Receive = 2, "receive";
        /// From the customer back into a real location.
        Return = 3, "return";
        /// From production into a real location.
        Produce = 4, "produce";
        /// From a real location to the customer: goods issue.
        Issue = 5, "issue";
        /// From a real location into production.
        Consume = 6, "consume";
        /// Between two real locations of one site.
        Move = 7, "move";
        /// Between two statuses of one location.
        SetStatus = 8, "set_status";
        /// Between a real location and the adjustment or loss account, with a reason. A loss is
        /// always booked.
        Adjust = 9, "adjust";
        /// From a real location into a transfer's transit location.
        Ship = 10, "ship";
        /// From a transit location into a real one.
        Arrive = 11, "arrive";
        /// From a transit location to the loss account: what did not arrive.
        Shortage = 12, "shortage";
        /// From good to expired in one place, or back after the day was mended: by the day alone.
        Expire = 13, "expire";
        /// Contents of a handling unit that changes its site or its sellability.
        Relocate = 14, "relocate";
        /// The mirror of an earlier posting.
        Reverse = 15, "reverse";
        /// A reservation; moves nothing.
        Reserve = 16, "reserve";
        /// An allocation; moves nothing.
        Allocate = 17, "allocate";
        /// A release; moves nothing.
        Release = 18, "release";
    }
}

/// Which end of a movement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Source,
    Destination,
}

impl Kind {
    /// What somebody must be allowed, to post it.
    pub const fn permission(self) -> Permission {
        match self {
            Kind::Opening | Kind::Adjust => Permission::StockAdjust,
            Kind::Receive | Kind::Return | Kind::Produce => Permission::StockReceive,
            Kind::Issue | Kind::Consume => Permission::StockIssue,
            Kind::Move | Kind::Relocate => Permission::StockMove,
            Kind::SetStatus | Kind::Expire => Permission::StockStatus,
            Kind::Ship | Kind::Arrive | Kind::Shortage => Permission::StockTransfer,
            Kind::Reverse => Permission::StockReverse,
            Kind::Reserve | Kind::Allocate | Kind::Release => Permission::StockClaim,
        }
    }

    /// A fact about the goods: it is booked even where it takes stock below its claims, and breaks
    /// claims to do so.
    pub const fn is_loss(self) -> bool {
        matches!(self, Kind::Adjust | Kind::SetStatus | Kind::Expire | Kind::Relocate)
    }

    /// Whether the rules of a place bind what it puts there: a plan, and not a fact that is told.
    pub const fn needs_room(self) -> bool {
        matches!(self, Kind::Receive | Kind::Return | Kind::Produce | Kind::Move | Kind::Arrive)
    }

    /// Whether it is posted at a site that is still being set up: what is taken up there, and what mends it.
    pub const fn is_set_up(self) -> bool {
        matches!(self, Kind::Opening | Kind::Adjust | Kind::SetStatus | Kind::Expire | Kind::Reverse)
    }

    /// Whether the two ends may stand in a posting of this kind.
    pub(super) const fn allows(self, from: LocationKind, to: LocationKind) -> Result<(), End> {
        use LocationKind as L;
        let from_real = from.is_real();
        let to_real = to.is_real();
        let (source, destination) = match self {
            Kind::Opening => (matches!(from, L::Opening), to_real),
            Kind::Receive => (matches!(from, L::Supplier), to_real),
            Kind::Return => (matches!(from, L::Customer), to_real),
            Kind::Produce => (matches!(from, L::Production), to_real),
            Kind::Issue => (from_real, matches!(to, L::Customer)),
            Kind::Consume => (from_real, matches!(to, L::Production)),
            Kind::Move | Kind::SetStatus | Kind::Expire => (from_real, to_real),
            Kind::Adjust => match (from_real, to_real) {
                (true, _) => (true, matches!(to, L::Adjustment | L::Loss)),
                (false, real) => (matches!(from, L::Adjustment | L::Loss), real),
            },
            Kind::Ship => (from_real, matches!(to, L::Transit)),
            Kind::Arrive => (matches!(from, L::Transit), to_real),
            Kind::Shortage => (matches!(from, L::Transit), matches!(to, L::Loss)),
            Kind::Relocate | Kind::Reverse => (true, true),
            Kind::Reserve | Kind::Allocate | Kind::Release => (false, false),
        };
        match (source, destination) {
            (false, _) => Err(End::Source),
            (true, false) => Err(End::Destination),
            (true, true) => Ok(()),
        }
    }
}
