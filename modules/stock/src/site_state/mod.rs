//! A site is set up, tried out and then in use.
//!
//! The state is of `places`; what it means for stock is decided here. At a site that is being set up only what
//! stands there is taken up, and none of it is for sale. The state changes with both gates held alone, so that a
//! posting or a reservation that comes at the same time sees it before or after, and is decided by one of both.
//! A pilot goes back while nothing is promised there and nothing is on its way to it or from it: what was
//! posted meanwhile stays in the ledger.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_races;

use crate::service::Staff;
use crate::{block, gate, reach, transfer};
use db::{Conn, Tx};
use decide::{Counted, Point};
use domain::{Code, Problem, SiteState};
use places::{LocationFacts, SiteFacts};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Reached};

/// A site with what it needs before it goes on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// The code of the site.
    pub(crate) site: String,
    /// `set_up`, `pilot` or `live`.
    #[schema(value_type = String)]
    pub(crate) state: SiteState,
    /// Nothing lacks.
    pub(crate) ready: bool,
    /// Point by point.
    pub(crate) points: Vec<Point>,
    /// That of the site; the `ETag`.
    pub(crate) version: i64,
}

/// Where a site is to go, why, and what it does without.
#[derive(Clone, Debug)]
pub(crate) struct GoOn {
    pub(crate) to: SiteState,
    pub(crate) reason: String,
    pub(crate) despite: Vec<String>,
}

/// What a site within reach needs before it goes on.
pub(crate) fn readiness(
    conn: &mut Conn<'_>,
    reached: Reached<'_>,
    code: &str,
    staff: Option<Staff>,
) -> Result<Readiness, Failure> {
    let missing = || Problem::not_found("site", code);
    let location = places::location(conn, reached, code)?.ok_or_else(missing)?;
    let site = places::site_facts_by_id(conn, &[location.site_id])?.pop().flatten();
    let site = site.filter(|site| site.id.root() == location.id).ok_or_else(missing)?;
    let points = decide::points(&counted(conn, &site, staff)?);
    let ready = points.iter().all(|point| point.ready);
    Ok(Readiness { site: site.code, state: site.state, ready, points, version: location.version })
}

fn counted(conn: &mut Conn<'_>, site: &SiteFacts, staff: Option<Staff>) -> Result<Counted, Failure> {
    let (items, unplaced) = store::standing(conn, site.id)?;
    let people = staff.map(|staff| staff(conn, site.id.root())).transpose()?;
    Ok(Counted { places: places::places_in_use(conn, site.id)?, items, unplaced, people })
}

/// Takes a site on: into its pilot, or into use.
pub(crate) fn go_on(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    (wanted, staff): (&GoOn, Option<Staff>),
) -> Result<Readiness, Failure> {
    let (root, site) = hold(tx, caller, code, version)?;
    decide::on(&site.code, site.state, wanted.to)?;
    let points = decide::points(&counted(tx, &site, staff)?);
    let without = decide::despite(&site.code, &points, &wanted.despite)?;
    change(tx, caller, &root, &site, (wanted.to, &wanted.reason, &without))?;
    readiness(tx, Reached::All, code, staff)
}

/// Sets a pilot back to its set-up.
pub(crate) fn set_back(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    (reason, staff): (&str, Option<Staff>),
) -> Result<Readiness, Failure> {
    let (root, site) = hold(tx, caller, code, version)?;
    decide::back(&site.code, site.state)?;
    refuse_busy(tx, &site)?;
    change(tx, caller, &root, &site, (SiteState::SetUp, reason, &[]))?;
    readiness(tx, Reached::All, code, staff)
}

/// Holds everything that rests on the state of a site, and a site in use at the version that the caller read.
fn hold(
    tx: &mut Tx<'_>,
    caller: &Caller,
    code: &str,
    version: IfMatch,
) -> Result<(LocationFacts, SiteFacts), Failure> {
    let missing = || Problem::not_found("site", code);
    gate::hold_all(tx)?;
    let found = places::site_facts_by_code(tx, &[code])?.pop().flatten();
    let site = match found {
        Some(site) if reach::location(tx, &caller.scope, site.id.root())? => site,
        _ => return Err(missing().into()),
    };
    let root = block::hold(tx, caller, code, version)?;
    if site.archived {
        let detail = format!("the site `{}` is archived; restore it first", site.code);
        return Err(Problem::new(Code::LocationArchived, detail).into());
    }
    Ok((root, site))
}

/// Changes the state, and what counts as sellable by it.
fn change(
    tx: &mut Tx<'_>,
    caller: &Caller,
    root: &LocationFacts,
    site: &SiteFacts,
    (to, reason, without): (SiteState, &str, &[&str]),
) -> Result<(), Failure> {
    block::around(tx, caller, root, to.word(), |tx, _| {
        places::set_site_state(tx, &caller.ctx, site.id, to, (reason, without))
    })?;
    Ok(())
}

/// Refuses while something is promised at a site, or is on its way to it or from it.
fn refuse_busy(conn: &mut Conn<'_>, site: &SiteFacts) -> Result<(), Failure> {
    let code = &site.code;
    let busy = |detail| Failure::from(Problem::new(Code::InUse, detail));
    if let Some((item, owner)) = store::claimed(conn, site.id)? {
        let facts = catalog::facts_by_id(conn, &[item])?.pop().flatten();
        let sku = facts.map_or_else(|| item.to_string(), |item| item.sku);
        return Err(busy(format!("`{owner}` has claimed `{sku}` at `{code}`; release the claim first")));
    }
    if let Some(number) = transfer::store::open_at(conn, site.id)? {
        return Err(busy(format!("`{code}` is an end of the open transfer `{number}`; end it first")));
    }
    Ok(())
}
