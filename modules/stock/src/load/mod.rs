//! Loading and locking the rows that a batch decides on.
//!
//! The order of locks, everywhere: site guards, balances that no guard covers, serial holders, cost
//! stacks, claims, lines of sales, each in key order. (The audit head and the lane come last; `db` takes them at commit.)
//! Guards, serials and stacks that are not there yet are inserted as zeros before anything is
//! locked, so that "absent" can be locked like everything else. There are many more balances, most
//! of them new in a growing warehouse: an absent one is read as empty, and whoever stores it finds
//! out whether another process was first. A guard stays although nothing of it is sellable: it
//! says that the site has, or has had, the item, once anything was accepted under it. A reservation
//! needs no guard to be refused, so it makes none.

mod broken;
mod claims;
mod costs;
#[cfg(test)]
mod costs_tests;
mod history;
#[cfg(test)]
mod history_tests;
mod lots;
mod sales;

pub(crate) use broken::{claims_on, want_broken};
pub(crate) use claims::{claim, read_claims};
use history::Past;
pub(crate) use lots::{KnownLot, lots, lots_by_code};

use crate::desk::Desk;
use crate::losses::Losses;
use crate::room;
use crate::stood;
use crate::store_costs::ENSURE_STACKS;
use crate::store_vault as sql;
use db::{Conn, DbError, Question, Row, Rows, Tx, Value};
use domain::ledger::{Balance, Group, Holder, Key, Loaded, Place, Sale, SaleLine, SiteKey, SiteStock};
use domain::{ClaimId, Instant, ItemId, LocationId, LotId, Period, SiteId, Status};
use places::LocationFacts;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a batch needs.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) sites: FxHashSet<SiteKey>,
    /// Guards that are only looked at. One that is not there promises nothing and is not made.
    pub(crate) looked_at: FxHashSet<SiteKey>,
    pub(crate) balances: FxHashSet<Key>,
    pub(crate) claims: FxHashSet<ClaimId>,
    /// What losses take, and what else goes.
    pub(crate) losses: Losses,
    /// The claims that losses may break.
    pub(crate) breakable: FxHashSet<ClaimId>,
    /// Where stock may become available, and somebody waits for it.
    pub(crate) waiting_of: FxHashSet<SiteKey>,
    pub(crate) serials: FxHashSet<LotId>,
    /// Cost stacks, each with how much of it may be used at most.
    pub(crate) stacks: FxHashMap<(ItemId, Group), i64>,
    /// What backdated postings say of the past of a key.
    pub(crate) past: FxHashMap<Key, Past>,
    /// Lines of sales, as they were shipped; `None` for those whose row says it, and for those that the
    /// batch itself ships.
    pub(crate) sales: FxHashMap<SaleLine, Option<Sale>>,
    /// What is swept whether its guard says that something is due or not.
    pub(crate) swept: FxHashSet<SiteKey>,
    /// The places that goods are put into by postings that their rules bind, and all real ends of lines.
    pub(crate) room_targets: FxHashSet<LocationId>,
    pub(crate) room_ends: FxHashSet<LocationId>,
}

/// Keys that are known to have a row, so that it need not be ensured again. Rows are never
/// deleted, so what was once there stays.
#[derive(Debug, Default)]
pub(crate) struct Known {
    sites: FxHashSet<SiteKey>,
    stacks: FxHashSet<(ItemId, Group)>,
}

/// More keys than this are forgotten and learned anew: about 64 mebibytes.
const KNOWN_MAX: usize = 1_000_000;

/// The `at` of a row that has never changed: it was made to be locked, and nothing accepted has changed it.
pub(crate) const NEVER: i64 = i64::MIN;

/// Locks the site guards, the first in the order.
pub(crate) fn lock_sites(
    tx: &mut Tx<'_>,
    known: &mut Known,
    wanted: &Wanted,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    ensure(tx, known, wanted)?;
    let keys = sorted(wanted.sites.union(&wanted.looked_at));
    let mut rows = Rows::with_capacity(2, keys.len());
    for key in &keys {
        rows.push(&[key.item.get().into(), key.site.get().into()]);
    }
    loaded.sites = many(tx, &sql::LOCK_SITES, &rows, site_row)?.into_iter().collect();
    if loaded.sites.len() == keys.len() {
        return Ok(());
    }
    known.check(tx, wanted.sites.iter().all(|key| loaded.sites.contains_key(key)))?;
    lock_where_demand_waits(tx, known, &keys, loaded)?;
    for key in keys {
        loaded.sites.entry(key).or_insert(SiteStock::EMPTY);
    }
    Ok(())
}

/// Where there was never stock there is no guard, and none is needed to refuse. But where a rule lets
/// demand wait for the first stock, it is made and locked.
fn lock_where_demand_waits(
    tx: &mut Tx<'_>,
    known: &mut Known,
    keys: &[SiteKey],
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let mut rows = Rows::new(2);
    for key in keys.iter().filter(|key| !loaded.sites.contains_key(key)) {
        rows.push(&[key.item.get().into(), key.site.get().into()]);
    }
    let caps = many(tx, &sql::READ_CAPS, &rows, |row| {
        Ok((SiteKey { item: ItemId(row.int(0)?), site: SiteId(row.int(1)?) }, row.opt_int(2)?))
    })?;
    let sites: FxHashSet<SiteKey> = caps.into_iter().filter_map(|(key, cap)| cap.map(|_| key)).collect();
    if sites.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new(2);
    for key in sorted(sites.iter()) {
        rows.push(&[key.item.get().into(), key.site.get().into()]);
    }
    ensure(tx, known, &Wanted { sites, ..Wanted::default() })?;
    let locked = many(tx, &sql::LOCK_SITES, &rows, site_row)?;
    known.check(tx, locked.len() == rows.len())?;
    loaded.sites.extend(locked);
    Ok(())
}

/// Locks everything else, in order.
pub(crate) fn lock_rest(
    tx: &mut Tx<'_>,
    known: &mut Known,
    wanted: &Wanted,
    (desk, places): (&Desk, &FxHashMap<LocationId, LocationFacts>),
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    ensure(tx, known, wanted)?;
    lock_balances(tx, wanted, places, loaded)?;
    lock_serials(tx, wanted, loaded)?;
    costs::lock(tx, wanted, desk.method, loaded)?;
    known.check(tx, loaded.costs.len() == wanted.stacks.len())?;
    claims::lock(tx, wanted, loaded)?;
    sales::lock(tx, wanted, loaded)?;
    // a claim alone is dated by the clock, and closed periods do not concern it
    if !wanted.balances.is_empty() && read_bounds(tx, loaded)? {
        let items = wanted.balances.iter().map(|key| key.item).collect();
        loaded.rooms = room::load::hold(tx, (&wanted.room_targets, &wanted.room_ends), &items)?;
    }
    read_stands(tx, wanted, loaded)?;
    history::read(tx, &desk.zone, wanted, loaded)
}

/// Reads the balances of real places under the guard of their site, which everybody locks before he
/// changes one of them, and locks the others: a lock of its own on each row would cost the server as
/// much as the change.
fn lock_balances(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    places: &FxHashMap<LocationId, LocationFacts>,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let is_guarded = |key: &Key| {
        places
            .get(&key.location)
            .is_some_and(|place| wanted.sites.contains(&SiteKey { item: key.item, site: place.site }))
    };
    let (guarded, loose): (Vec<Key>, Vec<Key>) =
        sorted(wanted.balances.iter()).into_iter().partition(is_guarded);
    let mut read = balances(&sql::READ_BALANCES, &guarded);
    let mut locked = balances(&sql::LOCK_BALANCES, &loose);
    tx.ask(&mut [&mut read, &mut locked])?;
    let found = read.answers().into_iter().chain(locked.answers());
    let keys = guarded.into_iter().chain(loose);
    loaded.balances = keys.zip(found).map(|(key, found)| (key, found.unwrap_or(Balance::EMPTY))).collect();
    Ok(())
}

/// The balances of keys whose guards are locked; none for a key that was never touched.
fn read_balances(conn: &mut Conn<'_>, keys: Vec<Key>) -> Result<FxHashMap<Key, Balance>, DbError> {
    let mut read = balances(&sql::READ_BALANCES, &keys);
    conn.ask(&mut [&mut read])?;
    Ok(keys.into_iter().zip(read.answers()).filter_map(|(key, found)| Some((key, found?))).collect())
}

fn balances(statement: &'static db::Statement, keys: &[Key]) -> Question<'static, Balance> {
    Question::new(statement, keys.iter().map(|key| Some(balance_key(key))), balance)
}

/// Reads what bounds the instants of postings, and whether any place has rules of how much it takes.
fn read_bounds(tx: &mut Tx<'_>, loaded: &mut Loaded) -> Result<bool, DbError> {
    let bounds = tx.query(&sql::READ_BOUNDS, &[], |row| {
        let closed = row.opt_int(0)?.map(|_| period(row, 0)).transpose()?;
        Ok((closed, row.opt_int(1)?.map(Instant), row.bool(2)?))
    })?;
    let mut any = false;
    for (closed, settled, ruled) in bounds {
        loaded.closed_to = loaded.closed_to.max(closed);
        loaded.settled = loaded.settled.max(settled);
        any |= ruled;
    }
    Ok(any)
}

/// Reads since when the places stand at their sites for which a posting names an instant.
fn read_stands(tx: &mut Tx<'_>, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), DbError> {
    let mut places: Vec<LocationId> = wanted.past.keys().map(|key| key.location).collect();
    places.sort_unstable();
    places.dedup();
    if !places.is_empty() {
        loaded.stands_since.extend(stood::store::since(tx, &places)?);
    }
    Ok(())
}

/// A set-based query that is not sent when nothing is asked.
fn many<T>(
    conn: &mut Conn<'_>,
    statement: &db::Statement,
    rows: &Rows<'_>,
    map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    if rows.is_empty() { Ok(Vec::new()) } else { conn.query_many(statement, rows, map) }
}

fn period(row: &Row<'_>, column: usize) -> Result<Period, DbError> {
    let number = i32::try_from(row.int(column)?).ok().and_then(Period::from_number);
    number.ok_or(DbError::Column { column, wanted: "a period" })
}

/// Inserts the rows that may be missing.
fn ensure(tx: &mut Tx<'_>, known: &mut Known, wanted: &Wanted) -> Result<(), DbError> {
    if known.sites.len() + known.stacks.len() > KNOWN_MAX {
        *known = Known::default();
    }
    let mut rows = Rows::new(3);
    for key in sorted(wanted.sites.iter().filter(|key| !known.sites.contains(key))) {
        rows.push(&[key.item.get().into(), key.site.get().into(), NEVER.into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&sql::ENSURE_SITES, &rows)?;
    }
    let mut rows = Rows::new(1);
    for lot in sorted(wanted.serials.iter()) {
        rows.push(&[lot.get().into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&sql::ENSURE_SERIALS, &rows)?;
    }
    let mut rows = Rows::new(2);
    for key in sorted(wanted.stacks.keys().filter(|key| !known.stacks.contains(key))) {
        rows.push(&[key.0.get().into(), key.1.0.into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&ENSURE_STACKS, &rows)?;
    }
    known.learn(wanted);
    Ok(())
}

impl Known {
    /// Notes the keys that were ensured. Should the transaction be rolled back, the rows are gone
    /// again; [`Known::check`] notices when they are asked for, and forgets everything.
    fn learn(&mut self, wanted: &Wanted) {
        self.sites.extend(wanted.sites.iter().copied());
        self.stacks.extend(wanted.stacks.keys().copied());
    }

    /// All rows that were asked for must be there.
    fn check(&mut self, tx: &mut Tx<'_>, complete: bool) -> Result<(), DbError> {
        if complete {
            return Ok(());
        }
        *self = Known::default();
        Err(tx.again("a row that was known is gone"))
    }
}

fn sorted<'a, T: Ord + Copy + 'a>(keys: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut keys: Vec<T> = keys.copied().collect();
    keys.sort_unstable();
    keys
}

pub(crate) fn balance_key(key: &Key) -> [Value<'static>; 4] {
    [key.item.get().into(), key.location.get().into(), key.lot.get().into(), key.status.number().into()]
}

fn site_row(row: &Row<'_>) -> Result<(SiteKey, SiteStock), DbError> {
    let key = SiteKey { item: ItemId(row.int(0)?), site: SiteId(row.int(1)?) };
    let stock = SiteStock {
        sellable: row.int(2)?,
        reserved: row.int(3)?,
        allocated: row.int(4)?,
        at: Instant(row.int(5)?),
        next_expiry: row.opt_date(6)?,
        backordered: row.int(7)?,
        cap: row.opt_int(8)?,
    };
    Ok((key, stock))
}

/// A balance; the first column is its place among those that were asked for.
fn balance(row: &Row<'_>) -> Result<Balance, DbError> {
    Ok(Balance {
        on_hand: row.int(1)?,
        allocated: row.int(2)?,
        ver: row.int(3)?,
        at: Instant(row.int(4)?),
        latest: Instant(row.int(5)?),
        since: Instant(row.int(6)?),
    })
}

/// A status column.
pub(crate) fn status(row: &Row<'_>, column: usize) -> Result<Status, DbError> {
    Status::from_number(row.int(column)?).ok_or(DbError::Column { column, wanted: "a status" })
}

fn lock_serials(tx: &mut Tx<'_>, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), DbError> {
    let mut rows = Rows::new(1);
    for lot in sorted(wanted.serials.iter()) {
        rows.push(&[lot.get().into()]);
        loaded.serials.insert(lot, Holder::NONE);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let found = tx.query_many(&sql::LOCK_SERIALS, &rows, |row| {
        let place = match row.opt_int(1)? {
            Some(location) => Some(Place { location: LocationId(location), status: status(row, 2)? }),
            None => None,
        };
        let latest = row.opt_int(3)?.map_or(Holder::NONE.latest, Instant);
        Ok((LotId(row.int(0)?), Holder { place, latest }))
    })?;
    loaded.serials.extend(found);
    Ok(())
}
