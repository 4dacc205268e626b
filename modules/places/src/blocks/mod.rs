//! Who blocked a location and who opened it again, when and why. It is written with the change itself, so that it
//! is told of a location whatever its code becomes; what stands above it has a history of its own.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::{find, store_blocks};
use db::Conn;
use domain::{Instant, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, Scope};

/// A block of a location, or its opening.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BlockShown {
    /// The version that the location had after it.
    pub(crate) version: i64,
    /// `blocked`, also when only the reason became another one; or `opened`.
    pub(crate) state: &'static str,
    /// Why it was blocked; or why it was opened, null where nobody said.
    pub(crate) reason: Option<String>,
    /// Who did it.
    pub(crate) actor: BlockedBy,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Instant,
}

/// Who blocked or opened a location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BlockedBy {
    /// The principal.
    pub(crate) id: i64,
    /// The name at the time.
    pub(crate) name: String,
}

/// The blocks and openings of a location within reach below a version, the latest first.
pub(crate) fn blocks(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: &str,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<BlockShown>, Failure> {
    let found = find::location(conn, scope.reached(), code)?;
    let found = found.ok_or_else(|| Problem::not_found("location", code))?;
    let rows = store_blocks::list(conn, found.id, below.unwrap_or(i64::MAX), limit)?;
    let shown = rows.into_iter().map(|row| BlockShown {
        version: row.version,
        state: if row.reason.is_some() { "blocked" } else { "opened" },
        reason: row.reason.or(row.opened_for),
        actor: BlockedBy { id: row.actor_id, name: row.actor_name },
        at: row.at,
    });
    Ok(shown.collect())
}
