//! What a definition becomes. Pure.

use super::Attribute;
use crate::rules::CHOICES_MAX;
use crate::text;
use domain::attribute::millionths;
use domain::given::{given, not_null};
use domain::{AsProblem, AttributeId, AttributeKey, AttributeKind, Code, Instant, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// The longest unit of an attribute, in characters.
pub const ATTRIBUTE_UNIT_CHARS_MAX: usize = 16;

/// A new attribute.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttribute {
    /// As items have it among their attributes: small letters, digits and `_`.
    pub key: String,
    /// What people call it; the key when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// `text`, `number`, `boolean`, `date`, `choice` or `choices`.
    pub kind: String,
    /// What a number is measured in, such as `V`.
    #[serde(default)]
    pub unit: Option<String>,
    /// What can be chosen, in order.
    #[serde(default)]
    pub choices: Option<Vec<String>>,
    /// The least that a number is, such as `0`.
    #[serde(default)]
    pub least: Option<String>,
    /// The most that a number is.
    #[serde(default)]
    pub most: Option<String>,
}

/// A change of an attribute: left out means as it was, null means none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAttribute {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// Another kind, while no item has a value.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub kind: Option<Option<String>>,
    /// What a number is measured in.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub unit: Option<Option<String>>,
    /// All that can be chosen, in order.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    pub choices: Option<Option<Vec<String>>>,
    /// The least that a number is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub least: Option<Option<String>>,
    /// The most that a number is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub most: Option<Option<String>>,
}

/// The definition as it will be stored, except for its id.
pub(crate) fn plan_new(command: &NewAttribute, now: Instant) -> Result<Attribute, Problem> {
    let NewAttribute { key, name, kind, unit, choices, least, most } = command;
    let key = AttributeKey::parse(key).map_err(|error| error.problem("/key"))?;
    let kind = AttributeKind::parse(kind).map_err(|error| error.problem("/kind"))?;
    Ok(Attribute {
        id: AttributeId(0),
        name: text::name(name.as_deref().unwrap_or(key.as_str()), "/name")?,
        unit: read_unit(unit.as_deref(), kind)?,
        choices: read_choices(choices.as_deref(), kind)?,
        least: read_bound(least.as_deref(), kind, "/least")?,
        most: read_bound(most.as_deref(), kind, "/most")?,
        key,
        kind,
        version: 1,
        created_at: now,
        changed_at: now,
    })
    .and_then(ordered)
}

/// The definition after a change, and the fields that differ.
pub(crate) fn plan_change(
    before: &Attribute,
    change: &ChangeAttribute,
    now: Instant,
) -> Result<(Attribute, Vec<&'static str>), Problem> {
    let ChangeAttribute { name, kind, unit, choices, least, most } = change;
    let mut after = before.clone();
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = text::name(name, "/name")?;
    }
    if let Some(word) = not_null(kind.as_ref(), "/kind")? {
        after.kind = AttributeKind::parse(word).map_err(|error| error.problem("/kind"))?;
        // what another kind has no use for goes with the kind
        if after.kind != AttributeKind::Number {
            (after.unit, after.least, after.most) = (None, None, None);
        }
        if !after.kind.is_of_choices() {
            after.choices.clear();
        }
    }
    if let Some(unit) = unit {
        after.unit = read_unit(unit.as_deref(), after.kind)?;
    }
    if choices.is_some() || (after.kind.is_of_choices() && after.choices.is_empty()) {
        after.choices = read_choices(choices.as_ref().and_then(|given| given.as_deref()), after.kind)?;
    }
    if let Some(least) = least {
        after.least = read_bound(least.as_deref(), after.kind, "/least")?;
    }
    if let Some(most) = most {
        after.most = read_bound(most.as_deref(), after.kind, "/most")?;
    }
    let mut after = ordered(after)?;
    let fields: Vec<&'static str> = [
        ("kind", after.kind != before.kind),
        ("choices", after.choices != before.choices),
        ("least", after.least != before.least),
        ("most", after.most != before.most),
        ("name", after.name != before.name),
        ("unit", after.unit != before.unit),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect();
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(attribute: &mut Attribute, now: Instant) {
    attribute.version = attribute.version.saturating_add(1);
    attribute.changed_at = attribute.changed_at.max(now);
}

fn ordered(attribute: Attribute) -> Result<Attribute, Problem> {
    match (attribute.least, attribute.most) {
        (Some(least), Some(most)) if least > most => {
            Err(Problem::at(Code::InvalidValue, "/most", "the most is not below the least"))
        }
        _ => Ok(attribute),
    }
}

fn only<T>(kinds: &str, pointer: &str) -> Result<T, Problem> {
    Err(Problem::at(Code::InvalidValue, pointer, format!("only {kinds} has this; leave it out")))
}

fn read_unit(unit: Option<&str>, kind: AttributeKind) -> Result<Option<String>, Problem> {
    let Some(unit) = unit else { return Ok(None) };
    if kind != AttributeKind::Number {
        return only("a `number`", "/unit");
    }
    let unit = text::name(unit, "/unit")?;
    if unit.chars().count() > ATTRIBUTE_UNIT_CHARS_MAX {
        let detail =
            format!("the unit of an attribute is at most {ATTRIBUTE_UNIT_CHARS_MAX} characters long");
        return Err(Problem::at(Code::LimitExceeded, "/unit", detail));
    }
    Ok(Some(unit))
}

fn read_bound(bound: Option<&str>, kind: AttributeKind, pointer: &str) -> Result<Option<i64>, Problem> {
    let Some(bound) = bound else { return Ok(None) };
    if kind != AttributeKind::Number {
        return only("a `number`", pointer);
    }
    let detail = "a bound is a number with at most six decimals, such as `12.5`";
    millionths(bound).map(Some).ok_or_else(|| Problem::at(Code::InvalidValue, pointer, detail))
}

fn read_choices(choices: Option<&[String]>, kind: AttributeKind) -> Result<Vec<String>, Problem> {
    let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
        return if kind.is_of_choices() {
            let detail = format!("a `{kind}` has `choices`, such as `[\"red\", \"blue\"]`");
            Err(Problem::at(Code::InvalidValue, "/choices", detail))
        } else {
            Ok(Vec::new())
        };
    };
    if !kind.is_of_choices() {
        return only("a `choice`, or `choices`,", "/choices");
    }
    if choices.len() > CHOICES_MAX {
        let detail = format!("an attribute has at most {CHOICES_MAX} choices, not {}", choices.len());
        return Err(Problem::at(Code::LimitExceeded, "/choices", detail));
    }
    let mut read: Vec<String> = Vec::with_capacity(choices.len());
    for (index, choice) in choices.iter().enumerate() {
        let pointer = format!("/choices/{index}");
        let choice = text::name(choice, &pointer)?;
        if read.contains(&choice) {
            return Err(Problem::at(Code::InvalidValue, pointer, format!("`{choice}` stands twice")));
        }
        read.push(choice);
    }
    Ok(read)
}
