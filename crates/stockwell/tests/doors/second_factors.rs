//! The second factor, seen from outside.

use crate::authenticator::{Authenticator, Enrolled, enrol};
use crate::identity_provider::PEERS;
use crate::trace::{difference, trace};
use crate::world::{PASSWORD, World, on_both_engines};
use access::Demand;
use db::Statement;
use domain::Permission;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::http::{Actor, Ask, Reply};
use web::{MasterKey, Within};

on_both_engines!(
    a_second_factor_is_asked_for_once_a_first_code_was_right,
    whoever_has_not_given_the_code_may_nothing,
    a_code_counts_once_however_many_give_it_at_once,
    wrong_codes_wait_and_lock_nobody_out,
    a_recovery_code_counts_once,
    only_whoever_is_still_there_changes_a_second_factor,
    an_administrator_takes_a_second_factor_away,
    without_its_key_a_second_factor_is_recovered,
    what_is_kept_of_a_password_cannot_be_guessed_at,
    an_app_of_somebody_else_reads_the_link,
);

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];
const BOSS: &[(&str, Within)] = &[("administrator", Within::All)];

/// The half session of somebody who gave the right password.
fn half(world: &World, login: &str) -> Actor {
    let half = world.stranger().sign_in(login, PASSWORD).unwrap();
    assert_eq!(half.get("/api/v1/me/session").good().json()["next"], "code");
    half
}

fn answer(half: &Actor, code: &str) -> Reply {
    half.ask("POST", "/api/v1/me/session/second-factor").json(&json!({ "code": code })).send()
}

/// Lets half a minute pass, so that the authenticator shows a code that was not used.
fn later(world: &World) {
    world.pass(Duration::from_secs(30));
}

fn rows(world: &World, action: &str) -> Vec<Value> {
    let page = world.admin().get(format!("/api/v1/audit?limit=500&action={action}")).good().json();
    page["items"].as_array().unwrap().clone()
}

fn me(actor: &Actor) -> String {
    let reply = actor.get("/api/v1/me");
    if reply.status == 200 { "200".to_owned() } else { reply.refusal() }
}

fn a_second_factor_is_asked_for_once_a_first_code_was_right(world: &World) {
    let (ann, other) = (world.signed_in("ann", AUDITOR), world.stranger().sign_in("ann", PASSWORD).unwrap());
    let none = json!({ "kind": null, "set_at": null, "passkeys": 0, "recovery_codes": 0 });
    assert_eq!(ann.get("/api/v1/me/second-factor").good().json(), none);
    let confirm = |code: &str| ann.post("/api/v1/me/second-factor/confirm", &json!({ "code": code }));
    assert_eq!(confirm("012345").refusal(), "404 not_found", "nothing was begun");
    let begin = |password: &str| {
        let body = json!({ "password": password });
        ann.ask("POST", "/api/v1/me/second-factor").idempotency_key("begin").json(&body).send()
    };
    let wrong = ann.post("/api/v1/me/second-factor", &json!({ "password": "wrong" }));
    assert_eq!(wrong.refusal(), "422 wrong_password /password");
    let first = begin(PASSWORD).good();
    assert_eq!((first.status, first.header("location")), (201, Some("/api/v1/me/second-factor")));
    let app = Authenticator::of(first.json()["uri"].as_str().unwrap());
    assert!(first.json()["uri"].as_str().unwrap().contains(first.json()["secret"].as_str().unwrap()));
    assert_eq!(begin(PASSWORD).good().json(), json!({}), "it is shown once");
    // whoever has not shown that it works is not asked for it
    assert_eq!(ann.get("/api/v1/me/second-factor").good().json(), none);
    let plain = world.stranger().sign_in("ann", PASSWORD).unwrap();
    assert_eq!(plain.get("/api/v1/me/session").good().json()["next"], Value::Null);
    let code = app.code(world.now());
    let other_code = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(confirm(other_code).refusal(), "422 wrong_code /code");
    assert_eq!(confirm("AAAA-BBBB-CCCC-DDDD").refusal(), "422 wrong_code /code");
    // a second one takes the place of the first
    let app = Authenticator::begin(&ann);
    if app.code(world.now()) != code {
        assert_eq!(confirm(&code).refusal(), "422 wrong_code /code");
    }
    let ask = || {
        let body = json!({ "code": app.code(world.now()) });
        ann.ask("POST", "/api/v1/me/second-factor/confirm").idempotency_key("confirm").json(&body).send()
    };
    let set = ask().good();
    assert_eq!(set.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(set.json()["session"]["method"], "password+code");
    for gone in [&ann, &other, &plain] {
        assert_eq!(me(gone), "401 unauthenticated", "begun without it");
    }
    let ann = ann.with_session_of(set).unwrap();
    let shown = ann.get("/api/v1/me/second-factor").good().json();
    assert_eq!((&shown["kind"], &shown["recovery_codes"]), (&json!("authenticator"), &json!(10)));
    let again = ann.post("/api/v1/me/second-factor", &json!({ "password": PASSWORD }));
    assert_eq!(again.refusal(), "409 in_use");
    let user = world.admin().get("/api/v1/users/ann").good().json();
    assert_eq!(user["second_factor_at"], shown["set_at"]);
    let [row] = <[Value; 1]>::try_from(rows(world, "access.user.set_second_factor")).unwrap();
    assert_eq!(row["details"]["details"], json!({ "second_factor": "set up" }));
    // and then it is asked for
    let half = half(world, "ann");
    assert_eq!(answer(&half, &app.code(world.now())).refusal(), "422 wrong_code /code", "it was used before");
    later(world);
    let code = app.code(world.now());
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    let whole = answer(&half, &spaced).good();
    assert_eq!((whole.status, &whole.json()["next"]), (201, &Value::Null));
    let whole = half.with_session_of(whole).unwrap();
    assert_eq!((me(&whole), me(&half)), ("200".to_owned(), "401 unauthenticated".to_owned()));
    assert_ne!(whole.session().unwrap().cookie, half.session().unwrap().cookie);
    assert_eq!(answer(&whole, &code).refusal(), "409 transition_refused");
}

fn whoever_has_not_given_the_code_may_nothing(world: &World) {
    let Enrolled { app, by, .. } = enrol(world, &world.signed_in("ann", BOSS));
    let half = half(world, "ann");
    let before = trace(world);
    for path in
        ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/second-factor", "/api/v1/users", "/api/v1/items"]
    {
        assert_eq!(half.get(path).refusal(), "403 second_factor_required", "{path}");
    }
    let password = json!({ "current": PASSWORD, "password": "another battery staple" });
    let proof = json!({ "password": PASSWORD });
    for (path, body) in [
        ("/api/v1/me/password", &password),
        ("/api/v1/me/second-factor", &proof),
        ("/api/v1/me/second-factor/remove", &proof),
        ("/api/v1/me/second-factor/recovery-codes", &proof),
        ("/api/v1/roles", &json!({ "name": "x", "permissions": [] })),
    ] {
        assert_eq!(half.post(path, body).refusal(), "403 second_factor_required", "{path}");
    }
    let changed = difference(&before, &trace(world));
    assert!(changed.iter().all(|table| table.starts_with("db_audit")), "{changed:?}");
    let shown = half.get("/api/v1/me/session").good().json();
    assert_eq!((&shown["next"], &shown["session"]["awaits_code"]), (&json!("code"), &json!(true)));
    // it waits for five minutes
    world.pass(Duration::from_secs(299));
    assert_eq!(half.get("/api/v1/me/session").status, 200);
    world.pass(Duration::from_secs(1));
    assert_eq!(answer(&half, &app.code(world.now())).refusal(), "401 unauthenticated");
    // and can be left
    let half = self::half(world, "ann");
    half.post_nothing("/api/v1/me/sign-out").good();
    assert_eq!(answer(&half, &app.code(world.now())).refusal(), "401 unauthenticated");
    // no page of somebody else gives a code
    let half = self::half(world, "ann");
    let body = json!({ "code": app.code(world.now()) });
    let forged = world
        .stranger()
        .ask("POST", "/api/v1/me/session/second-factor")
        .header("cookie", &half.session().unwrap().cookie)
        .header("origin", "https://evil.example");
    assert_eq!(forged.json(&body).send().refusal(), "403 cross_site");
    assert_eq!(me(&by), "200", "who is in stays in");
}

fn a_code_counts_once_however_many_give_it_at_once(world: &World) {
    let Enrolled { app, .. } = enrol(world, &world.signed_in("ann", AUDITOR));
    later(world);
    let halves: Vec<Actor> = (0..5).map(|_| half(world, "ann")).collect();
    let code = app.code(world.now());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = halves.iter().map(|half| scope.spawn(|| answer(half, &code).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|seen| **seen == status).count();
    assert_eq!((count(201), count(422)), (1, 4), "{statuses:?}");
    let open = world.admin().get("/api/v1/sessions?user=ann&ended=false").good().json();
    let whole = open["items"].as_array().unwrap().iter().filter(|row| row["awaits_code"] == false).count();
    assert_eq!(whole, 2, "the one in which it was set up, and one more");
}

fn wrong_codes_wait_and_lock_nobody_out(world: &World) {
    let Enrolled { app, .. } = enrol(world, &world.signed_in("ann", AUDITOR));
    let bob = enrol(world, &world.signed_in("bob", AUDITOR));
    later(world);
    let half_ann = half(world, "ann");
    let right = app.code(world.now());
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(answer(&half_ann, wrong).refusal(), "422 wrong_code /code");
    }
    let held = answer(&half_ann, &right);
    assert_eq!((held.refusal().as_str(), held.header("retry-after")), ("429 throttled", Some("16")));
    let noted = rows(world, "access.second_factor_refused");
    assert_eq!((noted.len(), &noted[0]["target"]), (5, &json!("user:ann")));
    // another half session is no way around, and the password is not held up
    let again = half(world, "ann");
    assert_eq!(answer(&again, &right).refusal(), "429 throttled");
    // somebody else at the same address is not held up
    let half_bob = half(world, "bob");
    answer(&half_bob, &bob.app.code(world.now())).good();
    world.pass(Duration::from_secs(16));
    answer(&again, &app.code(world.now())).good();
    // what is no code at all is refused as one
    let half = half(world, "ann");
    for text in ["", "x", "12345", &"7".repeat(100_000)] {
        assert_eq!(answer(&half, text).refusal(), "422 wrong_code /code");
    }
    let body = json!({ "codes": "1" });
    let malformed = half.ask("POST", "/api/v1/me/session/second-factor").json(&body).send();
    assert_eq!(malformed.refusal(), "400 malformed_body /codes");
}

fn a_recovery_code_counts_once(world: &World) {
    let Enrolled { app, by, recovery_codes } = enrol(world, &world.signed_in("ann", AUDITOR));
    let first = &recovery_codes[0];
    let signed_in = answer(&half(world, "ann"), &first.to_lowercase()).good().json();
    assert_eq!(signed_in["session"]["method"], "password+recovery_code");
    let left = |by: &Actor| by.get("/api/v1/me/second-factor").good().json()["recovery_codes"].clone();
    assert_eq!(left(&by), 9);
    assert_eq!(answer(&half(world, "ann"), first).refusal(), "422 wrong_code /code");
    // new ones take the place of those that are left
    later(world);
    let fresh = || {
        let body = json!({ "code": app.code(world.now()) });
        by.ask("POST", "/api/v1/me/second-factor/recovery-codes").idempotency_key("new").json(&body).send()
    };
    let codes = fresh().good().json()["recovery_codes"].as_array().unwrap().clone();
    assert_eq!((codes.len(), left(&by)), (10, json!(10)));
    assert_eq!(fresh().good().json(), json!({}), "they are shown once");
    assert_eq!(answer(&half(world, "ann"), &recovery_codes[1]).refusal(), "422 wrong_code /code");
    answer(&half(world, "ann"), codes[0].as_str().unwrap()).good();
}

fn only_whoever_is_still_there_changes_a_second_factor(world: &World) {
    let Enrolled { app, by, recovery_codes } = enrol(world, &world.signed_in("ann", AUDITOR));
    let remove = |body: &Value| by.post("/api/v1/me/second-factor/remove", body);
    let either = "422 invalid_value /password";
    assert_eq!(remove(&json!({})).refusal(), either);
    assert_eq!(remove(&json!({ "password": PASSWORD, "code": "012345" })).refusal(), either);
    assert_eq!(remove(&json!({ "password": "wrong" })).refusal(), "422 wrong_password /password");
    let used = json!({ "code": app.code(world.now()) });
    assert_eq!(remove(&used).refusal(), "422 wrong_code /code", "it was used to set it up");
    // a new password keeps the second factor
    let change = json!({ "current": PASSWORD, "password": PASSWORD });
    let by = by.with_session_of(by.post("/api/v1/me/password", &change).good()).unwrap();
    let session = by.get("/api/v1/me/session").good().json();
    assert_eq!(session["session"]["method"], "password+code");
    let removed = by.post("/api/v1/me/second-factor/remove", &json!({ "code": recovery_codes[3] }));
    assert_eq!(removed.good().status, 204);
    assert_eq!(by.get("/api/v1/me/second-factor").good().json()["kind"], Value::Null);
    let none = by.post("/api/v1/me/second-factor/remove", &json!({ "password": PASSWORD }));
    assert_eq!(none.refusal(), "404 not_found");
    let codes = by.post("/api/v1/me/second-factor/recovery-codes", &json!({ "password": PASSWORD }));
    assert_eq!(codes.refusal(), "404 not_found");
    let plain = world.stranger().sign_in("ann", PASSWORD).unwrap();
    assert_eq!(me(&plain), "200", "nothing is asked for any more");
    // no key reaches any of it
    let key = world.user("bob", BOSS);
    for path in ["", "/confirm", "/remove", "/recovery-codes"] {
        let reply = key.post(format!("/api/v1/me/second-factor{path}"), &json!({ "password": PASSWORD }));
        assert_eq!(reply.refusal(), "403 session_required");
    }
}

fn an_administrator_takes_a_second_factor_away(world: &World) {
    let Enrolled { by, .. } = enrol(world, &world.signed_in("ann", BOSS));
    let half = half(world, "ann");
    let path = "/api/v1/users/ann/second-factor";
    let admin = world.admin();
    let keeper = world.key(&[Permission::AccessRead, Permission::AccessWrite], None);
    assert_eq!(keeper.remove(path, "/api/v1/users/ann").refusal(), "403 forbidden", "they hold more");
    assert_eq!(admin.delete(path).refusal(), "428 version_required");
    // nobody asks for the password there, so it is not the way to one's own
    assert_eq!(by.remove(path, "/api/v1/users/ann").refusal(), "403 forbidden");
    let password = json!({ "password": "another battery staple" });
    assert_eq!(by.act("/api/v1/users/ann/password", &password).refusal(), "403 forbidden");
    assert_eq!(me(&by), "200", "nothing has happened");
    let taken = admin.remove(path, "/api/v1/users/ann").good().json();
    assert_eq!(taken["second_factor_at"], Value::Null);
    assert_eq!((me(&by), me(&half)), ("401 unauthenticated".to_owned(), "401 unauthenticated".to_owned()));
    assert_eq!(admin.remove(path, "/api/v1/users/ann").refusal(), "404 not_found");
    let [row] = <[Value; 1]>::try_from(rows(world, "access.user.remove_second_factor")).unwrap();
    assert_eq!(
        (&row["target"], &row["details"]["details"]["second_factor"]),
        (&json!("user:ann"), &json!("removed"))
    );
    let page = admin.get("/api/v1/sessions?user=ann&ended=true").good().json();
    assert!(page["items"].as_array().unwrap().iter().all(|row| row["ended_why"] == "second_factor"));
    assert_eq!(me(&world.stranger().sign_in("ann", PASSWORD).unwrap()), "200");
}

const RESEAL: Statement = Statement::new(
    "test.reseal",
    "update access_factor set secret = ?2, key_name = ?3 where principal_id = ?1",
);

fn without_its_key_a_second_factor_is_recovered(world: &World) {
    let Enrolled { app, by, recovery_codes } = enrol(world, &world.signed_in("ann", AUDITOR));
    let id = by.get("/api/v1/me").good().json()["id"].as_i64().unwrap();
    let (own, other) = (crate::world::MASTER_KEY, MasterKey::new([8; 32]));
    let unreadable = |key: &MasterKey| {
        let key = key.clone();
        world.db.read_blocking(move |conn| access::unreadable_factors(conn, &key)).unwrap()
    };
    assert_eq!((unreadable(&own), unreadable(&other)), (0, 1));
    let sealed = other.seal(&format!("access_factor:{id}"), b"12345678901234567890").unwrap();
    let name = other.name();
    world
        .db
        .write_blocking(move |tx| {
            let params = [id.into(), sealed.as_slice().into(), name.as_slice().into()];
            tx.execute(&RESEAL, &params).map(drop)
        })
        .unwrap();
    assert_eq!(unreadable(&own), 1);
    later(world);
    let half = half(world, "ann");
    let lost = answer(&half, &app.code(world.now()));
    assert_eq!(lost.refusal(), "422 wrong_code /code");
    assert!(lost.text().contains("has lost the key"), "{}", lost.text());
    let whole = half.with_session_of(answer(&half, &recovery_codes[9]).good()).unwrap();
    whole.post("/api/v1/me/second-factor/remove", &json!({ "password": PASSWORD })).good();
    enrol(world, &whole);
    assert_eq!(unreadable(&own), 0);
}

const FINGERPRINT: Statement =
    Statement::new("test.fingerprint", "select fingerprint from db_idempotency where key = ?1");

/// What is kept of a request under its key, and what everybody can make of the request.
fn kept_and_public(world: &World, (key, path): (&str, &str), body: &Value) -> ([u8; 32], [u8; 32]) {
    let key = key.to_owned();
    let kept = world
        .db
        .read_blocking(move |conn| conn.query_opt(&FINGERPRINT, &[key.as_str().into()], |row| row.hash(0)));
    let public = [b"POST\0", path.as_bytes(), b"\0\0", body.to_string().as_bytes()].concat();
    let digest = ring::digest::digest(&ring::digest::SHA256, &public);
    (kept.unwrap().unwrap(), digest.as_ref().try_into().unwrap())
}

fn what_is_kept_of_a_password_cannot_be_guessed_at(world: &World) {
    let admin = world.admin();
    let ask = |key: &str, path: &str, body: &Value| -> Ask {
        admin.ask("POST", path).idempotency_key(key).json(body)
    };
    // what holds no secret is known again by everybody who has the request
    let role = json!({ "name": "night", "permissions": [] });
    ask("role", "/api/v1/roles", &role).send().good();
    let (kept, public) = kept_and_public(world, ("role", "/api/v1/roles"), &role);
    assert_eq!(kept, public);
    let user = json!({ "login": "ann", "password": PASSWORD });
    ask("user", "/api/v1/users", &user).send().good();
    let (kept, public) = kept_and_public(world, ("user", "/api/v1/users"), &user);
    assert_ne!(kept, public);
    assert_eq!(kept, crate::world::MASTER_KEY.print("idempotency", &public), "bound to the master key");
    // the same request is still answered as before, and another one refused
    assert_eq!(ask("user", "/api/v1/users", &user).send().header("idempotency-replayed"), Some("true"));
    let other = json!({ "login": "ann", "password": "another battery staple" });
    assert_eq!(ask("user", "/api/v1/users", &other).send().refusal(), "422 idempotency_mismatch");
}

/// Fields whose values are secrets.
const SECRETS: [&str; 4] = ["password", "current", "token", "secret"];

#[test]
fn every_write_that_takes_a_secret_is_bound_to_the_master_key() {
    let description: Value = serde_json::from_str(&stockwell::server::description()).unwrap();
    let mut bound = 0;
    for route in stockwell::wiring::routes().table().filter(|route| route.is_kept()) {
        let method = route.method.as_str().to_lowercase();
        let schema = &description["paths"][&route.path][method]["requestBody"]["content"]["application/json"]
            ["schema"];
        let named = schema["$ref"].as_str().and_then(|named| description.pointer(named.strip_prefix('#')?));
        let fields = named.unwrap_or(schema)["properties"].as_object();
        let has = fields.is_some_and(|fields| SECRETS.iter().any(|name| fields.contains_key(*name)));
        let is_bound = route.kept == web::Kept::Bound;
        // a code is a secret too where it is one of a second factor
        assert_eq!(
            has || route.path == "/api/v1/me/second-factor/confirm",
            is_bound,
            "{} {}",
            route.method,
            route.path
        );
        bound += usize::from(is_bound);
    }
    assert_eq!(bound, 11);
}

fn second_factors_are_demanded(world: &World) {
    let next = |actor: &Actor| actor.get("/api/v1/me/session").good().json()["next"].clone();
    let boss = world.signed_in("boss", BOSS);
    assert_eq!(next(&boss), "second_factor");
    // nothing but setting it up
    for path in ["/api/v1/me", "/api/v1/users", "/api/v1/items", "/api/v1/me/sessions"] {
        assert_eq!(boss.get(path).refusal(), "403 second_factor_required", "{path}");
    }
    let role = json!({ "name": "night", "permissions": ["stock.read"] });
    assert_eq!(boss.post("/api/v1/roles", &role).refusal(), "403 second_factor_required");
    assert_eq!(boss.get("/api/v1/me/second-factor").good().json()["kind"], Value::Null);
    let Enrolled { by: boss, .. } = enrol(world, &boss);
    assert_eq!((me(&boss), next(&boss)), ("200".to_owned(), Value::Null));
    // a program that asks with a key is asked for nothing
    assert_eq!(world.user("robot", BOSS).get("/api/v1/users").status, 200);
    // by what somebody may, not by the name of a role
    let ann = world.signed_in("ann", &[("manager", Within::All)]);
    assert_eq!((me(&ann), next(&ann)), ("200".to_owned(), Value::Null));
    boss.post("/api/v1/roles", &role).good();
    let bob = world.signed_in("bob", &[("night", Within::All)]);
    assert_eq!(me(&bob), "200");
    let more = json!({ "permissions": ["stock.read", "access.write"] });
    boss.patch("/api/v1/roles/night", 1, &more).good();
    assert_eq!((me(&bob), next(&bob)), ("403 second_factor_required".to_owned(), json!("second_factor")));
    enrol(world, &bob);
    // whoever removes theirs sets up another before anything else
    boss.post("/api/v1/me/second-factor/remove", &json!({ "password": PASSWORD })).good();
    assert_eq!(me(&boss), "403 second_factor_required");
    assert_eq!(me(&enrol(world, &boss).by), "200");
}

#[test]
fn second_factors_are_demanded_of_whoever_may_change_who_may_act_on_sqlite() {
    second_factors_are_demanded(&World::demanding(db::Engine::Sqlite, Demand::Administrators));
}

#[test]
fn second_factors_are_demanded_of_whoever_may_change_who_may_act_on_postgres() {
    second_factors_are_demanded(&World::demanding(db::Engine::Postgres, Demand::Administrators));
}

#[test]
fn second_factors_are_demanded_of_everybody_where_that_is_set() {
    let world = World::demanding(db::Engine::Sqlite, Demand::Everybody);
    let ann = world.signed_in("ann", &[]);
    assert_eq!(me(&ann), "403 second_factor_required");
    assert_eq!(me(&enrol(&world, &ann).by), "200");
}

/// By `pyotp`, which knows nothing of us.
fn an_app_of_somebody_else_reads_the_link(world: &World) {
    let ann = world.signed_in("ann", AUDITOR);
    let begun = ann.post("/api/v1/me/second-factor", &json!({ "password": PASSWORD })).good().json();
    let link = begun["uri"].as_str().unwrap();
    let second = world.now().0 / 1_000_000;
    // this code, the next, and one of each of the hours to come, so that some begin with a zero
    let instants: Vec<i64> = [0, 30].into_iter().chain((1..=24).map(|hour| hour * 3_600)).collect();
    let python = Path::new(PEERS).join("python/bin/python");
    assert!(python.exists(), "`pyotp` is not there: run `.ci/peers` at the root of the repository");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/authenticator.py");
    let mut command = Command::new(python);
    command.args([script, link]).args(instants.iter().map(|later| (second + later).to_string()));
    let read = command.output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((&read["issuer"], &read["name"]), (&json!("Stockwell"), &json!("ann")));
    let ours = Authenticator::of(link);
    let codes: Vec<String> =
        instants.iter().map(|later| ours.code(world.now().plus_seconds(*later))).collect();
    assert_eq!(read["codes"], json!(codes), "the app of the other tests shows the same");
    let theirs = read["codes"][0].as_str().unwrap();
    let set = ann.post("/api/v1/me/second-factor/confirm", &json!({ "code": theirs })).good();
    assert_eq!(set.json()["session"]["method"], "password+code");
    let half = half(world, "ann");
    later(world);
    assert_eq!(answer(&half, read["codes"][1].as_str().unwrap()).good().status, 201);
}
