//! Decision tables of lots that are on hold as a whole.

use super::tables::check;

#[test]
fn a_lot_on_hold_comes_in_as_hold_and_goes_nowhere() {
    check(
        "receive SOUP:fresh 5 A1                          => ok
         set_status SOUP:fresh 5 A1 A1/hold               => ok
         hold SOUP:fresh                                  => ok
         receive SOUP:fresh 1 A1                          => lot_on_hold
         return SOUP:fresh 1 A1                           => lot_on_hold
         opening SOUP:fresh 1 A1                          => lot_on_hold
         produce SOUP:fresh 1 A1                          => lot_on_hold
         count SOUP:fresh 1 A1                            => lot_on_hold
         adjust SOUP:fresh 1 adjustment A1                => lot_on_hold
         receive SOUP:fresh 1 A1 + SOUP:last-day 1 A1     => lot_on_hold
         receive SOUP:fresh 1 A1/hold                     => ok
         return SOUP:fresh 1 A1/hold                      => ok
         receive SOUP:fresh 1 A1/damaged                  => ok
         count SOUP:fresh 8 A1/hold                       => ok
         set_status SOUP:fresh 1 A1/hold A1               => lot_on_hold
         set_status SOUP:fresh 1 A1/damaged A1            => lot_on_hold
         set_status SOUP:fresh 1 A1/hold A1/quarantined   => ok
         issue SOUP:fresh 1 A1                            => lot_on_hold
         issue SOUP:fresh 1 A1/hold                       => lot_on_hold
         consume SOUP:fresh 1 A1/hold                     => lot_on_hold
         allocate SOUP:fresh A1 1 a                       => lot_on_hold
         move SOUP:fresh 1 A1 A2                          => lot_on_hold
         move SOUP:fresh 1 A1/hold A2/hold                => ok
         ship SOUP:fresh 1 A1 transit                     => lot_on_hold
         ship SOUP:fresh 1 A1/hold transit/hold           => ok
         adjust SOUP:fresh 1 A1/hold loss                 => ok
         ? SOUP:fresh A1/hold = 4/0
         ? SOUP LON = 0/0/0 0
         receive SOUP:last-day 1 A1                       => ok
         unhold SOUP:fresh                                => ok
         issue SOUP:fresh 1 A1/hold                       => status_not_good
         set_status SOUP:fresh 4 A1/hold A1               => ok
         issue SOUP:fresh 1 A1                            => ok
         ? SOUP LON = 4/0/0 4",
    );
}

#[test]
fn what_is_on_its_way_is_held_when_it_arrives() {
    check(
        "receive SOUP:fresh 9 A1 as in                 => ok
         issue SOUP:fresh 1 A1 as out                  => ok
         ship SOUP:fresh 3 A1 transit as away          => ok
         set_status SOUP:fresh 5 A1 A1/hold as held    => ok
         hold SOUP:fresh                               => ok
         arrive SOUP:fresh 1 transit B1                => lot_on_hold
         arrive SOUP:fresh 1 transit B1/hold as there  => ok
         shortage SOUP:fresh 1 transit loss            => ok
         reverse out                                   => lot_on_hold
         reverse away                                  => lot_on_hold
         reverse held                                  => lot_on_hold
         reverse there                                 => ok
         ? SOUP:fresh transit = 2/0
         ? SOUP LON = 0/0/0 0
         ? SOUP YRK = 0/0/0 0",
    );
}

#[test]
fn what_expired_too_early_comes_back_on_hold() {
    check(
        "receive SOUP:fresh 2 A1                       => ok
         receive SOUP:old 2 A1/expired                 => ok
         expire SOUP:last-day 2 A1/expired A1/hold     => status_change_refused
         hold SOUP:old                                 => ok
         expire SOUP:old 2 A1/expired A1/hold          => lot_expired
         hold SOUP:last-day                            => ok
         midnight                                      => ok
         receive SOUP:last-day 2 A1/expired            => ok
         expire SOUP:last-day 2 A1/expired A1/hold     => lot_expired
         yesterday                                     => ok
         expire SOUP:last-day 2 A1/expired A2/hold     => status_change_refused
         expire SOUP:last-day 2 A1/expired A1          => lot_on_hold
         expire SOUP:last-day 2 A1/expired A1/hold     => ok
         ? SOUP:last-day A1/hold = 2/0",
    );
}

#[test]
fn what_is_released_past_its_day_is_expired() {
    check(
        "receive SOUP:last-day 4 A1                    => ok
         receive SOUP:last-day 1 A2                    => ok
         set_status SOUP:last-day 4 A1 A1/hold         => ok
         expire SOUP:last-day 4 A1/hold A1/expired     => status_change_refused
         hold SOUP:last-day                            => ok
         midnight                                      => ok
         expire SOUP:last-day 4 A1/hold A1/expired     => status_change_refused
         unhold SOUP:last-day                          => ok
         expire SOUP:last-day 4 A1/hold A2/expired     => status_change_refused
         expire SOUP:last-day 4 A1/hold A1/expired     => ok
         ? SOUP:last-day A1/expired = 4/0
         ? SOUP LON = 1/0/0 1",
    );
}

#[test]
fn nobody_makes_a_lot_good_past_its_day() {
    for status in ["hold", "quarantined", "damaged", "suspect"] {
        check(&format!(
            "receive SOUP:last-day 2 A1/{status}           => ok
             set_status SOUP:last-day 1 A1/{status} A1     => ok
             midnight                                      => ok
             set_status SOUP:last-day 1 A1/{status} A1     => lot_expired
             ? SOUP LON = 1/0/0 1
             yesterday                                     => ok
             set_status SOUP:last-day 1 A1/{status} A1     => ok
             ? SOUP LON = 2/0/0 2"
        ));
    }
}

#[test]
fn what_a_hold_has_taken_comes_back_as_its_release_makes_it() {
    for (day, then) in [("", "A1"), ("midnight => ok", "A1/expired")] {
        check(&format!(
            "receive SOUP:last-day 4 A1                    => ok
             set_status SOUP:last-day 4 A1 A1/hold         => ok
             hold SOUP:last-day                            => ok
             adjust SOUP:last-day 3 A1/hold loss as lost   => ok
             unhold SOUP:last-day                          => ok
             {day}
             reverse lost frees=5                          => insufficient_stock
             ? SOUP:last-day A1/hold = 1/0
             reverse lost frees=2                          => ok
             ? SOUP:last-day A1/hold = 2/0
             ? SOUP:last-day {then} = 2/0
             reverse lost                                  => already_reversed"
        ));
    }
}
