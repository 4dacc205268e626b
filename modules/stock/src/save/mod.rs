//! Storing what was decided: postings and movements in the lane's chain, the rows they changed,
//! the month roll-ups, and one event a posting.

mod claims;
#[cfg(test)]
mod clock_tests;
mod costs;
#[cfg(test)]
mod limit_tests;
mod months;
mod postings;
mod sales;

use crate::digest;
use crate::load::balance_key;
use crate::store_vault as sql;
use crate::told::Told;
use db::idempotency::{self, NewAnswer};
use db::{Bundle, DbError, Rows, Statement, Tx};
use domain::ledger::{Holder, Movement, Posted, Touched};
use domain::when::Date;
use domain::{Instant, LocationId, SiteId, Zone};
use postings::Chained;
use rustc_hash::FxHashMap;
use serde_json::value::RawValue;

/// An accepted posting with what the decision did not need to know.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) posted: Posted,
    pub(crate) actor: i64,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<[u8; 16]>,
    /// The lines that say `hold` of what they bring.
    pub(crate) says_hold: Vec<usize>,
    pub(crate) idem_key: Option<String>,
    pub(crate) event: Event,
    /// What is left at the sites that it touched, for the event alone.
    pub(crate) levels: Option<Box<RawValue>>,
    /// The events of claims that others changed with it.
    pub(crate) told: Vec<Told>,
}

/// The event of a posting.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: [u8; 16],
    pub(crate) kind: &'static str,
    pub(crate) sites: Vec<i64>,
    pub(crate) payload: Box<RawValue>,
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

/// Stores everything: the accepted postings in order, every row they changed, and the answers that
/// are kept.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    calendars: &Calendars,
    entries: Vec<Entry>,
    touched: &Touched,
    answers: &[NewAnswer<'_>],
) -> Result<(), DbError> {
    // what asks comes before what is only sent
    for at in months_of(&entries) {
        db::partitions::ready(tx, MOVEMENTS, at.0)?;
    }
    let head = if entries.is_empty() { None } else { Some(tx.lane()?) };
    #[expect(clippy::needless_late_init, reason = "it outlives the rows that borrow from it")]
    let chained;
    let mut stores = Stores { bundle: Bundle::new(tx), counted: Vec::new() };
    add_touched(&mut stores, touched)?;
    for (statement, kept) in idempotency::keeping(answers) {
        stores.add_new(statement, kept)?;
    }
    // a recount that breaks no claim, and a sweep that finds nothing, change a guard without a posting
    let Some(head) = head else { return stores.end() };
    chained = Chained::new(head, entries);
    let disturbed = chained.add(&mut stores, calendars, touched)?;
    stores.end()?;
    disturbed.recount(tx, calendars)?;
    digest::keep_up(tx, chained.heads(), chained.recorded_at())?;
    chained.close(tx);
    Ok(())
}

/// The table that has a partition for each month of recording.
const MOVEMENTS: &str = "stock_movement";

/// An instant of each month in which something is recorded: nearly always one.
fn months_of(entries: &[Entry]) -> Vec<Instant> {
    let mut instants: Vec<Instant> = entries.iter().map(|entry| entry.posted.recorded_at).collect();
    instants.sort_unstable();
    instants.dedup_by_key(|at| Zone::UTC.date(*at).first_of_month());
    instants
}

/// The rows of a batch, statement by statement. None rests on the result of another, so they can
/// travel together.
struct Stores<'r, 't, 'x> {
    bundle: Bundle<'r, 't, 'x>,
    /// Which of them must touch each of its rows, and how many these are.
    counted: Vec<(usize, usize)>,
}

impl<'r> Stores<'r, '_, '_> {
    fn add(&mut self, statement: &'static Statement, rows: Rows<'r>) -> Result<(), DbError> {
        if !rows.is_empty() {
            self.bundle.add(statement, rows)?;
        }
        Ok(())
    }

    /// Adds rows that were not locked, because they were not there: whoever made one of them
    /// meanwhile was first.
    fn add_new(&mut self, statement: &'static Statement, rows: Rows<'r>) -> Result<(), DbError> {
        if !rows.is_empty() {
            let wanted = rows.len();
            let place = self.bundle.add(statement, rows)?;
            self.counted.push((place, wanted));
        }
        Ok(())
    }

    fn end(self) -> Result<(), DbError> {
        let (tx, touched) = self.bundle.end()?;
        for (place, wanted) in self.counted {
            if touched.get(place).copied() != u64::try_from(wanted).ok() {
                return Err(tx.again("another process was first to make a row"));
            }
        }
        Ok(())
    }
}

fn add_touched<'r>(stores: &mut Stores<'r, '_, '_>, touched: &'r Touched) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(8, touched.sites.len());
    for (key, site) in &touched.sites {
        rows.push(&[
            key.item.get().into(),
            key.site.get().into(),
            site.sellable.into(),
            site.reserved.into(),
            site.allocated.into(),
            site.at.0.into(),
            site.next_expiry.into(),
            site.backordered.into(),
        ]);
    }
    stores.add(&sql::STORE_SITES, rows)?;
    add_balances(stores, touched)?;
    let mut rows = Rows::with_capacity(4, touched.serials.len());
    for (lot, Holder { place, latest }) in &touched.serials {
        let location = place.map(|place| place.location.get());
        let status = place.map(|place| place.status.number());
        rows.push(&[lot.get().into(), location.into(), status.into(), latest.0.into()]);
    }
    stores.add(&sql::STORE_SERIALS, rows)?;
    costs::add(stores, &touched.costs)?;
    claims::add(stores, &touched.claims)?;
    sales::add(stores, touched)
}

fn add_balances<'r>(stores: &mut Stores<'r, '_, '_>, touched: &'r Touched) -> Result<(), DbError> {
    let (mut new, mut changed) = (Rows::new(10), Rows::with_capacity(10, touched.balances.len()));
    for (key, balance, was) in &touched.balances {
        let [item, location, lot, status] = balance_key(key);
        // a key that was never touched has no row, as a rule
        let rows = if was.ver == 0 { &mut new } else { &mut changed };
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
            balance.since.0.into(),
        ]);
    }
    stores.add(&sql::STORE_BALANCES, changed)?;
    stores.add_new(&sql::INSERT_BALANCES, new)
}
