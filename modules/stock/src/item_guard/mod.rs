//! Changes of items that stock stands for: how they are traced, whose they are, whether they are in use, and which
//! other one they are merged into.
//!
//! The primitives are of `catalog`; here it is asked whether stock, claims or open transfers are in
//! the way, in one transaction that holds the gate alone: no posting can bring stock in between the
//! question and the change.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::balance::minimum;
use crate::{backorder, gate, home, reach, transfer};
use catalog::{Item, ItemFacts};
use db::{Conn, DbError, Tx};
use domain::word::echo;
use domain::{AsProblem, Code, Delta, LocationId, Permission, Problem, Tracking};
use serde::Serialize;
use serde_json::Map;
use web::{Caller, Failure, IfMatch, Scope};

/// Changes how the units of an item are told apart. Stock that exists has its lots or has none, so
/// there may be none.
pub(crate) fn set_tracking(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, version): (&str, IfMatch),
    tracking: &str,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    let tracking = Tracking::parse(tracking).map_err(|error| error.problem("/tracking"))?;
    let item = hold(tx, sku, version)?;
    if item.tracking != tracking {
        refuse_used(tx, caller, &item)?;
        store::forget_order(tx, item.id)?;
    }
    catalog::set_tracking(tx, &caller.ctx, item.id, tracking)
}

/// Says whose goods these are: a third party's, or with none our own. Stock that exists has a value or has
/// none, so there may be none.
pub(crate) fn set_owner(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, version): (&str, IfMatch),
    owner: Option<&str>,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    let owner = catalog::read_owner(owner)?;
    let item = hold(tx, sku, version)?;
    if item.owner != owner {
        refuse_used(tx, caller, &item)?;
    }
    catalog::set_owner(tx, &caller.ctx, item.id, owner.as_deref())
}

/// Archives an item, or takes it back into use.
pub(crate) fn set_archived(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, version): (&str, IfMatch),
    archived: bool,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    let item = hold(tx, sku, version)?;
    if archived && !item.archived {
        refuse_used(tx, caller, &item)?;
    }
    catalog::set_archived(tx, &caller.ctx, item.id, archived)
}

/// How many things that were said of an item went over to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct WentOver {
    moved: usize,
    /// The other has its own, or is kept in another unit.
    dropped: usize,
}

impl WentOver {
    /// One more.
    pub(crate) fn count(&mut self, goes: bool) {
        let counted = if goes { &mut self.moved } else { &mut self.dropped };
        *counted = counted.saturating_add(1);
    }
}

/// Merges an item into another, which gets its barcodes and supplies, and its minimums, homes and rules of demand beyond
/// stock where it has none of its own; it stays archived, for its history.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, version): (&str, IfMatch),
    into: &str,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    if !catalog::is_among(tx, caller, into)? {
        let detail = format!("there is no item `{}` among those that you may change", echo(into));
        return Err(Problem::at(Code::UnknownItem, "/into", detail).into());
    }
    let (gone, kept) = catalog::hold_merge(tx, (sku, version), into)?;
    let facts = catalog::facts_by_id(tx, &[gone, kept])?;
    let [Some(from), Some(to)] = facts.as_slice() else {
        return Err(Failure::fault("an item of a merge is gone"));
    };
    refuse_used(tx, caller, from)?;
    // at which sites and how much, their own traces tell those who see the sites
    let minimums = minimum::merge(tx, &caller.ctx, (from, to))?;
    let rules = backorder::merge(tx, &caller.ctx, (from, to))?;
    let homes = home::merge(tx, &caller.ctx, (from, to))?;
    let mut besides = Map::new();
    for (name, went) in [("minimums", minimums), ("backorder_rules", rules), ("homes", homes)] {
        if went != WentOver::default() {
            besides.insert(name.to_owned(), serde_json::to_value(went)?);
        }
    }
    catalog::merge_item(tx, &caller.ctx, (gone, kept), &besides)
}

/// An item at the version that the caller read, held until the transaction ends.
fn hold(tx: &mut Tx<'_>, sku: &str, version: IfMatch) -> Result<ItemFacts, Failure> {
    let found = catalog::facts_by_sku(tx, &[sku])?.pop().flatten();
    let item = found.ok_or_else(|| Problem::not_found("item", sku))?;
    catalog::hold_item(tx, item.id, version)?;
    Ok(item)
}

/// Refuses while stock stands somewhere, is promised, or is to be transferred. Where, to whom and on
/// what, only those are told who may see it: items belong to everybody, stock to those who reach it.
fn refuse_used(conn: &mut Conn<'_>, caller: &Caller, item: &ItemFacts) -> Result<(), Failure> {
    let ItemFacts { id, sku, .. } = item;
    let scope = caller.principal.scope(Permission::StockRead);
    let used = |detail: String| Failure::from(Problem::new(Code::InUse, detail));
    let beyond = |what: &str| used(format!("{what} beyond your reach; ask those who work there"));
    if let Some((location, on_hand)) = store::somewhere(conn, *id)? {
        if !sees(conn, scope, location)? {
            return Err(beyond(&format!("`{sku}` is on hand in a place")));
        }
        let place = places::facts_by_id(conn, &[location])?.pop().flatten();
        let place = place.map_or_else(|| location.to_string(), |facts| facts.code);
        return Err(used(format!(
            "`{}` of `{sku}` stand in `{place}`; issue or adjust them first",
            Delta(on_hand)
        )));
    }
    if let Some((claim, site)) = store::claimed(conn, *id)? {
        if !sees(conn, scope, site.root())? {
            return Err(beyond(&format!("`{sku}` is claimed at a site")));
        }
        return Err(used(format!("`{sku}` is claimed by `{claim}`; release it first")));
    }
    if let Some(number) = transfer::store::open_with(conn, *id)? {
        let seen = match scope {
            Some(scope) => transfer::sees(conn, scope, &number)?,
            None => false,
        };
        if !seen {
            return Err(beyond(&format!("`{sku}` stands on an open transfer between sites")));
        }
        return Err(used(format!("`{sku}` stands on the open transfer `{number}`; end it first")));
    }
    Ok(())
}

/// Whether stock of a place is shown in a scope; nowhere without one.
fn sees(conn: &mut Conn<'_>, scope: Option<&Scope>, location: LocationId) -> Result<bool, DbError> {
    scope.map_or(Ok(false), |scope| reach::location(conn, scope, location))
}
