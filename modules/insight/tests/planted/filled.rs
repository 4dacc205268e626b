//! What a world has seen that has seen something of everything. The faults find its postings by their
//! notes.

use crate::world::World;
use db::{DbError, Engine, Statement};
use serde_json::{Value, json};

/// A customer of an import, and a posting of theirs.
const CUSTOMER: [Statement; 2] = [
    Statement::new(
        "test.customer",
        "insert into exchange_customer (number, country, first_at, last_at, invoices)
         select 17850, 'United Kingdom', p.effective_at, p.effective_at, 1 from stock_posting p where p.note = 'first'",
    ),
    Statement::new(
        "test.customer_posting",
        "insert into exchange_customer_posting (customer, effective_at, posting)
         select 17850, p.effective_at, p.id from stock_posting p where p.note = 'first'",
    ),
];

impl World {
    /// One that has seen something of everything.
    pub(crate) fn filled(engine: Engine) -> World {
        let world = World::new(engine);
        world.people();
        world.places_and_items();
        world.february();
        world.stock();
        world.claims();
        insight::digest::make(&world.db, &world.ctx()).unwrap();
        world.mended();
        world.returns();
        world.beyond_stock();
        world.transfers();
        world.restored();
        world.put_elsewhere();
        world.corrections();
        world.imported();
        world.attached();
        world.positioned();
        world
    }

    /// As a backup of it goes on.
    fn restored(&self) {
        let now = self.now().0;
        self.db.write_blocking(move |tx| db::feed::restored(tx, now)).unwrap();
    }

    fn people(&self) {
        self.post("roles", &json!({ "name": "counter", "permissions": ["stock.read", "stock.adjust"] }));
        let grants = json!([{ "role": "counter" }]);
        let bob = self
            .post("users", &json!({ "login": "bob", "password": "long enough to be one", "grants": grants }));
        self.waits(bob["id"].as_i64().unwrap());
        self.post("keys", &json!({ "name": "shop", "permissions": ["stock.read"] }));
    }

    /// Something that somebody has asked for waits for somebody else.
    fn waits(&self, asked_by: i64) {
        let ctx = self.ctx();
        let sent = db::held::Sent {
            method: "POST".to_owned(),
            target: "/api/v1/items".to_owned(),
            if_match: None,
            body: b"{}".to_vec(),
            sealed: false,
        };
        let held = db::held::Held {
            id: *ctx.ids.next().as_bytes(),
            asked_by,
            via: None,
            key: "k".to_owned(),
            fingerprint: [7; 32],
            sent,
            permission: "catalog.write".to_owned(),
            why: "second_person".to_owned(),
            worth: None,
            places: None,
            asked_at: ctx.now.0,
            expires_at: ctx.now.plus_seconds(60).0,
            state: db::held::State::Waiting,
            decided_by: None,
            decided_at: None,
            note: None,
            status: None,
            location: None,
            version: 1,
        };
        self.db.write_blocking(move |tx| web::store_held(tx, &ctx, &held)).unwrap();
    }

    pub(crate) fn places_and_items(&self) {
        for (site, bins) in [("L", ["L1", "L2"]), ("M", ["M1", "M2"])] {
            self.post("locations", &json!({ "code": site, "kind": "site", "zone": "Europe/London" }));
            for bin in bins {
                self.post("locations", &json!({ "code": bin, "kind": "bin", "parent": site }));
            }
        }
        self.post("categories", &json!({ "name": "Garden" }));
        self.post("categories", &json!({ "name": "Pots", "parent": "garden" }));
        let bolt = json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each", "category": "garden/pots",
            "attributes": { "voltage": 12 } });
        self.post("items", &bolt);
        for (sku, part) in [("BOX", "BOLT"), ("CRATE", "BOX")] {
            self.post("items", &json!({ "sku": sku, "name": sku, "base_unit": "each" }));
            let bom = json!({ "kind": "made", "lines": [{ "sku": part, "qty": "12" }] });
            self.send("PUT", 1, &format!("items/{sku}/bom"), &bom);
        }
        self.post("attributes", &json!({ "key": "voltage", "kind": "number" }));
        self.send("PUT", 1, "categories/garden/attributes/voltage", &json!({ "position": 1 }));
        for (set, value) in [("colour", "RED"), ("size", "S")] {
            self.post("option-sets", &json!({ "code": set, "values": [{ "code": value }] }));
        }
        let shirt = json!({ "code": "SHIRT", "name": "Shirt", "options": ["colour", "size"],
            "defaults": { "base_unit": "each" } });
        self.post("families", &shirt);
        self.post("families/SHIRT/variants", &json!({}));
        let soup = json!({ "sku": "SOUP", "name": "Soup", "base_unit": "each", "tracking": "lot", "expiry": "named" });
        self.post("items", &soup);
        self.post(
            "items",
            &json!({ "sku": "DRILL", "name": "Drill", "base_unit": "each", "tracking": "serial" }),
        );
        self.post("items", &json!({ "sku": "NAIL", "name": "Nail", "base_unit": "kg" }));
        self.post("items", &json!({ "sku": "RING", "name": "Ring", "base_unit": "each" }));
        self.post("suppliers", &json!({ "code": "ACME", "name": "Acme" }));
        self.post("items", &json!({ "sku": "HOOK", "name": "Hook", "base_unit": "each" }));
        let twin = json!({ "sku": "HOOK-2", "name": "Hook", "base_unit": "each", "barcodes": [{ "code": "HOOK-CODE" }] });
        self.post("items", &twin);
        self.post_at(1, "items/HOOK-2/merge", &json!({ "into": "HOOK" }));
        for (version, from, until) in [(2, "2026-01-01", Some("2026-01-31")), (3, "2026-02-01", None)] {
            let price = json!({ "kind": "sales", "currency": "GBP", "amount": "5", "valid_from": from,
                "valid_until": until });
            self.post_at(version, "items/HOOK/prices", &price);
        }
        self.post_at(4, "items/HOOK/supplies", &json!({ "supplier": "ACME", "rank": 1 }));
        self.post("items", &json!({ "sku": "OLD", "name": "Old", "base_unit": "each" }));
        self.post_at(1, "items/OLD/archive", &Value::Null);
        self.post("location-types", &json!({ "code": "FLOOR", "kind": "bin" }));
        self.send("PUT", 0, "type-capacities/FLOOR", &json!({ "units": { "max": "1000" } }));
        // a site with an open transfer, one with a bin, and a bin out of use
        for (code, kind, parent) in
            [("N", "site", None), ("O", "site", None), ("O1", "bin", Some("O")), ("M3", "bin", Some("M"))]
        {
            self.post("locations", &json!({ "code": code, "kind": kind, "parent": parent }));
        }
        let day = json!({ "days": [{ "on": "2026-12-25", "name": "Christmas Day" }] });
        self.send("PUT", 1, "sites/O/calendar", &day);
        self.send("PUT", 0, "location-levels/O", &json!({ "below": { "shelf": ["rack"] } }));
        self.send("PUT", 0, "minimums/N/HOOK", &json!({ "least": "5" }));
        self.send("PUT", 0, "homes/O/HOOK", &json!({ "locations": ["O1"] }));
        self.post_at(1, "locations/M3/archive", &Value::Null);
        self.post("locations", &json!({ "code": "P", "kind": "site", "state": "set_up" }));
        let go_on =
            json!({ "state": "pilot", "reason": "first week", "despite": ["places", "opening_stock"] });
        self.post_at(1, "sites/P/state", &go_on);
        self.post_at(1, "locations/O1/block", &json!({ "reason": "damaged" }));
        self.post_at(2, "locations/O1/unblock", &Value::Null);
    }

    /// Posts lines, with a note by which the faults find the posting.
    fn lines(&self, kind: &str, note: &str, lines: &Value) -> Value {
        self.post(&format!("postings/{kind}"), &json!({ "document": "PO-1", "note": note, "lines": lines }))
    }

    /// A month that is over and closed.
    fn february(&self) {
        for (day, note) in [("2026-02-03T10:00:00Z", "nails-1"), ("2026-02-05T10:00:00Z", "nails-2")] {
            let line = json!({ "sku": "NAIL", "qty": "2.5", "location": "M1", "unit_cost": "1.3333" });
            let body = json!({ "effective_at": day, "note": note, "lines": [line] });
            self.post("postings/receive", &body);
        }
        self.post("periods/2026-02/close", &Value::Null);
    }

    fn stock(&self) {
        self.lines("receive", "first", &json!([bolts("20", "L1", "0.50")]));
        self.lines("receive", "two lines", &json!([bolts("9", "L2", "0.60"), bolts("3", "L1", "0.70")]));
        self.lines("issue", "issue", &json!([{ "sku": "BOLT", "qty": "4", "location": "L1" }]));
        let soup = json!({ "sku": "SOUP", "qty": "6", "location": "L1", "lot": "A", "expiry_on": "2027-01-31", "unit_cost": "2" });
        self.lines("receive", "soup", &json!([soup]));
        let drill = json!({ "sku": "DRILL", "qty": "1", "location": "L2", "lot": "R-77", "serials": ["S1"], "unit_cost": "99" });
        self.lines("receive", "drill", &json!([drill]));
        self.drill();
        let bolt = json!({ "sku": "BOLT", "qty": "2", "location": "L1", "to_location": "L2" });
        self.lines("move", "move", &json!([bolt]));
        let held = json!({ "sku": "BOLT", "qty": "1", "location": "L1", "to_status": "hold" });
        let body = json!({ "reason": "inspection", "note": "hold", "lines": [held] });
        self.post("postings/set-status", &body);
    }

    /// A serial that was sold twice.
    fn drill(&self) {
        let drill = json!([{ "sku": "DRILL", "serials": ["S2"], "location": "L2" }]);
        let stories = [
            ("receive", "drill came"),
            ("issue", "drill sold"),
            ("return", "drill back"),
            ("issue", "drill gone"),
        ];
        for (kind, note) in stories {
            self.lines(kind, note, &drill);
        }
    }

    fn claims(&self) {
        let reserve = json!({ "sku": "BOLT", "site": "L", "qty": "5", "owner": "order-1" });
        let reserved = self.post("reservations", &reserve);
        let allocate = json!({ "sku": "BOLT", "location": "L1", "qty": "2", "owner": "order-2" });
        self.post("allocations", &allocate);
        let reserve = |sku: &str| json!({ "sku": sku, "site": "L", "qty": "1", "owner": "order-3" });
        self.post("reservations", &reserve("SOUP"));
        self.post("reservations/together", &json!({ "reservations": [reserve("SOUP"), reserve("BOLT")] }));
        let id = reserved["id"].as_str().unwrap_or_else(|| panic!("{reserved}"));
        self.post(&format!("reservations/{id}/release"), &json!({ "qty": "1" }));
    }

    /// Demand beyond stock: a part is covered at once, a part by what comes, and a part waits.
    fn beyond_stock(&self) {
        self.send("PUT", 0, "backorder-rules/M", &json!({ "accepts": "cap", "cap": "3" }));
        self.send("PUT", 0, "backorder-rules/M/NAIL", &json!({ "accepts": "cap", "cap": "2" }));
        let reserve = json!({ "sku": "NAIL", "site": "M", "qty": "6", "owner": "order-4" });
        self.post("reservations", &reserve);
        let nails = json!({ "sku": "NAIL", "qty": "0.25", "location": "M1", "unit_cost": "1.50" });
        self.lines("receive", "more nails", &json!([nails]));
    }

    fn transfers(&self) {
        let new =
            |qty: &str| json!({ "from_site": "L", "to_site": "M", "lines": [{ "sku": "BOLT", "qty": qty }] });
        let at = |bin: &str, qty: &str| json!({ "lines": [{ "line": 1, "location": bin, "qty": qty }] });
        for (ships, receives, closes) in [("3", "3", false), ("3", "2", true), ("3", "2", false)] {
            let made = self.post("transfers", &new("3"));
            let path = format!("transfers/{}", made["number"].as_str().unwrap_or_else(|| panic!("{made}")));
            self.post_at(1, &format!("{path}/ship"), &at("L2", ships));
            self.post_at(2, &format!("{path}/receive"), &at("M1", receives));
            if closes {
                self.post_at(3, &format!("{path}/close"), &json!({ "reason": "lost" }));
            }
        }
        let drafted = self.post("transfers", &new("2"));
        let path = format!("transfers/{}/allocate", drafted["number"].as_str().unwrap());
        self.post_at(1, &path, &at("L1", "2"));
        let line = json!([{ "sku": "RING", "qty": "1", "unit": "each" }]);
        self.post("transfers", &json!({ "from_site": "M", "to_site": "N", "lines": line }));
    }

    /// A sale of two lines of which something came back, and one that was reversed.
    fn returns(&self) {
        let nails = |qty: &str| json!({ "sku": "NAIL", "qty": qty, "location": "M1" });
        let sold = self.lines("issue", "sale", &json!([nails("2"), nails("1")]));
        let back = |qty: &str, line: u32| json!([{ "sku": "NAIL", "qty": qty, "location": "M1", "sale": { "posting": sold["id"], "line": line } }]);
        self.lines("return", "back", &back("1.5", 0));
        self.lines("return", "back too", &back("1", 1));
        let wrong = self.lines("return", "back for a while", &back("0.25", 0));
        self.post(&format!("postings/{}/reverse", wrong["id"].as_str().unwrap()), &json!({}));
        let sold = self.lines("issue", "no sale", &json!([nails("1")]));
        self.post(
            &format!("postings/{}/reverse", sold["id"].as_str().unwrap()),
            &json!({ "note": "undone" }),
        );
    }

    fn corrections(&self) {
        let rings =
            json!({ "sku": "RING", "qty": "7", "unit": "each", "location": "M2", "unit_cost": "0.80" });
        let wrong = self.lines("receive", "wrong", &json!([rings]));
        let id = wrong["id"].as_str().unwrap_or_else(|| panic!("{wrong}"));
        self.post(&format!("postings/{id}/reverse"), &json!({ "note": "the wrong bin" }));
        self.lines("receive", "last", &json!([bolts("1", "M1", "0.80")]));
    }

    /// Files of an item, of which one is removed and two are the same.
    fn attached(&self) {
        for (number, text) in ["one", "two", "two"].into_iter().enumerate() {
            self.post(&format!("items/BOLT/files?name={number}.txt"), &json!(text));
        }
        self.send("DELETE", 1, "items/BOLT/files/1", &Value::Null);
    }

    /// What an import says of a posting.
    fn imported(&self) {
        let written = self.db.write_blocking(|tx| {
            let rows: Vec<u64> =
                CUSTOMER.iter().map(|statement| tx.execute(statement, &[])).collect::<Result<_, _>>()?;
            Ok::<_, DbError>(rows)
        });
        assert_eq!(written.unwrap(), [1, 1]);
    }

    /// A unit of an item, a lot whose day was wrong twice, and a serial under the wrong parent, whose day
    /// was wrong as well.
    fn mended(&self) {
        self.post_at(1, "items/RING/units", &json!({ "unit": "case", "factor": "12" }));
        let broth = json!({ "sku": "BROTH", "name": "Broth", "base_unit": "each", "tracking": "lot", "expiry": "named" });
        self.post("items", &broth);
        self.post_at(1, "items/BROTH/barcodes", &json!({ "code": "4006381333931", "unit": "each" }));
        let broth = json!({ "sku": "BROTH", "qty": "1", "location": "L1", "lot": "B", "expiry_on": "2027-04-30", "unit_cost": "2" });
        self.lines("receive", "broth", &json!([broth]));
        for (version, day) in [(1, "2027-05-31"), (2, "2027-02-28")] {
            self.send("PATCH", version, "items/BROTH/lots/B", &json!({ "expiry_on": day }));
        }
        // a lot on hold, of which one was on hold before
        let broth = json!({ "sku": "BROTH", "qty": "4", "location": "L1", "lot": "C", "expiry_on": "2027-04-30", "unit_cost": "2" });
        self.lines("receive", "more broth", &json!([broth]));
        let held = json!({ "sku": "BROTH", "qty": "1", "location": "L1", "lot": "C", "to_status": "hold" });
        self.post("postings/set-status", &json!({ "reason": "inspection", "lines": [held] }));
        self.post_at(1, "items/BROTH/lots/C/hold", &json!({ "reason": "recall" }));
        self.lost_on_hold();
        let radio = json!({ "sku": "RADIO", "name": "Radio", "base_unit": "each", "tracking": "serial", "expiry": "named" });
        self.post("items", &radio);
        for (lot, serial, day) in [("P1", "R1", "2027-03-01"), ("P2", "R2", "2027-05-01")] {
            let radio = json!({ "sku": "RADIO", "qty": "1", "location": "L1", "lot": lot, "serials": [serial],
                "expiry_on": day, "unit_cost": "9" });
            self.lines("receive", serial, &json!([radio]));
        }
        self.send("PATCH", 1, "items/RADIO/lots/P1", &json!({ "expiry_on": "2027-04-01" }));
        self.post_at(2, "items/RADIO/lots/R1/parent", &json!({ "parent": "P2", "reason": "inspection" }));
        self.send("PATCH", 1, "items/RADIO/lots/P2", &json!({ "expiry_on": "2027-06-01" }));
    }

    /// Some of a lot that was lost while the lot was on hold, and turned up after its release.
    fn lost_on_hold(&self) {
        let made = json!({ "sku": "BROTH", "qty": "5", "location": "L1", "lot": "D", "expiry_on": "2027-04-30", "unit_cost": "2" });
        self.lines("receive", "broth on hold", &json!([made]));
        let held = json!({ "sku": "BROTH", "qty": "1", "location": "L1", "lot": "D", "to_status": "hold" });
        self.post("postings/set-status", &json!({ "reason": "inspection", "lines": [held] }));
        self.post_at(1, "items/BROTH/lots/D/hold", &json!({ "reason": "recall" }));
        let left = json!({ "sku": "BROTH", "counted": "2", "location": "L1", "lot": "D", "status": "hold" });
        let lost = self.post("postings/adjust", &json!({ "reason": "lost", "lines": [left] }));
        self.post_at(2, "items/BROTH/lots/D/release", &json!({ "reason": "inspection" }));
        let id = lost["id"].as_str().unwrap();
        self.post(&format!("postings/{id}/reverse"), &json!({}));
    }

    /// A pallet that went to another site with what is on it, and a bin that was empty.
    fn put_elsewhere(&self) {
        self.post("units", &json!({ "code": "PALLET", "parent": "L2" }));
        let nails = json!({ "sku": "NAIL", "qty": "0.5", "location": "PALLET", "unit_cost": "1" });
        self.lines("receive", "on a pallet", &json!([nails]));
        self.post_at(1, "units/PALLET/move", &json!({ "parent": "M1" }));
        self.post("locations", &json!({ "code": "L9", "kind": "bin", "parent": "L" }));
        self.lines("receive", "for a day", &json!([bolts("1", "L9", "0.80")]));
        self.lines("issue", "and gone", &json!([{ "sku": "BOLT", "qty": "1", "location": "L9" }]));
        self.post_at(1, "locations/L9/move", &json!({ "parent": "M" }));
        self.post_at(1, "locations/L2/block", &json!({ "reason": "inspection" }));
        self.post_at(2, "locations/L2/unblock", &Value::Null);
    }
}

fn bolts(qty: &str, bin: &str, cost: &str) -> Value {
    json!({ "sku": "BOLT", "qty": qty, "location": bin, "unit_cost": cost })
}
