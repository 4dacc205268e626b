//! What a handler can fail with. A refusal is shown as it is; a fault of the store or of ours is
//! logged once, at the door, and shown without its inside.

use crate::problem;
use axum::response::{IntoResponse, Response};
use db::DbError;
use domain::{Code, Kind, Problem};
use std::borrow::Cow;
use uuid::Uuid;

/// The result of a handler.
pub type Result<T = crate::Answer> = std::result::Result<T, Failure>;

/// Why a handler gives no answer.
#[derive(Debug)]
pub enum Failure {
    /// A refusal that the caller can act on.
    Refused(Box<Problem>),
    /// A refusal for now, with the seconds after which to come again.
    Later(Box<Problem>, i64),
    /// A refusal whose reason a stranger is not told; the text is for the audit log and the log.
    Masked(Box<Problem>, Cow<'static, str>),
    /// The store failed.
    Store(DbError),
    /// Something that cannot be; the text is for the log only.
    Fault(Cow<'static, str>),
}

impl Failure {
    /// A fault of ours; the text goes to the log, never to the caller.
    pub fn fault(text: impl Into<Cow<'static, str>>) -> Failure {
        Failure::Fault(text.into())
    }

    /// The same failure seen from one level up: the pointers of a refusal get `prefix` in front.
    #[must_use]
    pub fn under(self, prefix: &str) -> Failure {
        match self {
            Failure::Refused(problem) => Failure::Refused(Box::new(problem.under(prefix))),
            Failure::Later(problem, seconds) => Failure::Later(Box::new(problem.under(prefix)), seconds),
            Failure::Masked(problem, why) => Failure::Masked(Box::new(problem.under(prefix)), why),
            fault @ (Failure::Store(_) | Failure::Fault(_)) => fault,
        }
    }

    /// Whether a person must look.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self.problem().kind(), Kind::Internal)
    }

    /// The answer.
    pub(crate) fn render(&self, request_id: Uuid) -> Response {
        let wait = if let Failure::Later(_, seconds) = self { Some(*seconds) } else { None };
        problem::response(&self.problem(), request_id, wait)
    }

    /// A refusal with a reason that only those learn who read the audit log.
    pub fn masked(problem: Problem, why: impl Into<Cow<'static, str>>) -> Failure {
        Failure::Masked(Box::new(problem), why.into())
    }

    /// Why, for the audit log.
    pub(crate) fn reason(&self) -> String {
        match self {
            Failure::Masked(_, why) => why.clone().into_owned(),
            _ => self.problem().detail.clone().into_owned(),
        }
    }

    /// What the caller is shown.
    pub fn problem(&self) -> Cow<'_, Problem> {
        match self {
            Failure::Refused(problem) | Failure::Later(problem, _) | Failure::Masked(problem, _) => {
                Cow::Borrowed(problem)
            }
            Failure::Store(error) => Cow::Owned(of_store(error)),
            Failure::Fault(_) => Cow::Owned(internal()),
        }
    }
}

/// What is shown of a fault of ours.
pub(crate) fn internal() -> Problem {
    Problem::new(Code::Internal, "the fault is in the log under the id of this request")
}

/// What is shown of a failure of the store.
fn of_store(error: &DbError) -> Problem {
    match error {
        DbError::Busy => Problem::new(Code::Busy, "too much is queued, come again shortly"),
        DbError::Contention | DbError::Retry { .. } => {
            Problem::new(Code::Busy, "others hold the same rows, come again shortly")
        }
        DbError::Timeout(_) => Problem::new(Code::Busy, "this took longer than it may, ask for less"),
        DbError::CommitUnknown => Problem::new(
            Code::Busy,
            "whether it was done is not known yet, ask again with the same idempotency key",
        ),
        DbError::Unavailable(_) | DbError::Io(_) => {
            Problem::new(Code::ReadOnly, "the store cannot be reached at the moment")
        }
        DbError::ReadOnly => Problem::new(Code::ReadOnly, "the store takes no writes at the moment"),
        DbError::Closed => Problem::new(Code::ShuttingDown, "the server is shutting down, ask another one"),
        DbError::StorageFull => Problem::new(
            Code::StorageFull,
            "nothing was done, and nothing will be until there is space again",
        ),
        DbError::OutOfRange(_) => Problem::new(
            Code::LimitExceeded,
            "with this a number of the books would become larger than they can hold; nothing was done",
        ),
        _ => internal(),
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Refused(Box::new(problem))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Failure::Store(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Fault(format!("an answer cannot be written as JSON: {error}").into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused(problem) | Failure::Later(problem, _) => problem.fmt(f),
            Failure::Masked(problem, why) => write!(f, "{problem} ({why})"),
            Failure::Store(error) => error.fmt(f),
            Failure::Fault(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// A failure on its way to the guard, which knows the request id and writes the answer.
#[derive(Clone, Debug)]
pub(crate) struct Carried(pub(crate) std::sync::Arc<Failure>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = problem::status(self.problem().code);
        response.extensions_mut().insert(Carried(std::sync::Arc::new(self)));
        response
    }
}
