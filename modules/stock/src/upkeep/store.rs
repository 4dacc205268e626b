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
    "select id from stock_claim
     where state = 1 and expires_at is not null and expires_at <= ?1
     order by expires_at, id
     limit ?2",
)
.hot();

pub(crate) fn past(conn: &mut Conn<'_>, today: Date) -> Result<Vec<(ItemId, LocationId)>, DbError> {
    conn.query(&PAST, &[today.into()], |row| Ok((ItemId(row.int(0)?), LocationId(row.int(1)?))))
}

pub(crate) fn claims_past(conn: &mut Conn<'_>, now: Instant, limit: usize) -> Result<Vec<ClaimId>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.query(&CLAIMS_PAST, &[now.0.into(), limit.into()], |row| Ok(ClaimId::from_bytes(row.id16(0)?)))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&PAST, &CLAIMS_PAST];
