//! What categories ask of attributes.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::NewRule;
use db::Tx;
use serde_json::{Map, Value};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 6] = [
    Field::new("category", "/category", Holds::Text).needed().also(&also::CATEGORY),
    Field::new("attribute", "/attribute", Holds::Text).needed().also(&["key"]),
    Field::new("required", "/required", Holds::Truth),
    Field::new("default", "/default", Holds::Json),
    Field::new("allowed", "/allowed", Holds::List),
    Field::new("position", "/position", Holds::Whole),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let (category, attribute) = (row.text("category"), row.text("attribute"));
    let before = catalog::rules_of(tx, category)?;
    let was_there = before.1.iter().any(|rule| rule.key == attribute && rule.own.is_some());
    // what the row does not say stays
    let own = before.1.iter().find(|rule| rule.key == attribute).and_then(|rule| rule.own.as_ref());
    let mut body = match own.map(serde_json::to_value).transpose()? {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    body.retain(|name, value| name == "default" || !value.is_null());
    body.extend(row.body.iter().map(|(name, value)| (name.clone(), value.clone())));
    body.remove("category");
    body.remove("attribute");
    let rule: NewRule = command(body)?;
    let after = catalog::set_rule(tx, &who.ctx, (category, attribute), IfMatch::Any, &rule)?;
    Ok(match (was_there, after.version == before.0.version) {
        (_, true) => Taken::Unchanged,
        (true, false) => Taken::Changed,
        (false, false) => Taken::Created,
    })
}
