//! What a supplier becomes. Pure.

use super::Supplier;
use crate::text;
use domain::given::{given, not_null};
use domain::{AsProblem, Instant, Problem, SupplierCode, SupplierId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new supplier.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupplier {
    /// Its code, without `/`.
    pub code: String,
    /// What people call it.
    pub name: String,
}

/// A change of a supplier: left out means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSupplier {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// Whether nothing new is bought there.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub archived: Option<Option<bool>>,
}

/// The supplier as it will be stored, except for its id.
pub(crate) fn plan_new(command: &NewSupplier, now: Instant) -> Result<Supplier, Problem> {
    let NewSupplier { code, name } = command;
    Ok(Supplier {
        id: SupplierId(0),
        code: SupplierCode::parse(code).map_err(|error| error.problem("/code"))?,
        name: text::name(name, "/name")?,
        archived: false,
        version: 1,
        created_at: now,
        changed_at: now,
    })
}

/// The supplier after a change, and the fields that differ.
pub(crate) fn plan_change(
    before: &Supplier,
    change: &ChangeSupplier,
    now: Instant,
) -> Result<(Supplier, Vec<&'static str>), Problem> {
    let ChangeSupplier { name, archived } = change;
    let mut after = before.clone();
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = text::name(name, "/name")?;
    }
    if let Some(archived) = not_null(archived.as_ref(), "/archived")? {
        after.archived = *archived;
    }
    let fields = [("name", after.name != before.name), ("archived", after.archived != before.archived)];
    let fields: Vec<&'static str> =
        fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(supplier: &mut Supplier, now: Instant) {
    supplier.version = supplier.version.saturating_add(1);
    supplier.changed_at = supplier.changed_at.max(now);
}
