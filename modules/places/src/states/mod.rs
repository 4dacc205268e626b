//! How far a site is on its way into use, and who took it there, when, why, and despite what.
//!
//! Not here: what a state means for stock, and whether a site may go into it. Invariant: what is told last of
//! a site is the state that it has; one of which nothing is told has always been live.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::change::decide::touch;
use crate::location::Location;
use crate::record::{self, Change};
use crate::{code, find, store, store_states};
use db::{Conn, DbError, Tx};
use domain::{Ctx, Instant, LocationKind, Problem, SiteId, SiteState};
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;
use web::{Failure, Reached};

/// A state that a site went into, or began as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct StateShown {
    /// The version that the site had after it.
    pub(crate) version: i64,
    /// `set_up`, `pilot` or `live`.
    #[schema(value_type = String)]
    pub(crate) state: SiteState,
    /// Why; null for what the site began as.
    pub(crate) reason: Option<String>,
    /// What it lacked then, and somebody went on without.
    pub(crate) despite: Vec<String>,
    /// Who did it.
    pub(crate) actor: StateSetBy,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Instant,
}

/// Who took a site into a state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct StateSetBy {
    /// The principal.
    pub(crate) id: i64,
    /// The name at the time.
    pub(crate) name: String,
}

/// The states of a site within reach below a version, the latest first.
pub(crate) fn states(
    conn: &mut Conn<'_>,
    reached: Reached<'_>,
    code: &str,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<StateShown>, Failure> {
    let missing = || Problem::not_found("site", code);
    let found = find::location(conn, reached, code)?.filter(|found| found.kind == LocationKind::Site);
    let found = found.ok_or_else(missing)?;
    let rows = store_states::list(conn, found.site_id, below.unwrap_or(i64::MAX), limit)?;
    let shown = rows.into_iter().map(|row| StateShown {
        version: row.version,
        state: row.state,
        reason: row.reason,
        despite: row.despite,
        actor: StateSetBy { id: row.actor_id, name: row.actor_name },
        at: row.at,
    });
    Ok(shown.collect())
}

/// Takes a site into a state, for a reason, despite what it lacks. Whether it may go there was asked before.
pub fn set_site_state(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: SiteId,
    to: SiteState,
    (reason, despite): (&str, &[&str]),
) -> Result<(), Failure> {
    let reason = code::name(reason, "/reason")?;
    let mut location = store::lock(tx, site.root())?.ok_or_else(|| Problem::not_found("site", site.get()))?;
    let from = location.state;
    location.state = Some(to);
    touch(&mut location, ctx.now);
    store::update(tx, &location)?;
    store_states::set(tx, site, to)?;
    store_states::add(tx, ctx, (site, location.version, to), Some(&reason), despite)?;
    let change = Change {
        action: "places.site.state",
        event: "places.site_state_set",
        fields: &["state"],
        left: SiteId::NONE,
    };
    let what = json!({ "from": from, "to": to, "reason": reason, "despite": despite });
    record::change_of(tx, ctx, &location, &change, Map::from_iter([("state".to_owned(), what)]))
}

/// How many places are in use below a site, handling units not among them.
pub fn places_in_use(conn: &mut Conn<'_>, site: SiteId) -> Result<i64, DbError> {
    store_states::places(conn, site)
}

/// Notes what a new site began as. Sites were live before there were states, so that one says nothing.
pub(crate) fn began(tx: &mut Tx<'_>, ctx: &Ctx, site: &Location) -> Result<(), Failure> {
    match site.state {
        None | Some(SiteState::Live) => Ok(()),
        Some(state) => Ok(store_states::add(tx, ctx, (site.site_id, site.version, state), None, &[])?),
    }
}
