//! Files of records: images and documents that people attach to an item.
//!
//! A file is taken for what its content is, never for what it is called. Images are drawn anew, so that
//! nothing but pixels is kept of them; what can carry scripts is not taken.

mod bad;
mod claim;
mod content;
mod icc;
mod name;
mod picture;
#[cfg(test)]
mod samples;

pub use bad::{BadFile, Unread};
pub use claim::Claim;
pub use content::{Claims, recognise};
pub use name::FileName;
pub use picture::{PIXEL_BYTES_MAX, PIXELS_MAX, Picture, THUMBNAIL_SIDES};
