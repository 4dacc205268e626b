//! Attribute definitions: a key has one meaning in the whole catalogue, whichever category asks for it.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::rules::Definition;
use crate::{recheck, rules, store_attributes, store_rules};
use db::{Conn, DbError, Tx};
use decide::{ChangeAttribute, NewAttribute};
use domain::attribute::Millionths;
use domain::{AttributeId, AttributeKey, AttributeKind, Code, Ctx, Instant, Problem};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most definitions of a catalogue.
pub const ATTRIBUTES_MAX: i64 = 2_000;

/// What an attribute is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Attribute {
    /// Its id.
    #[serde(skip)]
    pub id: AttributeId,
    /// As items have it among their attributes.
    #[schema(value_type = String)]
    pub key: AttributeKey,
    /// What people call it.
    pub name: String,
    /// `text`, `number`, `boolean`, `date`, `choice` or `choices`.
    #[schema(value_type = String)]
    pub kind: AttributeKind,
    /// What a number is measured in, such as `V`.
    pub unit: Option<String>,
    /// What can be chosen, in order; empty for other kinds.
    pub choices: Vec<String>,
    /// The least that a number is.
    #[serde(serialize_with = "number_out")]
    #[schema(value_type = Option<String>)]
    pub least: Option<i64>,
    /// The most that a number is.
    #[serde(serialize_with = "number_out")]
    #[schema(value_type = Option<String>)]
    pub most: Option<i64>,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

#[expect(clippy::ref_option, reason = "the serializer hands over a reference")]
fn number_out<S: Serializer>(number: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.collect_str(&Millionths(*number)),
        None => serializer.serialize_none(),
    }
}

impl Attribute {
    /// What its values are checked against.
    pub(crate) fn definition(&self) -> Definition {
        Definition {
            id: self.id,
            key: self.key.as_str().to_owned(),
            kind: self.kind,
            choices: self.choices.clone(),
            least: self.least,
            most: self.most,
        }
    }
}

/// Defines an attribute. Items that have its key already must have fitting values.
pub fn create_attribute(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewAttribute) -> Result<Attribute, Failure> {
    store_rules::hold(tx)?;
    let mut attribute = decide::plan_new(command, ctx.now)?;
    if store_attributes::count(tx)? >= ATTRIBUTES_MAX {
        let detail = format!("a catalogue has at most {ATTRIBUTES_MAX} attributes");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    if store_attributes::by_key(tx, attribute.key.as_str())?.is_some() {
        let detail = format!("the attribute `{}` exists already", attribute.key);
        return Err(Problem::at(Code::CodeTaken, "/key", detail).into());
    }
    attribute.id = AttributeId(db::ids::take(tx, "catalog.attribute", 1)?);
    let definition = attribute.definition();
    recheck::items_having(tx, &definition.key, "/kind", |value| rules::fits(value, &definition))?;
    store_attributes::insert(tx, &attribute)?;
    trace(tx, ctx, &attribute, "catalog.attribute.create", "catalog.attribute_created", &[]);
    Ok(attribute)
}

/// Changes a definition. Its kind changes only while no item has a value; choices and bounds only so far
/// that every value still fits.
pub fn change_attribute(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &str,
    version: IfMatch,
    change: &ChangeAttribute,
) -> Result<Attribute, Failure> {
    store_rules::hold(tx)?;
    let before = addressed(tx, key)?;
    version.check(before.version)?;
    let (after, fields) = decide::plan_change(&before, change, ctx.now)?;
    if fields.is_empty() {
        return Ok(after);
    }
    if fields.contains(&"kind") {
        refuse_used(tx, &before, "/kind", "its kind cannot change")?;
    }
    // the same number would be another amount; one that never had a unit may be given the one that was meant
    if fields.contains(&"unit") && before.unit.is_some() {
        refuse_used(tx, &before, "/unit", "its unit cannot change")?;
    }
    let definition = after.definition();
    let pointer = format!("/{}", fields.first().copied().unwrap_or_default());
    refuse_rules(tx, &definition, &pointer)?;
    recheck::items_having(tx, &definition.key, &pointer, |value| rules::fits(value, &definition))?;
    store_attributes::update(tx, &after)?;
    trace(tx, ctx, &after, "catalog.attribute.change", "catalog.attribute_changed", &fields);
    Ok(after)
}

/// Forgets a definition that no category and no item uses.
pub fn remove_attribute(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &str,
    version: IfMatch,
) -> Result<Attribute, Failure> {
    store_rules::hold(tx)?;
    let mut attribute = addressed(tx, key)?;
    version.check(attribute.version)?;
    refuse_used(tx, &attribute, "", "it stays")?;
    store_attributes::delete(tx, attribute.id)?;
    decide::touch(&mut attribute, ctx.now);
    trace(tx, ctx, &attribute, "catalog.attribute.remove", "catalog.attribute_removed", &[]);
    Ok(attribute)
}

/// The definition that an address names.
pub(crate) fn addressed(conn: &mut Conn<'_>, key: &str) -> Result<Attribute, Failure> {
    Ok(store_attributes::by_key(conn, key)?.ok_or_else(|| Problem::not_found("attribute", key))?)
}

/// The definition of a key.
pub fn attribute(conn: &mut Conn<'_>, key: &str) -> Result<Option<Attribute>, DbError> {
    store_attributes::by_key(conn, key)
}

/// Refuses while an item has a value of its own, or a category asks for one.
fn refuse_used(tx: &mut Tx<'_>, attribute: &Attribute, pointer: &str, what: &str) -> Result<(), Failure> {
    let key = attribute.key.as_str();
    let detail = match store_attributes::used(tx, attribute.id, key)? {
        (_, items @ 1.., Some(sku)) => {
            let who = if items == 1 {
                format!("`{sku}` has")
            } else {
                format!("`{sku}` and {} more have", items - 1)
            };
            format!("{who} a value for `{key}`, so {what}; take the values away first")
        }
        (Some(path), ..) => {
            format!("the category `{path}` has a rule for `{key}`, so {what}; remove it first")
        }
        _ => return Ok(()),
    };
    Err(match pointer {
        "" => Problem::new(Code::InUse, detail),
        pointer => Problem::at(Code::InUse, pointer, detail),
    }
    .into())
}

/// Refuses a definition that the rules of categories no longer fit.
fn refuse_rules(tx: &mut Tx<'_>, definition: &Definition, pointer: &str) -> Result<(), Failure> {
    for store_attributes::Said { path, standard, allowed } in store_attributes::rules_of(tx, definition.id)? {
        let given = standard.filter(|value| !value.is_null());
        let misfit = given.and_then(|value| rules::fits(&value, definition).err()).or_else(|| {
            let gone =
                allowed.unwrap_or_default().into_iter().find(|one| !definition.choices.contains(one))?;
            Some(format!("`{gone}` is allowed there"))
        });
        if let Some(misfit) = misfit {
            let detail = format!("the rule of `{path}` would not fit: {misfit}; change it before");
            return Err(Problem::at(Code::RulesBroken, pointer, detail).into());
        }
    }
    Ok(())
}

fn trace(tx: &mut Tx<'_>, ctx: &Ctx, attribute: &Attribute, action: &str, event: &str, fields: &[&str]) {
    let body = serde_json::json!({ "attribute": attribute, "changed": fields });
    let change = web::RecordChange {
        action,
        event,
        target: &format!("attribute:{}", attribute.key),
        aggregate_type: "attribute",
        aggregate_id: &attribute.id.to_string(),
        version: attribute.version,
        at: attribute.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
}
