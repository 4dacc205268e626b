//! Decision tables of lots that are the parents of serials.

use super::tables::check;

#[test]
fn the_parent_of_serials_has_no_stock_of_its_own() {
    check(
        "receive DRILL:R-77 1 A1              => lot_is_parent
         receive DRILL:R-77 5 A1              => lot_is_parent
         opening DRILL:R-77 1 A1              => lot_is_parent
         produce DRILL:R-77 1 A1              => lot_is_parent
         return DRILL:R-77 1 A1               => lot_is_parent
         count DRILL:R-77 1 A1                => lot_is_parent
         issue DRILL:R-77 1 A1                => lot_is_parent
         move DRILL:R-77 1 A1 A2              => lot_is_parent
         set_status DRILL:R-77 1 A1 A1/hold   => lot_is_parent
         ship DRILL:R-77 1 A1 transit         => lot_is_parent
         allocate DRILL:R-77 A1 1 a           => lot_is_parent
         receive DRILL:S1 1 A1 + DRILL:R-77 1 A1 => lot_is_parent
         ? DRILL LON = 0/0/0 0
         receive SOUP:R-77 1 A1               => unknown_lot
         receive DRILL:S1 1 A1                => ok",
    );
}
