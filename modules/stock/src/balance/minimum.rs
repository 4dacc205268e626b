//! The least that a site is to have of an item.

use super::store;
use crate::asked;
use crate::brought::Brought;
use crate::item_guard::WentOver;
use crate::record::{Change, change};
use catalog::ItemFacts;
use db::{Conn, Tx};
use domain::{AsProblem, Code, Ctx, Delta, Problem, Qty};
use places::SiteFacts;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Scope};

/// The least that a site is to have of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Minimum {
    /// The site.
    pub(crate) site: String,
    /// The item.
    pub(crate) sku: String,
    /// How much, in the base unit; null where nobody has said, or it was taken away.
    #[schema(value_type = Option<String>)]
    pub(crate) least: Option<Delta>,
    /// Counts its changes, from 1; 0 when it was never set. The `ETag`.
    pub(crate) version: i64,
}

/// The minimum of an item at a site within reach; one that was never set is at version 0.
pub(crate) fn get(conn: &mut Conn<'_>, scope: &Scope, site: &str, sku: &str) -> Result<Minimum, Failure> {
    let (site, item) = asked::site_and_item(conn, scope, site, sku)?;
    let (least, version) = store::find(conn, site.id, item.id)?.unwrap_or((None, 0));
    Ok(Minimum { site: site.code, sku: item.sku, least: least.map(Delta), version })
}

/// Sets it, or takes it away.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (site, sku): (&str, &str),
    version: IfMatch,
    wanted: Option<&str>,
) -> Result<Minimum, Failure> {
    let (site, item) = asked::site_and_item(tx, &caller.scope, site, sku)?;
    let (before, current) = store::lock(tx, site.id, item.id)?.unwrap_or((None, 0));
    version.check(current)?;
    let least = wanted.map(|text| read(text, item.whole)).transpose()?;
    if before == least {
        let (site, sku, least) = (site.code, item.sku, least.map(Delta));
        return Ok(Minimum { site, sku, least, version: current });
    }
    store(tx, &caller.ctx, (&site, &item), current, least)
}

/// Stores it, with its trace, in place of the one of a version.
fn store(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (site, item): (&SiteFacts, &ItemFacts),
    current: i64,
    least: Option<i64>,
) -> Result<Minimum, Failure> {
    let version = current.saturating_add(1);
    if !store::save(tx, (site.id, item.id), least, version)? {
        return Err(tx.again("another process was first to set the minimum").into());
    }
    let (code, sku, least) = (site.code.clone(), item.sku.clone(), least.map(Delta));
    let shown = Minimum { site: code, sku, least, version };
    let (action, event) = ("stock.minimum.set", "stock.minimum_set");
    let (id, sites) = (format!("{}/{}", site.id, item.id), [site.id.get()]);
    let made = Change { action, event, aggregate: "minimum", id: &id, version, sites: &sites };
    let body = serde_json::json!({ "minimum": serde_json::to_value(&shown)? });
    change(tx, ctx, &format!("{}/{}", site.code, item.sku), &made, &body);
    Ok(shown)
}

/// The minimums of an item that is merged into another: they go over to the sites where the other has none of its
/// own, as far as it can have them, and are taken away from the one that goes.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (gone, kept): (&ItemFacts, &ItemFacts),
) -> Result<WentOver, Failure> {
    let mut went = WentOver::default();
    for (site, least, version) in store::of_item(tx, gone.id)? {
        let site = places::site_facts_by_id(tx, &[site])?.pop().flatten();
        let site = site.ok_or_else(|| Failure::fault("a minimum is of no site"))?;
        let (own, current) = store::lock(tx, site.id, kept.id)?.unwrap_or((None, 0));
        let goes = own.is_none() && can_have(gone, kept, least);
        if goes {
            store(tx, ctx, (&site, kept), current, Some(least))?;
        }
        store(tx, ctx, (&site, gone), version, None)?;
        went.count(goes);
    }
    Ok(went)
}

/// Whether a quantity of one item, in millionths, can be one of another.
pub(crate) fn can_have(of: &ItemFacts, other: &ItemFacts, millionths: i64) -> bool {
    let whole = || Qty::from_millionths(millionths).is_some_and(Qty::is_whole);
    of.base_unit == other.base_unit && (!other.whole || whole())
}

/// Sets what an import says of it.
///
/// # Errors
/// `not_found` for a site out of reach and for an item that is not there, `invalid_quantity`, `fraction_refused`.
pub fn bring_minimum(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (site, sku): (&str, &str),
    least: &str,
) -> Result<Brought, Failure> {
    let before = get(tx, &caller.scope, site, sku)?;
    let after = set(tx, caller, (site, sku), IfMatch::Any, Some(least))?;
    Ok(Brought::of_versions(before.version, after.version))
}

/// A quantity above zero that the item can have, in millionths.
fn read(text: &str, whole: bool) -> Result<i64, Problem> {
    let qty = Qty::parse(text).map_err(|error| error.problem("/least"))?;
    if qty.is_zero() {
        let detail = "no minimum is null, not zero";
        return Err(Problem::at(Code::InvalidQuantity, "/least", detail));
    }
    if whole && !qty.is_whole() {
        let detail = format!("the item is kept in whole units, and `{text}` is none");
        return Err(Problem::at(Code::FractionRefused, "/least", detail));
    }
    Ok(qty.millionths())
}
