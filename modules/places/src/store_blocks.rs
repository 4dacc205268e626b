//! The statements of who blocked and opened locations.

use db::{Conn, DbError, Statement, Tx};
use domain::{Ctx, Instant, LocationId};

const ADD: Statement = Statement::new(
    "places.block.add",
    "insert into places_block (location_id, version, reason, opened_for, actor_id, actor_name, at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

const LIST: Statement = Statement::new(
    "places.block.list",
    "select b.version, b.reason, b.opened_for, b.actor_id, b.actor_name, b.at
     from places_block b
     where b.location_id = ?1 and b.version < ?2
     order by b.version desc
     limit ?3",
);

/// A block, or an opening.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BlockRow {
    pub(crate) version: i64,
    /// Why it was blocked; none when it was opened.
    pub(crate) reason: Option<String>,
    /// Why it was opened, where that was said.
    pub(crate) opened_for: Option<String>,
    pub(crate) actor_id: i64,
    pub(crate) actor_name: String,
    pub(crate) at: Instant,
}

/// Notes that a location was blocked for a reason, or opened, for one or none, at this version.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (location, version, at): (LocationId, i64, Instant),
    (reason, opened_for): (Option<&str>, Option<&str>),
) -> Result<(), DbError> {
    let params = [
        location.get().into(),
        version.into(),
        reason.into(),
        opened_for.into(),
        ctx.actor.id.get().into(),
        (&ctx.actor.name).into(),
        at.0.into(),
    ];
    tx.execute(&ADD, &params).map(|_| ())
}

/// The blocks and openings of a location below a version, the latest first.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    location: LocationId,
    below: i64,
    limit: i64,
) -> Result<Vec<BlockRow>, DbError> {
    conn.query(&LIST, &[location.get().into(), below.into(), limit.into()], |row| {
        let (reason, opened_for) = (row.opt_text(1)?.map(str::to_owned), row.opt_text(2)?.map(str::to_owned));
        let (actor_id, actor_name, at) = (row.int(3)?, row.text(4)?.to_owned(), Instant(row.int(5)?));
        Ok(BlockRow { version: row.int(0)?, reason, opened_for, actor_id, actor_name, at })
    })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&ADD, &LIST];
