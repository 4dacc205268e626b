//! What a change makes of an item. Pure. Only fields that are given change; null empties a field
//! that can be empty.

use crate::item::{Attributes, Item, NewHazard};
use crate::{goods, text};
use domain::given::{given, not_null};
use domain::{AsProblem, Code, ExpiryRule, Instant, ItemClass, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A change of an item: left out means as it was, null means empty.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeItem {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// What it is for. A service never becomes stocked, nor the other way round.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub class: Option<Option<String>>,
    /// The path of a category, such as `garden/pots`; null for nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Option<String>>,
    /// Where a site keeps it, in the site's own words; null for anywhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub storage_class: Option<Option<String>>,
    /// `ambient`, `cool`, `chilled`, `frozen` or `deep_frozen`; null where it does not matter.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub temperature: Option<Option<String>>,
    /// What is dangerous about it, all of it; null for nothing.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<NewHazard>)]
    pub hazard: Option<Option<NewHazard>>,
    /// A merge patch: a key with null is taken away; null takes all away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub attributes: Option<Option<Attributes>>,
    /// `never`, `named` or `shelf_life`. Lots that are there keep their dates.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub expiry: Option<Option<String>>,
    /// With `shelf_life`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub shelf_life_days: Option<Option<i64>>,
}

/// The item after the change, and the fields that differ. No field means that nothing is to be done.
pub(crate) fn plan(
    item: &Item,
    change: &ChangeItem,
    now: Instant,
) -> Result<(Item, Vec<&'static str>), Problem> {
    let ChangeItem {
        name,
        class,
        category,
        storage_class,
        temperature,
        hazard,
        attributes,
        expiry: _,
        shelf_life_days: _,
    } = change;
    let mut after = item.clone();
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = text::name(name, "/name")?;
    }
    if let Some(word) = not_null(class.as_ref(), "/class")? {
        after.class = plan_class(item.class, word)?;
    }
    if let Some(path) = category {
        after.category = text::category(path.as_deref().unwrap_or_default(), "/category")?;
    }
    if let Some(class) = storage_class {
        after.storage_class = goods::storage_class(class.as_deref())?;
    }
    if let Some(word) = temperature {
        after.temperature = goods::temperature(word.as_deref())?;
    }
    if let Some(hazard) = hazard {
        after.hazard = hazard.as_ref().map(goods::hazard).transpose()?;
    }
    match attributes {
        Some(Some(patch)) => text::merge(&mut after.attributes, patch),
        Some(None) => after.attributes = Attributes::new(),
        None => {}
    }
    text::attributes(&after.attributes, "/attributes")?;
    after.expiry = plan_expiry(item, change)?;
    let fields = differing(item, &after);
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(item: &mut Item, now: Instant) {
    item.version = item.version.saturating_add(1);
    item.changed_at = item.changed_at.max(now);
}

fn plan_class(before: ItemClass, word: &str) -> Result<ItemClass, Problem> {
    let after = ItemClass::parse(word).map_err(|error| error.problem("/class"))?;
    if before.stockable() == after.stockable() {
        return Ok(after);
    }
    let detail = format!("a `{before}` cannot become a `{after}`; archive the item and create another one");
    Err(Problem::at(Code::InvalidValue, "/class", detail))
}

fn plan_expiry(item: &Item, change: &ChangeItem) -> Result<ExpiryRule, Problem> {
    let ChangeItem { expiry, shelf_life_days, .. } = change;
    if expiry.is_none() && shelf_life_days.is_none() {
        return Ok(item.expiry);
    }
    let (before, days_before) = match item.expiry {
        ExpiryRule::Never => ("never", None),
        ExpiryRule::Named => ("named", None),
        ExpiryRule::ShelfLife { days } => ("shelf_life", Some(i64::from(days.get()))),
    };
    let word = not_null(expiry.as_ref(), "/expiry")?.map_or(before, String::as_str);
    let days = match shelf_life_days {
        Some(days) => *days,
        // a rule without days drops those that were there
        None if word == "shelf_life" => days_before,
        None => None,
    };
    text::expiry(word, days, item.tracking)
}

fn differing(before: &Item, after: &Item) -> Vec<&'static str> {
    [
        ("name", before.name != after.name),
        ("class", before.class != after.class),
        ("category", before.category != after.category),
        ("attributes", before.attributes != after.attributes),
        ("expiry", before.expiry != after.expiry),
        ("storage_class", before.storage_class != after.storage_class),
        ("temperature", before.temperature != after.temperature),
        ("hazard", before.hazard != after.hazard),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}
