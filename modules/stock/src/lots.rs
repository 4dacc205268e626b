//! Lots that come into being when goods first come in under them.

use crate::names::Names;
use crate::save::Entry;
use crate::store_vault as sql;
use db::{DbError, Rows, Tx};
use domain::LotId;
use domain::code::fold;
use rustc_hash::FxHashSet;

/// Stores the new lots that an accepted posting names. A lot of a refused one never was.
pub(crate) fn insert(tx: &mut Tx<'_>, names: &Names, entries: &[Entry]) -> Result<(), DbError> {
    if names.new_lots.is_empty() {
        return Ok(());
    }
    let movements = entries.iter().flat_map(|entry| &entry.posted.movements);
    let used: FxHashSet<LotId> = movements.map(|movement| movement.lot).collect();
    let folded: Vec<String> = names.new_lots.iter().map(|lot| fold(&lot.code)).collect();
    let created_at = entries.last().map_or(0, |entry| entry.posted.recorded_at.0);
    let mut rows = Rows::new(8);
    for (lot, folded) in names.new_lots.iter().zip(&folded).filter(|(lot, _)| used.contains(&lot.id)) {
        let expiry = names.lot_facts.get(&lot.id).and_then(|facts| facts.expiry);
        rows.push(&[
            lot.id.get().into(),
            lot.item.get().into(),
            (&lot.code).into(),
            folded.into(),
            expiry.into(),
            lot.input.made_on.into(),
            db::Value::Null,
            created_at.into(),
        ]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    match tx.execute_many(&sql::INSERT_LOTS, &rows) {
        // another process was first: the next run finds its lot
        Err(error) if error.is_unique("stock_lot_code") => Err(tx.again("a new lot is there already")),
        other => other.map(|_| ()),
    }
}
