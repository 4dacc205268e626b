//! What can go wrong below the business. Every error can be cloned, because the failure of one
//! commit is the answer to every command that was in it. Constraint names are the same on both
//! engines as far as SQLite tells them.

use std::sync::Arc;

/// A failure of the database or of its use.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The queue is full. Nothing was done; try again shortly.
    #[error("the database has too much queued, try again shortly")]
    Busy,
    /// The disk is full. Nothing was done; writes are refused until there is space again.
    #[error("the disk of the database is full, free some space: writes resume by themselves")]
    StorageFull,
    /// The disk failed. Nothing was done; writes are refused until a probe succeeds.
    #[error("the disk of the database failed: {0}")]
    Io(Arc<str>),
    /// A write on a database that was opened for reading only.
    #[error("the database is open for reading only")]
    ReadOnly,
    /// Others held the same rows for too long, or the engine asked for a repetition too often.
    #[error("the rows are locked by others, try again shortly")]
    Contention,
    /// A statement or a read snapshot took longer than it may.
    #[error("the statement `{0}` took longer than it may")]
    Timeout(&'static str),
    /// The connection was lost while committing: whether the transaction took place is found out
    /// by its idempotency row, never guessed.
    #[error("the connection was lost during commit, ask again with the same idempotency key")]
    CommitUnknown,
    /// A unique constraint or index refused the row.
    #[error("the unique constraint `{0}` refused the row")]
    Unique(Arc<str>),
    /// A foreign key refused the row. SQLite does not tell which: the name is then empty.
    #[error("the foreign key `{0}` refused the row")]
    ForeignKey(Arc<str>),
    /// A check constraint refused the row.
    #[error("the check constraint `{0}` refused the row")]
    Check(Arc<str>),
    /// A column that must not be null was given none.
    #[error("the column `{0}` must not be null")]
    NotNull(Arc<str>),
    /// A number became larger than a column or a sum can hold.
    #[error("a number in the statement `{0}` is out of range")]
    OutOfRange(&'static str),
    /// A trigger refused, with its message.
    #[error("the database refused: {0}")]
    Raised(Arc<str>),
    /// A statement that must find a row found none.
    #[error("the statement `{0}` found no row")]
    NoRow(&'static str),
    /// A column does not hold what the code expects of it.
    #[error("column {column} is not {wanted}")]
    Column {
        /// Which column, from zero.
        column: usize,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The transaction is to be run again from its beginning. A closure asks for it by
    /// [`Tx::again`](crate::Tx::again), which also tells the writer; the caller sees
    /// [`DbError::Contention`] when repetition does not help.
    #[error("the transaction has to be repeated: {0}")]
    #[non_exhaustive]
    Retry(&'static str),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unavailable(Arc<str>),
    /// The database cannot be opened or migrated as it is; the text says what to do.
    #[error("{0}")]
    Refused(Arc<str>),
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// Any other failure of the engine.
    #[error("the statement `{statement}` failed: {message} ({code})")]
    Engine {
        /// The statement's name.
        statement: &'static str,
        /// The engine's own code.
        code: Arc<str>,
        /// The engine's own message.
        message: Arc<str>,
    },
    /// A mistake in our own code, for instance a panic in a closure.
    #[error("internal error: {0}")]
    Internal(Arc<str>),
}

impl DbError {
    /// Whether the whole transaction may succeed when it is run again.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, DbError::Contention | DbError::Retry(_))
    }

    /// Whether this is the named unique constraint (or index).
    pub fn is_unique(&self, name: &str) -> bool {
        matches!(self, DbError::Unique(constraint) if **constraint == *name)
    }

    /// Whether this is the named check constraint.
    pub fn is_check(&self, name: &str) -> bool {
        matches!(self, DbError::Check(constraint) if **constraint == *name)
    }

    /// Whether the disk is at fault, so that the database turns read-only for a while.
    pub(crate) const fn is_storage(&self) -> bool {
        matches!(self, DbError::StorageFull | DbError::Io(_))
    }

    pub(crate) fn refused(text: impl Into<String>) -> DbError {
        DbError::Refused(text.into().into())
    }

    pub(crate) fn internal(text: impl Into<String>) -> DbError {
        DbError::Internal(text.into().into())
    }

    /// From what a panic carries.
    pub(crate) fn panic(payload: &(dyn std::any::Any + Send)) -> DbError {
        let text = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic".to_owned());
        DbError::internal(format!("panic in a transaction: {text}"))
    }
}
