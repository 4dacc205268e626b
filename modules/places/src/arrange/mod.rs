//! What `stock` does to locations, because it must know what stands in them: blocking, moving,
//! selling, transit and handling units. These primitives keep the tree, the records and the trace;
//! they ask nothing about stock and there is no route to them. Invariant: a handling unit has the
//! site, the sellability and the openness of the place it stands in, however deep.

mod archive;
#[cfg(test)]
mod archive_tests;
#[cfg(test)]
mod tests;

pub use archive::set_archived;

use crate::change::decide::touch;
use crate::create::decide::{Draft, below, deep};
use crate::create::{check_level, plant, refuse_archived, refuse_inherited, refuse_unreal, trace};
use crate::location::Location;
use crate::record::{self, Change};
use crate::{code, levels, store, store_blocks, store_tree};
use db::{Conn, DbError, Tx};
use domain::{AsProblem, Code, Ctx, LocationId, LocationKind, Problem, SiteId};
use web::{Failure, IfMatch};

/// A subtree that was moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Its root, as it stands now.
    pub location: Location,
    /// Its root, as it stood before.
    pub before: Location,
    /// The root and everything below it.
    pub subtree: Vec<LocationId>,
}

/// A new handling unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewHandlingUnit<'a> {
    /// Its code, such as an SSCC.
    pub code: &'a str,
    /// What people call it; the code when left out.
    pub name: Option<&'a str>,
    /// What it stands in.
    pub parent: LocationId,
}

/// Holds the tree alone until the transaction ends. A batch that will move or block calls this
/// before it locks any stock, so that two batches never wait for each other.
pub fn hold_tree(tx: &mut Tx<'_>) -> Result<(), Failure> {
    Ok(store_tree::hold(tx)?)
}

/// Holds the record of a location until the transaction ends, at the version that the caller read.
pub fn hold_location(tx: &mut Tx<'_>, location: LocationId, version: IfMatch) -> Result<(), Failure> {
    Ok(version.check(load(tx, location)?.version)?)
}

/// What counts the moves of the tree.
const MOVES: &str = "places.moves";

/// A number that grows whenever a location is put elsewhere: for whoever remembers what stands below
/// what.
pub fn moves(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    db::ids::next(conn, MOVES)
}

/// Puts a location with everything below it below another one. What stood where in the past is not kept
/// here: `stock` does, around its one call.
pub fn set_parent(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    parent: LocationId,
) -> Result<Moved, Failure> {
    store_tree::hold(tx)?;
    let before = load(tx, location)?;
    let parent = load(tx, parent)?;
    let subtree = store_tree::descendants(tx, before.id)?;
    if subtree.contains(&parent.id) {
        let detail =
            format!("`{}` stands below `{}`, which cannot stand below itself", parent.code, before.code);
        return Err(Problem::at(Code::TreeCycle, "/parent", detail).into());
    }
    before.kind.stands_below(Some(parent.kind)).map_err(|error| error.problem("/parent"))?;
    // so neither end of a move is archived, and what is archived below goes along as it is
    refuse_archived(&before, "")?;
    refuse_archived(&parent, "/parent")?;
    if before.parent_id == Some(parent.id) {
        return Ok(Moved { location: before.clone(), before, subtree });
    }
    if before.kind != LocationKind::HandlingUnit {
        check_level(tx, &parent, &[(before.kind, parent.kind, "/parent".to_owned())])?;
        if before.site_id != parent.site_id {
            hold_below(tx, &before, &parent)?;
        }
    }
    let above = store_tree::ancestors(tx, parent.id)?.len();
    deep(above.saturating_add(store_tree::height(tx, before.id)?), "/parent")?;
    let mut after = before.clone();
    after.parent_id = Some(parent.id);
    if after.kind == LocationKind::HandlingUnit {
        (after.sellable, after.open_to_allocation) = (parent.sellable, parent.open_to_allocation);
    }
    touch(&mut after, ctx.now);
    store::update(tx, &after)?;
    store_tree::replant(tx, after.id, parent.id)?;
    store_tree::settle(tx, after.id, parent.site_id, parent.valuation_group)?;
    if after.kind == LocationKind::HandlingUnit {
        store_tree::inherit(tx, after.id, after.sellable, after.open_to_allocation)?;
    }
    store_tree::block(tx, after.id)?;
    db::ids::take(tx, MOVES, 1)?;
    let location = load(tx, after.id)?;
    let change = Change {
        action: "places.location.move",
        event: "places.location_moved",
        fields: &["parent"],
        left: before.site_id,
    };
    record::change(tx, ctx, &location, &change)?;
    Ok(Moved { location, before, subtree })
}

/// Blocks a location with everything below it, or takes the reason away again; what has a reason of
/// its own stays blocked. Answers the locations that are blocked now and were not, or the reverse.
pub fn set_blocked(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    reason: Option<&str>,
) -> Result<Vec<LocationId>, Failure> {
    change_block(tx, ctx, location, (reason, None))
}

/// Opens a location that was blocked, and says why where somebody has.
pub fn open(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    why: Option<&str>,
) -> Result<Vec<LocationId>, Failure> {
    change_block(tx, ctx, location, (None, why))
}

/// Why it is blocked, or why it is opened.
fn change_block(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    (reason, opened_for): (Option<&str>, Option<&str>),
) -> Result<Vec<LocationId>, Failure> {
    store_tree::hold(tx)?;
    let after = load(tx, location)?;
    refuse_unreal(&after)?;
    refuse_archived(&after, "")?;
    let reason = reason.map(|reason| code::name(reason, "/reason")).transpose()?;
    if reason.is_none() && after.block_reason.is_none() && after.blocked {
        return Err(blocked_from_above(tx, &after)?.into());
    }
    if after.block_reason == reason {
        return Ok(Vec::new());
    }
    let blocked_before = store_tree::blocked_below(tx, after.id)?;
    let after = block(tx, ctx, after, (reason, opened_for))?;
    let blocked_now = store_tree::blocked_below(tx, after.id)?;
    // both are in the order of the ids
    let differing = |these: &[LocationId], others: &[LocationId]| -> Vec<LocationId> {
        these.iter().copied().filter(|id| others.binary_search(id).is_err()).collect()
    };
    Ok([differing(&blocked_now, &blocked_before), differing(&blocked_before, &blocked_now)].concat())
}

/// The refusal to open a place that is blocked with the one above it that has a reason.
fn blocked_from_above(tx: &mut Tx<'_>, place: &Location) -> Result<Problem, Failure> {
    for above in store_tree::ancestors(tx, place.id)? {
        let above = load(tx, above)?;
        if let Some(reason) = &above.block_reason {
            let (code, above) = (&place.code, &above.code);
            let detail = format!("`{code}` is blocked with `{above}`, for `{reason}`; unblock `{above}`");
            return Ok(Problem::new(Code::LocationBlocked, detail));
        }
    }
    Err(Failure::fault("a place is blocked, and none above it has a reason"))
}

/// Gives a location its reason to be blocked or takes it away and says why, with everything below it; the
/// tree is held before.
pub(crate) fn block(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut after: Location,
    (reason, opened_for): (Option<String>, Option<&str>),
) -> Result<Location, Failure> {
    after.block_reason = reason;
    touch(&mut after, ctx.now);
    store::update(tx, &after)?;
    store_tree::block(tx, after.id)?;
    let after = load(tx, after.id)?;
    let told = (after.id, after.version, after.changed_at);
    store_blocks::add(tx, ctx, told, (after.block_reason.as_deref(), opened_for))?;
    let (action, event) = match after.block_reason {
        Some(_) => ("places.location.block", "places.location_blocked"),
        None => ("places.location.unblock", "places.location_unblocked"),
    };
    let change = Change { action, event, fields: &["block_reason"], left: SiteId::NONE };
    let why = opened_for.map(|why| ("reason".to_owned(), why.into()));
    record::change_of(tx, ctx, &after, &change, why.into_iter().collect())?;
    Ok(after)
}

/// Sets whether good stock in a location counts as sellable. Answers what it holds for: the location
/// itself and the handling units that stand in it.
pub fn set_sellable(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    sellable: bool,
) -> Result<Vec<LocationId>, Failure> {
    store_tree::hold(tx)?;
    let mut after = load(tx, location)?;
    refuse_unreal(&after)?;
    refuse_archived(&after, "")?;
    refuse_inherited(&after, "/sellable")?;
    if after.sellable == sellable {
        return Ok(Vec::new());
    }
    after.sellable = sellable;
    touch(&mut after, ctx.now);
    store::update(tx, &after)?;
    store_tree::inherit(tx, after.id, after.sellable, after.open_to_allocation)?;
    let change = Change {
        action: "places.location.sell",
        event: "places.location_changed",
        fields: &["sellable"],
        left: SiteId::NONE,
    };
    record::change(tx, ctx, &after, &change)?;
    let mut held = vec![after.id];
    held.extend(store_tree::units_in(tx, after.id)?);
    Ok(held)
}

/// Makes the transit location of one transfer or shipment; it belongs to no site and has a valuation
/// group of its own.
pub fn create_transit(tx: &mut Tx<'_>, ctx: &Ctx, code: &str) -> Result<LocationId, Failure> {
    let code = code::location(code, "/code")?;
    let draft = Draft { name: code.clone(), code, kind: LocationKind::Transit, role: None };
    let mut location = below(&draft, None, ctx.now)?;
    plant(tx, None, std::slice::from_mut(&mut location), &["/code"])?;
    trace(tx, ctx, &location)?;
    Ok(location.id)
}

/// Makes a handling unit: a tote, carton or pallet.
pub fn create_handling_unit(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    command: &NewHandlingUnit<'_>,
) -> Result<Location, Failure> {
    store_tree::share(tx)?;
    let NewHandlingUnit { code, name, parent } = command;
    let parent = load(tx, *parent)?;
    let code = code::chosen(code, "/code")?;
    let name = match name {
        Some(name) => code::name(name, "/name")?,
        None => code.clone(),
    };
    let draft = Draft { code, name, kind: LocationKind::HandlingUnit, role: None };
    let mut location = below(&draft, Some(&parent), ctx.now)?;
    plant(tx, Some(&parent), std::slice::from_mut(&mut location), &["/code"])?;
    trace(tx, ctx, &location)?;
    Ok(location)
}

/// Holds what stands below to the levels of the site that it comes to. Within a site it stays as it stood.
fn hold_below(tx: &mut Tx<'_>, moved: &Location, parent: &Location) -> Result<(), Failure> {
    let site = parent.site.as_deref().unwrap_or_default();
    let Some(rules) = levels::rules(tx, parent.site_id, site)? else { return Ok(()) };
    for pair in store_tree::pairs(tx, moved.id)? {
        if let Err(mut problem) = rules.check(pair.kind, pair.above, "/parent") {
            let named = format!("{}: `{}`, which would come along", problem.detail, pair.code);
            problem.detail = named.clone().into();
            problem.errors.iter_mut().for_each(|error| error.detail.clone_from(&named));
            return Err(problem.into());
        }
    }
    Ok(())
}

fn load(tx: &mut Tx<'_>, id: LocationId) -> Result<Location, Failure> {
    Ok(store::lock(tx, id)?.ok_or_else(|| Problem::not_found("location", id))?)
}
