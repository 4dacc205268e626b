//! Bodies that are not what they should be before anybody looks into them, on every write that
//! posts, claims, or makes something; and keys that come again with something else.

use super::Stage;
use super::lines::{KINDS, posting, right};
use crate::trace::trace;
use crate::world::{PASSWORD, World, on_both_engines};
use insight::verify::{self, Options};
use serde_json::{Value, json};
use testkit::Damage;

on_both_engines!(
    a_body_that_is_no_body_changes_nothing,
    an_array_in_place_of_an_object_changes_nothing,
    a_key_that_comes_again_with_another_body_is_refused,
    addresses_that_name_nothing_are_refused,
    whatever_is_damaged_on_its_way_is_refused_or_done,
);

/// A right body for each path that posts, claims, or makes something.
fn right_bodies() -> Vec<(String, Value)> {
    let mut bodies: Vec<(String, Value)> = KINDS
        .iter()
        .map(|(kind, path)| (format!("/api/v1/postings/{path}"), posting(kind, &[right(kind)])))
        .collect();
    let mut entry = posting("receive", &[right("receive")]);
    entry["kind"] = "receive".into();
    let transfer = json!({ "sku": "BOLT", "qty": "1", "unit": "each" });
    bodies.extend([
        ("/api/v1/postings/bulk".to_owned(), json!({ "atomic": true, "postings": [entry] })),
        (
            "/api/v1/reservations".to_owned(),
            json!({ "sku": "BOLT", "site": "LON", "qty": "1", "unit": "each", "owner": "order" }),
        ),
        (
            "/api/v1/allocations".to_owned(),
            json!({ "sku": "BOLT", "location": "A1", "qty": "1", "unit": "each", "owner": "order" }),
        ),
        (
            "/api/v1/transfers".to_owned(),
            json!({ "from_site": "LON", "to_site": "PAR", "lines": [transfer] }),
        ),
        ("/api/v1/units".to_owned(), json!({ "code": "UNIT-1", "parent": "A1" })),
        ("/api/v1/items".to_owned(), json!({ "sku": "NEW", "name": "New", "base_unit": "each" })),
        ("/api/v1/locations".to_owned(), json!({ "code": "NEW", "kind": "bin", "parent": "LON" })),
        ("/api/v1/reasons".to_owned(), json!({ "code": "new", "name": "New" })),
        (
            "/api/v1/users".to_owned(),
            json!({ "login": "new", "password": PASSWORD, "grants": [{ "role": "clerk" }] }),
        ),
        ("/api/v1/roles".to_owned(), json!({ "name": "new", "permissions": ["stock.read"] })),
    ]);
    bodies
}

fn a_body_that_is_no_body_changes_nothing(world: &World) {
    let stage = Stage::new(world);
    // the answer that makes a key is kept without its secret, so it is not among those that come again
    let key = ("/api/v1/keys".to_owned(), json!({ "name": "new", "permissions": ["stock.read"] }));
    for (path, body) in right_bodies().into_iter().chain([key]) {
        let text = body.to_string();
        let (first, value) = body.as_object().unwrap().iter().next().unwrap();
        let twice = format!("{{\"{first}\":{value},{}", text.strip_prefix('{').unwrap());
        let escaped =
            format!("{{\"\\u{:04x}{}\":{value},{}", u32::from(first.as_bytes()[0]), &first[1..], &text[1..]);
        let broken = text.replacen(':', ":\"\u{1}", 1).into_bytes();
        let utf8 = [b"{\"note\":\"\xff\xfe\",".as_slice(), &text.as_bytes()[1..]].concat();
        let overlong = [b"{\"note\":\"\xc0\xaf\",".as_slice(), &text.as_bytes()[1..]].concat();
        let surrogate = [b"{\"note\":\"\xed\xa0\x80\",".as_slice(), &text.as_bytes()[1..]].concat();
        let nul = [b"{\"note\":\"a\\u0000b\",".as_slice(), &text.as_bytes()[1..]].concat();
        let half = format!("{{\"note\":\"\\ud800\",{}", &text[1..]);
        let deep = format!("{{\"note\":{}1{}}}", "[".repeat(80), "]".repeat(80));
        let (first_at, last_at) = (
            format!("400 malformed_body /{first}"),
            format!("400 malformed_body /{}", body.as_object().unwrap().keys().next_back().unwrap()),
        );
        let begun = &text.as_bytes()[..text.find(':').unwrap() + 2];
        let begun_at = if value.is_array() { format!("{first_at}/0") } else { first_at.clone() };
        // a bulk is looked at once more, without its postings, and takes no note
        let depth = if path.ends_with("bulk") { 0 } else { 63 };
        let deep_at = format!("400 malformed_body /note{}", "/0".repeat(depth));
        for (what, bytes, expected) in [
            ("nothing", &b""[..], "400 malformed_body"),
            ("cut off", &text.as_bytes()[..text.len() - 1], &last_at),
            ("cut off where it begins", begun, &begun_at),
            ("two values", format!("{text} {text}").as_bytes(), "400 malformed_body"),
            ("another value", b"[1]", "400 malformed_body"),
            ("a text", b"\"x\"", "400 malformed_body"),
            ("null", b"null", "400 malformed_body"),
            ("a key twice", twice.as_bytes(), &first_at),
            ("a key twice, written otherwise", escaped.as_bytes(), &first_at),
            ("a control character", &broken, &first_at),
            ("broken UTF-8", &utf8, "400 malformed_body /note"),
            ("UTF-8 that is too long", &overlong, "400 malformed_body /note"),
            ("half a pair in UTF-8", &surrogate, "400 malformed_body /note"),
            ("half a pair as an escape", half.as_bytes(), "400 malformed_body /note"),
            ("the character zero", &nul, "400 malformed_body /note"),
            ("too deep", deep.as_bytes(), &deep_at),
            ("single quotes", text.replace('"', "'").as_bytes(), "400 malformed_body"),
            (
                "UTF-16",
                &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
                "400 malformed_body",
            ),
        ] {
            stage.refuses_bytes(what, "POST", &path, bytes, expected);
        }
        let before = trace(world);
        let ask = || stage.admin.ask("POST", path.as_str()).fresh();
        for kind in ["text/plain", "application/xml", "application/json; charset=latin1", ""] {
            let reply = ask().header("content-type", kind).bytes(text.clone()).send();
            assert_eq!(reply.refusal(), "415 unsupported_media_type", "{path} {kind}");
        }
        let unknown = stage.admin.ask("POST", format!("{path}?colour=red")).fresh().json(&body).send();
        assert_eq!(unknown.refusal(), "400 unknown_parameter ?colour", "{path}");
        assert_eq!(trace(world), before, "{path}");
        // a byte-order mark is no fault
        let marked = ["\u{feff}", &text].concat();
        let dry = stage.admin.ask("POST", format!("{path}?dry_run=true")).fresh();
        dry.header("content-type", "application/json").bytes(marked).send().good();
    }
}

/// The pointers of all objects inside of a value, itself included.
fn objects(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(pointer.to_owned());
            fields.iter().for_each(|(key, inner)| objects(inner, &format!("{pointer}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| objects(item, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

fn an_array_in_place_of_an_object_changes_nothing(world: &World) {
    let stage = Stage::new(world);
    let mut deepest = 0;
    for (path, body) in right_bodies() {
        let mut pointers = Vec::new();
        objects(&body, "", &mut pointers);
        for pointer in pointers {
            deepest = deepest.max(pointer.matches('/').count());
            let mut changed = body.clone();
            let place = changed.pointer_mut(&pointer).unwrap();
            // the values stand in some order, which for one of the types may well be the right one
            *place = place.as_object().unwrap().values().cloned().collect();
            let expected = format!("400 malformed_body {pointer}");
            let bytes = changed.to_string();
            stage.refuses_bytes("an array", "POST", &path, bytes.as_bytes(), expected.trim_end());
        }
    }
    assert!(deepest >= 4, "the lines of the postings of a bulk");
}

fn a_key_that_comes_again_with_another_body_is_refused(world: &World) {
    let stage = Stage::new(world);
    for (path, body) in right_bodies() {
        let key = world.name("again");
        let ask =
            |path: &str, body: &Value| stage.admin.ask("POST", path).idempotency_key(&key).json(body).send();
        let first = ask(&path, &body).good();
        let before = trace(world);
        let again = ask(&path, &body).good();
        assert_eq!(
            (again.header("idempotency-replayed"), &again.bytes),
            (Some("true"), &first.bytes),
            "{path}"
        );
        let mut other = body.clone();
        other["note"] = "another".into();
        let mut spaced = body.to_string();
        spaced.push(' ');
        for (what, reply) in [
            ("another body", ask(&path, &other)),
            ("another parameter", ask(&format!("{path}?dry_run=false"), &body)),
            (
                "another space",
                stage
                    .admin
                    .ask("POST", path.as_str())
                    .idempotency_key(&key)
                    .header("content-type", "application/json")
                    .bytes(spaced)
                    .send(),
            ),
        ] {
            let other_shape = match what {
                "another body" => "400 malformed_body /note",
                "another parameter" => "400 unknown_parameter ?dry_run",
                _ => "",
            };
            let refusal = reply.refusal();
            assert!(
                refusal == "422 idempotency_mismatch" || refusal == other_shape,
                "{path} {what}: {}",
                reply.text()
            );
        }
        assert_eq!(trace(world), before, "{path}");
        assert_eq!(ask(&path, &body).bytes, first.bytes, "{path}");
    }
}

/// Whatever stands in an address is looked for and not found; nothing breaks.
fn addresses_that_name_nothing_are_refused(world: &World) {
    let stage = Stage::new(world);
    let long = "x".repeat(300);
    let no_text = ["%00", "%FF", "%C3%28"];
    let odd = ["%2F", "..%2F..", "a%0Ab", "'", "%F0%9F%94%A9", &long];
    for path in [
        "/api/v1/items/{}",
        "/api/v1/items/{}/stock",
        "/api/v1/locations/{}",
        "/api/v1/postings/{}",
        "/api/v1/units/{}",
        "/api/v1/transfers/{}",
        "/api/v1/codes/{}",
    ] {
        for odd in no_text.iter().chain(&odd) {
            let reply = stage.admin.get(path.replace("{}", odd));
            assert_eq!(reply.refusal(), "404 not_found", "{path} {odd}: {}", reply.text());
        }
    }
    for (path, refusal) in [
        ("/api/v1/ledger?sku={}", "422 unknown_item ?sku"),
        ("/api/v1/ledger?location={}", "422 unknown_location ?location"),
        ("/api/v1/locations?below={}", "422 unknown_location ?below"),
        ("/api/v1/lots?sku={}", "422 unknown_item ?sku"),
    ] {
        let (_, name) = refusal.split_once('?').unwrap();
        for odd in no_text {
            let reply = stage.admin.get(path.replace("{}", odd));
            assert_eq!(reply.refusal(), format!("400 malformed_parameter ?{name}"), "{path} {odd}");
        }
        for odd in odd {
            let reply = stage.admin.get(path.replace("{}", odd));
            assert_eq!(reply.refusal(), refusal, "{path} {odd}: {}", reply.text());
        }
    }
}

/// Damaged bodies are taken or refused with a problem, never answered with a fault; and whatever was taken,
/// the books hold.
fn whatever_is_damaged_on_its_way_is_refused_or_done(world: &World) {
    let stage = Stage::new(world);
    let (mut damage, mut refused, mut done) = (Damage::new(7), 0, 0);
    // to hash a password takes its time, whatever the body is
    let bodies: Vec<_> = right_bodies().into_iter().filter(|(path, _)| path != "/api/v1/users").collect();
    for case in 0..Damage::cases() {
        let (path, body) = &bodies[case % bodies.len()];
        let sent = damage.of(body.to_string().as_bytes());
        let ask = stage.admin.ask("POST", path.as_str()).fresh();
        let reply = ask.header("content-type", "application/json").bytes(sent.clone()).send();
        let shown =
            || format!("{path} {:?}: {} {}", String::from_utf8_lossy(&sent), reply.status, reply.text());
        match reply.status {
            200..300 => done += 1,
            400..500 => {
                assert!(reply.json()["code"].is_string(), "{}", shown());
                refused += 1;
            }
            _ => panic!("{}", shown()),
        }
    }
    assert!(refused > done && done > 0, "{refused} refused, {done} done");
    let options = Options { only: Vec::new(), deep: true, now: world.now(), keys_max: Options::KEYS_MAX };
    let report = verify::run(&world.db, &options).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
