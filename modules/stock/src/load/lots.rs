//! Lots, by code and by id, each with what its parent says of it.

use crate::store_vault as sql;
use db::{Conn, DbError, Row, Rows};
use domain::ledger::LotFacts;
use domain::when::Date;
use domain::{ItemId, Kin, LotId, LotRole};
use rustc_hash::FxHashMap;

/// A lot as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct KnownLot {
    pub(crate) id: LotId,
    /// It is on hold when its parent is.
    pub(crate) facts: LotFacts,
    pub(crate) kin: Kin,
    /// How its parent is called.
    pub(crate) parent_code: Option<String>,
    pub(crate) made_on: Option<Date>,
}

/// Lots by item and folded code.
pub(crate) type LotsByCode = FxHashMap<(ItemId, String), KnownLot>;

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
        let lot = known(row)?;
        Ok(((lot.facts.item, row.text(8)?.to_owned()), lot))
    })?;
    Ok(found.into_iter().collect())
}

/// Lots by id.
pub(crate) fn lots(conn: &mut Conn<'_>, ids: &[LotId]) -> Result<Vec<KnownLot>, DbError> {
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push(&[id.get().into()]);
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    conn.query_many(&sql::READ_LOTS, &rows, known)
}

fn known(row: &Row<'_>) -> Result<KnownLot, DbError> {
    let role = row.opt_int(4)?.and_then(LotRole::from_number);
    Ok(KnownLot {
        id: LotId(row.int(0)?),
        facts: LotFacts {
            item: ItemId(row.int(1)?),
            expiry: row.opt_date(2)?,
            on_hold: row.bool(3)?,
            is_parent: role == Some(LotRole::Parent),
        },
        kin: Kin { role, parent: row.opt_int(5)?.map(LotId) },
        parent_code: row.opt_text(6)?.map(str::to_owned),
        made_on: row.opt_date(7)?,
    })
}
