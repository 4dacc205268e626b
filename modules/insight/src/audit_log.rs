//! A stretch of the audit log, to be checked elsewhere: whole rows, what erasures have written down of them, and the head
//! of the chain before them.

use crate::store_audit as store;
use db::audit::{START, Stored, Verified, erase::Erased};
use db::{Conn, DbError};
use domain::hex;
use serde::Deserialize;

/// What an erasure has written down of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The row.
    pub n: i64,
    /// Counts the times that something was erased of it, from 1.
    pub time: i64,
    /// The request of the row that tells of it.
    pub request_id: [u8; 16],
    /// The digest of the row as it was left.
    pub remains: [u8; 32],
}

/// What the row of an erasure tells of it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Told {
    /// How many rows texts were taken from.
    pub rows: i64,
    digest: String,
}

impl Told {
    /// Reads it from the details of the row; `None` when they tell nothing.
    pub fn read(details: &str) -> Option<Told> {
        serde_json::from_str(details).ok()
    }

    /// Whether that is what was written down.
    pub fn is_of(&self, found: &Erased) -> bool {
        self.rows == found.rows() && self.digest == hex::digits(&found.digest())
    }
}

/// The head before the first row at or after one instant, and the number of the last row before another, in microseconds.
/// Without rows in between it is that of the head.
///
/// # Errors
/// Failures of the store.
pub fn stretch(
    conn: &mut Conn<'_>,
    (from, until): (Option<i64>, Option<i64>),
) -> Result<(Verified, i64), DbError> {
    let (first, last) = store::ends(conn, from, until)?;
    // nothing at or after `from`: the stretch is empty, behind the end
    let before = match (first, from) {
        (Some(first), _) => first.saturating_sub(1),
        (None, None) => 0,
        (None, Some(_)) => store::end(conn)?,
    };
    let hash = if before == 0 { START.hash } else { store::hash_at(conn, before)? };
    Ok((Verified { n: before, hash }, last.unwrap_or(0).max(before)))
}

/// The next rows behind one and up to another, and what erasures have written down of them, in order.
///
/// # Errors
/// Failures of the store.
pub fn page(
    conn: &mut Conn<'_>,
    (after, last): (i64, i64),
    limit: i64,
) -> Result<(Vec<Stored>, Vec<Written>), DbError> {
    let rows = store::rows(conn, after, last, limit)?;
    let end = rows.last().map_or(after, |row| row.n);
    let written = store::written(conn, after, end)?;
    Ok((rows, written))
}
