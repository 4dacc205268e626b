//! Rights for the items of a category: they hold for what is in it and below it, and nowhere else.

use crate::world::{World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use testkit::http::Actor;

on_both_engines!(
    items_of_other_categories_are_not_there,
    an_item_is_put_only_where_there_are_rights_for_it,
    rights_follow_the_item_and_the_category,
    nobody_hands_out_more_than_their_categories,
    an_administrator_of_a_category_is_none,
    a_category_with_rights_for_it_stays,
    a_place_and_a_category_limit_together,
    a_picker_of_cold_goods_finds_what_they_need,
    a_grant_names_a_category_that_is_there,
    postings_are_about_ones_own_items,
    what_is_held_for_a_category_relaxes_nothing,
    nobody_gets_rights_by_a_move,
    a_bill_of_materials_opens_nothing,
);

/// Three categories, `food`, `food/dairy` and `tools`, with an item each, and one in none.
fn goods(world: &World) -> Actor {
    let admin = world.admin();
    for (name, parent) in [("food", None), ("dairy", Some("food")), ("tools", None)] {
        admin.post("/api/v1/categories", &json!({ "name": name, "parent": parent })).good();
    }
    for (sku, category) in
        [("BREAD", Some("food")), ("MILK", Some("food/dairy")), ("SAW", Some("tools")), ("ODD", None)]
    {
        let barcode = json!([{ "code": format!("X-{sku}") }]);
        let item = json!({ "sku": sku, "name": format!("{sku} thing"), "base_unit": "each", "category": category, "barcodes": barcode });
        admin.post("/api/v1/items", &item).good();
    }
    admin
}

/// Somebody with a role for a category.
pub(crate) fn keeper(world: &World, admin: &Actor, login: &str, grant: &Value) -> Actor {
    let actor = world.user(login, &[]);
    admin.act(format!("/api/v1/users/{login}/grants"), grant).good();
    actor
}

fn role(admin: &Actor, name: &str, permissions: &[&str]) {
    admin.post("/api/v1/roles", &json!({ "name": name, "permissions": permissions })).good();
}

pub(crate) fn skus(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect()
}

fn items_of_other_categories_are_not_there(world: &World) {
    let admin = goods(world);
    role(&admin, "buyer", &["catalog.read", "catalog.write", "cost.read", "stock.read"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "buyer", "category": "food" }));
    let listed = |path: &str| ann.get(path).good().json();
    assert_eq!(skus(&listed("/api/v1/items")), ["BREAD", "MILK"]);
    assert_eq!(skus(&listed("/api/v1/items?sort=-sku&limit=1")), ["MILK"]);
    assert_eq!(skus(&listed("/api/v1/items?category=tools")), [""; 0]);
    assert_eq!(skus(&listed("/api/v1/search/items?q=thing")), ["BREAD", "MILK"]);
    assert_eq!(skus(&listed("/api/v1/search/items?q=SAW")), [""; 0]);
    assert_eq!(skus(&listed("/api/v1/search/items?q=X-SA")), [""; 0]);
    assert_eq!(skus(&listed("/api/v1/search/items?q=X-MI")), ["MILK"]);
    assert_eq!(ann.get("/api/v1/codes/X-SAW").refusal(), "404 not_found");
    assert_eq!(listed("/api/v1/codes/X-MILK")["matches"][0]["item"]["sku"], "MILK");
    for (sku, expected) in [("MILK", 200), ("bread", 200), ("SAW", 404), ("ODD", 404), ("NONE", 404)] {
        for path in ["", "/changes", "/stock", "/availability", "/prices", "/files"] {
            let reply = ann.get(format!("/api/v1/items/{sku}{path}"));
            assert_eq!(reply.status, expected, "{sku}{path}: {}", reply.text());
        }
    }
    // what is not theirs is told in the words for what is not there
    let told =
        |sku: &str| ann.get(format!("/api/v1/items/{sku}")).json()["detail"].to_string().replace(sku, "?");
    assert_eq!(told("SAW"), told("NONE"));
    let named = |sku: &str| ann.patch(format!("/api/v1/items/{sku}"), 1, &json!({ "name": "new" })).refusal();
    assert_eq!((named("SAW"), named("NONE")), ("404 not_found".to_owned(), "404 not_found".to_owned()));
    ann.patch("/api/v1/items/MILK", 1, &json!({ "name": "new" })).good();
    // what describes items is for all, and what is not about items alone is for nobody of a part
    for path in ["/api/v1/categories", "/api/v1/attributes", "/api/v1/option-sets", "/api/v1/suppliers"] {
        ann.get(path).good();
    }
    let refused = ann.get("/api/v1/families");
    assert_eq!(refused.refusal(), "403 forbidden");
    let words = "this needs the permission `catalog.read` for all categories, not only for some";
    assert_eq!(refused.json()["detail"], words);
    assert_eq!(ann.get("/api/v1/users").refusal(), "403 forbidden");
    let me = listed("/api/v1/me");
    assert_eq!((&me["grants"][0]["category"], &me["grants"][0]["within"]), (&json!("food"), &Value::Null));
}

fn an_item_is_put_only_where_there_are_rights_for_it(world: &World) {
    let admin = goods(world);
    role(&admin, "maker", &["catalog.read", "catalog.write"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "maker", "category": "food" }));
    let item = |sku: &str, category: Value| json!({ "sku": sku, "name": sku, "base_unit": "each", "category": category });
    for category in [json!("food"), json!("food/dairy")] {
        ann.post("/api/v1/items", &item(&world.name("NEW"), category)).good();
    }
    for category in [json!("tools"), Value::Null] {
        let refused = ann.post("/api/v1/items", &item("OTHER", category));
        assert_eq!(refused.refusal(), "403 forbidden /category");
        assert_eq!(refused.json()["detail"], "you may do this for items of `food` alone, and those below");
    }
    assert_eq!(admin.get("/api/v1/items/OTHER").status, 404);
    for category in [json!("tools"), Value::Null] {
        let moved = ann.patch("/api/v1/items/MILK", 1, &json!({ "category": category }));
        assert_eq!(moved.refusal(), "403 forbidden /category");
    }
    ann.patch("/api/v1/items/MILK", 1, &json!({ "category": "food" })).good();
    // into an item of others nothing is merged
    let merged = ann.act("/api/v1/items/MILK/merge", &json!({ "into": "SAW" }));
    assert_eq!(merged.refusal(), "422 unknown_item /into");
    ann.act("/api/v1/items/MILK/merge", &json!({ "into": "BREAD" })).good();
}

fn rights_follow_the_item_and_the_category(world: &World) {
    let admin = goods(world);
    role(&admin, "reader", &["catalog.read"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "reader", "category": "food" }));
    let seen = || skus(&ann.get("/api/v1/items").good().json()).join(" ");
    assert_eq!(seen(), "BREAD MILK");
    admin.patch("/api/v1/items/SAW", 1, &json!({ "category": "food/dairy" })).good();
    assert_eq!((seen().as_str(), ann.get("/api/v1/items/SAW").status), ("BREAD MILK SAW", 200));
    // a category that goes elsewhere takes its items with it
    admin.patch("/api/v1/categories/food%2Fdairy", 1, &json!({ "parent": "tools" })).good();
    assert_eq!((seen().as_str(), ann.get("/api/v1/items/SAW").status), ("BREAD", 404));
    // and more rights show more
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "reader", "category": "tools" })).good();
    assert_eq!(seen(), "BREAD MILK SAW");
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "reader" })).good();
    assert_eq!(seen(), "BREAD MILK ODD SAW");
}

fn nobody_hands_out_more_than_their_categories(world: &World) {
    let admin = goods(world);
    role(&admin, "reader", &["catalog.read"]);
    role(&admin, "keeper", &["access.read", "access.write"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "reader", "category": "food" }));
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "keeper" })).good();
    world.user("bob", &[]);
    let give = |grant: Value| ann.act("/api/v1/users/bob/grants", &grant);
    give(json!({ "role": "reader", "category": "food/dairy" })).good();
    give(json!({ "role": "reader", "category": "food" })).good();
    for grant in [json!({ "role": "reader", "category": "tools" }), json!({ "role": "reader" })] {
        assert_eq!(give(grant.clone()).refusal(), "403 grant_exceeds_maker", "{grant}");
    }
    // whoever holds more is not theirs to change
    admin.act("/api/v1/users/bob/grants", &json!({ "role": "reader", "category": "tools" })).good();
    assert_eq!(give(json!({ "role": "keeper" })).refusal(), "403 forbidden");
    // nor is the key of a machine for all items
    let key = json!({ "name": "k", "permissions": ["catalog.read"] });
    assert_eq!(ann.post("/api/v1/keys", &key).refusal(), "403 grant_exceeds_maker");
}

fn an_administrator_of_a_category_is_none(world: &World) {
    let admin = goods(world);
    let boss = world.user("boss", &[("administrator", web::Within::All)]);
    let grant = json!({ "role": "administrator", "category": "food" });
    let ann = keeper(world, &admin, "ann", &grant);
    assert_eq!(ann.get("/api/v1/users").refusal(), "403 forbidden");
    assert_eq!(ann.get("/api/v1/items/MILK").status, 200);
    // the last one who may everything stays
    assert_eq!(boss.act("/api/v1/users/boss/end", &Value::Null).refusal(), "409 in_use");
    // twice the same is one too many, and for another category it is another
    assert_eq!(admin.act("/api/v1/users/ann/grants", &grant).refusal(), "409 code_taken /role");
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "administrator", "category": "tools" })).good();
}

fn a_category_with_rights_for_it_stays(world: &World) {
    let admin = goods(world);
    admin.post("/api/v1/categories", &json!({ "name": "empty" })).good();
    role(&admin, "reader", &["catalog.read"]);
    keeper(world, &admin, "ann", &json!({ "role": "reader", "category": "empty" }));
    let remove = || admin.remove("/api/v1/categories/empty", "/api/v1/categories/empty");
    let refused = remove();
    assert_eq!(refused.refusal(), "409 in_use");
    assert_eq!(refused.json()["detail"], "`ann` has rights for its items; take them away first");
    admin.get("/api/v1/categories/empty").good();
    admin.act("/api/v1/users/ann/end", &Value::Null).good();
    remove().good();
}

/// The same, with some of two of them at two sites.
fn stocked(world: &World) -> Actor {
    let admin = goods(world);
    for site in ["LON", "PAR"] {
        admin.post("/api/v1/locations", &json!({ "code": site, "kind": "site" })).good();
        let bin = json!({ "code": format!("{site}-1"), "kind": "bin", "parent": site });
        admin.post("/api/v1/locations", &bin).good();
        for sku in ["MILK", "SAW"] {
            admin.post("/api/v1/postings/receive", &posting(&[(sku, &format!("{site}-1"))])).good();
        }
    }
    admin
}

/// Five of each.
fn posting(lines: &[(&str, &str)]) -> Value {
    let line = |(sku, place): &(&str, &str)| json!({ "sku": sku, "qty": "5", "location": place });
    json!({ "lines": lines.iter().map(line).collect::<Vec<_>>() })
}

fn postings_are_about_ones_own_items(world: &World) {
    let admin = stocked(world);
    let may = ["stock.receive", "stock.issue", "stock.reverse", "stock.claim"];
    role(&admin, "worker", &may);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "worker", "within": "LON", "category": "food" }));
    let receive = |lines: &[(&str, &str)]| ann.post("/api/v1/postings/receive", &posting(lines));
    let own = receive(&[("MILK", "LON-1"), ("BREAD", "LON-1")]).good().json();
    for (lines, refused) in [
        ([("MILK", "PAR-1")].as_slice(), "422 unknown_location /lines/0/location"),
        (&[("SAW", "LON-1")], "422 unknown_item /lines/0/sku"),
        (&[("ODD", "LON-1")], "422 unknown_item /lines/0/sku"),
        (&[("MILK", "LON-1"), ("SAW", "LON-1")], "422 unknown_item /lines/1/sku"),
    ] {
        assert_eq!(receive(lines).refusal(), refused, "{lines:?}");
    }
    // a posting of others is not there, and one's own is taken back
    let received =
        |lines: &[(&str, &str)]| admin.post("/api/v1/postings/receive", &posting(lines)).good().json();
    let reverse =
        |of: &Value| ann.post(format!("/api/v1/postings/{}/reverse", of["id"].as_str().unwrap()), &json!({}));
    for lines in [[("SAW", "LON-1")].as_slice(), &[("MILK", "LON-1"), ("SAW", "LON-1")], &[("MILK", "PAR-1")]]
    {
        assert_eq!(reverse(&received(lines)).refusal(), "404 not_found", "{lines:?}");
    }
    reverse(&own).good();
    reverse(&received(&[("MILK", "LON-1")])).good();
    // the same of what is promised
    let reserve = |actor: &Actor, sku: &str| {
        let body = json!({ "owner": "o-1", "sku": sku, "site": "LON", "qty": "1" });
        actor.post("/api/v1/reservations", &body)
    };
    assert_eq!(reserve(&ann, "SAW").refusal(), "422 unknown_item /sku");
    let release = |of: &Value| {
        let path = format!("/api/v1/reservations/{}/release", of["id"].as_str().unwrap());
        ann.post(path, &json!({}))
    };
    assert_eq!(release(&reserve(&admin, "SAW").good().json()).refusal(), "404 not_found");
    release(&reserve(&ann, "MILK").good().json()).good();
    // an item that comes to them is theirs from then on
    admin.patch("/api/v1/items/SAW", 1, &json!({ "category": "food" })).good();
    receive(&[("SAW", "LON-1")]).good();
    // and with a right for all items at one place, that is not for the other
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "worker", "within": "PAR" })).good();
    receive(&[("ODD", "PAR-1"), ("MILK", "LON-1")]).good();
    assert_eq!(receive(&[("ODD", "LON-1")]).refusal(), "422 unknown_location /lines/0/location");
}

fn what_is_held_for_a_category_relaxes_nothing(world: &World) {
    let admin = stocked(world);
    let careful = |name: &str, permission: &str| {
        let second = json!([{ "permission": permission }]);
        let body = json!({ "name": name, "permissions": [permission], "second_person": second });
        admin.post("/api/v1/roles", &body).good();
    };
    careful("counter", "stock.adjust");
    careful("maker", "catalog.write");
    role(&admin, "free", &["stock.adjust", "catalog.write"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "counter", "category": "food" }));
    let more = |grant: Value| drop(admin.act("/api/v1/users/ann/grants", &grant).good());
    more(json!({ "role": "maker", "category": "food" }));
    let count = |sku: &str| {
        let line = json!({ "sku": sku, "counted": "7", "location": "LON-1" });
        ann.post("/api/v1/postings/adjust", &json!({ "reason": "count", "lines": [line] })).status
    };
    let make = || {
        let item = json!({ "sku": world.name("NEW"), "name": "x", "base_unit": "each", "category": "food" });
        ann.post("/api/v1/items", &item).status
    };
    let rename = |sku: &str| ann.patch(format!("/api/v1/items/{sku}"), 1, &json!({ "name": "y" })).status;
    assert_eq!((count("MILK"), make(), rename("MILK")), (202, 202, 202));
    // free for other items, they still ask where nobody says which items it is about
    more(json!({ "role": "free", "category": "tools" }));
    assert_eq!((count("MILK"), count("SAW"), make(), rename("MILK")), (202, 202, 202, 202));
    assert_eq!(rename("SAW"), 200);
    // whoever is free for all is free
    more(json!({ "role": "free" }));
    assert_eq!((count("MILK"), count("SAW"), make(), rename("MILK")), (201, 201, 201, 200));
}

fn nobody_gets_rights_by_a_move(world: &World) {
    let admin = stocked(world);
    role(&admin, "keeper", &["catalog.read", "catalog.write"]);
    role(&admin, "counter", &["stock.adjust"]);
    let eve = keeper(world, &admin, "eve", &json!({ "role": "keeper" }));
    admin.act("/api/v1/users/eve/grants", &json!({ "role": "counter", "category": "tools" })).good();
    let moved = |sku: &str, version: i64, category: &str| {
        eve.patch(format!("/api/v1/items/{sku}"), version, &json!({ "category": category }))
    };
    let refused = moved("MILK", 1, "tools");
    assert_eq!(refused.refusal(), "403 forbidden /category");
    let words = "this would give you the permission `stock.adjust` there, which you do not hold now: ask somebody else";
    assert_eq!(refused.json()["detail"], words);
    let category = eve.patch("/api/v1/categories/food", 1, &json!({ "parent": "tools" }));
    assert_eq!(category.refusal(), "403 forbidden /parent");
    admin.get("/api/v1/categories/food").good();
    // out of one's hands, and among what is nobody's or one's own already
    moved("SAW", 1, "food").good();
    moved("MILK", 1, "food").good();
    admin.act("/api/v1/users/eve/grants", &json!({ "role": "counter", "category": "food" })).good();
    moved("MILK", 2, "tools").good();
    eve.patch("/api/v1/categories/food", 1, &json!({ "parent": "tools" })).good();
}

fn a_bill_of_materials_opens_nothing(world: &World) {
    let admin = goods(world);
    role(&admin, "buyer", &["catalog.read", "catalog.write"]);
    let tom = keeper(world, &admin, "tom", &json!({ "role": "buyer", "category": "tools" }));
    let item = json!({ "sku": "BENCH", "name": "x", "base_unit": "each", "category": "tools" });
    tom.post("/api/v1/items", &item).good();
    let bill = |actor: &Actor, sku: &str, part: &str| {
        let ask = actor
            .ask("PUT", format!("/api/v1/items/{sku}/bom"))
            .fresh()
            .as_shown_at(&format!("/api/v1/items/{sku}"));
        ask.json(&json!({ "kind": "kit", "lines": [{ "sku": part, "qty": "2" }] })).send()
    };
    assert_eq!(bill(&tom, "BENCH", "BREAD").refusal(), "422 unknown_item /lines");
    bill(&tom, "BENCH", "SAW").good();
    tom.get("/api/v1/items/BENCH/bom/explosion").good();
    // what others say of his items goes on standing there, and shows nothing of theirs
    bill(&admin, "MILK", "SAW").good();
    bill(&admin, "SAW", "BREAD").good();
    assert_eq!(tom.get("/api/v1/items/BENCH/bom/explosion").refusal(), "403 forbidden");
    assert_eq!(tom.get("/api/v1/items/SAW/bom").refusal(), "403 forbidden");
    tom.get("/api/v1/items/BENCH/bom").good();
    let changes = tom.get("/api/v1/items/SAW/changes").good().text();
    assert!(changes.contains("\"field\":\"bom\"") && !changes.contains("BREAD"), "{changes}");
    let uses = |actor: &Actor| skus(&actor.get("/api/v1/items/SAW/used-in?limit=1").good().json()).join(" ");
    assert_eq!((uses(&tom), uses(&admin)), ("BENCH".to_owned(), "BENCH".to_owned()));
    let all = |actor: &Actor| skus(&actor.get("/api/v1/items/SAW/used-in").good().json()).join(" ");
    assert_eq!((all(&tom), all(&admin)), ("BENCH".to_owned(), "BENCH MILK".to_owned()));
}

fn a_place_and_a_category_limit_together(world: &World) {
    let admin = stocked(world);
    role(&admin, "looker", &["stock.read"]);
    let grant = json!({ "role": "looker", "within": "LON", "category": "food" });
    let ann = keeper(world, &admin, "ann", &grant);
    admin
        .act("/api/v1/users/ann/grants", &json!({ "role": "looker", "within": "PAR", "category": "tools" }))
        .good();
    let sites = |sku: &str| {
        let stock = ann.get(format!("/api/v1/items/{sku}/stock")).good().json();
        stock["sites"].as_array().unwrap().iter().map(|at| at["site"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!((sites("MILK"), sites("SAW")), (vec!["\"LON\"".to_owned()], vec!["\"PAR\"".to_owned()]));
    assert_eq!(ann.get("/api/v1/items/ODD/stock").refusal(), "404 not_found");
    // with a right for all items at one place, the others are seen there
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "looker", "within": "LON" })).good();
    assert_eq!((sites("MILK").len(), sites("SAW").len(), sites("ODD").len()), (1, 2, 0));
}

fn a_picker_of_cold_goods_finds_what_they_need(world: &World) {
    let admin = stocked(world);
    role(&admin, "finder", &["stock.read", "places.read", "catalog.read"]);
    let ann = keeper(world, &admin, "ann", &json!({ "role": "finder", "within": "LON", "category": "food" }));
    admin
        .act("/api/v1/users/ann/grants", &json!({ "role": "finder", "within": "PAR", "category": "tools" }))
        .good();
    let stock = |of: &Actor, more: &str| {
        let page = of.get(format!("/api/v1/stock{more}")).good().json();
        let rows = page["items"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["sku"], row["location"]).replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(stock(&ann, ""), ["MILK LON-1", "SAW PAR-1"]);
    assert_eq!(stock(&ann, "?sku=SAW"), ["SAW PAR-1"]);
    assert_eq!(stock(&ann, "?site=LON"), ["MILK LON-1"]);
    assert_eq!(stock(&ann, "?within=PAR-1"), ["SAW PAR-1"]);
    let first = ann.get("/api/v1/stock?limit=1").good().json();
    assert_eq!(stock(&ann, &format!("?limit=1&cursor={}", first["next"].as_str().unwrap())), ["SAW PAR-1"]);
    // what they have no right to is answered as what is not there, in the same words
    for path in ["stock", "stock/sums", "ledger", "lots", "reservations", "allocations", "homes"] {
        let told = |sku: &str| {
            let reply = ann.get(format!("/api/v1/{path}?sku={sku}"));
            (reply.refusal(), reply.json()["detail"].to_string().replace(sku, "?"))
        };
        assert_eq!(told("ODD"), told("NONE"), "{path}");
        assert_eq!(told("ODD").0, "422 unknown_item ?sku", "{path}");
    }
    // an item that comes to their category is theirs from then on, at the places of that grant
    admin.patch("/api/v1/items/SAW", 1, &json!({ "category": "food" })).good();
    assert_eq!(stock(&ann, ""), ["MILK LON-1", "SAW LON-1"]);
    // the places are theirs, whatever stands there
    let locations = ann.get("/api/v1/locations?site=PAR").good().json();
    assert_eq!(locations["items"].as_array().unwrap().len(), 2);
    // and what is worth something is told of their items alone
    role(&admin, "costs", &["cost.read"]);
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "costs", "category": "tools" })).good();
    assert!(ann.get("/api/v1/ledger").good().json()["items"][0].get("value").is_none());
    assert_eq!(ann.get("/api/v1/valuation/totals").refusal(), "403 forbidden");
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "costs", "category": "food" })).good();
    let rows = ann.get("/api/v1/ledger").good().json();
    assert!(rows["items"].as_array().unwrap().iter().all(|row| row["value"].is_string()), "{rows}");
}

fn a_grant_names_a_category_that_is_there(world: &World) {
    let admin = goods(world);
    world.user("ann", &[]);
    let before = world.audits();
    let grant = json!({ "role": "auditor", "category": "toys" });
    let refused = admin.act("/api/v1/users/ann/grants", &grant);
    assert_eq!(refused.refusal(), "422 unknown_category /category");
    let new = json!({ "login": "bob", "name": "Bob", "password": "a canary that sings", "grants": [grant] });
    assert_eq!(admin.post("/api/v1/users", &new).refusal(), "422 unknown_category /grants/0/category");
    assert_eq!(world.audits(), before);
}

#[test]
fn rights_for_a_category_are_kept_in_its_key() {
    let world = World::new(db::Engine::Sqlite);
    let admin = goods(&world);
    role(&admin, "reader", &["catalog.read", "catalog.write"]);
    world.user("ann", &[]);
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "reader", "category": "food" })).good();
    let less = access::NewKey {
        owner: Some("ann".to_owned()),
        permissions: Some([Permission::CatalogRead].into_iter().collect()),
        per_minute: Some(access::PER_MINUTE),
        ..world.new_key()
    };
    let key = world.make_key(less);
    assert_eq!(skus(&key.get("/api/v1/items").good().json()), ["BREAD", "MILK"]);
    assert_eq!(key.patch("/api/v1/items/MILK", 1, &json!({ "name": "x" })).refusal(), "403 forbidden");
}
