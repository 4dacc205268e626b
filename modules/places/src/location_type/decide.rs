//! What a type of locations is, and what a change makes of it. Pure.

use super::LocationType;
use crate::code;
use crate::create::decide::made_kind;
use domain::{AsProblem, Instant, Problem, Role};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a new type of locations is made from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLocationType {
    /// Its code.
    pub code: String,
    /// What people call it; the code when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// `zone`, `aisle`, `rack`, `shelf` or `bin`. It stays what it is.
    pub kind: String,
    /// `storage` (the default), `receiving`, `staging`, `pick_face`, `reserve`, `quarantine` or `production`.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether good stock there counts as sellable; as the role says when left out.
    #[serde(default)]
    pub sellable: Option<bool>,
    /// Whether new allocations may choose it; as the role says when left out.
    #[serde(default)]
    pub open_to_allocation: Option<bool>,
}

/// A change of a type: left out, or null, means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeLocationType {
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// What new ones are used for. What it says of selling and allocating stays as it is.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether good stock in new ones counts as sellable.
    #[serde(default)]
    pub sellable: Option<bool>,
    /// Whether new allocations may choose new ones.
    #[serde(default)]
    pub open_to_allocation: Option<bool>,
    /// Whether no more of them are made.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// The type as it will be stored, except for its id.
pub(crate) fn plan(command: &NewLocationType, now: Instant) -> Result<LocationType, Problem> {
    let NewLocationType { code, name, kind, role, sellable, open_to_allocation } = command;
    let kind = made_kind(kind, "/kind")?;
    let role = role.as_deref().map_or(Ok(Role::Storage), Role::parse);
    let role = role.map_err(|error| error.problem("/role"))?;
    let code = code::chosen(code, "/code")?;
    Ok(LocationType {
        id: 0,
        name: name.as_ref().map_or_else(|| Ok(code.clone()), |name| code::name(name, "/name"))?,
        code,
        kind,
        role,
        sellable: sellable.unwrap_or(role.sellable_by_default()),
        open_to_allocation: open_to_allocation.unwrap_or(role.open_to_allocation()),
        archived: false,
        version: 1,
        created_at: now,
        changed_at: now,
    })
}

/// The type after a change, with the version that it had.
pub(crate) fn change(before: &LocationType, change: &ChangeLocationType) -> Result<LocationType, Problem> {
    let ChangeLocationType { name, role, sellable, open_to_allocation, archived } = change;
    let mut after = before.clone();
    if let Some(name) = name {
        after.name = code::name(name, "/name")?;
    }
    if let Some(role) = role {
        after.role = Role::parse(role).map_err(|error| error.problem("/role"))?;
    }
    after.sellable = sellable.unwrap_or(after.sellable);
    after.open_to_allocation = open_to_allocation.unwrap_or(after.open_to_allocation);
    after.archived = archived.unwrap_or(after.archived);
    Ok(after)
}
