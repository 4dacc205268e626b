//! What a family becomes. Pure.

use super::{Exclusion, FAMILY_EXCLUDED_MAX, FAMILY_OPTIONS_MAX, Family, FamilyDefaults};
use crate::item::Attributes;
use crate::options::OptionSet;
use crate::text;
use domain::given::{given, not_null};
use domain::{AsProblem, Code, FamilyCode, FamilyId, Instant, Pattern, Problem};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A new family.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFamily {
    /// Its code, as it stands in SKUs.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// The codes of the option sets that tell its variants apart, in order.
    pub options: Vec<String>,
    /// How SKUs are made: `{family}` and every option by its code. `{family}-{colour}-{size}` when left out, with
    /// the options that it has.
    #[serde(default)]
    pub sku_pattern: Option<String>,
    /// How variants are named, with the names in place of the codes; `{family}, {colour}, {size}` when left out.
    #[serde(default)]
    pub name_pattern: Option<String>,
    /// Whether a variant may be made when one is ordered; no when left out.
    #[serde(default)]
    pub configurable: bool,
    /// What cannot be combined, such as `[{"colour": ["RED"], "size": ["XL"]}]`.
    #[serde(default)]
    pub excluded: Vec<Exclusion>,
    /// What its variants are like.
    pub defaults: FamilyDefaults,
}

/// A change of a family: left out means as it was.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeFamily {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// Other options, while it has no variants.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<String>)]
    pub options: Option<Option<Vec<String>>>,
    /// How SKUs are made from now on. SKUs that are there stay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub sku_pattern: Option<Option<String>>,
    /// How variants are named; those that follow change their names.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name_pattern: Option<Option<String>>,
    /// Whether a variant may be made when one is ordered.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub configurable: Option<Option<bool>>,
    /// All that cannot be combined from now on. Variants that are there stay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<Exclusion>)]
    pub excluded: Option<Option<Vec<Exclusion>>>,
    /// A merge patch of the defaults: a key with null is taken away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Object)]
    pub defaults: Option<Option<Attributes>>,
    /// Whether new variants are made no more.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub archived: Option<Option<bool>>,
}

/// The codes of options within their limits, none of them twice.
pub(crate) fn check_options(codes: &[String]) -> Result<(), Problem> {
    let refused = |code, detail| Err(Problem::at(code, "/options", detail));
    if codes.is_empty() {
        return refused(Code::InvalidValue, "a family has at least one option".to_owned());
    }
    if codes.len() > FAMILY_OPTIONS_MAX {
        let detail = format!("a family has at most {FAMILY_OPTIONS_MAX} options, not {}", codes.len());
        return refused(Code::LimitExceeded, detail);
    }
    match codes.iter().enumerate().find(|(index, code)| codes.iter().take(*index).any(|other| other == *code))
    {
        Some((_, code)) => refused(Code::InvalidValue, format!("the option `{code}` stands twice")),
        None => Ok(()),
    }
}

/// The family as it will be stored, except for its id and the id of its category.
pub(crate) fn plan_new(
    command: &NewFamily,
    options: Vec<OptionSet>,
    now: Instant,
) -> Result<Family, Problem> {
    let NewFamily { code, name, options: _, sku_pattern, name_pattern, configurable, excluded, defaults } =
        command;
    let patterns = Patterns { sku: sku_pattern.as_deref(), name: name_pattern.as_deref() };
    let (sku_pattern, name_pattern) = patterns.read(&options)?;
    Ok(Family {
        id: FamilyId(0),
        code: FamilyCode::parse(code).map_err(|error| error.problem("/code"))?.as_str().to_owned(),
        name: text::name(name, "/name")?,
        sku_pattern,
        name_pattern,
        configurable: *configurable,
        excluded: plan_excluded(excluded, &options)?,
        defaults: plan_defaults(defaults)?,
        category_id: None,
        archived: false,
        version: 1,
        created_at: now,
        changed_at: now,
        options,
    })
}

/// The patterns as they were given.
struct Patterns<'c> {
    sku: Option<&'c str>,
    name: Option<&'c str>,
}

impl Patterns<'_> {
    /// Both, the usual ones where none is given.
    fn read(&self, options: &[OptionSet]) -> Result<(Pattern, Pattern), Problem> {
        let codes: Vec<&str> = options.iter().map(|set| set.code.as_str()).collect();
        let known: Vec<&str> = std::iter::once("family").chain(codes.iter().copied()).collect();
        let usual =
            |between: &str| known.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(between);
        let sku = self.sku.map_or_else(|| usual("-"), str::to_owned);
        let name = self.name.map_or_else(|| usual(", "), str::to_owned);
        let sku = Pattern::parse(&sku, &known).and_then(|pattern| pattern.naming(&codes));
        Ok((
            sku.map_err(|error| error.problem("/sku_pattern"))?,
            Pattern::parse(&name, &known).map_err(|error| error.problem("/name_pattern"))?,
        ))
    }
}

fn plan_excluded(excluded: &[Exclusion], options: &[OptionSet]) -> Result<Vec<Exclusion>, Problem> {
    if excluded.len() > FAMILY_EXCLUDED_MAX {
        let detail = format!("a family excludes at most {FAMILY_EXCLUDED_MAX} combinations");
        return Err(Problem::at(Code::LimitExceeded, "/excluded", detail));
    }
    let mut planned = Vec::with_capacity(excluded.len());
    for (index, exclusion) in excluded.iter().enumerate() {
        let refused =
            |detail: String| Err(Problem::at(Code::InvalidValue, format!("/excluded/{index}"), detail));
        if exclusion.is_empty() {
            return refused("an exclusion names at least one option".to_owned());
        }
        let mut plan = Exclusion::new();
        for (code, values) in exclusion {
            let Some(set) = options.iter().find(|set| set.code.as_str() == code) else {
                return refused(format!("the family has no option `{code}`"));
            };
            let mut codes: Vec<String> = Vec::new();
            for value in values {
                match set.value(value) {
                    None => return refused(format!("`{code}` has no value `{value}`")),
                    Some(value) if codes.iter().any(|code| code == value.code.as_str()) => {}
                    Some(value) => codes.push(value.code.as_str().to_owned()),
                }
            }
            if codes.is_empty() {
                return refused(format!("at least one value of `{code}` is named; leave it out for all"));
            }
            plan.insert(code.clone(), codes);
        }
        planned.push(plan);
    }
    Ok(planned)
}

/// The defaults with the category in small letters; all else is read as that of an item.
fn plan_defaults(defaults: &FamilyDefaults) -> Result<FamilyDefaults, Problem> {
    let category = text::category(defaults.category.as_deref().unwrap_or_default(), "/defaults/category")?;
    Ok(FamilyDefaults { category: Some(category).filter(|path| !path.is_empty()), ..defaults.clone() })
}

/// The family after a change, and the fields that differ. `options` are those of the change, where it names any.
pub(crate) fn plan_change(
    before: &Family,
    change: &ChangeFamily,
    options: Option<Vec<OptionSet>>,
    now: Instant,
) -> Result<(Family, Vec<&'static str>), Problem> {
    let ChangeFamily {
        name,
        options: named,
        sku_pattern,
        name_pattern,
        configurable,
        excluded,
        defaults,
        archived,
    } = change;
    not_null(named.as_ref(), "/options")?;
    let mut after = before.clone();
    if let Some(options) = options {
        after.options = options;
    }
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = text::name(name, "/name")?;
    }
    let sku_pattern = not_null(sku_pattern.as_ref(), "/sku_pattern")?;
    let name_pattern = not_null(name_pattern.as_ref(), "/name_pattern")?;
    let patterns = Patterns {
        sku: Some(sku_pattern.map_or(before.sku_pattern.as_str(), String::as_str)),
        name: Some(name_pattern.map_or(before.name_pattern.as_str(), String::as_str)),
    };
    (after.sku_pattern, after.name_pattern) = patterns.read(&after.options)?;
    if let Some(configurable) = not_null(configurable.as_ref(), "/configurable")? {
        after.configurable = *configurable;
    }
    let excluded = not_null(excluded.as_ref(), "/excluded")?.unwrap_or(&before.excluded);
    after.excluded = plan_excluded(excluded, &after.options)?;
    if let Some(patch) = not_null(defaults.as_ref(), "/defaults")? {
        after.defaults = plan_defaults(&merged(&before.defaults, patch)?)?;
    }
    if let Some(archived) = not_null(archived.as_ref(), "/archived")? {
        after.archived = *archived;
    }
    let fields = differing(before, &after);
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

fn merged(before: &FamilyDefaults, patch: &Attributes) -> Result<FamilyDefaults, Problem> {
    let refused = |error: serde_json::Error| {
        let said = error.to_string();
        let detail = said.split(" at line").next().unwrap_or_default().to_owned();
        Problem::at(Code::InvalidValue, "/defaults", detail)
    };
    let Value::Object(mut merged) = serde_json::to_value(before).map_err(refused)? else {
        return Ok(before.clone());
    };
    text::merge(&mut merged, patch);
    serde_json::from_value(Value::Object(merged)).map_err(refused)
}

fn differing(before: &Family, after: &Family) -> Vec<&'static str> {
    let codes = |family: &Family| family.options.iter().map(|set| set.id).collect::<Vec<_>>();
    [
        ("name", before.name != after.name),
        ("options", codes(before) != codes(after)),
        ("sku_pattern", before.sku_pattern != after.sku_pattern),
        ("name_pattern", before.name_pattern != after.name_pattern),
        ("configurable", before.configurable != after.configurable),
        ("excluded", before.excluded != after.excluded),
        ("defaults", before.defaults != after.defaults),
        ("archived", before.archived != after.archived),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(family: &mut Family, now: Instant) {
    family.version = family.version.saturating_add(1);
    family.changed_at = family.changed_at.max(now);
}
