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
#[derive(Debug, Default)]
pub(crate) struct Latch(Mutex<Health>);

impl Latch {
    pub(crate) fn get(&self) -> Health {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, health: Health) {
        match &health {
            Health::Good => tracing::info!("the database can be written again"),
            Health::ReadOnly(error) => tracing::error!(%error, "the database is read-only"),
        }
        self.set_quietly(health);
    }

    /// As [`Latch::set`], when it is no news.
    pub(crate) fn set_quietly(&self, health: Health) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// The error with which a write is refused now, if any.
    pub(crate) fn refusal(&self) -> Option<DbError> {
        match self.get() {
            Health::Good => None,
            Health::ReadOnly(error) => Some(error),
        }
    }
}
