//! Options that tell variants apart, a row for each value. The values of an option are in the order of their rows.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeOptionSet, ChangeOptionValue, NewOptionSet, NewOptionValue, OptionValue};
use db::Tx;
use serde_json::Value;
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 5] = [
    Field::new("set", "/set", Holds::Text).needed().also(&["option", "optionset"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("value", "/value", Holds::Code).needed(),
    Field::new("value_name", "/value_name", Holds::Text),
    Field::new("archived", "/archived", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let text = |name: &str| Some(row.text(name).to_owned()).filter(|text| !text.is_empty());
    let (set, value) = (row.text("set"), row.text("value"));
    let (name, value_name) = (text("name"), text("value_name"));
    let archived = row.body.get("archived").and_then(Value::as_bool);
    let new = NewOptionValue { code: value.to_owned(), name: value_name.clone() };
    let mut taken = Taken::Unchanged;
    let there = if let Some(there) = catalog::option_set_of(tx, set)? {
        there
    } else {
        let new = NewOptionSet { code: set.to_owned(), name: name.clone(), values: vec![new.clone()] };
        taken = Taken::Created;
        catalog::create_option_set(tx, &who.ctx, &new).map_err(|failure| {
            named(
                failure,
                &[("/code", "/set"), ("/values/0/code", "/value"), ("/values/0/name", "/value_name")],
            )
        })?
    };
    if let Some(name) = name.filter(|name| *name != there.name) {
        let change = ChangeOptionSet { name: Some(Some(name)), order: None };
        catalog::change_option_set(tx, &who.ctx, (set, IfMatch::Any), &change)?;
        taken = Taken::Changed;
    }
    let is_it = |other: &&OptionValue| other.code.as_str().eq_ignore_ascii_case(value);
    let known = if let Some(known) = there.values.iter().find(is_it) {
        known.clone()
    } else {
        let after = catalog::add_option_value(tx, &who.ctx, (set, IfMatch::Any), &new)
            .map_err(|failure| named(failure, &[("/code", "/value"), ("/name", "/value_name")]))?;
        taken = Taken::Created;
        let added = after.values.iter().find(is_it).cloned();
        added.ok_or_else(|| Failure::fault("a value that was added is not there"))?
    };
    let change = ChangeOptionValue {
        name: value_name.filter(|name| *name != known.name).map(Some),
        archived: archived.filter(|archived| *archived != known.archived).map(Some),
    };
    if change != ChangeOptionValue::default() {
        catalog::change_option_value(tx, &who.ctx, (set, IfMatch::Any), value, &change)
            .map_err(|failure| named(failure, &[("/name", "/value_name")]))?;
        if taken == Taken::Unchanged {
            taken = Taken::Changed;
        }
    }
    Ok(taken)
}

/// A refusal at the fields of a row, which has the values of an option beside it.
fn named(mut failure: Failure, names: &[(&str, &str)]) -> Failure {
    if let Failure::Refused(problem) = &mut failure {
        for error in &mut problem.errors {
            if let Some((_, name)) = names.iter().find(|(pointer, _)| error.pointer == *pointer) {
                (*name).clone_into(&mut error.pointer);
            }
        }
    }
    failure
}
