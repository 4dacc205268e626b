//! Files in and out: what other systems wrote is read, judged and turned into documents.

pub mod export;
pub mod import_year;
pub mod online_retail;
#[cfg(test)]
mod testing;

/// The schema of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "exchange",
    migrations: &[
        db::Migration { number: 1, name: "import", text: include_str!("../migrations/0001_import.sql") },
        db::Migration { number: 2, name: "sales", text: include_str!("../migrations/0002_sales.sql") },
    ],
};
