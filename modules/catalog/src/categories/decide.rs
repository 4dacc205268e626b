//! What a category becomes. Pure.

use super::Category;
use crate::text;
use domain::given::{given, not_null};
use domain::{CategoryId, Code, Instant, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new category.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its name, without `/`.
    pub name: String,
    /// The path of the category above it, such as `garden`; on top when left out.
    #[serde(default)]
    pub parent: Option<String>,
}

/// A change of a category: left out means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCategory {
    /// Its name, without `/`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// The path of the category that it is hung below with all that it has; null for the top.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Option<String>>,
}

/// The category as it will be stored, except for its id.
pub(crate) fn plan_new(
    command: &NewCategory,
    parent: Option<&Category>,
    now: Instant,
) -> Result<Category, Problem> {
    let NewCategory { name, parent: _ } = command;
    let name = text::category_name(name, "/name")?;
    Ok(Category {
        id: CategoryId(0),
        parent_id: parent.map(|parent| parent.id),
        path: path(&name, parent, "/name")?,
        parent: parent.map(|parent| parent.path.clone()),
        name,
        version: 1,
        created_at: now,
        changed_at: now,
    })
}

/// The category after a change, and the fields that differ. `below` is the category itself and all below
/// it, `parent` what it will stand below.
pub(crate) fn plan_change(
    before: &Category,
    change: &ChangeCategory,
    parent: Option<&Category>,
    below: &[(CategoryId, String)],
    now: Instant,
) -> Result<(Category, Vec<&'static str>), Problem> {
    let name = match not_null(change.name.as_ref(), "/name")? {
        Some(name) => text::category_name(name, "/name")?,
        None => before.name.clone(),
    };
    if let Some(parent) = parent.filter(|parent| below.iter().any(|(id, _)| *id == parent.id)) {
        let detail =
            format!("`{}` stands below `{}`, which cannot stand below itself", parent.path, before.path);
        return Err(Problem::at(Code::TreeCycle, "/parent", detail));
    }
    let pointer = if change.parent.is_some() { "/parent" } else { "/name" };
    let mut after = Category {
        path: path(&name, parent, pointer)?,
        name,
        parent_id: parent.map(|parent| parent.id),
        parent: parent.map(|parent| parent.path.clone()),
        ..before.clone()
    };
    for (_, path) in below {
        let rest = path.get(before.path.len()..).unwrap_or_default();
        text::category(&format!("{}{rest}", after.path), pointer)?;
    }
    let fields: Vec<&'static str> =
        [("name", after.name != before.name), ("parent", after.parent_id != before.parent_id)]
            .into_iter()
            .filter_map(|(field, differs)| differs.then_some(field))
            .collect();
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(category: &mut Category, now: Instant) {
    category.version = category.version.saturating_add(1);
    category.changed_at = category.changed_at.max(now);
}

fn path(name: &str, parent: Option<&Category>, pointer: &str) -> Result<String, Problem> {
    let step = name.to_lowercase();
    match parent {
        Some(parent) => text::category(&format!("{}/{step}", parent.path), pointer),
        None => text::category(&step, pointer),
    }
}
