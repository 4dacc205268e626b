//! What comes back of sales: decision tables, and that no order of returns gives back more than left.

use super::tables::check;
use super::world::{World, millionths};
use crate::costing::Method;
use crate::ledger::{Amount, Line, SaleLine, TakeBack};
use proptest::prelude::*;

impl World {
    /// Reads `NAME[.LINE,…][*QTY]`: the first lines of a posting that are given, or its first one, and how
    /// much of the line's quantity.
    pub(super) fn take_back(&self, line: usize, of: &Line, text: &str) -> TakeBack {
        let (text, qty) = text.split_once('*').map_or((text, None), |(text, qty)| (text, Some(qty)));
        let (name, lines) = text.split_once('.').unwrap_or((text, "0"));
        let posting = self.postings[name].id;
        let lines = lines.split(',').map(|line| SaleLine { posting, line: line.parse().unwrap() });
        let Amount::Move(all) = of.amount else { panic!("a return is not counted") };
        TakeBack { line, qty: qty.map_or(all, millionths), of: lines.collect() }
    }
}

#[test]
fn what_comes_back_is_worth_its_share_and_is_never_more_than_was_shipped() {
    check(
        "receive BOLT 3 A1 total=1000                => ok
         issue BOLT 3 A1 as out                      => ok
         return BOLT 1 A1 sale=out as one            => ok
         ? value BOLT A1 = 1 333
         return BOLT 1 A1 sale=out as two            => ok
         ? value BOLT A1 = 2 666
         return BOLT 2 A1 sale=out                   => return_exceeds_sale
         return BOLT 1 A1 sale=out + BOLT 1 A2 sale=out => return_exceeds_sale
         return BOLT 1 B1 sale=out as three          => ok
         ? value BOLT B1 = 1 334
         return BOLT 1 A1 sale=out                   => return_exceeds_sale
         reverse out                                 => sale_returned
         reverse two                                 => ok
         ? value BOLT A1 = 1 333
         return BOLT 1 A1 sale=out as again          => ok
         ? value BOLT A1 = 2 666
         return BOLT 1 A1                            => ok
         return BOLT 1 A1 sale=out                   => return_exceeds_sale",
    );
}

#[test]
fn a_sale_is_reversed_when_all_that_came_back_of_it_has_left_again() {
    check(
        "receive BOLT 3 A1 total=1000       => ok
         issue BOLT 3 A1 as out             => ok
         return BOLT 2 A1 sale=out as back  => ok
         reverse out                        => sale_returned
         issue BOLT 2 A1 as sold            => ok
         reverse back                       => insufficient_stock
         return BOLT 2 A1 sale=out          => return_exceeds_sale
         reverse sold                       => ok
         reverse back                       => ok
         reverse out                        => ok
         ? value BOLT A1 = 3 1000
         return BOLT 1 A1 sale=out          => sale_reversed
         ? BOLT LON = 3/0/0 3",
    );
}

#[test]
fn it_is_the_same_item_and_lot_that_comes_back() {
    check(
        "receive SOUP:fresh 2 A1 + SOUP:last-day 2 A1             => ok
         receive DRILL:S1 1 A1 + DRILL:S2 1 A1                    => ok
         issue SOUP:fresh 2 A1 + SOUP:last-day 1 A1 as out        => ok
         issue DRILL:S1 1 A1 as drill                             => ok
         return SOUP:fresh 1 A1 sale=out.1                        => sale_mismatch
         return SOUP:last-day 1 A1 sale=out.0                     => sale_mismatch
         return BOLT 1 A1 sale=out.0                              => sale_mismatch
         return SOUP:fresh 1 A1 sale=out.0 + SOUP:last-day 1 A1 sale=out.1 => ok
         return SOUP:last-day 1 A1 sale=out.1                     => return_exceeds_sale
         return DRILL:S2 1 A1 sale=drill                          => serial_in_stock
         return DRILL:S1 1 A1 sale=drill as back                  => ok
         issue DRILL:S1 1 A1 as second                            => ok
         return DRILL:S1 1 A1 sale=drill                          => return_exceeds_sale
         return DRILL:S1 1 A1 sale=second                         => ok
         ? SOUP LON = 3/0/0 3",
    );
}

#[test]
fn lines_of_a_sale_give_back_one_after_the_other() {
    check(
        "receive BOLT 3 A1 total=300                    => ok
         receive BOLT 2 A2 total=500                    => ok
         issue BOLT 3 A1 + BOLT 2 A2 as out             => ok
         return BOLT 6 B1 sale=out.0,1                  => return_exceeds_sale
         return BOLT 4 B1 sale=out.0,1                  => ok
         ? value BOLT B1 = 4 550
         return BOLT 2 A1 sale=out.0,1                  => return_exceeds_sale
         return BOLT 1 A1 sale=out.0,1                  => ok
         ? value BOLT A1 = 1 250",
    );
}

#[test]
fn a_cost_that_is_named_stands_and_the_share_of_the_sale_is_taken_all_the_same() {
    check(
        "receive BOLT 4 A1 total=1000                 => ok
         issue BOLT 4 A1 as out                       => ok
         return BOLT 1 A1 total=7 sale=out            => ok
         ? value BOLT A1 = 1 7
         return BOLT 1 B1 sale=out                    => ok
         ? value BOLT B1 = 1 250
         return BOLT 3 B1 sale=out*2                  => ok
         ? value BOLT B1 = 4 1000",
    );
}

#[test]
fn nothing_comes_back_before_it_was_sold() {
    check(
        "receive BOLT 4 A1 at=2026-06-01T00:00:00Z                    => ok
         issue BOLT 4 A1 at=2026-06-10T00:00:00Z as out               => ok
         return BOLT 1 A1 at=2026-06-09T23:59:59Z sale=out            => return_before_sale
         return BOLT 1 A1 at=2026-06-10T00:00:00Z sale=out            => ok
         return BOLT 1 A1 at=2026-06-09T23:59:59Z                     => ok",
    );
}

proptest! {
    /// Whatever comes back in whatever parts, and whichever returns are reversed between: it is never
    /// worth more than what left, and all of it is worth exactly that.
    #[test]
    fn all_that_comes_back_is_worth_what_left(
        sold in 1_i64..40,
        value in 0_i64..1_000,
        steps in proptest::collection::vec((1_i64..8, 0_usize..4), 1..30),
    ) {
        let mut world = World::new(Method::Fifo);
        world.run(&format!("receive BOLT {sold} A1 total={value} => ok\nissue BOLT {sold} A1 as out => ok"));
        let mut standing: Vec<(String, i64)> = Vec::new();
        let back = |world: &mut World, standing: &mut Vec<(String, i64)>, qty: i64| {
            let name = format!("r{}", world.log.len());
            let outcome = world.decide(&format!("return BOLT {qty} B1 sale=out as {name}"));
            let before: i64 = standing.iter().map(|(_, qty)| qty).sum();
            prop_assert_eq!(outcome.is_ok(), before + qty <= sold);
            if let Ok(posted) = outcome {
                prop_assert_eq!(posted.movements[0].value, Some(posted.returns[0].value));
                standing.push((name, qty));
            }
            Ok(())
        };
        for (qty, which) in steps {
            if which == 0 && !standing.is_empty() {
                let (name, _) = standing.remove(standing.len() / 2);
                let undo = format!("reverse {name}");
                prop_assert!(world.decide(&undo).is_ok());
            } else {
                back(&mut world, &mut standing, qty)?;
            }
            let worth: i64 = world.vault.touched().sales.iter().map(|(_, sale)| sale.back.value).sum();
            prop_assert!((0..=value).contains(&worth));
        }
        let rest = sold - standing.iter().map(|(_, qty)| qty).sum::<i64>();
        if rest > 0 {
            back(&mut world, &mut standing, rest)?;
        }
        let sales = world.vault.touched().sales;
        prop_assert_eq!((sales[0].1.left(), sales[0].1.back.value), (0, value));
    }
}
