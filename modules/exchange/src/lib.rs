//! Files in and out: what other systems wrote is read, judged and turned into documents.

pub mod bring;
mod customers;
pub mod export;
pub mod import_year;
pub mod online_retail;
pub mod table;
#[cfg(test)]
mod testing;

use domain::Permission;
use web::{Reach, Routes};

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
    ],
};

/// The routes of this module. None of them changes anything.
pub fn routes<S: web::State>() -> Routes<S> {
    Routes::new("exchange")
        .add(Permission::StockRead, Reach::Filtered, web::routes!(customers::api::list_customers))
        .add(Permission::StockRead, Reach::Named, web::routes!(customers::api::get_customer))
        .add(Permission::StockRead, Reach::Named, web::routes!(customers::api::list_customer_ledger))
}
