//! How much of what is claimed a batch may break, at most.
//!
//! Of an item at a site there may be tens of thousands of claims, and most counts and losses break none
//! of them. Under the lock of the guard nothing of the item at the site changes but by this batch, so what
//! the batch may take says which claims have to be loaded: the first in the order in which they are broken,
//! until they hold that much.
//!
//! The bounds, for an item at a site of which `available` is left, where the batch loses `lost` and whatever
//! else takes from it or is promised of it is `taken`:
//! * a loss breaks no more than it takes, so no more than `lost` is broken;
//! * claims of the site are broken when nothing is available, so no more than `lost + taken - available` of
//!   them, beside those that were broken because their own bin lost its goods;
//! * the same holds for the claims on a bin, with what nobody claims there in place of `available`.

use domain::Status;
use domain::ledger::{Amount, Balance, Key, Kind, Line, Recount, SiteKey, SiteStock};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A key of good stock at a site: only that is claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Good {
    pub(crate) key: Key,
    pub(crate) site: SiteKey,
    /// It is part of what the site can sell.
    pub(crate) counts: bool,
}

/// What happens to a key.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    counts: bool,
    /// Taken by losses.
    lost: i64,
    /// Taken or claimed by whatever is refused for the sake of claims.
    taken: i64,
    /// Put there.
    put: i64,
    counted: Option<Counted>,
    /// It stops to count as sellable.
    stops: bool,
}

/// The counts of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    /// One, held to the books as they are then: so much is left.
    To(i64),
    /// One, held to the books of an earlier instant: what it takes is known when it is decided.
    Then(i64),
    /// Several, which have found so much together.
    Often(i64),
}

impl Counted {
    const fn found(self) -> i64 {
        match self {
            Counted::To(found) | Counted::Then(found) | Counted::Often(found) => found,
        }
    }

    /// What counts take at most of a key that has had so much at most, beside what they have put there.
    const fn lost(self, ever: i64) -> i64 {
        match self {
            Counted::To(found) => ever.saturating_sub(found),
            Counted::Then(_) => ever,
            Counted::Often(found) => ever.saturating_add(found),
        }
    }
}

impl Flow {
    /// What losses take at most, when so much is there first.
    fn lost(&self, on_hand: i64) -> i64 {
        let counted = self.counted.map_or(0, |counted| counted.lost(on_hand.saturating_add(self.put)));
        self.lost.saturating_add(counted.max(0))
    }

    const fn loses(&self) -> bool {
        self.lost > 0 || self.counted.is_some() || self.stops
    }
}

/// What happens to an item at a site.
#[derive(Debug, Default)]
struct Site {
    flows: FxHashMap<Key, Flow>,
    /// What is promised of no key.
    promised: i64,
}

/// What the steps of a batch take from stock that may be claimed.
#[derive(Debug, Default)]
pub(crate) struct Losses(FxHashMap<SiteKey, Site>);

/// How much the claims must hold that are loaded, in the order in which they are broken.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Of the claims on items at sites.
    pub(crate) sites: BTreeMap<SiteKey, i64>,
    /// Of the claims that are bound to keys.
    pub(crate) keys: BTreeMap<Key, i64>,
}

impl Losses {
    /// One line of a posting of a kind, with those of its ends that are of good stock. A posting that is
    /// dated is held to the books of its instant.
    pub(crate) fn line(&mut self, (kind, dated): (Kind, bool), line: &Line, [from, to]: [Option<Good>; 2]) {
        match line.amount {
            Amount::Move(qty) => {
                if let Some(flow) = self.flow(from) {
                    let side = if kind.is_loss() { &mut flow.lost } else { &mut flow.taken };
                    *side = side.saturating_add(qty);
                }
                self.put(to, qty);
            }
            Amount::CountTo(found) => {
                if let Some(flow) = self.flow(from) {
                    flow.counted = Some(match flow.counted {
                        None if dated => Counted::Then(found),
                        None => Counted::To(found),
                        Some(other) => Counted::Often(other.found().saturating_add(found)),
                    });
                }
            }
        }
    }

    /// So much of a key is claimed, or goes unless claims stand against it.
    pub(crate) fn taken(&mut self, from: Option<Good>, qty: i64) {
        if let Some(flow) = self.flow(from) {
            flow.taken = flow.taken.saturating_add(qty);
        }
    }

    /// So much is put to a key.
    pub(crate) fn put(&mut self, to: Option<Good>, qty: i64) {
        if let Some(flow) = self.flow(to) {
            flow.put = flow.put.saturating_add(qty);
        }
    }

    /// So much is promised at a site.
    pub(crate) fn promised(&mut self, site: SiteKey, qty: i64) {
        let site = self.0.entry(site).or_default();
        site.promised = site.promised.saturating_add(qty);
    }

    /// Keys stop to count as sellable.
    pub(crate) fn recounted(&mut self, recount: &Recount) {
        for key in &recount.stops {
            let stops = Good { key: *key, site: recount.site, counts: true };
            if let Some(flow) = self.flow(Some(stops)) {
                flow.stops = true;
            }
        }
    }

    fn flow(&mut self, good: Option<Good>) -> Option<&mut Flow> {
        let Good { key, site, counts } = good?;
        let flow = self.0.entry(site).or_default().flows.entry(key).or_default();
        flow.counts = counts;
        Some(flow)
    }

    /// Where something may be lost that is claimed.
    fn at_risk<'a>(
        &'a self,
        guards: &'a FxHashMap<SiteKey, SiteStock>,
    ) -> impl Iterator<Item = (SiteKey, &'a Site, &'a SiteStock)> {
        self.0.iter().filter_map(|(key, site)| {
            let guard = guards.get(key).filter(|guard| guard.claimed() > 0)?;
            site.flows.values().any(Flow::loses).then_some((*key, site, guard))
        })
    }

    /// The keys of which has to be known what they have, in order.
    pub(crate) fn keys(&self, guards: &FxHashMap<SiteKey, SiteStock>) -> Vec<Key> {
        let mut keys = Vec::new();
        for (_, site, guard) in self.at_risk(guards) {
            let matters =
                |flow: &Flow| flow.loses() && (guard.allocated > 0 || flow.counted.is_some() || flow.stops);
            keys.extend(site.flows.iter().filter(|(_, flow)| matters(flow)).map(|(key, _)| *key));
        }
        keys.sort_unstable();
        keys
    }

    /// What may be broken, by the guards and by what the keys have that [`Losses::keys`] names.
    pub(crate) fn needs(
        &self,
        guards: &FxHashMap<SiteKey, SiteStock>,
        balances: &FxHashMap<Key, Balance>,
    ) -> Needs {
        let mut needs = Needs::default();
        for (key, site, guard) in self.at_risk(guards) {
            site.need(key, guard, balances, &mut needs);
        }
        needs
    }
}

impl Site {
    fn need(&self, site: SiteKey, guard: &SiteStock, balances: &FxHashMap<Key, Balance>, needs: &mut Needs) {
        let (mut lost, mut gone, mut bound) = (0_i64, self.promised, 0_i64);
        for (key, flow) in &self.flows {
            let balance = balances.get(key).copied().unwrap_or(Balance::EMPTY);
            let mut loses = flow.lost(balance.on_hand);
            let unclaimed = balance.on_hand.saturating_sub(balance.allocated);
            let short = loses.saturating_add(flow.taken).saturating_sub(unclaimed);
            if loses > 0 && short > 0 && balance.allocated > 0 {
                bound = bound.saturating_add(short);
                needs.keys.insert(*key, short);
            }
            if flow.stops {
                loses = loses.saturating_add(balance.on_hand);
            }
            lost = lost.saturating_add(loses);
            if flow.counts {
                gone = gone.saturating_add(loses).saturating_add(flow.taken);
            }
        }
        let available = guard.sellable.saturating_sub(guard.claimed());
        let most = gone.saturating_sub(available).saturating_add(bound).min(lost);
        if gone <= available || most <= 0 {
            return;
        }
        needs.sites.insert(site, most);
        // whoever is bound to what stops to count is broken first
        for (key, _) in self.flows.iter().filter(|(_, flow)| flow.stops) {
            if balances.get(key).is_some_and(|balance| balance.allocated > 0) {
                needs.keys.insert(*key, most);
            }
        }
    }
}

impl Good {
    /// A key of the ledger, where its status is good and it belongs to a site.
    pub(crate) fn of(key: Key, facts: &places::LocationFacts) -> Option<Good> {
        (facts.site.is_some() && key.status == Status::Good).then_some(Good {
            key,
            site: SiteKey { item: key.item, site: facts.site },
            counts: facts.counts(),
        })
    }
}
