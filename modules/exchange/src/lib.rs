//! Files in and out: what other systems wrote is read, judged and turned into documents.

pub mod import_year;
pub mod online_retail;
