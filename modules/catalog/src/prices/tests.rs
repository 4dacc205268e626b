//! Prices: no day has two, no day that is over loses its own.

use super::*;
use crate::supplies::tests::{add as add_supply, shop};
use crate::testing::{World, on_both_engines, seen};
use db::Engine;
use domain::when::parse_date;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

// in the tests it is the first of March 2026

on_both_engines!(
    the_price_of_a_day_and_a_quantity_is_told,
    no_two_prices_have_a_day_in_common,
    a_price_is_ended_and_followed,
    days_that_are_over_keep_their_price,
    each_refusal_names_its_field,
    a_supplier_has_prices_of_what_it_sells,
    of_many_who_price_the_same_days_at_once_one_succeeds,
    prices_are_listed_and_told_in_the_history,
);

fn new(body: &Value) -> NewPrice {
    let mut whole = json!({ "kind": "sales", "currency": "EUR", "amount": "10", "valid_from": "2026-01-01" });
    for (field, value) in body.as_object().unwrap() {
        whole[field] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn add(world: &World, body: &Value) -> Result<Price, Failure> {
    let new = new(body);
    world.run(move |tx, ctx| add_price(tx, ctx, ("A", Any), &new)).map(|(_, price)| price)
}

fn refused<T: std::fmt::Debug>(result: Result<T, Failure>) -> (Code, String) {
    match result {
        Err(Failure::Refused(problem)) => seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn asked(qty: &str, on: &str) -> PriceAsked {
    PriceAsked {
        kind: PriceKind::Sales,
        list: String::new(),
        supply: None,
        unit: Some("each".to_owned()),
        currency: Currency::parse("EUR").unwrap(),
        qty: Qty::parse(qty).unwrap(),
        on: day(on),
    }
}

fn amount(world: &World, asked: &PriceAsked) -> Option<String> {
    let item = world.read(|conn| crate::item(conn, "A")).unwrap().id;
    let found = world.db.read_blocking(|conn| price_at(conn, item, asked)).unwrap();
    found.map(|price| price.amount.to_string())
}

fn the_price_of_a_day_and_a_quantity_is_told(engine: Engine) {
    let world = shop(engine);
    add(&world, &json!({ "valid_until": "2026-03-31" })).unwrap();
    add(&world, &json!({ "amount": "12.345678", "valid_from": "2026-04-01" })).unwrap();
    add(&world, &json!({ "amount": "9", "least": "100" })).unwrap();
    add(&world, &json!({ "amount": "7", "list": "Retail" })).unwrap();
    add(&world, &json!({ "amount": "110", "unit": "case" })).unwrap();
    let unit_goes = world.run(|tx, ctx| crate::remove_unit(tx, ctx, ("A", Any), "case"));
    assert_eq!(refused(unit_goes).0, Code::InUse, "a price holds in it");
    add(&world, &json!({ "amount": "11", "currency": "USD" })).unwrap();
    add(&world, &json!({ "amount": "4", "kind": "cost" })).unwrap();
    let cases = [
        (asked("1", "2025-12-31"), None),
        (asked("1", "2026-01-01"), Some("10")),
        (asked("1", "2026-03-31"), Some("10")),
        (asked("1", "2026-04-01"), Some("12.345678")),
        (asked("99.999999", "2026-03-31"), Some("10")),
        (asked("100", "2026-03-31"), Some("9")),
        (PriceAsked { list: "retail".to_owned(), ..asked("1", "2026-02-01") }, Some("7")),
        (PriceAsked { list: "other".to_owned(), ..asked("1", "2026-02-01") }, None),
        (PriceAsked { unit: Some("case".to_owned()), ..asked("1", "2026-02-01") }, Some("110")),
        (PriceAsked { currency: Currency::parse("USD").unwrap(), ..asked("1", "2026-02-01") }, Some("11")),
        (PriceAsked { kind: PriceKind::Cost, ..asked("1", "2026-02-01") }, Some("4")),
        (PriceAsked { kind: PriceKind::Purchase, ..asked("1", "2026-02-01") }, None),
    ];
    for (asked, expected) in cases {
        assert_eq!(amount(&world, &asked).as_deref(), expected, "{asked:?}");
    }
}

fn no_two_prices_have_a_day_in_common(engine: Engine) {
    let world = shop(engine);
    let first = add(&world, &json!({ "valid_until": "2026-06-30" })).unwrap();
    let taken = (Code::CodeTaken, "/valid_from".to_owned());
    for (from, until) in [
        ("2026-06-30", None),
        ("2025-01-01", None),
        ("2025-01-01", Some("2026-01-01")),
        ("2026-02-01", Some("2026-02-01")),
    ] {
        let body = json!({ "valid_from": from, "valid_until": until });
        let problem = add(&world, &body).unwrap_err();
        assert!(problem.problem().detail.contains(&format!("price {}", first.id)), "{from}");
        assert_eq!(refused(add(&world, &body)), taken, "{from} {until:?}");
    }
    add(&world, &json!({ "valid_from": "2025-01-01", "valid_until": "2025-12-31" })).unwrap();
    add(&world, &json!({ "valid_from": "2026-07-01" })).unwrap();
}

fn a_price_is_ended_and_followed(engine: Engine) {
    let world = shop(engine);
    let first = add(&world, &json!({})).unwrap();
    let next = json!({ "amount": "11", "valid_from": "2026-05-01", "follow": true });
    let followed = add(&world, &next).unwrap();
    let item = world.read(|conn| crate::item(conn, "A")).unwrap();
    assert_eq!(item.version, 4, "one for each of the two that changed");
    let (first, item_id) = (first.id, item.id);
    let ended = world.read(|conn| crate::store_prices::by_id(conn, item_id, first)).unwrap();
    assert_eq!(ended.valid_until, Some(day("2026-04-30")));
    assert_eq!(
        refused(add(&world, &json!({ "valid_from": "2026-05-01", "follow": true }))).0,
        Code::CodeTaken
    );
    let between = json!({ "valid_from": "2026-04-15", "follow": true });
    assert_eq!(refused(add(&world, &between)).0, Code::CodeTaken, "it would meet both");
    // ended by itself, never later than it was to end
    let end = |until: &str| {
        let command = EndPrice { valid_until: until.to_owned() };
        let id = followed.id;
        world.run(move |tx, ctx| end_price(tx, ctx, ("A", Any), id, &command)).map(|(_, price)| price)
    };
    assert_eq!(end("2026-12-31").unwrap().valid_until, Some(day("2026-12-31")));
    assert_eq!(end("2026-12-31").unwrap().valid_until, Some(day("2026-12-31")));
    for until in ["2027-01-01", "2026-04-30", "2026-13-01"] {
        assert_eq!(refused(end(until)), (Code::InvalidValue, "/valid_until".to_owned()), "{until}");
    }
    let stale = EndPrice { valid_until: "2026-11-30".to_owned() };
    let id = followed.id;
    let stale = world.refused(move |tx, ctx| end_price(tx, ctx, ("A", Version(1)), id, &stale));
    assert_eq!(stale.0, Code::Stale);
}

fn days_that_are_over_keep_their_price(engine: Engine) {
    let world = shop(engine);
    let price = add(&world, &json!({})).unwrap();
    let end = |until: &str| {
        let command = EndPrice { valid_until: until.to_owned() };
        let id = price.id;
        world.run(move |tx, ctx| end_price(tx, ctx, ("A", Any), id, &command))
    };
    // it is the first of March: yesterday was the last of February
    assert_eq!(refused(end("2026-02-27")), (Code::InvalidValue, "/valid_until".to_owned()));
    let follow = |from: &str| add(&world, &json!({ "valid_from": from, "follow": true, "amount": "1" }));
    assert_eq!(refused(follow("2026-02-28")), (Code::InvalidValue, "/valid_from".to_owned()));
    let begun = world.refused({
        let id = price.id;
        move |tx, ctx| withdraw_price(tx, ctx, ("A", Any), id)
    });
    assert_eq!(begun.0, Code::InUse);
    let today = follow("2026-03-01").unwrap();
    assert_eq!(amount(&world, &asked("1", "2026-02-28")).as_deref(), Some("10"));
    assert_eq!(amount(&world, &asked("1", "2026-03-01")).as_deref(), Some("1"));
    let id = today.id;
    assert_eq!(world.refused(move |tx, ctx| withdraw_price(tx, ctx, ("A", Any), id)).0, Code::InUse);
    // what has not begun can be taken back, and its days are free again
    let future = add(&world, &json!({ "valid_from": "2026-08-01", "list": "x" })).unwrap();
    let id = future.id;
    world.run(move |tx, ctx| withdraw_price(tx, ctx, ("A", Any), id)).unwrap();
    assert_eq!(world.refused(move |tx, ctx| withdraw_price(tx, ctx, ("A", Any), id)).0, Code::InUse);
    let in_list = PriceAsked { list: "x".to_owned(), ..asked("1", "2026-08-01") };
    assert_eq!(amount(&world, &in_list), None);
    add(&world, &json!({ "valid_from": "2026-08-01", "list": "X" })).unwrap();
}

fn each_refusal_names_its_field(engine: Engine) {
    let world = shop(engine);
    let cases = [
        (json!({ "kind": "price" }), Code::InvalidValue, "/kind"),
        (json!({ "currency": "EURO" }), Code::InvalidValue, "/currency"),
        (json!({ "amount": "-1" }), Code::InvalidValue, "/amount"),
        (json!({ "amount": "0.0000001" }), Code::InvalidValue, "/amount"),
        (json!({ "amount": "1000000000001" }), Code::LimitExceeded, "/amount"),
        (json!({ "least": "-1" }), Code::InvalidQuantity, "/least"),
        (json!({ "unit": "pallet" }), Code::UnknownUnit, "/unit"),
        (json!({ "valid_from": "1.3.2026" }), Code::InvalidValue, "/valid_from"),
        (json!({ "valid_from": "1899-12-31" }), Code::InvalidValue, "/valid_from"),
        (json!({ "valid_until": "2025-12-31" }), Code::InvalidValue, "/valid_until"),
        (json!({ "kind": "cost", "list": "retail" }), Code::InvalidValue, "/list"),
        (json!({ "list": "x".repeat(201) }), Code::LimitExceeded, "/list"),
        (json!({ "supplier": "ACME" }), Code::InvalidValue, "/supplier"),
        (json!({ "supplier_sku": "X" }), Code::InvalidValue, "/supplier_sku"),
        (json!({ "kind": "purchase" }), Code::InvalidValue, "/supplier"),
        (json!({ "kind": "purchase", "supplier": "ACME" }), Code::InvalidValue, "/supplier"),
    ];
    for (body, code, pointer) in cases {
        assert_eq!(refused(add(&world, &body)), (code, pointer.to_owned()), "{body}");
    }
    for (kind, words) in [("sales", "a price is never below zero"), ("cost", "a cost is never below zero")] {
        let below = add(&world, &json!({ "kind": kind, "amount": "-1" })).unwrap_err();
        assert_eq!(below.problem().detail, words);
    }
    add(&world, &json!({ "amount": "1000000000000" })).unwrap();
    let none = EndPrice { valid_until: "2026-12-31".to_owned() };
    let missing = world.refused(move |tx, ctx| end_price(tx, ctx, ("B", Any), PriceId(1), &none));
    assert_eq!(missing.0, Code::NotFound, "of another item");
}

fn a_supplier_has_prices_of_what_it_sells(engine: Engine) {
    let world = shop(engine);
    add_supply(&world, "A", &json!({ "supplier": "ACME", "supplier_sku": "X-1", "unit": "case" })).unwrap();
    add_supply(&world, "A", &json!({ "supplier": "BOLTS", "supplier_sku": "Y-1" })).unwrap();
    let bought = |supplier: &str, amount: &str, least: &str| json!({ "kind": "purchase", "supplier": supplier, "amount": amount, "least": least });
    let price = add(&world, &bought("acme", "60", "0")).unwrap();
    assert_eq!((price.unit.as_str(), price.supplier_sku.as_deref()), ("case", Some("X-1")));
    add(&world, &bought("ACME", "55", "10")).unwrap();
    add(&world, &bought("BOLTS", "5.5", "0")).unwrap();
    let wrong_unit = json!({ "kind": "purchase", "supplier": "ACME", "unit": "each" });
    assert_eq!(refused(add(&world, &wrong_unit)), (Code::UnknownUnit, "/unit".to_owned()));
    let any = |qty: &str| PriceAsked { kind: PriceKind::Purchase, unit: None, ..asked(qty, "2026-03-01") };
    assert_eq!(amount(&world, &any("1")).as_deref(), Some("60"), "of the first by rank");
    assert_eq!(amount(&world, &any("10")).as_deref(), Some("55"));
    let item = world.read(|conn| crate::item(conn, "A")).unwrap().id;
    let bolts = world.db.read_blocking(|conn| named_supply(conn, item, "bolts", None)).unwrap();
    let of_bolts = PriceAsked { supply: Some(bolts), ..any("10") };
    assert_eq!(amount(&world, &of_bolts).as_deref(), Some("5.5"));
    add_supply(&world, "A", &json!({ "supplier": "BOLTS", "supplier_sku": "Y-2" })).unwrap();
    let which = add(&world, &bought("BOLTS", "5", "0"));
    assert_eq!(refused(which), (Code::InvalidValue, "/supplier_sku".to_owned()));
    world.run(|tx, ctx| crate::remove_supply(tx, ctx, ("A", Any), ("ACME", "X-1"))).unwrap();
    assert_eq!(amount(&world, &any("1")).as_deref(), Some("5.5"), "nobody buys there any more");
}

fn of_many_who_price_the_same_days_at_once_one_succeeds(engine: Engine) {
    let world = shop(engine);
    for list in ["a", "b", "c"] {
        let done: Vec<bool> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..6)
                .map(|n| {
                    let body = json!({ "list": list, "amount": n.to_string(), "follow": n % 2 == 0 });
                    let world = &world;
                    scope.spawn(move || add(world, &body).is_ok())
                })
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{list}");
    }
}

fn prices_are_listed_and_told_in_the_history(engine: Engine) {
    let world = shop(engine);
    for month in 1..=5 {
        let body =
            json!({ "valid_from": format!("2026-0{month}-01"), "valid_until": format!("2026-0{month}-28") });
        add(&world, &body).unwrap();
    }
    add(&world, &json!({ "kind": "cost" })).unwrap();
    let item = world.read(|conn| crate::item(conn, "A")).unwrap().id;
    let all = crate::store_prices::Filter { before: i64::MAX, kind: None, list: None, on: None, limit: 100 };
    let count = |filter: crate::store_prices::Filter| {
        world.read(|conn| crate::store_prices::list(conn, item, &filter)).len()
    };
    assert_eq!(count(all.clone()), 6);
    assert_eq!(count(crate::store_prices::Filter { kind: Some(PriceKind::Sales), ..all.clone() }), 5);
    assert_eq!(count(crate::store_prices::Filter { on: Some(day("2026-03-28")), ..all.clone() }), 2);
    assert_eq!(count(crate::store_prices::Filter { on: Some(day("2026-03-29")), ..all.clone() }), 1);
    let page = world.read(|conn| {
        crate::store_prices::list(conn, item, &crate::store_prices::Filter { limit: 2, ..all.clone() })
    });
    assert_eq!(count(crate::store_prices::Filter { before: page[1].id.get(), ..all }), 4);
    let changes = world.db.read_blocking(|conn| crate::changes_of(conn, "A", None, 1)).unwrap();
    assert_eq!(changes[0].changes[0].after["amount"], "10");
}
