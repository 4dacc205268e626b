//! The claims that a batch may break: the first in the order in which they are broken, and no more of them
//! than it may come to.

use super::claims::claim;
use super::{Wanted, read_balances};
use crate::losses::Needs;
use crate::store_broken as sql;
use db::{Conn, DbError, Rows, Statement, Value};
use domain::ledger::{Claim, Extent, Key, Loaded, SiteKey};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::hash::Hash;

/// So many claims are read at first, and four times as many each time that they do not hold enough.
const FIRST_PAGE: usize = 64;

/// Reads which claims may be broken and asks for them, with the bins that they are bound to. The guards
/// are locked by now: no claim comes or goes meanwhile, and no balance of the site changes.
pub(crate) fn want_broken(
    conn: &mut Conn<'_>,
    wanted: &mut Wanted,
    loaded: &mut Loaded,
) -> Result<(), DbError> {
    let balances = read_balances(conn, wanted.losses.keys(&loaded.sites))?;
    let Needs { sites, keys } = wanted.losses.needs(&loaded.sites, &balances);
    loaded.held = first(conn, wanted, sites)?;
    loaded.bound = first(conn, wanted, keys)?;
    Ok(())
}

/// What claims are on: an item at a site, or a key.
trait On: Copy + Ord + Hash {
    const FIRST: &Statement;
    const WIDTH: usize;

    fn params(self) -> Vec<Value<'static>>;
    fn of(claim: &Claim) -> Option<Self>;
}

impl On for SiteKey {
    const FIRST: &Statement = &sql::FIRST_OF_SITES;
    const WIDTH: usize = 2;

    fn params(self) -> Vec<Value<'static>> {
        vec![self.item.get().into(), self.site.get().into()]
    }

    fn of(claim: &Claim) -> Option<SiteKey> {
        Some(claim.site_key())
    }
}

impl On for Key {
    const FIRST: &Statement = &sql::FIRST_OF_KEYS;
    const WIDTH: usize = 3;

    fn params(self) -> Vec<Value<'static>> {
        vec![self.item.get().into(), self.location.get().into(), self.lot.get().into()]
    }

    fn of(claim: &Claim) -> Option<Key> {
        claim.key()
    }
}

/// Asks for the first claims of each key, until they hold as much as is needed of it.
fn first<K: On>(
    conn: &mut Conn<'_>,
    wanted: &mut Wanted,
    needs: BTreeMap<K, i64>,
) -> Result<FxHashMap<K, Extent>, DbError> {
    let mut extents = FxHashMap::default();
    let mut walks: BTreeMap<K, Walk> =
        needs.into_iter().map(|(key, need)| (key, Walk { need, ..Walk::default() })).collect();
    let mut page = FIRST_PAGE;
    while !walks.is_empty() {
        for claim in next(conn, &walks, page)? {
            if let Some(walk) = K::of(&claim).and_then(|key| walks.get_mut(&key)) {
                walk.step(wanted, claim);
            }
        }
        walks.retain(|key, walk| {
            let extent = walk.ended(page);
            extents.extend(extent.map(|extent| (*key, extent)));
            extent.is_none()
        });
        page = page.saturating_mul(4);
    }
    Ok(extents)
}

/// The next page of each walk.
fn next<K: On>(conn: &mut Conn<'_>, walks: &BTreeMap<K, Walk>, page: usize) -> Result<Vec<Claim>, DbError> {
    let limit = i64::try_from(page).unwrap_or(i64::MAX);
    let ends: Vec<[u8; 16]> = walks.values().map(Walk::end).collect();
    let mut rows = Rows::with_capacity(K::WIDTH + 4, walks.len());
    for ((key, walk), id) in walks.iter().zip(&ends) {
        let (priority, made_at) = walk.after();
        let mut row = key.params();
        let after: [Value<'_>; 4] = [priority.into(), made_at.into(), id.into(), limit.into()];
        row.extend(after);
        rows.push(&row);
    }
    conn.query_many(K::FIRST, &rows, claim)
}

/// The way along claims in the order in which they are broken.
#[derive(Default)]
struct Walk {
    /// What they have yet to hold.
    need: i64,
    /// Claims of the page.
    seen: usize,
    last: Option<Claim>,
}

impl Walk {
    /// Takes the next claim if it is needed. One that is named is there anyway, and may be given up before
    /// a loss comes to it, so what it holds does not count.
    fn step(&mut self, wanted: &mut Wanted, claim: Claim) {
        self.seen += 1;
        if self.need <= 0 {
            return;
        }
        if !wanted.claims.contains(&claim.id) {
            wanted.breakable.insert(claim.id);
            wanted.balances.extend(claim.key());
            self.need = self.need.saturating_sub(claim.qty);
        }
        self.last = Some(claim);
    }

    /// How far it came, when it has come far enough with a page of a size.
    fn ended(&mut self, page: usize) -> Option<Extent> {
        let last = self.last.as_ref().map(Claim::break_turn);
        match last.filter(|_| self.need <= 0) {
            Some(turn) => Some(Extent::Through(turn)),
            None if self.seen < page => Some(Extent::All),
            None => {
                self.seen = 0;
                None
            }
        }
    }

    /// The priority and the age that the next page begins behind; the end of the claim's id goes with them.
    fn after(&self) -> (i64, i64) {
        self.last.as_ref().map_or((i64::MIN, i64::MAX), |claim| (claim.priority, claim.made_at.0))
    }

    fn end(&self) -> [u8; 16] {
        self.last.as_ref().map_or([u8::MAX; 16], |claim| *claim.id.bytes())
    }
}

/// All claims on a key.
pub(crate) fn claims_on(conn: &mut Conn<'_>, key: Key) -> Result<Vec<Claim>, DbError> {
    conn.query(&sql::ALL_OF_KEY, &key.params(), claim)
}
