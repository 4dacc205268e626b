//! What each reason says: its code, the field of the line that it points at, and its sentence with
//! concrete values and what to do.

use crate::costing::CostError;
use crate::ledger::{Key, Missing, Place, Refusal, Why};
use crate::{Date, Instant, ItemId, LocationId, LotId, Period, PostingId, Status, when};

fn day(text: &str) -> Date {
    when::parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// One of each.
fn reasons() -> Vec<Why> {
    let place = Place::good(LocationId(11));
    let (one, half, million) = (1_000_000, 500_000, 1_000_000);
    let key = Key::at(ItemId(1), LotId::NONE, place);
    let (noon, dawn) = (at("2026-06-15T12:00:00Z"), at("2026-06-15T06:00:00Z"));
    let today = day("2026-06-15");
    vec![
        Why::InsufficientStock { place, on_hand: 3 * one, wanted: 4 * one },
        Why::InsufficientThen { place, lowest: half, wanted: one, since: dawn },
        Why::Claimed { place, on_hand: 3 * one, allocated: 2 * one, wanted: 2 * one },
        Why::Unavailable { available: one, wanted: 2 * one },
        Why::BeyondCap { available: one, room: 3 * one, wanted: 5 * one },
        Why::Blocked { place },
        Why::Archived { place },
        Why::NotAllocatable { place },
        Why::WrongKind { place, end: "source" },
        Why::OtherSite,
        Why::Expired { expiry: day("2026-06-14"), today },
        Why::ExpiredThen { expiry: day("2026-06-13"), day: day("2026-06-14") },
        Why::LotOnHold,
        Why::NotExpired { expiry: Some(today), today },
        Why::NotExpired { expiry: None, today },
        Why::LotRequired,
        Why::LotNotAllowed,
        Why::LotOfOtherItem,
        Why::LotIsParent,
        Why::SerialRequired,
        Why::SerialNotOne { qty: 2 * one },
        Why::SerialTwice,
        Why::SerialInStock { place },
        Why::SerialMovedSince { since: dawn },
        Why::SerialNotHere { holder: Some(place) },
        Why::SerialNotHere { holder: None },
        Why::NotPositive { qty: -one },
        Why::TooLarge { qty: 1_000_000_001 * million },
        Why::Fraction { qty: half },
        Why::NotStocked,
        Why::ItemArchived,
        Why::SamePlace,
        Why::StatusChange { from: Status::Expired, to: Status::Good },
        Why::NotGood { status: Status::Damaged },
        Why::Nothing,
        Why::StoodElsewhereThen { place, since: noon },
        Why::InFuture { effective: noon, now: dawn },
        Why::PeriodClosed { period: Period::from_number(202_605).unwrap() },
        Why::ClaimUnknown,
        Why::ClaimClosed { state: "broken" },
        Why::ClaimPast { expired: dawn },
        Why::ClaimElsewhere,
        Why::ClaimNotTaken,
        Why::ClaimSmaller { claimed: one, wanted: 2 * one },
        Why::ClaimWaits { claimed: one, backordered: 3 * one, wanted: 2 * one },
        Why::AlreadyReversed { by: PostingId::from_bytes([7; 16]) },
        Why::NotReversible,
        Why::StoodElsewhere { place },
        Why::CostOfThirdParty,
        Why::OwnThen,
        Why::SoldAsOwn,
        Why::ValueTooLarge,
        Why::BalanceTooLarge,
        Why::Books(CostError::Short { held: one, wanted: 2 * one }),
        Why::NotLoaded(Missing::Balance(key)),
        Why::WaitsForNobody,
    ]
}

/// How a reason is told when the second line is at fault.
fn told(why: Why) -> String {
    let refusal = Refusal { line: Some(1), why };
    let problem = refusal.problem(&|_| "A-01".to_owned());
    let error = &problem.errors[0];
    format!("{} {} {}", problem.code, error.pointer, error.detail)
}

#[test]
fn each_reason_says_what_where_and_what_to_do() {
    let told: Vec<String> = reasons().into_iter().map(told).collect();
    let expected: Vec<&str> = EXPECTED.lines().collect();
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), expected.len());
}

#[test]
fn a_command_that_is_refused_as_a_whole_points_at_no_line() {
    let problem = Refusal::of(Why::Nothing).problem(&|_| String::new());
    assert!(problem.errors.is_empty());
    assert_eq!(problem.detail, "nothing would change");
}

const EXPECTED: &str = "\
insufficient_stock /lines/1/qty `A-01` has `3` on hand and `4` is wanted in all
insufficient_stock /lines/1/qty since `2026-06-15T06:00:00Z` `A-01` has held as little as `0.5`, and `1` is wanted; post it with a later effective instant
stock_claimed /lines/1/qty `A-01` has `3` on hand of which `2` is allocated, and `2` is wanted; release an allocation or name the claim
insufficient_available /lines/1/qty `1` is available at the site and `2` is wanted
insufficient_available /lines/1/qty `1` is available at the site, backorders of the item have room for `3` there, and `5` is wanted
location_blocked /lines/1 `A-01` is blocked; unblock it first
location_archived /lines/1 `A-01` is archived; restore it first
wrong_location_kind /lines/1 `A-01` is not open to allocation; choose another location
wrong_location_kind /lines/1 `A-01` cannot be the source of this kind of posting
wrong_location_kind /lines/1 the two locations are of different sites; make a transfer
lot_expired /lines/1/lot the last sellable day of the lot was `2026-06-14` and today is `2026-06-15`; it can be moved or disposed of
lot_expired /lines/1/lot the last sellable day of the lot was `2026-06-13`, and it was `2026-06-14` when it went out
lot_on_hold /lines/1/lot the lot is on hold: until it is released, all of it stands and moves as `hold` and none goes out
status_change_refused /lines/1/status the lot is sellable through `2026-06-15` and today is `2026-06-15`; it is not expired
status_change_refused /lines/1/status the lot does not expire
lot_required /lines/1/lot the item is tracked by lot; name the lot
lot_not_allowed /lines/1/lot the item is not tracked by lot; leave the lot out
unknown_lot /lines/1/lot the lot belongs to another item
lot_is_parent /lines/1/lot the lot is the parent of serials and has no stock of its own; name its serials
serial_required /lines/1/serials the item is tracked by serial; name one serial for each unit
serial_not_one /lines/1/qty a serial is exactly `1`, not `2`
serial_twice /lines/1/serial the same serial stands on an earlier line
serial_in_stock /lines/1/serial the serial is at `A-01` already
serial_moved_since /lines/1/serial the serial moved last at `2026-06-15T06:00:00Z`; post it with an effective instant from then on
serial_not_here /lines/1/serial the serial is at `A-01`
serial_not_here /lines/1/serial the serial is not in stock
invalid_quantity /lines/1/qty `-1` is not more than zero
invalid_quantity /lines/1/qty `1000000001` is more than `1000000000` on one line
fraction_refused /lines/1/qty the item is kept in whole units and `0.5` is not whole
not_stockable /lines/1/sku the item is a service and is never stocked
in_use /lines/1/sku the item is archived; take it back into use first, or name the one that it was merged into
same_place /lines/1 source and destination are the same
status_change_refused /lines/1/status stock does not go from `expired` to `good`
status_not_good /lines/1/status the stock is `damaged`, and only `good` stock goes out; adjust it with a reason to send it back or to dispose of it
invalid_quantity /lines/1 nothing would change
stood_elsewhere /lines/1 `A-01` stands at its site since `2026-06-15T12:00:00Z`; leave the instant out, or name one from then on
effective_in_future /lines/1 `2026-06-15T12:00:00Z` is later than now, `2026-06-15T06:00:00Z`
period_closed /lines/1 `2026-05` is closed; set `post_late` to book it in the first open period
unknown_claim /lines/1/claim there is no such claim
claim_closed /lines/1/claim the claim is `broken`
claim_expired /lines/1/claim the reservation expired at `2026-06-15T06:00:00Z`; reserve again
unknown_claim /lines/1/claim the claim is on another item, site or place
invalid_value /lines/1/claim only goods that go out fulfil a claim, and a move takes an allocation along; leave the claim out
stock_claimed /lines/1/claim the claim is for `1` and `2` is wanted
stock_claimed /lines/1/claim the claim holds `1` and waits for `3` more, and `2` is wanted; take what it holds
already_reversed /lines/1 the posting has been reversed already, by `pst_07070707070707070707070707070707`
not_reversible /lines/1 a reversal, or a posting that moved nothing, cannot be reversed
not_reversible /lines/1 `A-01` has come to another site since; send the goods back by a transfer, or post what happened as it is now
invalid_value /lines/1/unit_cost the goods belong to a third party and are worth nothing in these books; leave the cost out
not_reversible /lines/1 the goods were of our own then, with a value, and belong to a third party by now; post what happened as it is now
sale_mismatch /lines/1/sale the goods were sold as our own, and belong to a third party by now; take them back without the sale
limit_exceeded /lines/1/unit_cost the value does not fit the books
limit_exceeded /lines/1/qty the balance would be larger than the books can hold
internal /lines/1 the cost layers disagree: the cost layers hold `1`, not `2`
internal /lines/1 a row was not loaded: Balance(Key { item: ItemId(1), location: LocationId(11), lot: LotId(0), status: Good })
internal /lines/1 the guard says that claims wait, and none does
";
