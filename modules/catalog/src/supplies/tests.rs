//! What suppliers sell: what is accepted, conflicts, and finding an item by a supplier's SKU.

use super::*;
use crate::testing::{World, new_cased, new_item, on_both_engines, world};
use crate::{FoundAs, suppliers};
use db::Engine;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_supply_is_stored_changed_and_removed,
    each_refusal_names_its_field,
    a_sku_of_a_supplier_names_one_item,
    an_item_is_found_by_the_sku_of_a_supplier,
    of_many_who_want_a_sku_of_a_supplier_at_once_one_gets_it,
    what_is_sold_is_listed_by_supplier_and_told_in_the_history,
);

pub(crate) fn shop(engine: Engine) -> World {
    let world = world(engine);
    suppliers::tests::make(&world, "ACME");
    suppliers::tests::make(&world, "BOLTS");
    world.create(new_cased("A", "C-1"));
    world.create(new_item("B"));
    world
}

pub(crate) fn add(world: &World, sku: &'static str, body: &Value) -> Result<(Item, Supply), Failure> {
    let new: NewSupply = serde_json::from_value(body.clone()).unwrap();
    world.run(move |tx, ctx| add_supply(tx, ctx, (sku, Any), &new))
}

fn refused(result: Result<(Item, Supply), Failure>) -> (Code, String) {
    match result {
        Err(Failure::Refused(problem)) => crate::testing::seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

fn a_supply_is_stored_changed_and_removed(engine: Engine) {
    let world = shop(engine);
    let body = json!({ "supplier": "acme", "supplier_sku": "X-1", "name": "Gadget", "unit": "case",
        "least": "2", "multiple": "0.5", "lead_time_days": 14 });
    let (item, supply) = add(&world, "A", &body).unwrap();
    assert_eq!((item.version, supply.factor.to_string().as_str(), supply.rank), (2, "12", 1));
    let (_, own) =
        add(&world, "A", &json!({ "supplier": "BOLTS", "unit": "drum", "factor": "100" })).unwrap();
    assert_eq!((own.supplier_sku.as_str(), own.rank), ("A", 2), "our SKU where nothing is said");
    let all = world.read(|conn| supplies_of(conn, "a")).unwrap();
    assert_eq!((all.version, all.supplies), (3, vec![supply.clone(), own.clone()]));
    let change: ChangeSupply =
        serde_json::from_value(json!({ "rank": 9, "least": null, "name": "Thing" })).unwrap();
    let stale = {
        let change = change.clone();
        world.refused(move |tx, ctx| change_supply(tx, ctx, ("A", Version(1)), ("ACME", "x-1"), &change))
    };
    assert_eq!(stale.0, Code::Stale);
    let (item, changed) = world
        .run(move |tx, ctx| change_supply(tx, ctx, ("A", Version(3)), ("ACME", "x-1"), &change))
        .unwrap();
    assert_eq!((item.version, changed.least, changed.rank), (4, None, 9));
    let all = world.read(|conn| supplies_of(conn, "A")).unwrap();
    assert_eq!(all.supplies, [own, changed], "by rank");
    world.run(|tx, ctx| remove_supply(tx, ctx, ("A", Any), ("acme", "X-1"))).unwrap();
    assert_eq!(world.read(|conn| supplies_of(conn, "A")).unwrap().supplies.len(), 1);
    let gone = world.refused(|tx, ctx| remove_supply(tx, ctx, ("A", Any), ("acme", "X-1")));
    assert_eq!(gone.0, Code::NotFound);
    // and may come again
    add(&world, "B", &body).map(|_| ()).unwrap_err();
    let again = json!({ "supplier": "acme", "supplier_sku": "X-1" });
    add(&world, "B", &again).unwrap();
}

fn each_refusal_names_its_field(engine: Engine) {
    let world = shop(engine);
    let with = |field: &str, value: Value| {
        let mut body = json!({ "supplier": "ACME" });
        body[field] = value;
        body
    };
    let cases = [
        (with("supplier", json!("none")), Code::InvalidValue, "/supplier"),
        (with("supplier_sku", json!("")), Code::InvalidValue, "/supplier_sku"),
        (with("supplier_sku", json!("x".repeat(65))), Code::LimitExceeded, "/supplier_sku"),
        (with("name", json!(" ")), Code::InvalidValue, "/name"),
        (with("unit", json!("drum")), Code::UnknownUnit, "/unit"),
        (with("factor", json!("12")), Code::InvalidValue, "/factor"),
        (json!({ "supplier": "ACME", "unit": "drum", "factor": "0" }), Code::InvalidValue, "/factor"),
        (json!({ "supplier": "ACME", "unit": "drum", "factor": "1/3" }), Code::FractionRefused, "/factor"),
        (with("least", json!("0")), Code::InvalidQuantity, "/least"),
        (with("least", json!("1.5")), Code::FractionRefused, "/least"),
        (with("multiple", json!("-1")), Code::InvalidQuantity, "/multiple"),
        (with("lead_time_days", json!(-1)), Code::InvalidValue, "/lead_time_days"),
        (with("lead_time_days", json!(LEAD_TIME_DAYS_MAX + 1)), Code::InvalidValue, "/lead_time_days"),
        (with("rank", json!(0)), Code::InvalidValue, "/rank"),
        (with("rank", json!(1000)), Code::InvalidValue, "/rank"),
    ];
    for (body, code, pointer) in cases {
        let seen = refused(add(&world, "A", &body));
        // a factor of zero is told in the words of factors
        assert_eq!(seen.1, pointer, "{body}");
        assert!(seen.0 == code || pointer == "/factor", "{body}: {:?}", seen.0);
    }
    add(&world, "A", &with("lead_time_days", json!(LEAD_TIME_DAYS_MAX))).unwrap();
    let archived: crate::ChangeSupplier = serde_json::from_value(json!({ "archived": true })).unwrap();
    world.run(move |tx, ctx| crate::change_supplier(tx, ctx, ("ACME", Any), &archived)).unwrap();
    assert_eq!(refused(add(&world, "B", &json!({ "supplier": "ACME" }))).1, "/supplier");
}

fn a_sku_of_a_supplier_names_one_item(engine: Engine) {
    let world = shop(engine);
    let body = json!({ "supplier": "ACME", "supplier_sku": "X-1" });
    add(&world, "A", &body).unwrap();
    for sku in ["A", "B"] {
        assert_eq!(refused(add(&world, sku, &body)), (Code::CodeTaken, "/supplier_sku".to_owned()), "{sku}");
    }
    add(&world, "B", &json!({ "supplier": "BOLTS", "supplier_sku": "x-1" })).unwrap();
}

fn an_item_is_found_by_the_sku_of_a_supplier(engine: Engine) {
    let world = shop(engine);
    add(&world, "A", &json!({ "supplier": "ACME", "supplier_sku": "X-1", "unit": "case" })).unwrap();
    add(&world, "B", &json!({ "supplier": "BOLTS", "supplier_sku": "x-1" })).unwrap();
    add(&world, "B", &json!({ "supplier": "ACME" })).unwrap();
    let found = |code: &'static str| {
        let found = world.read(|conn| find::by_code(conn, code, None));
        let told =
            found.into_iter().map(|one| (one.found_as, one.item.sku, one.unit.to_string(), one.supplier));
        told.collect::<Vec<_>>()
    };
    let sold = |sku: &str, unit: &str, supplier: &str| {
        (FoundAs::SupplierSku, sku.to_owned(), unit.to_owned(), Some(supplier.to_owned()))
    };
    assert_eq!(found("x-1"), [sold("A", "case", "ACME"), sold("B", "each", "BOLTS")]);
    assert_eq!(found("b"), [(FoundAs::Sku, "B".to_owned(), "each".to_owned(), None)], "once");
    let searched = world.read(|conn| crate::search(conn, "X-1", None));
    assert_eq!(searched.items.len(), 2);
}

fn of_many_who_want_a_sku_of_a_supplier_at_once_one_gets_it(engine: Engine) {
    let world = shop(engine);
    for round in 0..6 {
        let body = json!({ "supplier": "ACME", "supplier_sku": format!("N-{round}") });
        let done: Vec<bool> = std::thread::scope(|scope| {
            let asked: Vec<_> = ["A", "B"].map(|sku| scope.spawn(|| add(&world, sku, &body).is_ok())).into();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{round}");
    }
}

fn what_is_sold_is_listed_by_supplier_and_told_in_the_history(engine: Engine) {
    let world = shop(engine);
    for code in ["Z", "M", "K"] {
        add(&world, "A", &json!({ "supplier": "ACME", "supplier_sku": code })).unwrap();
    }
    let supplier = world.read(|conn| suppliers::supplier_of(conn, "ACME")).unwrap().id;
    let page = |after: &str, limit| {
        let found = world.read(|conn| sold_by(conn, supplier, None, (after, limit)));
        found.into_iter().map(|supply| supply.supplier_sku.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((page("", 2), page("m", 2)), (vec!["K".to_owned(), "M".to_owned()], vec!["Z".to_owned()]));
    // to whoever sees the items of some categories, of these alone
    let tools = world.run(|tx, ctx| crate::ensure_category(tx, ctx, "tools/small")).unwrap();
    world.create(crate::NewItem { category: Some("tools/small".to_owned()), ..new_item("C") });
    add(&world, "C", &json!({ "supplier": "ACME", "supplier_sku": "L" })).unwrap();
    let tools = world.read(|conn| crate::category_line(conn, tools.id));
    for (limits, expected) in [(&tools[..], "L"), (&tools[1..], "L"), (&[], "")] {
        let found = world.read(|conn| sold_by(conn, supplier, Some(limits), ("", 9)));
        let found: Vec<&str> = found.iter().map(|supply| supply.supplier_sku.as_str()).collect();
        assert_eq!(found.concat(), expected, "{limits:?}");
    }
    let changes = world.db.read_blocking(|conn| crate::changes_of(conn, "A", None, 10)).unwrap();
    let last = &changes[0];
    assert_eq!((last.action.as_str(), last.changes[0].field.as_str()), ("catalog.item.add_supply", "supply"));
    assert_eq!(
        (&last.changes[0].before, &last.changes[0].after["supplier_sku"]),
        (&Value::Null, &json!("K"))
    );
}
