//! What every change of access leaves behind: an audit row, an event, and a word to every process.

use crate::store;
use db::{DbError, Tx};
use domain::Ctx;
use serde_json::{Value, json};
use web::RecordChange;

/// What changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    /// The action for the audit log, such as `access.user.create`.
    pub(crate) action: &'a str,
    /// The event, such as `access.user_created`.
    pub(crate) event: &'a str,
    /// `user`, `role` or `key`.
    pub(crate) kind: &'a str,
    /// Its handle, for people.
    pub(crate) handle: &'a str,
    /// Its id.
    pub(crate) id: i64,
    /// Its version after the change, which counts its events.
    pub(crate) version: i64,
}

impl Change<'_> {
    /// Records it; `details` hold no secret. Called last in a command.
    pub(crate) fn record(&self, tx: &mut Tx<'_>, ctx: &Ctx, details: &Value) -> Result<(), DbError> {
        let change = RecordChange {
            action: self.action,
            event: self.event,
            target: &format!("{}:{}", self.kind, self.handle),
            aggregate_type: &format!("access.{}", self.kind),
            aggregate_id: &self.id.to_string(),
            version: self.version,
            at: ctx.now,
            sites: &[],
        };
        let body = json!({ "id": self.id, "handle": self.handle, "details": details });
        web::record_change(tx, ctx, &change, &body);
        store::next_generation(tx)
    }
}
