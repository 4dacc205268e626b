//! Goods of a third party: kept, counted and promised like all others, and worth nothing.

use super::tables::check;

#[test]
fn goods_of_a_third_party_are_worth_nothing_whatever_moves_them() {
    check(
        "receive VASE 5 A1 each=1.00                          => invalid_value
         receive VASE 5 A1 total=0                            => invalid_value
         opening VASE 5 A1 total=100                          => invalid_value
         produce VASE 5 A1 each=2.00                          => invalid_value
         count VASE 5 A1 each=2.00                            => invalid_value
         receive BOLT 1 A1 each=1.00 + VASE 1 A1 each=1.00    => invalid_value
         ? BOLT A1 = 0/0
         receive VASE 5 A1                                    => ok
         count VASE 7 A1                                      => ok
         reserve VASE LON 2 r1                                => ok
         move VASE 2 A1 A2                                    => ok
         ship VASE 2 A2 transit                               => ok
         arrive VASE 2 transit B1                             => ok
         issue VASE 2 A1 claim=r1 as sale                     => ok
         return VASE 1 A1 sale=sale                           => ok
         ? VASE A1 = 4/0
         ? VASE LON = 4/0/0 4
         ? value VASE LON = 4 0
         ? value VASE YRK = 2 0",
    );
}

#[test]
fn what_was_our_own_does_not_come_back_with_its_value() {
    check(
        "receive BOLT 5 A1 each=1.00                          => ok
         issue BOLT 2 A1 as sale                              => ok
         adjust BOLT 3 A1 loss as gone                        => ok
         give BOLT                                            => ok
         reverse sale                                         => not_reversible
         reverse gone                                         => not_reversible
         return BOLT 1 A1 sale=sale                           => sale_mismatch
         return BOLT 1 A1                                     => ok
         ? value BOLT LON = 1 0
         issue BOLT 1 A1 as theirs                            => ok
         own BOLT                                             => ok
         reverse theirs                                       => ok
         ? value BOLT LON = 1 0
         reverse sale                                         => ok
         ? value BOLT LON = 3 200",
    );
}

/// As a ledger may hold it that was begun before the owner of an item meant anything.
#[test]
fn what_is_still_worth_something_may_go() {
    check(
        "receive BOLT 5 A1 each=1.00 as bought                => ok
         give BOLT                                            => ok
         move BOLT 1 A1 A2                                    => ok
         issue BOLT 1 A2                                      => ok
         adjust BOLT 1 A1 loss                                => ok
         ship BOLT 1 A1 transit                               => ok
         arrive BOLT 1 transit B1                             => ok
         ? value BOLT LON = 2 200
         adjust BOLT 2 A1 loss                                => ok
         count BOLT 2 A1                                      => ok
         ? value BOLT LON = 2 0
         ? value BOLT YRK = 1 100",
    );
}
