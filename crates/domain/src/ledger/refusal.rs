//! Why a command is refused, with the numbers that explain it.

use super::key::{Key, Place, SiteKey};
use super::room::{Lacking, Lacks, Measure};
use super::sale::SaleLine;
use crate::costing::CostError;
use crate::{Code, Date, Instant, Period, PostingId, Problem, Status};

/// A refusal: why, and on which line of the command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The line at fault, counted from zero; `None` when it is the command as a whole.
    pub line: Option<usize>,
    /// Why.
    pub why: Why,
}

/// The reasons that a caller can act on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Not so much on hand at the place: `on_hand` is what there was before the command took any of it, `wanted`
    /// the demand of all its lines on the key together.
    InsufficientStock { place: Place, on_hand: i64, wanted: i64 },
    /// A backdated issue that would have left less than nothing at some later instant; the numbers likewise.
    InsufficientThen { place: Place, lowest: i64, wanted: i64, since: Instant },
    /// On hand, but allocated to others; the numbers likewise.
    Claimed { place: Place, on_hand: i64, allocated: i64, wanted: i64 },
    /// Sellable at the site, but promised to others.
    Unavailable { available: i64, wanted: i64 },
    /// Not so much is available at the site, and what is lacking is more than may wait there.
    BeyondCap { available: i64, room: i64, wanted: i64 },
    /// The location is blocked.
    Blocked { place: Place },
    /// The location is out of use.
    Archived { place: Place },
    /// The site of the location is still being set up.
    InSetUp { place: Place },
    /// The location is not open to new allocation.
    NotAllocatable { place: Place },
    /// A location of this kind cannot stand at this end of such a posting.
    WrongKind { place: Place, end: &'static str },
    /// A move that leaves the site; that is a transfer.
    OtherSite,
    /// The lot is past its last sellable day.
    Expired { expiry: Date, today: Date },
    /// The lot was past its last sellable day when it is said to have gone.
    ExpiredThen { expiry: Date, day: Date },
    /// The lot is on hold as a whole.
    LotOnHold,
    /// The lot is not past its last sellable day, so it cannot be received as expired.
    NotExpired { expiry: Option<Date>, today: Date },
    /// The item is tracked by lot and the line names none.
    LotRequired,
    /// The item is not tracked and the line names a lot.
    LotNotAllowed,
    /// The lot is of another item.
    LotOfOtherItem,
    /// The lot is the parent of serials, which has no stock of its own.
    LotIsParent,
    /// The item is tracked by serial and the line names none.
    SerialRequired,
    /// A serial is exactly one unit.
    SerialNotOne { qty: i64 },
    /// Two lines name the same serial.
    SerialTwice,
    /// The serial is in stock already, at this place.
    SerialInStock { place: Place },
    /// The serial is not at the place the line takes it from.
    SerialNotHere { holder: Option<Place> },
    /// The serial has moved after the effective instant.
    SerialMovedSince { since: Instant },
    /// The quantity is zero or below.
    NotPositive { qty: i64 },
    /// Above the largest quantity of a line.
    TooLarge { qty: i64 },
    /// The item is kept in whole units.
    Fraction { qty: i64 },
    /// The item is a service.
    NotStocked,
    /// The item is out of use.
    ItemArchived,
    /// Source and destination are the same.
    SamePlace,
    /// Only good stock goes to a customer or into production.
    NotGood { status: Status },
    /// The status table does not have this change.
    StatusChange { from: Status, to: Status },
    /// A count that agrees with the books changes nothing, and a posting without a line neither.
    Nothing,
    /// The effective instant is later than now.
    InFuture { effective: Instant, now: Instant },
    /// The period of the effective date is closed.
    PeriodClosed { period: Period },
    /// There is no such claim.
    ClaimUnknown,
    /// The claim is closed.
    ClaimClosed { state: &'static str },
    /// The reservation is past its expiry.
    ClaimPast { expired: Instant },
    /// The claim is on another item, site, place or lot.
    ClaimElsewhere,
    /// A posting of this kind fulfils no such claim and takes none along.
    ClaimNotTaken,
    /// The claim is for less than the line takes.
    ClaimSmaller { claimed: i64, wanted: i64 },
    /// The claim holds less than the line takes, because part of it waits for stock.
    ClaimWaits { claimed: i64, backordered: i64, wanted: i64 },
    /// The posting has been reversed.
    AlreadyReversed { by: PostingId },
    /// The posting is itself a reversal, or moved nothing.
    NotReversible,
    /// A place of the posting has come to another site, or is valued elsewhere, since.
    StoodElsewhere { place: Place },
    /// More than is left of the sale that it comes back from.
    BeyondSale { left: i64, wanted: i64 },
    /// The line of the sale was of another item or lot.
    OtherSale,
    /// The sale was reversed.
    SaleReversed,
    /// It would come back before it was sold.
    BeforeSale { sold: Instant },
    /// The sale cannot be reversed: something of it came back.
    SaleReturned { returned: i64 },
    /// The instant lies before the place came to the site where it stands.
    StoodElsewhereThen { place: Place, since: Instant },
    /// A cost of goods that belong to a third party.
    CostOfThirdParty,
    /// The goods were our own when they left, and belong to a third party by now.
    OwnThen,
    /// The same of the sale that they come back from.
    SoldAsOwn,
    /// A rule of the place, or of one that it stands in, refuses it.
    NoRoom(Box<Lacks>),
    /// A value does not fit the books.
    ValueTooLarge,
    /// More than a balance can hold.
    BalanceTooLarge,
    /// A guard says that claims wait, and none does. A fault of ours, never the caller's.
    WaitsForNobody,
    /// The cost layers disagree with the balance. A fault of ours, never the caller's.
    Books(CostError),
    /// A row that the decision needs was not loaded. A fault of ours, never the caller's.
    NotLoaded(Missing),
}

/// A row that the caller of a decision forgot to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// A balance.
    Balance(Key),
    /// An item and site.
    Site(SiteKey),
    /// The claims of an item at a site.
    Claims(SiteKey),
    /// Facts of an item, a location or a lot; the holder of a serial.
    Facts(&'static str, i64),
    /// The cost layers of an item in a group.
    Layers(i64, i64),
    /// A line of a sale.
    Sale(SaleLine),
}

impl Refusal {
    /// A refusal of the command as a whole.
    pub const fn of(why: Why) -> Refusal {
        Refusal { line: None, why }
    }

    /// The problem that a door shows. `names` tells how places are called.
    pub fn problem(&self, names: &dyn Fn(Place) -> String) -> Problem {
        let detail = self.why.detail(names);
        let code = self.why.code();
        match self.line {
            Some(line) => Problem::at(code, format!("/lines/{line}{}", self.why.field()), detail),
            None => Problem::new(code, detail),
        }
    }
}

impl Why {
    /// The same with the numbers of the whole command: what its lines want of the key in all, and what there
    /// was before the earlier of them took `taken`.
    pub(super) fn in_all(&mut self, taken: i64, demand: i64) {
        if let Why::InsufficientStock { on_hand: there, wanted, .. }
        | Why::InsufficientThen { lowest: there, wanted, .. }
        | Why::Claimed { on_hand: there, wanted, .. } = self
        {
            *there = there.saturating_add(taken);
            *wanted = (*wanted).max(demand);
        }
    }

    /// The problem code.
    pub const fn code(&self) -> Code {
        match self {
            Why::InsufficientStock { .. } | Why::InsufficientThen { .. } => Code::InsufficientStock,
            Why::Claimed { .. } | Why::ClaimSmaller { .. } | Why::ClaimWaits { .. } => Code::StockClaimed,
            Why::Unavailable { .. } | Why::BeyondCap { .. } => Code::InsufficientAvailable,
            Why::Blocked { .. } => Code::LocationBlocked,
            Why::Archived { .. } => Code::LocationArchived,
            Why::InSetUp { .. } => Code::SiteInSetUp,
            Why::NotAllocatable { .. } | Why::WrongKind { .. } | Why::OtherSite => Code::WrongLocationKind,
            Why::Expired { .. } | Why::ExpiredThen { .. } => Code::LotExpired,
            Why::LotOnHold => Code::LotOnHold,
            Why::NotExpired { .. } | Why::StatusChange { .. } => Code::StatusChangeRefused,
            Why::NotGood { .. } => Code::StatusNotGood,
            Why::LotRequired => Code::LotRequired,
            Why::LotNotAllowed => Code::LotNotAllowed,
            Why::LotOfOtherItem => Code::UnknownLot,
            Why::LotIsParent => Code::LotIsParent,
            Why::SerialRequired => Code::SerialRequired,
            Why::SerialNotOne { .. } => Code::SerialNotOne,
            Why::SerialTwice => Code::SerialTwice,
            Why::SerialInStock { .. } => Code::SerialInStock,
            Why::SerialNotHere { .. } => Code::SerialNotHere,
            Why::SerialMovedSince { .. } => Code::SerialMovedSince,
            Why::NotPositive { .. } | Why::TooLarge { .. } | Why::Nothing => Code::InvalidQuantity,
            Why::Fraction { .. } => Code::FractionRefused,
            Why::NotStocked => Code::NotStockable,
            Why::ItemArchived => Code::InUse,
            Why::SamePlace => Code::SamePlace,
            Why::InFuture { .. } => Code::EffectiveInFuture,
            Why::PeriodClosed { .. } => Code::PeriodClosed,
            Why::ClaimUnknown | Why::ClaimElsewhere => Code::UnknownClaim,
            Why::ClaimNotTaken | Why::CostOfThirdParty => Code::InvalidValue,
            Why::ClaimClosed { .. } => Code::ClaimClosed,
            Why::ClaimPast { .. } => Code::ClaimExpired,
            Why::AlreadyReversed { .. } => Code::AlreadyReversed,
            Why::NotReversible | Why::StoodElsewhere { .. } | Why::OwnThen => Code::NotReversible,
            Why::BeyondSale { .. } => Code::ReturnExceedsSale,
            Why::OtherSale | Why::SoldAsOwn => Code::SaleMismatch,
            Why::SaleReversed => Code::SaleReversed,
            Why::BeforeSale { .. } => Code::ReturnBeforeSale,
            Why::SaleReturned { .. } => Code::SaleReturned,
            Why::StoodElsewhereThen { .. } => Code::StoodElsewhere,
            Why::NoRoom(lacks) => match &lacks.what {
                Lacking::Room { measure: Measure::Volume | Measure::Weight | Measure::Units, .. } => {
                    Code::LocationFull
                }
                Lacking::Room { .. } | Lacking::Class { .. } => Code::MixingRefused,
                Lacking::Size { .. } => Code::SizeUnknown,
            },
            Why::ValueTooLarge | Why::BalanceTooLarge => Code::LimitExceeded,
            Why::NotLoaded(_) | Why::Books(_) | Why::WaitsForNobody => Code::Internal,
        }
    }

    /// The field of the line that is at fault, as a pointer from the line; empty when it is the
    /// line as a whole, or one of its ends.
    pub const fn field(&self) -> &'static str {
        match self {
            Why::InsufficientStock { .. }
            | Why::InsufficientThen { .. }
            | Why::Claimed { .. }
            | Why::Unavailable { .. }
            | Why::BeyondCap { .. }
            | Why::NotPositive { .. }
            | Why::TooLarge { .. }
            | Why::Fraction { .. }
            | Why::SerialNotOne { .. }
            | Why::BeyondSale { .. }
            | Why::BalanceTooLarge => "/qty",
            Why::LotRequired
            | Why::LotNotAllowed
            | Why::LotOfOtherItem
            | Why::LotIsParent
            | Why::Expired { .. }
            | Why::ExpiredThen { .. }
            | Why::LotOnHold => "/lot",
            Why::SerialRequired => "/serials",
            Why::SerialTwice
            | Why::SerialInStock { .. }
            | Why::SerialNotHere { .. }
            | Why::SerialMovedSince { .. } => "/serial",
            Why::OtherSale | Why::SaleReversed | Why::SoldAsOwn => "/sale",
            Why::ValueTooLarge | Why::CostOfThirdParty => "/unit_cost",
            Why::NotStocked | Why::ItemArchived => "/sku",
            Why::NotExpired { .. } | Why::NotGood { .. } | Why::StatusChange { .. } => "/status",
            Why::ClaimUnknown
            | Why::ClaimElsewhere
            | Why::ClaimNotTaken
            | Why::ClaimClosed { .. }
            | Why::ClaimPast { .. }
            | Why::ClaimSmaller { .. }
            | Why::ClaimWaits { .. } => "/claim",
            _ => "",
        }
    }
}
