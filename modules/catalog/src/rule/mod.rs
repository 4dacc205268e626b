//! What a category asks of the attributes of its items, and of those below it.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::attributes;
use crate::categories::{self, Category, addressed};
use crate::rulebook::Rulebook;
use crate::rules::Effective;
use crate::{find, recheck, store_attributes, store_rules};
use db::{Conn, Tx};
use decide::NewRule;
use domain::attribute::Millionths;
use domain::{AttributeKind, Code, Ctx, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most attributes that one category names.
pub const RULES_PER_CATEGORY_MAX: usize = 200;

/// What a category and those above it ask of an attribute.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct CategoryAttribute {
    /// The key.
    pub key: String,
    /// `text`, `number`, `boolean`, `date`, `choice` or `choices`.
    #[schema(value_type = String)]
    pub kind: AttributeKind,
    /// Every item must have it, unless there is a default.
    pub required: bool,
    /// What an item has that says nothing else; null for none.
    #[schema(value_type = Value)]
    pub default: Option<Value>,
    /// Which choices are allowed here.
    pub allowed: Vec<String>,
    /// The least that a number is.
    pub least: Option<String>,
    /// The most that a number is.
    pub most: Option<String>,
    /// The topmost category that asks for it, by its path.
    pub from: String,
    /// What this category itself says; null when it only inherits.
    pub own: Option<OwnRule>,
}

/// What one category says of an attribute; null leaves it to the category above.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct OwnRule {
    /// Whether every item must have it.
    pub required: Option<bool>,
    /// The default; absent when it is left to the category above, null where there is none here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    pub default: Option<Value>,
    /// Which choices are allowed.
    pub allowed: Option<Vec<String>>,
    /// Where it is shown among the others.
    pub position: Option<i64>,
}

/// What an item has of an attribute.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct ItemAttribute {
    /// The key.
    pub key: String,
    /// What people call it; null for an attribute that nobody defined.
    pub name: Option<String>,
    /// What a number is measured in, such as `V`.
    pub unit: Option<String>,
    /// What its values are; null for an attribute that nobody defined.
    #[schema(value_type = Option<String>)]
    pub kind: Option<AttributeKind>,
    /// The value.
    #[schema(value_type = Value)]
    pub value: Value,
    /// It is the default of the category, not the item's own.
    pub inherited: bool,
}

/// Says what a category asks of an attribute, in place of what it said. Items that would break it hold it
/// back.
pub fn set_rule(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (path, key): (&str, &str),
    version: IfMatch,
    command: &NewRule,
) -> Result<Category, Failure> {
    store_rules::hold(tx)?;
    let category = addressed(tx, path)?;
    version.check(category.version)?;
    let found = attributes::attribute(tx, key)?;
    let definition = found.ok_or_else(|| Problem::not_found("attribute", key))?.definition();
    let rule = decide::plan(command, &definition)?;
    let limit = i64::try_from(RULES_PER_CATEGORY_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let own = store_rules::own(tx, category.id, limit)?;
    let present = own.iter().find(|placed| placed.definition.id == definition.id);
    if present.is_none() && own.len() >= RULES_PER_CATEGORY_MAX {
        let detail = format!("a category names at most {RULES_PER_CATEGORY_MAX} attributes");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    if present.is_some_and(|placed| placed.rule == rule) {
        return Ok(category);
    }
    store_rules::set(tx, category.id, &rule)?;
    refuse_unreachable_defaults(tx, &category, Some(key), "/default")?;
    recheck::items_below(tx, category.id, "")?;
    said(tx, ctx, category, "catalog.rule.set", key)
}

/// Says nothing more of an attribute in a category: what the one above says holds.
pub fn drop_rule(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (path, key): (&str, &str),
    version: IfMatch,
) -> Result<Category, Failure> {
    store_rules::hold(tx)?;
    let category = addressed(tx, path)?;
    version.check(category.version)?;
    let attribute = attributes::attribute(tx, key)?.ok_or_else(|| Problem::not_found("attribute", key))?;
    if store_rules::drop(tx, category.id, attribute.id)? == 0 {
        return Err(Problem::not_found("rule of this category for", key).into());
    }
    refuse_unreachable_defaults(tx, &category, Some(key), "/default")?;
    recheck::items_below(tx, category.id, "")?;
    said(tx, ctx, category, "catalog.rule.drop", key)
}

/// What holds in a category.
pub fn rules_of(conn: &mut Conn<'_>, path: &str) -> Result<(Category, Vec<CategoryAttribute>), Failure> {
    let category = addressed(conn, path)?;
    let book = Rulebook::of_categories(conn, &[category.id])?;
    let own = store_rules::own(conn, category.id, i64::MAX)?;
    let shown = |effective: &Effective| {
        let Effective { definition, required, standard, allowed, position: _, from } = effective;
        let said = own.iter().find(|placed| placed.definition.id == definition.id);
        CategoryAttribute {
            key: definition.key.clone(),
            kind: definition.kind,
            required: *required,
            default: standard.clone(),
            allowed: allowed.clone().unwrap_or_else(|| definition.choices.clone()),
            least: definition.least.map(|bound| Millionths(bound).to_string()),
            most: definition.most.map(|bound| Millionths(bound).to_string()),
            from: from.clone(),
            own: said.map(|placed| OwnRule {
                required: placed.rule.required,
                default: placed.rule.standard.clone(),
                allowed: placed.rule.allowed.clone(),
                position: placed.rule.position,
            }),
        }
    };
    let rules = book.of(Some(category.id)).iter().map(shown).collect();
    Ok((category, rules))
}

/// All attributes of an item: those that its category asks for, in their order, then its others by key.
pub fn attributes_of(conn: &mut Conn<'_>, sku: &str) -> Result<Vec<ItemAttribute>, Failure> {
    let item = find::item(conn, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let ids: Vec<_> = item.category_id.into_iter().collect();
    let book = Rulebook::of_categories(conn, &ids)?;
    let rules = book.of(item.category_id);
    let keys = rules.iter().map(|rule| &rule.definition.key).chain(item.attributes.keys());
    let defined = store_attributes::by_keys(conn, keys.map(String::as_str))?;
    let shown = |key: &str, value: &Value, inherited: bool| {
        let attribute = defined.iter().find(|one| one.key.as_str() == key);
        ItemAttribute {
            key: key.to_owned(),
            name: attribute.map(|one| one.name.clone()),
            unit: attribute.and_then(|one| one.unit.clone()),
            kind: attribute.map(|one| one.kind),
            value: value.clone(),
            inherited,
        }
    };
    let asked = rules.iter().filter_map(|rule| {
        let key = &rule.definition.key;
        let own = item.attributes.get(key);
        Some(shown(key, own.or(rule.standard.as_ref())?, own.is_none()))
    });
    let others =
        item.attributes.iter().filter(|(key, _)| rules.iter().all(|rule| rule.definition.key != **key));
    let others = others.map(|(key, value)| shown(key, value, false));
    Ok(asked.chain(others).collect())
}

/// A default must be one of the choices that are allowed where it holds, also when the one comes from above
/// and the other from here or below. Of one attribute, or of all where a category has moved.
pub(crate) fn refuse_unreachable_defaults(
    tx: &mut Tx<'_>,
    root: &Category,
    key: Option<&str>,
    pointer: &str,
) -> Result<(), Failure> {
    let below = crate::store_categories::below(tx, root.id)?;
    let ids: Vec<_> = below.iter().map(|(id, _)| *id).collect();
    let book = Rulebook::of_categories(tx, &ids)?;
    for (id, path) in &below {
        let asked = |rule: &&Effective| key.is_none_or(|key| rule.definition.key == key);
        for rule in book.of(Some(*id)).iter().filter(asked) {
            if let Some(refused) = rule.standard.as_ref().and_then(|value| rule.refuses(value)) {
                let detail = format!(
                    "in `{path}` the default of `{}` would be `{refused}`, which is not allowed there; change the one or \
                     the other",
                    rule.definition.key
                );
                return Err(Problem::at(Code::RulesBroken, pointer, detail).into());
            }
        }
    }
    Ok(())
}

/// The trace: a rule is part of its category.
fn said(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut category: Category,
    action: &str,
    key: &str,
) -> Result<Category, Failure> {
    let path = category.path.clone();
    categories::decide::touch(&mut category, ctx.now);
    crate::store_categories::update(tx, &category, &path)?;
    let rules = store_rules::own(tx, category.id, i64::MAX)?;
    let rule = rules.iter().find(|placed| placed.definition.key == key).map(|placed| {
        let crate::rules::Rule { attribute: _, required, standard, allowed, position } = &placed.rule;
        serde_json::json!({ "required": required, "default": standard, "allowed": allowed, "position": position })
    });
    let body = serde_json::json!({ "category": &category, "changed": ["attributes"], "attribute": key, "rule": rule });
    crate::record::category(tx, ctx, &category, action, "catalog.category_changed", &body);
    Ok(category)
}
