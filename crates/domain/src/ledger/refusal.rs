//! Why a command is refused, with the numbers that explain it.

use super::key::{Key, Place, SiteKey};
use super::sale::SaleLine;
use crate::costing::CostError;
use crate::{Code, Date, Delta, Instant, Period, Problem, Status};

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
    /// Not so much on hand at the place; `wanted` is the demand of all lines on the key together.
    InsufficientStock { place: Place, on_hand: i64, wanted: i64 },
    /// A backdated issue that would have left less than nothing at some later instant.
    InsufficientThen { place: Place, lowest: i64, wanted: i64, since: Instant },
    /// On hand, but allocated to others.
    Claimed { place: Place, on_hand: i64, allocated: i64, wanted: i64 },
    /// Sellable at the site, but promised to others.
    Unavailable { available: i64, wanted: i64 },
    /// Not so much is available at the site, and what is lacking is more than may wait there.
    BeyondCap { available: i64, room: i64, wanted: i64 },
    /// The location is blocked.
    Blocked { place: Place },
    /// The location is out of use.
    Archived { place: Place },
    /// The location is not open to new allocation.
    NotAllocatable { place: Place },
    /// A location of this kind cannot stand at this end of such a posting.
    WrongKind { place: Place, end: &'static str },
    /// A move that leaves the site; that is a transfer.
    OtherSite,
    /// The lot is past its last sellable day.
    Expired { expiry: Date, today: Date },
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
    AlreadyReversed,
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
    /// The problem code.
    pub const fn code(&self) -> Code {
        match self {
            Why::InsufficientStock { .. } | Why::InsufficientThen { .. } => Code::InsufficientStock,
            Why::Claimed { .. } | Why::ClaimSmaller { .. } | Why::ClaimWaits { .. } => Code::StockClaimed,
            Why::Unavailable { .. } | Why::BeyondCap { .. } => Code::InsufficientAvailable,
            Why::Blocked { .. } => Code::LocationBlocked,
            Why::Archived { .. } => Code::LocationArchived,
            Why::NotAllocatable { .. } | Why::WrongKind { .. } | Why::OtherSite => Code::WrongLocationKind,
            Why::Expired { .. } => Code::LotExpired,
            Why::LotOnHold => Code::LotOnHold,
            Why::NotExpired { .. } | Why::StatusChange { .. } => Code::StatusChangeRefused,
            Why::NotGood { .. } => Code::StatusNotGood,
            Why::LotRequired => Code::LotRequired,
            Why::LotNotAllowed => Code::LotNotAllowed,
            Why::LotOfOtherItem => Code::UnknownLot,
            Why::SerialRequired => Code::SerialRequired,
            Why::SerialNotOne { .. } => Code::SerialNotOne,
            Why::SerialTwice => Code::SerialTwice,
            Why::SerialInStock { .. } => Code::SerialInStock,
            Why::SerialNotHere { .. } => Code::SerialNotHere,
            Why::NotPositive { .. } | Why::TooLarge { .. } | Why::Nothing => Code::InvalidQuantity,
            Why::Fraction { .. } => Code::FractionRefused,
            Why::NotStocked => Code::NotStockable,
            Why::ItemArchived => Code::InUse,
            Why::SamePlace => Code::SamePlace,
            Why::InFuture { .. } => Code::EffectiveInFuture,
            Why::PeriodClosed { .. } => Code::PeriodClosed,
            Why::ClaimUnknown | Why::ClaimElsewhere => Code::UnknownClaim,
            Why::ClaimNotTaken => Code::InvalidValue,
            Why::ClaimClosed { .. } => Code::ClaimClosed,
            Why::ClaimPast { .. } => Code::ClaimExpired,
            Why::AlreadyReversed => Code::AlreadyReversed,
            Why::NotReversible | Why::StoodElsewhere { .. } => Code::NotReversible,
            Why::BeyondSale { .. } => Code::ReturnExceedsSale,
            Why::OtherSale => Code::SaleMismatch,
            Why::SaleReversed => Code::SaleReversed,
            Why::BeforeSale { .. } => Code::ReturnBeforeSale,
            Why::SaleReturned { .. } => Code::SaleReturned,
            Why::StoodElsewhereThen { .. } => Code::StoodElsewhere,
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
            | Why::Expired { .. }
            | Why::LotOnHold => "/lot",
            Why::SerialRequired => "/serials",
            Why::SerialTwice | Why::SerialInStock { .. } | Why::SerialNotHere { .. } => "/serial",
            Why::OtherSale | Why::SaleReversed => "/sale",
            Why::ValueTooLarge => "/unit_cost",
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

    /// The concrete sentence.
    fn detail(&self, names: &dyn Fn(Place) -> String) -> String {
        let show = |millionths: i64| Delta(millionths).to_string();
        match self {
            Why::InsufficientStock { place, on_hand, wanted } => format!(
                "`{}` has `{}` on hand and `{}` is wanted in all",
                names(*place),
                show(*on_hand),
                show(*wanted)
            ),
            Why::InsufficientThen { place, lowest, wanted, since } => format!(
                "since `{since}` `{}` has held as little as `{}`, and `{}` is wanted; post it with a later effective instant",
                names(*place),
                show(*lowest),
                show(*wanted)
            ),
            Why::Claimed { place, on_hand, allocated, wanted } => format!(
                "`{}` has `{}` on hand of which `{}` is allocated, and `{}` is wanted; release an allocation or name the claim",
                names(*place),
                show(*on_hand),
                show(*allocated),
                show(*wanted)
            ),
            Why::Unavailable { available, wanted } => {
                format!("`{}` is available at the site and `{}` is wanted", show(*available), show(*wanted))
            }
            Why::Blocked { place }
            | Why::Archived { place }
            | Why::NotAllocatable { place }
            | Why::WrongKind { place, .. }
            | Why::StoodElsewhere { place } => self.of_place(&names(*place)),
            Why::Expired { expiry, today } => {
                format!(
                    "the last sellable day of the lot was `{expiry}` and today is `{today}`; it can be moved or disposed of"
                )
            }
            Why::NotExpired { expiry: Some(expiry), today } => {
                format!("the lot is sellable through `{expiry}` and today is `{today}`; it is not expired")
            }
            Why::NotExpired { expiry: None, .. } => "the lot does not expire".to_owned(),
            Why::NotGood { status } => format!(
                "the stock is `{status}`, and only `good` stock goes out; adjust it with a reason to send it back or to dispose of it"
            ),
            Why::StatusChange { from, to } => format!("stock does not go from `{from}` to `{to}`"),
            Why::SerialNotOne { qty } => format!("a serial is exactly `1`, not `{}`", show(*qty)),
            Why::SerialInStock { place } => format!("the serial is at `{}` already", names(*place)),
            Why::SerialNotHere { holder: Some(place) } => format!("the serial is at `{}`", names(*place)),
            Why::SerialNotHere { holder: None } => "the serial is not in stock".to_owned(),
            Why::NotPositive { qty } => format!("`{}` is not more than zero", show(*qty)),
            Why::TooLarge { qty } => format!("`{}` is more than `1000000000` on one line", show(*qty)),
            Why::Fraction { qty } => {
                format!("the item is kept in whole units and `{}` is not whole", show(*qty))
            }
            Why::StoodElsewhereThen { place, since } => format!(
                "`{}` stands at its site since `{since}`; leave the instant out, or name one from then on",
                names(*place)
            ),
            Why::InFuture { effective, now } => format!("`{effective}` is later than now, `{now}`"),
            Why::PeriodClosed { period } => {
                format!("`{period}` is closed; set `post_late` to book it in the first open period")
            }
            Why::BeyondCap { .. }
            | Why::ClaimClosed { .. }
            | Why::ClaimPast { .. }
            | Why::ClaimSmaller { .. }
            | Why::ClaimWaits { .. } => self.of_claim(),
            Why::BeyondSale { .. } | Why::BeforeSale { .. } | Why::SaleReturned { .. } => self.of_sale(),
            Why::Books(error) => format!("the cost layers disagree: {error}"),
            Why::NotLoaded(missing) => format!("a row was not loaded: {missing:?}"),
            fixed => fixed.sentence().to_owned(),
        }
    }

    /// The sentence of the reasons that are about a claim and its numbers.
    fn of_claim(&self) -> String {
        let show = |millionths: i64| Delta(millionths).to_string();
        match self {
            Why::BeyondCap { available, room, wanted } => format!(
                "`{}` is available at the site, backorders of the item have room for `{}` there, and `{}` is wanted",
                show(*available),
                show(*room),
                show(*wanted)
            ),
            Why::ClaimClosed { state } => format!("the claim is `{state}`"),
            Why::ClaimPast { expired } => format!("the reservation expired at `{expired}`; reserve again"),
            Why::ClaimSmaller { claimed, wanted } => {
                format!("the claim is for `{}` and `{}` is wanted", show(*claimed), show(*wanted))
            }
            Why::ClaimWaits { claimed, backordered, wanted } => format!(
                "the claim holds `{}` and waits for `{}` more, and `{}` is wanted; take what it holds",
                show(*claimed),
                show(*backordered),
                show(*wanted)
            ),
            other => other.sentence().to_owned(),
        }
    }

    /// The sentence of the reasons that are about a sale, and have numbers.
    fn of_sale(&self) -> String {
        match self {
            Why::BeyondSale { left, wanted } => format!(
                "`{}` comes back, and `{}` of the sale is left to come back",
                Delta(*wanted),
                Delta(*left)
            ),
            Why::BeforeSale { sold } => {
                format!("the goods left at `{sold}`; they cannot have come back before")
            }
            Why::SaleReturned { returned } => {
                format!("`{}` of the sale came back; reverse its returns first", Delta(*returned))
            }
            _ => "the sale is in the way".to_owned(),
        }
    }

    /// The sentence of the reasons that are about a place alone.
    fn of_place(&self, place: &str) -> String {
        match self {
            Why::Blocked { .. } => format!("`{place}` is blocked; unblock it first"),
            Why::Archived { .. } => format!("`{place}` is archived; restore it first"),
            Why::NotAllocatable { .. } => {
                format!("`{place}` is not open to allocation; choose another location")
            }
            Why::StoodElsewhere { .. } => format!(
                "`{place}` has come to another site since; send the goods back by a transfer, or post what happened as it is now"
            ),
            Why::WrongKind { end, .. } => format!("`{place}` cannot be the {end} of this kind of posting"),
            _ => format!("`{place}` is in the way"),
        }
    }

    /// The sentence of the reasons that have no numbers.
    const fn sentence(&self) -> &'static str {
        match self {
            Why::OtherSite => "the two locations are of different sites; make a transfer",
            Why::LotOnHold => {
                "the lot is on hold: until it is released, all of it stands and moves as `hold` and none goes out"
            }
            Why::LotRequired => "the item is tracked by lot; name the lot",
            Why::LotNotAllowed => "the item is not tracked by lot; leave the lot out",
            Why::LotOfOtherItem => "the lot belongs to another item",
            Why::SerialRequired => "the item is tracked by serial; name one serial for each unit",
            Why::SerialTwice => "the same serial stands on an earlier line",
            Why::NotStocked => "the item is a service and is never stocked",
            Why::ItemArchived => "the item is archived; take it back into use first",
            Why::SamePlace => "source and destination are the same",
            Why::Nothing => "nothing would change",
            Why::ClaimUnknown => "there is no such claim",
            Why::ClaimElsewhere => "the claim is on another item, site or place",
            Why::ClaimNotTaken => {
                "only goods that go out fulfil a claim, and a move takes an allocation along; leave the claim out"
            }
            Why::AlreadyReversed => {
                "the posting has been reversed already: its movements name the reversal as `reversed_by`"
            }
            Why::NotReversible => "a reversal, or a posting that moved nothing, cannot be reversed",
            Why::OtherSale => "the line of the sale was of another item or lot",
            Why::SaleReversed => "the sale was reversed, so nothing of it can come back",
            Why::ValueTooLarge => "the value does not fit the books",
            Why::WaitsForNobody => "the guard says that claims wait, and none does",
            _ => "the balance would be larger than the books can hold",
        }
    }
}
