//! Make many locations from a pattern: `LON-{A..C}-{01..20}-{1..4}` below a parent, with the levels
//! that are asked for, all or none.
//!
//! It is one change: one audit row and one event tell the pattern and how many there are, and none tells
//! each of a hundred thousand bins.

pub(crate) mod api;
pub(crate) mod decide;
mod pattern;
#[cfg(test)]
mod tests;

pub use pattern::{GROUPS_MAX, PATTERN_BYTES_MAX};

use crate::create::{check_level, plant};
use crate::location::Location;
use crate::location_type::{self, LocationType};
use crate::{find, store_tree};
use db::Tx;
use decide::{MadeLocations, MakeLocations};
use domain::Ctx;
use serde_json::json;
use web::{Failure, Reached, RecordChange};

/// Makes all locations of a pattern below a location within reach. In a dry run the same is done
/// and undone, so the answer shows what would be made.
pub fn make_locations(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    command: &MakeLocations,
) -> Result<MadeLocations, Failure> {
    store_tree::share(tx)?;
    let parent = find::named(tx, reached, &command.parent, "/parent")?;
    let mut types: Vec<Option<LocationType>> = Vec::with_capacity(command.levels.len());
    // more levels than a pattern has groups are refused with what else is wrong
    for (index, level) in command.levels.iter().take(GROUPS_MAX).enumerate() {
        let named = level.as_ref().and_then(|level| level.location_type.as_deref());
        let pointer = format!("/levels/{index}/type");
        types.push(named.map(|code| location_type::named(tx, code, &pointer)).transpose()?);
    }
    let (mut locations, pairs) = decide::plan(command, &types, &parent, ctx.now)?;
    check_level(tx, &parent, &pairs)?;
    plant(tx, Some(&parent), &mut locations, &["/pattern"])?;
    trace(tx, ctx, (command, &parent), &locations);
    Ok(MadeLocations::of(&locations))
}

/// Writes the one audit row and the one event of all of them.
fn trace(tx: &mut Tx<'_>, ctx: &Ctx, (command, parent): (&MakeLocations, &Location), made: &[Location]) {
    let code = |location: Option<&Location>| location.map(|location| location.code.clone());
    let body = json!({
        "parent": parent.code, "site": parent.site, "pattern": command.pattern, "count": made.len(),
        "first": code(made.first()), "last": code(made.last())
    });
    // the ids of all follow each other, so the first is the name of the whole
    let id = made.first().map_or(0, |location| location.id.get()).to_string();
    let change = RecordChange {
        action: "places.location.create_many",
        event: "places.locations_created",
        target: &parent.code,
        aggregate_type: "locations",
        aggregate_id: &id,
        version: 1,
        at: ctx.now,
        sites: &[parent.site_id.get()],
    };
    web::record_change(tx, ctx, &change, &body);
}
