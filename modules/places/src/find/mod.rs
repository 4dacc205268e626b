//! Find locations: by code, or page by page. What the caller does not reach does not exist.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::location::Location;
use crate::{code, facts, store};
use db::{Conn, DbError};
use domain::{Code, Problem};
use web::{Failure, Reached};

/// The location of a code, when there is one within reach.
pub fn location(conn: &mut Conn<'_>, reached: Reached<'_>, code: &str) -> Result<Option<Location>, DbError> {
    let Some(key) = code::key(code) else { return Ok(None) };
    match store::by_code(conn, &key)? {
        Some(found) if reaches(conn, reached, &found)? => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// The location that a field of a body names. Out of reach and not there are the same answer, so
/// that nobody learns of places that are not theirs.
pub(crate) fn named(
    conn: &mut Conn<'_>,
    reached: Reached<'_>,
    code: &str,
    pointer: &str,
) -> Result<Location, Failure> {
    location(conn, reached, code)?.ok_or_else(|| {
        Problem::at(Code::UnknownLocation, pointer, format!("there is no location `{code}`")).into()
    })
}

/// Whether a location is within reach.
fn reaches(conn: &mut Conn<'_>, reached: Reached<'_>, location: &Location) -> Result<bool, DbError> {
    match reached {
        Reached::All => Ok(true),
        Reached::Within(roots) => facts::within(conn, location.id, roots),
    }
}
