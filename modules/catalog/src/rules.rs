//! What the attributes of an item must be like: definitions hold wherever their key appears, rules
//! hold in a category and below. Pure. Invariant: a rule below only says what it changes; what it
//! leaves open is what the category above says.

use crate::item::Attributes;
use crate::path::{self, ATTRIBUTE_PATH_BYTES_MAX, escaped};
use domain::attribute::{Millionths, millionths};
use domain::when::parse_date;
use domain::{AttributeId, AttributeKind, Code, FieldError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most choices of an attribute, and so the most values that one holds.
pub const CHOICES_MAX: usize = 500;

/// How many characters of a value are compared and looked up.
pub(crate) const INDEXED_CHARS_MAX: usize = 200;

/// How many values of a list are looked up: as many as an attribute of choices has at most.
pub(crate) const INDEXED_VALUES_MAX: usize = CHOICES_MAX;

/// What a definition says of the values of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Definition {
    pub(crate) id: AttributeId,
    pub(crate) key: String,
    pub(crate) kind: AttributeKind,
    /// Of a choice.
    pub(crate) choices: Vec<String>,
    /// Of a number, in millionths.
    pub(crate) least: Option<i64>,
    pub(crate) most: Option<i64>,
}

/// What one category says of an attribute.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rule {
    pub(crate) attribute: AttributeId,
    pub(crate) required: Option<bool>,
    /// `Value::Null` takes an inherited one away.
    pub(crate) standard: Option<Value>,
    pub(crate) allowed: Option<Vec<String>>,
    pub(crate) position: Option<i64>,
}

/// What holds of an attribute in a category, with what stands above it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Effective {
    pub(crate) definition: Arc<Definition>,
    pub(crate) required: bool,
    pub(crate) standard: Option<Value>,
    pub(crate) allowed: Option<Vec<String>>,
    pub(crate) position: i64,
    /// The topmost category that names the attribute, by its path.
    pub(crate) from: String,
}

impl Effective {
    /// The first choice of a value that is not allowed.
    pub(crate) fn refuses<'v>(&self, value: &'v Value) -> Option<&'v str> {
        beyond(value, self.allowed.as_deref())
    }
}

/// What holds in a category: the rules of each category from the topmost one down, folded.
pub(crate) fn fold<'r>(
    chain: impl Iterator<Item = (&'r str, &'r Rule)>,
    definitions: &BTreeMap<AttributeId, Arc<Definition>>,
) -> Vec<Effective> {
    let mut folded: BTreeMap<AttributeId, Effective> = BTreeMap::new();
    for (path, rule) in chain {
        let Some(definition) = definitions.get(&rule.attribute) else { continue };
        let effective = folded.entry(rule.attribute).or_insert_with(|| Effective {
            definition: Arc::clone(definition),
            required: false,
            standard: None,
            allowed: None,
            position: 0,
            from: path.to_owned(),
        });
        if let Some(position) = rule.position {
            effective.position = position;
        }
        if let Some(required) = rule.required {
            effective.required = required;
        }
        if let Some(standard) = &rule.standard {
            effective.standard = Some(standard.clone()).filter(|value| !value.is_null());
        }
        if let Some(allowed) = &rule.allowed {
            effective.allowed = Some(allowed.clone());
        }
    }
    let mut folded: Vec<Effective> = folded.into_values().collect();
    folded.sort_by(|a, b| (a.position, &a.definition.key).cmp(&(b.position, &b.definition.key)));
    folded
}

/// Checks attributes against the definitions of their keys and the rules of the category: all that
/// is wrong, each at its key.
pub(crate) fn check<'d>(
    attributes: &Attributes,
    defined: impl Fn(&str) -> Option<&'d Definition>,
    rules: &[Effective],
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in attributes {
        if let Some(Err(detail)) = defined(key).map(|definition| fits(value, definition)) {
            errors.push(fault(Code::AttributeRefused, key, detail));
        }
    }
    for rule in rules {
        let key = rule.definition.key.as_str();
        let detail = match attributes.get(key) {
            None if rule.required && rule.standard.is_none() => {
                format!("items of `{}` have the attribute `{key}`; give it a value", rule.from)
            }
            None => continue,
            Some(value) => match (beyond(value, rule.allowed.as_deref()), &rule.allowed) {
                (Some(refused), Some(allowed)) => {
                    format!("`{refused}` is not allowed as `{key}` here, but {}", listed(allowed))
                }
                _ => continue,
            },
        };
        errors.push(fault(Code::AttributeRefused, key, detail));
    }
    errors
}

/// Keys that are those of a definition but for the size of a letter.
pub(crate) fn misspelt<'d>(
    attributes: &Attributes,
    defined: impl Fn(&str) -> Option<&'d Definition>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in attributes.keys().filter(|key| defined(key).is_none()) {
        if let Some(meant) = defined(&key.to_lowercase()) {
            let detail = format!("the attribute is written `{}`", meant.key);
            errors.push(fault(Code::UnknownAttribute, key, detail));
        }
    }
    errors
}

fn fault(code: Code, key: &str, detail: String) -> FieldError {
    FieldError { pointer: format!("/{}", escaped(key)), code, detail }
}

/// The first choice that is not among the allowed ones.
fn beyond<'v>(value: &'v Value, allowed: Option<&[String]>) -> Option<&'v str> {
    let allowed = allowed?;
    let is_beyond = |text: &&str| !allowed.iter().any(|choice| choice == text);
    match value {
        Value::String(text) => Some(text.as_str()).filter(is_beyond),
        Value::Array(values) => values.iter().filter_map(Value::as_str).find(is_beyond),
        _ => None,
    }
}

/// Whether a value is of the kind that its attribute has; else why not, and what to do.
pub(crate) fn fits(value: &Value, definition: &Definition) -> Result<(), String> {
    let Definition { key, kind, least, most, .. } = definition;
    match (kind, value) {
        (AttributeKind::Boolean, Value::Bool(_)) => Ok(()),
        (AttributeKind::Text, Value::String(text)) if !text.trim().is_empty() => Ok(()),
        (AttributeKind::Number, Value::Number(number)) => {
            let Some(number) = millionths(&number.to_string()) else {
                return Err(format!(
                    "`{key}` is a number with at most six decimals and twelve digits before them, not `{number}`"
                ));
            };
            match (least, most) {
                (Some(least), _) if number < *least => {
                    Err(format!("`{key}` is at least `{}`, not `{}`", Millionths(*least), Millionths(number)))
                }
                (_, Some(most)) if number > *most => {
                    Err(format!("`{key}` is at most `{}`, not `{}`", Millionths(*most), Millionths(number)))
                }
                _ => Ok(()),
            }
        }
        (AttributeKind::Date, Value::String(text)) if parse_date(text).is_ok() => Ok(()),
        (AttributeKind::Choice, Value::String(text)) => chosen(text, definition),
        (AttributeKind::Choices, Value::Array(values)) if !values.is_empty() => {
            for (index, value) in values.iter().enumerate() {
                let Value::String(text) = value else { return Err(wanted(definition)) };
                chosen(text, definition)?;
                if values.iter().take(index).any(|other| other == value) {
                    return Err(format!("`{text}` is chosen twice for `{key}`"));
                }
            }
            Ok(())
        }
        _ => Err(wanted(definition)),
    }
}

fn chosen(text: &str, definition: &Definition) -> Result<(), String> {
    let Definition { key, choices, .. } = definition;
    if choices.iter().any(|choice| choice == text) {
        return Ok(());
    }
    Err(format!("`{text}` is no choice of `{key}`; there is {}", listed(choices)))
}

/// The first few choices, for a sentence.
fn listed(choices: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text =
        choices.iter().take(SHOWN).map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    if choices.len() > SHOWN {
        text.extend([" and ", &(choices.len() - SHOWN).to_string(), " more"]);
    }
    text
}

fn wanted(definition: &Definition) -> String {
    let Definition { key, kind, choices, .. } = definition;
    match kind {
        AttributeKind::Text => format!("`{key}` is a text"),
        AttributeKind::Number => format!("`{key}` is a number, such as `12.5`, without quotes"),
        AttributeKind::Boolean => format!("`{key}` is `true` or `false`, without quotes"),
        AttributeKind::Date => format!("`{key}` is a day, such as `2026-03-01`"),
        AttributeKind::Choice => format!("`{key}` is one of {}", listed(choices)),
        AttributeKind::Choices => format!("`{key}` is a list of some of {}", listed(choices)),
    }
}

/// Why a text, as it is looked up, is nothing that a value of an attribute could be compared with. What is not among
/// the choices is: no item has it.
pub(crate) fn incomparable(text: &str, definition: &Definition) -> Option<String> {
    let Definition { key, kind, .. } = definition;
    let given = domain::word::echo(text);
    match kind {
        AttributeKind::Number if millionths(text).is_none() => {
            Some(format!("`{key}` is a number, such as `12.5`, and `{given}` is none"))
        }
        AttributeKind::Date if parse_date(text).is_err() => {
            Some(format!("`{key}` is a day, such as `2026-03-01`, and `{given}` is none"))
        }
        AttributeKind::Boolean if text != "true" && text != "false" => {
            Some(format!("`{key}` is `true` or `false`, and not `{given}`"))
        }
        _ => None,
    }
}

/// A value as it is looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Indexed {
    pub(crate) key: String,
    pub(crate) n: i64,
    pub(crate) text: String,
    pub(crate) number: Option<i64>,
    pub(crate) inherited: bool,
}

/// All that an item can be found by: its own values and those deeper in them, and, where it has none, those of its
/// category.
pub(crate) fn indexed(attributes: &Attributes, rules: &[Effective]) -> Vec<Indexed> {
    let mut rows = Vec::new();
    for (key, value) in attributes {
        index(key, value, false, &mut rows);
    }
    for rule in rules {
        if let Some(standard) = &rule.standard
            && !attributes.contains_key(&rule.definition.key)
        {
            index(&rule.definition.key, standard, true, &mut rows);
        }
    }
    rows
}

/// Values as they are compared, by key and path.
type Found = BTreeMap<String, Vec<(String, Option<i64>)>>;

fn index(key: &str, value: &Value, inherited: bool, rows: &mut Vec<Indexed>) {
    let mut found = Found::new();
    gather(path::top(key), &path::below("", key), value, &mut found);
    for (key, mut values) in found {
        if values.is_empty() {
            // nothing to compare with, and still there: for who asks whether an item has it, and what it may be
            values.push((String::new(), None));
        }
        let values = (0..).zip(values);
        rows.extend(values.map(|(n, (text, number))| Indexed {
            key: key.clone(),
            n,
            text,
            number,
            inherited,
        }));
    }
}

/// The values under a key, which stands at a path, and those deeper; of a list all.
fn gather(key: String, at: &str, value: &Value, found: &mut Found) {
    let (text, number) = match value {
        Value::Array(values) => {
            found.entry(key.clone()).or_default();
            return values.iter().for_each(|value| gather(key.clone(), at, value, found));
        }
        Value::Object(parts) => {
            found.entry(key).or_default();
            for (part, value) in parts {
                let below = path::below(at, part);
                if below.len() <= ATTRIBUTE_PATH_BYTES_MAX {
                    gather(below.clone(), &below, value, found);
                }
            }
            return;
        }
        Value::Null => {
            found.entry(key).or_default();
            return;
        }
        Value::String(text) => (text.clone(), None),
        Value::Number(number) => (number.to_string(), nearest(number)),
        Value::Bool(truth) => (truth.to_string(), None),
    };
    let values = found.entry(key).or_default();
    if values.len() < INDEXED_VALUES_MAX {
        values.push((lookup_text(&text), number));
    }
}

/// A number as it is compared: one of more decimals than six is rounded, and one that is too large is larger than all
/// that are not. A free attribute takes what JSON takes.
fn nearest(number: &serde_json::Number) -> Option<i64> {
    let text = number.to_string();
    millionths(&text).or_else(|| {
        let value = number.as_f64()?;
        let beyond = if value < 0.0 { i64::MIN } else { i64::MAX };
        Some(millionths(&format!("{value:.6}")).unwrap_or(beyond))
    })
}

/// A text as it is compared.
pub(crate) fn lookup_text(text: &str) -> String {
    text.chars().take(INDEXED_CHARS_MAX).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition(id: i64, key: &str, kind: AttributeKind) -> Definition {
        let choices =
            if kind.is_of_choices() { vec!["red".to_owned(), "blue".to_owned()] } else { Vec::new() };
        Definition { id: AttributeId(id), key: key.to_owned(), kind, choices, least: None, most: None }
    }

    fn rule(id: i64) -> Rule {
        Rule { attribute: AttributeId(id), required: None, standard: None, allowed: None, position: None }
    }

    #[test]
    fn a_value_is_of_its_kind() {
        let number = Definition {
            least: Some(0),
            most: Some(10_000_000),
            ..definition(1, "load", AttributeKind::Number)
        };
        let cases = [
            (
                definition(1, "a", AttributeKind::Text),
                vec![json!("x")],
                vec![json!(""), json!(" "), json!(1), json!(null), json!(["x"])],
            ),
            (
                number,
                vec![json!(0), json!(10), json!(9.999_999)],
                vec![json!(-1), json!(10.000_001), json!(0.000_000_1), json!("5"), json!(1e15)],
            ),
            (definition(1, "a", AttributeKind::Boolean), vec![json!(true)], vec![json!("true"), json!(1)]),
            (
                definition(1, "a", AttributeKind::Date),
                vec![json!("2024-02-29")],
                vec![
                    json!("2023-02-29"),
                    json!("1.3.2026"),
                    json!("2026-3-1"),
                    json!(20_260_301),
                    json!("2026-03-01T00:00"),
                ],
            ),
            (
                definition(1, "a", AttributeKind::Choice),
                vec![json!("red")],
                vec![json!("Red"), json!("green"), json!(["red"])],
            ),
            (
                definition(1, "a", AttributeKind::Choices),
                vec![json!(["red"]), json!(["blue", "red"])],
                vec![json!([]), json!("red"), json!(["red", "red"]), json!(["red", 1]), json!(["green"])],
            ),
        ];
        for (definition, good, bad) in cases {
            for value in good {
                assert_eq!(fits(&value, &definition), Ok(()), "{value}");
            }
            for value in bad {
                assert!(fits(&value, &definition).is_err(), "{} {value}", definition.kind);
            }
        }
    }

    #[test]
    fn what_a_rule_leaves_open_is_said_above() {
        let definitions: BTreeMap<AttributeId, Arc<Definition>> =
            [definition(1, "colour", AttributeKind::Choice), definition(2, "size", AttributeKind::Text)]
                .into_iter()
                .map(|definition| (definition.id, Arc::new(definition)))
                .collect();
        let top = Rule {
            required: Some(true),
            standard: Some(json!("red")),
            allowed: Some(vec!["red".to_owned()]),
            ..rule(1)
        };
        let folded = |rules: &[(&str, Rule)]| {
            let chain = rules.iter().map(|(path, rule)| (*path, rule));
            fold(chain, &definitions)
        };
        let silent = folded(&[("a", top.clone()), ("a/b", rule(1))]);
        assert_eq!(silent, folded(&[("a", top.clone())]));
        let taken = folded(&[("a", top.clone()), ("a/b", Rule { standard: Some(Value::Null), ..rule(1) })]);
        assert_eq!((taken[0].standard.clone(), taken[0].required, &*taken[0].from), (None, true, "a"));
        let eased = folded(&[("a", top), ("a/b", Rule { required: Some(false), ..rule(1) })]);
        assert!(!eased[0].required);
        let ordered = folded(&[
            ("a", Rule { position: Some(2), ..rule(1) }),
            ("a", Rule { position: Some(1), ..rule(2) }),
        ]);
        assert_eq!(ordered.iter().map(|rule| &*rule.definition.key).collect::<Vec<_>>(), ["size", "colour"]);
        let silent = folded(&[
            ("a", Rule { position: Some(2), ..rule(1) }),
            ("a", Rule { position: Some(1), ..rule(2) }),
            ("a/b", Rule { required: Some(true), ..rule(2) }),
        ]);
        assert_eq!(silent[0].position, 1, "where it is shown is said above as well");
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        let colour = definition(1, "colour", AttributeKind::Choice);
        let size = definition(2, "size", AttributeKind::Text);
        let effective = |definition: &Definition, required| Effective {
            definition: Arc::new(definition.clone()),
            required,
            standard: None,
            allowed: definition.kind.is_of_choices().then(|| vec!["blue".to_owned()]),
            position: 0,
            from: "paint".to_owned(),
        };
        let rules = [effective(&colour, true), effective(&size, true)];
        let defined = |key: &str| [&colour, &size].into_iter().find(|definition| definition.key == key);
        let checked = |value: Value, rules: &[Effective]| match value {
            Value::Object(attributes) => [check(&attributes, defined, rules), misspelt(&attributes, defined)]
                .concat()
                .into_iter()
                .map(|error| error.pointer)
                .collect::<Vec<_>>(),
            _ => panic!("no object"),
        };
        let none: [&str; 0] = [];
        assert_eq!(checked(json!({ "colour": "blue", "size": "XL", "free/key": [1] }), &rules), none);
        let cases = [
            (json!({}), vec!["/colour", "/size"]),
            (json!({ "colour": "red", "size": "s" }), vec!["/colour"]),
            (json!({ "colour": "green", "size": 1 }), vec!["/colour", "/size", "/colour"]),
            (json!({ "colour": "blue", "size": "s", "Colour": "x" }), vec!["/Colour"]),
        ];
        for (value, pointers) in cases {
            assert_eq!(checked(value.clone(), &rules), pointers, "{value}");
        }
        let standard = Effective { standard: Some(json!("blue")), ..effective(&colour, true) };
        assert_eq!(checked(json!({}), &[standard]), none, "what has a default need not be given");
        assert_eq!(checked(json!({ "colour": "red" }), &[]), none, "only the category narrows");
    }

    #[test]
    fn an_item_is_found_by_its_values_and_by_those_it_inherits() {
        let weight = Effective {
            definition: Arc::new(definition(1, "weight", AttributeKind::Number)),
            required: false,
            standard: Some(json!(2.5)),
            allowed: None,
            position: 0,
            from: "a".to_owned(),
        };
        let Value::Object(attributes) = json!({ "/k": 1, "Tags": ["A", { "x": 1 }, [true, { "x": "B" }]], "deep": { "x/y": { "z": 2 } }, "n": null })
        else {
            panic!("no object")
        };
        let row = |key: &str, n, text: &str, number, inherited| Indexed {
            key: key.to_owned(),
            n,
            text: text.to_owned(),
            number,
            inherited,
        };
        assert_eq!(
            indexed(&attributes, std::slice::from_ref(&weight)),
            [
                row("/~1k", 0, "1", Some(1_000_000), false),
                row("/Tags/x", 0, "1", Some(1_000_000), false),
                row("/Tags/x", 1, "b", None, false),
                row("Tags", 0, "a", None, false),
                row("Tags", 1, "true", None, false),
                row("/deep/x~1y", 0, "", None, false),
                row("/deep/x~1y/z", 0, "2", Some(2_000_000), false),
                row("deep", 0, "", None, false),
                row("n", 0, "", None, false),
                row("weight", 0, "2.5", Some(2_500_000), true),
            ]
        );
        let number = |text: &str| nearest(&serde_json::from_str(text).unwrap());
        assert_eq!(number("0.1234567"), Some(123_457));
        assert_eq!(number("-0.0000004"), Some(0));
        assert_eq!((number("1e30"), number("-1e30")), (Some(i64::MAX), Some(i64::MIN)));
        assert_eq!(number("99999999999999"), Some(i64::MAX));
        let long = "k".repeat(ATTRIBUTE_PATH_BYTES_MAX - "/a/".len());
        let Value::Object(long) = json!({ "a": { &long: 1, format!("{long}k"): 2 } }) else {
            panic!("no object")
        };
        let lengths = indexed(&long, &[]).iter().map(|row| row.key.len()).collect::<Vec<_>>();
        assert_eq!(lengths, [ATTRIBUTE_PATH_BYTES_MAX, 1], "what stands beyond is shown and not looked up");
        let Value::Object(own) = json!({ "weight": 3 }) else { panic!("no object") };
        assert_eq!(indexed(&own, &[weight]), [row("weight", 0, "3", Some(3_000_000), false)]);
    }
}
