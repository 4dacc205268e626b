//! What each reason of a refusal says to a person: concrete values, and what to do.

use super::key::Place;
use super::refusal::Why;
use crate::Delta;

/// What is said of a line that would change nothing, such as a count of what the books have.
pub const NOTHING_CHANGES: &str = "nothing would change";

impl Why {
    /// The concrete sentence.
    pub(super) fn detail(&self, names: &dyn Fn(Place) -> String) -> String {
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
            | Why::InSetUp { place }
            | Why::NotAllocatable { place }
            | Why::WrongKind { place, .. }
            | Why::StoodElsewhere { place } => self.of_place(&names(*place)),
            Why::Expired { .. } | Why::ExpiredThen { .. } | Why::NotExpired { .. } => self.of_day(),
            Why::NotGood { status } => format!(
                "the stock is `{status}`, and only `good` stock goes out; adjust it with a reason to send it back or to dispose of it"
            ),
            Why::StatusChange { from, to } => format!("stock does not go from `{from}` to `{to}`"),
            Why::SerialNotOne { .. }
            | Why::SerialInStock { .. }
            | Why::SerialNotHere { .. }
            | Why::SerialMovedSince { .. } => self.of_serial(names),
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
            Why::NoRoom(lacks) => lacks.what.sentence(&names(Place::good(lacks.room))),
            Why::AlreadyReversed { by } => format!("the posting has been reversed already, by `{by}`"),
            Why::Books(error) => format!("the cost layers disagree: {error}"),
            Why::NotLoaded(missing) => format!("a row was not loaded: {missing:?}"),
            fixed => fixed.sentence().to_owned(),
        }
    }

    /// The sentence of the reasons that are about the last sellable day of a lot.
    fn of_day(&self) -> String {
        match self {
            Why::Expired { expiry, today } => {
                format!(
                    "the last sellable day of the lot was `{expiry}` and today is `{today}`; it can be moved or disposed of"
                )
            }
            Why::ExpiredThen { expiry, day } => {
                format!(
                    "the last sellable day of the lot was `{expiry}`, and it was `{day}` when it went out"
                )
            }
            Why::NotExpired { expiry: Some(expiry), today } => {
                format!("the lot is sellable through `{expiry}` and today is `{today}`; it is not expired")
            }
            Why::NotExpired { expiry: None, .. } => "the lot does not expire".to_owned(),
            other => other.sentence().to_owned(),
        }
    }

    /// The sentence of the reasons that are about the one unit of a serial.
    fn of_serial(&self, names: &dyn Fn(Place) -> String) -> String {
        match self {
            Why::SerialNotOne { qty } => format!("a serial is exactly `1`, not `{}`", Delta(*qty)),
            Why::SerialInStock { place } => format!("the serial is at `{}` already", names(*place)),
            Why::SerialNotHere { holder: Some(place) } => format!("the serial is at `{}`", names(*place)),
            Why::SerialNotHere { holder: None } => "the serial is not in stock".to_owned(),
            Why::SerialMovedSince { since } => {
                format!("the serial moved last at `{since}`; post it with an effective instant from then on")
            }
            other => other.sentence().to_owned(),
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
            Why::InSetUp { .. } => format!(
                "the site of `{place}` is being set up: opening stock, counts and corrections are posted there; begin its pilot first"
            ),
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
            Why::LotIsParent => {
                "the lot is the parent of serials and has no stock of its own; name its serials"
            }
            Why::SerialRequired => "the item is tracked by serial; name one serial for each unit",
            Why::SerialTwice => "the same serial stands on an earlier line",
            Why::NotStocked => "the item is a service and is never stocked",
            Why::ItemArchived => {
                "the item is archived; take it back into use first, or name the one that it was merged into"
            }
            Why::SamePlace => "source and destination are the same",
            Why::Nothing => NOTHING_CHANGES,
            Why::ClaimUnknown => "there is no such claim",
            Why::ClaimElsewhere => "the claim is on another item, site or place",
            Why::ClaimNotTaken => {
                "only goods that go out fulfil a claim, and a move takes an allocation along; leave the claim out"
            }
            Why::NotReversible => "a reversal, or a posting that moved nothing, cannot be reversed",
            Why::OtherSale => "the line of the sale was of another item or lot",
            Why::SaleReversed => "the sale was reversed, so nothing of it can come back",
            Why::CostOfThirdParty => {
                "the goods belong to a third party and are worth nothing in these books; leave the cost out"
            }
            Why::OwnThen => {
                "the goods were of our own then, with a value, and belong to a third party by now; post what happened as it is now"
            }
            Why::SoldAsOwn => {
                "the goods were sold as our own, and belong to a third party by now; take them back without the sale"
            }
            Why::ValueTooLarge => "the value does not fit the books",
            Why::WaitsForNobody => "the guard says that claims wait, and none does",
            _ => "the balance would be larger than the books can hold",
        }
    }
}
