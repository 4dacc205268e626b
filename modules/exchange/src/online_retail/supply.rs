//! Opening stock and receipts that the file does not have: simulated, seeded, the same every time.
//!
//! The rule looks ahead in the file, so it is no forecast; it makes a past that could have been:
//! every order of the year was shipped in full and stock was never below zero.
//!
//! **Weeks** begin on Monday at [`RECEIVING_HOUR`] in the zone of the file. Receipts arrive at that
//! moment, one document a week for all items; opening stock stands from midnight of the first day.
//!
//! **Per item**, drawn from seed and SKU: opening cover 4 to 8 weeks, receipt cover 2 to 5 weeks,
//! buffer 0 to 2 weeks. A *weekly rate* is the units sold or sent free in the file, divided by its
//! weeks, rounded down; the *buffer* is so many weeks of it; a *carton* is the largest of
//! [`CARTONS`] that is not above the weekly rate, and quantities are rounded up to full cartons.
//!
//! 1. *Opening stock* is what keeps stock at the buffer through the weeks of the opening cover. An
//!    item that needs nothing in these weeks has none.
//! 2. *Each later week* in which stock would fall below the buffer, goods are received: as many as
//!    keep it there through the weeks of the receipt cover.
//!
//! So stock at each event is at least the buffer or what was there before, never below zero.
//! Returns and stock found in the file count as they come.
//!
//! **Cost.** The base cost is the item's median price less a margin of 40 to 60 percent drawn from
//! seed and SKU ([`PRICE_UNKNOWN`] stands in for the price of an item that was never sold). Each
//! receipt costs 97 to 103 percent of it, drawn from seed, SKU and week; opening stock costs the
//! base. Costs are rounded up to a hundredth of a penny.

use super::document::{Doc, DocKind, DocLine, Effect};
use super::items::Item;
use super::line::Table;
use super::names::{Names, PerName};
use super::price::Price;
use super::weeks::Weeks;
use domain::{Code, Instant, Problem, Qty};
use std::collections::BTreeMap;
use std::sync::Arc;

/// When receipts arrive on Mondays.
pub const RECEIVING_HOUR: i8 = 6;
/// Carton sizes.
pub const CARTONS: [i64; 6] = [96, 48, 24, 12, 6, 1];
/// Stands in for the price of an item that was never sold: one pound.
pub const PRICE_UNKNOWN: Price = match Price::from_millionths(1_000_000) {
    Some(price) => price,
    None => Price::ZERO,
};
/// The smallest step of a cost, in millionths: a hundredth of a penny.
const COST_STEP: i64 = 100;

/// One change of an item's stock.
#[derive(Clone, Copy)]
struct Event {
    week: u32,
    units: i64,
}

/// How an item is supplied.
struct Terms {
    opening_cover: u32,
    cover: u32,
    buffer: i64,
    carton: i64,
}

/// Simulates opening stock and receipts for documents in effective order.
///
/// # Errors
/// `limit_exceeded` when an item needs more units at once than a line can have.
pub(super) fn simulate(docs: &[Doc], items: &[Item], table: &Table, seed: u64) -> Result<Vec<Doc>, Problem> {
    let Table { items: skus, zone, .. } = table;
    let (Some(first), Some(last)) = (docs.first(), docs.last()) else { return Ok(Vec::new()) };
    let weeks = Weeks::between(first.at, last.at, RECEIVING_HOUR, zone);
    let (events, demand) = events(docs, skus, &weeks);
    let mut arrivals: BTreeMap<u32, Vec<DocLine>> = BTreeMap::new();
    for ((ix, sku), item) in skus.iter().zip(items) {
        let terms = Terms::drawn(sku, demand[ix] / weeks.count(), seed);
        for (week, units) in terms.arrivals(&events[ix]) {
            let quantity = units.checked_mul(domain::qty::SCALE).and_then(Qty::from_millionths);
            let quantity = quantity.ok_or_else(|| too_many(sku, units))?;
            let price = if week == 0 { item.unit_cost } else { receipt_cost(item, week, seed) };
            let line = DocLine { item: ix, quantity, effect: Effect::In, price, source: None };
            arrivals.entry(week).or_default().push(line);
        }
    }
    let opening = zone.midnight(zone.date(first.at));
    Ok(arrivals.into_iter().map(|(week, lines)| document(week, lines, opening, &weeks)).collect())
}

fn document(week: u32, lines: Vec<DocLine>, opening: Instant, weeks: &Weeks) -> Doc {
    let (kind, number, at) = match weeks.start(week) {
        Some((at, name)) => (DocKind::Receipt, format!("SIM-{name}"), at),
        None => (DocKind::OpeningStock, "SIM-OPENING".to_owned(), opening),
    };
    Doc { kind, number: Arc::from(number), at, customer: None, country: None, lines }
}

fn too_many(sku: &str, units: i64) -> Problem {
    let detail = format!("item `{sku}` needs `{units}` units at once, and a line has at most 1000000000");
    Problem::new(Code::LimitExceeded, detail)
}

/// The changes of each item's stock in order, and the units that customers took of it.
fn events(docs: &[Doc], skus: &Names, weeks: &Weeks) -> (PerName<Vec<Event>>, PerName<i64>) {
    let mut events: PerName<Vec<Event>> = PerName::filled(skus, &Vec::new());
    let mut demand = PerName::filled(skus, &0);
    for doc in docs {
        let week = weeks.of(doc.at);
        for line in doc.lines.iter().filter(|line| line.effect != Effect::None) {
            let units = line.stock_units();
            events[line.item].push(Event { week, units });
            if doc.kind.is_sent() {
                demand[line.item] -= units;
            }
        }
    }
    (events, demand)
}

impl Terms {
    fn drawn(sku: &str, weekly: i64, seed: u64) -> Terms {
        let draw = |salt, low, high| u32::try_from(drawn(seed, sku, salt, low, high)).unwrap_or(0);
        Terms {
            opening_cover: draw("opening", 4, 8),
            cover: draw("cover", 2, 5),
            buffer: weekly * i64::from(draw("buffer", 0, 2)),
            carton: CARTONS.into_iter().find(|carton| *carton <= weekly).unwrap_or(1),
        }
    }

    /// Weeks and units of all arrivals; week 0 is the opening.
    fn arrivals(&self, events: &[Event]) -> Vec<(u32, i64)> {
        let mut arrivals = Vec::new();
        let mut stock = 0;
        let mut rest = events;
        let opening = self.needed(stock, lowest(rest, self.opening_cover));
        if opening > 0 {
            arrivals.push((0, opening));
            stock += opening;
        }
        while let Some(first) = rest.first() {
            let week = first.week;
            let issues = rest.iter().take_while(|event| event.week == week).any(|event| event.units < 0);
            if week > 0 && issues && stock + lowest(rest, week + 1) < self.buffer {
                let units = self.needed(stock, lowest(rest, week.saturating_add(self.cover)));
                if units > 0 {
                    arrivals.push((week, units));
                    stock += units;
                }
            }
            let length = rest.iter().take_while(|event| event.week == week).count();
            let (now, later) = rest.split_at(length);
            stock += now.iter().map(|event| event.units).sum::<i64>();
            rest = later;
        }
        arrivals
    }

    /// Full cartons that keep stock at the buffer when it changes by `lowest` at worst.
    fn needed(&self, stock: i64, lowest: i64) -> i64 {
        if lowest == 0 {
            return 0;
        }
        let units = (self.buffer - stock - lowest).max(0);
        (units + self.carton - 1) / self.carton * self.carton
    }
}

/// The lowest point of stock, from zero, over the events before a week.
fn lowest(events: &[Event], before: u32) -> i64 {
    let mut stock = 0;
    let changes = events.iter().take_while(|event| event.week < before).map(|event| event.units);
    changes.fold(0, |lowest: i64, units| {
        stock += units;
        lowest.min(stock)
    })
}

/// The base cost of a unit.
pub(super) fn unit_cost(sku: &str, median: Option<Price>, seed: u64) -> Price {
    let price = median.unwrap_or(PRICE_UNKNOWN).max(Price::ZERO);
    share(price, 100 - drawn(seed, sku, "margin", 40, 60))
}

fn receipt_cost(item: &Item, week: u32, seed: u64) -> Price {
    share(item.unit_cost, drawn(seed, &item.sku, &format!("week {week}"), 97, 103))
}

/// So many percent of a price, rounded up to a full step; at least one step.
fn share(price: Price, percent: i64) -> Price {
    let steps = (price.millionths() * percent + 100 * COST_STEP - 1) / (100 * COST_STEP);
    Price::from_millionths(steps.max(1) * COST_STEP).unwrap_or(Price::MAX)
}

/// A number from `low` to `high` that depends on nothing but the arguments.
///
/// FNV-1a over seed, SKU and salt, mixed by the finaliser of `SplitMix64`.
pub(super) fn drawn(seed: u64, sku: &str, salt: &str, low: i64, high: i64) -> i64 {
    let bytes = seed.to_le_bytes().into_iter().chain(sku.bytes()).chain([0]).chain(salt.bytes());
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    let width = u64::try_from(high - low + 1).unwrap_or(1);
    low + i64::try_from(hash % width).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(units: &[(u32, i64)]) -> Vec<Event> {
        units.iter().map(|&(week, units)| Event { week, units }).collect()
    }

    const TERMS: Terms = Terms { opening_cover: 2, cover: 2, buffer: 0, carton: 1 };

    #[test]
    fn arrivals_by_hand() {
        type Units<'a> = &'a [(u32, i64)];
        // what happens in which week, and what must arrive in which week
        let cases: [(Units<'_>, Units<'_>); 9] = [
            (&[], &[]),
            (&[(0, -5)], &[(0, 5)]),
            (&[(0, -5), (1, -3), (2, -7)], &[(0, 8), (2, 7)]),
            (&[(3, -5), (4, -1), (5, -1)], &[(3, 6), (5, 1)]),
            (&[(0, 4), (0, -4)], &[]),
            (&[(0, -4), (0, 4), (1, -4)], &[(0, 4)]),
            (&[(2, 9), (3, -5), (9, -5)], &[(9, 1)]),
            (&[(2, -5), (2, -5)], &[(2, 10)]),
            (&[(0, 7)], &[]),
        ];
        for (units, expected) in cases {
            assert_eq!(TERMS.arrivals(&events(units)), expected, "{units:?}");
        }
    }

    #[test]
    fn buffer_and_carton_are_kept() {
        let terms = Terms { buffer: 10, carton: 6, ..TERMS };
        assert_eq!(terms.arrivals(&events(&[(0, -5), (2, -6)])), [(0, 18), (2, 6)]);
        assert_eq!(terms.arrivals(&events(&[(0, -5), (2, -2)])), [(0, 18)]);
    }

    #[test]
    fn stock_is_never_below_zero_whatever_happens() {
        for seed in 0..500 {
            let units: Vec<(u32, i64)> = (0..40)
                .map(|at| {
                    let week = u32::try_from(drawn(seed, "jump", "", 0, 3)).unwrap() * at / 4;
                    (week, drawn(seed, &at.to_string(), "units", -20, 10))
                })
                .collect();
            let terms = Terms::drawn(&seed.to_string(), drawn(seed, "rate", "", 0, 30), seed);
            let arrivals = terms.arrivals(&events(&units));
            for at in 0..units.len() {
                let came: i64 = arrivals.iter().filter(|(week, _)| *week <= units[at].0).map(|a| a.1).sum();
                let changed: i64 = units[..=at].iter().map(|event| event.1).sum();
                assert!(came + changed >= 0, "seed {seed}, event {at}");
            }
        }
    }

    #[test]
    fn costs_are_a_share_of_the_price_in_hundredths_of_a_penny() {
        let price = |text| Price::parse(text).unwrap();
        assert_eq!(share(price("2.55"), 45), price("1.1475"));
        assert_eq!(share(price("0.001"), 45), price("0.0005"));
        assert_eq!(share(Price::ZERO, 45), price("0.0001"));
        for sku in ["85123A", "22423", "23166"] {
            let cost = unit_cost(sku, Some(price("10")), 1);
            assert!(cost >= price("4") && cost <= price("6"), "{sku}: {cost}");
        }
        assert!(unit_cost("10134", None, 1) <= price("0.6"));
    }

    #[test]
    fn draws_depend_on_seed_and_sku_and_reach_both_ends() {
        let draws: std::collections::BTreeSet<i64> =
            (0..200).map(|seed| drawn(seed, "85123A", "margin", 40, 60)).collect();
        assert_eq!(draws.iter().copied().collect::<Vec<_>>(), (40..=60).collect::<Vec<_>>());
        assert_eq!(drawn(7, "A", "s", 0, 1000), drawn(7, "A", "s", 0, 1000));
        assert_ne!(drawn(7, "A", "s", 0, 1_000_000), drawn(7, "B", "s", 0, 1_000_000));
    }
}
