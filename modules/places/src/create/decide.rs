//! What a new location is: every field read, every default filled in. Pure.

use crate::code;
use crate::create::{refuse_archived, refuse_inherited};
use crate::layout::position::{read_position, read_walk};
use crate::location::{Location, NewLocation};
use crate::location_type::LocationType;
use crate::organise::{Organisation, ValuationGrouping};
use domain::{AsProblem, Code, Instant, LocationId, LocationKind, Problem, Role, SiteId, SiteState, Zone};

/// The valuation group of everything, when the organisation is one group. Ids of locations begin
/// above it, so that no site's own group is the same.
pub(crate) const ORGANISATION_GROUP: i64 = 1;

/// The deepest that a location may stand, the site being 1; handling units in handling units count.
pub const TREE_DEPTH_MAX: usize = 16;

/// The location as it will be stored, except for its id and what follows from that.
pub(crate) fn plan(
    command: &NewLocation,
    location_type: Option<&LocationType>,
    parent: Option<&Location>,
    organisation: &Organisation,
    now: Instant,
) -> Result<Location, Problem> {
    let NewLocation {
        code,
        name,
        kind,
        location_type: _,
        parent: _,
        role,
        sellable,
        open_to_allocation,
        position,
        walk,
        zone,
        state,
    } = command;
    let kind = read_kind(kind.as_deref(), location_type)?;
    let role = match (role, location_type) {
        (Some(word), _) => Some(Role::parse(word).map_err(|error| error.problem("/role"))?),
        (None, Some(location_type)) => Some(location_type.role),
        // what stands in something is used as that is
        (None, None) if parent.is_some() => None,
        (None, None) => Some(Role::Storage),
    };
    let code = code::chosen(code, "/code")?;
    let name = match name {
        Some(name) => code::name(name, "/name")?,
        None => code.clone(),
    };
    let mut location = below(&Draft { code, name, kind, role }, parent, now)?;
    if let Some(location_type) = location_type {
        of_type(&mut location, location_type);
    }
    location.sellable = sellable.unwrap_or(location.sellable);
    location.open_to_allocation = open_to_allocation.unwrap_or(location.open_to_allocation);
    location.position = read_position(*position, "/position")?;
    location.walk = read_walk(*walk, "/walk")?;
    location.zone = match (kind, zone) {
        (LocationKind::Site, Some(zone)) => {
            let zone = Zone::parse(zone).map_err(|error| error.problem("/zone"))?;
            Some(zone.name().to_owned())
        }
        (LocationKind::Site, None) => Some(organisation.zone.name().to_owned()),
        (_, Some(_)) => {
            let detail = format!("{} has the zone of its site; leave it out", kind.with_article());
            return Err(Problem::at(Code::InvalidValue, "/zone", detail));
        }
        (_, None) => None,
    };
    location.state = read_state(kind, state.as_deref())?;
    Ok(location)
}

/// The handling unit that is to be made; it has what the place has in which it stands.
pub(crate) fn unit(
    command: &NewLocation,
    parent: Option<&Location>,
    now: Instant,
) -> Result<Location, Problem> {
    let NewLocation {
        code,
        name,
        kind: _,
        location_type,
        parent: _,
        role,
        sellable,
        open_to_allocation,
        position,
        walk,
        zone,
        state,
    } = command;
    let code = code::chosen(code, "/code")?;
    let name = name.as_ref().map_or_else(|| Ok(code.clone()), |name| code::name(name, "/name"))?;
    let location = below(&Draft { code, name, kind: LocationKind::HandlingUnit, role: None }, parent, now)?;
    let inherited = [
        ("/type", location_type.is_some()),
        ("/role", role.is_some()),
        ("/sellable", sellable.is_some_and(|sellable| sellable != location.sellable)),
        ("/open_to_allocation", open_to_allocation.is_some_and(|open| open != location.open_to_allocation)),
        ("/position", position.is_some()),
        ("/walk", walk.is_some()),
        ("/zone", zone.is_some()),
        ("/state", state.is_some()),
    ];
    match inherited.into_iter().find(|(_, is_said)| *is_said) {
        Some((pointer, _)) => refuse_inherited(&location, pointer).map(|()| location),
        None => Ok(location),
    }
}

/// What a new site begins as; nothing else has a state.
fn read_state(kind: LocationKind, said: Option<&str>) -> Result<Option<SiteState>, Problem> {
    match (kind, said) {
        (LocationKind::Site, Some(word)) => {
            SiteState::parse(word).map(Some).map_err(|error| error.problem("/state"))
        }
        (LocationKind::Site, None) => Ok(Some(SiteState::Live)),
        (_, Some(_)) => {
            let detail = format!("{} has the state of its site; leave it out", kind.with_article());
            Err(Problem::at(Code::InvalidValue, "/state", detail))
        }
        (_, None) => Ok(None),
    }
}

/// The kind of a new location: as it is said, or as its type has it.
fn read_kind(said: Option<&str>, location_type: Option<&LocationType>) -> Result<LocationKind, Problem> {
    let kind = match (said, location_type) {
        (Some(word), _) => LocationKind::parse(word).map_err(|error| error.problem("/kind"))?,
        (None, Some(location_type)) => location_type.kind,
        (None, None) => {
            let detail =
                "say what it is: one of `site`, `zone`, `aisle`, `rack`, `shelf`, `bin`, or its type";
            return Err(Problem::at(Code::InvalidValue, "/kind", detail));
        }
    };
    if !kind.is_real() || kind == LocationKind::HandlingUnit {
        let detail = format!(
            "{} is not made here; it is one of `site`, `zone`, `aisle`, `rack`, `shelf`, `bin`",
            kind.with_article()
        );
        return Err(Problem::at(Code::WrongLocationKind, "/kind", detail));
    }
    check_type(kind, location_type, "/kind")?;
    Ok(kind)
}

/// A kind that many are made of, or a type has: any but a site.
pub(crate) fn made_kind(word: &str, pointer: &str) -> Result<LocationKind, Problem> {
    let kind = LocationKind::parse(word).map_err(|error| error.problem(pointer))?;
    if !kind.is_real() || matches!(kind, LocationKind::Site | LocationKind::HandlingUnit) {
        let detail = format!(
            "{} is not made here; it is one of `zone`, `aisle`, `rack`, `shelf`, `bin`",
            kind.with_article()
        );
        return Err(Problem::at(Code::WrongLocationKind, pointer, detail));
    }
    Ok(kind)
}

/// Refuses a kind that is not that of the type.
pub(crate) fn check_type(
    kind: LocationKind,
    location_type: Option<&LocationType>,
    pointer: &str,
) -> Result<(), Problem> {
    match location_type {
        Some(other) if other.kind != kind => {
            let detail = format!(
                "`{}` is a type of `{}`, and this is {}",
                other.code,
                other.kind,
                kind.with_article()
            );
            Err(Problem::at(Code::WrongLocationKind, pointer, detail))
        }
        _ => Ok(()),
    }
}

/// Takes over from its type what a location is.
pub(crate) fn of_type(location: &mut Location, location_type: &LocationType) {
    location.type_id = Some(location_type.id);
    location.location_type = Some(location_type.code.clone());
    // a role that is said brings what it says of selling and allocating
    if location.role == Some(location_type.role) {
        location.sellable = location_type.sellable;
        location.open_to_allocation = location_type.open_to_allocation;
    }
}

/// What is known of a location before it has a place.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: LocationKind,
    /// What it is used for; `None` for what its place is used for.
    pub(crate) role: Option<Role>,
}

/// A location at its place, which is in use. It takes over what the place is used for, whether it sells and is open to
/// allocations, unless it has a role of its own, and whether the place is blocked. A handling unit has no role.
pub(crate) fn below(draft: &Draft, parent: Option<&Location>, now: Instant) -> Result<Location, Problem> {
    let Draft { code, name, kind, role } = draft;
    kind.stands_below(parent.map(|parent| parent.kind)).map_err(|error| error.problem("/parent"))?;
    if let Some(parent) = parent {
        refuse_archived(parent, "/parent")?;
    }
    let (sellable, open_to_allocation) = match (parent, role) {
        (_, Some(role)) => (role.sellable_by_default(), role.open_to_allocation()),
        (Some(parent), None) => (parent.sellable, parent.open_to_allocation),
        (None, None) => (false, false),
    };
    Ok(Location {
        id: LocationId(0),
        code: code.clone(),
        name: name.clone(),
        kind: *kind,
        type_id: None,
        location_type: None,
        role: role.or_else(|| parent.filter(|_| *kind != LocationKind::HandlingUnit)?.role),
        parent_id: parent.map(|parent| parent.id),
        parent: parent.map(|parent| parent.code.clone()),
        position: None,
        walk: None,
        made_together: false,
        site_id: parent.map_or(SiteId::NONE, |parent| parent.site_id),
        site: parent.and_then(|parent| parent.site.clone()),
        zone: None,
        state: None,
        valuation_group: parent.map_or(0, |parent| parent.valuation_group),
        sellable,
        blocked: parent.is_some_and(|parent| parent.blocked),
        block_reason: None,
        open_to_allocation,
        archived: false,
        archived_at: None,
        version: 1,
        created_at: now,
        changed_at: now,
    })
}

/// Gives a location its id, and a root what follows from it.
pub(crate) fn identify(location: &mut Location, id: LocationId, grouping: ValuationGrouping) {
    location.id = id;
    match location.kind {
        LocationKind::Site => {
            location.site_id = SiteId(id.get());
            location.site = Some(location.code.clone());
            location.valuation_group = match grouping {
                ValuationGrouping::Site => id.get(),
                ValuationGrouping::Organisation => ORGANISATION_GROUP,
            };
        }
        LocationKind::Transit => location.valuation_group = id.get(),
        _ => {}
    }
}

/// Refuses a chain that is deeper than [`TREE_DEPTH_MAX`].
pub(crate) fn deep(depth: usize, pointer: &str) -> Result<(), Problem> {
    if depth <= TREE_DEPTH_MAX {
        return Ok(());
    }
    let detail = format!("locations stand at most {TREE_DEPTH_MAX} deep below each other");
    Err(Problem::at(Code::LimitExceeded, pointer, detail))
}
