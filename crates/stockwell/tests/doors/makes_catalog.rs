//! Right requests to the writes of the catalogue that are not of items.

use crate::scope_walk::{Probe, Stage};
use serde_json::{Value, json};

#[expect(clippy::too_many_lines, reason = "a table, line by line")]
pub(crate) fn catalogue(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    let made = |path: &str, body: Value| {
        stage.admin.post(path, &body).good();
    };
    let category = || {
        let name = stage.world.name("category");
        made("/api/v1/categories", json!({ "name": name }));
        name
    };
    let item = || {
        let sku = stage.world.name("SKU");
        made("/api/v1/items", json!({ "sku": sku, "name": "x", "base_unit": "each" }));
        sku
    };
    let attribute = || {
        let key = stage.world.name("attribute").replace('-', "_");
        made("/api/v1/attributes", json!({ "key": key, "kind": "number" }));
        key
    };
    let rule = |category: &str| {
        let key = attribute();
        let path = format!("/api/v1/categories/{category}/attributes/{key}");
        stage.admin.ask("PUT", &path).fresh().if_match(1).json(&json!({ "default": 1 })).send().good();
        path
    };
    let option_set = || {
        let code = stage.world.name("set").replace('-', "_");
        let values = json!([{ "code": "RED" }, { "code": "BLUE" }]);
        made("/api/v1/option-sets", json!({ "code": code, "values": values }));
        code
    };
    let family = || {
        let code = stage.world.name("FAMILY");
        let body = json!({ "code": code, "name": "x", "options": [option_set()], "configurable": true,
            "defaults": { "base_unit": "each" } });
        made("/api/v1/families", body);
        code
    };
    let supplier = || {
        let code = stage.world.name("SUPPLIER");
        made("/api/v1/suppliers", json!({ "code": code, "name": "x" }));
        code
    };
    let supply = || {
        let (sku, code) = (item(), supplier());
        let ask = stage.admin.ask("POST", format!("/api/v1/items/{sku}/supplies")).fresh();
        ask.if_match(1).json(&json!({ "supplier": code, "supplier_sku": "S-1" })).send().good();
        format!("/api/v1/items/{sku}/supplies/{code}/S-1")
    };
    let price =
        |from: &str| json!({ "kind": "sales", "currency": "EUR", "amount": "12.50", "valid_from": from });
    let priced = |from: &str| {
        let path = format!("/api/v1/items/{}/prices", item());
        let ask = stage.admin.ask("POST", path.clone()).fresh().if_match(1);
        let made = ask.json(&price(from)).send().good().json();
        format!("{path}/{}", made["id"])
    };
    let with = |path: String, body: Value| Some(Probe { path, body: Some(body), by: None });
    let plain = |path: String| Some(Probe { path, body: None, by: None });
    match (method, path) {
        ("POST", "/api/v1/categories") => {
            with(path.to_owned(), json!({ "name": stage.world.name("category") }))
        }
        ("PATCH", "/api/v1/categories/{path}") => {
            let name = category();
            // another name at the same address
            with(path.replace("{path}", &name), json!({ "name": name.to_uppercase() }))
        }
        ("DELETE", "/api/v1/categories/{path}") => plain(path.replace("{path}", &category())),
        ("PUT", "/api/v1/categories/{path}/attributes/{key}") => with(
            path.replace("{path}", &category()).replace("{key}", &attribute()),
            json!({ "required": true, "default": 2 }),
        ),
        ("DELETE", "/api/v1/categories/{path}/attributes/{key}") => plain(rule(&category())),
        ("POST", "/api/v1/attributes") => {
            with(path.to_owned(), json!({ "key": stage.world.name("k").replace('-', "_"), "kind": "text" }))
        }
        ("PATCH", "/api/v1/attributes/{key}") => {
            with(path.replace("{key}", &attribute()), json!({ "unit": "V" }))
        }
        ("DELETE", "/api/v1/attributes/{key}") => plain(path.replace("{key}", &attribute())),
        ("PATCH", "/api/v1/items/{sku}/units/{unit}") => {
            let sku = stage.world.name("SKU");
            made("/api/v1/items", json!({ "sku": sku, "name": "x", "base_unit": "each" }));
            with(format!("/api/v1/items/{sku}/units/each"), json!({ "weight_g": "12.5" }))
        }
        ("PUT", "/api/v1/items/{sku}/bom") => with(
            path.replace("{sku}", &item()),
            json!({ "kind": "kit", "lines": [{ "sku": item(), "qty": "2" }] }),
        ),
        ("DELETE", "/api/v1/items/{sku}/bom") => {
            let path = path.replace("{sku}", &item());
            let bom = json!({ "kind": "kit", "lines": [{ "sku": item(), "qty": "2" }] });
            stage.admin.ask("PUT", &path).fresh().if_match(1).json(&bom).send().good();
            plain(path)
        }
        ("POST", "/api/v1/suppliers") => {
            with(path.to_owned(), json!({ "code": stage.world.name("SUPPLIER"), "name": "x" }))
        }
        ("PATCH", "/api/v1/suppliers/{code}") => {
            with(path.replace("{code}", &supplier()), json!({ "name": "y" }))
        }
        ("DELETE", "/api/v1/suppliers/{code}") => plain(path.replace("{code}", &supplier())),
        ("POST", "/api/v1/items/{sku}/supplies") => {
            with(path.replace("{sku}", &item()), json!({ "supplier": supplier() }))
        }
        ("PATCH", "/api/v1/items/{sku}/supplies/{supplier}/{code}") => with(supply(), json!({ "rank": 7 })),
        ("DELETE", "/api/v1/items/{sku}/supplies/{supplier}/{code}") => plain(supply()),
        ("POST", "/api/v1/items/{sku}/prices") => with(path.replace("{sku}", &item()), price("2026-01-01")),
        ("POST", "/api/v1/items/{sku}/prices/{id}/end") => {
            with(format!("{}/end", priced("2026-01-01")), json!({ "valid_until": "2199-12-31" }))
        }
        ("DELETE", "/api/v1/items/{sku}/prices/{id}") => plain(priced("2199-01-01")),
        ("PUT", "/api/v1/items/{sku}/variant") => {
            let (family, item) = (family(), item());
            let set = stage.admin.get(format!("/api/v1/families/{family}")).good().json();
            let set = set["options"][0].as_str().unwrap().to_owned();
            with(path.replace("{sku}", &item), json!({ "family": family, "options": { set: "RED" } }))
        }
        ("DELETE", "/api/v1/items/{sku}/variant") => {
            let family = family();
            let made = json!({ "options": {} });
            stage.admin.post(format!("/api/v1/families/{family}/variants"), &made).good();
            plain(path.replace("{sku}", &format!("{family}-RED")))
        }
        ("POST", "/api/v1/items/{sku}/merge") => {
            with(path.replace("{sku}", &item()), json!({ "into": item() }))
        }
        ("POST", "/api/v1/option-sets") => with(
            path.to_owned(),
            json!({ "code": stage.world.name("o").replace('-', "_"), "values": [{ "code": "S" }] }),
        ),
        ("PATCH", "/api/v1/option-sets/{code}") => {
            with(path.replace("{code}", &option_set()), json!({ "order": ["BLUE", "RED"] }))
        }
        ("DELETE", "/api/v1/option-sets/{code}") => plain(path.replace("{code}", &option_set())),
        ("POST", "/api/v1/option-sets/{code}/values") => {
            with(path.replace("{code}", &option_set()), json!({ "code": "GREEN" }))
        }
        ("PATCH", "/api/v1/option-sets/{code}/values/{value}") => with(
            path.replace("{code}", &option_set()).replace("{value}", "RED"),
            json!({ "name": "Crimson" }),
        ),
        ("DELETE", "/api/v1/option-sets/{code}/values/{value}") => {
            plain(path.replace("{code}", &option_set()).replace("{value}", "RED"))
        }
        ("POST", "/api/v1/families") => with(
            path.to_owned(),
            json!({ "code": stage.world.name("FAMILY"), "name": "x", "options": [option_set()],
                "defaults": { "base_unit": "each" } }),
        ),
        ("PATCH", "/api/v1/families/{code}") => {
            with(path.replace("{code}", &family()), json!({ "name": "y" }))
        }
        ("DELETE", "/api/v1/families/{code}") => plain(path.replace("{code}", &family())),
        ("POST", "/api/v1/families/{code}/variants") => with(path.replace("{code}", &family()), json!({})),
        ("POST", "/api/v1/families/{code}/configure") => {
            let code = family();
            let shown = stage.admin.get(format!("/api/v1/families/{code}")).good().json();
            let option = shown["options"][0].as_str().unwrap().to_owned();
            with(path.replace("{code}", &code), json!({ "options": { option: "RED" } }))
        }
        _ => None,
    }
}
