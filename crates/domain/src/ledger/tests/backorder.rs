//! Decision tables of demand beyond stock: what may wait, who is covered first, and what a loss takes.

use super::tables::check;

#[test]
fn without_a_rule_nothing_waits() {
    check(
        "receive BOLT 5 A1               => ok
         reserve BOLT LON 6 r1           => insufficient_available
         ? BOLT LON = 5/0/0 5
         rule BOLT LON 0                 => ok
         reserve BOLT LON 6 r1           => insufficient_available
         reserve BOLT LON 5 r1           => ok
         reserve BOLT LON 1 r2           => insufficient_available
         ? BOLT LON = 5/5/0 0",
    );
}

#[test]
fn what_stock_lacks_waits_up_to_the_cap() {
    check(
        "rule BOLT LON 10                => ok
         receive BOLT 5 A1               => ok
         reserve BOLT LON 16 r1          => insufficient_available
         ? BOLT LON = 5/0/0 5
         reserve BOLT LON 8 r1           => ok
         ? claim r1 = 5+3 open
         ? BOLT LON = 5/5/0 0 +3
         reserve BOLT LON 8 r2           => insufficient_available
         reserve BOLT LON 1 r2 now       => insufficient_available
         reserve BOLT LON 7 r2           => ok
         ? claim r2 = 0+7 open
         reserve BOLT LON 1 r3           => insufficient_available
         ? BOLT LON = 5/5/0 0 +10
         ? BOLT YRK = 0/0/0 0",
    );
}

#[test]
fn what_comes_covers_the_highest_priority_and_then_the_oldest() {
    check(
        "rule BOLT LON 100                     => ok
         reserve BOLT LON 4 old                => ok
         reserve BOLT LON 4 young              => ok
         reserve BOLT LON 4 first priority=1   => ok
         receive BOLT 6 A1                     => ok
         ? claim first = 4 open
         ? claim old = 2+2 open
         ? claim young = 0+4 open
         ? BOLT LON = 6/6/0 0 +6
         reserve BOLT LON 1 late priority=9    => ok
         receive BOLT 1 CAGE                   => ok
         ? claim late = 0+1 open
         move BOLT 1 CAGE A1                   => ok
         ? claim late = 1 open
         return BOLT 7 A2                      => ok
         ? claim old = 4 open
         ? claim young = 4 open
         ? BOLT LON = 14/13/0 1",
    );
}

#[test]
fn whatever_makes_stock_available_covers_who_waits() {
    for more in [
        "receive BOLT 2 A1",
        "return BOLT 2 A1",
        "opening BOLT 2 A1",
        "produce BOLT 2 A1",
        "count BOLT 3 A1",
        "adjust BOLT 2 adjustment A1",
        "move BOLT 2 CAGE A1",
        "set_status BOLT 2 A2/hold A2",
        "arrive BOLT 2 transit A1",
        "relocate BOLT 2 B1 A1",
        "reverse out",
        "release held 2",
        "lapse held",
        "start BOLT CAGE",
    ] {
        let table = format!(
            "receive BOLT 2 CAGE + BOLT 2 A2/hold + BOLT 2 B1      => ok
             receive BOLT 5 A1                                     => ok
             issue BOLT 2 A1 as out                                => ok
             ship BOLT 2 A1 transit                                => ok
             reserve BOLT LON 1 rest                               => ok
             release rest                                          => ok
             receive BOLT 2 A2                                     => ok
             reserve BOLT LON 2 held until=2026-06-15T13:00:00Z    => ok
             reserve BOLT LON 1 kept                               => ok
             rule BOLT LON 5                                       => ok
             reserve BOLT LON 2 waits                              => ok
             ? BOLT LON = 3/3/0 0 +2
             {more} => {}
             ? claim waits = 2 open",
            if more.starts_with("start") { "1 changed" } else { "ok" }
        );
        check(&table);
    }
}

#[test]
fn what_does_not_make_stock_available_covers_nobody() {
    check(
        "rule BOLT LON 5                       => ok
         receive BOLT 4 A1                     => ok
         reserve BOLT LON 4 held               => ok
         reserve BOLT LON 3 waits              => ok
         receive BOLT 9 B1                     => ok
         receive BOLT 9 A1/damaged             => ok
         receive WIRE 9 A1                     => ok
         move BOLT 4 A1 A2                     => ok
         allocate BOLT A2 3 bound from=held    => ok
         issue BOLT 2 A2 claim=bound           => ok
         issue BOLT 1 A2 claim=held            => ok
         release bound                         => ok
         ? claim waits = 1+2 open
         ? BOLT LON = 1/1/0 0 +2",
    );
}

#[test]
fn only_what_is_covered_is_bound_or_goes_out() {
    check(
        "rule BOLT LON 5                       => ok
         receive BOLT 5 A1                     => ok
         reserve BOLT LON 1 other              => ok
         reserve BOLT LON 6 r1                 => ok
         allocate BOLT A1 1 a0                 => insufficient_available
         issue BOLT 1 A1                       => insufficient_available
         issue BOLT 5 A1 claim=r1              => stock_claimed
         allocate BOLT A1 5 a1 from=r1         => stock_claimed
         allocate BOLT A1 3 a1 from=r1         => ok
         ? claim r1 = 1+2 open
         issue BOLT 1 A1 claim=r1              => ok
         ? claim r1 = 0+2 open
         issue BOLT 1 A1 claim=r1              => stock_claimed
         allocate BOLT A1 1 a2 from=r1         => stock_claimed
         issue BOLT 3 A1 claim=a1              => ok
         ? BOLT LON = 1/1/0 0 +2
         receive BOLT 3 A1                     => ok
         issue BOLT 2 A1 claim=r1              => ok
         ? claim r1 = 0 fulfilled
         ? BOLT LON = 2/1/0 1",
    );
}

#[test]
fn who_gives_up_a_part_stops_waiting_first() {
    check(
        "rule BOLT LON 9                       => ok
         receive BOLT 4 A1                     => ok
         reserve BOLT LON 7 r1                 => ok
         reserve BOLT LON 3 r2                 => ok
         release r1 2                          => ok
         ? claim r1 = 4+1 open
         ? claim r2 = 0+3 open
         release r1 6                          => stock_claimed
         release r1 2                          => ok
         ? claim r1 = 3 open
         ? claim r2 = 1+2 open
         release r1                            => ok
         ? claim r1 = 0 released
         ? claim r2 = 3 open
         ? BOLT LON = 4/3/0 1",
    );
}

#[test]
fn a_claim_that_waited_too_long_gives_up_both_parts() {
    check(
        "rule BOLT LON 9                                  => ok
         receive BOLT 4 A1                                => ok
         reserve BOLT LON 6 r1 until=2026-06-15T13:00:00Z => ok
         reserve BOLT LON 1 r2                            => ok
         lapse r1                                         => ok
         ? claim r1 = 0 expired
         ? claim r2 = 1 open
         ? BOLT LON = 4/1/0 3",
    );
}

#[test]
fn what_a_loss_takes_waits_beyond_the_cap() {
    check(
        "receive BOLT 10 A1                    => ok
         reserve BOLT LON 3 keep priority=5    => ok
         reserve BOLT LON 3 older              => ok
         reserve BOLT LON 3 younger            => ok
         rule BOLT LON 0                       => ok
         count BOLT 5 A1                       => ok
         ? claim younger = 0+3 open
         ? claim older = 2+1 open
         ? claim keep = 3 open
         ? BOLT LON = 5/5/0 0 +4
         reserve BOLT LON 1 late               => insufficient_available
         count BOLT 7 A1                       => ok
         ? claim older = 3 open
         ? claim younger = 1+2 open
         rule BOLT LON none                    => ok
         count BOLT 6 A1                       => ok
         ? claim younger = 0+2 open
         receive BOLT 3 A1                     => ok
         ? claim younger = 2 open
         ? BOLT LON = 9/8/0 1",
    );
}

#[test]
fn who_does_not_wait_is_broken_as_ever() {
    check(
        "rule BOLT LON 9                       => ok
         receive BOLT 6 A1                     => ok
         allocate BOLT A1 2 bound now          => ok
         reserve BOLT LON 2 waits              => ok
         reserve BOLT LON 2 now now            => ok
         count BOLT 0 A1                       => ok
         ? claim now = 0 broken
         ? claim bound = 0 broken
         ? claim waits = 0+2 open
         ? owned bound = 0
         ? BOLT LON = 0/0/0 0 +2",
    );
}

#[test]
fn what_an_allocation_loses_waits_as_a_reservation() {
    check(
        "rule BOLT LON 9                       => ok
         receive BOLT 5 A1                     => ok
         reserve BOLT LON 5 order              => ok
         allocate BOLT A1 4 a1 from=order      => ok
         set_status BOLT 4 A1 A1/damaged       => ok
         ? claim a1 = 0 broken
         ? owned a1 = 0+4
         ? claim order = 1 open
         ? BOLT LON = 1/1/0 0 +4
         ? BOLT A1 = 1/0
         receive BOLT 3 A2                     => ok
         ? owned a1 = 3+1
         ? BOLT LON = 4/4/0 0 +1",
    );
}

#[test]
fn what_a_bin_loses_is_covered_from_another_bin() {
    check(
        "rule BOLT LON 9                       => ok
         receive BOLT 5 A1 + BOLT 5 A2         => ok
         allocate BOLT A1 5 a1                 => ok
         adjust BOLT 4 A1 loss                 => ok
         ? claim a1 = 1 open
         ? owned a1 = 5
         ? BOLT LON = 6/4/1 1
         stop BOLT A1                          => ok
         ? BOLT LON = 5/4/1 0",
    );
}

#[test]
fn a_refusal_leaves_the_queue_as_it_was() {
    check(
        "rule BOLT LON 9                       => ok
         reserve BOLT LON 2 r1                 => ok
         reserve BOLT LON 2 r2                 => ok
         receive BOLT 3 A1 + BOLT 1 SHUT       => location_blocked
         ? claim r1 = 0+2 open
         receive BOLT 1 A1                     => ok
         ? claim r1 = 1+1 open
         count BOLT 9 A1 + BOLT 0.5 A1         => fraction_refused
         ? claim r1 = 1+1 open
         receive BOLT 3 A1                     => ok
         ? claim r1 = 2 open
         ? claim r2 = 2 open
         ? BOLT LON = 4/4/0 0",
    );
}

#[test]
fn a_reversal_that_takes_back_what_was_covered_is_refused() {
    check(
        "rule BOLT LON 9                       => ok
         reserve BOLT LON 2 r1                 => ok
         receive BOLT 3 A1 as in               => ok
         ? BOLT LON = 3/2/0 1
         reverse in                            => insufficient_available
         release r1                            => ok
         reverse in                            => ok
         ? BOLT LON = 0/0/0 0",
    );
}
