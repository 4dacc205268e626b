//! What differs between two states of a record, field by field.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A field that changed.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct FieldChange {
    /// The field; of an object in it the key as well: `attributes.colour`.
    pub field: String,
    /// What it was; null when it was not there.
    #[schema(value_type = Value)]
    pub before: Value,
    /// What it is; null when it is gone.
    #[schema(value_type = Value)]
    pub after: Value,
}

/// The fields that differ, by name; those of `left_out` are not looked at.
pub fn differences(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    left_out: &[&str],
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare(before, after, "", left_out, &mut changes);
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}

fn compare(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    above: &str,
    left_out: &[&str],
    changes: &mut Vec<FieldChange>,
) {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    for key in after.keys().chain(gone) {
        if above.is_empty() && left_out.contains(&key.as_str()) {
            continue;
        }
        let (was, is) = (before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null));
        let field = format!("{above}{key}");
        match (was, is) {
            (was, is) if was == is => {}
            // one step down is as far as people follow
            (Value::Object(was), Value::Object(is)) if above.is_empty() => {
                compare(was, is, &format!("{key}."), left_out, changes);
            }
            (was, is) => changes.push(FieldChange { field, before: was.clone(), after: is.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_by_field() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let before = object(json!({
            "name": "Pot", "version": 1, "units": ["each"], "attributes": { "colour": "red", "deep": { "a": 1 } }, "old": 1
        }));
        let after = object(json!({
            "name": "Big pot", "version": 2, "units": ["each", "case"],
            "attributes": { "size": 3, "deep": { "a": 2 } }, "new": null
        }));
        let seen: Vec<(String, Value, Value)> = differences(&before, &after, &["version"])
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect();
        let expected = [
            ("attributes.colour", json!("red"), json!(null)),
            ("attributes.deep", json!({ "a": 1 }), json!({ "a": 2 })),
            ("attributes.size", json!(null), json!(3)),
            ("name", json!("Pot"), json!("Big pot")),
            ("old", json!(1), json!(null)),
            ("units", json!(["each"]), json!(["each", "case"])),
        ];
        let expected = expected.map(|(field, before, after)| (field.to_owned(), before, after));
        assert_eq!(seen, expected);
        assert_eq!(differences(&before, &before, &[]), []);
    }
}
