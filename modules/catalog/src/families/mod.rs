//! Families: what variants have in common, and how they are called. A family is no item: nothing of it is
//! stocked, ordered or counted, only its variants are.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::item::{Attributes, NewHazard, NewUnit};
use crate::options::OptionSet;
use crate::{categories, store_families, store_options, store_rules, variants};
use db::{Conn, DbError, Tx};
use decide::{ChangeFamily, NewFamily};
use domain::{CategoryId, Code, Ctx, FamilyCode, FamilyId, Instant, Pattern, Problem};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most families of a catalogue.
pub const FAMILIES_MAX: i64 = 50_000;
/// The most options that a family tells its variants apart by.
pub const FAMILY_OPTIONS_MAX: usize = 6;
/// The most combinations that a family excludes.
pub const FAMILY_EXCLUDED_MAX: usize = 200;

/// A family of items.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Family {
    /// Its id.
    #[serde(skip)]
    pub id: FamilyId,
    /// Its code, as it stands in SKUs; capital and small letters do not differ.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// The options that tell its variants apart, in order, each by the code of its option set.
    #[serde(serialize_with = "codes_out")]
    #[schema(value_type = Vec<String>)]
    pub options: Vec<OptionSet>,
    /// How the SKUs of new variants are made, such as `{family}-{colour}`.
    #[serde(serialize_with = "pattern_out")]
    #[schema(value_type = String)]
    pub sku_pattern: Pattern,
    /// How its variants are named, such as `{family}, {colour}`.
    #[serde(serialize_with = "pattern_out")]
    #[schema(value_type = String)]
    pub name_pattern: Pattern,
    /// A variant may be made when one is ordered.
    pub configurable: bool,
    /// What cannot be combined.
    pub excluded: Vec<Exclusion>,
    /// What its variants are like.
    pub defaults: FamilyDefaults,
    /// The category by its id.
    #[serde(skip)]
    pub category_id: Option<CategoryId>,
    /// No new variants are made.
    pub archived: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

fn codes_out<S: Serializer>(options: &[OptionSet], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(options.iter().map(|set| set.code.as_str()))
}

fn pattern_out<S: Serializer>(pattern: &Pattern, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(pattern.as_str())
}

/// Values that do not go together: for each option some of its values. A combination that has one of the
/// values of each option that is named is excluded.
pub type Exclusion = BTreeMap<String, Vec<String>>;

/// What the variants of a family are like. A variant follows each field until it says something else;
/// `base_unit`, `whole`, `tracking`, `owner` and `units` are what new variants begin with.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyDefaults {
    /// The unit that all stock is kept in, such as `each`.
    pub base_unit: String,
    /// Whether the base unit refuses fractions; as is usual for the unit when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<bool>,
    /// `none` (the default), `lot` or `serial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// What they are for; `finished_good` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The path of a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Where a site keeps them, in the site's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// How cold they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<String>,
    /// What is dangerous about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazard: Option<NewHazard>,
    /// Attributes, each of which is followed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub attributes: Option<Attributes>,
    /// The third party whose goods they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `never` (the default), `named` or `shelf_life`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// With `shelf_life`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelf_life_days: Option<i64>,
    /// The packagings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<NewUnit>,
}

/// Creates a family.
pub fn create_family(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewFamily) -> Result<Family, Failure> {
    store_rules::hold(tx)?;
    let options = named_sets(tx, &command.options)?;
    let mut family = decide::plan_new(command, options, ctx.now)?;
    if store_families::count(tx)? >= FAMILIES_MAX {
        let detail = format!("a catalogue has at most {FAMILIES_MAX} families");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    if let Some(other) = family_of(tx, &family.code)? {
        let detail = format!("the family `{}` exists already; choose another code", other.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    family.category_id = category(tx, &family)?;
    variants::try_out(tx, &family, ctx)?;
    family.id = FamilyId(db::ids::take(tx, "catalog.family", 1)?);
    store_families::insert(tx, &family)?;
    trace(tx, ctx, &family, "catalog.family.create", "catalog.family_created", &[]);
    Ok(family)
}

/// Changes a family. What its variants follow changes with it.
pub fn change_family(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (code, version): (&str, IfMatch),
    change: &ChangeFamily,
) -> Result<Family, Failure> {
    store_rules::hold(tx)?;
    let before = addressed(tx, code)?;
    version.check(before.version)?;
    let options = change.options.iter().flatten().next().map(|codes| named_sets(tx, codes)).transpose()?;
    let (mut after, fields) = decide::plan_change(&before, change, options, ctx.now)?;
    if fields.is_empty() {
        return Ok(after);
    }
    if fields.contains(&"options")
        && let Some(sku) = store_families::first_variant(tx, before.id)?
    {
        let detail = format!("`{sku}` is a variant by the options that there are; make another family");
        return Err(Problem::at(Code::InUse, "/options", detail).into());
    }
    after.category_id = category(tx, &after)?;
    variants::try_out(tx, &after, ctx)?;
    store_families::update(tx, &after, fields.contains(&"options"))?;
    trace(tx, ctx, &after, "catalog.family.change", "catalog.family_changed", &fields);
    variants::follow(tx, ctx, &before, &after)?;
    Ok(after)
}

/// Removes a family that has no variants.
pub fn remove_family(tx: &mut Tx<'_>, ctx: &Ctx, (code, version): (&str, IfMatch)) -> Result<(), Failure> {
    store_rules::hold(tx)?;
    let mut family = addressed(tx, code)?;
    version.check(family.version)?;
    if let Some(sku) = store_families::first_variant(tx, family.id)? {
        let detail = format!("`{sku}` is a variant of `{}`; archive the family instead", family.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_families::delete(tx, family.id)?;
    decide::touch(&mut family, ctx.now);
    trace(tx, ctx, &family, "catalog.family.remove", "catalog.family_removed", &[]);
    Ok(())
}

/// The family of a code.
pub fn family_of(conn: &mut Conn<'_>, code: &str) -> Result<Option<Family>, DbError> {
    let Some(key) = folded(code) else { return Ok(None) };
    let found = store_families::by_code(conn, &key)?;
    Ok(complete(conn, found.into_iter().collect())?.pop())
}

/// The key that a family is found by; `None` for a text that no family can have.
pub(crate) fn folded(code: &str) -> Option<String> {
    FamilyCode::parse(code).ok().map(|code| code.folded())
}

/// The family that an address names.
pub(crate) fn addressed(conn: &mut Conn<'_>, code: &str) -> Result<Family, Failure> {
    Ok(family_of(conn, code)?.ok_or_else(|| Problem::not_found("family", code))?)
}

/// Families with their options.
pub(crate) fn complete(conn: &mut Conn<'_>, mut families: Vec<Family>) -> Result<Vec<Family>, DbError> {
    let ids: Vec<i64> = families.iter().map(|family| family.id.get()).collect();
    for (id, set) in store_options::of_families(conn, &ids)? {
        if let Some(family) = families.iter_mut().find(|family| family.id.get() == id) {
            family.options.push(set);
        }
    }
    Ok(families)
}

fn named_sets(tx: &mut Tx<'_>, codes: &[String]) -> Result<Vec<OptionSet>, Failure> {
    decide::check_options(codes)?;
    let mut sets = Vec::with_capacity(codes.len());
    for (index, code) in codes.iter().enumerate() {
        let set = store_options::by_code(tx, code)?.ok_or_else(|| {
            let detail = format!("there is no option set `{code}`; make it first");
            Problem::at(Code::InvalidValue, format!("/options/{index}"), detail)
        })?;
        sets.push(set);
    }
    Ok(sets)
}

fn category(tx: &mut Tx<'_>, family: &Family) -> Result<Option<CategoryId>, Failure> {
    let path = family.defaults.category.as_deref();
    let found = path.map(|path| categories::named(tx, path, "/defaults/category")).transpose()?;
    Ok(found.map(|category| category.id))
}

fn trace(tx: &mut Tx<'_>, ctx: &Ctx, family: &Family, action: &str, event: &str, fields: &[&str]) {
    let body = serde_json::json!({ "family": family, "changed": fields });
    let change = web::RecordChange {
        action,
        event,
        target: &format!("family:{}", family.code),
        aggregate_type: "family",
        aggregate_id: &family.id.to_string(),
        version: family.version,
        at: family.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
}
