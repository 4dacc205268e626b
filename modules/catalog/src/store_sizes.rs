//! The statement of what items are as things.

use db::{Conn, DbError, Row, Rows, Statement};
use domain::ledger::{Goods, Size};
use domain::{HazardClass, ItemId, Ratio, Temperature};

macro_rules! packed {
    ($from:literal) => {
        concat!(
            "select i.id, i.owner, i.storage_class, i.temperature, i.hazard_class, u.num, u.den, u.length_mm,
               u.width_mm, u.height_mm, u.weight_mg
             from ",
            $from,
            " left join catalog_unit u on u.item_id = i.id and not u.removed"
        )
    };
}

/// A row for each unit of each item.
const PACKED: Statement = Statement::per_engine(
    "catalog.unit.packed",
    concat!(packed!("catalog_item i"), " where i.id = ?1"),
    packed!("unnest(?1::bigint[]) as k (id) join catalog_item i on i.id = k.id"),
)
.hot();

/// An item with the size of one of its units.
pub(crate) struct Packed {
    pub(crate) item: ItemId,
    /// Without a size.
    pub(crate) goods: Goods,
    pub(crate) volume: Option<Size>,
    pub(crate) weight: Option<Size>,
}

/// The items with their units.
pub(crate) fn packed(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<Vec<Packed>, DbError> {
    let mut rows = Rows::with_capacity(1, ids.len());
    for id in ids {
        rows.push(&[id.get().into()]);
    }
    if rows.is_empty() { Ok(Vec::new()) } else { conn.query_many(&PACKED, &rows, read) }
}

fn read(row: &Row<'_>) -> Result<Packed, DbError> {
    let temperature = row.opt_int(3)?.and_then(Temperature::from_number);
    let hazard = row.opt_int(4)?.and_then(HazardClass::from_number);
    let goods = Goods {
        owner: row.opt_text(1)?.map(Box::from),
        storage: row.opt_text(2)?.map(Box::from),
        temperature: temperature.map(Temperature::word),
        hazard: hazard.map(HazardClass::word),
        volume: None,
        weight: None,
    };
    let factor = match (row.opt_int(5)?, row.opt_int(6)?) {
        (Some(num), Some(den)) => Ratio::new(num, den).ok(),
        _ => None,
    };
    let size = |each: Option<i64>| Some(Size { each: each?, per: factor? });
    let sides = (row.opt_int(7)?, row.opt_int(8)?, row.opt_int(9)?);
    let volume = match sides {
        (Some(length), Some(width), Some(height)) => {
            length.checked_mul(width).and_then(|area| area.checked_mul(height))
        }
        _ => None,
    };
    Ok(Packed { item: ItemId(row.int(0)?), goods, volume: size(volume), weight: size(row.opt_int(10)?) })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&PACKED];
