//! Holding a lot back and releasing it, by the forms of its page.

use crate::pages::{form, hidden, signed_in_by_page};
use crate::world::{World, on_both_engines};
use serde_json::json;
use testkit::http::Reply;

on_both_engines!(a_lot_is_held_back_and_released_once_by_a_form);

/// What an answer leaves to be told on the next page.
fn told(reply: &Reply) -> bool {
    reply.header("set-cookie").is_some_and(|cookie| cookie.starts_with("told=%7B"))
}

fn a_lot_is_held_back_and_released_once_by_a_form(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "LON-1", "kind": "bin", "parent": "LON" })).good();
    let item = json!({ "sku": "MILK", "name": "Milk", "base_unit": "each", "tracking": "lot" });
    admin.post("/api/v1/items", &item).good();
    let line = json!({ "sku": "MILK", "qty": "9", "location": "LON-1", "lot": "L1" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let on_hold = || admin.get("/api/v1/items/MILK/lots/L1").good().json()["on_hold"].clone();

    let mary = signed_in_by_page(world, "mary", "administrator");
    let page = mary.get("/items/MILK/lots/L1/hold");
    assert_eq!(page.status, 200, "{}", page.text());
    let (token, key, version) = (hidden(&page, "_csrf"), hidden(&page, "_key"), hidden(&page, "_version"));
    let fields = |reason: &'static str| {
        [
            ("_csrf", token.clone()),
            ("_key", key.clone()),
            ("_version", version.clone()),
            ("/reason", reason.to_owned()),
            ("/note", "call <them>".to_owned()),
        ]
    };
    let send = |path: &str, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form(&mary, path, &fields).send()
    };
    // what is wrong is said beside the field, and nothing typed is lost
    let wrong = send("/items/MILK/lots/L1/hold", &fields("nonsense"));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let text = wrong.text();
    assert!(text.contains("aria-invalid=\"true\"") && text.contains("call &lt;them&gt;"), "{text}");
    assert_eq!(on_hold(), false);
    // a fresh form has a fresh key; sent twice it is done once
    let page = mary.get("/items/MILK/lots/L1/hold");
    let key = hidden(&page, "_key");
    let mut right = fields("recall");
    right[1].1 = key;
    for _ in 0..2 {
        let done = send("/items/MILK/lots/L1/hold", &right);
        assert_eq!(
            (done.status, done.header("location")),
            (303, Some("/items/MILK/lots/L1")),
            "{}",
            done.text()
        );
        assert!(told(&done));
    }
    assert_eq!(on_hold(), true);
    let events = admin.get("/api/v1/audit?action=stock.lot.hold").good().json();
    assert!(events["items"].as_array().is_some_and(|rows| rows.len() <= 1), "{events}");
    // whoever looked at it before somebody else changed it is told
    let mut stale = fields("recall");
    stale[1].1 = String::from("another-key");
    let refused = send("/items/MILK/lots/L1/release", &stale);
    assert_eq!(refused.status, 412, "{}", refused.text());
    assert!(refused.text().contains("role=\"alert\""));
    let page = mary.get("/items/MILK/lots/L1/release");
    let mut release = fields("recall");
    release[1].1 = hidden(&page, "_key");
    release[2].1 = hidden(&page, "_version");
    assert_eq!(send("/items/MILK/lots/L1/release", &release).status, 303);
    assert_eq!(on_hold(), false);
    // whoever may only look sees no form
    let reader = signed_in_by_page(world, "rita", "auditor");
    assert_eq!(reader.get("/items/MILK/lots/L1").status, 200);
    assert_eq!(reader.get("/items/MILK/lots/L1/hold").status, 403);
}
