//! Files that nobody came back to go, and with them what came of them. That something was imported stays in
//! the audit log.

use super::store;
use db::{Db, DbError};
use domain::Instant;

/// How long an import stays after it was last touched.
pub const KEPT_DAYS: i64 = 7;
const DAY_MICROS: i64 = 86_400_000_000;

/// Removes imports that were not touched for [`KEPT_DAYS`]; how many.
///
/// # Errors
/// Failures of the store.
pub fn forget(db: &Db, now: Instant) -> Result<usize, DbError> {
    let since = Instant(now.0.saturating_sub(KEPT_DAYS * DAY_MICROS));
    let old = db.read_blocking(|conn| store::old(conn, since))?;
    for import in &old {
        let import = *import;
        db.write_blocking(move |tx| match store::lock(tx, import)? {
            Some(found) if found.changed_at < since => store::remove(tx, import),
            _ => Ok(()),
        })?;
    }
    Ok(old.len())
}
