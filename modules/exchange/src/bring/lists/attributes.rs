//! What attributes mean.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeAttribute, NewAttribute};
use db::Tx;
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 7] = [
    Field::new("key", "/key", Holds::Text).needed(),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("kind", "/kind", Holds::Text).also(&["type"]),
    Field::new("unit", "/unit", Holds::Text).also(&also::UNIT),
    Field::new("choices", "/choices", Holds::List),
    Field::new("least", "/least", Holds::Decimal).also(&["min", "minimum"]),
    Field::new("most", "/most", Holds::Decimal).also(&["max", "maximum"]),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let key = row.text("key");
    let Some(there) = catalog::attribute(tx, key)? else {
        catalog::create_attribute(tx, &who.ctx, &row.command::<NewAttribute>()?)?;
        return Ok(Taken::Created);
    };
    let change =
        differing(row, &there, ("attribute", &["name", "kind", "unit", "choices", "least", "most"]))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeAttribute = command(change)?;
    let after = catalog::change_attribute(tx, &who.ctx, key, IfMatch::Any, &change)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}
