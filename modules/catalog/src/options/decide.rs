//! What an option set becomes. Pure.

use super::{OPTION_VALUES_MAX, OptionSet, OptionValue};
use crate::text;
use domain::given::{given, not_null};
use domain::{AsProblem, Code, Instant, OptionCode, OptionSetCode, OptionSetId, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new option set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOptionSet {
    /// As patterns have it: small letters, digits and `_`, such as `colour`.
    pub code: String,
    /// What people call it; the code when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// What can be chosen, in order; at least one.
    pub values: Vec<NewOptionValue>,
}

/// A new value of an option set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOptionValue {
    /// As it stands in a SKU, such as `RED`: letters, digits, `_` and `.`.
    pub code: String,
    /// What people call it; the code when left out.
    #[serde(default)]
    pub name: Option<String>,
}

/// A change of an option set: left out means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOptionSet {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// The codes of all its values in their new order.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<String>)]
    pub order: Option<Option<Vec<String>>>,
}

/// A change of a value: left out means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOptionValue {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// Whether new variants have it no more.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub archived: Option<Option<bool>>,
}

/// The option set as it will be stored, except for its id.
pub(crate) fn plan_new(command: &NewOptionSet, now: Instant) -> Result<OptionSet, Problem> {
    let NewOptionSet { code, name, values } = command;
    let code = OptionSetCode::parse(code).map_err(|error| error.problem("/code"))?;
    if code.as_str() == "family" {
        let detail = "`{family}` stands for the family in a pattern; choose another code";
        return Err(Problem::at(Code::InvalidValue, "/code", detail));
    }
    if values.is_empty() {
        return Err(Problem::at(Code::InvalidValue, "/values", "an option set has at least one value"));
    }
    let mut planned = Vec::with_capacity(values.len().min(OPTION_VALUES_MAX));
    for (index, value) in values.iter().enumerate() {
        let value =
            plan_value(value, &planned).map_err(|problem| problem.under(&format!("/values/{index}")))?;
        planned.push(value);
    }
    Ok(OptionSet {
        id: OptionSetId(0),
        name: text::name(name.as_deref().unwrap_or(code.as_str()), "/name")?,
        code,
        values: planned,
        version: 1,
        created_at: now,
        changed_at: now,
    })
}

/// One more value beside those that are there.
pub(crate) fn plan_value(command: &NewOptionValue, others: &[OptionValue]) -> Result<OptionValue, Problem> {
    let NewOptionValue { code, name } = command;
    let code = OptionCode::parse(code).map_err(|error| error.problem("/code"))?;
    if others.len() >= OPTION_VALUES_MAX {
        let detail = format!("an option set has at most {OPTION_VALUES_MAX} values");
        return Err(Problem::at(Code::LimitExceeded, "/code", detail));
    }
    if let Some(other) = others.iter().find(|other| other.code.folded() == code.folded()) {
        let detail = format!("the option set has the value `{}` already", other.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail));
    }
    let name = text::name(name.as_deref().unwrap_or(code.as_str()), "/name")?;
    Ok(OptionValue { code, name, archived: false })
}

/// The option set after a change, and the fields that differ.
pub(crate) fn plan_change(
    before: &OptionSet,
    change: &ChangeOptionSet,
) -> Result<(OptionSet, Vec<&'static str>), Problem> {
    let ChangeOptionSet { name, order } = change;
    let mut after = before.clone();
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = text::name(name, "/name")?;
    }
    if let Some(order) = not_null(order.as_ref(), "/order")? {
        after.values = plan_order(before, order)?;
    }
    let fields = [("name", after.name != before.name), ("values", after.values != before.values)];
    let fields = fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    Ok((after, fields))
}

fn plan_order(before: &OptionSet, order: &[String]) -> Result<Vec<OptionValue>, Problem> {
    let mut values: Vec<OptionValue> = Vec::with_capacity(before.values.len());
    for (index, code) in order.iter().enumerate() {
        let refused = |detail| Err(Problem::at(Code::InvalidValue, format!("/order/{index}"), detail));
        match before.value(code) {
            None => return refused(format!("`{}` has no value `{code}`", before.code)),
            Some(value) if values.contains(value) => return refused(format!("`{code}` stands twice")),
            Some(value) => values.push(value.clone()),
        }
    }
    match before.values.iter().find(|value| !values.contains(value)) {
        Some(left) => {
            let detail = format!("the order names all values, and `{}` is not among them", left.code);
            Err(Problem::at(Code::InvalidValue, "/order", detail))
        }
        None => Ok(values),
    }
}

/// The option set after a change of one of its values.
pub(crate) fn plan_value_change(
    before: &OptionSet,
    code: &str,
    change: &ChangeOptionValue,
) -> Result<OptionSet, Problem> {
    let ChangeOptionValue { name, archived } = change;
    let mut after = before.clone();
    let found = after.values.iter_mut().find(|value| value.code.as_str().eq_ignore_ascii_case(code));
    let value = found.ok_or_else(|| Problem::not_found("value of this option set", code))?;
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        value.name = text::name(name, "/name")?;
    }
    if let Some(archived) = not_null(archived.as_ref(), "/archived")? {
        value.archived = *archived;
    }
    Ok(after)
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(set: &mut OptionSet, now: Instant) {
    set.version = set.version.saturating_add(1);
    set.changed_at = set.changed_at.max(now);
}
