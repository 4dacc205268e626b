//! Which locations a pattern makes, and what each of them is. Pure.

use super::pattern::{Name, Pattern};
use crate::code;
use crate::create::decide::{Draft, below, check_type, made_kind, of_type};
use crate::layout::position::{Position, read_position, read_walk};
use crate::location::Location;
use crate::location_type::LocationType;
use domain::word::counted;
use domain::{AsProblem, Code, Instant, LocationKind, Problem, Role};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most locations that one call makes: a hundred thousand bins, and the racks and shelves that they are in.
pub const LOCATIONS_PER_CALL_MAX: u64 = 110_000;

/// The most locations that an answer shows.
pub const MADE_SHOWN_MAX: usize = 1_000;

/// What many new locations are made from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLocations {
    /// The code of what they stand below.
    pub parent: String,
    /// Text with groups such as `LON-{A..C}-{01..20}-{1..4}`; each group is a level.
    pub pattern: String,
    /// What each level is, one entry for each group; null makes none at that level. The last level
    /// is always made.
    pub levels: Vec<Option<MakeLevel>>,
    /// Where the first location of each level is. Left out, none has a position.
    #[serde(default)]
    pub origin: Option<Position>,
    /// The numbers in the walking order that those of the last level get, in the order of the pattern.
    #[serde(default)]
    pub walk: Option<Walk>,
}

/// Numbers of the walking order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    /// The first.
    pub from: i64,
    /// How far the next is from each; 1 when left out.
    #[serde(default = "one")]
    pub step: i64,
}

const fn one() -> i64 {
    1
}

/// What the locations of one level are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLevel {
    /// `zone`, `aisle`, `rack`, `shelf` or `bin`; that of the type when left out.
    #[serde(default)]
    pub kind: Option<String>,
    /// The code of a type, which says what they are unless it is said here.
    #[serde(default, rename = "type")]
    pub location_type: Option<String>,
    /// `storage`, `receiving`, `staging`, `pick_face`, `reserve`, `quarantine` or `production`; left out, that of its
    /// type, or of what it stands in.
    #[serde(default)]
    pub role: Option<String>,
    /// How far the next of this level is from each, where there is an origin; nothing when left out.
    #[serde(default)]
    pub step: Option<Position>,
}

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MadeLocations {
    /// How many.
    pub count: usize,
    /// The first 1,000 of them, parents before their children.
    pub locations: Vec<MadeLocation>,
    /// How many more there are.
    pub left_out: usize,
}

/// One location that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MadeLocation {
    /// Its code.
    pub code: String,
    /// What it is.
    #[schema(value_type = String)]
    pub kind: LocationKind,
    /// What it stands directly below.
    pub parent: Option<String>,
}

impl MadeLocations {
    pub(crate) fn of(locations: &[Location]) -> MadeLocations {
        let count = locations.len();
        let locations: Vec<MadeLocation> = locations
            .iter()
            .take(MADE_SHOWN_MAX)
            .map(|location| MadeLocation {
                code: location.code.clone(),
                kind: location.kind,
                parent: location.parent.clone(),
            })
            .collect();
        MadeLocations { count, left_out: count.saturating_sub(locations.len()), locations }
    }
}

/// A level that is made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) kind: LocationKind,
    role: Option<Role>,
    location_type: Option<LocationType>,
    step: Position,
}

/// A level that has been read.
pub(crate) type Level = Option<Made>;

/// The locations as they will be stored, parents before their children, except for their ids.
pub(crate) fn plan(
    command: &MakeLocations,
    types: &[Option<LocationType>],
    parent: &Location,
    now: Instant,
) -> Result<(Vec<Location>, Pairs), Problem> {
    let MakeLocations { parent: _, pattern, levels, origin, walk } = command;
    let pattern =
        Pattern::parse(pattern).map_err(|bad| Problem::at(Code::InvalidValue, "/pattern", bad.sentence()))?;
    let levels = read_levels(levels, types, pattern.depth())?;
    let made = |level: usize| levels.get(level).is_some_and(Option::is_some);
    let count = pattern.count(made);
    if count > LOCATIONS_PER_CALL_MAX {
        let detail =
            format!("the pattern makes {count} locations, one call makes at most {LOCATIONS_PER_CALL_MAX}");
        return Err(Problem::at(Code::TooMany, "/pattern", detail));
    }
    let pairs = check_kinds(&levels, parent)?;
    let mut places = Places::read(*origin, *walk)?;
    let mut locations: Vec<Location> = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    // the last location that was made at each level, in which the next one below it stands
    let mut open: FxHashMap<usize, usize> = FxHashMap::default();
    for name in pattern.expand() {
        let Some(Some(level)) = levels.get(name.level) else { continue };
        let above = (0..name.level).rev().find_map(|level| open.get(&level));
        let above = above.and_then(|at| locations.get(*at)).unwrap_or(parent);
        let code = code::chosen(&name.code, "/pattern")?;
        let draft = Draft { name: code.clone(), code, kind: level.kind, role: level.role };
        let mut location = below(&draft, Some(above), now)?;
        if let Some(location_type) = &level.location_type {
            of_type(&mut location, location_type);
        }
        location.made_together = true;
        location.position = places.position(&name, level.step)?;
        if name.level.saturating_add(1) == levels.len() {
            location.walk = places.next_walk()?;
        }
        open.insert(name.level, locations.len());
        locations.push(location);
    }
    Ok((locations, pairs))
}

/// Positions and numbers of the walking order, as they are handed out.
struct Places {
    origin: Option<Position>,
    /// Where the last location of each level above is.
    above: Vec<Position>,
    walk: Option<Walk>,
    given: i64,
}

impl Places {
    fn read(origin: Option<Position>, walk: Option<Walk>) -> Result<Places, Problem> {
        let origin = read_position(origin, "/origin")?;
        if let Some(Walk { from, step }) = walk {
            read_walk(Some(from), "/walk/from")?;
            if step == 0 {
                let detail = "a step of 0 would give all of them one number; leave it out for 1";
                return Err(Problem::at(Code::InvalidValue, "/walk/step", detail));
            }
        }
        Ok(Places { origin, above: Vec::new(), walk, given: 0 })
    }

    /// Where a location is: so many steps of each level from the origin.
    fn position(&mut self, name: &Name, step: Position) -> Result<Option<Position>, Problem> {
        let Some(origin) = self.origin else { return Ok(None) };
        self.above.truncate(name.level);
        // a level that is not made has no step
        while self.above.len() < name.level {
            self.above.push(self.above.last().copied().unwrap_or(origin));
        }
        let begins = self.above.last().copied().unwrap_or(origin);
        let far = || {
            let detail = format!("`{}` would lie too far away", name.code);
            Problem::at(Code::LimitExceeded, "/levels", detail)
        };
        let position = step.times(name.at).and_then(|far| begins.plus(far)).ok_or_else(far)?;
        read_position(Some(position), "/levels").map_err(|_| far())?;
        self.above.push(position);
        Ok(Some(position))
    }

    /// The next number of the walking order.
    fn next_walk(&mut self) -> Result<Option<i64>, Problem> {
        let Some(Walk { from, step }) = self.walk else { return Ok(None) };
        let number = step.checked_mul(self.given).and_then(|far| from.checked_add(far)).unwrap_or(-1);
        self.given += 1;
        read_walk(Some(number), "/walk")
    }
}

fn read_levels(
    levels: &[Option<MakeLevel>],
    types: &[Option<LocationType>],
    depth: usize,
) -> Result<Vec<Level>, Problem> {
    if levels.len() != depth {
        let detail = format!(
            "the pattern has {} and you name {}; name one for each",
            counted(depth, "group", "groups"),
            counted(levels.len(), "level", "levels")
        );
        return Err(Problem::at(Code::InvalidValue, "/levels", detail));
    }
    let read: Vec<Level> = levels
        .iter()
        .enumerate()
        .map(|(index, level)| {
            let location_type = types.get(index).and_then(Option::as_ref);
            level.as_ref().map(|level| read_level(index, level, location_type)).transpose()
        })
        .collect::<Result<_, _>>()?;
    if read.last().is_none_or(Option::is_none) {
        let detail = "the last level is always made; leave its group out of the pattern instead";
        return Err(Problem::at(Code::InvalidValue, format!("/levels/{}", depth.saturating_sub(1)), detail));
    }
    Ok(read)
}

fn read_level(
    index: usize,
    level: &MakeLevel,
    location_type: Option<&LocationType>,
) -> Result<Made, Problem> {
    let MakeLevel { kind, location_type: _, role, step } = level;
    let pointer = |field: &str| format!("/levels/{index}/{field}");
    let kind = match (kind, location_type) {
        (Some(word), _) => made_kind(word, &pointer("kind"))?,
        (None, Some(location_type)) => location_type.kind,
        (None, None) => {
            let detail = "say what they are: one of `zone`, `aisle`, `rack`, `shelf`, `bin`, or their type";
            return Err(Problem::at(Code::InvalidValue, pointer("kind"), detail));
        }
    };
    check_type(kind, location_type, &pointer("kind"))?;
    let role = match (role, location_type) {
        (Some(word), _) => Some(Role::parse(word).map_err(|error| error.problem(&pointer("role")))?),
        (None, Some(location_type)) => Some(location_type.role),
        (None, None) => None,
    };
    let step = read_position(*step, &pointer("step"))?.unwrap_or_default();
    Ok(Made { kind, role, location_type: location_type.cloned(), step })
}

/// Kinds with the kinds that they will stand directly below, and the fields that say so.
pub(crate) type Pairs = Vec<(LocationKind, LocationKind, String)>;

/// Each level stands below the one above it, the first below the parent.
fn check_kinds(levels: &[Level], parent: &Location) -> Result<Pairs, Problem> {
    let mut above = parent.kind;
    let mut pairs = Vec::with_capacity(levels.len());
    for (index, level) in levels.iter().enumerate() {
        if let Some(Made { kind, .. }) = level {
            let pointer = format!("/levels/{index}/kind");
            kind.stands_below(Some(above)).map_err(|error| error.problem(&pointer))?;
            pairs.push((*kind, above, pointer));
            above = *kind;
        }
    }
    Ok(pairs)
}
