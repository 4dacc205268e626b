//! What every change of access leaves behind: an audit row, an event, and a word to every process.

use crate::store;
use db::{DbError, NewEvent, Tx};
use domain::Ctx;
use serde_json::{Value, json};

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
        let target = format!("{}:{}", self.kind, self.handle);
        web::audit(tx, ctx, self.action, target, details);
        let body = json!({ "id": self.id, "handle": self.handle, "details": details });
        tx.emit(NewEvent {
            id: ctx.ids.next().into_bytes(),
            kind: self.event,
            aggregate_type: &format!("access.{}", self.kind),
            aggregate_id: &self.id.to_string(),
            aggregate_seq: self.version,
            recorded_at: ctx.now.0,
            sites: &[],
            payload: body.to_string(),
        });
        store::next_generation(tx)
    }
}
