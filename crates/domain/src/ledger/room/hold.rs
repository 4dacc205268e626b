//! A room with what stands in it. Invariant: its sums are those of its contents, item by item.

use super::{Class, Coming, Goods, Lacking, Lacks, Limit, Measure, RoomRules, Size, Unsized};
use crate::{ItemId, LocationId, LotId};
use rustc_hash::FxHashMap;

/// A place with rules, and what stands in it and below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Room {
    place: LocationId,
    rules: RoomRules,
    items: FxHashMap<ItemId, i64>,
    lots: FxHashMap<(ItemId, LotId), i64>,
    owners: FxHashMap<Option<Box<str>>, usize>,
    volume: i128,
    weight: i128,
    units: i128,
}

/// The size of so much, where it is known.
fn sized(size: Option<Size>, qty: i64) -> i128 {
    size.map_or(0, |size| size.of(qty))
}

fn shown(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Room {
    /// An empty one.
    pub fn new(place: LocationId, rules: RoomRules) -> Room {
        Room {
            place,
            rules,
            items: FxHashMap::default(),
            lots: FxHashMap::default(),
            owners: FxHashMap::default(),
            volume: 0,
            weight: 0,
            units: 0,
        }
    }

    /// Its rules.
    pub const fn rules(&self) -> &RoomRules {
        &self.rules
    }

    /// How much there is of a measure, as its limit counts it.
    pub fn there(&self, measure: Measure) -> i64 {
        shown(self.sum(measure))
    }

    fn sum(&self, measure: Measure) -> i128 {
        let count = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        match measure {
            Measure::Volume => self.volume,
            Measure::Weight => self.weight,
            Measure::Units => self.units,
            Measure::Items => count(self.items.len()),
            Measure::Lots => count(self.lots.len()),
            Measure::Owners => count(self.owners.len()),
        }
    }

    fn has(&self, item: ItemId) -> i64 {
        self.items.get(&item).copied().unwrap_or(0)
    }

    /// Puts something in, or takes it out when the quantity is below zero.
    pub fn put(&mut self, coming: Coming<'_>) {
        let Coming { item, lot, qty, goods } = coming;
        let before = self.has(item);
        let after = before.saturating_add(qty);
        self.volume += sized(goods.volume, after) - sized(goods.volume, before);
        self.weight += sized(goods.weight, after) - sized(goods.weight, before);
        self.units += i128::from(qty);
        add(&mut self.items, item, qty);
        add(&mut self.lots, (item, lot), qty);
        match (before != 0, after != 0) {
            (false, true) => *self.owners.entry(goods.owner.clone()).or_default() += 1,
            (true, false) => {
                let left = self.owners.get_mut(&goods.owner).map(|count| {
                    *count = count.saturating_sub(1);
                    *count
                });
                if left == Some(0) {
                    self.owners.remove(&goods.owner);
                }
            }
            _ => {}
        }
    }

    /// Every rule that would be broken.
    pub fn lacks(&self, coming: Coming<'_>) -> Vec<Lacks> {
        let limits = self.rules.limits.iter().filter_map(|(measure, limit)| {
            let what = self.beyond(*measure, limit, coming)?;
            Some(Lacks { room: self.place, what, breach: limit.breach })
        });
        let only = self.rules.only.iter().filter_map(|(class, only)| {
            let is = coming.goods.class(*class);
            let fits = only.of.iter().any(|one| one.as_deref() == is);
            let (class, is, of) = (*class, is.map(Box::from), only.of.clone());
            let what = Lacking::Class { class, is, only: of };
            (!fits).then_some(Lacks { room: self.place, what, breach: only.breach })
        });
        limits.chain(only).collect()
    }

    /// What a limit lacks for it.
    fn beyond(&self, measure: Measure, limit: &Limit, coming: Coming<'_>) -> Option<Lacking> {
        let came = match self.comes(measure, coming) {
            Some(came) => came,
            None if limit.unknown == Unsized::Refuse => return Some(Lacking::Size { measure }),
            None => return None,
        };
        let there = self.sum(measure);
        let max = i128::from(limit.max);
        // what brings nothing more of it is no breach, however full the place is
        if came == 0 || there.saturating_add(came) <= max {
            return None;
        }
        let fits = self.fits_by(measure, limit, coming).unwrap_or(i64::MAX);
        Some(Lacking::Room { measure, max: limit.max, there: shown(there), came: shown(came), fits })
    }

    /// How much of a measure comes; none where nobody has said it.
    fn comes(&self, measure: Measure, coming: Coming<'_>) -> Option<i128> {
        let Coming { item, lot, qty, goods } = coming;
        let more = |size: Size| size.of(self.has(item).saturating_add(qty)) - size.of(self.has(item));
        let new = |is_new: bool| Some(i128::from(is_new));
        match measure {
            Measure::Volume => goods.volume.map(more),
            Measure::Weight => goods.weight.map(more),
            Measure::Units => Some(i128::from(qty)),
            Measure::Items => new(!self.items.contains_key(&item)),
            Measure::Lots => new(!self.lots.contains_key(&(item, lot))),
            Measure::Owners => new(!self.owners.contains_key(&goods.owner)),
        }
    }

    /// How much more of it one limit leaves; none where the limit does not bind it.
    fn fits_by(&self, measure: Measure, limit: &Limit, coming: Coming<'_>) -> Option<i64> {
        let Coming { item, goods, .. } = coming;
        let free = i128::from(limit.max).saturating_sub(self.sum(measure));
        let sized = |size: Option<Size>| match size {
            // rounded up item by item: what the item takes already is part of what it may take
            Some(size) => {
                let own = size.of(self.has(item));
                Some(size.within(free.saturating_add(own)).saturating_sub(self.has(item)).max(0))
            }
            None => (limit.unknown == Unsized::Refuse).then_some(0),
        };
        match measure {
            Measure::Volume => sized(goods.volume),
            Measure::Weight => sized(goods.weight),
            Measure::Units => Some(shown(free.max(0))),
            Measure::Items | Measure::Lots | Measure::Owners => {
                let comes = self.comes(measure, coming).unwrap_or(0);
                (comes > free).then_some(0)
            }
        }
    }

    /// How much more of an item and lot fits by the rules that refuse, in millionths; none where none of them binds it.
    pub fn fits(&self, item: ItemId, lot: LotId, goods: &Goods) -> Option<i64> {
        let coming = Coming { item, lot, qty: 1, goods };
        let refuses = |breach| breach == super::Breach::Refuse;
        let limits = self.rules.limits.iter().filter(|(_, limit)| refuses(limit.breach));
        let limits = limits.filter_map(|(measure, limit)| self.fits_by(*measure, limit, coming));
        let only = self.rules.only.iter().filter(|(_, only)| refuses(only.breach));
        let only = only.filter(|(class, only): &&(Class, super::Only)| {
            let is = goods.class(*class);
            !only.of.iter().any(|one| one.as_deref() == is)
        });
        limits.chain(only.map(|_| 0)).min()
    }

    /// Every rule that what stands there breaks already, whatever comes.
    pub fn broken(&self, goods: &FxHashMap<ItemId, Goods>) -> Vec<Lacks> {
        let over = self.rules.limits.iter().filter_map(|(measure, limit)| {
            let there = self.there(*measure);
            let (measure, max) = (*measure, limit.max);
            let what = Lacking::Room { measure, max, there, came: 0, fits: 0 };
            (there > max).then_some(Lacks { room: self.place, what, breach: limit.breach })
        });
        let mut items: Vec<&ItemId> = self.items.keys().collect();
        items.sort_unstable();
        let unknown = Goods::default();
        let wrong = self.rules.only.iter().filter_map(|(class, only)| {
            let stray = items.iter().find_map(|item| {
                let is = goods.get(item).unwrap_or(&unknown).class(*class);
                (!only.of.iter().any(|one| one.as_deref() == is)).then(|| is.map(Box::from))
            })?;
            let what = Lacking::Class { class: *class, is: stray, only: only.of.clone() };
            Some(Lacks { room: self.place, what, breach: only.breach })
        });
        over.chain(wrong).collect()
    }
}

/// Adds to a count that is forgotten at zero.
fn add<K: Eq + std::hash::Hash + Copy>(counts: &mut FxHashMap<K, i64>, key: K, qty: i64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(qty);
    if *count == 0 {
        counts.remove(&key);
    }
}
