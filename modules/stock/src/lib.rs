//! The vault: the only writer of postings, movements, balances, claims, lots and cost layers.
//!
//! Everything that changes stock passes [`Vault::submit`] (hot commands, batched) or
//! [`run_in`] (inside of another module's transaction). Both run the same steps: resolve names,
//! lock and load, decide with `domain::ledger`, store. Documents, handling units, lots, places and
//! upkeep post by ids (`inside`), in the transaction of their own change; what postings rest on
//! without locking it changes only behind the gate (`gate`).

#[cfg(test)]
mod after_expiry_tests;
mod answer;
mod as_of;
mod asked;
mod availability;
mod backorder;
mod balance;
mod block;
mod brought;
mod claim;
mod compile;
#[cfg(test)]
mod constraints_tests;
mod desk;
mod digest;
mod document_routes;
mod gate;
#[cfg(test)]
mod gate_tests;
mod home;
mod input;
mod inside;
mod item_guard;
mod item_stock;
mod ledger_page;
mod level;
mod levels;
#[cfg(test)]
mod levels_tests;
mod load;
mod loader;
mod losses;
#[cfg(test)]
mod losses_tests;
mod lot;
mod lots;
#[cfg(test)]
mod lots_made_tests;
#[cfg(test)]
mod lots_tests;
#[cfg(test)]
mod migrations_tests;
mod names;
#[cfg(test)]
mod never_changes_tests;
mod organise;
mod originals;
#[cfg(test)]
mod pages_tests;
#[cfg(test)]
mod parents_tests;
mod period;
mod place_guard;
mod pointer;
mod post;
mod posting_claims;
mod reach;
mod read_routes;
mod reason;
#[cfg(test)]
mod recall_tests;
mod record;
mod room;
mod rotation;
mod run;
#[cfg(test)]
mod sales_tests;
mod save;
#[cfg(test)]
mod serials_tests;
mod service;
mod sight;
#[cfg(test)]
mod sight_tests;
mod site_state;
mod stood;
mod store_below;
mod store_broken;
mod store_claims;
mod store_costs;
mod store_digest;
mod store_gate;
mod store_months;
mod store_moves;
mod store_postings;
mod store_sales;
#[cfg(test)]
mod store_tests;
mod store_vault;
mod sums;
mod sweep;
#[cfg(test)]
mod testing;
mod told;
mod transfer;
mod unit;
#[cfg(test)]
mod units_tests;
mod upkeep;
mod valuation;
mod veil;
#[cfg(test)]
mod views_tests;
mod walk;
mod want;

pub use answer::{
    CLAIM_CHANGES_SHOWN_MAX, ClaimAnswer, ClaimChangeAnswer, ClaimTotalAnswer, EnteredAnswer, MovementAnswer,
    PlaceAnswer, PostingAnswer, SaleAnswer, WarningAnswer,
};
pub use as_of::{Moment, everything as on_hand_of_everything};
pub use backorder::bring as bring_backorder_rule;
pub use balance::bring_minimum;
pub use brought::Brought;
pub use compile::{HANDLE_CHARS_MAX, NOTE_CHARS_MAX};
pub use digest::{Anchor, Head, POSTINGS_BETWEEN, anchor, heads, last_of_state};
pub use document_routes::document_routes;
pub use home::{HOMES_PER_ITEM_MAX, bring_home};
pub use input::{
    AllocateInput, BulkInput, ClaimKind, CostInput, LINES_PER_BULK_MAX, LINES_PER_POSTING_MAX, LineInput,
    LotInput, POSTINGS_PER_BULK_MAX, PostInput, QtyInput, ReleaseInput, Request, RequestKey, ReserveInput,
    ReverseInput, SaleInput, Work,
};
pub use item_stock::{BalanceRow, ItemStock, SiteStock, available};
pub use ledger_page::{Followed, FollowedAfter, LedgerActor, LedgerEnd, LedgerRow, named_goods};
pub use loader::{Costing, HistoryLot, HistoryMovement, HistoryPosting, Loader, history_lots};
pub use organise::set_up_organisation;
pub use period::{Closing, PeriodShown, all as periods};
pub use post::read_posting;
pub use read_routes::read_routes;
pub use reason::{bring_reason, make_reasons, reason_of_list};
pub use room::bring::{RoomRule, bring_room_rule};
pub use service::{Staff, Vault, prepare, run_in};
pub use unit::decide::check_code as check_unit_code;
pub use upkeep::{JobRun, UpkeepReport, upkeep};
pub use valuation::worth_of_everything;

pub(crate) use post::submit as post_submit;

use axum::extract::FromRef;
use db::{Migration, MigrationSet};
use domain::Permission;
use web::{Reach, Routes, Unversioned};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 31] = [
    "stock.allocated",
    "stock.availability_changed",
    "stock.backorder_rule_set",
    "stock.capacity_set",
    "stock.claim_backordered",
    "stock.claim_broken",
    "stock.claim_covered",
    "stock.expired",
    "stock.homes_set",
    "stock.lot_changed",
    "stock.lot_held",
    "stock.lot_parent_set",
    "stock.lot_released",
    "stock.minimum_set",
    "stock.period_closed",
    "stock.period_reopened",
    "stock.posted",
    "stock.reason_changed",
    "stock.reason_created",
    "stock.released",
    "stock.reserved",
    "stock.reversed",
    "stock.transfer_allocated",
    "stock.transfer_cancelled",
    "stock.transfer_closed",
    "stock.transfer_created",
    "stock.transfer_expected",
    "stock.transfer_received",
    "stock.transfer_released",
    "stock.transfer_shipped",
    "stock.unit_moved",
];

/// The tables of the vault.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "stock",
    migrations: &[
        Migration { number: 1, name: "vault", text: include_str!("../migrations/0001_vault.sql") },
        Migration { number: 2, name: "reasons", text: include_str!("../migrations/0002_reasons.sql") },
        Migration { number: 3, name: "checks", text: include_str!("../migrations/0003_checks.sql") },
        Migration { number: 4, name: "reads", text: include_str!("../migrations/0004_reads.sql") },
        Migration { number: 5, name: "find", text: include_str!("../migrations/0005_find.sql") },
        Migration { number: 6, name: "pages", text: include_str!("../migrations/0006_pages.sql") },
        Migration { number: 7, name: "past", text: include_str!("../migrations/0007_past.sql") },
        Migration { number: 8, name: "low", text: include_str!("../migrations/0008_low.sql") },
        Migration { number: 9, name: "expiry", text: include_str!("../migrations/0009_expiry.sql") },
        Migration { number: 10, name: "since", text: include_str!("../migrations/0010_since.sql") },
        Migration { number: 11, name: "returns", text: include_str!("../migrations/0011_returns.sql") },
        Migration { number: 12, name: "backorder", text: include_str!("../migrations/0012_backorder.sql") },
        Migration { number: 13, name: "stood", text: include_str!("../migrations/0013_stood.sql") },
        Migration { number: 14, name: "held", text: include_str!("../migrations/0014_held.sql") },
        Migration { number: 15, name: "lost", text: include_str!("../migrations/0015_lost.sql") },
        Migration { number: 16, name: "parents", text: include_str!("../migrations/0016_parents.sql") },
        Migration { number: 17, name: "serials", text: include_str!("../migrations/0017_serials.sql") },
        Migration { number: 18, name: "ways", text: include_str!("../migrations/0018_ways.sql") },
        Migration { number: 19, name: "kept", text: include_str!("../migrations/0019_kept.sql") },
        Migration { number: 20, name: "checks", text: include_str!("../migrations/0020_checks.sql") },
        Migration { number: 21, name: "held", text: include_str!("../migrations/0021_held.sql") },
        Migration { number: 22, name: "emptied", text: include_str!("../migrations/0022_emptied.sql") },
        Migration { number: 23, name: "released", text: include_str!("../migrations/0023_released.sql") },
        Migration { number: 24, name: "layers", text: include_str!("../migrations/0024_layers.sql") },
        Migration { number: 25, name: "transfers", text: include_str!("../migrations/0025_transfers.sql") },
        Migration { number: 26, name: "made", text: include_str!("../migrations/0026_made.sql") },
        Migration {
            number: 27,
            name: "period_digest",
            text: include_str!("../migrations/0027_period_digest.sql"),
        },
        Migration { number: 28, name: "rooms", text: include_str!("../migrations/0028_rooms.sql") },
        Migration { number: 29, name: "minimums", text: include_str!("../migrations/0029_minimums.sql") },
        Migration { number: 30, name: "set_up", text: include_str!("../migrations/0030_set_up.sql") },
        Migration { number: 31, name: "in_use", text: include_str!("../migrations/0031_in_use.sql") },
        Migration { number: 32, name: "homes", text: include_str!("../migrations/0032_homes.sql") },
    ],
};

/// The routes that change stock, and those that show what they have done.
pub fn routes<S: web::State>() -> Routes<S>
where
    Vault: FromRef<S>,
{
    changes()
        .by_item()
        .add(Permission::StockRead, Reach::Filtered, web::routes!(item_stock::api::get_item_stock))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(ledger_page::api::list_ledger))
        .add_rows(Permission::StockRead, Reach::Named, web::routes!(ledger_page::api::get_posting))
}

/// The routes that change stock. The names that a request gives are resolved by what its caller reaches, item by item.
fn changes<S: web::State>() -> Routes<S>
where
    Vault: FromRef<S>,
{
    Routes::new("stock")
        .add(Permission::StockReceive, Reach::Named, web::routes!(post::api::receive_stock))
        .add(Permission::StockIssue, Reach::Named, web::routes!(post::api::issue_stock))
        .add(Permission::StockMove, Reach::Named, web::routes!(post::api::move_stock))
        .add(Permission::StockStatus, Reach::Named, web::routes!(post::api::set_stock_status))
        .add(Permission::StockAdjust, Reach::Named, web::routes!(post::api::adjust_stock))
        .add(Permission::StockReceive, Reach::Named, web::routes!(post::api::return_stock))
        .add(Permission::StockAdjust, Reach::Named, web::routes!(post::api::open_stock))
        .add(Permission::StockReceive, Reach::Named, web::routes!(post::api::produce_stock))
        .add(Permission::StockIssue, Reach::Named, web::routes!(post::api::consume_stock))
        .add_bulk(Permission::StockRead, Reach::Named, web::routes!(post::api::post_bulk))
        .add_unversioned(
            Permission::StockReverse,
            Reach::Named,
            Unversioned::Final,
            web::routes!(post::api::reverse_posting),
        )
        .add(Permission::StockClaim, Reach::Named, web::routes!(claim::api::reserve_stock))
        .add(Permission::StockClaim, Reach::Named, web::routes!(claim::api::reserve_together))
        .add(Permission::StockClaim, Reach::Named, web::routes!(claim::api::allocate_stock))
        .add_unversioned(
            Permission::StockClaim,
            Reach::Named,
            Unversioned::Amount,
            web::routes!(claim::api::release_reservation),
        )
        .add_unversioned(
            Permission::StockClaim,
            Reach::Named,
            Unversioned::Amount,
            web::routes!(claim::api::release_allocation),
        )
}
