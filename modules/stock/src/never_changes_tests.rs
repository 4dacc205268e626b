//! What never changes: no row of it is changed or taken out, and it is not emptied either, whatever the
//! program that asks.

use crate::digest::{Anchor, anchor};
use crate::input::{CostInput, LineInput, SaleInput};
use crate::testing::{World, on_both_engines, parse, posting_of, world};
use db::{Engine, Statement};
use domain::ledger::Kind;

on_both_engines!(no_row_is_changed_or_taken_out, nothing_is_emptied_at_once);

const TABLES: [&str; 6] = [
    "stock_movement",
    "stock_posting",
    "stock_layer_use",
    "stock_return",
    "stock_digest",
    "stock_period_digest",
];

const PARTS: Statement = Statement::per_engine(
    "stock.test.parts",
    "",
    "select cast(inhrelid::regclass as text) from pg_inherits
     where inhparent = 'stock_movement'::regclass order by 1",
);

/// A row in each of them.
fn filled(engine: Engine) -> World {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("2 BOLT at L1")]));
    let sale = Some(SaleInput { posting: sale, line: None });
    world.post(Kind::Return, vec![LineInput { sale, cost: CostInput::Unknown, ..parse("1 BOLT at L1") }]);
    let heads = Anchor { heads: "[]".to_owned(), postings: 3, movements: 3, state_hash: None, n: 1 };
    assert!(world.run(move |tx, ctx| Ok(anchor(tx, ctx, &heads)?)).unwrap());
    world.run(|tx, ctx| crate::period::close(tx, ctx, ("2026-01", web::IfMatch::Any))).unwrap();
    for table in TABLES {
        assert!(rows(&world, table) > 0, "{table}");
    }
    world
}

/// A statement of a test; it lives as long as the test does.
fn statement(text: String) -> &'static Statement {
    Box::leak(Box::new(Statement::new("stock.test.made", Box::leak(text.into_boxed_str()))))
}

fn rows(world: &World, table: &str) -> i64 {
    let count = statement(format!("select count(*) from {table}"));
    world.read(|conn| conn.query_one(count, &[], |row| row.int(0)))
}

fn is_refused(world: &World, table: &str, text: &str) {
    let (before, asked) = (rows(world, table), statement(text.to_owned()));
    let error = world.db.write_blocking(move |tx| tx.execute(asked, &[])).unwrap_err();
    assert!(error.to_string().contains("never change"), "{text}: {error}");
    assert_eq!(rows(world, table), before, "{text}");
}

fn no_row_is_changed_or_taken_out(engine: Engine) {
    let world = filled(engine);
    let columns =
        ["qty = qty + 1", "kind = kind", "qty = qty", "qty = qty + 1", "postings = 0", "postings = 0"];
    for (table, column) in TABLES.into_iter().zip(columns) {
        is_refused(&world, table, &format!("update {table} set {column}"));
        is_refused(&world, table, &format!("delete from {table}"));
    }
}

fn nothing_is_emptied_at_once(engine: Engine) {
    let world = filled(engine);
    if engine == Engine::Sqlite {
        // it has no such statement
        return;
    }
    // a month that upkeep will make one day
    let year_on = world.ctx.now.0 + 400 * 86_400_000_000;
    world.run(move |tx, _| Ok(db::partitions::ensure(tx, "stock_movement", year_on, 1)?)).unwrap();
    let parts = world.read(|conn| conn.query(&PARTS, &[], |row| Ok(row.text(0)?.to_owned())));
    assert!(parts.contains(&"stock_movement_202704".to_owned()), "{parts:?}");
    for table in TABLES.into_iter().chain(parts.iter().map(String::as_str)) {
        is_refused(&world, table, &format!("truncate {table}"));
        is_refused(&world, table, &format!("truncate {table} cascade"));
    }
    is_refused(&world, "stock_posting", "truncate only stock_posting, catalog_item cascade");
}
