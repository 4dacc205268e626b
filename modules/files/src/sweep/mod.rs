//! Takes bytes away that nothing refers to, and what was left in quarantine. Safe against whoever attaches
//! the same bytes meanwhile: they are marked as leaving in a transaction that holds their row and asks who
//! refers to it, and whoever wants marked bytes puts them anew under a number of their own. So what is taken
//! away is never what somebody has come to refer to, on however many servers.

#[cfg(test)]
mod tests;

use crate::attach::GRACE_HOURS;
use crate::blobs::{BlobError, BlobName, Hash};
use crate::files::Files;
use crate::store_blobs;
use db::{Db, DbError};
use domain::Instant;
use std::time::Duration;

/// What a sweep has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Bytes that were taken away, by hash.
    pub blobs: u64,
    /// Files that were taken from quarantine.
    pub quarantined: u64,
}

/// Why a sweep ended early; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] DbError),
    /// The folder or the bucket failed.
    #[error("the files cannot be swept: {0}")]
    Blobs(#[from] BlobError),
}

/// Sweeps everything once. Blocking.
///
/// # Errors
/// When the database, the folder or the bucket fail; what was begun is finished by the next sweep.
pub fn sweep(db: &Db, files: &Files, now: Instant) -> Result<Swept, SweepError> {
    let blobs = files.blobs();
    let since_1970 = Duration::from_micros(u64::try_from(now.0).unwrap_or_default());
    let grace = Duration::from_hours(u64::try_from(GRACE_HOURS).unwrap_or_default());
    let mut swept =
        Swept { blobs: 0, quarantined: blobs.clear_quarantine(since_1970, grace).map_err(BlobError::Io)? };
    let mut after: Hash = [0; 32];
    loop {
        let (leaving, last) = mark(db, now, after)?;
        for name in &leaving {
            blobs.remove(name)?;
            swept.blobs += 1;
        }
        forget(db, leaving)?;
        match last {
            Some(last) => after = last,
            None => return Ok(swept),
        }
    }
}

fn mark(db: &Db, now: Instant, after: Hash) -> Result<(Vec<BlobName>, Option<Hash>), DbError> {
    db.write_blocking(move |tx| store_blobs::leave(tx, now, &after))
}

fn forget(db: &Db, names: Vec<BlobName>) -> Result<(), DbError> {
    if names.is_empty() {
        return Ok(());
    }
    db.write_blocking(move |tx| names.iter().try_for_each(|name| store_blobs::gone(tx, name)))
}
