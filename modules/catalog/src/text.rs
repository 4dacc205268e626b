//! Reading the texts of an item: names, category paths, attributes, expiry rules. Pure; every
//! refusal names its field.

use crate::item::Attributes;
use domain::{AsProblem, Code, ExpiryRule, Name, Problem, Tracking};
use serde_json::Value;

/// The longest category path, in characters.
pub const CATEGORY_CHARS_MAX: usize = 200;
/// The longest name of a category, in characters.
pub const CATEGORY_NAME_CHARS_MAX: usize = 64;
/// The most steps of a category path.
pub const CATEGORY_DEPTH_MAX: usize = 8;
/// The largest attributes of an item, in bytes of JSON.
pub const ATTRIBUTES_BYTES_MAX: usize = 16 * 1024;
/// The longest key of an attribute that nobody defined, in characters.
pub const ATTRIBUTE_FREE_KEY_CHARS_MAX: usize = 200;
/// How deep the attributes may nest; the object itself is the first level.
pub const ATTRIBUTES_DEPTH_MAX: usize = 8;

fn invalid<T>(pointer: &str, detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::at(Code::InvalidValue, pointer, detail))
}

/// A name on one line; blanks around it are dropped.
pub(crate) fn name(text: &str, pointer: &str) -> Result<String, Problem> {
    Name::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| error.problem(pointer))
}

/// What names are searched by. Not the key of a code: nothing is unique by it.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// A category path in small letters, such as `garden/pots`; empty for none.
pub(crate) fn category(text: &str, pointer: &str) -> Result<String, Problem> {
    let length = text.chars().count();
    if length > CATEGORY_CHARS_MAX {
        return invalid(
            pointer,
            format!("a category path has at most {CATEGORY_CHARS_MAX} characters, this one has {length}"),
        );
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    let path = text.to_lowercase();
    let mut depth = 0_usize;
    for step in path.split('/') {
        depth += 1;
        if step.is_empty() || step.trim() != step || step.chars().any(char::is_control) {
            return invalid(pointer, "a category path is steps divided by `/`, such as `garden/pots`");
        }
    }
    if depth > CATEGORY_DEPTH_MAX {
        return invalid(
            pointer,
            format!("a category path has at most {CATEGORY_DEPTH_MAX} steps, this one has {depth}"),
        );
    }
    Ok(path)
}

/// The name of a category: one step of a path.
pub(crate) fn category_name(text: &str, pointer: &str) -> Result<String, Problem> {
    let name = name(text, pointer)?;
    let chars = name.chars().count();
    if chars > CATEGORY_NAME_CHARS_MAX {
        let detail = format!(
            "the name of a category is at most {CATEGORY_NAME_CHARS_MAX} characters long, this one has `{chars}`"
        );
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    if name.contains('/') {
        return invalid(pointer, "the name of a category has no `/`; name the one above it as `parent`");
    }
    Ok(name)
}

/// Attributes within their limits.
pub(crate) fn attributes(attributes: &Attributes, pointer: &str) -> Result<(), Problem> {
    let mut keys = attributes.values().map(|value| (value, 2_usize)).collect::<Vec<_>>();
    let mut zero_byte = attributes.keys().any(|key| key.contains('\0'));
    while let Some((value, depth)) = keys.pop() {
        if depth > ATTRIBUTES_DEPTH_MAX && (value.is_array() || value.is_object()) {
            return invalid(pointer, format!("attributes nest at most {ATTRIBUTES_DEPTH_MAX} deep"));
        }
        match value {
            Value::String(text) => zero_byte |= text.contains('\0'),
            Value::Array(values) => keys.extend(values.iter().map(|value| (value, depth + 1))),
            Value::Object(object) => {
                zero_byte |= object.keys().any(|key| key.contains('\0'));
                keys.extend(object.values().map(|value| (value, depth + 1)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    if let Some(long) = attributes.keys().find(|key| key.chars().count() > ATTRIBUTE_FREE_KEY_CHARS_MAX) {
        let detail = format!(
            "the key of an attribute is at most {ATTRIBUTE_FREE_KEY_CHARS_MAX} characters long, `{long}` is longer"
        );
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    if zero_byte {
        return invalid(pointer, "attributes hold no zero character");
    }
    let bytes = serde_json::to_string(attributes).map_or(usize::MAX, |text| text.len());
    if bytes > ATTRIBUTES_BYTES_MAX {
        return invalid(
            pointer,
            format!("attributes have at most {ATTRIBUTES_BYTES_MAX} bytes of JSON, these have {bytes}"),
        );
    }
    Ok(())
}

/// Changes attributes by a merge patch (RFC 7396): null takes a key away, an object is merged into
/// an object, anything else replaces.
pub(crate) fn merge(into: &mut Attributes, patch: &Attributes) {
    for (key, change) in patch {
        match (change, into.get_mut(key)) {
            (Value::Null, _) => {
                into.remove(key);
            }
            (Value::Object(inner), Some(Value::Object(present))) => merge(present, inner),
            (Value::Object(inner), _) => {
                let mut fresh = Attributes::new();
                merge(&mut fresh, inner);
                into.insert(key.clone(), Value::Object(fresh));
            }
            _ => {
                into.insert(key.clone(), change.clone());
            }
        }
    }
}

/// The expiry rule of a word and days, checked against the tracking mode.
pub(crate) fn expiry(word: &str, days: Option<i64>, tracking: Tracking) -> Result<ExpiryRule, Problem> {
    let rule = match (word, days) {
        ("never", None) => ExpiryRule::Never,
        ("named", None) => ExpiryRule::Named,
        ("shelf_life", Some(days)) => {
            ExpiryRule::shelf_life(days).map_err(|error| error.problem("/shelf_life_days"))?
        }
        ("shelf_life", None) => {
            return Err(Problem::at(
                Code::Expiry,
                "/shelf_life_days",
                "`shelf_life` needs `shelf_life_days`, such as `30`",
            ));
        }
        ("never" | "named", Some(_)) => {
            return Err(Problem::at(
                Code::Expiry,
                "/shelf_life_days",
                "`shelf_life_days` goes with the expiry `shelf_life` only; leave it out",
            ));
        }
        _ => return invalid("/expiry", "an expiry is one of `never`, `named`, `shelf_life`"),
    };
    rule.suits(tracking).map_err(|error| error.problem("/expiry"))?;
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Attributes {
        match value {
            Value::Object(object) => object,
            _ => panic!("not an object"),
        }
    }

    #[test]
    fn a_category_is_a_path_in_small_letters() {
        assert_eq!(category("Garden/Pots & Pans", "/category").unwrap(), "garden/pots & pans");
        assert_eq!(category("", "/category").unwrap(), "");
        assert!(category("1/2/3/4/5/6/7/8", "/category").is_ok());
        for text in ["/a", "a/", "a//b", "a/ b", "a\tb/c", "1/2/3/4/5/6/7/8/9", &"x".repeat(201)] {
            assert!(category(text, "/category").is_err(), "{text}");
        }
    }

    #[test]
    fn attributes_have_their_limits() {
        let nested = |depth: usize| {
            let mut value = json!({});
            for _ in 1..depth {
                value = json!({ "a": value });
            }
            object(value)
        };
        assert!(attributes(&nested(ATTRIBUTES_DEPTH_MAX), "/attributes").is_ok());
        assert!(attributes(&nested(ATTRIBUTES_DEPTH_MAX + 1), "/attributes").is_err());
        let sized = |bytes: usize| object(json!({ "k": "x".repeat(bytes - 8) }));
        assert!(attributes(&sized(ATTRIBUTES_BYTES_MAX), "/attributes").is_ok());
        assert!(attributes(&sized(ATTRIBUTES_BYTES_MAX + 1), "/attributes").is_err());
        let keyed = |chars: usize| object(json!({ "ü".repeat(chars): 1 }));
        assert!(attributes(&keyed(ATTRIBUTE_FREE_KEY_CHARS_MAX), "/attributes").is_ok());
        let long = attributes(&keyed(ATTRIBUTE_FREE_KEY_CHARS_MAX + 1), "/attributes").unwrap_err();
        assert_eq!(long.code, Code::LimitExceeded);
        for value in [json!({ "a": "\0" }), json!({ "\0": 1 }), json!({ "a": [{ "b\0": 1 }] })] {
            assert!(attributes(&object(value), "/attributes").is_err());
        }
    }

    #[test]
    fn attributes_are_changed_by_a_merge_patch() {
        let cases = [
            (json!({ "a": 1 }), json!({ "b": 2 }), json!({ "a": 1, "b": 2 })),
            (json!({ "a": 1, "b": 2 }), json!({ "a": null }), json!({ "b": 2 })),
            (json!({ "a": { "x": 1, "y": 2 } }), json!({ "a": { "x": null } }), json!({ "a": { "y": 2 } })),
            (json!({ "a": 1 }), json!({ "a": { "x": null, "y": 1 } }), json!({ "a": { "y": 1 } })),
            (json!({ "a": [1] }), json!({ "a": [2, 3] }), json!({ "a": [2, 3] })),
        ];
        for (before, patch, after) in cases {
            let mut merged = object(before);
            merge(&mut merged, &object(patch));
            assert_eq!(Value::Object(merged), after);
        }
    }

    #[test]
    fn expiry_rules_and_what_is_none() {
        let lot = Tracking::Lot;
        assert_eq!(expiry("never", None, Tracking::None), Ok(ExpiryRule::Never));
        assert_eq!(expiry("named", None, lot), Ok(ExpiryRule::Named));
        assert_eq!(expiry("shelf_life", Some(30), lot).unwrap().number(), 30);
        let refused = [
            ("shelf_life", None, lot, "/shelf_life_days"),
            ("shelf_life", Some(0), lot, "/shelf_life_days"),
            ("never", Some(1), lot, "/shelf_life_days"),
            ("named", None, Tracking::None, "/expiry"),
            ("soon", None, lot, "/expiry"),
        ];
        for (word, days, tracking, pointer) in refused {
            assert_eq!(
                expiry(word, days, tracking).unwrap_err().errors[0].pointer,
                pointer,
                "{word} {days:?}"
            );
        }
    }
}
