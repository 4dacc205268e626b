//! What the list of goods to pick refuses, and that its pages end where the quantity is reached.

use crate::world::{World, on_both_engines};
use serde_json::json;

on_both_engines!(what_goes_out_first_is_asked_with_a_site_and_a_quantity_above_zero);

fn what_goes_out_first_is_asked_with_a_site_and_a_quantity_above_zero(world: &World) {
    let admin = world.admin();
    for (code, kind, parent) in
        [("LON", "site", None), ("A1", "bin", Some("LON")), ("A2", "bin", Some("LON"))]
    {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    for bin in ["A1", "A2"] {
        let lines = json!([{ "sku": "BOLT", "qty": "5", "location": bin }]);
        admin.post("/api/v1/postings/receive", &json!({ "lines": lines })).good();
    }
    let ask = |rest: &str| admin.get(format!("/api/v1/items/BOLT/rotation{rest}"));
    for (rest, refusal) in [
        ("", "400 malformed_parameter ?site"),
        ("?site=NOWHERE", "422 unknown_location ?site"),
        ("?site=LON&within=NOWHERE", "422 unknown_location ?within"),
        ("?site=LON&qty=0", "422 invalid_quantity ?qty"),
        ("?site=LON&qty=-1", "422 invalid_quantity ?qty"),
        ("?site=LON&qty=NaN", "422 invalid_quantity ?qty"),
    ] {
        assert_eq!(ask(rest).refusal(), refusal, "{rest}");
    }
    assert_eq!(admin.get("/api/v1/items/NONE/rotation?site=LON").status, 404);
    let first = ask("?site=LON&qty=6&limit=1").good().json();
    assert_eq!((&first["items"][0]["take"], first["next"].is_string()), (&json!("5"), true), "{first}");
    let next = first["next"].as_str().unwrap();
    let second = ask(&format!("?site=LON&qty=6&limit=1&cursor={next}")).good().json();
    assert_eq!((&second["items"][0]["take"], second["next"].is_null()), (&json!("1"), true), "{second}");
}
