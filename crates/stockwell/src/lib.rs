//! The product: configuration, wiring, the server, and the command line.
//!
//! Not here: business rules. A command of the command line translates its arguments, calls one
//! function of a module, and prints what came out.

mod backup;
mod bench;
mod bundle;
mod carry;
pub mod cli;
pub mod clock;
mod commands;
pub mod config;
pub mod exit;
mod exports;
mod gauges;
pub mod ids;
mod interrupt;
mod key_file;
mod logging;
mod nightly;
pub mod out;
mod progress;
mod secret;
pub mod server;
mod store_backup;
mod store_files;
mod store_sizes;
mod training;
pub mod wiring;
mod worker;
