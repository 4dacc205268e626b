//! What a change makes of a location. Pure. Only fields that are given change.

use crate::code;
use crate::create::decide::check_type;
use crate::create::{refuse_inherited, refuse_unreal};
use crate::layout::position::{Position, read_position, read_walk};
use crate::location::Location;
use crate::location_type::LocationType;
use domain::given::{given, not_null};
use domain::{AsProblem, Instant, LocationKind, Problem, Role};
use serde::Deserialize;
use utoipa::ToSchema;

/// A change of a location: left out means as it was. Null takes away a type, a position or a place in the
/// walking order; no other field can be empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeLocation {
    /// Its code.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub code: Option<Option<String>>,
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub name: Option<Option<String>>,
    /// The code of its type. What it is used for stays as it is.
    #[serde(default, deserialize_with = "given", rename = "type")]
    #[schema(value_type = Option<String>)]
    pub location_type: Option<Option<String>>,
    /// Where it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Position>)]
    pub position: Option<Option<Position>>,
    /// Its number in the walking order.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub walk: Option<Option<i64>>,
    /// What it is used for. What it says of selling and allocating stays as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String)]
    pub role: Option<Option<String>>,
    /// Whether new allocations may choose it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub open_to_allocation: Option<Option<bool>>,
}

/// The location after the change, and the fields that differ. No field means that nothing is to be
/// done.
pub(crate) fn plan(
    before: &Location,
    change: &ChangeLocation,
    location_type: Option<&LocationType>,
    now: Instant,
) -> Result<(Location, Vec<&'static str>), Problem> {
    let ChangeLocation { code, name, location_type: named, position, walk, role, open_to_allocation } =
        change;
    refuse_unreal(before)?;
    let mut after = before.clone();
    if let Some(code) = not_null(code.as_ref(), "/code")? {
        after.code = code::chosen(code, "/code")?;
        if after.kind == LocationKind::Site {
            after.site = Some(after.code.clone());
        }
    }
    if let Some(name) = not_null(name.as_ref(), "/name")? {
        after.name = code::name(name, "/name")?;
    }
    if named.is_some() {
        check_type(before.kind, location_type, "/type")?;
        after.type_id = location_type.map(|one| one.id);
        after.location_type = location_type.map(|one| one.code.clone());
    }
    if let Some(position) = position {
        refuse_inherited(before, "/position")?;
        after.position = read_position(*position, "/position")?;
    }
    if let Some(walk) = walk {
        refuse_inherited(before, "/walk")?;
        after.walk = read_walk(*walk, "/walk")?;
    }
    if let Some(word) = not_null(role.as_ref(), "/role")? {
        refuse_inherited(before, "/role")?;
        after.role = Some(Role::parse(word).map_err(|error| error.problem("/role"))?);
    }
    if let Some(open) = not_null(open_to_allocation.as_ref(), "/open_to_allocation")? {
        refuse_inherited(before, "/open_to_allocation")?;
        after.open_to_allocation = *open;
    }
    let fields: Vec<&'static str> = [
        ("code", before.code != after.code),
        ("name", before.name != after.name),
        ("type", before.type_id != after.type_id),
        ("position", before.position != after.position),
        ("walk", before.walk != after.walk),
        ("role", before.role != after.role),
        ("open_to_allocation", before.open_to_allocation != after.open_to_allocation),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect();
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts one more change. The time never runs back, whatever the clock says.
pub(crate) fn touch(location: &mut Location, now: Instant) {
    location.version = location.version.saturating_add(1);
    location.changed_at = location.changed_at.max(now);
}
