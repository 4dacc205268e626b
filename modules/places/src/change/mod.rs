//! Change a location: the fields that need to know nothing of stock. The rest is in [`crate::arrange`],
//! for `stock` to call.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::create::taken_meanwhile;
use crate::location::Location;
use crate::{code, find, location_type, record, store, store_tree};
use db::Tx;
use decide::ChangeLocation;
use domain::{Code, Ctx, Problem, SiteId};
use web::{Failure, IfMatch, Reached};

/// Changes the given fields of a location within reach whose version is the one that the caller
/// read.
pub fn change_location(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    code: &str,
    version: IfMatch,
    change: &ChangeLocation,
) -> Result<Location, Failure> {
    let missing = || Problem::not_found("location", code);
    let found = find::location(tx, reached, code)?.ok_or_else(missing)?;
    let before = store::lock(tx, found.id)?.ok_or_else(missing)?;
    version.check(before.version)?;
    let location_type = change.location_type.as_ref().and_then(Option::as_deref);
    let location_type = location_type.map(|code| location_type::named(tx, code, "/type")).transpose()?;
    let (after, fields) = decide::plan(&before, change, location_type.as_ref(), ctx.now)?;
    if fields.is_empty() {
        return Ok(after);
    }
    if code::key(&after.code) != code::key(&before.code)
        && find::location(tx, Reached::All, &after.code)?.is_some()
    {
        let detail = format!("the code `{}` exists already; choose another one", after.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    store::update(tx, &after).map_err(taken_meanwhile)?;
    if fields.contains(&"open_to_allocation") {
        store_tree::inherit(tx, after.id, after.sellable, after.open_to_allocation)?;
    }
    let changed = record::Change {
        action: "places.location.change",
        event: "places.location_changed",
        fields: &fields,
        left: SiteId::NONE,
    };
    record::change(tx, ctx, &after, &changed)?;
    Ok(after)
}
