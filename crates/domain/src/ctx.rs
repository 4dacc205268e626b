//! What every command is given: who acts, what time it is, where new ids come from.

use crate::id::PrincipalId;
use crate::when::Instant;
use std::fmt;
use uuid::Uuid;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The principal (a user or an API key).
    pub id: PrincipalId,
    /// Its name at the time, for audit rows and events.
    pub name: String,
}

/// A source of new ids; the product's makes `UUIDv7` from its clock and a random source, a test's
/// counts.
pub trait Ids: Send + Sync {
    /// A new id, never given out before, and not below an earlier one of this process.
    fn next(&self) -> Uuid;
}

/// The context of a command. Passed first after the transaction, never global.
#[derive(Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The time at the door.
    pub now: Instant,
    /// Where new ids come from.
    pub ids: std::sync::Arc<dyn Ids>,
    /// The id of the request, for logs and problem answers.
    pub request_id: Uuid,
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("actor", &self.actor)
            .field("now", &self.now)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
