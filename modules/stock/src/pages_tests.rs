//! Every list of this module goes on where the page before ended, however long it is.

use crate::testing::{on_both_engines, world};
use crate::{
    backorder, balance, claim, home, item_stock, ledger_page, level, lot, period, reason, room, rotation,
    transfer, unit, upkeep, valuation,
};
use db::{Engine, Statement};
use testkit::pages_go_on_where_they_ended;

on_both_engines!(every_page_goes_on_where_the_one_before_ended);

fn every_page_goes_on_where_the_one_before_ended(engine: Engine) {
    let world = world(engine);
    let records = [
        backorder::store::ALL,
        balance::store::ALL,
        home::store::ALL,
        period::store::ALL,
        reason::store::ALL,
        room::store::ALL,
        transfer::store::ALL,
        unit::store::ALL,
        upkeep::store::ALL,
    ];
    let records = records.concat().into_iter();
    let count = pages_go_on_where_they_ended(&world.db, records);
    assert!(
        count >= 10,
        "rules, months, their closings, items, places that are walked past, with rules, reasons, transfers in both orders, moves of a unit: {count}"
    );
    let stock: [&[&[Statement]]; 6] = [
        &claim::store::ALL,
        &[item_stock::store::STATEMENTS],
        &level::store_ways::ALL,
        &lot::store_find::ALL,
        valuation::store::ALL,
        &[ledger_page::store::STATEMENTS, ledger_page::store_keys::STATEMENTS],
    ];
    // open claims are few beside those that ever were, and so is what may be picked of one item, or the
    // serials of a parent; they are put in order where they stand
    let sorted = [
        "stock.claim.open",
        "stock.claim.open_of_item",
        "stock.rotation",
        "stock.ledger.keys_of_serials",
        "stock.lot.by_expiry_of_parent",
    ];
    let sorted = |statement: &&Statement| sorted.contains(&statement.name.trim_end_matches("_down"));
    assert!(rotation::STATEMENTS.iter().all(|statement| sorted(&statement)));
    for lists in stock {
        let lists = lists.iter().copied().flatten().filter(|statement| !sorted(statement));
        assert!(pages_go_on_where_they_ended(&world.db, lists) > 0);
    }
}
