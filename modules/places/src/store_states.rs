//! The statements of the states of sites.

use crate::store::state;
use db::{Conn, DbError, Statement, Tx};
use domain::{Ctx, Instant, SiteId, SiteState};

const SET: Statement =
    Statement::new("places.site_state.set", "update places_site set state = ?2 where id = ?1");

const ADD: Statement = Statement::new(
    "places.site_state.add",
    "insert into places_site_state (site_id, version, state, reason, despite, actor_id, actor_name, at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);

const LIST: Statement = Statement::new(
    "places.site_state.list",
    "select h.version, h.state, h.reason, h.despite, h.actor_id, h.actor_name, h.at
     from places_site_state h
     where h.site_id = ?1 and h.version < ?2
     order by h.version desc
     limit ?3",
);

const PLACES: Statement = Statement::new(
    "places.site_state.places",
    "select count(*) from places_location where site_id = ?1 and kind between 2 and 6 and not archived",
);

/// A state that a site went into, or began as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StateRow {
    pub(crate) version: i64,
    pub(crate) state: SiteState,
    pub(crate) reason: Option<String>,
    /// What it lacked then, and somebody went on without.
    pub(crate) despite: Vec<String>,
    pub(crate) actor_id: i64,
    pub(crate) actor_name: String,
    pub(crate) at: Instant,
}

/// Stores the state of a site.
pub(crate) fn set(tx: &mut Tx<'_>, site: SiteId, to: SiteState) -> Result<(), DbError> {
    match tx.execute(&SET, &[site.get().into(), to.number().into()])? {
        1 => Ok(()),
        _ => Err(DbError::NoRow(SET.name)),
    }
}

/// Notes that a site went into a state at a version, why, and despite what.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (site, version, to): (SiteId, i64, SiteState),
    reason: Option<&str>,
    despite: &[&str],
) -> Result<(), DbError> {
    let despite = despite.join("\n");
    let params = [
        site.get().into(),
        version.into(),
        to.number().into(),
        reason.into(),
        (&despite).into(),
        ctx.actor.id.get().into(),
        (&ctx.actor.name).into(),
        ctx.now.0.into(),
    ];
    tx.execute(&ADD, &params).map(|_| ())
}

/// The states of a site below a version, the latest first.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    site: SiteId,
    below: i64,
    limit: i64,
) -> Result<Vec<StateRow>, DbError> {
    conn.query(&LIST, &[site.get().into(), below.into(), limit.into()], |row| {
        let (reason, actor_name) = (row.opt_text(2)?.map(str::to_owned), row.text(5)?.to_owned());
        Ok(StateRow {
            version: row.int(0)?,
            state: state(row, 1)?,
            reason,
            despite: row.text(3)?.lines().map(str::to_owned).collect(),
            actor_id: row.int(4)?,
            actor_name,
            at: Instant(row.int(6)?),
        })
    })
}

/// How many places are in use below a site.
pub(crate) fn places(conn: &mut Conn<'_>, site: SiteId) -> Result<i64, DbError> {
    conn.query_one(&PLACES, &[site.get().into()], |row| row.int(0))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SET, &ADD, &LIST, &PLACES];
