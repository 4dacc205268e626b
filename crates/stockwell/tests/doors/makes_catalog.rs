//! Right requests to the writes of the catalogue that are not of items.

use crate::scope_walk::{Probe, Stage};
use serde_json::{Value, json};

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
        _ => None,
    }
}
