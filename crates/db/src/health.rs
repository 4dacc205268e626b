//! Whether writes are possible. A failing disk turns the database read-only; a probe that
//! succeeds turns it back, without a restart.

use crate::error::DbError;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a server may owe the answer to a question that takes milliseconds, before it is taken for
/// unavailable: it may stand still without closing a connection.
const SILENCE_MAX: Duration = Duration::from_secs(5);

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
    /// Since when a server has owed an answer, and has given nobody another one.
    asked: Mutex<Option<Instant>>,
}

impl Latch {
    pub(crate) fn new(refuses: bool) -> Latch {
        Latch { health: Mutex::default(), refuses, asked: Mutex::default() }
    }

    pub(crate) fn get(&self) -> Health {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match health {
            Health::Good if self.is_silent() => {
                let seconds = SILENCE_MAX.as_secs();
                let why = format!("the server has not answered for more than {seconds} seconds");
                Health::ReadOnly(DbError::Unavailable(why.into()))
            }
            health => health,
        }
    }

    /// A server is asked something that takes it milliseconds.
    pub(crate) fn asks(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The server has answered, or the connection to it is lost, which is told by itself.
    pub(crate) fn answered(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The server has answered somebody else: it is not silent, however long it takes for what it was asked.
    pub(crate) fn heard(&self) {
        if let Some(asked) = self.asked.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            *asked = Instant::now();
        }
    }

    fn is_silent(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() > SILENCE_MAX)
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

    /// Whether something was wrong the last time. Silence is not meant: who asks has just heard something.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(*self.health.lock().unwrap_or_else(PoisonError::into_inner), Health::ReadOnly(_))
    }
}
