//! Lots, by code and by id.

use crate::store_vault as sql;
use db::{Conn, DbError, Rows};
use domain::ledger::LotFacts;
use domain::{ItemId, LotId};
use rustc_hash::FxHashMap;

/// Lots by item and folded code.
pub(crate) type LotsByCode = FxHashMap<(ItemId, String), (LotId, LotFacts)>;

/// Lots by item and folded code.
pub(crate) fn lots_by_code(conn: &mut Conn<'_>, keys: &[(ItemId, String)]) -> Result<LotsByCode, DbError> {
    let mut rows = Rows::new(2);
    for (item, code) in keys {
        rows.push(&[item.get().into(), code.into()]);
    }
    if rows.is_empty() {
        return Ok(FxHashMap::default());
    }
    let found = conn.query_many(&sql::READ_LOTS_BY_CODE, &rows, |row| {
        let item = ItemId(row.int(1)?);
        let facts = LotFacts { item, expiry: row.opt_date(4)?, on_hold: row.bool(5)? };
        Ok(((item, row.text(3)?.to_owned()), (LotId(row.int(0)?), facts)))
    })?;
    Ok(found.into_iter().collect())
}

/// Facts of lots by id.
pub(crate) fn lots(conn: &mut Conn<'_>, ids: &[LotId]) -> Result<FxHashMap<LotId, LotFacts>, DbError> {
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push(&[id.get().into()]);
    }
    if rows.is_empty() {
        return Ok(FxHashMap::default());
    }
    let found = conn.query_many(&sql::READ_LOTS, &rows, |row| {
        let facts = LotFacts { item: ItemId(row.int(1)?), expiry: row.opt_date(4)?, on_hold: row.bool(5)? };
        Ok((LotId(row.int(0)?), facts))
    })?;
    Ok(found.into_iter().collect())
}
