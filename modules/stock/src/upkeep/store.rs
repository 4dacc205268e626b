//! The statements of upkeep.

use db::{Conn, DbError, Statement};
use domain::when::Date;
use domain::{ClaimId, Instant, ItemId, SiteId};

/// The items of a site of which something is past its last sellable day. A sweep sets the day anew, so
/// these are few, however many lots have expired before.
const DUE: Statement = Statement::new(
    "stock.upkeep.due",
    "select s.item from stock_site s
     where s.site = ?1 and s.next_expiry < ?2 and s.next_expiry is not null
     order by s.item",
)
.hot();

const CLAIMS_PAST: Statement = Statement::new(
    "stock.upkeep.claims_past",
    "select id, expires_at from stock_claim
     where state = 1 and expires_at is not null and expires_at <= ?1 and (expires_at, id) > (?2, ?3)
     order by expires_at, id
     limit ?4",
)
.hot();

pub(crate) fn due(conn: &mut Conn<'_>, site: SiteId, today: Date) -> Result<Vec<ItemId>, DbError> {
    conn.query(&DUE, &[site.get().into(), today.into()], |row| Ok(ItemId(row.int(0)?)))
}

/// A place in the list of claims whose time is over: when it was, and whose.
pub(crate) type Past = (Instant, ClaimId);

/// Before all of them.
pub(crate) const FIRST: Past = (Instant(i64::MIN), ClaimId::from_bytes([0; 16]));

/// The claims whose time is over, behind a place in their order.
pub(crate) fn claims_past(
    conn: &mut Conn<'_>,
    now: Instant,
    after: Past,
    limit: usize,
) -> Result<Vec<Past>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [now.0.into(), after.0.0.into(), after.1.bytes().into(), limit.into()];
    conn.query(&CLAIMS_PAST, &values, |row| Ok((Instant(row.int(1)?), ClaimId::from_bytes(row.id16(0)?))))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&DUE, &CLAIMS_PAST];
