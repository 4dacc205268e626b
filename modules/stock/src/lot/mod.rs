//! Commands on a whole lot: mend its last sellable day, hold it, release it (`hold`).
//!
//! A wrong date is mended on the lot, never on the stock: what it made expire wrongly comes back to
//! good by the same rule, or to hold while the lot is on hold, and what is past the new date expires
//! at once. All of them hold the gate alone, so no stock of the lot is on its way between two places
//! meanwhile. What is in transit keeps its status until it has arrived.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod find;
pub(crate) mod find_api;
#[cfg(test)]
mod find_tests;
pub(crate) mod hold;
#[cfg(test)]
pub(crate) mod hold_tests;
pub(crate) mod kept;
#[cfg(test)]
mod kept_tests;
pub(crate) mod parent;
#[cfg(test)]
mod parent_set_tests;
#[cfg(test)]
mod parent_tests;
#[cfg(test)]
mod released_tests;
pub(crate) mod store;
pub(crate) mod store_find;
pub(crate) mod store_kept;
#[cfg(test)]
mod tests;

use crate::answer::PostingAnswer;
use crate::gate;
use crate::inside::{Draft, Order, When, carry_out, line};
use crate::record::{Change, change};
use catalog::ItemFacts;
use db::{Conn, DbError, Tx};
use domain::code::fold;
use domain::ledger::{Kind, Line, Place, SiteKey};
use domain::when::Date;
use domain::{AsProblem, Delta, LocationId, LotId, Problem, SiteId, Status};
use places::LocationFacts;
use rustc_hash::FxHashMap;
use serde::Serialize;
use store::{LotRow, Standing};
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch};

/// A lot after a change of its last sellable day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LotChanged {
    /// The item.
    pub(crate) sku: String,
    /// The lot.
    pub(crate) lot: String,
    /// Its last sellable day; null when it does not expire.
    #[schema(format = Date)]
    pub(crate) expiry_on: Option<String>,
    /// The day it was made.
    #[schema(format = Date)]
    pub(crate) made_on: Option<String>,
    /// Counts its changes, from 1; the `ETag`.
    pub(crate) version: i64,
    /// How much came back from expired to good, or to hold while the lot is on hold, in the base unit.
    #[schema(value_type = String)]
    pub(crate) came_back: Delta,
    /// How many serials that were made in it had its day, and have the new one with it.
    pub(crate) serials_changed: usize,
}

/// Mends the last sellable day of a lot. Left out means what its parent has, or else what the item's shelf
/// life says. The serials of a parent that have its day follow it.
pub(crate) fn set_expiry(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, code): (&str, &str),
    version: IfMatch,
    expiry_on: Option<Date>,
) -> Result<LotChanged, Failure> {
    gate::hold(tx)?;
    let (item, before) = find(tx, sku, code)?;
    version.check(before.version)?;
    let given = expiry_on.or_else(|| before.parent.as_ref().and_then(|parent| parent.expiry_on));
    let expiry = item.expiry.last_sellable_day(given, before.made_on);
    let expiry = expiry.map_err(|error| error.problem("/expiry_on"))?;
    if expiry == before.expiry_on {
        return Ok(shown(&item, &before, (0, 0)));
    }
    let after = LotRow { expiry_on: expiry, version: before.version + 1, ..before.clone() };
    store::set_expiry(tx, &after)?;
    let serials = store::date_serials(tx, after.id, (before.expiry_on, expiry))?;
    let came_back = resettle(tx, caller, &item, &after)?;
    for serial in &serials {
        let row = LotRow {
            id: serial.id,
            code: serial.code.clone(),
            made_on: serial.made_on,
            version: serial.version,
            ..after.clone()
        };
        let back = came_back.get(&serial.id).copied().unwrap_or_default();
        trace(tx, caller, &row, &shown(&item, &row, (back, 0)), before.expiry_on)?;
    }
    let shown = shown(&item, &after, (came_back.values().sum(), serials.len()));
    trace(tx, caller, &after, &shown, before.expiry_on)?;
    Ok(shown)
}

fn trace(
    tx: &mut Tx<'_>,
    caller: &Caller,
    lot: &LotRow,
    shown: &LotChanged,
    before: Option<Date>,
) -> Result<(), Failure> {
    // a lot comes into being with its first posting, so its own events count its changes
    let (id, seq) = (lot.id.to_string(), lot.version - 1);
    let made = Change {
        action: "stock.lot.set_expiry",
        event: "stock.lot_changed",
        aggregate: "lot",
        id: &id,
        version: seq,
        sites: &[],
    };
    let body = serde_json::json!({
        "lot": serde_json::to_value(shown)?, "expiry_before": before.map(|day| day.to_string()),
    });
    change(tx, &caller.ctx, &format!("{} {}", shown.sku, lot.code), &made, &body);
    Ok(())
}

fn shown(item: &ItemFacts, lot: &LotRow, (came_back, serials_changed): (i64, usize)) -> LotChanged {
    LotChanged {
        sku: item.sku.clone(),
        lot: lot.code.clone(),
        expiry_on: lot.expiry_on.map(|day| day.to_string()),
        made_on: lot.made_on.map(|day| day.to_string()),
        version: lot.version,
        came_back: Delta(came_back),
        serials_changed,
    }
}

/// Expires what is past its day, and finds each site's next day anew. The sites where the lot stands.
fn sweep(tx: &mut Tx<'_>, caller: &Caller, item: &ItemFacts, lot: &LotRow) -> Result<Vec<SiteId>, Failure> {
    let (standing, facts) = standing(tx, lot)?;
    let mut sites: Vec<SiteId> = standing.iter().filter_map(|there| site(&facts, there)).collect();
    sites.sort_unstable();
    sites.dedup();
    let sweep = |site: &SiteId| Order::Sweep(SiteKey { item: item.id, site: *site });
    carry_out(tx, &caller.ctx, sites.iter().map(sweep).collect())?;
    Ok(sites)
}

/// Expires what is past the new day, and brings back what is not. How much came back, by lot.
fn resettle(
    tx: &mut Tx<'_>,
    caller: &Caller,
    item: &ItemFacts,
    lot: &LotRow,
) -> Result<FxHashMap<LotId, i64>, Failure> {
    let sites = sweep(tx, caller, item, lot)?;
    let mut came_back: FxHashMap<LotId, i64> = FxHashMap::default();
    if sites.is_empty() {
        return Ok(came_back);
    }
    let days = days(tx, caller, sites)?;
    // the guards are locked by now, so what stands expired stays so until it is brought back
    let (standing, facts) = standing(tx, lot)?;
    let back: Vec<Standing> = standing
        .into_iter()
        .filter(|there| {
            let today = site(&facts, there).and_then(|site| days.get(&site).copied());
            today.is_some_and(|today| decide::comes_back(there.status, there.expiry_on, today))
        })
        .collect();
    if back.is_empty() {
        return Ok(came_back);
    }
    for there in &back {
        *came_back.entry(there.lot).or_default() += there.on_hand;
    }
    let lines = back.iter().map(|there| to(item, there, decide::usable(there.on_hold))).collect();
    let reason = Some("expiry".to_owned());
    post(tx, caller, Kind::Expire, reason, None, lines)?;
    Ok(came_back)
}

/// What day it is at each of these sites.
fn days(
    conn: &mut Conn<'_>,
    caller: &Caller,
    mut sites: Vec<SiteId>,
) -> Result<FxHashMap<SiteId, Date>, DbError> {
    sites.sort_unstable();
    sites.dedup();
    let sites = places::site_facts_by_id(conn, &sites)?.into_iter().flatten();
    Ok(sites.map(|site| (site.id, site.zone.date(caller.ctx.now))).collect())
}

type Facts = FxHashMap<LocationId, LocationFacts>;

fn standing(conn: &mut Conn<'_>, lot: &LotRow) -> Result<(Vec<Standing>, Facts), Failure> {
    let standing = store::standing(conn, lot.id)?;
    let ids: Vec<LocationId> = standing.iter().map(|there| there.location).collect();
    let facts = places::facts_by_id(conn, &ids)?;
    Ok((standing, facts.into_iter().flatten().map(|facts| (facts.id, facts)).collect()))
}

/// The site that stock stands in; none in transit.
fn site(facts: &Facts, there: &Standing) -> Option<SiteId> {
    facts.get(&there.location).map(|facts| facts.site).filter(|site| site.is_some())
}

fn to(item: &ItemFacts, there: &Standing, status: Status) -> Line {
    let place = |status| Place { location: there.location, status };
    line(item.id, there.lot, place(there.status), place(status), there.on_hand)
}

fn post(
    tx: &mut Tx<'_>,
    caller: &Caller,
    kind: Kind,
    reason: Option<String>,
    note: Option<String>,
    lines: Vec<Line>,
) -> Result<PostingAnswer, Failure> {
    let lines = lines.into_iter().map(|line| (line, String::new())).collect();
    let (when, says_hold) = (When::default(), Vec::new());
    let draft = Draft { kind, document: None, reason, note, when, lines, says_hold };
    let posted = carry_out(tx, &caller.ctx, vec![draft.order(&caller.ctx)])?;
    posted.into_iter().next().ok_or_else(|| Failure::fault("a posting without an answer"))
}

/// The refusal of a lot that there is not, or that the caller does not see.
pub(crate) fn unknown(code: &str, sku: &str) -> Problem {
    Problem::new(domain::Code::NotFound, format!("there is no lot `{code}` of `{sku}`"))
}

/// A lot of an item, held until the transaction ends.
fn find(tx: &mut Tx<'_>, sku: &str, code: &str) -> Result<(ItemFacts, LotRow), Failure> {
    let item = catalog::facts_by_sku(tx, &[sku])?.pop().flatten();
    let item = item.ok_or_else(|| Problem::not_found("item", sku))?;
    let lot = store::lock(tx, item.id, &fold(code))?.ok_or_else(|| unknown(code, sku))?;
    Ok((item, lot))
}
