//! Places go out of use, and come back.
//!
//! The flag is of `places`; here it is asked whether stock, claims, handling units or open transfers
//! are in the way, in one transaction that holds the gate alone: no posting can bring stock in
//! between the question and the change. Invariant: nothing stands in an archived place or is
//! promised there, so nothing counts otherwise when the flag turns, and no guard needs a recount.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_races;

use crate::{block, home, transfer};
use db::{Conn, Tx};
use domain::{Code, Delta, ItemId, LocationId, LocationKind, Problem};
use places::{Location, LocationFacts};
use web::{Caller, Failure, IfMatch};

/// Archives a location within reach with everything below it, or takes it back into use.
pub(crate) fn set_archived(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    archived: bool,
) -> Result<Location, Failure> {
    let found = block::hold(tx, caller, code, version)?;
    if archived && !found.archived && found.kind.is_real() {
        refuse_used(tx, &found)?;
    }
    places::set_archived(tx, &caller.ctx, found.id, archived)
}

/// Refuses while something stands in a location or below it, or is on its way to the site or from it.
fn refuse_used(conn: &mut Conn<'_>, root: &LocationFacts) -> Result<(), Failure> {
    let below = places::subtree(conn, root.id)?;
    let used = |detail: String| Failure::from(Problem::new(Code::InUse, detail));
    if let Some(stock) = store::first_in(conn, &below)? {
        return Err(used(standing(conn, root, &stock)?));
    }
    if let Some(unit) = unit_in(conn, root.id, &below)? {
        return Err(used(format!("the handling unit `{unit}` stands in it; move it or archive it first")));
    }
    home::refuse_home(conn, root, "taken out of use")?;
    if root.kind == LocationKind::Site
        && let Some((item, owner)) = store::waiting(conn, root.site)?
    {
        let sku = sku(conn, item)?;
        return Err(used(format!("`{owner}` waits for `{sku}` at `{}`; release the claim first", root.code)));
    }
    if root.kind == LocationKind::Site
        && let Some(number) = transfer::store::open_at(conn, root.site)?
    {
        return Err(used(format!("`{}` is an end of the open transfer `{number}`; end it first", root.code)));
    }
    Ok(())
}

/// How stock is told that stands in the way: where, how much, and to whom it is promised.
fn standing(conn: &mut Conn<'_>, root: &LocationFacts, stock: &store::Stock) -> Result<String, Failure> {
    let sku = sku(conn, stock.item)?;
    let place = places::facts_by_id(conn, &[stock.location])?.pop().flatten();
    let place = place.map_or_else(|| stock.location.to_string(), |place| place.code);
    let bin = (root.kind != LocationKind::Site).then_some(stock.location);
    let qty = Delta(stock.on_hand);
    Ok(match store::claimed(conn, stock.item, root.site, bin)? {
        Some(owner) => format!(
            "`{qty}` of `{sku}` stand in `{place}`, and `{owner}` has claimed `{sku}` there; fulfil or release the claim, and issue, move or adjust what is left"
        ),
        None => format!("`{qty}` of `{sku}` stand in `{place}`; issue, move or adjust them first"),
    })
}

fn sku(conn: &mut Conn<'_>, item: ItemId) -> Result<String, Failure> {
    let facts = catalog::facts_by_id(conn, &[item])?.pop().flatten();
    Ok(facts.map_or_else(|| item.to_string(), |item| item.sku))
}

/// A handling unit in use that stands below a location.
fn unit_in(conn: &mut Conn<'_>, root: LocationId, below: &[LocationId]) -> Result<Option<String>, Failure> {
    let mut units = places::facts_by_id(conn, below)?.into_iter().flatten();
    let in_use = |facts: &LocationFacts| facts.kind == LocationKind::HandlingUnit && !facts.archived;
    Ok(units.find(|facts| facts.id != root && in_use(facts)).map(|facts| facts.code))
}
