//! Create one site, or one location below another.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::location::{Location, NewLocation};
use crate::store_tree::Closure;
use crate::{arrange, code, find, levels, location_type, organise, record, states, store, store_tree};
use db::{DbError, Tx};
use domain::{Code, Ctx, LocationId, LocationKind, Problem, SiteId, SiteState};
use rustc_hash::FxHashMap;
use web::{Failure, Reached};

/// Creates a site or a location below another, where the caller may.
pub fn create_location(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    command: &NewLocation,
) -> Result<Location, Failure> {
    store_tree::share(tx)?;
    let parent = parent_of(tx, reached, command)?;
    let organisation = organise::organisation(tx)?;
    let location_type = command.location_type.as_deref();
    let location_type = location_type.map(|code| location_type::named(tx, code, "/type")).transpose()?;
    let mut location =
        decide::plan(command, location_type.as_ref(), parent.as_ref(), &organisation, ctx.now)?;
    if let Some(parent) = &parent {
        check_level(tx, parent, &[(location.kind, parent.kind, "/parent".to_owned())])?;
    }
    plant(tx, parent.as_ref(), std::slice::from_mut(&mut location), &["/code"])?;
    states::began(tx, ctx, &location)?;
    trace(tx, ctx, &location)?;
    Ok(location)
}

/// What is known of a location that was in use before it came here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept<'k> {
    /// Why it is blocked itself.
    pub block_reason: Option<&'k str>,
    /// It is archived.
    pub archived: bool,
    /// It is archived by itself, whatever stands above it.
    pub archived_itself: bool,
}

/// Creates a location as a list of another store has it: a handling unit too, blocked or archived, of a type or
/// below a place that is archived. What is archived is made by this alone, and stays archived.
///
/// # Errors
/// As [`create_location`]; `location_archived` for one that is in use below one that is not.
pub fn bring_location(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    command: &NewLocation,
    kept: &Kept<'_>,
) -> Result<Location, Failure> {
    let Kept { block_reason, archived, archived_itself } = *kept;
    if archived || block_reason.is_some() {
        store_tree::hold(tx)?;
    } else {
        store_tree::share(tx)?;
    }
    let mut parent = parent_of(tx, reached, command)?;
    let below_archived = parent.as_ref().is_some_and(|parent| parent.archived);
    if let Some(parent) = parent.as_mut().filter(|_| archived) {
        parent.archived = false;
    }
    let mut location = if command.kind.as_deref() == Some(LocationKind::HandlingUnit.word()) {
        decide::unit(command, parent.as_ref(), ctx.now)?
    } else {
        let location_type = command.location_type.as_deref();
        let location_type = location_type.map(|code| location_type::any(tx, code, "/type")).transpose()?;
        let organisation = organise::organisation(tx)?;
        decide::plan(command, location_type.as_ref(), parent.as_ref(), &organisation, ctx.now)?
    };
    if let Some(parent) = parent.as_ref().filter(|_| location.kind != LocationKind::HandlingUnit) {
        check_level(tx, parent, &[(location.kind, parent.kind, "/parent".to_owned())])?;
    }
    plant(tx, parent.as_ref(), std::slice::from_mut(&mut location), &["/code"])?;
    if below_archived {
        store_tree::archive(tx, location.id)?;
        location.archived = true;
    }
    states::began(tx, ctx, &location)?;
    trace(tx, ctx, &location)?;
    if let Some(reason) = block_reason {
        location = arrange::block(tx, ctx, location, (Some(code::name(reason, "/block_reason")?), None))?;
    }
    if archived && (archived_itself || !below_archived) {
        location = arrange::set_archived(tx, ctx, location.id, true)?;
    }
    Ok(location)
}

/// What a new location is to stand below.
fn parent_of(
    tx: &mut Tx<'_>,
    reached: Reached<'_>,
    command: &NewLocation,
) -> Result<Option<Location>, Failure> {
    match &command.parent {
        Some(parent) => Ok(Some(find::named(tx, reached, parent, "/parent")?)),
        None if reached == Reached::All => Ok(None),
        None => {
            let detail = "whoever may work in some places only cannot create a site; name a parent";
            Err(Problem::at(Code::Forbidden, "/parent", detail).into())
        }
    }
}

/// Refuses kinds below others, at the site of a place, where its levels say otherwise.
pub(crate) fn check_level(
    tx: &mut Tx<'_>,
    place: &Location,
    pairs: &[(LocationKind, LocationKind, String)],
) -> Result<(), Failure> {
    let site = place.site.as_deref().unwrap_or_default();
    if let Some(rules) = levels::rules(tx, place.site_id, site)? {
        for (kind, above, pointer) in pairs {
            rules.check(*kind, *above, pointer)?;
        }
    }
    Ok(())
}

/// Writes the trace of one new location.
pub(crate) fn trace(tx: &mut Tx<'_>, ctx: &Ctx, location: &Location) -> Result<(), Failure> {
    let created = record::Change {
        action: "places.location.create",
        event: "places.location_created",
        fields: &[],
        left: SiteId::NONE,
    };
    record::change(tx, ctx, location, &created)
}

/// Gives new locations their ids and stores them, with their rows in the tree; their trace is left to the
/// caller. Parents stand before their children and are named by code; `pointers` says which field
/// carried each code, the last one holding for all that follow. The tree is held shared before.
pub(crate) fn plant(
    tx: &mut Tx<'_>,
    parent: Option<&Location>,
    locations: &mut [Location],
    pointers: &[&str],
) -> Result<(), Failure> {
    refuse_taken(tx, locations, pointers)?;
    let grouping = organise::organisation(tx)?.valuation_grouping;
    let count = i64::try_from(locations.len()).unwrap_or(i64::MAX);
    let first = db::ids::take(tx, "places.location", count)?.saturating_add(decide::ORGANISATION_GROUP);
    let mut by_code = FxHashMap::default();
    for (id, location) in (first..).zip(locations.iter_mut()) {
        decide::identify(location, LocationId(id), grouping);
        if let Some(above) = location.parent.as_ref().and_then(|code| by_code.get(code)) {
            location.parent_id = Some(*above);
        }
        by_code.insert(location.code.clone(), location.id);
    }
    let above = match parent {
        Some(parent) => store_tree::ancestors(tx, parent.id)?,
        None => Vec::new(),
    };
    decide::deep(above.len().saturating_add(height(locations)), "/parent")?;
    store::insert(tx, Closure { new: locations, above: &above }).map_err(taken_meanwhile)?;
    for location in locations.iter() {
        if let Some(zone) = &location.zone {
            let state = location.state.unwrap_or(SiteState::Live);
            store::insert_site(tx, location.site_id, zone, location.valuation_group, state)?;
        }
    }
    Ok(())
}

/// How many levels new locations make, parents standing before their children.
fn height(locations: &[Location]) -> usize {
    let mut levels: FxHashMap<LocationId, usize> = FxHashMap::default();
    for location in locations {
        let above = location.parent_id.and_then(|parent| levels.get(&parent)).copied().unwrap_or(0);
        levels.insert(location.id, above.saturating_add(1));
    }
    levels.into_values().max().unwrap_or(0)
}

/// Refuses codes that exist, or stand twice in the call.
fn refuse_taken(tx: &mut Tx<'_>, locations: &[Location], pointers: &[&str]) -> Result<(), Failure> {
    let pointer = |index: usize| pointers.get(index).or(pointers.last()).copied().unwrap_or_default();
    let folded: Vec<String> =
        locations.iter().map(|location| code::key(&location.code).unwrap_or_default()).collect();
    let mut places = FxHashMap::default();
    for (index, (location, folded)) in locations.iter().zip(&folded).enumerate() {
        if places.insert(folded.as_str(), index).is_some() {
            let detail = format!("the code `{}` would be made twice", location.code);
            return Err(Problem::at(Code::CodeTaken, pointer(index), detail).into());
        }
    }
    let taken = store::taken(tx, &folded)?;
    let first = taken.iter().filter_map(|code| places.get(code.as_str())).min();
    if let Some(location) = first.and_then(|index| locations.get(*index)) {
        let more = match taken.len() {
            1 => String::new(),
            more => format!(", and so do {} more", more.saturating_sub(1)),
        };
        let detail = format!("the code `{}` exists already{more}; choose another one", location.code);
        let index = first.copied().unwrap_or_default();
        return Err(Problem::at(Code::CodeTaken, pointer(index), detail).into());
    }
    Ok(())
}

/// Somebody else took the code between the question and the insert.
pub(crate) fn taken_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store::CODE_INDEX) {
        Problem::new(Code::CodeTaken, "the code was taken a moment ago; read the location again").into()
    } else {
        error.into()
    }
}

/// Refuses kinds whose records nobody changes by hand.
pub(crate) fn refuse_unreal(location: &Location) -> Result<(), Problem> {
    if location.kind.is_real() {
        return Ok(());
    }
    let detail =
        format!("`{}` is a `{}` location, which is not changed by hand", location.code, location.kind);
    Err(Problem::new(Code::WrongLocationKind, detail))
}

/// Refuses what is out of use; the pointer is empty when the address names it.
pub(crate) fn refuse_archived(location: &Location, pointer: &str) -> Result<(), Problem> {
    if !location.archived {
        return Ok(());
    }
    let detail = format!("`{}` is archived; restore it first, or choose another location", location.code);
    Err(match pointer {
        "" => Problem::new(Code::LocationArchived, detail),
        pointer => Problem::at(Code::LocationArchived, pointer, detail),
    })
}

/// Refuses handling units, which have what the place has in which they stand.
pub(crate) fn refuse_inherited(location: &Location, pointer: &str) -> Result<(), Problem> {
    if location.kind == LocationKind::HandlingUnit {
        let detail = "a handling unit takes this over from the place in which it stands; change that place";
        return Err(Problem::at(Code::WrongLocationKind, pointer, detail));
    }
    Ok(())
}
