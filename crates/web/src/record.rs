//! What a cold command leaves behind besides its rows: a line in the audit log, and for the change of
//! a record an event. Invariant: the event of a change carries what its audit row carries, byte for
//! byte, so `verify` finds the one by the other.

use db::{AuditEntry, NewEvent, Tx};
use domain::{Ctx, Instant};
use serde_json::Value;
use std::fmt::Display;

/// Writes a line of the audit log in the transaction of the change. `details` are values that are
/// no secret, such as what was before and after.
pub fn audit(tx: &mut Tx<'_>, ctx: &Ctx, action: &str, target: impl Display, details: &Value) {
    entry(tx, ctx, action, &target.to_string(), details.to_string());
}

/// A change of a record.
#[derive(Clone, Copy, Debug)]
pub struct RecordChange<'a> {
    /// The audited action, such as `catalog.item.create`.
    pub action: &'a str,
    /// The event, such as `catalog.item_created`.
    pub event: &'a str,
    /// The record by its name for people, as the audit log has it.
    pub target: &'a str,
    /// The kind of record.
    pub aggregate_type: &'a str,
    /// The record by its id.
    pub aggregate_id: &'a str,
    /// Its version after the change, which counts its events.
    pub version: i64,
    /// When; never before an earlier change of the same record.
    pub at: Instant,
    /// The sites that it concerns; empty when it concerns none in particular.
    pub sites: &'a [i64],
}

/// Writes the audit row and the event of a change, in its transaction. Both carry the body, which
/// holds no secret.
pub fn record_change(tx: &mut Tx<'_>, ctx: &Ctx, change: &RecordChange<'_>, body: &Value) {
    let RecordChange { action, event, target, aggregate_type, aggregate_id, version, at, sites } = *change;
    let body = body.to_string();
    entry(tx, ctx, action, target, body.clone());
    tx.emit(NewEvent {
        id: *ctx.ids.next().as_bytes(),
        kind: event,
        aggregate_type,
        aggregate_id,
        aggregate_seq: version,
        recorded_at: at.0,
        sites,
        payload: body,
    });
}

fn entry(tx: &mut Tx<'_>, ctx: &Ctx, action: &str, target: &str, details: String) {
    tx.audit(AuditEntry {
        at: ctx.now.0,
        actor_id: ctx.actor.id.get(),
        actor_name: &ctx.actor.name,
        action,
        target,
        request_id: *ctx.request_id.as_bytes(),
        outcome: "done",
        details,
    });
}
