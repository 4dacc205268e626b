//! Make many locations from a pattern: `LON-{A..C}-{01..20}-{1..4}` below a parent, with the levels
//! that are asked for, all or none.

pub(crate) mod api;
pub(crate) mod decide;
mod pattern;
#[cfg(test)]
mod tests;

pub use pattern::{GROUPS_MAX, PATTERN_BYTES_MAX};

use crate::create::plant;
use crate::{find, store_tree};
use db::Tx;
use decide::{MadeLocations, MakeLocations};
use domain::Ctx;
use web::{Failure, Reached};

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
    let mut locations = decide::plan(command, &parent, ctx.now)?;
    plant(tx, ctx, Some(&parent), &mut locations, &["/pattern"])?;
    Ok(MadeLocations::of(&locations))
}
