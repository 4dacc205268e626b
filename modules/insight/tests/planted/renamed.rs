//! Places that got other names and stand elsewhere make no fault: everything goes by their ids.

use crate::world::{World, broken};
use db::Engine;
use serde_json::{Value, json};

fn bolts(bin: &str) -> Value {
    json!({ "sku": "BOLT", "qty": "4", "location": bin, "unit_cost": "0.90" })
}

impl World {
    fn rename(&self, code: &str, new: &str) {
        let found = self.send("GET", 0, &format!("locations/{code}"), &Value::Null);
        let version = found["version"].as_i64().unwrap_or_else(|| panic!("{found}"));
        self.send("PATCH", version, &format!("locations/{code}"), &json!({ "code": new }));
    }

    /// Every place has another name, and some have that of another place before.
    fn renamed(&self) {
        for (code, new) in [("L", "LONDON"), ("M", "L"), ("N", "M"), ("O", "N"), ("O1", "N1")] {
            self.rename(code, new);
        }
        for (code, new) in [("L1", "SHELF"), ("L2", "L1"), ("SHELF", "L2"), ("M1", "SHELF"), ("L9", "M1")] {
            self.rename(code, new);
        }
    }

    /// Every way in which a place is named, under the new names.
    fn used(&self) {
        let bolts = |bin: &str| json!({ "sku": "BOLT", "qty": "4", "location": bin, "unit_cost": "0.90" });
        self.send(
            "POST",
            0,
            "postings/receive",
            &json!({ "lines": [bolts("L1"), bolts("L2"), bolts("SHELF")] }),
        );
        let bolt = json!({ "sku": "BOLT", "qty": "1", "location": "L1", "to_location": "L2" });
        let moved = self.post("postings/move", &json!({ "lines": [bolt] }));
        self.post(&format!("postings/{}/reverse", moved["id"].as_str().unwrap()), &json!({}));
        self.post(
            "reservations",
            &json!({ "sku": "BOLT", "site": "LONDON", "qty": "1", "owner": "order-8" }),
        );
        self.post(
            "allocations",
            &json!({ "sku": "BOLT", "location": "SHELF", "qty": "1", "owner": "order-9" }),
        );
        let line = json!({ "sku": "BOLT", "qty": "2" });
        let made = self.post("transfers", &json!({ "from_site": "LONDON", "to_site": "L", "lines": [line] }));
        let path = format!("transfers/{}", made["number"].as_str().unwrap());
        let at = |bin: &str| json!({ "lines": [{ "line": 1, "location": bin, "qty": "2" }] });
        self.post_at(1, &format!("{path}/ship"), &at("L1"));
        self.post_at(2, &format!("{path}/receive"), &at("SHELF"));
    }

    /// A zone with its bin, and a box with goods, stand elsewhere twice; each place gets another name in between.
    fn stand_elsewhere(&self) {
        let version = |code: &str| {
            self.send("GET", 0, &format!("locations/{code}"), &Value::Null)["version"].as_i64().unwrap()
        };
        for (code, kind, parent) in [("AISLE", "zone", "LONDON"), ("A1", "bin", "AISLE")] {
            self.post("locations", &json!({ "code": code, "kind": kind, "parent": parent }));
        }
        self.post("units", &json!({ "code": "BOX", "parent": "L2" }));
        self.post("postings/receive", &json!({ "lines": [bolts("BOX")] }));
        self.post_at(1, "units/BOX/move", &json!({ "parent": "N1" }));
        self.rename("N1", "N2");
        self.post_at(2, "units/BOX/move", &json!({ "parent": "L2" }));
        self.rename("N2", "N1");
        for (parent, name) in [("N", "ROW"), ("LONDON", "AISLE")] {
            let code = if name == "ROW" { "AISLE" } else { "ROW" };
            self.post_at(version(code), &format!("locations/{code}/move"), &json!({ "parent": parent }));
            self.rename(code, name);
        }
    }
}

fn places_with_other_names_make_no_fault(engine: Engine) {
    let world = World::filled(engine);
    world.renamed();
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new(), "of what was there before");
    world.used();
    world.stand_elsewhere();
    world.used();
    world.positioned();
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new());
}

#[test]
fn places_with_other_names_make_no_fault_on_sqlite() {
    places_with_other_names_make_no_fault(Engine::Sqlite);
}

#[test]
fn places_with_other_names_make_no_fault_on_postgres() {
    places_with_other_names_make_no_fault(Engine::Postgres);
}
