//! Where a place is and when it is walked to: positions and the walking order, of many places at once.
//!
//! All or none of a call. Places that say the version that somebody read are held to it.

pub(crate) mod api;
pub(crate) mod position;
#[cfg(test)]
mod tests;

use crate::change::decide::touch;
use crate::create::{refuse_inherited, refuse_unreal};
use crate::record::{self, Change};
use crate::{find, store};
use api::{LaidOut, LayoutBody, LayoutEntry};
use db::Tx;
use domain::{Code, Ctx, Problem, SiteId};
use position::{read_position, read_walk};
use rustc_hash::FxHashSet;
use web::{Failure, IfMatch, Reached};

/// The most places that one call lays out.
pub const LAYOUT_ENTRIES_MAX: usize = 10_000;

/// Gives many places their positions and their numbers in the walking order.
pub(crate) fn lay_out(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    body: &LayoutBody,
) -> Result<LaidOut, Failure> {
    let entries = &body.locations;
    if entries.len() > LAYOUT_ENTRIES_MAX {
        let detail = format!(
            "one call lays out at most {LAYOUT_ENTRIES_MAX} places, this one has `{}`",
            entries.len()
        );
        return Err(Problem::at(Code::TooMany, "/locations", detail).into());
    }
    let mut seen = FxHashSet::default();
    let mut changed = 0;
    for (at, entry) in entries.iter().enumerate() {
        let pointer = |field: &str| format!("/locations/{at}/{field}");
        let LayoutEntry { code, position, walk, version } = entry;
        let found = find::named(tx, reached, code, &pointer("code"))?;
        if !seen.insert(found.id) {
            let detail = format!("`{}` is laid out twice; say all of it at once", found.code);
            return Err(Problem::at(Code::InvalidValue, pointer("code"), detail).into());
        }
        let before = store::lock(tx, found.id)?.ok_or_else(|| Problem::not_found("location", code))?;
        let refused = |problem: Problem| Problem::at(problem.code, pointer("code"), problem.detail);
        refuse_unreal(&before).map_err(refused)?;
        refuse_inherited(&before, &pointer("code"))?;
        if let Some(read) = version {
            IfMatch::Version(*read)
                .check(before.version)
                .map_err(|stale| Problem::at(stale.code, pointer("version"), stale.detail))?;
        }
        let mut after = before.clone();
        let mut fields = Vec::with_capacity(2);
        if let Some(position) = position {
            after.position = read_position(*position, &pointer("position"))?;
        }
        if let Some(walk) = walk {
            after.walk = read_walk(*walk, &pointer("walk"))?;
        }
        for (field, differs) in
            [("position", before.position != after.position), ("walk", before.walk != after.walk)]
        {
            if differs {
                fields.push(field);
            }
        }
        if fields.is_empty() {
            continue;
        }
        touch(&mut after, ctx.now);
        store::update(tx, &after)?;
        let change = Change {
            action: "places.location.change",
            event: "places.location_changed",
            fields: &fields,
            left: SiteId::NONE,
        };
        record::change(tx, ctx, &after, &change)?;
        changed += 1;
    }
    Ok(LaidOut { count: entries.len(), changed })
}
