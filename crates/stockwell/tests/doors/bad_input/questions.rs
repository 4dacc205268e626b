//! Bad questions: parameters of an address that name nothing, cannot be read, or are not known there.
//! What is refused by the shape of a list is asked of every list.

use super::Stage;
use crate::trace::{answers, difference, trace};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_question_about_stock_is_refused,
    a_wrong_question_about_claims_and_documents_is_refused,
    a_wrong_page_of_any_list_is_refused,
);

/// Faults of the parameters of an address: what stands after `?`, and the refusal.
type Faults = Vec<(String, &'static str)>;

impl Stage<'_> {
    /// Asks, and holds the answer against what is expected: `400 malformed_parameter ?limit`.
    fn does_not_answer(&self, path: &str, expected: &str) {
        let reply = self.admin.get(path);
        if reply.refusal() == expected {
            Stage::is_a_problem(&reply, path);
        } else {
            let told = format!("GET {path}\n  {expected} is expected: {} {}", reply.status, reply.text());
            self.wrong.borrow_mut().push(told.chars().take(500).collect());
        }
    }

    /// What is asked rightly is answered: it is the fault alone that is refused.
    fn answers(&self, path: &str) {
        let reply = self.admin.get(path);
        if reply.status != 200 {
            self.wrong.borrow_mut().push(format!("GET {path}: {} {}", reply.status, reply.text()));
        }
    }

    fn questions(&self, path: &str, right: &[&str], wrong: &Faults) {
        for query in right {
            self.answers(&format!("{path}?{query}"));
        }
        for (query, expected) in wrong {
            self.does_not_answer(&format!("{path}?{query}"), expected);
        }
    }
}

/// Nothing is written by a question, and no answer is kept.
fn changes_nothing(world: &World, ask: impl FnOnce(&Stage<'_>)) {
    let stage = Stage::new(world);
    let (before, kept) = (trace(world), answers(world));
    ask(&stage);
    assert_eq!(difference(&before, &trace(world)), Vec::<String>::new());
    assert_eq!(answers(world), kept);
}

fn faults(of: &[(&str, &'static str)]) -> Faults {
    of.iter().map(|(query, expected)| ((*query).to_owned(), *expected)).collect()
}

/// What `as_of` and `as_recorded` must not be; it is 11 March, half past nine.
fn moments() -> Faults {
    let texts = [
        "",
        "soon",
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-02-30T09:30:00Z",
        "1899-12-31T23:59:59Z",
        "2200-01-02T00:00:00Z",
        "1772357400",
    ];
    let mut faults = Faults::new();
    for (name, unreadable, ahead) in [
        ("as_of", "400 malformed_parameter ?as_of", "422 effective_in_future ?as_of"),
        ("as_recorded", "400 malformed_parameter ?as_recorded", "422 effective_in_future ?as_recorded"),
    ] {
        faults.extend(texts.iter().map(|text| (format!("{name}={text}"), unreadable)));
        faults.push((format!("{name}=2026-03-11T09:30:00Z&{name}=2026-03-11T09:30:00Z"), unreadable));
        for text in ["2026-03-11T09:30:00.000001Z", "2027-01-01T00:00:00Z", "2026-03-11T09:30:00-01:00"] {
            faults.push((format!("{name}={text}"), ahead));
        }
    }
    let past = "2026-03-05T00:00:00Z";
    faults.push((format!("as_of={past}&as_recorded=soon"), "400 malformed_parameter ?as_recorded"));
    faults.push((format!("as_of=soon&as_recorded={past}"), "400 malformed_parameter ?as_of"));
    faults.push((
        format!("as_of={past}&as_recorded=2027-01-01T00:00:00Z"),
        "422 effective_in_future ?as_recorded",
    ));
    faults.push((format!("as_of=2027-01-01T00:00:00Z&as_recorded={past}"), "422 effective_in_future ?as_of"));
    faults
}

const NOW: &[&str] = &["as_of=2026-03-11T09:30:00Z&as_recorded=2026-03-11T09:30:00Z"];

/// The item, which must be there.
fn items() -> Faults {
    faults(&[
        ("sku=NOPE", "422 unknown_item ?sku"),
        ("sku=", "422 unknown_item ?sku"),
        ("sku=BOLT%20", "422 unknown_item ?sku"),
        ("sku=BOLT&sku=BOLT", "400 malformed_parameter ?sku"),
    ])
}

/// The lot of an item.
fn lots() -> Faults {
    faults(&[
        ("lot=GOOD", "422 invalid_value ?lot"),
        ("sku=MILK&lot=NEW", "422 unknown_lot ?lot"),
        ("sku=MILK&lot=", "422 unknown_lot ?lot"),
        ("sku=BOLT&lot=GOOD", "422 unknown_lot ?lot"),
        ("sku=NOPE&lot=GOOD", "422 unknown_item ?sku"),
        ("sku=MILK&lot=GOOD&lot=GOOD", "400 malformed_parameter ?lot"),
    ])
}

/// A site, which must be one.
fn sites() -> Faults {
    faults(&[
        ("site=NOPE", "422 unknown_location ?site"),
        ("site=", "422 unknown_location ?site"),
        ("site=A1", "422 unknown_location ?site"),
        ("site=~customer", "422 unknown_location ?site"),
        ("site=LON&site=LON", "400 malformed_parameter ?site"),
    ])
}

/// A place and what stands below it.
fn within() -> Faults {
    faults(&[
        ("within=NOPE", "422 unknown_location ?within"),
        ("within=", "422 unknown_location ?within"),
        ("within=A1&within=A2", "400 malformed_parameter ?within"),
    ])
}

fn a_wrong_question_about_stock_is_refused(world: &World) {
    changes_nothing(world, question_about_stock);
}

fn question_about_stock(stage: &Stage<'_>) {
    let status = faults(&[
        ("status=shiny", "400 malformed_parameter ?status"),
        ("status=", "400 malformed_parameter ?status"),
        ("status=Good", "400 malformed_parameter ?status"),
    ]);
    let of_stock = [items(), lots(), sites(), within(), status, moments()].concat();
    let right = ["sku=MILK&lot=GOOD&status=good&site=LON&within=A1", NOW[0]];
    for path in ["/api/v1/stock", "/api/v1/stock/sums"] {
        stage.questions(path, &right, &of_stock);
    }
    stage.questions("/api/v1/items/BOLT/stock", NOW, &moments());
    stage.questions(
        "/api/v1/items/BOLT/stock",
        &[""],
        &faults(&[("sku=BOLT", "400 unknown_parameter ?sku")]),
    );
    stage.questions("/api/v1/availability", &["site=LON"], &sites());
    let until = faults(&[
        ("until=soon", "400 malformed_parameter ?until"),
        ("until=", "400 malformed_parameter ?until"),
        ("until=2026-02-30", "400 malformed_parameter ?until"),
        ("until=2026-03-11T09:30:00Z", "400 malformed_parameter ?until"),
        ("limit=1", "400 unknown_parameter ?limit"),
        ("cursor=x", "400 unknown_parameter ?cursor"),
        ("colour=red", "400 unknown_parameter ?colour"),
    ]);
    let until = [until, sites()].concat();
    stage.questions("/api/v1/items/BOLT/availability", &["site=LON&until=2026-04-01"], &until);
    let groups = faults(&[
        ("group=NOPE", "422 unknown_location ?group"),
        ("group=", "422 unknown_location ?group"),
        ("group=A1", "422 unknown_location ?group"),
        ("group=organisation", "422 unknown_location ?group"),
        ("group=LON&group=PAR", "400 malformed_parameter ?group"),
        ("site=LON", "400 unknown_parameter ?site"),
    ]);
    let valued = [items(), groups, moments()].concat();
    for path in ["/api/v1/valuation", "/api/v1/valuation/totals"] {
        stage.questions(path, &["sku=BOLT&group=LON", NOW[0]], &valued);
    }
    let no_list = faults(&[
        ("limit=1", "400 unknown_parameter ?limit"),
        ("sort=sku", "400 unknown_parameter ?sort"),
        ("colour=red", "400 unknown_parameter ?colour"),
    ]);
    stage.questions("/api/v1/valuation/totals", &[""], &no_list);
    let listed = faults(&[
        ("parent=GOOD", "422 invalid_value ?parent"),
        ("sku=DRILL&parent=NEW", "422 unknown_lot ?parent"),
        ("tracking=fish", "400 malformed_parameter ?tracking"),
        ("tracking=", "400 malformed_parameter ?tracking"),
        ("expires_from=soon", "400 malformed_parameter ?expires_from"),
        ("expires_from=2026-02-30", "400 malformed_parameter ?expires_from"),
        ("expires_until=", "400 malformed_parameter ?expires_until"),
        ("expires_until=2026-3-1", "400 malformed_parameter ?expires_until"),
        ("held=maybe", "400 malformed_parameter ?held"),
        ("on_hold=1", "400 malformed_parameter ?on_hold"),
        ("is_parent=", "400 malformed_parameter ?is_parent"),
        ("sort=expiry_on&q=G", "422 invalid_value ?q"),
        ("site=LON", "400 unknown_parameter ?site"),
    ]);
    let right = [
        "sku=MILK&q=g&tracking=lot&held=true&on_hold=false&is_parent=false&within=LON",
        "sort=expiry_on&expires_from=2026-01-01&expires_until=2026-12-31",
    ];
    stage.questions("/api/v1/lots", &right, &[items(), within(), listed].concat());
}

fn a_wrong_question_about_claims_and_documents_is_refused(world: &World) {
    changes_nothing(world, question_about_claims_and_documents);
}

fn question_about_claims_and_documents(stage: &Stage<'_>) {
    let claims = faults(&[
        ("state=shiny", "400 malformed_parameter ?state"),
        ("state=", "400 malformed_parameter ?state"),
        ("state=Open", "400 malformed_parameter ?state"),
        ("lost=maybe", "400 malformed_parameter ?lost"),
        ("owner=a&owner=b", "400 malformed_parameter ?owner"),
    ]);
    let claims = [claims, items(), sites()].concat();
    let reserved = faults(&[
        ("backordered=maybe", "400 malformed_parameter ?backordered"),
        ("sku=MILK&lot=GOOD", "400 unknown_parameter ?lot"),
        ("within=A1", "400 unknown_parameter ?within"),
    ]);
    let right = ["owner=o&sku=BOLT&site=LON&state=open&backordered=false&lost=false"];
    stage.questions("/api/v1/reservations", &right, &[claims.clone(), reserved].concat());
    let allocated = faults(&[("backordered=true", "400 unknown_parameter ?backordered")]);
    let right = ["owner=o&sku=MILK&lot=GOOD&site=LON&within=A1&state=open&lost=false"];
    stage.questions("/api/v1/allocations", &right, &[claims, lots(), within(), allocated].concat());
    let transfers = faults(&[
        ("state=shiny", "400 malformed_parameter ?state"),
        ("state=", "400 malformed_parameter ?state"),
        ("from_site=NOPE", "422 unknown_location ?from_site"),
        ("from_site=A1", "422 unknown_location ?from_site"),
        ("to_site=NOPE", "422 unknown_location ?to_site"),
        ("to_site=~customer", "422 unknown_location ?to_site"),
        ("site=LON", "400 unknown_parameter ?site"),
    ]);
    stage.questions("/api/v1/transfers", &["state=draft&from_site=LON&to_site=PAR"], &transfers);
    stage.questions("/api/v1/backorder-rules", &["site=LON"], &sites());
    question_about_places(stage);
    let posted = faults(&[
        ("location=NOPE", "422 unknown_location ?location"),
        ("location=", "422 unknown_location ?location"),
        ("kind=sell", "400 malformed_parameter ?kind"),
        ("kind=", "400 malformed_parameter ?kind"),
        ("actor=ann", "400 malformed_parameter ?actor"),
        ("actor=1.5", "400 malformed_parameter ?actor"),
        ("actor=", "400 malformed_parameter ?actor"),
        ("actor=9223372036854775808", "400 malformed_parameter ?actor"),
        ("document=a&document=b", "400 malformed_parameter ?document"),
        ("as_of=2026-03-05T00:00:00Z", "400 unknown_parameter ?as_of"),
    ]);
    let right = ["sku=MILK&lot=GOOD&location=A1&within=LON&document=D&kind=receive&actor=1"];
    stage.questions("/api/v1/ledger", &right, &[items(), lots(), within(), posted].concat());
    what_is_not_there_is_not_answered(stage);
}

fn question_about_places(stage: &Stage<'_>) {
    let across = faults(&[
        ("days=0", "400 malformed_parameter ?days"),
        ("days=367", "400 malformed_parameter ?days"),
        ("days=ten", "400 malformed_parameter ?days"),
        ("cover=-1", "400 malformed_parameter ?cover"),
        ("cover=367", "400 malformed_parameter ?cover"),
        ("lacking=maybe", "400 malformed_parameter ?lacking"),
    ]);
    stage.questions("/api/v1/balance", &["days=366&cover=0&lacking=false&movable=false"], &across);
    let sheets = faults(&[
        ("format=pdf", "400 malformed_parameter ?format"),
        ("kind=shelves", "400 malformed_parameter ?kind"),
        ("below=NOPE", "422 unknown_location ?below"),
    ]);
    stage.questions("/api/v1/location-sheet", &["below=LON&kind=bin&format=csv"], &sheets);
    let room = faults(&[
        ("kind=shelves", "400 malformed_parameter ?kind"),
        ("kind=supplier", "400 malformed_parameter ?kind"),
        ("qty=much", "422 invalid_quantity ?qty"),
        ("within=NOPE", "422 unknown_location ?within"),
        ("lot=NOPE", "422 unknown_lot ?lot"),
    ]);
    stage.questions("/api/v1/items/MILK/room", &["qty=1&within=LON&kind=bin&lot=GOOD"], &room);
}

fn what_is_not_there_is_not_answered(stage: &Stage<'_>) {
    // what stands in the path is not a parameter: it is not there
    for path in [
        "items/NOPE/stock",
        "items/NOPE/stock?as_of=2026-03-05T00:00:00Z",
        "items/NOPE/availability",
        "items/MILK/lots/NEW",
        "items/NOPE/lots/GOOD",
        "postings/pst_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e",
        "postings/7/claims",
        "reservations/7",
        "allocations/7",
        "transfers/T-999999",
        "periods/2026-13",
        "periods/2026-13/closings",
        "items/NOPE/room",
        "capacities/NOPE",
        "locations/NOPE/blocks",
        "sites/NOPE/states",
        "sites/NOPE/readiness",
        "minimums/NOPE/BOLT",
        "minimums/LON/NOPE",
        "homes/NOPE/BOLT",
        "homes/LON/NOPE",
        "capacities/~customer",
        "type-capacities/NOPE",
        "backorder-rules/NOPE",
        "backorder-rules/A1",
        "backorder-rules/LON/NOPE",
        "units/NOPE",
        "units/A1/moves",
    ] {
        stage.does_not_answer(&format!("/api/v1/{path}"), "404 not_found");
    }
}

/// The lists, each with the order that is taken when none is named, and where a page of it may end.
fn lists() -> [(&'static str, &'static str, Value); 19] {
    [
        ("stock", "sku", json!(["", 0, 0, 0])),
        ("stock/sums", "sku", json!(["", 0, 0, 0])),
        ("items/BOLT/stock", "location", json!([0, 0, 0])),
        (
            "items/BOLT/rotation?site=LON",
            "since",
            json!({ "since": 0, "location": 0, "lot": 0, "left": null }),
        ),
        ("availability", "sku", json!(["", 0])),
        ("lots", "lot", json!(["", 0])),
        ("valuation", "sku", json!(["", 0])),
        ("reservations", "-id", json!("clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e")),
        ("allocations", "-id", json!("clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e")),
        ("transfers", "-number", json!("T-000002")),
        ("periods", "-period", json!("2026-02")),
        ("periods/2026-02/closings", "-version", json!(3)),
        ("backorder-rules", "site", json!([0, 0])),
        ("balance", "sku", json!("")),
        ("locations/A1/blocks", "-version", json!(2)),
        ("sites/LON/states", "-version", json!(2)),
        ("items/BOLT/room", "walk", json!([0, "A"])),
        ("capacity-breaches", "id", json!(0)),
        ("ledger", "-recorded_at", json!([0, 0, 0, 0])),
    ]
}

/// As cursors are written, without what fills up the end.
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |three: &[u8]| -> String {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        let digit = |place: usize| DIGITS[usize::try_from(bits >> (18 - 6 * place) & 63).unwrap()];
        (0..=three.len()).map(|place| char::from(digit(place))).collect()
    };
    bytes.chunks(3).map(digits).collect()
}

fn cursor(value: &Value) -> String {
    format!("cursor={}", base64url(value.to_string().as_bytes()))
}

fn a_wrong_page_of_any_list_is_refused(world: &World) {
    changes_nothing(world, |stage| {
        page_of_any_list(stage);
        place_that_no_entry_has(stage);
    });
}

/// A key whose texts hold a zero byte, if it has any.
fn with_zero_bytes(key: &Value) -> Option<Value> {
    let mut key = key.clone();
    let mut texts = 0;
    let parts = match &mut key {
        Value::Array(parts) => parts.iter_mut().collect(),
        one => vec![one],
    };
    for part in parts {
        if let Some(text) = part.as_str() {
            *part = json!(format!("{text}\0"));
            texts += 1;
        }
    }
    (texts > 0).then_some(key)
}

/// What the type of a key allows and no entry can have.
fn place_that_no_entry_has(stage: &Stage<'_>) {
    let never = [i64::MIN, i64::MAX, -2_208_988_800_000_001, 7_258_118_400_000_001];
    for at in never {
        let ledger = cursor(&json!(["-recorded_at", [at, 1, 1, 1]]));
        stage.does_not_answer(&format!("/api/v1/ledger?{ledger}"), "400 malformed_parameter ?cursor");
    }
    for (path, key) in [
        ("periods", json!(["-period", "x"])),
        ("periods", json!(["-period", "2026-13"])),
        ("lots?sort=expiry_on", json!(["expiry_on", ["x", 1]])),
        ("lots?sort=-expiry_on", json!(["-expiry_on", ["2026-02-30", 1]])),
    ] {
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("/api/v1/{path}{sign}{}", cursor(&key));
        stage.does_not_answer(&path, "400 malformed_parameter ?cursor");
    }
}

fn page_of_any_list(stage: &Stage<'_>) {
    for (path, order, key) in lists() {
        let at = |query: &str| {
            let sign = if path.contains('?') { '&' } else { '?' };
            format!("/api/v1/{path}{sign}{query}")
        };
        let of = |key: &Value| cursor(&json!([order, key]));
        for right in ["limit=1", "limit=500", &format!("sort={order}"), &of(&key)] {
            stage.answers(&at(right));
        }
        for limit in ["0", "501", "-1", "1.5", "ten", "", "18446744073709551616", "2&limit=2"] {
            stage.does_not_answer(&at(&format!("limit={limit}")), "400 malformed_parameter ?limit");
        }
        for sort in ["colour", "", &format!("+{order}"), &format!("{order}&sort={order}")] {
            stage.does_not_answer(&at(&format!("sort={sort}")), "400 malformed_parameter ?sort");
        }
        let long = format!("cursor={}", "A".repeat(4_097));
        for wrong in [
            "cursor=x",
            "cursor=",
            "cursor=bm8",
            &long,
            &cursor(&json!("x")),
            &cursor(&json!([order])),
            &cursor(&json!(["colour", key])),
            &of(&json!({})),
            &of(&json!(null)),
            &of(&json!(1.5)),
        ] {
            stage.does_not_answer(&at(wrong), "400 malformed_parameter ?cursor");
        }
        if let Some(key) = with_zero_bytes(&key) {
            stage.does_not_answer(&at(&of(&key)), "400 malformed_parameter ?cursor");
        }
        for unknown in ["colour=red", "Limit=1", "page=2", "offset=1"] {
            let name = unknown.split('=').next().unwrap();
            stage.does_not_answer(&at(unknown), &format!("400 unknown_parameter ?{name}"));
        }
    }
}
