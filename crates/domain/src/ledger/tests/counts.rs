//! Counts: held to what the books said when it was counted, and priced by what was found.

use super::laws::check_state;
use super::random::history;
use super::tables::check;
use super::world::{World, item_of, noon, place_of};
use crate::costing::Method;
use crate::ledger::*;
use crate::*;
use proptest::prelude::*;

#[test]
fn a_count_is_an_absolute_fact() {
    check(
        "count BOLT 7 A1                      => ok
         ? BOLT A1 = 7/0
         count BOLT 7 A1                      => invalid_quantity
         count BOLT 3 A1                      => ok
         ? BOLT A1 = 3/0
         ? BOLT adjustment = -3/0
         count BOLT 0.5 A1                    => fraction_refused
         count BOLT -1 A1                     => invalid_quantity",
    );
}

#[test]
fn a_count_is_held_to_what_the_books_said_at_its_instant() {
    check(
        "receive BOLT 10 A1 at=2026-06-01T00:00:00Z    => ok
         issue BOLT 3 A1 at=2026-06-05T00:00:00Z       => ok
         count BOLT 10 A1 at=2026-06-04T00:00:00Z      => invalid_quantity
         count BOLT 7 A1 at=2026-06-05T00:00:00Z       => invalid_quantity
         ? BOLT A1 = 7/0
         count BOLT 12 A1 at=2026-06-04T00:00:00Z      => ok
         ? BOLT A1 = 9/0
         ? BOLT adjustment = -2/0
         count BOLT 12 A1 at=2026-06-04T00:00:00Z      => invalid_quantity
         count BOLT 4 A1 at=2026-06-04T00:00:00Z       => ok
         ? BOLT A1 = 1/0
         count BOLT 1 A1 at=2026-05-01T00:00:00Z       => ok
         ? BOLT A1 = 2/0
         count BOLT 2 A1                               => invalid_quantity",
    );
}

#[test]
fn a_count_of_the_past_leaves_no_instant_below_zero() {
    check(
        "receive BOLT 10 A1 at=2026-06-01T00:00:00Z    => ok
         issue BOLT 8 A1 at=2026-06-05T00:00:00Z       => ok
         count BOLT 7 A1 at=2026-06-04T00:00:00Z       => insufficient_stock
         ? BOLT A1 = 2/0
         receive BOLT 20 A1 at=2026-06-10T00:00:00Z    => ok
         count BOLT 7 A1 at=2026-06-04T00:00:00Z       => insufficient_stock
         count BOLT 8 A1 at=2026-06-04T00:00:00Z       => ok
         ? BOLT A1 = 20/0",
    );
}

#[test]
fn the_lines_of_a_dated_count_follow_each_other() {
    check(
        "receive BOLT 10 A1 at=2026-06-01T00:00:00Z                => ok
         issue BOLT 3 A1 at=2026-06-05T00:00:00Z                   => ok
         count BOLT 12 A1 + BOLT 9 A1 at=2026-06-04T00:00:00Z      => ok
         ? BOLT A1 = 6/0
         ? BOLT adjustment = 1/0",
    );
}

#[test]
fn a_late_count_is_of_the_day_it_was_made_and_booked_in_the_open_period() {
    let mut world = World::new(Method::Fifo);
    world.run(
        "receive BOLT 10 A1 at=2026-05-01T00:00:00Z        => ok
         issue BOLT 3 A1 at=2026-05-31T00:00:00Z           => ok
         issue BOLT 1 A1 at=2026-06-01T00:00:00Z           => ok",
    );
    world.close(202_605);
    world.run(
        "count BOLT 12 A1 at=2026-05-30T00:00:00Z          => period_closed
         count BOLT 12 A1 at=2026-05-30T00:00:00Z late=1   => ok
         ? BOLT A1 = 8/0",
    );
    let late = world.log.last().unwrap();
    assert_eq!(late.effective_at.to_string(), "2026-06-01T00:00:00Z");
    assert_eq!(late.movements[0].qty, 2_000_000);
}

#[test]
fn a_surplus_costs_what_is_found_and_not_what_is_counted() {
    check(
        "receive BOLT 90 A1 each=1.00         => ok
         count BOLT 100 A1 each=2.00          => ok
         ? value BOLT LON = 100 11000
         count BOLT 95 A1 each=7.00           => ok
         ? value BOLT LON = 95 10500
         count BOLT 96 A1                     => ok
         ? value BOLT LON = 96 10611
         issue BOLT 1 A1                      => ok
         count WIRE 2.5 A1 each=0.333         => ok
         ? value WIRE LON = 2.5 83
         count BOLT 1000000000 A1 each=999999999999 => limit_exceeded
         ? BOLT A1 = 95/0",
    );
}

#[test]
fn a_surplus_is_priced_by_the_unit_that_was_counted() {
    // one case of twelve at 10.00: four of them are 3.333… and no unit is rounded before
    check(
        "receive BOLT 8 A1 each=1.00          => ok
         count BOLT 12 A1 each=10.00 per=12   => ok
         ? value BOLT LON = 12 1133
         count WIRE 1 A1 each=0.10 per=1/3    => ok
         ? value WIRE LON = 1 30",
    );
}

/// What a count says: where, how much, of which instant, and the cents that one unit found is worth.
struct Counted {
    key: Key,
    qty: i64,
    at: Instant,
    cents: Option<i64>,
}

impl Counted {
    fn read(command: &str) -> Option<Counted> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["count", item, qty, place, ref options @ ..] = words[..] else { return None };
        let option = |name: &str| options.iter().find_map(|word| word.strip_prefix(name));
        let (item, lot) = item_of(item);
        Some(Counted {
            key: Key::at(item, lot, place_of(place)),
            qty: Delta::parse(qty).unwrap().0,
            at: option("at=").map_or(noon(), |at| Instant::parse(at).unwrap()),
            cents: option("each=").map(|each| each.replace('.', "").parse().unwrap()),
        })
    }

    /// What the log says was there when it was counted.
    fn on_hand(&self, log: &[Posted]) -> i64 {
        let then = log.iter().filter(|posted| posted.effective_at <= self.at);
        let movements = then.flat_map(|posted| &posted.movements);
        let of_key = |movement: &Movement, place| Key::at(movement.item, movement.lot, place) == self.key;
        movements
            .map(|movement| {
                let came = i64::from(of_key(movement, movement.to));
                movement.qty * (came - i64::from(of_key(movement, movement.from)))
            })
            .sum()
    }

    /// A count that is booked makes the books of its instant agree, and what was found is worth what it
    /// said; one that changes nothing agreed with them.
    fn check(&self, outcome: &Result<Posted, Refusal>, log: &[Posted]) {
        match outcome {
            Ok(posted) => {
                assert_eq!(
                    self.on_hand(log),
                    self.qty,
                    "the books say what was counted, when it was counted"
                );
                let [movement] = &posted.movements[..] else { panic!("a count moves one quantity") };
                let found = Key::at(movement.item, movement.lot, movement.to) == self.key;
                if let Some(cents) = self.cents.filter(|_| found) {
                    let units = movement.qty / Qty::ONE.millionths();
                    assert_eq!(movement.value, Some(units * cents), "what was found is worth what it costs");
                }
            }
            Err(Refusal { why: Why::Nothing, .. }) => assert_eq!(self.on_hand(log), self.qty),
            Err(_) => assert_ne!(self.on_hand(log), self.qty, "a count that agrees is not refused for more"),
        }
    }
}

proptest! {
    #[test]
    fn a_count_is_held_to_its_instant_and_priced_by_what_was_found(commands in history(), average in any::<bool>()) {
        let method = if average { Method::MovingAverage } else { Method::Fifo };
        let mut world = World::new(method);
        for command in &commands {
            let fresh = !["reserve", "allocate", "release", "reverse"].iter().any(|word| command.starts_with(word));
            if fresh && !command.contains("claim=") {
                let outcome = world.decide(command);
                if let Some(counted) = Counted::read(command) {
                    counted.check(&outcome, &world.log);
                }
            }
        }
        check_state(&world);
    }
}
