//! Users, roles and grants, seen from outside.

use crate::world::{PASSWORD, World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use web::Within;

on_both_engines!(
    a_user_is_created_granted_renamed_and_ended,
    nobody_hands_out_more_than_they_hold,
    nobody_changes_those_who_hold_more,
    there_is_always_an_administrator,
    a_role_is_made_changed_and_removed,
    every_change_has_its_audit_row_and_its_event,
    a_change_is_felt_by_the_next_request,
);

fn create(login: &str, grants: &Value) -> Value {
    json!({ "login": login, "password": PASSWORD, "grants": grants })
}

fn a_user_is_created_granted_renamed_and_ended(world: &World) {
    let admin = world.admin();
    let body = create("Ann.B", &json!([{ "role": "clerk" }]));
    let created = admin.post("/api/v1/users", &body).good();
    assert_eq!((created.status, created.header("location")), (201, Some("/api/v1/users/ann.b")));
    insta::allow_duplicates! {
        insta::assert_json_snapshot!("user", created.json());
    }
    assert!(!created.text().contains("argon2") && !created.text().contains(PASSWORD));
    assert_eq!(admin.post("/api/v1/users", &create("ann.b", &json!([]))).refusal(), "409 code_taken /login");

    let granted = admin.act("/api/v1/users/ann.b/grants", &json!({ "role": "auditor" })).good().json();
    assert_eq!(granted["grants"].as_array().unwrap().len(), 2);
    let twice = admin.act("/api/v1/users/ann.b/grants", &json!({ "role": "auditor" }));
    assert_eq!(twice.refusal(), "409 code_taken /role");
    let grant = granted["grants"][0]["id"].as_i64().unwrap();
    let left =
        admin.remove(format!("/api/v1/users/ann.b/grants/{grant}"), "/api/v1/users/ann.b").good().json();
    assert_eq!(left["grants"][0]["role"], "auditor");
    assert_eq!(
        admin.remove(format!("/api/v1/users/ann.b/grants/{grant}"), "/api/v1/users/ann.b").refusal(),
        "404 not_found"
    );

    let version = left["version"].as_i64().unwrap();
    let renamed = admin.patch("/api/v1/users/ann.b", version, &json!({ "name": "Ann Baker" })).good();
    assert_eq!(renamed.json()["name"], "Ann Baker");
    assert_eq!(admin.patch("/api/v1/users/ann.b", version, &json!({ "name": "x" })).refusal(), "412 stale");

    let ended = admin.act("/api/v1/users/ann.b/end", &Value::Null).good().json();
    assert!(ended["ended_at"].is_string());
    assert_eq!(
        admin.act("/api/v1/users/ann.b/end", &Value::Null).good().json(),
        ended,
        "ending twice changes nothing"
    );
    let logins = |query: &str| {
        admin.get(format!("/api/v1/users{query}")).good().json()["items"].as_array().unwrap().len()
    };
    assert_eq!((logins(""), logins("?ended=true"), logins("?ended=false")), (1, 1, 0));
}

#[test]
fn what_makes_no_user_is_refused() {
    let world = World::new(db::Engine::Sqlite);
    let admin = world.admin();
    let cases = [
        (json!({ "login": "", "password": PASSWORD }), "422 invalid_value /login"),
        (json!({ "login": "a b", "password": PASSWORD }), "422 invalid_value /login"),
        (json!({ "login": "x".repeat(65), "password": PASSWORD }), "422 limit_exceeded /login"),
        (json!({ "login": "ann", "password": "short" }), "422 weak_password /password"),
        (json!({ "login": "ann", "password": "password1234" }), "422 weak_password /password"),
        (json!({ "login": "ann", "password": "x".repeat(257) }), "422 limit_exceeded /password"),
        (json!({ "login": "ann", "password": PASSWORD, "name": "" }), "422 invalid_value /name"),
        (json!({ "login": "ann", "password": PASSWORD, "name": "a\nb" }), "422 invalid_value /name"),
        (create("ann", &json!([{ "role": "captain" }])), "422 invalid_value /grants/0/role"),
        (
            create("ann", &json!([{ "role": "clerk", "within": "NIX" }])),
            "422 unknown_location /grants/0/within",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(admin.post("/api/v1/users", &body).refusal(), expected, "{body}");
    }
    for path in ["/api/v1/users/nobody", "/api/v1/roles/nobody", "/api/v1/keys/1", "/api/v1/keys/x"] {
        assert_eq!(admin.get(path).refusal(), "404 not_found", "{path}");
    }
    assert_eq!(admin.get("/api/v1/users").json()["items"], json!([]));
}

fn nobody_hands_out_more_than_they_hold(world: &World) {
    let keeper = world.key(&[Permission::AccessRead, Permission::AccessWrite, Permission::StockRead], None);
    let refused = "403 grant_exceeds_maker";
    assert_eq!(
        keeper.post("/api/v1/users", &create("ann", &json!([{ "role": "picker" }]))).refusal(),
        refused
    );
    assert_eq!(
        keeper.post("/api/v1/roles", &json!({ "name": "r", "permissions": ["stock.move"] })).refusal(),
        refused
    );
    let key = json!({ "name": "k", "permissions": ["stock.move"] });
    assert_eq!(keeper.post("/api/v1/keys", &key).refusal(), refused);
    let key = json!({ "name": "k", "role": "administrator" });
    assert_eq!(keeper.post("/api/v1/keys", &key).refusal(), refused);
    // what they hold, they may hand out
    keeper.post("/api/v1/roles", &json!({ "name": "reader", "permissions": ["stock.read"] })).good();
    keeper.post("/api/v1/users", &create("ann", &json!([{ "role": "reader" }]))).good();
    keeper.post("/api/v1/keys", &json!({ "name": "k", "permissions": ["stock.read"] })).good();
}

fn nobody_changes_those_who_hold_more(world: &World) {
    world.user("boss", &[("administrator", Within::All)]);
    let keeper = world.key(&[Permission::AccessRead, Permission::AccessWrite], None);
    let refused = [
        keeper.act("/api/v1/users/boss/password", &json!({ "password": PASSWORD })),
        keeper.act("/api/v1/users/boss/end", &Value::Null),
        keeper.patch("/api/v1/users/boss", 1, &json!({ "name": "x" })),
        keeper.remove("/api/v1/users/boss/grants/1", "/api/v1/users/boss"),
        keeper.act("/api/v1/users/boss/grants", &json!({ "role": "clerk" })),
        keeper.post("/api/v1/keys", &json!({ "name": "k", "owner": "boss" })),
    ];
    for reply in refused {
        assert_eq!(reply.refusal(), "403 forbidden");
    }
    assert_eq!(keeper.get("/api/v1/users/boss").status, 200, "seeing is not changing");
}

fn there_is_always_an_administrator(world: &World) {
    world.user("one", &[("administrator", Within::All)]);
    let admin = world.admin();
    let grant = admin.get("/api/v1/users/one").json()["grants"][0]["id"].as_i64().unwrap();
    assert_eq!(admin.act("/api/v1/users/one/end", &Value::Null).refusal(), "409 in_use");
    assert_eq!(
        admin.remove(format!("/api/v1/users/one/grants/{grant}"), "/api/v1/users/one").refusal(),
        "409 in_use"
    );
    world.user("two", &[("administrator", Within::All)]);
    admin.act("/api/v1/users/one/end", &Value::Null).good();
    assert_eq!(admin.act("/api/v1/users/two/end", &Value::Null).refusal(), "409 in_use");
}

fn a_role_is_made_changed_and_removed(world: &World) {
    let admin = world.admin();
    let made = admin.post("/api/v1/roles", &json!({ "name": "night", "permissions": ["stock.read"] })).good();
    assert_eq!(made.header("location"), Some("/api/v1/roles/night"));
    let holder = world.user("ann", &[("night", Within::All)]);
    let path = "/api/v1/users";
    assert_eq!(holder.get(path).refusal(), "403 forbidden");
    let change = json!({ "permissions": ["stock.read", "access.read"] });
    admin.patch("/api/v1/roles/night", 1, &change).good();
    assert_eq!(holder.get(path).status, 200, "whoever holds the role holds it as it is now");
    assert_eq!(admin.remove("/api/v1/roles/night", "/api/v1/roles/night").refusal(), "409 in_use");
    let grant = admin.get("/api/v1/users/ann").json()["grants"][0]["id"].as_i64().unwrap();
    admin.remove(format!("/api/v1/users/ann/grants/{grant}"), "/api/v1/users/ann").good();
    assert_eq!(holder.get(path).refusal(), "403 forbidden");
    assert_eq!(admin.remove("/api/v1/roles/night", "/api/v1/roles/night").good().status, 204);
    assert_eq!(admin.get("/api/v1/roles/night").status, 404);
    for built_in in ["administrator", "picker"] {
        let path = format!("/api/v1/roles/{built_in}");
        assert_eq!(admin.patch(path.as_str(), 1, &json!({ "about": "x" })).refusal(), "409 in_use");
        assert_eq!(admin.remove(path.as_str(), &path).refusal(), "409 in_use");
    }
}

fn every_change_has_its_audit_row_and_its_event(world: &World) {
    let admin = world.admin();
    let path =
        "/api/v1/events?types=access.user_created,access.user_changed,access.grant_made,access.user_ended";
    let mut stream = admin.listen(path, None).unwrap();
    let audits = world.audits();
    admin.post("/api/v1/users", &create("ann", &json!([]))).good();
    admin.patch("/api/v1/users/ann", 1, &json!({ "name": "Ann" })).good();
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "clerk" })).good();
    admin.act("/api/v1/users/ann/password", &json!({ "password": PASSWORD })).good();
    admin.act("/api/v1/users/ann/end", &Value::Null).good();
    assert_eq!(world.audits(), audits + 5);
    // ends the stream's caller too: any change of access does, so it is opened anew
    let mut heard = Vec::new();
    let mut after = None;
    while heard.len() < 5 {
        match stream.event() {
            Some(event) => {
                after = Some(event.id);
                heard.push((event.event.clone(), event.data["aggregate_seq"].as_i64().unwrap()));
            }
            None => stream = admin.listen(path, after.or(Some(0))).unwrap(),
        }
    }
    let expected = [
        "access.user_created",
        "access.user_changed",
        "access.grant_made",
        "access.user_changed",
        "access.user_ended",
    ];
    let expected: Vec<(String, i64)> = expected.iter().map(|kind| (*kind).to_owned()).zip(1..).collect();
    assert_eq!(heard, expected);
    let chain =
        world.db.read_blocking(|conn| db::audit::verify_chain(conn, db::audit::START, 1_000)).unwrap();
    assert_eq!(chain.unwrap(), world.db.read_blocking(db::audit::head).unwrap());
}

fn a_change_is_felt_by_the_next_request(world: &World) {
    let (admin, ann) = (world.admin(), world.user("ann", &[("auditor", Within::All)]));
    assert_eq!(ann.get("/api/v1/users").status, 200);
    admin.act("/api/v1/users/ann/end", &Value::Null).good();
    assert_eq!(ann.get("/api/v1/users").refusal(), "401 unauthenticated");
}
