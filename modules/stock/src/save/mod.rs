//! Storing what was decided: postings and movements in the lane's chain, the rows they changed,
//! the month roll-ups, and one event a posting.

mod costs;
mod months;
mod postings;

use crate::load::balance_key;
use crate::store_vault as sql;
use db::{DbError, Rows, Tx};
use domain::ledger::{Movement, Posted, Touched};
use domain::when::Date;
use domain::{Instant, LocationId, SiteId, Zone};
use rustc_hash::FxHashMap;

/// An accepted posting with what the decision did not need to know.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) posted: Posted,
    pub(crate) actor: i64,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<[u8; 16]>,
    pub(crate) idem_key: Option<String>,
    pub(crate) event: Event,
}

/// The event of a posting.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: [u8; 16],
    pub(crate) kind: &'static str,
    pub(crate) sites: Vec<i64>,
    pub(crate) payload: String,
}

/// The calendars that postings are dated by.
#[derive(Debug)]
pub(crate) struct Calendars {
    /// The organisation's: it has the periods.
    pub(crate) organisation: Zone,
    /// Each site's own; a movement that touches no site is dated by the organisation's.
    pub(crate) sites: FxHashMap<SiteId, Zone>,
    /// The site of each location that movements touch.
    pub(crate) site_of: FxHashMap<LocationId, SiteId>,
}

impl Calendars {
    /// The civil date of a movement: at the destination when goods come in, else at the source.
    fn date(&self, movement: &Movement, at: Instant) -> Date {
        let site = |location: &LocationId| self.site_of.get(location).filter(|site| site.is_some());
        let zone = match (site(&movement.from.location), site(&movement.to.location)) {
            (Some(source), _) => self.sites.get(source),
            (None, Some(destination)) => self.sites.get(destination),
            (None, None) => None,
        };
        zone.unwrap_or(&self.organisation).date(at)
    }
}

/// Stores everything: the accepted postings in order, and every row they changed.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    calendars: &Calendars,
    entries: Vec<Entry>,
    touched: &Touched,
) -> Result<(), DbError> {
    // a recount that breaks no claim, and a sweep that finds nothing, change a guard without a posting
    save_touched(tx, touched)?;
    if entries.is_empty() { Ok(()) } else { postings::save(tx, calendars, entries) }
}

fn save_touched(tx: &mut Tx<'_>, touched: &Touched) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(7, touched.sites.len());
    for (key, site) in &touched.sites {
        rows.push(&[
            key.item.get().into(),
            key.site.get().into(),
            site.sellable.into(),
            site.reserved.into(),
            site.allocated.into(),
            site.at.0.into(),
            site.next_expiry.into(),
        ]);
    }
    run(tx, &sql::STORE_SITES, &rows)?;
    let mut rows = Rows::with_capacity(9, touched.balances.len());
    for (key, balance, _) in &touched.balances {
        let [item, location, lot, status] = balance_key(key);
        rows.push(&[
            item,
            location,
            lot,
            status,
            balance.on_hand.into(),
            balance.allocated.into(),
            balance.ver.into(),
            balance.at.0.into(),
            balance.latest.0.into(),
        ]);
    }
    run(tx, &sql::STORE_BALANCES, &rows)?;
    let mut rows = Rows::with_capacity(3, touched.serials.len());
    for (lot, place) in &touched.serials {
        let location = place.map(|place| place.location.get());
        rows.push(&[lot.get().into(), location.into(), place.map(|place| place.status.number()).into()]);
    }
    run(tx, &sql::STORE_SERIALS, &rows)?;
    costs::save(tx, &touched.costs)?;
    save_claims(tx, touched)
}

fn run(tx: &mut Tx<'_>, statement: &db::Statement, rows: &Rows<'_>) -> Result<(), DbError> {
    if !rows.is_empty() {
        tx.execute_many(statement, rows)?;
    }
    Ok(())
}

fn save_claims(tx: &mut Tx<'_>, touched: &Touched) -> Result<(), DbError> {
    let mut new = Rows::new(11);
    let mut changed = Rows::new(5);
    for (before, claim) in &touched.claims {
        let location = claim.bin.map(|(location, _)| location.get());
        let lot = claim.bin.map(|(_, lot)| lot.get());
        let state = claim.state.number();
        if before.is_some() {
            changed.push(&[
                claim.id.bytes().into(),
                location.into(),
                lot.into(),
                claim.qty.into(),
                state.into(),
            ]);
            continue;
        }
        new.push(&[
            claim.id.bytes().into(),
            (&claim.owner).into(),
            claim.item.get().into(),
            claim.site.get().into(),
            location.into(),
            lot.into(),
            claim.qty.into(),
            claim.priority.into(),
            claim.made_at.0.into(),
            claim.expires_at.map(|at| at.0).into(),
            state.into(),
        ]);
    }
    run(tx, &sql::INSERT_CLAIMS, &new)?;
    run(tx, &sql::UPDATE_CLAIMS, &changed)
}
