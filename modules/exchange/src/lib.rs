//! Files in and out: what other systems wrote is read, judged and turned into documents.

pub mod bring;
mod customers;
pub mod export;
pub mod import_year;
pub mod imports;
pub mod online_retail;
pub mod privacy;
pub mod table;
#[cfg(test)]
mod testing;

use axum::extract::FromRef;
use domain::Permission;
use imports::Imports;
use web::{Reach, Routes, Unversioned};

/// The schema of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "exchange",
    migrations: &[
        db::Migration { number: 1, name: "import", text: include_str!("../migrations/0001_import.sql") },
        db::Migration { number: 2, name: "sales", text: include_str!("../migrations/0002_sales.sql") },
        db::Migration {
            number: 3,
            name: "customers",
            text: include_str!("../migrations/0003_customers.sql"),
        },
        db::Migration { number: 4, name: "lists", text: include_str!("../migrations/0004_lists.sql") },
        db::Migration { number: 5, name: "imports", text: include_str!("../migrations/0005_imports.sql") },
        db::Migration { number: 6, name: "trade", text: include_str!("../migrations/0006_trade.sql") },
        db::Migration {
            number: 7,
            name: "lists_more",
            text: include_str!("../migrations/0007_lists_more.sql"),
        },
        db::Migration {
            number: 8,
            name: "location_types",
            text: include_str!("../migrations/0008_location_types.sql"),
        },
        db::Migration { number: 9, name: "postings", text: include_str!("../migrations/0009_postings.sql") },
        db::Migration { number: 10, name: "sites", text: include_str!("../migrations/0010_sites.sql") },
        db::Migration { number: 11, name: "homes", text: include_str!("../migrations/0011_homes.sql") },
        db::Migration { number: 12, name: "levels", text: include_str!("../migrations/0012_levels.sql") },
    ],
};

/// The routes of customers and of exports. None of them changes anything. What is in a list needs its own
/// permission besides.
pub fn routes<S: web::State>() -> Routes<S> {
    Routes::new("exchange")
        .add(Permission::StockRead, Reach::Filtered, web::routes!(customers::api::list_customers))
        .add(Permission::StockRead, Reach::Named, web::routes!(customers::api::get_customer))
        .add(Permission::StockRead, Reach::Named, web::routes!(customers::api::list_customer_ledger))
        .add(Permission::ExportsRead, Reach::Everywhere, web::routes!(export::api::list_exports))
        .add(Permission::ExportsRead, Reach::Everywhere, web::routes!(export::api::get_export))
}

/// The routes of imports. Each list needs its own permission besides, which is asked for when a file is sent and
/// when it is run.
pub fn import_routes<S: web::State>() -> Routes<S>
where
    Imports: FromRef<S>,
{
    let run = Permission::ImportsRun;
    Routes::new("exchange")
        .add_upload(run, Reach::Whole, web::routes!(imports::api::send_import))
        .add(run, Reach::Whole, web::routes!(imports::api::list_imports))
        .add(run, Reach::Whole, web::routes!(imports::api::get_import))
        .add(run, Reach::Whole, web::routes!(imports::api::say_import_columns))
        .add(run, Reach::Whole, web::routes!(imports::api::run_import))
        .add_unversioned(run, Reach::Whole, Unversioned::Ending, web::routes!(imports::api::stop_import))
        .add(run, Reach::Whole, web::routes!(imports::api::get_import_refused))
        .add(run, Reach::Whole, web::routes!(imports::api::remove_import))
}
