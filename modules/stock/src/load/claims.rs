//! Claims: read to learn what they count on, and under the lock.

use super::{Wanted, many, sorted};
use crate::store_claims as sql;
use db::{Conn, DbError, Row, Rows, Tx};
use domain::ledger::{Claim, ClaimState, Loaded};
use domain::{ClaimId, Instant, ItemId, LocationId, LotId, SiteId};

/// Locks the claims that are named, those that losses may break, and those that wait.
pub(super) fn lock(tx: &mut Tx<'_>, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), DbError> {
    let mut rows = Rows::new(1);
    let ids = sorted(wanted.claims.union(&wanted.breakable));
    for id in &ids {
        rows.push(&[id.bytes().into()]);
    }
    let found = many(tx, &sql::LOCK_CLAIMS, &rows, claim)?;
    loaded.claims.extend(found.into_iter().map(|claim| (claim.id, claim)));
    lock_waiting(tx, wanted, loaded)
}

/// Locks the claims that wait for items at sites.
fn lock_waiting(tx: &mut Tx<'_>, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), DbError> {
    let mut rows = Rows::new(2);
    for key in sorted(wanted.waiting_of.iter()) {
        rows.push(&[key.item.get().into(), key.site.get().into()]);
        loaded.waiting_of.insert(key);
    }
    let found = many(tx, &sql::LOCK_WAITING_CLAIMS, &rows, claim)?;
    loaded.claims.extend(found.into_iter().map(|claim| (claim.id, claim)));
    Ok(())
}

/// Reads claims without locking them: to learn which guard and which bin they count on.
pub(crate) fn read_claims(
    conn: &mut Conn<'_>,
    ids: impl Iterator<Item = ClaimId>,
) -> Result<Vec<Claim>, DbError> {
    let ids: Vec<ClaimId> = ids.collect();
    let mut rows = Rows::new(1);
    for id in &ids {
        rows.push(&[id.bytes().into()]);
    }
    if rows.is_empty() { Ok(Vec::new()) } else { conn.query_many(&sql::READ_CLAIMS, &rows, claim) }
}

/// A row of `stock_claim`, in the order of the statements here.
pub(crate) fn claim(row: &Row<'_>) -> Result<Claim, DbError> {
    let bin = match (row.opt_int(4)?, row.opt_int(5)?) {
        (Some(location), Some(lot)) => Some((LocationId(location), LotId(lot))),
        _ => None,
    };
    Ok(Claim {
        id: ClaimId::from_bytes(row.id16(0)?),
        owner: row.text(1)?.to_owned(),
        item: ItemId(row.int(2)?),
        site: SiteId(row.int(3)?),
        bin,
        qty: row.int(6)?,
        priority: row.int(7)?,
        made_at: Instant(row.int(8)?),
        expires_at: row.opt_int(9)?.map(Instant),
        state: ClaimState::from_number(row.int(10)?)
            .ok_or(DbError::Column { column: 10, wanted: "the state of a claim" })?,
        backordered: row.int(11)?,
        may_wait: row.bool(12)?,
        told: row.int(13)?,
        lost: row.int(14)?,
    })
}
