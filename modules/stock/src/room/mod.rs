//! How much places take, and of what: the rules of a type of locations, those of a location beside or in place of
//! them, what stands there against them, and where there is room for more.
//!
//! A rule binds what is put into the place or below it from when it is set; what stands there already and breaks it
//! stays, and is listed. What a rule means is decided by `domain::ledger`.

pub(crate) mod api;
pub(crate) mod bring;
pub(crate) mod decide;
pub(crate) mod find;
pub(crate) mod load;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub(crate) mod units;

use crate::record::{Change, change};
use crate::{gate, reach};
use db::{Conn, DbError, Tx};
use decide::{RulesBody, effective};
use domain::ledger::{Measure, Room};
use domain::{Delta, LocationId, Problem};
use places::LocationFacts;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use store::Subject;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Scope};

/// The rules of a type of locations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct TypeCapacity {
    /// The type.
    pub(crate) location_type: String,
    /// Its rules, which hold at all locations of the type unless they set or lift them.
    pub(crate) rules: RulesBody,
    /// Counts their changes, from 1; 0 when they were never set. The `ETag`.
    pub(crate) version: i64,
}

/// The rules of a location, and what stands there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct LocationCapacity {
    /// The location.
    pub(crate) location: String,
    /// Its own rules.
    pub(crate) rules: RulesBody,
    /// The rules that hold: its own, and those of its type that it neither sets nor lifts.
    pub(crate) effective: RulesBody,
    /// What stands in it and below it.
    pub(crate) load: Load,
    /// The rules that hold and are broken by what stands there, in words.
    pub(crate) broken: Vec<String>,
    /// Counts the changes of its own rules, from 1; 0 when they were never set. The `ETag`.
    pub(crate) version: i64,
}

/// What stands in a location and below it, whatever its status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Load {
    /// Litres, of what has a size.
    #[schema(value_type = String)]
    pub(crate) volume: Delta,
    /// Kilograms, of what has a weight.
    #[schema(value_type = String)]
    pub(crate) weight: Delta,
    /// Base units of all items together.
    #[schema(value_type = String)]
    pub(crate) units: Delta,
    /// Different items.
    pub(crate) items: i64,
    /// Different lots and serials.
    pub(crate) lots: i64,
    /// Different owners.
    pub(crate) owners: i64,
}

impl Load {
    fn of(room: &Room) -> Load {
        Load {
            volume: Delta(room.there(Measure::Volume)),
            weight: Delta(room.there(Measure::Weight)),
            units: Delta(room.there(Measure::Units)),
            items: room.there(Measure::Items),
            lots: room.there(Measure::Lots),
            owners: room.there(Measure::Owners),
        }
    }
}

/// The type of a code.
fn type_named(conn: &mut Conn<'_>, code: &str) -> Result<(i64, String), Failure> {
    let found = places::location_type_of(conn, code)?;
    Ok(found.ok_or_else(|| Problem::not_found("location type", code))?)
}

/// A location within reach, of those that goods stand in.
fn place_named(conn: &mut Conn<'_>, scope: &Scope, code: &str) -> Result<LocationFacts, Failure> {
    match places::facts_by_code(conn, &[code])?.pop().flatten() {
        Some(facts) if facts.kind.is_real() && reach::location(conn, scope, facts.id)? => Ok(facts),
        _ => Err(Problem::not_found("location", code).into()),
    }
}

/// The rules of a type; those that were never set are at version 0.
pub(crate) fn of_type(conn: &mut Conn<'_>, code: &str) -> Result<TypeCapacity, Failure> {
    let (id, location_type) = type_named(conn, code)?;
    let (rules, version) = store::find(conn, Subject::Type(id))?.unwrap_or_default();
    Ok(TypeCapacity { location_type, rules, version })
}

/// The rules of a location within reach, with what stands there.
pub(crate) fn of_location(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: &str,
) -> Result<LocationCapacity, Failure> {
    let facts = place_named(conn, scope, code)?;
    shown(conn, &facts)
}

fn shown(conn: &mut Conn<'_>, facts: &LocationFacts) -> Result<LocationCapacity, Failure> {
    let (rules, version) = store::find(conn, Subject::Location(facts.id))?.unwrap_or_default();
    let typed = match places::type_of(conn, facts.id)? {
        Some(id) => store::find(conn, Subject::Type(id))?.unwrap_or_default().0,
        None => RulesBody::default(),
    };
    let effective = effective(&rules, &typed);
    let (room, goods) = one(conn, facts.id, &effective)?;
    let broken = room.broken(&goods).iter().map(|lacks| find::of_broken(&facts.code, lacks)).collect();
    Ok(LocationCapacity {
        location: facts.code.clone(),
        rules,
        effective,
        load: Load::of(&room),
        broken,
        version,
    })
}

type AsThings = FxHashMap<domain::ItemId, domain::ledger::Goods>;

/// One room with what stands in it.
fn one(conn: &mut Conn<'_>, id: LocationId, rules: &RulesBody) -> Result<(Room, AsThings), DbError> {
    let mut rooms: FxHashMap<LocationId, Room> = FxHashMap::default();
    rooms.insert(id, Room::new(id, load::parsed(rules)?));
    let goods = load::fill(conn, &[id], &mut rooms, &FxHashSet::default())?;
    let room = rooms.remove(&id).ok_or(DbError::NoRow("stock.room.contents"))?;
    Ok((room, goods))
}

/// Sets the rules of a type.
pub(crate) fn set_of_type(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    body: &RulesBody,
) -> Result<TypeCapacity, Failure> {
    gate::hold(tx)?;
    let (id, _) = type_named(tx, code)?;
    body.check_lifted(true)?;
    if let Some(version) = settle(tx, Subject::Type(id), version, body)? {
        let shown = of_type(tx, code)?;
        let (name, sites) = (shown.location_type.clone(), []);
        trace(tx, caller, (&name, &format!("type/{id}")), (version, &sites), &serde_json::to_value(&shown)?);
    }
    of_type(tx, code)
}

/// Sets the rules of a location of its own.
pub(crate) fn set_of_location(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    body: &RulesBody,
) -> Result<LocationCapacity, Failure> {
    gate::hold(tx)?;
    let facts = place_named(tx, &caller.scope, code)?;
    body.check_lifted(false)?;
    let changed = settle(tx, Subject::Location(facts.id), version, body)?;
    let shown = shown(tx, &facts)?;
    if let Some(version) = changed {
        let sites = [facts.site.get()];
        let id = format!("location/{}", facts.id);
        // the load is of the moment, and no part of what was changed
        let told =
            serde_json::json!({ "location": shown.location, "rules": shown.rules, "version": version });
        trace(tx, caller, (&facts.code, &id), (version, &sites), &told);
    }
    Ok(shown)
}

/// Stores rules that are others than before; their new version.
fn settle(
    tx: &mut Tx<'_>,
    subject: Subject,
    version: IfMatch,
    body: &RulesBody,
) -> Result<Option<i64>, Failure> {
    let (before, current) = store::lock(tx, subject)?.unwrap_or_default();
    version.check(current)?;
    body.read()?;
    if before == *body {
        return Ok(None);
    }
    let next = current.saturating_add(1);
    if !store::save(tx, subject, &serde_json::to_string(body)?, next)? {
        return Err(tx.again("another process was first to set the rules").into());
    }
    Ok(Some(next))
}

fn trace(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (target, id): (&str, &str),
    (version, sites): (i64, &[i64]),
    told: &serde_json::Value,
) {
    let (action, event) = ("stock.capacity.set", "stock.capacity_set");
    let made = Change { action, event, aggregate: "capacity", id, version, sites };
    change(tx, &caller.ctx, target, &made, &serde_json::json!({ "capacity": told }));
}
