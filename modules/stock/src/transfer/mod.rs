//! Two-step transfers: goods leave one site, are in transit, and arrive at another.
//!
//! A transfer has a transit location of its own, so what is on its way is on hand there and
//! nowhere else. Its row is locked before anything else of it, so two steps of one transfer never
//! run at once; its number comes from a counter in the transaction and has no gaps. Invariants:
//! `received + short <= shipped <= qty` for each line, and what the lines say is in transit is what
//! stands in the transit location.

pub(crate) mod api;
mod create;
pub(crate) mod decide;
pub(crate) mod list;
mod may;
mod parts;
mod record;
mod state;
mod steps;
pub(crate) mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_hold;
#[cfg(test)]
mod tests_may;
#[cfg(test)]
mod tests_races;
#[cfg(test)]
mod tests_record;
#[cfg(test)]
mod tests_waits;
mod wire;

use crate::reach;
use crate::record::{Change, change};
use crate::{gate, transfer::record::show};
use db::{Conn, DbError, Tx};
use domain::{Ctx, Problem};
pub(crate) use record::Transfer;
pub(crate) use record::TransferShown;
use serde_json::json;
use state::Step;
use web::{Caller, Failure, IfMatch, Scope};

pub(crate) use create::create;
#[cfg(test)]
pub(crate) use wire::{ExpectBody, NewTransfer, NewTransferLine, StepBody, StepLine};

pub(crate) use steps::{allocate, cancel, close, expect, receive, release, ship};

/// Holds a transfer, at the version that the caller read, for a step that its state allows.
fn open(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (number, version): (&str, IfMatch),
    step: Step,
) -> Result<Transfer, Failure> {
    gate::share(tx)?;
    let missing = || Problem::not_found("transfer", number);
    let transfer = store::lock(tx, number)?.ok_or_else(missing)?;
    if !reach::any(tx, &caller.scope, &[transfer.from_site, transfer.to_site])? {
        return Err(missing().into());
    }
    version.check(transfer.version)?;
    transfer.state.check(step)?;
    Ok(transfer)
}

/// Whether a transfer is within reach.
pub(crate) fn sees(conn: &mut Conn<'_>, scope: &Scope, number: &str) -> Result<bool, DbError> {
    match store::by_number(conn, number)? {
        Some(transfer) => may::Reader::new(scope).sees(conn, &transfer),
        None => Ok(false),
    }
}

/// A transfer as it is shown now.
fn shown(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<TransferShown, Failure> {
    let waiting = store::in_transit(tx, transfer)?;
    Ok(show(tx, transfer, &waiting)?)
}

/// The trace of a step, and the answer to it.
fn trace(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    transfer: &Transfer,
    action: &str,
    event: &str,
) -> Result<TransferShown, Failure> {
    let shown = shown(tx, transfer)?;
    let body = json!({ "transfer": serde_json::to_value(&shown)? });
    let (id, sites) = (transfer.id.to_string(), transfer.sites());
    let version = transfer.version;
    let made = Change { action, event, aggregate: "transfer", id: &id, version, sites: &sites };
    change(tx, ctx, &transfer.number, &made, &body);
    Ok(shown)
}
