//! The statements of upkeep.

use db::{Conn, DbError, Statement};
use domain::when::Date;
use domain::{ClaimId, Instant, ItemId, LocationId};

/// Good stock of lots past their last sellable day. What has been swept is not good any more, so
/// there are few.
const PAST: Statement = Statement::new(
    "stock.upkeep.past",
    "select b.item, b.location
     from stock_lot l
     join stock_balance b on b.item = l.item and b.lot = l.id
     where l.expiry_on < ?1 and b.status = 1 and b.on_hand > 0 and b.location > 0
     order by b.item, b.location",
);

const CLAIMS_PAST: Statement = Statement::new(
    "stock.upkeep.claims_past",
    "select id, expires_at from stock_claim
     where state = 1 and expires_at is not null and expires_at <= ?1 and (expires_at, id) > (?2, ?3)
     order by expires_at, id
     limit ?4",
)
.hot();

pub(crate) fn past(conn: &mut Conn<'_>, today: Date) -> Result<Vec<(ItemId, LocationId)>, DbError> {
    conn.query(&PAST, &[today.into()], |row| Ok((ItemId(row.int(0)?), LocationId(row.int(1)?))))
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
pub(crate) const ALL: &[&Statement] = &[&PAST, &CLAIMS_PAST];
