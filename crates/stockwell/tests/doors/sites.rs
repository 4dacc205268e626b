//! A business with sixty sites: each keeps its own number, and the lists over all of them are complete.

use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use testkit::http::Actor;

on_both_engines!(sixty_sites_each_keep_their_own_number);

const SITES: usize = 60;

/// The rows of a list, page by page.
fn all(actor: &Actor, path: &str, limit: usize) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = actor.get(format!("{path}{sign}limit={limit}{cursor}")).good().json();
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// Each site gets as many bolts as its number says, reserves one, and sends one on to the next.
fn sixty_sites_each_keep_their_own_number(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    let site = |number: usize| format!("S{number:02}");
    for number in 1..=SITES {
        let (site, bin) = (site(number), format!("B{number:02}"));
        admin.post("/api/v1/locations", &json!({ "code": site, "kind": "site" })).good();
        admin.post("/api/v1/locations", &json!({ "code": bin, "kind": "bin", "parent": site })).good();
        let line =
            json!({ "sku": "BOLT", "qty": (number + 1).to_string(), "location": bin, "unit_cost": "2" });
        admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
        let promise = json!({ "sku": "BOLT", "site": site, "qty": "1", "owner": format!("order-{number}") });
        admin.post("/api/v1/reservations", &promise).good();
    }
    for number in 1..=SITES {
        let (from, to) = (site(number), site(number % SITES + 1));
        let lines = json!([{ "sku": "BOLT", "qty": "1" }]);
        let new = json!({ "from_site": from, "to_site": to, "expected_on": "2100-01-01", "lines": lines });
        let made = admin.post("/api/v1/transfers", &new).good().json();
        let path = format!("/api/v1/transfers/{}/ship", made["number"].as_str().unwrap());
        let lines = json!([{ "line": 1, "location": format!("B{number:02}") }]);
        let version = made["version"].as_i64().unwrap();
        admin.ask("POST", path).fresh().if_match(version).json(&json!({ "lines": lines })).send().good();
    }
    // one was promised and one has gone: what is available is what is told of the site everywhere
    let expected: Vec<String> =
        (1..=SITES).map(|number| format!("{} {}", site(number), number - 1)).collect();
    let shown =
        |row: &Value| format!("{} {}", row["site"].as_str().unwrap(), row["available"].as_str().unwrap());
    for limit in [7, 500] {
        let rows = all(&admin, "/api/v1/availability", limit);
        assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), expected, "{limit} a page");
    }
    let item = admin.get("/api/v1/items/BOLT/availability").good().json();
    assert_eq!(item["available"], json!((0..SITES).sum::<usize>().to_string()));
    let sites = item["sites"].as_array().unwrap();
    assert_eq!(sites.iter().map(shown).collect::<Vec<_>>(), expected);
    // what comes from the site before is promised for its day, and of that at most what is left then
    for (number, site) in (1..=SITES).zip(sites) {
        let days = site["days"].as_array().unwrap();
        let last = days.last().unwrap();
        assert_eq!((&last["on"], &last["supply"]), (&json!("2100-01-01"), &json!("1")), "{site}");
        assert_eq!(last["available_to_promise"], json!(number.to_string()), "{site}");
    }
    let on_hand: usize = (1..=SITES).sum();
    let sums = all(&admin, "/api/v1/stock/sums", 500);
    assert_eq!((&sums[0]["on_hand"], &sums[0]["in_transit"]), (&json!(on_hand.to_string()), &json!("60")));
    assert_eq!(all(&admin, "/api/v1/stock", 7).len(), SITES + SITES, "each bin, and each transfer");
    let totals = admin.get("/api/v1/valuation/totals").good().json();
    assert_eq!(totals["groups"].as_array().map(Vec::len), Some(SITES + 1), "all that is under way is one");
    assert_eq!(totals["value"], json!(format!("{}.00", 2 * (on_hand + SITES))));
}
