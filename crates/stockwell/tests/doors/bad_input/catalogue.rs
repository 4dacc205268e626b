//! What the catalogue refuses because of what is there already: each with its own words, and with nothing left behind
//! in any table.

use super::Stage;
use crate::trace::{difference, trace};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use testkit::http::Actor;

on_both_engines!(
    what_is_there_holds_a_change_back,
    nothing_consists_of_itself_by_way_of_a_variant,
    an_item_is_merged_once_and_into_another,
    a_code_of_another_item_is_told_to_who_may_see_it,
);

/// A record, what is asked below it, and a body.
type Case<'c> = (&'static str, &'c str, &'c str, Value);

/// Asks from the version that the record shows, or from the first one, and holds the answer, its words and the trace
/// against what is expected.
fn refuses(stage: &Stage<'_>, who: &Actor, (method, record, rest, body): Case<'_>, expected: (&str, &str)) {
    let record = format!("/api/v1/{record}");
    let current = stage.admin.get(&record).json()["version"].as_i64().unwrap_or(1);
    let version = if expected.0.starts_with("412") { 1 } else { current };
    let before = trace(stage.world);
    let path = format!("{record}{rest}");
    let reply = who.ask(method, &path).fresh().if_match(version).json(&body).send();
    let told = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
    if (reply.refusal().as_str(), told.as_str()) != expected {
        let wrong = format!("{method} {path} {body}\n  {expected:?} is expected: {} {told}", reply.refusal());
        stage.wrong.borrow_mut().push(wrong);
    }
    let changed = difference(&before, &trace(stage.world));
    assert_eq!(changed, Vec::<String>::new(), "{method} {path} {body}: something was changed");
}

fn item(stage: &Stage<'_>, sku: &str, more: &Value) {
    let mut body = json!({ "sku": sku, "name": sku, "base_unit": "each" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.make("/api/v1/items", &body);
}

fn what_is_there_holds_a_change_back(world: &World) {
    let stage = Stage::new(world);
    for (name, parent) in [("garden", None), ("pots", Some("garden")), ("clay", Some("garden/pots"))] {
        stage.make("/api/v1/categories", &json!({ "name": name, "parent": parent }));
    }
    stage.make("/api/v1/attributes", &json!({ "key": "voltage", "kind": "number" }));
    item(&stage, "LAMP", &json!({ "attributes": { "voltage": 12 }, "category": "garden/pots" }));
    stage.admin.patch("/api/v1/items/LAMP", 1, &json!({ "name": "Lamp" })).good();
    let cycle = |what: &str| format!("`{what}` stands below `garden`, which cannot stand below itself");
    for (case, expected) in [
        (
            ("PATCH", "categories/garden", "", json!({ "parent": "garden/pots/clay" })),
            ("409 tree_cycle /parent", cycle("garden/pots/clay").as_str()),
        ),
        (
            ("PATCH", "categories/garden", "", json!({ "parent": "garden" })),
            ("409 tree_cycle /parent", cycle("garden").as_str()),
        ),
        (
            ("DELETE", "categories/garden%2Fpots", "", json!({})),
            ("409 in_use", "`garden/pots/clay` stands below it; move or remove it first"),
        ),
        (
            ("PATCH", "attributes/voltage", "", json!({ "kind": "text" })),
            (
                "409 in_use /kind",
                "`LAMP` has a value for `voltage`, so its kind cannot change; take the values away first",
            ),
        ),
        (
            ("PATCH", "items/LAMP", "", json!({ "name": "My lamp" })),
            ("412 stale", "it is at version `2`, you changed version `1`: read it again"),
        ),
        (
            ("POST", "items/LAMP", "/units", json!({ "unit": "case", "factor": "0" })),
            ("422 invalid_value /factor", "the factor of the unit `case` is above zero, `0` is not"),
        ),
        (
            ("POST", "items/LAMP", "/units", json!({ "unit": "case", "factor": "0/5" })),
            ("422 invalid_value /factor", "the factor of the unit `case` is above zero, `0/5` is not"),
        ),
        (
            ("POST", "items/SAND", "/tracking", json!({ "tracking": "lot" })),
            ("409 in_use", "`50` of `SAND` stand in `A1`; issue or adjust them first"),
        ),
        (
            ("POST", "items/DRILL", "/tracking", json!({ "tracking": "none" })),
            ("409 in_use", "`1` of `DRILL` stand in `A1`; issue or adjust them first"),
        ),
    ] {
        refuses(&stage, &stage.admin, case, expected);
    }
}

fn nothing_consists_of_itself_by_way_of_a_variant(world: &World) {
    let stage = Stage::new(world);
    let values = json!([{ "code": "S", "name": "Small" }, { "code": "L", "name": "Large" }]);
    stage.make("/api/v1/option-sets", &json!({ "code": "size", "name": "Size", "values": values }));
    let defaults = json!({ "base_unit": "each" });
    stage.make(
        "/api/v1/families",
        &json!({ "code": "CRATE", "name": "Crate", "options": ["size"], "defaults": defaults }),
    );
    stage.admin.post("/api/v1/families/CRATE/variants", &json!({})).good();
    for sku in ["BASE", "FRAME"] {
        item(&stage, sku, &json!({}));
    }
    let bill = |of: &str| json!({ "kind": "made", "lines": [{ "sku": of, "qty": "1" }] });
    let put = |sku: &str, of: &str| {
        let ask = stage.admin.ask("PUT", format!("/api/v1/items/{sku}/bom")).fresh();
        ask.as_shown_at(&format!("/api/v1/items/{sku}")).json(&bill(of)).send().good();
    };
    put("CRATE-L", "BASE");
    put("BASE", "CRATE-S");
    put("CRATE-S", "FRAME");
    let stands_in = json!({ "kind": "made", "lines": [{ "sku": "BOLT", "qty": "1", "alternatives": [{ "sku": "BASE", "qty": "1" }] }] });
    let circle = "an item cannot consist of itself: `FRAME` → `CRATE-L` → `BASE` → `CRATE-S` → `FRAME`";
    let short = "an item cannot consist of itself: `FRAME` → `BASE` → `CRATE-S` → `FRAME`";
    for (case, expected) in [
        (("PUT", "items/FRAME", "/bom", bill("CRATE-L")), ("409 tree_cycle /lines", circle)),
        (("PUT", "items/FRAME", "/bom", stands_in), ("409 tree_cycle /lines", short)),
        (
            ("PUT", "items/FRAME", "/bom", bill("FRAME")),
            ("409 tree_cycle /lines/0/sku", "`FRAME` cannot consist of itself"),
        ),
    ] {
        refuses(&stage, &stage.admin, case, expected);
    }
}

fn an_item_is_merged_once_and_into_another(world: &World) {
    let stage = Stage::new(world);
    for sku in ["ONE", "TWO", "THREE"] {
        item(&stage, sku, &json!({ "barcodes": [{ "code": format!("X-{sku}") }] }));
    }
    stage.admin.act("/api/v1/items/ONE/merge", &json!({ "into": "TWO" })).good();
    let into = |sku: &str| json!({ "into": sku });
    for (case, expected) in [
        (
            ("POST", "items/TWO", "/merge", into("two")),
            ("422 invalid_value /into", "`TWO` is the item itself"),
        ),
        (
            ("POST", "items/THREE", "/merge", into("ONE")),
            ("422 invalid_value /into", "`ONE` was merged itself, into `TWO`; name that"),
        ),
        (
            ("POST", "items/ONE", "/merge", into("THREE")),
            ("409 in_use", "`ONE` was merged into `TWO` already"),
        ),
        (
            ("POST", "items/ONE", "/restore", json!({})),
            (
                "409 in_use",
                "`ONE` was merged into `TWO`, which has its codes; use that, or create another item",
            ),
        ),
        (
            ("POST", "items/THREE", "/merge", into("GONE")),
            ("422 invalid_value /into", "`GONE` is archived; restore it first"),
        ),
        (
            ("POST", "items/BOLT", "/merge", into("TWO")),
            ("409 in_use", "`100` of `BOLT` stand in `A1`; issue or adjust them first"),
        ),
    ] {
        refuses(&stage, &stage.admin, case, expected);
    }
}

/// Whoever sees the items of some categories is told that a code is taken, and not what other item has it.
fn a_code_of_another_item_is_told_to_who_may_see_it(world: &World) {
    let stage = Stage::new(world);
    let admin = &stage.admin;
    for name in ["food", "tools"] {
        stage.make("/api/v1/categories", &json!({ "name": name }));
    }
    stage.make("/api/v1/suppliers", &json!({ "code": "ACME", "name": "Acme" }));
    for (sku, category) in [("BREAD", "food"), ("CAKE", "food"), ("SAW", "tools")] {
        item(&stage, sku, &json!({ "category": category, "barcodes": [{ "code": format!("X-{sku}") }] }));
        let sold = json!({ "supplier": "ACME", "supplier_sku": format!("A-{sku}") });
        admin
            .ask("POST", format!("/api/v1/items/{sku}/supplies"))
            .fresh()
            .if_match(1)
            .json(&sold)
            .send()
            .good();
    }
    stage
        .make("/api/v1/roles", &json!({ "name": "maker", "permissions": ["catalog.read", "catalog.write"] }));
    let ann = world.user("ann", &[]);
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "maker", "category": "food" })).good();
    let barcode =
        |sku: &str| format!("the barcode `X-{sku}` belongs to the item `{sku}`; remove it there first");
    let sold =
        |sku: &str| format!("`ACME` sells the item `{sku}` as `A-{sku}` already; remove it there first");
    let no_barcode =
        "the barcode `X-SAW` belongs to an item of a category that you do not see; ask those who keep it";
    let not_sold =
        "`ACME` sells an item of a category that you do not see as `A-SAW` already; ask those who keep it";
    for (who, other, [barcode, sold]) in [
        (admin, "SAW", [barcode("SAW"), sold("SAW")]),
        (admin, "CAKE", [barcode("CAKE"), sold("CAKE")]),
        (&ann, "CAKE", [barcode("CAKE"), sold("CAKE")]),
        (&ann, "SAW", [no_barcode.to_owned(), not_sold.to_owned()]),
    ] {
        let code = json!({ "code": format!("X-{other}") });
        refuses(
            &stage,
            who,
            ("POST", "items/BREAD", "/barcodes", code.clone()),
            ("409 code_taken /code", &barcode),
        );
        let new = json!({ "sku": "NEW", "name": "New", "base_unit": "each", "category": "food", "barcodes": [code] });
        refuses(&stage, who, ("POST", "items", "", new), ("409 code_taken /barcodes/0/code", &barcode));
        let supply = json!({ "supplier": "ACME", "supplier_sku": format!("a-{other}") });
        refuses(
            &stage,
            who,
            ("POST", "items/BREAD", "/supplies", supply),
            ("409 code_taken /supplier_sku", &sold),
        );
    }
}
