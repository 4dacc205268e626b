//! The past of the keys that backdated postings take from.
//!
//! Of the months that the batch names, the movements are read; of every other month since, the roll-up
//! says what it came to and how low the key stood in it. So a posting that is backdated costs its month
//! and the number of months since, whatever has moved in them.

use super::{NEVER, Wanted, balance_key, many, period, status};
use crate::store_months::MONTHS_OF_KEY;
use crate::store_moves::{self, Month};
use db::{DbError, Row, Rows, Tx};
use domain::ledger::{History, Key, Loaded, Low};
use domain::{Instant, ItemId, LocationId, LotId, Period, Zone};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What the postings of a batch say of the past of a key.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// The earliest instant that one of them takes from it, or counts it.
    asked: Option<Instant>,
    /// All instants that they name for it.
    named: Vec<Instant>,
    /// The key whose latest movement took the goods away that one of them tells of: a sweep, whenever it was.
    swept: Option<Key>,
}

impl Wanted {
    /// A posting names an instant for a key, and may ask what stood there since.
    pub(crate) fn dated(&mut self, key: Key, at: Instant, asks: bool) {
        let past = self.past.entry(key).or_default();
        if past.named.last() != Some(&at) {
            past.named.push(at);
        }
        if asks {
            past.asked = Some(past.asked.map_or(at, |asked| asked.min(at)));
        }
    }

    /// A posting names, for a key, whatever instant another key was last moved at.
    pub(crate) fn dated_like(&mut self, key: Key, swept: Key) {
        self.past.entry(key).or_default().swept = Some(swept);
    }
}

/// A key whose past is asked for.
struct Asked {
    since: Instant,
    /// The months that are read movement by movement.
    exact: BTreeSet<Period>,
}

/// Reads the past of the keys that are asked for. Their balances are locked and the closed periods are
/// known.
pub(super) fn read(
    tx: &mut Tx<'_>,
    zone: &Zone,
    wanted: &Wanted,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let mut asked: FxHashMap<Key, Asked> = FxHashMap::default();
    for (key, past) in &wanted.past {
        let Some(since) = past.asked else { continue };
        let latest = loaded.balances.get(key).map_or(Instant(NEVER), |balance| balance.latest);
        loaded.history.insert(*key, History::new(since.min(latest)));
        if since < latest {
            let mut exact = exact_months(zone, loaded, &past.named, since, latest);
            let swept =
                past.swept.and_then(|swept| loaded.balances.get(&swept)).map(|balance| balance.latest);
            exact.extend(swept.filter(|at| *at >= since).map(|at| Period::of(zone.date(at))));
            asked.insert(*key, Asked { since, exact });
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    read_movements(tx, zone, &asked, loaded)?;
    read_months(tx, zone, &asked, loaded)
}

/// The months into which postings may fall: those of the instants they name, and where one is closed,
/// the month that takes it late. Behind the latest movement there is nothing to be read.
fn exact_months(
    zone: &Zone,
    loaded: &Loaded,
    named: &[Instant],
    since: Instant,
    latest: Instant,
) -> BTreeSet<Period> {
    let first = Period::of(zone.date(since));
    let mut months = BTreeSet::new();
    for at in named.iter().filter(|at| **at < latest) {
        let month = Period::of(zone.date(*at));
        months.insert(month);
        months.insert(loaded.closed_to.map_or(month, |last| month.max(last.next())));
    }
    months.split_off(&first)
}

fn read_movements(
    tx: &mut Tx<'_>,
    zone: &Zone,
    asked: &FxHashMap<Key, Asked>,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    // keys of one item share the walk over its month
    let mut walks: FxHashMap<(ItemId, Period), Instant> = FxHashMap::default();
    for (key, Asked { since, exact }) in asked {
        for period in exact {
            let begins = Month::new(zone, *period).begins.plus_micros(-1);
            let since = begins.max(*since);
            walks.entry((key.item, *period)).and_modify(|at| *at = since.min(*at)).or_insert(since);
        }
    }
    let mut walks: Vec<_> = walks.into_iter().collect();
    walks.sort_unstable();
    let walks = walks.into_iter().map(|((item, period), since)| (item, Month::new(zone, period), since));
    store_moves::of_month_of(tx, walks, |moved| {
        let at = moved.effective_at;
        for (key, qty) in [(moved.from, -moved.qty), (moved.to, moved.qty)] {
            let Some(Asked { since, exact }) = asked.get(&key) else { continue };
            if at > *since
                && exact.contains(&Period::of(zone.date(at)))
                && let Some(history) = loaded.history.get_mut(&key)
            {
                history.add(at, qty);
            }
        }
    })
}

fn read_months(
    tx: &mut Tx<'_>,
    zone: &Zone,
    asked: &FxHashMap<Key, Asked>,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(5, asked.len());
    for (key, Asked { since, .. }) in asked {
        let [item, location, lot, status] = balance_key(key);
        let month = Period::of(zone.date(*since));
        rows.push(&[item, location, lot, status, month.number().into()]);
    }
    for (key, month, low) in many(tx, &MONTHS_OF_KEY, &rows, month_row)? {
        let exact = asked.get(&key).is_some_and(|asked| asked.exact.contains(&month));
        if !exact && let Some(history) = loaded.history.get_mut(&key) {
            history.add_stretch(Month::new(zone, month).begins, low);
        }
    }
    Ok(())
}

fn month_row(row: &Row<'_>) -> Result<(Key, Period, Low), DbError> {
    let key = Key {
        item: ItemId(row.int(0)?),
        location: LocationId(row.int(1)?),
        lot: LotId(row.int(2)?),
        status: status(row, 3)?,
    };
    let low = Low { qty: row.int(5)?, low: Some(row.int(6)?), last: Instant(row.int(7)?) };
    Ok((key, period(row, 4)?, low))
}

/// How many movements and how many months are read for what a key had since an instant.
#[cfg(test)]
pub(super) fn counted(conn: &mut db::Conn<'_>, key: Key, since: &str) -> Result<(usize, usize), DbError> {
    let (zone, since) = (Zone::UTC, Instant::parse(since).unwrap());
    let month = Month::of(&zone, since);
    let mut movements = 0;
    store_moves::of_month_of(conn, [(key.item, month, since)], |_| movements += 1)?;
    let [item, location, lot, status] = balance_key(&key);
    let mut rows = Rows::new(5);
    rows.push(&[item, location, lot, status, month.period.number().into()]);
    Ok((movements, many(conn, &MONTHS_OF_KEY, &rows, month_row)?.len()))
}
