//! Suppliers.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeSupplier, NewSupplier};
use db::Tx;
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 3] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["supplier", "lieferant"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("archived", "/archived", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let code = row.text("code").to_owned();
    let mut row = row.clone();
    let Some(there) = catalog::supplier_of(tx, &code)? else {
        let archived = row.body.remove("archived");
        catalog::create_supplier(tx, &who.ctx, &row.command::<NewSupplier>()?)?;
        if archived == Some(true.into()) {
            let change = ChangeSupplier { archived: Some(Some(true)), ..ChangeSupplier::default() };
            catalog::change_supplier(tx, &who.ctx, (&code, IfMatch::Any), &change)?;
        }
        return Ok(Taken::Created);
    };
    row.body.remove("code");
    let change = differing(&row, &there, ("supplier", &["name", "archived"]))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeSupplier = command(change)?;
    let after = catalog::change_supplier(tx, &who.ctx, (&code, IfMatch::Any), &change)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}
