//! A rule of a place that comes by itself, as out of a list.

use super::decide::RulesBody;
use super::{of_type, place_named, set_of_location, set_of_type, store};
use crate::brought::Brought;
use db::Tx;
use domain::ledger::{Class, Measure};
use domain::{Code, Problem, Qty};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::Subject;
use web::{Caller, Failure, IfMatch};

/// A rule of a type of locations or of a location. What is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRule {
    /// The type whose rule it is.
    #[serde(default)]
    pub location_type: Option<String>,
    /// The location whose own rule it is.
    #[serde(default)]
    pub location: Option<String>,
    /// Which: `volume`, `weight`, `units`, `items`, `lots`, `owners`, `storage_class`, `temperature`, `hazard_class`.
    pub rule: String,
    /// How much there may be.
    #[serde(default)]
    pub max: Option<String>,
    /// Which classes may stand there.
    #[serde(default)]
    pub of: Option<Vec<String>>,
    /// `refuse` or `warn`.
    #[serde(default)]
    pub breach: Option<String>,
    /// What is done with goods whose size nobody has said: `allow` or `refuse`.
    #[serde(default)]
    pub unknown: Option<String>,
    /// The rule of the type does not hold at this location.
    #[serde(default)]
    pub lifted: Option<bool>,
}

/// Sets a rule, and leaves the others of the same place.
///
/// # Errors
/// `invalid_value` at the field at fault, `not_found` for what is not there or out of reach, `forbidden` for the rule
/// of a type by somebody who may work in some places only.
pub fn bring_room_rule(tx: &mut Tx<'_>, caller: &Caller, said: &RoomRule) -> Result<Brought, Failure> {
    if Measure::parse(&said.rule).is_err() && Class::parse(&said.rule).is_err() {
        let detail = format!("there is no rule `{}`", domain::word::echo(&said.rule));
        return Err(Problem::at(Code::InvalidValue, "/rule", detail).into());
    }
    match (&said.location_type, &said.location) {
        (Some(code), None) => {
            if !caller.scope.is_all() {
                let detail = "the rules of a type hold everywhere; who sets them is allowed to everywhere";
                return Err(Problem::new(Code::Forbidden, detail).into());
            }
            let before = of_type(tx, code)?;
            let (rules, was_there) = laid(&before.rules, said)?;
            let after = set_of_type(tx, caller, (code, IfMatch::Any), &rules)
                .map_err(|failure| at_field(failure, &said.rule))?;
            Ok(brought(was_there, before.version == after.version))
        }
        (None, Some(code)) => {
            let place = place_named(tx, &caller.scope, code)?;
            let (before, version) = store::find(tx, Subject::Location(place.id))?.unwrap_or_default();
            let (rules, was_there) = laid(&before, said)?;
            let after = set_of_location(tx, caller, (code, IfMatch::Any), &rules)
                .map_err(|failure| at_field(failure, &said.rule))?;
            Ok(brought(was_there, version == after.version))
        }
        _ => {
            let detail = "a rule is of a type or of a location; name one of the two";
            Err(Problem::at(Code::InvalidValue, "/location", detail).into())
        }
    }
}

const fn brought(was_there: bool, is_same: bool) -> Brought {
    match (was_there, is_same) {
        (_, true) => Brought::Unchanged,
        (true, false) => Brought::Changed,
        (false, false) => Brought::Created,
    }
}

/// The rules of a place with this one among them, and whether it was there.
fn laid(before: &RulesBody, said: &RoomRule) -> Result<(RulesBody, bool), Failure> {
    let RoomRule { location_type: _, location: _, rule, max, of, breach, unknown, lifted } = said;
    let mut rules = match serde_json::to_value(before)? {
        Value::Object(rules) => rules,
        _ => Map::new(),
    };
    let is_lifted = before.lifted.contains(rule);
    if *lifted == Some(true) {
        let more = [
            ("/max", max.is_some()),
            ("/of", of.is_some()),
            ("/breach", breach.is_some()),
            ("/unknown", unknown.is_some()),
        ];
        if let Some((pointer, _)) = more.iter().find(|(_, is_said)| *is_said) {
            return Err(
                Problem::at(Code::InvalidValue, *pointer, "what is lifted has no rule of its own").into()
            );
        }
        let mut all = before.lifted.clone();
        if !is_lifted {
            all.push(rule.clone());
        }
        rules.insert("lifted".to_owned(), json!(all));
        return Ok((serde_json::from_value(Value::Object(rules))?, is_lifted));
    }
    let mut one = match rules.remove(rule) {
        Some(Value::Object(one)) => one,
        _ => Map::new(),
    };
    let was_there = !one.is_empty();
    let is_same = |there: Option<&Value>, max: &str| {
        there.and_then(Value::as_str).is_some_and(|there| Qty::parse(there).ok() == Qty::parse(max).ok())
    };
    if let Some(max) = max.as_ref().filter(|max| !is_same(one.get("max"), max)) {
        one.insert("max".to_owned(), json!(max));
    }
    for (name, value) in [("of", json!(of)), ("breach", json!(breach)), ("unknown", json!(unknown))] {
        if !value.is_null() {
            one.insert(name.to_owned(), value);
        }
    }
    let wanted = if Measure::parse(rule).is_ok() { "max" } else { "of" };
    if let Some(name) = one.keys().find(|name| !takes(wanted, name)) {
        let detail = format!("the rule `{rule}` takes no `{name}`; leave it out");
        return Err(Problem::at(Code::InvalidValue, format!("/{name}"), detail).into());
    }
    if !one.contains_key(wanted) {
        let detail = format!("the rule `{rule}` needs `{wanted}`");
        return Err(Problem::at(Code::InvalidValue, format!("/{wanted}"), detail).into());
    }
    rules.insert(rule.clone(), Value::Object(one));
    Ok((serde_json::from_value(Value::Object(rules))?, was_there))
}

/// Whether a rule that says how much, or of what, takes a field.
fn takes(wanted: &str, name: &str) -> bool {
    name == wanted || name == "breach" || (name == "unknown" && wanted == "max")
}

/// A refusal of all rules at the field of the one that was said.
fn at_field(mut failure: Failure, rule: &str) -> Failure {
    if let Failure::Refused(problem) = &mut failure {
        for error in &mut problem.errors {
            if let Some(field) = error.pointer.strip_prefix('/').and_then(|rest| rest.strip_prefix(rule)) {
                error.pointer = field.to_owned();
            } else if error.pointer.starts_with("/lifted/") {
                "/lifted".clone_into(&mut error.pointer);
            }
        }
    }
    failure
}
