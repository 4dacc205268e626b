//! API keys, seen from outside.

use crate::world::{World, on_both_engines};
use access::NewKey;
use domain::Permission;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::Actor;
use web::Within;

on_both_engines!(
    the_secret_of_a_key_is_shown_once,
    a_key_ends_when_it_is_revoked_when_it_expires_and_with_its_owner,
    a_key_of_a_user_never_exceeds_them,
    what_makes_no_key_is_refused,
    a_change_by_another_process_is_felt_within_a_second,
    a_key_follows_the_places_it_is_cut_to,
    the_last_use_is_noted,
    a_key_is_used_from_its_networks_only_and_the_log_says_why_it_is_not,
);

fn the_secret_of_a_key_is_shown_once(world: &World) {
    let admin = world.admin();
    let body = json!({ "name": "shop", "permissions": ["stock.read"] });
    let ask = || admin.ask("POST", "/api/v1/keys").idempotency_key("key").json(&body);
    let first = ask().send().good().json();
    let secret = first["secret"].as_str().unwrap();
    let id = &first["id"];
    assert!(secret.starts_with(first["prefix"].as_str().unwrap()));
    let again = ask().send().good();
    assert_eq!((again.header("idempotency-replayed"), &again.json()["secret"]), (Some("true"), &json!(null)));
    for reply in [admin.get(format!("/api/v1/keys/{id}")), admin.get("/api/v1/keys"), again] {
        assert!(!reply.text().contains(secret));
    }
    let me = Actor::with_key(world.address, secret).get("/api/v1/me").good().json();
    assert_eq!(
        me,
        json!({ "id": id, "name": "shop", "kind": "key",
        "grants": [{ "permissions": ["stock.read"], "second_person": [], "within": null, "category": null }] })
    );
}

fn a_key_ends_when_it_is_revoked_when_it_expires_and_with_its_owner(world: &World) {
    let admin = world.admin();
    let id = |actor: &Actor| actor.get("/api/v1/me").good().json()["id"].clone();
    let revoked = world.key(&[], None);
    let path = format!("/api/v1/keys/{}/revoke", id(&revoked));
    let first = admin.act(&path, &Value::Null).good();
    assert!(first.json()["revoked_at"].is_string());
    let again = admin.act(&path, &Value::Null).good();
    assert_eq!(again.header("etag"), first.header("etag"), "revoking twice changes nothing");
    assert_eq!(revoked.get("/api/v1/me").refusal(), "401 unauthenticated");

    let hour = world.now().plus_seconds(3_600);
    let short = world.make_key(NewKey { expires_at: Some(hour), ..world.new_key() });
    assert_eq!(short.get("/api/v1/me").status, 200);
    world.pass(Duration::from_secs(3_599));
    assert_eq!(short.get("/api/v1/me").status, 200);
    world.pass(Duration::from_secs(1));
    assert_eq!(short.get("/api/v1/me").refusal(), "401 unauthenticated");

    let ann = world.user("ann", &[("clerk", Within::All)]);
    let me = ann.get("/api/v1/me").good().json();
    assert_eq!((&me["name"], &me["kind"]), (&json!("ann"), &json!("user")));
    admin.act("/api/v1/users/ann/end", &Value::Null).good();
    assert_eq!(ann.get("/api/v1/me").refusal(), "401 unauthenticated");

    // whatever else is wrong with a key, the answer is the same
    let unknown = Actor::with_key(world.address, access::Token::new().unwrap().reveal());
    let nonsense = Actor::with_key(world.address, "swk_x");
    let details: Vec<_> = [&revoked, &ann, &unknown, &nonsense]
        .iter()
        .map(|actor| actor.get("/api/v1/me").json()["detail"].clone())
        .collect();
    assert!(details.iter().all(|detail| *detail == details[0]), "{details:?}");
}

fn a_key_of_a_user_never_exceeds_them(world: &World) {
    let admin = world.admin();
    world.user("ann", &[("auditor", Within::All)]);
    let body = json!({ "name": "k", "owner": "ann", "permissions": ["access.read", "access.write"] });
    let made = admin.post("/api/v1/keys", &body).good().json();
    let key = Actor::with_key(world.address, made["secret"].as_str().unwrap());
    let me = key.get("/api/v1/me").good().json();
    assert_eq!(
        me["grants"],
        json!([{ "permissions": ["access.read"], "second_person": [], "within": null, "category": null }])
    );
    let grant = admin.get("/api/v1/users/ann").json()["grants"][0]["id"].as_i64().unwrap();
    admin.remove(format!("/api/v1/users/ann/grants/{grant}"), "/api/v1/users/ann").good();
    assert_eq!(key.get("/api/v1/users").refusal(), "403 forbidden", "what the owner loses, the key loses");
}

fn what_makes_no_key_is_refused(world: &World) {
    let admin = world.admin();
    world.user("ann", &[]);
    let cases = [
        (json!({ "name": "k" }), "422 invalid_value /permissions"),
        (json!({ "name": "", "permissions": [] }), "422 invalid_value /name"),
        (json!({ "name": "k", "permissions": [], "role": "clerk" }), "422 invalid_value /role"),
        (json!({ "name": "k", "role": "captain" }), "422 invalid_value /role"),
        (json!({ "name": "k", "owner": "nobody" }), "422 invalid_value /owner"),
        (json!({ "name": "k", "owner": "ann", "unlimited": true }), "422 invalid_value /unlimited"),
        (json!({ "name": "k", "permissions": [], "per_minute": 0 }), "422 invalid_value /per_minute"),
        (json!({ "name": "k", "permissions": [], "networks": [] }), "422 invalid_value /networks"),
        (
            json!({ "name": "k", "permissions": [], "networks": ["::1", "x"] }),
            "422 invalid_value /networks/1",
        ),
        (
            json!({ "name": "k", "permissions": [], "networks": ["10.0.0.1/8"] }),
            "422 invalid_value /networks/0",
        ),
        (
            json!({ "name": "k", "permissions": [], "networks": vec!["::1"; 65] }),
            "422 limit_exceeded /networks",
        ),
        (json!({ "name": "k", "permissions": [], "within": [] }), "422 invalid_value /within"),
        (json!({ "name": "k", "permissions": [], "within": ["NIX"] }), "422 unknown_location /within/0"),
        (
            json!({ "name": "k", "permissions": [], "expires_at": "2026-03-01T09:30:00Z" }),
            "422 invalid_expiry /expires_at",
        ),
        (
            json!({ "name": "k", "permissions": [], "expires_at": "2036-03-01T09:30:00Z" }),
            "422 invalid_expiry /expires_at",
        ),
        (json!({ "name": "k", "permissions": [], "expires_at": "soon" }), "400 malformed_body /expires_at"),
    ];
    let count = || admin.get("/api/v1/keys?limit=500").json()["items"].as_array().unwrap().len();
    let before = count();
    for (body, expected) in cases {
        assert_eq!(admin.post("/api/v1/keys", &body).refusal(), expected, "{body}");
    }
    assert_eq!(count(), before);
}

fn a_change_by_another_process_is_felt_within_a_second(world: &World) {
    let key = world.key(&[Permission::AccessRead], None);
    let id = key.get("/api/v1/me").good().json()["id"].as_i64().unwrap();
    // straight to the database: the server is not told
    world.write(move |tx, by| {
        access::revoke_key(tx, by, domain::PrincipalId(id), web::IfMatch::Any).map(drop)
    });
    let asked = std::time::Instant::now();
    while key.get("/api/v1/me").status != 401 {
        assert!(asked.elapsed() < Duration::from_secs(2), "still good");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_key_follows_the_places_it_is_cut_to(world: &World) {
    let admin = world.admin();
    for (code, kind, parent) in
        [("LON", "site", None), ("EAST", "zone", Some("LON")), ("WEST", "zone", Some("LON"))]
    {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    let bin = |code: &str, parent: &str| {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": "bin", "parent": parent })).good();
        world.location(code)
    };
    let (moved, other) = (bin("B1", "EAST"), bin("B2", "WEST"));
    world.user("ann", &[("auditor", Within::Subtree(world.location("EAST")))]);
    let of_ann = |bins: Vec<domain::LocationId>| {
        let owner = Some("ann".to_owned());
        let new = NewKey {
            owner,
            permissions: None,
            locations: Some(bins),
            per_minute: Some(9_000),
            ..world.new_key()
        };
        world.make_key(new)
    };
    let (first, second) = (of_ann(vec![moved]), of_ann(vec![moved, other]));
    let asked = |key: &Actor, code: &str| key.get(format!("/api/v1/locations/{code}")).status;
    assert_eq!((asked(&first, "B1"), asked(&second, "B1"), asked(&second, "B2")), (200, 200, 404));
    let version =
        |code: &str| admin.get(format!("/api/v1/locations/{code}")).json()["version"].as_i64().unwrap();
    let put = |code: &str, parent: &str| {
        let path = format!("/api/v1/locations/{code}/move");
        let body = json!({ "parent": parent });
        admin.ask("POST", path).fresh().if_match(version(code)).json(&body).send().good();
    };
    let until = |what: &str, seen: &dyn Fn() -> bool| {
        let asked = std::time::Instant::now();
        while !seen() {
            assert!(asked.elapsed() < Duration::from_secs(5), "not felt: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    put("B1", "WEST");
    until("what left", &|| asked(&first, "B1") != 200 && asked(&second, "B1") != 200);
    put("B2", "EAST");
    until("what came", &|| asked(&second, "B2") == 200);
    assert_ne!(asked(&second, "B1"), 200);
}

fn the_last_use_is_noted(world: &World) {
    let (admin, key) = (world.admin(), world.key(&[], None));
    let id = key.get("/api/v1/me").good().json()["id"].clone();
    // a change of access makes the server forget, and note what it knew
    admin.post("/api/v1/keys", &json!({ "name": "other", "permissions": [] })).good();
    let path = format!("/api/v1/keys/{id}");
    let asked = std::time::Instant::now();
    while admin.get(path.as_str()).good().json()["last_used_at"] != crate::world::START {
        assert!(asked.elapsed() < Duration::from_secs(5), "not noted");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_key_is_used_from_its_networks_only_and_the_log_says_why_it_is_not(world: &World) {
    let admin = world.admin();
    let make = |networks: Value| {
        let body = json!({ "name": "k", "permissions": [], "networks": networks });
        let made = admin.post("/api/v1/keys", &body).good().json();
        (Actor::with_key(world.address, made["secret"].as_str().unwrap()), made)
    };
    let (here, shown) = make(json!(["2001:db8::/32", "127.0.0.0/8"]));
    assert_eq!(shown["networks"], json!(["2001:db8::/32", "127.0.0.0/8"]));
    let (elsewhere, told) = make(json!(["192.0.2.0/24"]));
    let (most, _) = make(json!(vec!["127.0.0.1"; 64]));
    let hour = world.now().plus_seconds(3_600);
    let short = world.make_key(NewKey { expires_at: Some(hour), ..world.new_key() });
    let far = json!({ "name": "k", "permissions": [], "networks": ["192.0.2.0/24"], "expires_at": hour.to_string() });
    let far = admin.post("/api/v1/keys", &far).good().json();
    let far = Actor::with_key(world.address, far["secret"].as_str().unwrap());
    for key in [&here, &most, &short] {
        // from the store, and from memory
        assert_eq!((key.get("/api/v1/me").status, key.get("/api/v1/me").status), (200, 200));
    }
    world.pass(Duration::from_hours(1));
    let unknown = Actor::with_key(world.address, access::Token::new().unwrap().reveal());
    let refused = [&elsewhere, &elsewhere, &short, &unknown, &far].map(|key| key.get("/api/v1/me"));
    // whoever has a key that was theirs to use is told when it expired, and nobody is told more
    let masked = refused[0].json()["detail"].clone();
    let expired = json!("this key has expired at 2026-03-01T10:30:00Z; make another one");
    for (reply, detail) in refused.iter().zip([&masked, &masked, &expired, &masked, &masked]) {
        assert_eq!((reply.refusal().as_str(), &reply.json()["detail"]), ("401 unauthenticated", detail));
    }
    let page = admin.get("/api/v1/audit?action=access.unknown_key&sort=n").good().json();
    let rows = page["items"].as_array().unwrap();
    let why: Vec<&str> = rows.iter().map(|row| row["details"]["detail"].as_str().unwrap()).collect();
    let away = format!("key {} came from an address that is none of its own", told["id"]);
    assert_eq!((why[0], why[1], why[3]), (away.as_str(), away.as_str(), "nobody has this key"));
    assert!(why[2].ends_with("has expired at 2026-03-01T10:30:00Z"), "{}", why[2]);
    assert_eq!(format!("swk_{}", rows[0]["details"]["key"].as_str().unwrap()), told["prefix"]);
}
