//! Option sets: what variants are told apart by, such as a colour with its values. Invariant: the code of a
//! value never changes, because SKUs were made of it; a value that a variant has is archived, not removed.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
pub(crate) mod tests;

use crate::{store_options, store_rules, variants};
use db::{Conn, DbError, Tx};
use decide::{ChangeOptionSet, ChangeOptionValue, NewOptionSet, NewOptionValue};
use domain::{Code, Ctx, Instant, OptionCode, OptionSetCode, OptionSetId, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most option sets of a catalogue.
pub const OPTION_SETS_MAX: i64 = 1_000;
/// The most values of an option set.
pub const OPTION_VALUES_MAX: usize = 500;

/// An option set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OptionSet {
    /// Its id.
    #[serde(skip)]
    pub id: OptionSetId,
    /// As patterns have it, such as `colour`. Never changes.
    #[schema(value_type = String)]
    pub code: OptionSetCode,
    /// What people call it.
    pub name: String,
    /// What can be chosen, in order.
    pub values: Vec<OptionValue>,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// A value of an option set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OptionValue {
    /// As it stands in a SKU, such as `RED`; capital and small letters do not differ. Never changes.
    #[schema(value_type = String)]
    pub code: OptionCode,
    /// What people call it, such as `Red`.
    pub name: String,
    /// No new variant has it.
    pub archived: bool,
}

impl OptionSet {
    /// The value of a code, whatever the case of its letters.
    pub(crate) fn value(&self, code: &str) -> Option<&OptionValue> {
        self.values.iter().find(|value| value.code.as_str().eq_ignore_ascii_case(code))
    }
}

/// The option set of a code.
pub fn option_set_of(conn: &mut Conn<'_>, code: &str) -> Result<Option<OptionSet>, DbError> {
    store_options::by_code(conn, code)
}

/// Creates an option set.
pub fn create_option_set(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewOptionSet) -> Result<OptionSet, Failure> {
    store_rules::hold(tx)?;
    let mut set = decide::plan_new(command, ctx.now)?;
    if store_options::count(tx)? >= OPTION_SETS_MAX {
        let detail = format!("a catalogue has at most {OPTION_SETS_MAX} option sets");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    if store_options::by_code(tx, set.code.as_str())?.is_some() {
        let detail = format!("the option set `{}` exists already", set.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    set.id = OptionSetId(db::ids::take(tx, "catalog.option_set", 1)?);
    store_options::insert(tx, &set)?;
    store_options::insert_values(tx, &set, 0)?;
    trace(tx, ctx, &set, "catalog.option_set.create", "catalog.option_set_created", &[]);
    Ok(set)
}

/// Changes the name of an option set, or the order of its values.
pub fn change_option_set(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    set: (&str, IfMatch),
    change: &ChangeOptionSet,
) -> Result<OptionSet, Failure> {
    let before = held(tx, set)?;
    let (mut after, fields) = decide::plan_change(&before, change)?;
    if fields.is_empty() {
        return Ok(after);
    }
    if fields.contains(&"values") {
        store_options::update_values(tx, &after)?;
    }
    finish(tx, ctx, &mut after, "catalog.option_set.change", &fields)?;
    Ok(after)
}

/// Removes an option set that no family names.
pub fn remove_option_set(tx: &mut Tx<'_>, ctx: &Ctx, set: (&str, IfMatch)) -> Result<(), Failure> {
    let mut set = held(tx, set)?;
    if let Some(family) = store_options::named_by(tx, set.id)? {
        let detail = format!("the family `{family}` has the option `{}`; remove the family first", set.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_options::delete(tx, set.id)?;
    decide::touch(&mut set, ctx.now);
    trace(tx, ctx, &set, "catalog.option_set.remove", "catalog.option_set_removed", &[]);
    Ok(())
}

/// Adds a value behind the others.
pub fn add_option_value(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    set: (&str, IfMatch),
    command: &NewOptionValue,
) -> Result<OptionSet, Failure> {
    let mut set = held(tx, set)?;
    let value = decide::plan_value(command, &set.values)?;
    let first = set.values.len();
    set.values.push(value);
    store_options::insert_values(tx, &set, first)?;
    finish(tx, ctx, &mut set, "catalog.option_set.add_value", &["values"])?;
    Ok(set)
}

/// Changes the name of a value, which the names of its variants follow; or takes it out of use, or back into it.
pub fn change_option_value(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    set: (&str, IfMatch),
    value: &str,
    change: &ChangeOptionValue,
) -> Result<OptionSet, Failure> {
    let before = held(tx, set)?;
    let mut after = decide::plan_value_change(&before, value, change)?;
    if after == before {
        return Ok(after);
    }
    let renamed = variants::before_rename(tx, &before, &after)?;
    store_options::update_values(tx, &after)?;
    finish(tx, ctx, &mut after, "catalog.option_set.change_value", &["values"])?;
    variants::follow_renamed(tx, ctx, renamed)?;
    Ok(after)
}

/// Removes a value that no variant has.
pub fn remove_option_value(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    set: (&str, IfMatch),
    value: &str,
) -> Result<(), Failure> {
    let mut set = held(tx, set)?;
    let found = set.value(value).ok_or_else(|| Problem::not_found("value of this option set", value))?;
    let found = found.code.clone();
    if let Some(sku) = store_options::used_by(tx, set.id, &found)? {
        let detail = format!("`{sku}` is a variant with `{found}`; archive the value instead");
        return Err(Problem::new(Code::InUse, detail).into());
    }
    if set.values.len() == 1 {
        let detail = format!("`{found}` is the last value of `{}`; remove the option set instead", set.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_options::delete_value(tx, set.id, &found)?;
    set.values.retain(|value| value.code != found);
    finish(tx, ctx, &mut set, "catalog.option_set.remove_value", &["values"])
}

/// The option set that an address names.
pub(crate) fn addressed(conn: &mut Conn<'_>, code: &str) -> Result<OptionSet, Failure> {
    Ok(store_options::by_code(conn, code)?.ok_or_else(|| Problem::not_found("option set", code))?)
}

/// The same at the version that the caller read, held with all rules.
fn held(tx: &mut Tx<'_>, (code, version): (&str, IfMatch)) -> Result<OptionSet, Failure> {
    store_rules::hold(tx)?;
    let set = addressed(tx, code)?;
    version.check(set.version)?;
    Ok(set)
}

fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    set: &mut OptionSet,
    action: &str,
    fields: &[&str],
) -> Result<(), Failure> {
    decide::touch(set, ctx.now);
    store_options::update(tx, set)?;
    trace(tx, ctx, set, action, "catalog.option_set_changed", fields);
    Ok(())
}

fn trace(tx: &mut Tx<'_>, ctx: &Ctx, set: &OptionSet, action: &str, event: &str, fields: &[&str]) {
    let body = serde_json::json!({ "option_set": set, "changed": fields });
    let change = web::RecordChange {
        action,
        event,
        target: &format!("option_set:{}", set.code),
        aggregate_type: "option_set",
        aggregate_id: &set.id.to_string(),
        version: set.version,
        at: set.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
}
