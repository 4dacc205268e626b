//! Setting up the organisation: the currency of the books, their zone, and how stock is valued.
//!
//! The rows are those of `places`; that nothing was posted yet is known here. Every posting rests
//! on these settings, so they change once, behind the gate, and never after the first posting.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::gate;
use db::Tx;
use domain::{Code, Ctx, Problem};
use places::{Organisation, SetUp};
use web::Failure;

/// Sets the organisation up, once, before the first posting.
///
/// # Errors
/// `already_set_up`; `invalid_value`.
pub fn set_up_organisation(tx: &mut Tx<'_>, ctx: &Ctx, command: &SetUp) -> Result<Organisation, Failure> {
    gate::hold(tx)?;
    if store::any_posting(tx)? {
        let detail = "goods were posted already, and the books stay in the currency, the zone and the \
                      valuation that they began with; begin with a fresh database";
        return Err(Problem::new(Code::AlreadySetUp, detail).into());
    }
    places::set_up(tx, ctx, command)
}
