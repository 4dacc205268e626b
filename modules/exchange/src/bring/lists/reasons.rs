//! Reason codes.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use stock::Brought;
use web::Failure;

pub(super) static FIELDS: [Field; 3] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["reason"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("active", "/active", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let name = row.body.get("name").and_then(serde_json::Value::as_str);
    let active = row.body.get("active").and_then(serde_json::Value::as_bool);
    Ok(taken(stock::bring_reason(tx, &who.ctx, row.text("code"), name, active)?))
}

pub(super) const fn taken(brought: Brought) -> Taken {
    match brought {
        Brought::Created => Taken::Created,
        Brought::Changed => Taken::Changed,
        Brought::Unchanged => Taken::Unchanged,
    }
}
