//! The rows of a batch in memory, with an undo list so that a refused command leaves no trace.

mod held;
mod past;
mod queue;
mod rooms;
mod sales;
#[cfg(test)]
mod set;
mod touched;

pub(in crate::ledger) use held::Among;
pub use held::{BreakTurn, Extent};
pub use touched::Touched;

use queue::Queue;

use super::claim::Claim;
use super::cost::{CostStep, Costs};
use super::facts::{Group, ItemFacts, LocationFacts, LotFacts};
use super::history::History;
use super::key::{Balance, Holder, Key, SiteKey, SiteStock};
use super::loaded::Loaded;
use super::refusal::{Missing, Refusal, Why};
use super::room::{Lacks, Rooms};
use super::sale::{Sale, SaleLine};
use crate::{ClaimId, Date, Instant, ItemId, LocationId, LotId, Period, SiteId, Zone};
use rustc_hash::{FxHashMap, FxHashSet};

/// A row with what it was when it was loaded.
#[derive(Clone, Debug)]
struct Slot<T> {
    was: T,
    now: T,
}

impl<T: Clone> Slot<T> {
    fn loaded(value: T) -> Slot<T> {
        Slot { was: value.clone(), now: value }
    }
}

/// One step back.
#[derive(Debug)]
enum Undo {
    Balance(Key, Balance),
    Site(SiteKey, SiteStock),
    Claim(ClaimId, Option<Claim>),
    Serial(LotId, Holder),
    Costs((ItemId, Group), CostStep),
    History(Key, Instant, i64),
    Sale(SaleLine, Option<Sale>),
    Lot(LotId, Option<LotFacts>),
    Put(Key, i64),
    Warned,
}

/// The rows of a batch. See the module.
#[derive(Debug, Default)]
pub struct Vault {
    items: FxHashMap<ItemId, ItemFacts>,
    locations: FxHashMap<LocationId, LocationFacts>,
    lots: FxHashMap<LotId, LotFacts>,
    today: FxHashMap<SiteId, Date>,
    zones: FxHashMap<SiteId, Zone>,
    closed_to: Option<Period>,
    settled: Option<Instant>,
    stands_since: FxHashMap<LocationId, Instant>,
    held: FxHashMap<SiteKey, Extent>,
    bound: FxHashMap<Key, Extent>,
    waiting_of: FxHashSet<SiteKey>,
    balances: FxHashMap<Key, Slot<Balance>>,
    sites: FxHashMap<SiteKey, Slot<SiteStock>>,
    claims: FxHashMap<ClaimId, Slot<Option<Claim>>>,
    serials: FxHashMap<LotId, Slot<Holder>>,
    costs: FxHashMap<(ItemId, Group), Slot<Costs>>,
    history: FxHashMap<Key, History>,
    queue: Queue,
    sales: FxHashMap<SaleLine, Slot<Option<Sale>>>,
    rooms: Rooms,
    warned: Vec<(usize, Lacks)>,
    undo: Vec<Undo>,
}

impl Vault {
    /// A vault over loaded rows.
    pub fn new(loaded: Loaded) -> Vault {
        fn slots<K: Eq + std::hash::Hash, T: Clone>(rows: FxHashMap<K, T>) -> FxHashMap<K, Slot<T>> {
            rows.into_iter().map(|(key, value)| (key, Slot::loaded(value))).collect()
        }
        let mut queue = Queue::default();
        for claim in loaded.claims.values() {
            queue.follow(None, Some(claim));
        }
        Vault {
            items: loaded.items,
            locations: loaded.locations,
            lots: loaded.lots,
            today: loaded.today,
            zones: loaded.zones,
            closed_to: loaded.closed_to,
            settled: loaded.settled,
            stands_since: loaded.stands_since,
            held: loaded.held,
            bound: loaded.bound,
            waiting_of: loaded.waiting_of,
            balances: slots(loaded.balances),
            sites: slots(loaded.sites),
            claims: loaded.claims.into_iter().map(|(id, claim)| (id, Slot::loaded(Some(claim)))).collect(),
            serials: slots(loaded.serials),
            costs: slots(loaded.costs),
            history: loaded.history,
            queue,
            sales: slots(loaded.sales),
            rooms: loaded.rooms,
            warned: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// Runs one decision: what it changed stays when it is accepted, and is taken back when it
    /// is refused. Decisions nest, so a bulk of postings can be accepted or refused as one.
    ///
    /// # Errors
    /// The decision's own refusal.
    pub fn attempt<T, E>(&mut self, decide: impl FnOnce(&mut Vault) -> Result<T, E>) -> Result<T, E> {
        let mark = self.undo.len();
        let outcome = decide(self);
        if outcome.is_err() {
            self.roll_back(mark);
        }
        outcome
    }

    /// How many steps have been taken: a place that [`Vault::roll_back`] returns to.
    pub fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Forgets the undo list: everything accepted so far stays, whatever comes.
    pub fn settle(&mut self) {
        self.undo.clear();
    }

    /// Takes back every step since a mark; for a bulk that is accepted as one.
    pub fn roll_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Balance(key, was)) => restore(&mut self.balances, &key, was),
                Some(Undo::Site(key, was)) => restore(&mut self.sites, &key, was),
                Some(Undo::Claim(id, was)) => {
                    if let Some(slot) = self.claims.get_mut(&id) {
                        self.queue.follow(slot.now.as_ref(), was.as_ref());
                        slot.now = was;
                    }
                }
                Some(Undo::Serial(lot, was)) => restore(&mut self.serials, &lot, was),
                Some(Undo::Lot(lot, Some(was))) => drop(self.lots.insert(lot, was)),
                Some(Undo::Put(key, qty)) => self.rooms.put((key.item, key.lot, -qty), key.location),
                Some(Undo::Warned) => drop(self.warned.pop()),
                Some(Undo::Lot(lot, None)) => drop(self.lots.remove(&lot)),
                Some(Undo::Sale(line, was)) => restore(&mut self.sales, &line, was),
                Some(Undo::Costs(key, step)) => {
                    if let Some(slot) = self.costs.get_mut(&key) {
                        slot.now.take_back(&step);
                    }
                }
                Some(Undo::History(key, at, qty)) => {
                    if let Some(history) = self.history.get_mut(&key) {
                        history.add(at, -qty);
                    }
                }
                None => return,
            }
        }
    }

    /// The facts of an item.
    pub(in crate::ledger) fn item(&self, id: ItemId) -> Result<ItemFacts, Refusal> {
        self.items.get(&id).copied().ok_or(missing("item", id.get()))
    }

    /// The facts of a location.
    pub fn location(&self, id: LocationId) -> Result<LocationFacts, Refusal> {
        self.locations.get(&id).copied().ok_or(missing("location", id.get()))
    }

    /// The facts of a lot.
    ///
    /// # Errors
    /// When nothing that was loaded names it.
    pub fn lot(&self, id: LotId) -> Result<LotFacts, Refusal> {
        self.lots.get(&id).copied().ok_or(missing("lot", id.get()))
    }

    /// Says what a lot is, because the command that is decided next makes it, or makes a serial or a
    /// parent of it.
    pub fn set_lot(&mut self, id: LotId, facts: LotFacts) {
        let was = self.lots.insert(id, facts);
        self.undo.push(Undo::Lot(id, was));
    }

    /// The civil day at a site.
    pub(in crate::ledger) fn today(&self, site: SiteId) -> Result<Date, Refusal> {
        self.today.get(&site).copied().ok_or(missing("day of site", site.get()))
    }

    /// The civil day at a site, now or at an earlier instant.
    pub(in crate::ledger) fn day(&self, site: SiteId, at: Option<Instant>) -> Result<Date, Refusal> {
        let Some(at) = at else { return self.today(site) };
        let zone = self.zones.get(&site).ok_or(missing("zone of site", site.get()))?;
        Ok(zone.date(at))
    }

    /// Whether a period is closed: what is posted into one changes what there was at the end of each after it.
    pub(in crate::ledger) fn is_closed(&self, period: Period) -> bool {
        self.closed_to.is_some_and(|last| period <= last)
    }

    /// Now, and not before the last place came to another site: by the clock of another process that
    /// may lie ahead.
    pub(super) fn not_before_settled(&self, now: Instant) -> Instant {
        self.settled.map_or(now, |settled| settled.max(now))
    }

    /// Since when a place stands at its site, if it came to it.
    pub(super) fn stands_since(&self, location: LocationId) -> Option<Instant> {
        self.stands_since.get(&location).copied()
    }

    /// The first open period from `period` on.
    pub(in crate::ledger) fn first_open(&self, period: Period) -> Period {
        self.closed_to.map_or(period, |last| period.max(last.next()))
    }

    /// The balance of a key.
    pub fn balance(&self, key: Key) -> Result<Balance, Refusal> {
        let slot = self.balances.get(&key).ok_or(Refusal::of(Why::NotLoaded(Missing::Balance(key))))?;
        Ok(slot.now)
    }

    pub(in crate::ledger) fn set_balance(&mut self, key: Key, balance: Balance) {
        if let Some(slot) = self.balances.get_mut(&key) {
            self.undo.push(Undo::Balance(key, slot.now));
            slot.now = balance;
        }
    }

    /// The guard of an item at a site.
    pub fn site(&self, key: SiteKey) -> Result<SiteStock, Refusal> {
        let slot = self.sites.get(&key).ok_or(Refusal::of(Why::NotLoaded(Missing::Site(key))))?;
        Ok(slot.now)
    }

    pub(in crate::ledger) fn set_site(&mut self, key: SiteKey, stock: SiteStock) {
        if let Some(slot) = self.sites.get_mut(&key) {
            self.undo.push(Undo::Site(key, slot.now));
            slot.now = stock;
        }
    }

    /// Sets the earliest last sellable day that is left, after a sweep.
    ///
    /// # Errors
    /// When the guard was not loaded.
    pub fn set_next_expiry(&mut self, key: SiteKey, next_expiry: Option<Date>) -> Result<(), Refusal> {
        let site = self.site(key)?;
        self.set_site(key, SiteStock { next_expiry, ..site });
        Ok(())
    }

    /// A claim, when it was loaded or made in this batch.
    pub fn claim(&self, id: ClaimId) -> Option<&Claim> {
        self.claims.get(&id).and_then(|slot| slot.now.as_ref())
    }

    pub(in crate::ledger) fn set_claim(&mut self, claim: Claim) {
        let id = claim.id;
        let slot = self.claims.entry(id).or_insert(Slot { was: None, now: None });
        self.queue.follow(slot.now.as_ref(), Some(&claim));
        self.undo.push(Undo::Claim(id, slot.now.replace(claim)));
    }

    /// Where a serial is held, and when it moved last.
    pub(in crate::ledger) fn holder(&self, lot: LotId) -> Result<Holder, Refusal> {
        self.serials.get(&lot).map(|slot| slot.now).ok_or(missing("holder of serial", lot.get()))
    }

    pub(in crate::ledger) fn set_holder(&mut self, lot: LotId, holder: Holder) {
        if let Some(slot) = self.serials.get_mut(&lot) {
            self.undo.push(Undo::Serial(lot, slot.now));
            slot.now = holder;
        }
    }

    /// The open cost layers of an item in a group, to be changed; each change is noted by
    /// [`Vault::note_cost`].
    pub(in crate::ledger) fn costs(&mut self, item: ItemId, group: Group) -> Result<&mut Costs, Refusal> {
        let lacks = Refusal::of(Why::NotLoaded(Missing::Layers(item.get(), group.0)));
        self.costs.get_mut(&(item, group)).map(|slot| &mut slot.now).ok_or(lacks)
    }

    /// Notes a change of cost layers, so that it can be taken back.
    pub(in crate::ledger) fn note_cost(&mut self, item: ItemId, group: Group, step: CostStep) {
        self.undo.push(Undo::Costs((item, group), step));
    }

    /// The ledger's clock for the rows touched since `mark`: not before `now`, and later than the
    /// last change of each of them. The rows are stamped with it.
    ///
    /// So the recorded instants of one key rise strictly, whatever the clocks of several
    /// processes say, and the order of the event feed cannot contradict the order of the ledger.
    pub(in crate::ledger) fn stamp_since(&mut self, mark: usize, now: Instant) -> Instant {
        let mut at = now;
        for step in self.undo.iter().skip(mark) {
            let last = match step {
                Undo::Balance(_, was) => was.at,
                Undo::Site(_, was) => was.at,
                _ => continue,
            };
            if last >= at {
                at = last.plus_micros(1);
            }
        }
        for step in self.undo.iter().skip(mark) {
            match step {
                Undo::Balance(key, _) => {
                    if let Some(slot) = self.balances.get_mut(key) {
                        slot.now.at = at;
                    }
                }
                Undo::Site(key, _) => {
                    if let Some(slot) = self.sites.get_mut(key) {
                        slot.now.at = at;
                    }
                }
                _ => {}
            }
        }
        at
    }
}

fn restore<K: Eq + std::hash::Hash, T>(rows: &mut FxHashMap<K, Slot<T>>, key: &K, was: T) {
    if let Some(slot) = rows.get_mut(key) {
        slot.now = was;
    }
}

const fn missing(what: &'static str, id: i64) -> Refusal {
    Refusal::of(Why::NotLoaded(Missing::Facts(what, id)))
}
