//! The routes that read the vault. None of them passes the queue of writes.

use crate::{availability, balance, claim, level, lot, posting_claims, rotation, sums, valuation};
use domain::Permission;
use web::{Reach, Routes};

/// The routes that read stock and its history.
pub fn read_routes<S: web::State>() -> Routes<S> {
    Routes::new("stock")
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(level::api::list_stock))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(sums::api::list_stock_sums))
        .add(Permission::StockRead, Reach::Filtered, web::routes!(availability::api::get_item_availability))
        .add_rows(
            Permission::StockRead,
            Reach::Filtered,
            web::routes!(availability::list_api::list_availability),
        )
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(balance::api::list_balance))
        .add(Permission::StockRead, Reach::Named, web::routes!(balance::api::get_minimum))
        .add(Permission::StockRead, Reach::Named, web::routes!(rotation::api::list_rotation))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(claim::find_api::list_reservations))
        .add_rows(Permission::StockRead, Reach::Named, web::routes!(claim::find_api::get_reservation))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(claim::find_api::list_allocations))
        .add_rows(Permission::StockRead, Reach::Named, web::routes!(claim::find_api::get_allocation))
        .add_rows(
            Permission::StockRead,
            Reach::Filtered,
            web::routes!(posting_claims::api::list_posting_claims),
        )
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(lot::find_api::list_lots))
        .add(Permission::StockRead, Reach::Named, web::routes!(lot::find_api::get_lot))
        .add_rows(Permission::CostRead, Reach::Filtered, web::routes!(valuation::api::list_valuation))
        .add(Permission::CostRead, Reach::Filtered, web::routes!(valuation::api::get_valuation_totals))
}
