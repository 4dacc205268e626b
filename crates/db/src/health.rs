//! Whether writes are possible. A failing disk turns the database read-only; a probe that
//! succeeds turns it back, without a restart.

use crate::error::DbError;
use std::sync::{Mutex, PoisonError};

/// Whether the database can be written.
#[derive(Clone, Debug, Default)]
pub enum Health {
    /// All is well.
    #[default]
    Good,
    /// Writes are refused with this error until a probe succeeds.
    ReadOnly(DbError),
}

/// The latch, shared by the writers and the doors.
#[derive(Debug)]
pub(crate) struct Latch {
    health: Mutex<Health>,
    /// Whether writes are refused at the door until a probe succeeds. A server is asked each time.
    refuses: bool,
}

impl Latch {
    pub(crate) fn new(refuses: bool) -> Latch {
        Latch { health: Mutex::default(), refuses }
    }

    pub(crate) fn get(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, health: Health) {
        match (&health, self.is_bad()) {
            (Health::Good, true) => tracing::info!("the database can be written again"),
            (Health::ReadOnly(error), false) => tracing::error!(%error, "the database cannot be written"),
            _ => {}
        }
        self.set_quietly(health);
    }

    /// As [`Latch::set`], when it is no news.
    pub(crate) fn set_quietly(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// The error with which a write is refused now, if any.
    pub(crate) fn refusal(&self) -> Option<DbError> {
        match self.get() {
            Health::ReadOnly(error) if self.refuses => Some(error),
            _ => None,
        }
    }

    /// Whether something was wrong the last time.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self.get(), Health::ReadOnly(_))
    }
}
