//! Every statement is one that both engines understand; the facts are found many at a time.

use crate::item::NewItem;
use crate::testing::{new_cased, new_item, on_both_engines, world};
use crate::{
    facts_by_id, facts_by_sku, item_by_barcode, store, store_attributes, store_bom, store_categories,
    store_codes, store_families, store_list, store_merge, store_options, store_prices, store_rules,
    store_search, store_sizes, store_suppliers, store_supplies, store_values, store_variants, unit_factors,
};
use db::{Engine, Statement, Value};
use domain::unit::UnitCode;
use domain::{ItemId, Ratio};

const VIEW: Statement = Statement::new("test.v_item", "select v.sku, v.tracking, v.class from v_item v");

on_both_engines!(
    every_statement_is_understood,
    facts_come_in_the_order_asked,
    factors_come_in_the_order_asked,
    a_barcode_names_an_item_and_a_unit,
    the_view_for_people_can_be_read,
);

fn every_statement_is_understood(engine: Engine) {
    let world = world(engine);
    let all: Vec<&'static Statement> = [
        store::ALL,
        store_codes::ALL,
        store_list::ALL,
        store_categories::ALL,
        store_attributes::ALL,
        store_rules::ALL,
        store_values::ALL,
        store_search::ALL,
        store_sizes::ALL,
        store_bom::ALL,
        store_options::ALL,
        store_families::ALL,
        store_variants::ALL,
        store_suppliers::ALL,
        store_supplies::ALL,
        store_prices::ALL,
        store_merge::ALL,
    ]
    .concat();
    for statement in &all {
        let explained = format!("explain {}", statement.text(engine));
        let text: &'static str = explained.leak();
        let count = (1..=30).take_while(|n| text.contains(&format!("?{n}"))).count();
        let params = vec![Value::Null; count];
        let explain = Statement::new(statement.name, text);
        world
            .db
            .write_blocking(move |tx| tx.query(&explain, &params, |_| Ok(())))
            .unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
    // these are no pages: they begin with the words that were asked for, or take what is left to do
    let best = ["catalog.search.common", "catalog.search.find", "catalog.search.unread"];
    let pages = all.into_iter().filter(|statement| !best.contains(&statement.name));
    assert_eq!(testkit::pages_go_on_where_they_ended(&world.db, pages), 21);
}

fn facts_come_in_the_order_asked(engine: Engine) {
    let world = world(engine);
    let first = world.create(new_item("85123A"));
    let second = world.create(NewItem { class: Some("service".to_owned()), ..new_item("POST") });
    let found = world.read(|conn| facts_by_sku(conn, &["post", "none", "85123a", "", "85123A", "a\0b"]));
    let skus: Vec<_> = found.iter().map(|facts| facts.as_ref().map(|facts| facts.sku.as_str())).collect();
    assert_eq!(skus, [Some("POST"), None, Some("85123A"), None, Some("85123A"), None]);
    let by_id = world.read(|conn| facts_by_id(conn, &[second.id, ItemId(999), first.id]));
    assert_eq!(by_id, [found[0].clone(), None, found[2].clone()]);
    let facts = found[2].clone().unwrap();
    assert_eq!((facts.whole, facts.stocked, facts.archived), (true, true, false));
    assert_eq!(facts.base_unit.as_str(), "each");
    assert!(!found[0].as_ref().unwrap().stocked);
    assert!(world.read(|conn| facts_by_sku(conn, &[])).is_empty());
}

fn factors_come_in_the_order_asked(engine: Engine) {
    let world = world(engine);
    let item = world.create(new_cased("A", "C-1")).id;
    let keys = [(item, "case"), (item, "each"), (item, "pallet"), (item, "CASE"), (ItemId(9), "each")];
    let found = world.read(|conn| unit_factors(conn, &keys));
    assert_eq!(found, [Some(Ratio::parse("12").unwrap()), Some(Ratio::ONE), None, None, None]);
}

fn a_barcode_names_an_item_and_a_unit(engine: Engine) {
    let world = world(engine);
    let item = world.create(new_cased("A", "012345678905")).id;
    let case = UnitCode::parse("case").unwrap();
    for code in ["012345678905", "0012345678905", "00012345678905"] {
        let found = world.read(|conn| item_by_barcode(conn, code));
        assert_eq!(found, Some((item, case.clone())), "{code}");
    }
    for code in ["12345678905", "", "é", "a\0"] {
        assert_eq!(world.read(|conn| item_by_barcode(conn, code)), None, "{code}");
    }
}

fn the_view_for_people_can_be_read(engine: Engine) {
    let world = world(engine);
    world.create(new_item("A"));
    let rows = world.read(|conn| {
        conn.query(&VIEW, &[], |row| Ok([0, 1, 2].map(|column| row.text(column).unwrap().to_owned())))
    });
    assert_eq!(rows, [["A", "none", "finished_good"]]);
}
