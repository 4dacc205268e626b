//! The statements that read which claims a posting changed.

use db::{Conn, DbError, Rows, Statement};
use domain::{ClaimId, ItemId, PostingId};
use rustc_hash::FxHashMap;

const KEPT: Statement =
    Statement::new("stock.posting_claims.kept", "select claims from stock_posting where id = ?1").hot();

const NAMED: Statement = Statement::per_engine(
    "stock.posting_claims.named",
    "select c.id, c.owner, i.sku, i.base_unit, s.code, c.item
     from stock_claim c
     join stock_known_item i on i.id = c.item
     join stock_known_place s on s.id = c.site
     where c.id = ?1",
    "select c.id, c.owner, i.sku, i.base_unit, s.code, c.item
     from unnest(?1::uuid[]) as k (id)
     join stock_claim c on c.id = k.id
     join stock_known_item i on i.id = c.item
     join stock_known_place s on s.id = c.site",
)
.hot();

#[cfg(test)]
pub(super) const ALL: [Statement; 2] = [KEPT, NAMED];

/// A claim by the names of what it is on.
pub(super) struct Named {
    pub(super) item: ItemId,
    pub(super) owner: String,
    pub(super) sku: String,
    pub(super) unit: String,
    pub(super) site: String,
}

/// The changes that a posting keeps, none when it changed no claim; if there is such a posting.
pub(super) fn kept(conn: &mut Conn<'_>, posting: PostingId) -> Result<Option<String>, DbError> {
    conn.query_opt(&KEPT, &[posting.bytes().into()], |row| Ok(row.opt_text(0)?.unwrap_or("[]").to_owned()))
}

/// Claims by their ids.
pub(super) fn named(conn: &mut Conn<'_>, ids: &[ClaimId]) -> Result<FxHashMap<ClaimId, Named>, DbError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = Rows::with_capacity(1, ids.len());
    for id in &ids {
        rows.push(&[id.bytes().into()]);
    }
    if rows.is_empty() {
        return Ok(FxHashMap::default());
    }
    let found = conn.query_many(&NAMED, &rows, |row| {
        let [owner, sku, unit, site] = [1, 2, 3, 4].map(|column| row.text(column).map(str::to_owned));
        let item = ItemId(row.int(5)?);
        let named = Named { item, owner: owner?, sku: sku?, unit: unit?, site: site? };
        Ok((ClaimId::from_bytes(row.id16(0)?), named))
    })?;
    Ok(found.into_iter().collect())
}
