//! What was done by the doors comes out of the exports.

use crate::identity_provider::PEERS;
use crate::world::{World, on_both_engines};
use domain::Permission;
use exchange::export::{Export, Format, What, export};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

on_both_engines!(
    a_transfer_is_exported_line_by_line,
    a_list_is_taken_as_a_file,
    a_list_needs_the_right_to_what_is_in_it,
    what_is_no_list_or_no_manner_is_refused,
    other_programs_read_a_workbook_as_it_was_meant,
);

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

fn a_list_is_taken_as_a_file(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    let line = json!({ "sku": "BOLT", "qty": "9", "location": "LON", "unit_cost": "0.50" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let before = world.now().to_string();
    world.pass(std::time::Duration::from_mins(5));
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let csv = admin.get("/api/v1/exports/valuation?locale=de").good();
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"valuation.csv\""));
    assert_eq!(csv.header("cache-control"), Some("no-store"));
    let text = csv.text();
    assert!(text.contains("9,00"), "{text}");
    let then = admin.get(format!("/api/v1/exports/stock?format=jsonl&as_of={before}")).good().text();
    let then: Value = serde_json::from_str(then.trim()).unwrap();
    assert_eq!((&then["sku"], &then["on_hand"]), (&json!("BOLT"), &json!("9")));
    let book = admin.get("/api/v1/exports/items?format=xlsx").good();
    assert!(book.bytes.starts_with(b"PK"));
    // and in again, as it came out
    let sent =
        admin.ask("POST", "/api/v1/imports?list=items&name=items.xlsx").fresh().bytes(book.bytes).send();
    assert_eq!(sent.good().json()["problem"], Value::Null);
    let listed = admin.get("/api/v1/exports").good().json();
    assert_eq!(listed["lists"].as_array().unwrap().len(), What::ALL.len());
}

fn a_list_needs_the_right_to_what_is_in_it(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    let lon = world.location("LON");
    let exports = Permission::ExportsRead;
    let stock = world.key(&[exports, Permission::StockRead], None);
    for (list, status) in [
        ("stock", 200),
        ("movements", 403),
        ("valuation", 403),
        ("items", 403),
        ("audit", 403),
        ("locations", 403),
    ] {
        assert_eq!(stock.get(format!("/api/v1/exports/{list}")).status, status, "{list}");
    }
    let shown = stock.get("/api/v1/exports").good().json();
    let words: Vec<&str> =
        shown["lists"].as_array().unwrap().iter().map(|list| list["list"].as_str().unwrap()).collect();
    assert!(words.contains(&"stock") && !words.contains(&"valuation"), "{words:?}");
    // a right at one place is none to the whole
    assert_eq!(
        world.key(&[exports, Permission::StockRead], Some(&[lon])).get("/api/v1/exports/stock").status,
        403
    );
    for what in What::ALL {
        let path = format!("/api/v1/exports/{}", what.word());
        assert_eq!(admin.get(&path).status, 200, "{path}");
    }
}

fn what_is_no_list_or_no_manner_is_refused(world: &World) {
    let admin = world.admin();
    for (path, wanted) in [
        ("toys", "404 not_found"),
        ("items?format=pdf", "400 malformed_parameter"),
        ("items?locale=xx", "400 malformed_parameter"),
        ("items?as_of=2026-01-01T00:00:00Z", "400 malformed_parameter"),
        ("stock?as_of=yesterday", "400 malformed_parameter"),
        ("stock?as_of=2999-01-01T00:00:00Z", "400 malformed_parameter"),
        ("stock?what=else", "400 unknown_parameter"),
    ] {
        let refusal = admin.get(format!("/api/v1/exports/{path}")).refusal();
        assert!(refusal.starts_with(wanted), "{path}: {refusal}");
    }
}

/// The rows of a workbook, as `openpyxl` reads them: by column, the kind and the text of a cell.
fn read_by_another(book: &[u8]) -> Vec<Value> {
    let python = Path::new(PEERS).join("python/bin/python");
    assert!(python.exists(), "`openpyxl` is not there: run `.ci/peers` at the root of the repository");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.xlsx");
    std::fs::write(&file, book).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/workbook.py");
    let read = Command::new(python).arg(script).arg(&file).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let text = String::from_utf8(read.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a cell says what JSON lines say.
fn says(cell: &Value, line: &Value) -> bool {
    let text = cell[1].as_str().unwrap_or_default();
    match (cell[0].as_str(), line) {
        (None, Value::Null) => true,
        (None, Value::String(text)) => text.is_empty(),
        (None, Value::Array(texts)) => texts.is_empty(),
        (Some("n"), Value::String(number)) => text.parse::<f64>().ok() == number.parse().ok(),
        (Some("n"), Value::Number(number)) => text == number.to_string(),
        (Some("b"), Value::Bool(truth)) => text.eq_ignore_ascii_case(&truth.to_string()),
        (Some("d"), Value::String(day)) => text.starts_with(day),
        (Some("s"), Value::String(line)) => text == line,
        (Some("s"), Value::Array(texts)) => {
            text == texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|")
        }
        (Some("s"), line) => serde_json::from_str::<Value>(text).is_ok_and(|cell| cell == *line),
        _ => false,
    }
}

fn other_programs_read_a_workbook_as_it_was_meant(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    for (sku, name) in [("007", "=1+1"), ("1E5", "Größe \u{1f9ca} <b>&\"x\""), ("4006381333931", "'quoted")]
    {
        let units = json!([{ "unit": "case", "factor": "12" }]);
        let item = json!({ "sku": sku, "name": name, "base_unit": "each", "units": units, "tracking": "lot",
            "expiry": "named", "attributes": { "note": "a, b" } });
        admin.post("/api/v1/items", &item).good();
        let line = json!({ "sku": sku, "qty": "9.5", "location": "LON", "lot": "1/2", "expiry_on": "2027-02-28",
            "unit_cost": "1234.56", "unit": "case" });
        admin.post("/api/v1/postings/receive", &json!({ "lines": [line], "note": "-2+3" })).good();
    }
    for list in ["items", "units", "stock", "lots", "movements", "valuation"] {
        let book = admin.get(format!("/api/v1/exports/{list}?format=xlsx")).good().bytes;
        let cells = read_by_another(&book);
        let lines = admin.get(format!("/api/v1/exports/{list}?format=jsonl")).good().text();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.len() >= 3 && cells.len() == lines.len(), "{list}: {} {}", cells.len(), lines.len());
        for (row, line) in cells.iter().zip(&lines) {
            for (column, value) in line.as_object().unwrap() {
                assert!(says(&row[column], value), "{list} {column}: {} for {value}", row[column]);
            }
        }
    }
}
