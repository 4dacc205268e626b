//! Changes of items that stock stands for: how they are traced, and whether they are in use.
//!
//! The primitives are of `catalog`; here it is asked whether stock, claims or open transfers are in
//! the way, in one transaction that holds the gate alone: no posting can bring stock in between the
//! question and the change.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{gate, transfer};
use catalog::{Item, ItemFacts};
use db::{Conn, Tx};
use domain::{AsProblem, Code, Ctx, Delta, Problem, Tracking};
use web::{Failure, IfMatch};

/// Changes how the units of an item are told apart. Stock that exists has its lots or has none, so
/// there may be none.
pub(crate) fn set_tracking(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (sku, version): (&str, IfMatch),
    tracking: &str,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    let tracking = Tracking::parse(tracking).map_err(|error| error.problem("/tracking"))?;
    let item = hold(tx, sku, version)?;
    if item.tracking != tracking {
        refuse_used(tx, &item)?;
    }
    catalog::set_tracking(tx, ctx, item.id, tracking)
}

/// Archives an item, or takes it back into use.
pub(crate) fn set_archived(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (sku, version): (&str, IfMatch),
    archived: bool,
) -> Result<Item, Failure> {
    gate::hold(tx)?;
    let item = hold(tx, sku, version)?;
    if archived && !item.archived {
        refuse_used(tx, &item)?;
    }
    catalog::set_archived(tx, ctx, item.id, archived)
}

/// An item at the version that the caller read, held until the transaction ends.
fn hold(tx: &mut Tx<'_>, sku: &str, version: IfMatch) -> Result<ItemFacts, Failure> {
    let found = catalog::facts_by_sku(tx, &[sku])?.pop().flatten();
    let item = found.ok_or_else(|| Problem::not_found("item", sku))?;
    catalog::hold_item(tx, item.id, version)?;
    Ok(item)
}

/// Refuses while stock stands somewhere, is promised, or is to be transferred.
fn refuse_used(conn: &mut Conn<'_>, item: &ItemFacts) -> Result<(), Failure> {
    let ItemFacts { id, sku, .. } = item;
    let used = |detail: String| Failure::from(Problem::new(Code::InUse, detail));
    if let Some((location, on_hand)) = store::somewhere(conn, *id)? {
        let place = places::facts_by_id(conn, &[location])?.pop().flatten();
        let place = place.map_or_else(|| location.to_string(), |facts| facts.code);
        return Err(used(format!(
            "`{}` of `{sku}` stand in `{place}`; issue or adjust them first",
            Delta(on_hand)
        )));
    }
    if let Some(claim) = store::claimed(conn, *id)? {
        return Err(used(format!("`{sku}` is claimed by `{claim}`; release it first")));
    }
    if let Some(number) = transfer::store::open_with(conn, *id)? {
        return Err(used(format!("`{sku}` stands on the open transfer `{number}`; end it first")));
    }
    Ok(())
}
