//! A row of a file as the body of a command.

use super::field::{Mapping, folded};
use super::lists::ATTRIBUTE;
use crate::table::{Cell, Format, Holds, Line, Table};
use domain::{
    AsProblem, BadRatio, Code, FieldError, LocationKind, Problem, Ratio, SiteState, Tracking, UnitCode,
};
use serde::Serialize;
use serde_json::{Map, Value};

/// A row with what it says, by the names of the fields.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    /// Its number in the file.
    pub(crate) number: u64,
    /// What its cells say. A field with an empty cell is not there.
    pub(crate) body: Map<String, Value>,
}

/// Why a row was not taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refusal {
    /// The number of the row: as a spreadsheet shows it, the titles being row 1.
    pub row: u64,
    /// The title of the column at fault, when one is.
    pub column: Option<String>,
    /// The code of the problem.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl Refusal {
    /// A problem of a row. A problem with several faults is told by the first, with the number of the others.
    pub(crate) fn new(row: &Row, problem: &Problem, mapping: &Mapping) -> Refusal {
        let Problem { code, detail, errors } = problem;
        let (column, detail, code) = match errors.first() {
            None if *code == Code::NotFound => (row.lacking(detail, mapping), detail.to_string(), *code),
            None => (None, detail.to_string(), *code),
            Some(FieldError { pointer, code, detail }) => {
                let more = errors.len() - 1;
                let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
                let column = mapping.column(pointer);
                // an attribute that the file has no column for is told by the title of one
                let to_add = pointer.strip_prefix("/attributes/").filter(|_| column.is_none());
                let to_add = to_add.map_or_else(String::new, |key| {
                    format!(", in a column `{ATTRIBUTE}{}`", key.replace("~1", "/").replace("~0", "~"))
                });
                (column, format!("{detail}{to_add}{more}"), *code)
            }
        };
        Refusal { row: row.number, column: column.map(str::to_owned), code: code.word(), detail }
    }
}

/// Reads a line.
///
/// # Errors
/// The first cell that does not hold what its field does; the titles once more.
pub(crate) fn read(line: &Line, mapping: &Mapping, table: &Table) -> Result<Row, Refusal> {
    if table.format != Format::Jsonl && is_titles(line, mapping) {
        return Err(Refusal {
            row: line.number,
            column: None,
            code: Code::InvalidValue.word(),
            detail: "the row is the titles of the columns once more; take it out".to_owned(),
        });
    }
    let locale = table.locale();
    let mut body = Value::Object(Map::new());
    for ((cell, field), title) in line.cells.iter().zip(&mapping.fields).zip(&mapping.titles) {
        let refuse = |detail: String| Refusal {
            row: line.number,
            column: Some(title.clone()),
            code: Code::InvalidValue.word(),
            detail,
        };
        let Some(field) = field else {
            if title.is_empty() && *cell != Cell::Empty {
                return Err(refuse(format!("`{}` stands in a column without a title", cell.shown())));
            }
            continue;
        };
        let value = match cell {
            // a text of a JSON line is a JSON text already
            Cell::Text(text) if field.holds == Holds::Json && table.format == Format::Jsonl => {
                Some(Value::from(text.as_str()))
            }
            cell => field.holds.read(cell, locale).map_err(refuse)?,
        };
        match value {
            Some(value) => put(&mut body, &field.pointer, value),
            None if field.needed => {
                return Err(refuse(format!("the cell is empty, and every row needs `{}`", field.name)));
            }
            None => {}
        }
    }
    let body = if let Value::Object(body) = body { body } else { Map::new() };
    Ok(Row { number: line.number, body })
}

/// Whether each cell that goes to a field has the title of its column.
fn is_titles(line: &Line, mapping: &Mapping) -> bool {
    let columns = line.cells.iter().zip(&mapping.fields).zip(&mapping.titles);
    let mut mapped = columns.filter(|((_, field), _)| field.is_some()).peekable();
    mapped.peek().is_some() && mapped.all(|((cell, _), title)| folded(&cell.shown()) == folded(title))
}

/// Puts a value where a pointer says, making the objects above it. Two objects at one place become one.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for part in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(map) = at else { return };
        at = map.entry(part.to_owned()).or_insert(Value::Null);
    }
    match (at, value) {
        (Value::Object(there), Value::Object(more)) => there.extend(more),
        (at, value) => *at = value,
    }
}

impl Row {
    /// The title of the column that names what there is not, when one alone does.
    fn lacking<'m>(&self, detail: &str, mapping: &'m Mapping) -> Option<&'m str> {
        let named = detail.split('`').nth(1)?;
        let mut columns = mapping.fields.iter().zip(&mapping.titles).filter_map(|(field, title)| {
            let says = self.body.get(field.as_ref()?.pointer.strip_prefix('/')?)?.as_str()?;
            says.eq_ignore_ascii_case(named).then_some(title.as_str())
        });
        let found = columns.next();
        found.filter(|_| columns.next().is_none())
    }

    /// The text of a field; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The body as a command.
    ///
    /// # Errors
    /// `invalid_value`: a field is missing, or is not what the command takes.
    pub(crate) fn command<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        command(self.body.clone())
    }
}

/// A body as a command.
///
/// # Errors
/// `invalid_value`: a field is missing, or is not what the command takes.
pub(crate) fn command<T: serde::de::DeserializeOwned>(body: Map<String, Value>) -> Result<T, Problem> {
    serde_json::from_value(Value::Object(body)).map_err(|error| {
        let text = error.to_string();
        // "missing field `name`" names its field
        match text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(field) => {
                let detail = format!("a new one needs `{field}`, and the row has none");
                Problem::at(Code::InvalidValue, format!("/{field}"), detail)
            }
            None => Problem::new(Code::InvalidValue, format!("the row cannot be read: {text}")),
        }
    })
}

/// What of a row differs from what is there: the fields that a change takes.
///
/// # Errors
/// `invalid_value`: a field differs that an import does not change.
pub(crate) fn differing(
    row: &Row,
    there: &impl Serialize,
    (thing, changed): (&str, &[&str]),
) -> Result<Map<String, Value>, Problem> {
    let there = serde_json::to_value(there).unwrap_or_default();
    let mut differing = Map::new();
    for (name, wanted) in &row.body {
        let now = there.get(name).unwrap_or(&Value::Null);
        let wanted = match (wanted, now) {
            // a merge: only the keys that differ
            (Value::Object(wanted), Value::Object(now)) if name == "attributes" => {
                let differ = wanted.iter().filter(|(key, value)| now.get(*key) != Some(*value));
                let differ: Map<String, Value> =
                    differ.map(|(key, value)| (key.clone(), value.clone())).collect();
                if differ.is_empty() {
                    continue;
                }
                Value::Object(differ)
            }
            (wanted, now) if wanted == now => continue,
            // what the row does not say of it stays
            (Value::Object(wanted), Value::Object(now)) => {
                let mut whole = now.clone();
                whole.extend(wanted.iter().map(|(key, value)| (key.clone(), value.clone())));
                if whole == *now {
                    continue;
                }
                whole.retain(|_, value| !value.is_null());
                Value::Object(whole)
            }
            (wanted, _) => wanted.clone(),
        };
        if !changed.contains(&name.as_str()) {
            judge(name, &wanted)?;
            let shown = now.as_str().map_or_else(|| now.to_string(), str::to_owned);
            let detail =
                format!("the {thing} is there with `{name}` `{shown}`, which an import does not change");
            return Err(Problem::at(Code::InvalidValue, format!("/{name}"), detail));
        }
        differing.insert(name.clone(), wanted);
    }
    Ok(differing)
}

/// Refuses a value that no record has, of the fields that never change and take words of a list or numbers.
fn judge(name: &str, wanted: &Value) -> Result<(), Problem> {
    let Some(text) = wanted.as_str() else { return Ok(()) };
    let pointer = format!("/{name}");
    match name {
        "tracking" => Tracking::parse(text).map(drop).map_err(|error| error.problem(&pointer)),
        "kind" => LocationKind::parse(text).map(drop).map_err(|error| error.problem(&pointer)),
        "state" => SiteState::parse(text).map(drop).map_err(|error| error.problem(&pointer)),
        "base_unit" => UnitCode::parse(text).map(drop).map_err(|error| error.problem(&pointer)),
        "factor" => Ratio::parse(text).map(drop).map_err(|error| match error {
            BadRatio::TooLarge => error.problem(&pointer),
            BadRatio::NotPositive { .. } | BadRatio::NotARatio => {
                let detail =
                    format!("a factor is a number above zero, such as `12` or `1/3`, `{text}` is not");
                Problem::at(Code::InvalidValue, pointer, detail)
            }
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(body: &Value) -> Row {
        Row { number: 2, body: body.as_object().unwrap().clone() }
    }

    #[test]
    fn only_what_differs_is_changed_and_what_cannot_change_is_refused() {
        let there = json!({
            "sku": "A", "name": "Mug", "tracking": "none", "hazard": { "class": "3", "un_number": 1263, "packing_group": null },
            "attributes": { "a": 1, "b": 2 }
        });
        let changed: &[&str] = &["name", "hazard", "attributes"];
        for (body, differs) in [
            (json!({ "sku": "A", "name": "Mug" }), Ok(json!({}))),
            (json!({ "name": "Cup" }), Ok(json!({ "name": "Cup" }))),
            (json!({ "hazard": { "class": "3" } }), Ok(json!({}))),
            (
                json!({ "hazard": { "class": "4.1" } }),
                Ok(json!({ "hazard": { "class": "4.1", "un_number": 1263 } })),
            ),
            (json!({ "attributes": { "a": 1 } }), Ok(json!({}))),
            (json!({ "attributes": { "a": 1, "c": 3 } }), Ok(json!({ "attributes": { "c": 3 } }))),
            (json!({ "tracking": "lot" }), Err(("/tracking", "which an import does not change"))),
            // a value that there is not is told as such
            (json!({ "tracking": "sometimes" }), Err(("/tracking", "`sometimes`"))),
            (json!({ "kind": "cupboard" }), Err(("/kind", "`cupboard`"))),
            (json!({ "state": "shut" }), Err(("/state", "`shut`"))),
            (json!({ "base_unit": "Each one" }), Err(("/base_unit", "a unit takes"))),
            (json!({ "factor": "-3" }), Err(("/factor", "`-3` is not"))),
        ] {
            let found = differing(&row(&body), &there, ("item", changed));
            match (found, differs) {
                (Ok(found), Ok(wanted)) => assert_eq!(Value::Object(found), wanted, "{body}"),
                (Err(found), Err((pointer, words))) => {
                    assert_eq!(found.errors[0].pointer, pointer, "{body}");
                    assert!(found.detail.contains(words), "{body}: {}", found.detail);
                }
                (found, wanted) => panic!("{body}: {found:?}, wanted {wanted:?}"),
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        #[derive(serde::Deserialize, Debug)]
        struct New {
            #[expect(dead_code, reason = "only that it is missing")]
            name: String,
        }
        let problem = row(&json!({})).command::<New>().unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/name");
    }

    #[test]
    fn values_stand_where_their_pointers_say() {
        let mut body = json!({});
        put(&mut body, "/hazard/class", json!("3"));
        put(&mut body, "/attributes", json!({ "a": 1 }));
        put(&mut body, "/attributes/b", json!(2));
        put(&mut body, "/attributes", json!({ "c": 3 }));
        assert_eq!(body, json!({ "hazard": { "class": "3" }, "attributes": { "a": 1, "b": 2, "c": 3 } }));
    }
}
