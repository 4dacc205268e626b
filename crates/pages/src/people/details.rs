//! What a record of another time holds, told name by name: pages cannot know what it was about.

use crate::format;
use crate::kit::Fact;
use maud::html;
use serde_json::Value;

/// The names of a JSON value, with dots between what stands in each other, and what each of them says.
pub(super) fn flat(value: &Value, name: &str, found: &mut Vec<Fact>) {
    let below = |step: &str| if name.is_empty() { step.to_owned() } else { format!("{name}.{step}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(step, value)| flat(value, &below(step), found)),
        Value::Array(list) if list.iter().any(|one| one.is_object() || one.is_array()) => {
            for (index, value) in list.iter().enumerate() {
                flat(value, &below(&(index + 1).to_string()), found);
            }
        }
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(plain).collect();
            found.push((name.to_owned(), html! { (or_none(texts.join(", "))) }));
        }
        value => found.push((name.to_owned(), html! { (or_none(plain(value))) })),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn or_none(text: String) -> String {
    if text.is_empty() { format::NONE.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_told_name_by_name() {
        let mut found = Vec::new();
        flat(
            &json!({ "sku": "A", "lines": [{ "qty": "2" }, { "qty": 3 }], "tags": ["x", "y"], "none": [], "on": true }),
            "",
            &mut found,
        );
        let told: Vec<String> =
            found.into_iter().map(|(name, value)| format!("{name}={}", value.into_string())).collect();
        assert_eq!(told, ["lines.1.qty=2", "lines.2.qty=3", "none=–", "on=true", "sku=A", "tags=x, y"]);
    }
}
