//! Which combinations are asked for, what their items are, and what of them follows the family. Pure.

use super::VARIANTS_PER_CALL_MAX;
use crate::families::{Exclusion, Family, FamilyDefaults};
use crate::item::{Attributes, Item, NewBarcode, NewItem};
use crate::options::{OptionSet, OptionValue};
use domain::{AsProblem, Code, Problem};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Which variants are made. Those that are there stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVariants {
    /// All combinations of these values: for each option some of them, all that are in use for an option that is
    /// left out. What the family excludes is passed over.
    #[serde(default)]
    pub options: Option<BTreeMap<String, Vec<String>>>,
    /// These and no others.
    #[serde(default)]
    pub combinations: Option<Vec<NewCombination>>,
}

/// A variant by its options.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCombination {
    /// Its value of each option, by code.
    pub options: BTreeMap<String, String>,
    /// Its SKU; made by the pattern when left out.
    #[serde(default)]
    pub sku: Option<String>,
    /// Its name; made by the pattern when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Its barcodes.
    #[serde(default)]
    pub barcodes: Vec<NewBarcode>,
}

/// One value of each option of a family, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Combination<'f>(Vec<(&'f OptionSet, &'f OptionValue)>);

impl<'f> Combination<'f> {
    /// The first value of each option.
    pub(crate) fn first(family: &'f Family) -> Combination<'f> {
        Combination(family.options.iter().filter_map(|set| Some((set, set.values.first()?))).collect())
    }

    /// The combination that is stored so.
    pub(crate) fn of_key(family: &'f Family, key: &str) -> Option<Combination<'f>> {
        let values: Vec<&str> = key.split('/').collect();
        if values.len() != family.options.len() {
            return None;
        }
        let found = family.options.iter().zip(values).map(|(set, value)| Some((set, set.value(value)?)));
        found.collect::<Option<Vec<_>>>().map(Combination)
    }

    /// The combination that was asked for: a value of every option, and of no other.
    pub(crate) fn read(
        family: &'f Family,
        options: &BTreeMap<String, String>,
        pointer: &str,
    ) -> Result<Combination<'f>, Problem> {
        let refused = |detail| Err(Problem::at(Code::InvalidValue, pointer, detail));
        refuse_unknown(family, options.keys(), pointer)?;
        let mut values = Vec::with_capacity(family.options.len());
        for set in &family.options {
            let Some(code) = options.get(set.code.as_str()) else {
                return refused(format!("the option `{}` is to be chosen; {}", set.code, listed(set)));
            };
            let at =
                if pointer.starts_with('/') { format!("{pointer}/{}", set.code) } else { pointer.to_owned() };
            values.push((set, value(set, code, &at)?));
        }
        Ok(Combination(values))
    }

    /// How it is stored: the keys of its values.
    pub(crate) fn key(&self) -> String {
        self.0.iter().map(|(_, value)| value.code.folded()).collect::<Vec<_>>().join("/")
    }

    /// Its value of each option, by code.
    pub(crate) fn options(&self) -> BTreeMap<String, String> {
        let text = |(set, value): &(&OptionSet, &OptionValue)| {
            (set.code.as_str().to_owned(), value.code.as_str().to_owned())
        };
        self.0.iter().map(text).collect()
    }

    /// For a sentence.
    pub(crate) fn said(&self) -> String {
        self.0
            .iter()
            .map(|(set, value)| format!("{} `{}`", set.code, value.code))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// A value of it that no new variant has.
    pub(crate) fn archived(&self) -> Option<&(&'f OptionSet, &'f OptionValue)> {
        self.0.iter().find(|(_, value)| value.archived)
    }
}

/// Whether values that were chosen so far have one of each option that an exclusion names.
pub(crate) fn excludes(exclusion: &Exclusion, chosen: &BTreeMap<String, String>) -> bool {
    exclusion.iter().all(|(option, values)| {
        chosen.get(option).is_some_and(|one| values.iter().any(|value| value.eq_ignore_ascii_case(one)))
    })
}

/// A combination that is to be made, with where it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Planned<'c> {
    pub(crate) combination: Combination<'c>,
    pub(crate) own: Option<&'c NewCombination>,
    pub(crate) pointer: String,
}

/// The combinations that are asked for, and how many of them the family excludes.
pub(crate) fn plan<'c>(
    family: &'c Family,
    command: &'c NewVariants,
) -> Result<(Vec<Planned<'c>>, usize), Problem> {
    match (&command.options, &command.combinations) {
        (Some(_), Some(_)) => {
            let detail = "either `options` or `combinations` says which variants are made, not both";
            Err(Problem::at(Code::InvalidValue, "/combinations", detail))
        }
        (options, None) => product(family, options.as_ref()),
        (None, Some(combinations)) => Ok((one_by_one(family, combinations)?, 0)),
    }
}

fn one_by_one<'c>(
    family: &'c Family,
    combinations: &'c [NewCombination],
) -> Result<Vec<Planned<'c>>, Problem> {
    refuse_many(combinations.len(), "/combinations")?;
    let mut seen = BTreeSet::new();
    let mut planned = Vec::with_capacity(combinations.len());
    for (index, own) in combinations.iter().enumerate() {
        let pointer = format!("/combinations/{index}");
        let at = format!("{pointer}/options");
        let combination = Combination::read(family, &own.options, &at)?;
        refuse_impossible(family, &combination, &at)?;
        if !seen.insert(combination.key()) {
            let detail = format!("{} stands twice in the call", combination.said());
            return Err(Problem::at(Code::InvalidValue, at, detail));
        }
        planned.push(Planned { combination, own: Some(own), pointer });
    }
    Ok(planned)
}

/// Refuses what the family excludes, and what has a value that is out of use.
pub(crate) fn refuse_impossible(
    family: &Family,
    combination: &Combination<'_>,
    pointer: &str,
) -> Result<(), Problem> {
    match impossible(family, combination) {
        Some(detail) => Err(Problem::at(Code::InvalidValue, pointer, detail)),
        None => Ok(()),
    }
}

/// Why a combination cannot be made.
pub(crate) fn impossible(family: &Family, combination: &Combination<'_>) -> Option<String> {
    if let Some((set, value)) = combination.archived() {
        return Some(format!("the value `{}` of `{}` is archived", value.code, set.code));
    }
    let options = combination.options();
    let excluded = family.excluded.iter().any(|exclusion| excludes(exclusion, &options));
    excluded.then(|| format!("`{}` excludes {}", family.code, combination.said()))
}

fn product<'c>(
    family: &'c Family,
    options: Option<&'c BTreeMap<String, Vec<String>>>,
) -> Result<(Vec<Planned<'c>>, usize), Problem> {
    let mut columns: Vec<(&OptionSet, Vec<&OptionValue>)> = Vec::with_capacity(family.options.len());
    if let Some(options) = options {
        refuse_unknown(family, options.keys(), "/options")?;
    }
    for set in &family.options {
        let named = options.and_then(|options| options.get(set.code.as_str()));
        let values = match named {
            None => set.values.iter().filter(|value| !value.archived).collect(),
            Some(codes) => some_values(set, codes)?,
        };
        if values.is_empty() {
            let detail = format!("no value of `{}` is in use, so there is nothing to make", set.code);
            return Err(Problem::at(Code::InvalidValue, format!("/options/{}", set.code), detail));
        }
        columns.push((set, values));
    }
    let count = columns.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()));
    refuse_many(count.unwrap_or(usize::MAX), "/options")?;
    let mut all: Vec<Vec<(&OptionSet, &OptionValue)>> = vec![Vec::new()];
    for (set, values) in &columns {
        all = all
            .into_iter()
            .flat_map(|begun| {
                values.iter().map(move |value| {
                    let mut longer = begun.clone();
                    longer.push((*set, *value));
                    longer
                })
            })
            .collect();
    }
    let asked = all.len();
    let planned: Vec<Planned<'c>> = all
        .into_iter()
        .map(Combination)
        .filter(|one| impossible(family, one).is_none())
        .map(|combination| Planned { combination, own: None, pointer: "/options".to_owned() })
        .collect();
    let excluded = asked - planned.len();
    Ok((planned, excluded))
}

fn some_values<'c>(set: &'c OptionSet, codes: &[String]) -> Result<Vec<&'c OptionValue>, Problem> {
    let mut values: Vec<&OptionValue> = Vec::with_capacity(codes.len());
    for (index, code) in codes.iter().enumerate() {
        let pointer = format!("/options/{}/{index}", set.code);
        let found = value(set, code, &pointer)?;
        if found.archived {
            let detail = format!("the value `{}` of `{}` is archived", found.code, set.code);
            return Err(Problem::at(Code::InvalidValue, pointer, detail));
        }
        if values.contains(&found) {
            let detail = format!("`{}` stands twice", found.code);
            return Err(Problem::at(Code::InvalidValue, pointer, detail));
        }
        values.push(found);
    }
    Ok(values)
}

fn refuse_many(count: usize, pointer: &str) -> Result<(), Problem> {
    if count > VARIANTS_PER_CALL_MAX {
        let many = if count == usize::MAX { "far more".to_owned() } else { count.to_string() };
        let detail = format!(
            "one call makes at most {VARIANTS_PER_CALL_MAX} variants, and this would be {many}; name fewer values"
        );
        return Err(Problem::at(Code::TooMany, pointer, detail));
    }
    Ok(())
}

fn refuse_unknown<'k>(
    family: &Family,
    mut named: impl Iterator<Item = &'k String>,
    pointer: &str,
) -> Result<(), Problem> {
    let known = |code: &String| family.options.iter().any(|set| set.code.as_str() == code);
    match named.find(|code| !known(code)) {
        Some(unknown) => {
            let there = family.options.iter().map(|set| format!("`{}`", set.code)).collect::<Vec<_>>();
            let unknown = domain::word::echo(unknown);
            let detail = format!("`{}` has no option `{unknown}`, it has {}", family.code, there.join(", "));
            Err(Problem::at(Code::InvalidValue, pointer, detail))
        }
        None => Ok(()),
    }
}

fn value<'f>(set: &'f OptionSet, code: &str, pointer: &str) -> Result<&'f OptionValue, Problem> {
    set.value(code).ok_or_else(|| {
        let code = domain::word::echo(code);
        let detail = format!("`{}` has no value `{code}`; {}", set.code, listed(set));
        Problem::at(Code::InvalidValue, pointer, detail)
    })
}

/// Refuses options and values that there are not.
pub(crate) fn read_some(
    family: &Family,
    chosen: &BTreeMap<String, String>,
    pointer: &str,
) -> Result<(), Problem> {
    refuse_unknown(family, chosen.keys(), pointer)?;
    for set in &family.options {
        if let Some(code) = chosen.get(set.code.as_str()) {
            value(set, code, pointer)?;
        }
    }
    Ok(())
}

/// The first few values in use, for a sentence.
fn listed(set: &OptionSet) -> String {
    const SHOWN: usize = 12;
    let mut codes =
        set.values.iter().filter(|value| !value.archived).map(|value| format!("`{}`", value.code));
    let shown: Vec<String> = codes.by_ref().take(SHOWN).collect();
    let more = codes.count();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("there is {}{rest}", shown.join(", "))
}

/// The item of a combination as the family gives it, with what the combination says of its own.
pub(crate) fn new_item(family: &Family, combination: &Combination<'_>, own: Option<&Planned<'_>>) -> NewItem {
    let own = own.and_then(|planned| planned.own);
    let codes = |name: &str| match combination.0.iter().find(|(set, _)| set.code.as_str() == name) {
        Some((_, value)) => value.code.as_str(),
        None => family.code.as_str(),
    };
    let names = |name: &str| match combination.0.iter().find(|(set, _)| set.code.as_str() == name) {
        Some((_, value)) => value.name.as_str(),
        None => family.name.as_str(),
    };
    let FamilyDefaults {
        base_unit,
        whole,
        tracking,
        class,
        category,
        storage_class,
        temperature,
        hazard,
        attributes,
        owner,
        expiry,
        shelf_life_days,
        units,
    } = family.defaults.clone();
    NewItem {
        sku: own.and_then(|own| own.sku.clone()).unwrap_or_else(|| family.sku_pattern.fill(codes)),
        name: own.and_then(|own| own.name.clone()).unwrap_or_else(|| family.name_pattern.fill(names)),
        base_unit,
        whole,
        tracking,
        class,
        category,
        storage_class,
        temperature,
        hazard,
        attributes,
        owner,
        expiry,
        shelf_life_days,
        units,
        barcodes: own.map(|own| own.barcodes.clone()).unwrap_or_default(),
        family: Some(family.code.clone()),
    }
}

/// Which fields of an item are its own, and which are as its family gives them.
pub(crate) fn told_apart(item: &Item, given: &Item) -> (Vec<String>, Vec<String>) {
    let fields = [
        ("name", item.name == given.name),
        ("class", item.class == given.class),
        ("category", item.category == given.category),
        ("storage_class", item.storage_class == given.storage_class),
        ("temperature", item.temperature == given.temperature),
        ("hazard", item.hazard == given.hazard),
        ("expiry", item.expiry == given.expiry),
    ];
    let keys: BTreeSet<&String> = item.attributes.keys().chain(given.attributes.keys()).collect();
    let keys = keys
        .into_iter()
        .map(|key| (format!("attributes.{key}"), item.attributes.get(key) == given.attributes.get(key)));
    let all = fields.into_iter().map(|(field, same)| (field.to_owned(), same)).chain(keys);
    let (follows, own): (Vec<_>, Vec<_>) = all.partition(|(_, same)| *same);
    let names = |fields: Vec<(String, bool)>| fields.into_iter().map(|(field, _)| field).collect();
    (names(own), names(follows))
}

/// A variant after its family has changed, from what the family gave to what it gives: each field that says what
/// was given says what is given now. With the fields that differ.
pub(crate) fn followed(
    item: &Item,
    before: &Item,
    after: &Item,
) -> Result<(Item, Vec<&'static str>), Problem> {
    let mut changed = item.clone();
    let mut fields = Vec::new();
    macro_rules! follow {
        ($($field:ident),*) => {$(
            if item.$field == before.$field && item.$field != after.$field {
                changed.$field = after.$field.clone();
                fields.push(stringify!($field));
            }
        )*};
    }
    follow!(name, class, category, storage_class, temperature, hazard, expiry);
    changed.attributes = followed_attributes(&item.attributes, &before.attributes, &after.attributes);
    if changed.attributes != item.attributes {
        fields.push("attributes");
    }
    if changed.class.stockable() != item.class.stockable() {
        let detail = format!(
            "`{}` is a `{}` and cannot become a `{}`; make another family",
            item.sku, item.class, changed.class
        );
        return Err(Problem::at(Code::InvalidValue, "/defaults/class", detail));
    }
    if fields.contains(&"expiry") {
        changed.expiry.suits(item.tracking).map_err(|error| {
            let detail = format!("`{}`: {}", item.sku, error);
            Problem::at(error.code(), "/defaults/expiry", detail)
        })?;
    }
    Ok((changed, fields))
}

fn followed_attributes(item: &Attributes, before: &Attributes, after: &Attributes) -> Attributes {
    let mut changed = item.clone();
    for key in before.keys().chain(after.keys()) {
        if item.get(key) == before.get(key) {
            match after.get(key) {
                Some(value) => changed.insert(key.clone(), value.clone()),
                None => changed.remove(key),
            };
        }
    }
    changed
}
