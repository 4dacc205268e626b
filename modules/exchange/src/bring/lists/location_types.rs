//! Types of locations. What its locations are never changes.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use places::{ChangeLocationType, NewLocationType};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 7] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["type", "locationtype"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("kind", "/kind", Holds::Text),
    Field::new("role", "/role", Holds::Text),
    Field::new("sellable", "/sellable", Holds::Truth),
    Field::new("open_to_allocation", "/open_to_allocation", Holds::Truth),
    Field::new("archived", "/archived", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let code = row.text("code").to_owned();
    let mut row = row.clone();
    let Some(there) = places::location_type(tx, &code)? else {
        let archived = row.body.remove("archived");
        places::create_location_type(tx, &who.ctx, &row.command::<NewLocationType>()?)?;
        if archived == Some(true.into()) {
            let change = ChangeLocationType { archived: Some(true), ..ChangeLocationType::default() };
            places::change_location_type(tx, &who.ctx, (&code, IfMatch::Any), &change)?;
        }
        return Ok(Taken::Created);
    };
    row.body.remove("code");
    let changed = ["name", "role", "sellable", "open_to_allocation", "archived"];
    let change = differing(&row, &there, ("location type", &changed))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeLocationType = command(change)?;
    let after = places::change_location_type(tx, &who.ctx, (&code, IfMatch::Any), &change)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}
