//! Files of records: images and documents that people attach to an item.
//!
//! A file is taken for what its content is, never for what it is called. Images are drawn anew, so that
//! nothing but pixels is kept of them; what can carry scripts is not taken. Bytes are kept under their hash, in a folder
//! beside the database or in a bucket of an S3-compatible store, and are there before anything refers to them.
//!
//! Not here: what an item is. A file belongs to a record of a kind, and the permission to see or change
//! it is that of its record.

mod attach;
mod bad;
mod blobs;
mod change;
mod claim;
mod content;
mod file;
mod files;
mod icc;
mod keep;
mod name;
mod picture;
mod record;
#[cfg(test)]
mod samples;
mod show;
mod store;
mod store_blobs;
#[cfg(test)]
mod store_tests;
mod sweep;
#[cfg(test)]
mod testing;

pub use blobs::{BadBucket, BlobError, BlobName, Blobs, Bucket, BucketSettings, Folder, Survey};
pub use file::{FILE_BYTES_MAX, FILES_PER_RECORD_MAX};
pub use files::{Files, Settings};
pub use keep::{Kept, kept, referred};
pub use picture::{PIXEL_BYTES_MAX, PIXELS_MAX, THUMBNAIL_SIDES};
pub use sweep::{SweepError, Swept, sweep};

use axum::extract::FromRef;
use domain::Permission::{CatalogRead, CatalogWrite};
use web::{Reach, Routes};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 3] = ["files.file_attached", "files.file_changed", "files.file_removed"];

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "files",
    migrations: &[db::Migration {
        number: 1,
        name: "first",
        text: include_str!("../migrations/0001_first.sql"),
    }],
};

/// The routes of this module. Items belong to no location, so the permission anywhere is enough to see
/// their files; to change them it has to be held everywhere, as for the items themselves.
pub fn routes<S: web::State>() -> Routes<S>
where
    Files: FromRef<S>,
{
    Routes::new("files")
        .add_upload(CatalogWrite, Reach::Everywhere, web::routes!(attach::api::attach_item_file))
        .add(CatalogRead, Reach::Whole, web::routes!(show::api::list_item_files))
        .add(CatalogRead, Reach::Whole, web::routes!(show::api::get_item_file))
        .add(CatalogRead, Reach::Whole, web::routes!(show::api::get_item_file_content))
        .add(CatalogRead, Reach::Whole, web::routes!(show::api::get_item_file_thumbnail))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(change::api::change_item_file))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(change::api::remove_item_file))
}
