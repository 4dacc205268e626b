//! Every statement of the crate can be prepared, and the hot ones read no whole table.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::world;
use db::{Engine, Statement, full_scans};
use testkit::on_both_engines;

on_both_engines!(
    hot_statements_read_no_whole_table,
    every_page_goes_on_where_the_one_before_ended,
    a_full_scan_is_seen,
    a_wrong_statement_is_named
);

fn hot_statements_read_no_whole_table(engine: Engine) {
    let world = world(engine);
    for statement in db::statements() {
        if statement.text(engine).is_empty() {
            continue;
        }
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        if statement.hot {
            assert_eq!(full_scans(&plan), [""; 0], "{}", statement.name);
        }
    }
}

fn every_page_goes_on_where_the_one_before_ended(engine: Engine) {
    let world = world(engine);
    // the sequencer asks each lane for what is new, and lanes are few
    let pages = db::statements().filter(|statement| !statement.name.starts_with("db.sequencer."));
    assert!(testkit::pages_go_on_where_they_ended(&world.db, pages) > 1);
}

fn a_full_scan_is_seen(engine: Engine) {
    const SCAN: Statement = Statement::new("test.scan", "select id from shop_account where amount = ?1");
    let world = world(engine);
    assert_eq!(full_scans(&world.db.plan(&SCAN).unwrap()).len(), 1);
}

fn a_wrong_statement_is_named(engine: Engine) {
    const WRONG: Statement = Statement::new("test.wrong", "select nothing from shop_account");
    let world = world(engine);
    assert!(world.db.plan(&WRONG).is_err());
    // and the connection can be used again
    assert_eq!(common::all(&world.db), []);
}
