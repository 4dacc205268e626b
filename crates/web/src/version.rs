//! Optimistic versions: `ETag: "7"` out, `If-Match: "7"` in.

use crate::failure::Failure;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::{Code, Problem};

/// The version that the caller changes from: an extractor for every change of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfMatch {
    /// The one that was read.
    Version(i64),
    /// Whatever it is at, for a caller inside of the program who has shown nobody a version, such as
    /// the command line. No header says this.
    Any,
}

impl IfMatch {
    /// Refuses when the stored version is another one.
    ///
    /// # Errors
    /// `stale`.
    pub fn check(self, current: i64) -> Result<(), Problem> {
        match self {
            IfMatch::Any => Ok(()),
            IfMatch::Version(read) if read == current => Ok(()),
            IfMatch::Version(read) => {
                let detail =
                    format!("it is at version `{current}`, you changed version `{read}`: read it again");
                Err(Problem::new(Code::Stale, detail))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        let value = values.next().ok_or_else(|| {
            let detail = "send the `ETag` that you read as `If-Match`, so that no other change is lost";
            Problem::new(Code::VersionRequired, detail)
        })?;
        let version = value
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"'))
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        match (version, values.next()) {
            (Some(version), None) => Ok(IfMatch::Version(version)),
            _ => Err(Problem::new(
                Code::MalformedHeader,
                "`If-Match` is one version in quotes, such as `\"7\"`",
            )
            .into()),
        }
    }
}
