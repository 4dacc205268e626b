//! Categories: a tree of names. What items of a category must have is said in [`crate::rule`].

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
pub(crate) mod tests;

use crate::recheck;
use crate::{record, rule, store_categories, store_families, store_rules};
use db::{Conn, DbError, Tx};
use decide::{ChangeCategory, NewCategory};
use domain::{CategoryId, Code, Ctx, Instant, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The most categories of a catalogue.
pub const CATEGORIES_MAX: i64 = 10_000;

/// A category.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Category {
    /// Its id, for grants.
    #[schema(value_type = i64)]
    pub id: CategoryId,
    /// The one above it, by id.
    #[serde(skip)]
    pub parent_id: Option<CategoryId>,
    /// Its name, as written.
    pub name: String,
    /// The names from the topmost category down to it, in small letters: `garden/pots`.
    pub path: String,
    /// The path of the category above it; null on top.
    pub parent: Option<String>,
    /// Counts its changes and those of its rules, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// Creates a category.
pub fn create_category(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewCategory) -> Result<Category, Failure> {
    store_rules::hold(tx)?;
    let parent = command.parent.as_deref().map(|path| named(tx, path, "/parent")).transpose()?;
    let mut category = decide::plan_new(command, parent.as_ref(), ctx.now)?;
    let (count, highest) = store_categories::count(tx)?;
    if count >= CATEGORIES_MAX {
        let detail = format!("a catalogue has at most {CATEGORIES_MAX} categories");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    refuse_taken(tx, &category, "/name")?;
    db::ids::reserve_below(tx, "catalog.category", highest.saturating_add(1))?;
    category.id = CategoryId(db::ids::take(tx, "catalog.category", 1)?);
    store_categories::insert(tx, &category).map_err(taken_meanwhile)?;
    let body = serde_json::json!({ "category": &category, "changed": [] });
    record::category(tx, ctx, &category, "catalog.category.create", "catalog.category_created", &body);
    Ok(category)
}

/// The category of a path, made with all above it that is not there: for imports, which bring their tree
/// along.
pub fn ensure_category(tx: &mut Tx<'_>, ctx: &Ctx, path: &str) -> Result<Category, Failure> {
    let mut found: Option<Category> = None;
    for name in path.split('/') {
        let parent = found.map(|category| category.path);
        let whole = parent.as_ref().map_or_else(|| name.to_owned(), |parent| format!("{parent}/{name}"));
        found = Some(match category(tx, &whole)? {
            Some(category) => category,
            None => create_category(tx, ctx, &NewCategory { name: name.to_owned(), parent })?,
        });
    }
    found.ok_or_else(|| Problem::at(Code::InvalidValue, "/category", "a category has a name").into())
}

/// Changes the name of a category, or hangs it with all below it somewhere else. Its items are checked
/// against the rules that hold there.
pub fn change_category(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    path: &str,
    version: IfMatch,
    change: &ChangeCategory,
) -> Result<Category, Failure> {
    store_rules::hold(tx)?;
    let before = addressed(tx, path)?;
    version.check(before.version)?;
    let parent = match &change.parent {
        Some(Some(path)) => Some(named(tx, path, "/parent")?),
        Some(None) => None,
        None => before.parent_id.map(|id| at(tx, id)).transpose()?,
    };
    let below = store_categories::below(tx, before.id)?;
    let (after, fields) = decide::plan_change(&before, change, parent.as_ref(), &below, ctx.now)?;
    if fields.is_empty() {
        return Ok(after);
    }
    if after.path != before.path {
        refuse_taken(tx, &after, if fields.contains(&"parent") { "/parent" } else { "/name" })?;
    }
    store_categories::update(tx, &after, &before.path).map_err(taken_meanwhile)?;
    if after.parent_id != before.parent_id {
        store_categories::replant(tx, after.id, after.parent_id)?;
        rule::refuse_unreachable_defaults(tx, &after, None, "/parent")?;
        recheck::items_below(tx, after.id, "/parent")?;
    }
    changed(tx, ctx, &after, "catalog.category.change", &fields);
    Ok(after)
}

/// Removes a category that has nothing below it and no item in it.
pub fn remove_category(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    path: &str,
    version: IfMatch,
) -> Result<Category, Failure> {
    store_rules::hold(tx)?;
    let mut category = addressed(tx, path)?;
    version.check(category.version)?;
    let in_use = match store_categories::used(tx, category.id)? {
        (Some(below), _) => Some(format!("`{below}` stands below it; move or remove it first")),
        (None, Some(sku)) => Some(format!("`{sku}` stands in it; move its items first")),
        (None, None) => None,
    };
    let in_use = match in_use {
        None => store_families::in_category(tx, category.id)?.map(|code| {
            format!("variants of the family `{code}` are put into it; change its defaults first")
        }),
        in_use => in_use,
    };
    if let Some(detail) = in_use {
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_categories::delete(tx, category.id)?;
    decide::touch(&mut category, ctx.now);
    let body = serde_json::json!({ "category": &category, "changed": [] });
    record::category(tx, ctx, &category, "catalog.category.remove", "catalog.category_removed", &body);
    Ok(category)
}

/// The trace of a change.
pub(crate) fn changed(tx: &mut Tx<'_>, ctx: &Ctx, category: &Category, action: &str, fields: &[&str]) {
    let body = serde_json::json!({ "category": category, "changed": fields });
    record::category(tx, ctx, category, action, "catalog.category_changed", &body);
}

/// The category of a path.
pub fn category(conn: &mut Conn<'_>, path: &str) -> Result<Option<Category>, DbError> {
    store_categories::by_path(conn, &path.to_lowercase())
}

/// The category that an address names.
pub(crate) fn addressed(conn: &mut Conn<'_>, path: &str) -> Result<Category, Failure> {
    Ok(category(conn, path)?.ok_or_else(|| Problem::not_found("category", path))?)
}

/// The category that a field names.
pub(crate) fn named(conn: &mut Conn<'_>, path: &str, pointer: &str) -> Result<Category, Failure> {
    let found = category(conn, path)?;
    Ok(found.ok_or_else(|| {
        Problem::at(Code::UnknownCategory, pointer, format!("there is no category `{path}`"))
    })?)
}

fn at(conn: &mut Conn<'_>, id: CategoryId) -> Result<Category, Failure> {
    store_categories::by_id(conn, id)?.ok_or_else(|| Failure::fault("a category stands below nothing"))
}

fn refuse_taken(tx: &mut Tx<'_>, category: &Category, pointer: &str) -> Result<(), Failure> {
    match store_categories::by_path(tx, &category.path)? {
        Some(other) if other.id != category.id => {
            let detail = format!("the category `{}` exists already; choose another name", other.path);
            Err(Problem::at(Code::CodeTaken, pointer, detail).into())
        }
        _ => Ok(()),
    }
}

/// Somebody else took the path between the question and the insert.
fn taken_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store_categories::PATH_INDEX) {
        Problem::new(Code::CodeTaken, "the path was taken a moment ago; read the categories again").into()
    } else {
        error.into()
    }
}
