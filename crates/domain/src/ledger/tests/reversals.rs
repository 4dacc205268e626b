//! Decision tables of reversals.

use super::tables::check;

#[test]
fn a_reversal_restores_and_happens_once() {
    check(
        "receive BOLT 4 A1 each=1.00          => ok
         receive BOLT 4 A1 each=3.00          => ok
         issue BOLT 6 A1 as sale              => ok
         ? value BOLT LON = 2 600
         reverse sale                         => ok
         ? BOLT A1 = 8/0
         ? value BOLT LON = 8 1600
         reverse sale                         => already_reversed",
    );
}

#[test]
fn goods_that_come_back_worth_something_else_lose_no_cent() {
    check(
        "receive BOLT 1 A1 total=100          => ok
         receive BOLT 2 A1 total=500          => ok
         ship BOLT 3 A1 transit as out        => ok
         receive BOLT 3 A1 total=1000         => ok
         ship BOLT 3 A1 transit               => ok
         arrive BOLT 3 transit B1             => ok
         ? value BOLT YRK = 3 600
         reverse out                          => ok
         ? value BOLT LON = 3 1000
         ? value BOLT transit = 0 0
         issue BOLT 1 A1                      => ok
         ? value BOLT LON = 2 667",
    );
}

#[test]
fn a_reversal_goes_back_from_the_last_line_to_the_first() {
    check(
        "receive BOLT 5 A1                    => ok
         move BOLT 5 A1 A2 + BOLT 5 A2 STAGE as walk => ok
         reverse walk                         => ok
         ? BOLT A1 = 5/0
         ? BOLT STAGE = 0/0",
    );
}

#[test]
fn goods_that_have_left_cannot_be_reversed_away() {
    check(
        "receive BOLT 4 A1 as in              => ok
         issue BOLT 1 A1                      => ok
         reverse in                           => insufficient_stock
         return BOLT 1 A1                     => ok
         reserve BOLT LON 1 r                 => ok
         reverse in                           => insufficient_available
         release r as off                     => ok
         reverse off                          => not_reversible
         reverse in                           => ok
         ? BOLT A1 = 0/0",
    );
}
