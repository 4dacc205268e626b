//! The pages: what people see in a browser. They are made of the components of [`kit`], ask the doors of the API for
//! all that they show, and send to them all that is done.
//!
//! Invariant: nothing here decides anything about stock, rights or records. A page is refused what its reader is.

#![expect(clippy::needless_pass_by_value, reason = "markup is handed over whole, as it is made")]
#![expect(clippy::struct_field_names, reason = "what is read of an answer is called as the API calls it")]

mod account;
pub mod assets;
pub mod cx;
pub mod format;
pub mod forms;
mod home;
mod items;
pub mod kit;
mod kit_page;
pub mod look;
mod lots;
mod people;
mod places;
mod refusals;
mod sign_in;
pub mod words;

pub use refusals::Refusals;
pub use sign_in::Ways;

use web::{Routes, State};

/// The routes of all pages.
pub fn routes<S: State>() -> Routes<S> {
    home::routes()
        .and(sign_in::routes())
        .and(items::routes())
        .and(lots::routes())
        .and(people::routes())
        .and(account::routes())
        .and(places::routes())
}
