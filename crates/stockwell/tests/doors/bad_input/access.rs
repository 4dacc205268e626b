//! Bad users, roles, grants and keys, and a bad first set-up.

use super::{Asked, Stage, long};
use crate::trace::trace;
use crate::world::{PASSWORD, World, on_both_engines};
use serde_json::{Value, json};
use std::time::Duration;

on_both_engines!(
    a_wrong_user_is_refused,
    a_wrong_change_of_a_user_is_refused,
    a_wrong_role_is_refused,
    a_wrong_key_is_refused,
    a_wrong_set_up_is_refused,
    texts_of_access_have_their_length,
);

fn post(path: impl AsRef<str>, body: Value) -> Asked {
    ("POST", format!("/api/v1/{}", path.as_ref()), body)
}

fn with(mut body: Value, fields: &Value) -> Value {
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

/// So many characters that are a login, a name and a password.
fn mixed(count: usize) -> String {
    // each place differs from the one before, and no guesser knows how
    (1..)
        .map(|place: u32| place.wrapping_mul(2_654_435_761) >> 27)
        .filter_map(|bits| char::from_digit(bits, 32))
        .take(count)
        .collect()
}

/// What a login, a name and a password must not be, whichever way they come in.
fn faults_of_a_user() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "login": "" }), "422 invalid_value /login"),
        (json!({ "login": "  " }), "422 invalid_value /login"),
        (json!({ "login": "a b" }), "422 invalid_value /login"),
        (json!({ "login": "zoë" }), "422 invalid_value /login"),
        (json!({ "login": "a/b" }), "422 invalid_value /login"),
        (json!({ "login": mixed(65) }), "422 limit_exceeded /login"),
        (json!({ "login": long(100_000) }), "422 limit_exceeded /login"),
        (json!({ "login": null }), "400 malformed_body /login"),
        (json!({ "login": 7 }), "400 malformed_body /login"),
        (json!({ "name": "" }), "422 invalid_value /name"),
        (json!({ "name": "  " }), "422 invalid_value /name"),
        (json!({ "name": "a\nb" }), "422 invalid_value /name"),
        (json!({ "name": long(121) }), "422 limit_exceeded /name"),
        (json!({ "name": 7 }), "400 malformed_body /name"),
        (json!({ "password": "" }), "422 weak_password /password"),
        (json!({ "password": "elevenchars" }), "422 weak_password /password"),
        (json!({ "password": "password1234" }), "422 weak_password /password"),
        (json!({ "password": long(12) }), "422 weak_password /password"),
        (json!({ "login": "annabel", "password": "annabel-is-here" }), "422 weak_password /password"),
        (json!({ "password": mixed(257) }), "422 limit_exceeded /password"),
        (json!({ "password": null }), "400 malformed_body /password"),
        (json!({ "password": 123_456_789_012_i64 }), "400 malformed_body /password"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ]
}

fn a_wrong_user_is_refused(world: &World) {
    let stage = Stage::new(world);
    world.user("ann", &[]);
    let good = || json!({ "login": "new", "password": PASSWORD });
    let granted = |grants: Value| json!({ "grants": grants });
    let clerk = json!({ "role": "clerk" });
    let more = vec![
        (json!({ "login": "ann" }), "409 code_taken /login"),
        (json!({ "login": " ANN " }), "409 code_taken /login"),
        (granted(json!("clerk")), "400 malformed_body /grants"),
        (granted(json!(["clerk"])), "400 malformed_body /grants/0"),
        (granted(json!([{}])), "400 malformed_body /grants/0/role"),
        (granted(json!([{ "role": 2 }])), "400 malformed_body /grants/0/role"),
        (granted(json!([{ "role": "clerk", "until": "never" }])), "400 malformed_body /grants/0/until"),
        (granted(json!([clerk, { "role": "captain" }])), "422 invalid_value /grants/1/role"),
        (granted(json!([{ "role": "" }])), "422 invalid_value /grants/0/role"),
        (granted(json!([{ "role": long(10_000) }])), "422 invalid_value /grants/0/role"),
        (granted(json!([clerk, clerk])), "409 code_taken /grants/1/role"),
        (granted(json!([{ "role": "clerk", "within": "NOPE" }])), "422 unknown_location /grants/0/within"),
        (
            granted(json!([{ "role": "clerk", "within": long(10_000) }])),
            "422 unknown_location /grants/0/within",
        ),
        (granted(json!([{ "role": "clerk", "within": 7 }])), "400 malformed_body /grants/0/within"),
    ];
    for (fields, expected) in faults_of_a_user().into_iter().chain(more) {
        stage.refuses("user", &post("users", with(good(), &fields)), expected);
    }
    for field in ["login", "password"] {
        let expected = format!("400 malformed_body /{field}");
        stage.refuses("lacking", &post("users", without(good(), field)), &expected);
    }
}

fn a_wrong_change_of_a_user_is_refused(world: &World) {
    let stage = Stage::new(world);
    let picker = json!([{ "role": "picker" }]);
    stage.make("/api/v1/users", &json!({ "login": "annabel", "password": PASSWORD, "grants": picker }));
    stage.make("/api/v1/users", &json!({ "login": "bob", "password": PASSWORD }));
    stage.admin.patch("/api/v1/users/bob", 1, &json!({ "name": "Bob" })).good();
    let patch = |login: &str, body: Value| -> Asked { ("PATCH", format!("/api/v1/users/{login}"), body) };
    for (body, expected) in [
        (json!({ "name": "" }), "422 invalid_value /name"),
        (json!({ "name": "a\u{7}b" }), "422 invalid_value /name"),
        (json!({ "name": long(121) }), "422 limit_exceeded /name"),
        (json!({ "name": null }), "400 malformed_body /name"),
        (json!({}), "400 malformed_body /name"),
        (json!({ "name": "x", "login": "other" }), "400 malformed_body /login"),
        (json!({ "name": "x", "password": PASSWORD }), "400 malformed_body /password"),
    ] {
        stage.refuses("user", &patch("annabel", body), expected);
    }
    stage.refuses("unknown", &patch("nobody", json!({ "name": "x" })), "404 not_found");
    stage.refuses("stale", &patch("bob", json!({ "name": "x" })), "412 stale");
    for (path, body, expected) in [
        ("password", json!({ "password": "short" }), "422 weak_password /password"),
        ("password", json!({ "password": "annabel-is-here" }), "422 weak_password /password"),
        ("password", json!({ "password": mixed(257) }), "422 limit_exceeded /password"),
        ("password", json!({ "password": ["a", "b"] }), "400 malformed_body /password"),
        ("password", json!({}), "400 malformed_body /password"),
        ("password", json!({ "password": PASSWORD, "old": "x" }), "400 malformed_body /old"),
        ("grants", json!({ "role": "captain" }), "422 invalid_value /role"),
        ("grants", json!({ "role": "picker" }), "409 code_taken /role"),
        ("grants", json!({ "role": "clerk", "within": "NOPE" }), "422 unknown_location /within"),
        ("grants", json!({ "role": 7 }), "400 malformed_body /role"),
        ("grants", json!({ "within": "LON" }), "400 malformed_body /role"),
        ("grants", json!({ "role": "clerk", "until": "never" }), "400 malformed_body /until"),
        ("end", json!({ "reason": "gone" }), "400 malformed_body"),
        ("end", json!([]), "400 malformed_body"),
    ] {
        stage.refuses("user", &post(format!("users/annabel/{path}"), body), expected);
    }
    for (path, body) in [
        ("password", json!({ "password": PASSWORD })),
        ("grants", json!({ "role": "clerk" })),
        ("end", Value::Null),
    ] {
        stage.refuses("unknown", &post(format!("users/nobody/{path}"), body), "404 not_found");
    }
    for grant in ["999999", "x", "-1", "9223372036854775808"] {
        let asked: Asked = ("DELETE", format!("/api/v1/users/annabel/grants/{grant}"), Value::Null);
        stage.refuses("grant", &asked, "404 not_found");
    }
}

fn a_wrong_role_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || json!({ "name": "new", "about": "for a test", "permissions": ["stock.read"] });
    let twice = json!({ "name": "old", "permissions": ["stock.read"] });
    stage.make("/api/v1/roles", &twice);
    stage.admin.patch("/api/v1/roles/old", 1, &json!({ "about": "older" })).good();
    for (fields, expected) in [
        (json!({ "name": "clerk" }), "409 code_taken /name"),
        (json!({ "name": "old" }), "409 code_taken /name"),
        (json!({ "name": "" }), "422 invalid_value /name"),
        (json!({ "name": " " }), "422 invalid_value /name"),
        (json!({ "name": "Night" }), "422 invalid_value /name"),
        (json!({ "name": "a/b" }), "422 invalid_value /name"),
        (json!({ "name": mixed(65) }), "422 limit_exceeded /name"),
        (json!({ "name": 7 }), "400 malformed_body /name"),
        (json!({ "about": "a\nb" }), "422 invalid_value /about"),
        (json!({ "about": long(301) }), "422 limit_exceeded /about"),
        (json!({ "about": 7 }), "400 malformed_body /about"),
        (json!({ "permissions": ["stock.read", "stock.teleport"] }), "422 invalid_value /permissions/1"),
        (json!({ "permissions": [""] }), "422 invalid_value /permissions/0"),
        (json!({ "permissions": [long(10_000)] }), "422 invalid_value /permissions/0"),
        (json!({ "permissions": [7] }), "400 malformed_body /permissions/0"),
        (json!({ "permissions": "stock.read" }), "400 malformed_body /permissions"),
        (json!({ "built_in": true }), "400 malformed_body /built_in"),
    ] {
        stage.refuses("role", &post("roles", with(good(), &fields)), expected);
    }
    stage.refuses("lacking", &post("roles", without(good(), "name")), "400 malformed_body /name");
    let lacking = post("roles", without(good(), "permissions"));
    stage.refuses("lacking", &lacking, "400 malformed_body /permissions");
    let about = || json!({ "about": "x" });
    for (method, name, body, expected) in [
        ("PATCH", "old", json!({ "about": long(301) }), "422 limit_exceeded /about"),
        ("PATCH", "old", json!({ "permissions": ["x"] }), "422 invalid_value /permissions/0"),
        ("PATCH", "old", json!({ "name": "newer" }), "400 malformed_body /name"),
        ("PATCH", "old", about(), "412 stale"),
        ("PATCH", "clerk", about(), "409 in_use"),
        ("PATCH", "nope", about(), "404 not_found"),
        ("DELETE", "old", Value::Null, "412 stale"),
        ("DELETE", "clerk", Value::Null, "409 in_use"),
        ("DELETE", "nope", Value::Null, "404 not_found"),
        ("DELETE", "old", about(), "400 malformed_body"),
    ] {
        stage.refuses("role", &(method, format!("/api/v1/roles/{name}"), body), expected);
    }
}

fn a_wrong_key_is_refused(world: &World) {
    let stage = Stage::new(world);
    world.user("ann", &[("clerk", web::Within::All)]);
    world.user("ben", &[]);
    stage.admin.act("/api/v1/users/ben/end", &Value::Null).good();
    let good = || json!({ "name": "new", "permissions": ["stock.read"] });
    for (fields, expected) in [
        (json!({ "name": "" }), "422 invalid_value /name"),
        (json!({ "name": "  " }), "422 invalid_value /name"),
        (json!({ "name": "a\tb" }), "422 invalid_value /name"),
        (json!({ "name": long(121) }), "422 limit_exceeded /name"),
        (json!({ "name": null }), "400 malformed_body /name"),
        (json!({ "owner": "nobody" }), "422 invalid_value /owner"),
        (json!({ "owner": "" }), "422 invalid_value /owner"),
        (json!({ "owner": long(10_000) }), "422 invalid_value /owner"),
        (json!({ "owner": "ben" }), "422 invalid_value /owner"),
        (json!({ "owner": 7 }), "400 malformed_body /owner"),
        (json!({ "permissions": null }), "422 invalid_value /permissions"),
        (json!({ "permissions": ["stock.teleport"] }), "422 invalid_value /permissions/0"),
        (json!({ "permissions": "stock.read" }), "400 malformed_body /permissions"),
        (json!({ "role": "clerk" }), "422 invalid_value /role"),
        (json!({ "permissions": null, "role": "captain" }), "422 invalid_value /role"),
        (json!({ "permissions": null, "role": ["clerk"] }), "400 malformed_body /role"),
        (json!({ "within": [] }), "422 invalid_value /within"),
        (json!({ "within": ["LON", "NOPE"] }), "422 unknown_location /within/1"),
        (json!({ "within": [long(10_000)] }), "422 unknown_location /within/0"),
        (json!({ "within": "LON" }), "400 malformed_body /within"),
        (json!({ "within": [7] }), "400 malformed_body /within/0"),
        (json!({ "per_minute": 0 }), "422 invalid_value /per_minute"),
        (json!({ "per_minute": -1 }), "400 malformed_body /per_minute"),
        (json!({ "per_minute": 1.5 }), "400 malformed_body /per_minute"),
        (json!({ "per_minute": 4_294_967_296_i64 }), "400 malformed_body /per_minute"),
        (json!({ "per_minute": "600" }), "400 malformed_body /per_minute"),
        (json!({ "per_minute": 600, "unlimited": true }), "422 invalid_value /per_minute"),
        (json!({ "owner": "ann", "unlimited": true }), "422 invalid_value /unlimited"),
        (json!({ "unlimited": "yes" }), "400 malformed_body /unlimited"),
        (json!({ "expires_at": "2026-03-01T09:30:00Z" }), "422 invalid_expiry /expires_at"),
        (json!({ "expires_at": "1970-01-01T00:00:00Z" }), "422 invalid_expiry /expires_at"),
        (json!({ "expires_at": "2031-04-01T00:00:00Z" }), "422 invalid_expiry /expires_at"),
        (json!({ "expires_at": "soon" }), "400 malformed_body /expires_at"),
        (json!({ "expires_at": "2027-02-30T00:00:00Z" }), "400 malformed_body /expires_at"),
        (json!({ "expires_at": 1_800_000_000 }), "400 malformed_body /expires_at"),
        (json!({ "secret": "swk_mine" }), "400 malformed_body /secret"),
    ] {
        stage.refuses("key", &post("keys", with(good(), &fields)), expected);
    }
    stage.refuses("lacking", &post("keys", without(good(), "name")), "400 malformed_body /name");
    for id in ["999999", "x", "-1", "9223372036854775808"] {
        stage.refuses("key", &post(format!("keys/{id}/revoke"), Value::Null), "404 not_found");
    }
    let made = stage.make("/api/v1/keys", &good());
    let revoke = format!("keys/{}/revoke", made["id"]);
    stage.refuses("a body", &post(revoke, json!({ "reason": "lost" })), "400 malformed_body");
}

fn a_wrong_set_up_is_refused(world: &World) {
    const TOKEN: &str = "sws_right";
    let ctx = world.ctx();
    assert!(world.write(move |tx, _| access::offer_setup(tx, &ctx, TOKEN)));
    let good = || json!({ "token": TOKEN, "login": "new", "password": PASSWORD });
    let books = |fields: &Value| {
        let books = json!({ "name": "Shop", "currency": "EUR", "zone": "Europe/Berlin" });
        json!({ "organisation": with(books, fields) })
    };
    let more = vec![
        (json!({ "token": "sws_wrong" }), "401 unauthenticated"),
        (json!({ "token": "" }), "401 unauthenticated"),
        (json!({ "token": 7 }), "400 malformed_body /token"),
        (json!({ "organisation": "Shop" }), "400 malformed_body /organisation"),
        (books(&json!({ "name": "" })), "422 invalid_value /organisation/name"),
        (books(&json!({ "name": long(201) })), "422 limit_exceeded /organisation/name"),
        (books(&json!({ "currency": "EURO" })), "422 invalid_value /organisation/currency"),
        (books(&json!({ "zone": "Mars/Base" })), "422 invalid_value /organisation/zone"),
        (books(&json!({ "valuation_method": "lifo" })), "422 invalid_value /organisation/valuation_method"),
        (books(&json!({ "colour": "red" })), "400 malformed_body /organisation/colour"),
    ];
    let lacking = ["token", "login", "password"].map(|field| {
        let expected = format!("400 malformed_body /{field}");
        (without(good(), field).to_string(), expected)
    });
    let cases = faults_of_a_user().into_iter().chain(more);
    let cases = cases.map(|(fields, expected)| (with(good(), &fields).to_string(), expected.to_owned()));
    let text = good().to_string();
    let wire = [
        (String::new(), "400 malformed_body"),
        ("[]".to_owned(), "400 malformed_body"),
        (format!("{{\"login\":\"new\",{}", &text[1..]), "400 malformed_body /login"),
        (text[..text.len() - 1].to_owned(), "400 malformed_body /token"),
    ]
    .map(|(text, expected)| (text, expected.to_owned()));
    let before = trace(world);
    for (text, expected) in cases.chain(lacking).chain(wire) {
        // whoever tries quickly is told to come again
        world.pass(Duration::from_secs(10));
        let ask = world.stranger().ask("POST", "/api/v1/setup").fresh();
        let reply = ask.header("content-type", "application/json").bytes(text.clone()).send();
        assert_eq!(reply.refusal(), expected, "{text}: {}", reply.text());
        // whoever guesses leaves a row in the log of failed authorisation, see `denied`
        if reply.status != 401 {
            assert!(!reply.text().contains(PASSWORD), "{text}");
        }
    }
    let now = trace(world);
    let books = |trace: &crate::trace::Trace| -> Vec<(&'static str, (i64, i64))> {
        trace.iter().filter(|(table, _)| **table != "db_audit").map(|(table, sums)| (*table, *sums)).collect()
    };
    assert_eq!(books(&now), books(&before), "nothing but the log of who was denied");
    world.stranger().ask("POST", "/api/v1/setup").fresh().json(&good()).send().good();
}

fn texts_of_access_have_their_length(world: &World) {
    let stage = Stage::new(world);
    let wide = |count: usize| "é".repeat(count);
    let user = |login: String, name: String, password: String| json!({ "login": login, "name": name, "password": password });
    stage.make("/api/v1/users", &user("x".repeat(64), wide(120), mixed(256)));
    let past = user("b".to_owned(), wide(121), PASSWORD.to_owned());
    stage.refuses("one past", &post("users", past), "422 limit_exceeded /name");
    let role = |about: String| json!({ "name": mixed(64), "about": about, "permissions": [] });
    stage.refuses("one past", &post("roles", role(wide(301))), "422 limit_exceeded /about");
    stage.make("/api/v1/roles", &role(wide(300)));
    let key = |name: String| json!({ "name": name, "permissions": [] });
    stage.refuses("one past", &post("keys", key(wide(121))), "422 limit_exceeded /name");
    stage.make("/api/v1/keys", &key(wide(120)));
}
