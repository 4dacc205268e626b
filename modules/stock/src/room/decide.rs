//! What the rules of a place say, and which of them hold. Pure.

use domain::goods::StorageClass;
use domain::ledger::{Breach, Class, Limit, Measure, Only, RoomRules, Unsized};
use domain::{AsProblem, Code, HazardClass, Problem, Qty, Temperature};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Classes that one rule names at most.
pub(crate) const CLASSES_PER_RULE_MAX: usize = 32;

/// The word that stands for goods without a class.
const NONE: &str = "none";

/// How much there may be.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitBody {
    /// At most so much, as a decimal string: litres of `volume`, kilograms of `weight`, base units of `units`, and
    /// of `items`, `lots` and `owners` how many different ones.
    pub(crate) max: String,
    /// `refuse` (the default) or `warn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) breach: Option<String>,
    /// Of `volume` and `weight`, what is done with goods whose size nobody has said: `allow` (the default), they do
    /// not count; or `refuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<String>,
}

/// Which classes of goods may stand there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnlyBody {
    /// These; `none` stands for goods without a class.
    pub(crate) of: Vec<String>,
    /// `refuse` (the default) or `warn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) breach: Option<String>,
}

/// How much a place takes, and of what. What is left out has no rule.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesBody {
    /// How much room there is, in litres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) volume: Option<LimitBody>,
    /// How much it carries, in kilograms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<LimitBody>,
    /// How many base units of all items together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) units: Option<LimitBody>,
    /// How many different items; `1` for no mixing of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<LimitBody>,
    /// How many different lots and serials; `1` for no mixing of lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lots: Option<LimitBody>,
    /// How many different owners, ourselves among them; `1` for no mixing of owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owners: Option<LimitBody>,
    /// Only goods of these storage classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class: Option<OnlyBody>,
    /// Only goods of these temperature classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<OnlyBody>,
    /// Only goods of these hazard classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hazard_class: Option<OnlyBody>,
    /// Of a location: the rules of its type that do not hold here, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lifted: Vec<String>,
}

impl RulesBody {
    fn limits(&self) -> [(Measure, Option<&LimitBody>); 6] {
        [
            (Measure::Volume, self.volume.as_ref()),
            (Measure::Weight, self.weight.as_ref()),
            (Measure::Units, self.units.as_ref()),
            (Measure::Items, self.items.as_ref()),
            (Measure::Lots, self.lots.as_ref()),
            (Measure::Owners, self.owners.as_ref()),
        ]
    }

    fn classes(&self) -> [(Class, Option<&OnlyBody>); 3] {
        [
            (Class::Storage, self.storage_class.as_ref()),
            (Class::Temperature, self.temperature.as_ref()),
            (Class::Hazard, self.hazard_class.as_ref()),
        ]
    }

    /// The rules that it sets, each fault with its pointer.
    pub(crate) fn read(&self) -> Result<RoomRules, Problem> {
        let mut rules = RoomRules::default();
        for (measure, body) in self.limits() {
            if let Some(body) = body {
                let under = |problem: Problem| problem.under(&format!("/{}", measure.word()));
                rules.limits.push((measure, limit(measure, body).map_err(under)?));
            }
        }
        for (class, body) in self.classes() {
            if let Some(body) = body {
                let under = |problem: Problem| problem.under(&format!("/{}", class.word()));
                rules.only.push((class, only(class, body).map_err(under)?));
            }
        }
        Ok(rules)
    }

    /// Refuses what does not go together: a rule that is set and lifted, one that there is not, and a type that lifts.
    pub(crate) fn check_lifted(&self, of_type: bool) -> Result<(), Problem> {
        let set: Vec<&str> = self
            .limits()
            .into_iter()
            .filter_map(|(measure, body)| body.map(|_| measure.word()))
            .chain(self.classes().into_iter().filter_map(|(class, body)| body.map(|_| class.word())))
            .collect();
        for (number, name) in self.lifted.iter().enumerate() {
            let refuse =
                |detail: String| Problem::at(Code::InvalidValue, format!("/lifted/{number}"), detail);
            if of_type {
                return Err(refuse("a type has no rules above it to lift; leave `lifted` out".to_owned()));
            }
            let known = Measure::parse(name).is_ok() || Class::parse(name).is_ok();
            if !known {
                return Err(refuse(format!("there is no rule `{}`", domain::word::echo(name))));
            }
            if set.contains(&name.as_str()) {
                return Err(refuse(format!("`{name}` is set here; it needs not be lifted")));
            }
        }
        Ok(())
    }
}

fn breach(word: Option<&str>) -> Result<Breach, Problem> {
    word.map_or(Ok(Breach::Refuse), |word| Breach::parse(word).map_err(|error| error.problem("/breach")))
}

fn limit(measure: Measure, body: &LimitBody) -> Result<Limit, Problem> {
    let max = Qty::parse(&body.max).map_err(|error| error.problem("/max"))?;
    let counts = matches!(measure, Measure::Items | Measure::Lots | Measure::Owners);
    if max.is_zero() || (counts && !max.is_whole()) {
        let detail = if max.is_zero() {
            "what takes nothing is no place for stock; block it, or choose a larger number"
        } else {
            "say how many different ones there may be, as a whole number"
        };
        return Err(Problem::at(Code::InvalidValue, "/max", detail));
    }
    let sized = matches!(measure, Measure::Volume | Measure::Weight);
    let unknown = match body.unknown.as_deref() {
        None => Unsized::Allow,
        Some(word) if sized => Unsized::parse(word).map_err(|error| error.problem("/unknown"))?,
        Some(_) => {
            let detail = "how many there are is always known; leave `unknown` out";
            return Err(Problem::at(Code::InvalidValue, "/unknown", detail));
        }
    };
    let max = if counts { max.millionths() / domain::qty::SCALE } else { max.millionths() };
    Ok(Limit { max, breach: breach(body.breach.as_deref())?, unknown })
}

fn only(class: Class, body: &OnlyBody) -> Result<Only, Problem> {
    if body.of.is_empty() || body.of.len() > CLASSES_PER_RULE_MAX {
        let detail = format!("name 1 to {CLASSES_PER_RULE_MAX} classes");
        return Err(Problem::at(Code::InvalidValue, "/of", detail));
    }
    let mut of: Vec<Option<Box<str>>> = Vec::with_capacity(body.of.len());
    for (number, word) in body.of.iter().enumerate() {
        let pointer = format!("/of/{number}");
        let one = (word != NONE).then(|| class_word(class, word, &pointer)).transpose()?;
        if of.contains(&one) {
            return Err(Problem::at(Code::InvalidValue, pointer, "the class stands there twice"));
        }
        of.push(one);
    }
    Ok(Only { of, breach: breach(body.breach.as_deref())? })
}

fn class_word(class: Class, word: &str, pointer: &str) -> Result<Box<str>, Problem> {
    Ok(match class {
        Class::Storage => {
            let parsed = StorageClass::parse(word).map_err(|error| error.problem(pointer))?;
            parsed.as_str().into()
        }
        Class::Temperature => Temperature::parse(word).map_err(|error| error.problem(pointer))?.word().into(),
        Class::Hazard => HazardClass::parse(word).map_err(|error| error.problem(pointer))?.word().into(),
    })
}

/// The rules that hold at a location: its own, and of its type those that it neither sets nor lifts.
pub(crate) fn effective(own: &RulesBody, typed: &RulesBody) -> RulesBody {
    let lifted = |name: &str| own.lifted.iter().any(|lifted| lifted == name);
    let limit = |name: &str, own: &Option<LimitBody>, typed: &Option<LimitBody>| {
        own.clone().or_else(|| typed.clone().filter(|_| !lifted(name)))
    };
    let only = |name: &str, own: &Option<OnlyBody>, typed: &Option<OnlyBody>| {
        own.clone().or_else(|| typed.clone().filter(|_| !lifted(name)))
    };
    RulesBody {
        volume: limit("volume", &own.volume, &typed.volume),
        weight: limit("weight", &own.weight, &typed.weight),
        units: limit("units", &own.units, &typed.units),
        items: limit("items", &own.items, &typed.items),
        lots: limit("lots", &own.lots, &typed.lots),
        owners: limit("owners", &own.owners, &typed.owners),
        storage_class: only("storage_class", &own.storage_class, &typed.storage_class),
        temperature: only("temperature", &own.temperature, &typed.temperature),
        hazard_class: only("hazard_class", &own.hazard_class, &typed.hazard_class),
        lifted: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(value: Value) -> RulesBody {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_can_be_said() {
        let all = body(json!({
            "volume": { "max": "120.5", "unknown": "refuse" },
            "weight": { "max": "800", "breach": "warn" },
            "items": { "max": "1" },
            "hazard_class": { "of": ["none", "3"] },
            "temperature": { "of": ["frozen"] }
        }));
        let rules = all.read().unwrap();
        let limit = |max, breach, unknown| Limit { max, breach, unknown };
        assert_eq!(
            rules.limits,
            [
                (Measure::Volume, limit(120_500_000, Breach::Refuse, Unsized::Refuse)),
                (Measure::Weight, limit(800_000_000, Breach::Warn, Unsized::Allow)),
                (Measure::Items, limit(1, Breach::Refuse, Unsized::Allow)),
            ]
        );
        assert_eq!(rules.only[1].1.of, [None, Some("3".into())]);
        for (wrong, pointer) in [
            (json!({ "volume": { "max": "0" } }), "/volume/max"),
            (json!({ "volume": { "max": "a lot" } }), "/volume/max"),
            (json!({ "volume": { "max": "1.0000001" } }), "/volume/max"),
            (json!({ "weight": { "max": "1000000001" } }), "/weight/max"),
            (json!({ "items": { "max": "1.5" } }), "/items/max"),
            (json!({ "lots": { "max": "1", "unknown": "allow" } }), "/lots/unknown"),
            (json!({ "units": { "max": "1", "breach": "shout" } }), "/units/breach"),
            (json!({ "weight": { "max": "1", "unknown": "guess" } }), "/weight/unknown"),
            (json!({ "temperature": { "of": ["cold"] } }), "/temperature/of/0"),
            (json!({ "hazard_class": { "of": ["3", "3"] } }), "/hazard_class/of/1"),
            (json!({ "storage_class": { "of": ["none", "A b"] } }), "/storage_class/of/1"),
            (json!({ "storage_class": { "of": [] } }), "/storage_class/of"),
        ] {
            assert_eq!(body(wrong.clone()).read().unwrap_err().errors[0].pointer, pointer, "{wrong}");
        }
        let of = |count: usize| -> Vec<String> { (0..count).map(|number| format!("c{number}")).collect() };
        let many = |count| body(json!({ "storage_class": { "of": of(count) } })).read();
        assert!(many(CLASSES_PER_RULE_MAX).is_ok() && many(CLASSES_PER_RULE_MAX + 1).is_err());
    }

    #[test]
    fn a_location_sets_and_lifts_what_its_type_says() {
        let typed =
            body(json!({ "volume": { "max": "100" }, "items": { "max": "1" }, "weight": { "max": "9" } }));
        let own = body(json!({ "volume": { "max": "50" }, "lifted": ["items"] }));
        let holds = body(json!({ "volume": { "max": "50" }, "weight": { "max": "9" } }));
        assert_eq!(effective(&own, &typed), holds);
        assert_eq!(effective(&RulesBody::default(), &typed), typed);
        assert_eq!(effective(&typed, &RulesBody::default()), typed);
        assert!(own.check_lifted(false).is_ok());
        for (wrong, of_type) in [
            (json!({ "lifted": ["items"] }), true),
            (json!({ "lifted": ["colour"] }), false),
            (json!({ "items": { "max": "1" }, "lifted": ["items"] }), false),
        ] {
            let problem = body(wrong.clone()).check_lifted(of_type).unwrap_err();
            assert_eq!(problem.errors[0].pointer, "/lifted/0", "{wrong}");
        }
    }
}
