//! What a category says of an attribute. Pure.

use crate::rules::{Definition, Rule, fits};
use domain::given::given;
use domain::{Code, Problem};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The last place that an attribute is shown at.
pub(crate) const POSITION_MAX: i64 = 10_000;

/// What a category says of an attribute; what is left out is as the category above has it.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    /// Whether every item must have it.
    #[serde(default)]
    pub required: Option<bool>,
    /// What an item has that says nothing else; null where there is none here, whatever is above.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Value)]
    pub default: Option<Option<Value>>,
    /// Which of the choices are allowed.
    #[serde(default)]
    pub allowed: Option<Vec<String>>,
    /// Where it is shown among the others, from 0, which is the place where nothing is said; those of one place by
    /// key.
    #[serde(default)]
    pub position: Option<i64>,
}

/// The rule as it will be stored.
pub(crate) fn plan(command: &NewRule, definition: &Definition) -> Result<Rule, Problem> {
    let NewRule { required, default, allowed, position } = command;
    let invalid = |pointer: &str, detail: String| Err(Problem::at(Code::InvalidValue, pointer, detail));
    if let Some(allowed) = allowed {
        if !definition.kind.is_of_choices() {
            return invalid("/allowed", "only a `choice`, or `choices`, has this; leave it out".to_owned());
        }
        if allowed.is_empty() {
            return invalid("/allowed", "at least one choice is allowed; leave it out for all".to_owned());
        }
        for (index, choice) in allowed.iter().enumerate() {
            let pointer = format!("/allowed/{index}");
            if !definition.choices.contains(choice) {
                return invalid(&pointer, format!("`{choice}` is no choice of `{}`", definition.key));
            }
            if allowed.iter().take(index).any(|other| other == choice) {
                return invalid(&pointer, format!("`{choice}` stands twice"));
            }
        }
    }
    let standard = match default {
        None => None,
        Some(None) => Some(Value::Null),
        Some(Some(value)) => match fits(value, definition) {
            Ok(()) => Some(value.clone()),
            Err(detail) => return invalid("/default", detail),
        },
    };
    if let Some(position) = position.filter(|position| !(0..=POSITION_MAX).contains(position)) {
        return invalid("/position", format!("a position is 0 to {POSITION_MAX}, `{position}` is not"));
    }
    Ok(Rule {
        attribute: definition.id,
        required: *required,
        standard,
        allowed: allowed.clone(),
        position: *position,
    })
}
