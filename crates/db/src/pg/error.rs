//! Names of PostgreSQL's failures, so that both engines refuse in the same words.

use crate::error::DbError;
use std::sync::Arc;

/// What a retryable lock timeout says.
pub(crate) const LOCK_TIMEOUT: &str = "a row was locked for too long";

/// Names a failure of the driver or of the server.
pub(crate) fn from_driver(error: &tokio_postgres::Error, statement: &'static str) -> DbError {
    let Some(server) = error.as_db_error() else {
        return if error.is_closed() || is_io(error) {
            DbError::Unavailable(chain(error).into())
        } else {
            DbError::Engine { statement, code: "client".into(), message: chain(error).into() }
        };
    };
    let constraint = || Arc::<str>::from(server.constraint().unwrap_or_default());
    match server.code().code() {
        "40001" => DbError::Retry("serialization failure"),
        "40P01" => DbError::Retry("deadlock"),
        "55P03" => DbError::Retry(LOCK_TIMEOUT),
        "57014" => DbError::Timeout(statement),
        "23505" => DbError::Unique(constraint()),
        "23503" => DbError::ForeignKey(constraint()),
        "23514" => DbError::Check(constraint()),
        "23502" => DbError::NotNull(server.column().unwrap_or_default().into()),
        "22003" => DbError::OutOfRange(statement),
        "P0001" => DbError::Raised(server.message().into()),
        "53100" => DbError::StorageFull,
        "58030" => DbError::Io(server.message().into()),
        "25006" => DbError::ReadOnly,
        code if code.starts_with("08")
            || code.starts_with("57P")
            || matches!(code, "53300" | "25P03" | "28P01" | "28000" | "3D000") =>
        {
            DbError::Unavailable(server.message().into())
        }
        code => DbError::Engine { statement, code: code.into(), message: server.message().into() },
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// What it says, with its cause.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
