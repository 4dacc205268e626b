//! Which locations a pattern makes, and what each of them is. Pure.

use super::pattern::Pattern;
use crate::code;
use crate::create::decide::{Draft, below};
use crate::location::Location;
use domain::{AsProblem, Code, Instant, LocationKind, Problem, Role};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most locations that one call makes.
pub const LOCATIONS_PER_CALL_MAX: u64 = 10_000;

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
}

/// What the locations of one level are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLevel {
    /// `zone`, `aisle`, `rack`, `shelf` or `bin`.
    pub kind: String,
    /// `storage` (the default), `receiving`, `staging`, `pick_face`, `reserve` or `quarantine`.
    #[serde(default)]
    pub role: Option<String>,
}

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MadeLocations {
    /// How many.
    pub count: usize,
    /// All of them, parents before their children.
    pub locations: Vec<MadeLocation>,
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
        let locations: Vec<MadeLocation> = locations
            .iter()
            .map(|location| MadeLocation {
                code: location.code.clone(),
                kind: location.kind,
                parent: location.parent.clone(),
            })
            .collect();
        MadeLocations { count: locations.len(), locations }
    }
}

/// A level that has been read.
type Level = Option<(LocationKind, Role)>;

/// The locations as they will be stored, parents before their children, except for their ids.
pub(crate) fn plan(
    command: &MakeLocations,
    parent: &Location,
    now: Instant,
) -> Result<Vec<Location>, Problem> {
    let MakeLocations { parent: _, pattern, levels } = command;
    let pattern =
        Pattern::parse(pattern).map_err(|bad| Problem::at(Code::InvalidValue, "/pattern", bad.sentence()))?;
    let levels = read_levels(levels, pattern.depth())?;
    let made = |level: usize| levels.get(level).is_some_and(Option::is_some);
    let count = pattern.count(made);
    if count > LOCATIONS_PER_CALL_MAX {
        let detail =
            format!("the pattern makes {count} locations, one call makes at most {LOCATIONS_PER_CALL_MAX}");
        return Err(Problem::at(Code::TooMany, "/pattern", detail));
    }
    check_kinds(&levels, parent)?;
    let mut locations: Vec<Location> = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    // the last location that was made at each level, in which the next one below it stands
    let mut open: FxHashMap<usize, usize> = FxHashMap::default();
    for name in pattern.expand() {
        let Some(Some((kind, role))) = levels.get(name.level) else { continue };
        let above = (0..name.level).rev().find_map(|level| open.get(&level));
        let above = above.and_then(|at| locations.get(*at)).unwrap_or(parent);
        let code = code::chosen(&name.code, "/pattern")?;
        let draft = Draft { name: code.clone(), code, kind: *kind, role: Some(*role) };
        let location = below(&draft, Some(above), now)?;
        open.insert(name.level, locations.len());
        locations.push(location);
    }
    Ok(locations)
}

fn read_levels(levels: &[Option<MakeLevel>], depth: usize) -> Result<Vec<Level>, Problem> {
    if levels.len() != depth {
        let detail = format!(
            "the pattern has {depth} groups and there are {} levels; name one for each",
            levels.len()
        );
        return Err(Problem::at(Code::InvalidValue, "/levels", detail));
    }
    let read: Vec<Level> = levels
        .iter()
        .enumerate()
        .map(|(index, level)| level.as_ref().map(|level| read_level(index, level)).transpose())
        .collect::<Result<_, _>>()?;
    if read.last().is_none_or(Option::is_none) {
        let detail = "the last level is always made; leave its group out of the pattern instead";
        return Err(Problem::at(Code::InvalidValue, format!("/levels/{}", depth.saturating_sub(1)), detail));
    }
    Ok(read)
}

fn read_level(index: usize, level: &MakeLevel) -> Result<(LocationKind, Role), Problem> {
    let MakeLevel { kind, role } = level;
    let pointer = format!("/levels/{index}/kind");
    let kind = LocationKind::parse(kind).map_err(|error| error.problem(&pointer))?;
    if !kind.is_real() || matches!(kind, LocationKind::Site | LocationKind::HandlingUnit) {
        let detail =
            format!("a `{kind}` is not made here; it is one of `zone`, `aisle`, `rack`, `shelf`, `bin`");
        return Err(Problem::at(Code::WrongLocationKind, pointer, detail));
    }
    let role = match role {
        Some(word) => Role::parse(word).map_err(|error| error.problem(&format!("/levels/{index}/role")))?,
        None => Role::Storage,
    };
    Ok((kind, role))
}

/// Each level stands below the one above it, the first below the parent.
fn check_kinds(levels: &[Level], parent: &Location) -> Result<(), Problem> {
    let mut above = parent.kind;
    for (index, level) in levels.iter().enumerate() {
        if let Some((kind, _)) = level {
            kind.stands_below(Some(above))
                .map_err(|error| error.problem(&format!("/levels/{index}/kind")))?;
            above = *kind;
        }
    }
    Ok(())
}
