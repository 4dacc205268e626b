//! What a cold command leaves behind besides its rows: a line in the audit log and an event.

use db::{AuditEntry, Tx};
use domain::Ctx;
use std::fmt::Display;

/// Writes a line of the audit log in the transaction of the change. `details` are values that are
/// no secret, such as what was before and after.
pub fn audit(tx: &mut Tx<'_>, ctx: &Ctx, action: &str, target: impl Display, details: &serde_json::Value) {
    tx.audit(AuditEntry {
        at: ctx.now.0,
        actor_id: ctx.actor.id.get(),
        actor_name: &ctx.actor.name,
        action,
        target: &target.to_string(),
        request_id: *ctx.request_id.as_bytes(),
        outcome: "done",
        details: details.to_string(),
    });
}
