//! What was done by the doors comes out of the exports.

use crate::world::{World, on_both_engines};
use exchange::export::{Export, Format, What, export};
use serde_json::{Value, json};

on_both_engines!(a_transfer_is_exported_line_by_line);

fn rows(world: &World, what: What) -> Vec<Value> {
    let mut out = Vec::new();
    let asked = Export { what, format: Format::Jsonl, as_of: None };
    let count = world.db.read_blocking(|conn| export(conn, &asked, &mut out)).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(u64::try_from(rows.len()).unwrap(), count);
    rows
}

fn a_transfer_is_exported_line_by_line(world: &World) {
    let admin = world.admin();
    for site in ["LON", "PAR"] {
        admin.post("/api/v1/locations", &json!({ "code": site, "kind": "site" })).good();
    }
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    let line = json!({ "sku": "BOLT", "qty": "9", "location": "LON", "unit_cost": "0.50" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    assert_eq!(rows(world, What::Transfers), [Value::Null; 0]);
    let lines = json!([{ "sku": "BOLT", "qty": "5" }, { "sku": "BOLT", "qty": "2" }]);
    let body = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
    let made = admin.post("/api/v1/transfers", &body).good().json();
    let number = made["number"].as_str().unwrap();
    let ship = format!("/api/v1/transfers/{number}/ship");
    let line = json!({ "line": 1, "qty": "3", "location": "LON" });
    let version = made["version"].as_i64().unwrap();
    admin
        .ask("POST", ship.as_str())
        .fresh()
        .if_match(version)
        .json(&json!({ "lines": [line] }))
        .send()
        .good();
    let told = rows(world, What::Transfers);
    let quantities: Vec<_> = told
        .iter()
        .map(|row| [&row["line"], &row["qty"], &row["shipped"], &row["received"], &row["short"]])
        .collect();
    assert_eq!(json!(quantities), json!([[1, "5", "3", "0", "0"], [2, "2", "0", "0", "0"]]));
    for row in &told {
        assert_eq!((&row["number"], &row["state"]), (&made["number"], &json!("shipped")), "{row}");
        let named = [&row["from_site"], &row["to_site"], &row["sku"], &row["lot"], &row["unit"]];
        assert_eq!(json!(named), json!(["LON", "PAR", "BOLT", null, "each"]));
    }
    let worth = rows(world, What::Valuation);
    let groups: Vec<_> =
        worth.iter().map(|row| json!([row["valuation_group"], row["qty"], row["value"]])).collect();
    assert!(
        groups.contains(&json!(["LON", "6", "3.00"])) && groups.contains(&json!([number, "3", "1.50"])),
        "{groups:?}"
    );
}
