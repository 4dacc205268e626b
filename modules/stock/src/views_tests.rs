//! The views for people are what their page says, on both engines: the columns, their order, and
//! every example.

use crate::testing::{on_both_engines, parse, world};
use db::{Engine, Statement};
use domain::ledger::Kind;
use std::collections::BTreeMap;

on_both_engines!(every_view_has_the_columns_of_its_page, every_example_runs, a_view_shows_decimals_and_names,);

const PAGE: &str = include_str!("../../../docs/reference/views.md");

const COLUMNS: Statement = Statement::per_engine(
    "stock.test.view_columns",
    "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c
     where m.type = 'view' and m.name like 'v!_%' escape '!' order by m.name, c.cid",
    "select table_name, column_name from information_schema.columns
     where table_schema = current_schema() and table_name like 'v!_%' escape '!'
     order by table_name, ordinal_position",
);

/// The sections of the page: each view with its text. That of files is of a module above, whose test holds it.
fn sections() -> Vec<(&'static str, &'static str)> {
    let all = PAGE.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    all.filter(|(view, _)| *view != "v_item_file").collect()
}

fn every_view_has_the_columns_of_its_page(engine: Engine) {
    let world = world(engine);
    let rows = world
        .read(|conn| conn.query(&COLUMNS, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (view, column) in rows {
        found.entry(view).or_default().push(column);
    }
    let told: BTreeMap<String, Vec<String>> = sections()
        .into_iter()
        .map(|(view, text)| {
            let columns = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
            (view.to_owned(), columns.map(|(column, _)| column.to_owned()).collect())
        })
        .collect();
    assert_eq!(found, told);
    assert_eq!(told.len(), 17);
}

/// A statement of a page; it lives as long as the test does.
fn leaked(text: String) -> &'static Statement {
    Box::leak(Box::new(Statement::new("stock.test.example", Box::leak(text.into_boxed_str()))))
}

fn every_example_runs(engine: Engine) {
    let world = world(engine);
    world.receive("3 MILK lot A until 2026-04-01 at L1 status hold");
    for (view, text) in sections() {
        let example = text.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next());
        let example = example.unwrap_or_else(|| panic!("{view} has no example"));
        assert!(example.contains(&format!("from {view}")), "the example of {view} is about it");
        let count = leaked(format!("select count(*) from ({}) x", example.trim().trim_end_matches(';')));
        let rows = world.read(|conn| conn.query_opt(count, &[], |row| row.int(0)));
        assert!(rows.is_some(), "{view}");
    }
}

fn a_view_shows_decimals_and_names(engine: Engine) {
    let world = world(engine);
    world.receive("3 MILK lot A until 2026-04-01 at L1");
    world.receive("10 BOLT at L1");
    world.reserve("BOLT", "L", 4);
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    let texts = |text: &str| -> Vec<String> {
        let statement = leaked(text.to_owned());
        world.read(|conn| conn.query(statement, &[], |row| Ok(row.text(0)?.to_owned())))
    };
    let stock = texts(
        "select sku || ' ' || site || ' ' || location || ' ' || coalesce(lot, '-') || ' ' || status || ' '
           || cast(on_hand as text) || ' ' || unit from v_stock order by sku",
    );
    assert_eq!(stock, ["BOLT L L1 - good 9 each", "MILK L L1 A good 3 each"]);
    let moved = texts(
        "select kind || ' ' || cast(qty as text) || ' ' || from_location || ' ' || to_location || ' '
           || cast(to_on_hand as text) || ' ' || cast(value as text) || ' ' || currency
         from v_movement where sku = 'BOLT' order by kind desc",
    );
    assert_eq!(moved, ["receive 10 ~supplier L1 10 10.00 GBP", "issue 1 L1 ~customer 1 1.00 GBP"]);
    let claims =
        texts("select kind || ' ' || owner || ' ' || cast(qty as text) || ' ' || state from v_claim");
    assert_eq!(claims, ["reservation order-1 4 open"]);
    let lots =
        texts("select sku || ' ' || lot || ' ' || tracking || ' ' || cast(on_hand as text) from v_lot");
    assert_eq!(lots, ["MILK A lot 3"]);
    let values = texts(
        "select sku || ' ' || valuation_group || ' ' || cast(qty as text) || ' ' || cast(value as text)
         from v_valuation order by sku",
    );
    assert_eq!(values, ["BOLT L 9 9.00", "MILK L 3 10.00"]);
}
