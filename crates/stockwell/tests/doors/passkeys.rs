//! Passkeys, seen from outside, with a device that somebody else wrote.

use crate::device::{ORIGIN, SmallDevice, SoftDevice, add, addition, wanted};
use crate::identity_provider::from_page;
use crate::world::{PASSWORD, World, on_both_engines};
use access::Demand;
use db::Engine;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::{Actor, Reply};
use web::Within;

on_both_engines!(
    a_passkey_stands_beside_the_password,
    a_passkey_stands_in_place_of_the_password_when_it_makes_sure_who_uses_it,
    a_passkey_that_was_copied_is_refused_and_told_of,
    passkeys_are_listed_named_and_removed,
    whoever_adds_a_passkey_is_the_one_who_began,
);

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];
const BOSS: &[(&str, Within)] = &[("administrator", Within::All)];

/// Somebody with a passkey of the device, in the session in which they added it.
fn enrolled(world: &World, login: &str, device: &mut SoftDevice, verified: bool) -> (Actor, Vec<String>) {
    let by = world.signed_in(login, AUDITOR);
    let wanted = wanted(&by);
    let credential = device.create(&wanted["public_key"], verified);
    let added = by.post("/api/v1/me/passkeys", &addition(&wanted, "key ring", &credential)).good();
    assert_eq!(added.json()["passkey"]["verified"], verified);
    let codes = added.json()["recovery_codes"].as_array().unwrap().clone();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (by.with_session_of(added).unwrap(), codes)
}

fn half(world: &World, login: &str) -> Actor {
    let half = world.stranger().sign_in(login, PASSWORD).unwrap();
    assert_eq!(half.get("/api/v1/me/session").good().json()["next"], "code");
    half
}

/// Signs beside the password.
fn beside(half: &Actor, device: &mut SoftDevice) -> Value {
    let asked = half.get("/api/v1/me/session/passkey").good().json();
    let credential = device.get(&asked["public_key"], ORIGIN, false);
    json!({ "ticket": asked["ticket"], "credential": credential })
}

fn give(half: &Actor, body: &Value) -> Reply {
    half.ask("POST", "/api/v1/me/session/passkey").json(body).send()
}

/// Signs in place of the password.
fn alone(world: &World, device: &mut SoftDevice, origin: &str, verified: bool) -> Value {
    let asked = world.stranger().get("/api/v1/sessions/passkey").good().json();
    assert_eq!(asked["public_key"]["userVerification"], "required");
    let credential = device.get(&asked["public_key"], origin, verified);
    json!({ "ticket": asked["ticket"], "credential": credential })
}

fn sign_in(world: &World, body: &Value) -> Reply {
    from_page(&world.stranger(), "/api/v1/sessions/passkey").json(body).send()
}

fn rows(world: &World, action: &str) -> Vec<Value> {
    let page = world.admin().get(format!("/api/v1/audit?limit=500&action={action}")).good().json();
    page["items"].as_array().unwrap().clone()
}

fn a_passkey_stands_beside_the_password(world: &World) {
    let mut device = SoftDevice::start();
    let before = world.signed_in("ann", AUDITOR);
    let other = world.stranger().sign_in("ann", PASSWORD).unwrap();
    assert_eq!(before.get("/api/v1/me/session/passkey").refusal(), "404 not_found");
    let wanted = wanted(&before);
    assert_eq!(wanted["public_key"]["rp"]["id"], "test");
    assert_eq!(wanted["public_key"]["attestation"], "none");
    let credential = device.create(&wanted["public_key"], false);
    let body = addition(&wanted, " key ring ", &credential);
    let ask = || before.ask("POST", "/api/v1/me/passkeys").idempotency_key("add").json(&body).send();
    let added = ask().good();
    assert_eq!((added.status, &added.json()["passkey"]["name"]), (201, &json!("key ring")));
    assert_eq!(added.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(added.json()["session"]["method"], "password+passkey");
    for gone in [&before, &other] {
        assert_eq!(gone.get("/api/v1/me").refusal(), "401 unauthenticated", "begun without it");
    }
    let codes = added.json()["recovery_codes"].clone();
    let ann = before.with_session_of(added).unwrap();
    let shown = ann.get("/api/v1/me/second-factor").good().json();
    assert_eq!((&shown["kind"], &shown["passkeys"]), (&json!("passkey"), &json!(1)));
    assert!(world.admin().get("/api/v1/users/ann").good().json()["second_factor_at"].is_string());
    // and then it is asked for
    let waits = half(world, "ann");
    assert_eq!(waits.get("/api/v1/me").refusal(), "403 second_factor_required");
    let asked = waits.get("/api/v1/me/session/passkey").good().json();
    assert_eq!(asked["public_key"]["allowCredentials"].as_array().unwrap().len(), 1);
    let body = beside(&waits, &mut device);
    let whole = give(&waits, &body).good();
    assert_eq!((whole.status, &whole.json()["session"]["method"]), (201, &json!("password+passkey")));
    let whole = waits.with_session_of(whole).unwrap();
    assert_eq!((whole.get("/api/v1/me").status, waits.get("/api/v1/me").status), (200, 401));
    // it counts once
    let again = half(world, "ann");
    assert_eq!(give(&again, &body).refusal(), "401 sign_in_expired");
    // and for ten minutes, of which a half session has five
    let late = beside(&again, &mut device);
    world.pass(Duration::from_mins(5));
    assert_eq!(give(&again, &late).refusal(), "401 unauthenticated");
    // of somebody else it does not count
    world.signed_in("bob", AUDITOR);
    let eve = world.signed_in("eve", AUDITOR);
    let eve = add(&eve, "hers", 3);
    assert_eq!(eve.status, 201);
    let hers = half(world, "eve");
    let asked = hers.get("/api/v1/me/session/passkey").good().json();
    let theirs =
        json!({ "ticket": asked["ticket"], "credential": device.get(&asked["public_key"], ORIGIN, false) });
    assert_eq!(give(&hers, &theirs).refusal(), "401 passkey_refused /credential");
    // digits of an authenticator that there is not, and a code to recover by
    let again = half(world, "ann");
    let answer = |code: &Value| {
        again.ask("POST", "/api/v1/me/session/second-factor").json(&json!({ "code": code })).send()
    };
    assert_eq!(answer(&json!("012345")).refusal(), "422 wrong_code /code");
    let recovered = answer(&codes[0]).good();
    assert_eq!(recovered.json()["session"]["method"], "password+recovery_code");
}

fn a_passkey_stands_in_place_of_the_password_when_it_makes_sure_who_uses_it(world: &World) {
    let mut device = SoftDevice::start();
    let (ann, _) = enrolled(world, "ann", &mut device, true);
    let unsure = sign_in(world, &alone(world, &mut device, ORIGIN, false));
    assert_eq!(unsure.refusal(), "401 passkey_refused /credential");
    assert!(unsure.text().contains("has not made sure who used it"), "{}", unsure.text());
    let elsewhere = sign_in(world, &alone(world, &mut device, "https://evil.example", true));
    assert!(elsewhere.text().contains("for another page"), "{}", elsewhere.text());
    let body = alone(world, &mut device, ORIGIN, true);
    let nobody = json!({ "ticket": "x", "credential": body["credential"] });
    assert_eq!(sign_in(world, &nobody).refusal(), "401 sign_in_expired");
    let mut bare = body.clone();
    bare["credential"]["response"]["userHandle"] = Value::Null;
    assert_eq!(sign_in(world, &bare).refusal(), "401 passkey_refused /credential");
    bare["credential"]["response"]["userHandle"] = json!("AAAAAAAAAAE");
    assert_eq!(sign_in(world, &bare).refusal(), "401 passkey_refused /credential", "of somebody else");
    bare["credential"]["response"]["signature"] = json!("no base 64!");
    assert_eq!(sign_in(world, &bare).refusal(), "422 invalid_value /credential/response/signature");
    let forged =
        world.stranger().ask("POST", "/api/v1/sessions/passkey").header("origin", "https://evil.example");
    assert_eq!(forged.json(&body).send().refusal(), "403 cross_site");
    let signed_in = sign_in(world, &body).good();
    assert_eq!((signed_in.status, &signed_in.json()["session"]["method"]), (201, &json!("passkey")));
    assert_eq!(signed_in.json()["next"], Value::Null);
    let by = world.stranger().with_session_of(signed_in).unwrap();
    assert_eq!(by.get("/api/v1/me").good().json()["name"], "ann");
    assert_eq!(sign_in(world, &body).refusal(), "401 sign_in_expired", "it counts once");
    world.pass(Duration::from_mins(1));
    let late = alone(world, &mut device, ORIGIN, true);
    world.pass(Duration::from_mins(10));
    assert_eq!(sign_in(world, &late).refusal(), "401 sign_in_expired");
    // nobody is here who was ended, or whose passkey was taken away
    world.admin().act("/api/v1/users/ann/end", &Value::Null).good();
    assert_eq!(
        sign_in(world, &alone(world, &mut device, ORIGIN, true)).refusal(),
        "401 passkey_refused /credential"
    );
    assert_eq!(ann.get("/api/v1/me").status, 401);
    let stranger = SmallDevice::new(9);
    let asked = world.stranger().get("/api/v1/sessions/passkey").good().json();
    let unknown = json!({ "ticket": asked["ticket"], "credential": stranger.get(&asked["public_key"], Some("AAAAAAAAAGU")) });
    assert_eq!(sign_in(world, &unknown).refusal(), "401 passkey_refused /credential");
}

fn a_passkey_that_was_copied_is_refused_and_told_of(world: &World) {
    let mut device = SoftDevice::start();
    let (ann, _) = enrolled(world, "ann", &mut device, true);
    device.rewind(40);
    sign_in(world, &alone(world, &mut device, ORIGIN, true)).good();
    // a copy that has counted less often, or as often
    for count in [10, 40] {
        device.rewind(count);
        let copied = sign_in(world, &alone(world, &mut device, ORIGIN, true));
        assert_eq!(copied.refusal(), "401 passkey_refused /credential");
        assert!(copied.text().contains("there are two of it"), "{}", copied.text());
    }
    let noted = rows(world, "access.passkey_refused");
    assert_eq!((noted.len(), &noted[0]["target"]), (2, &json!("user:ann")));
    assert!(noted[0].to_string().contains("there are two of it"), "{}", noted[0]);
    device.rewind(41);
    sign_in(world, &alone(world, &mut device, ORIGIN, true)).good();
    assert_eq!(ann.get("/api/v1/me").status, 200);
}

fn passkeys_are_listed_named_and_removed(world: &World) {
    let ann = world.signed_in("ann", AUDITOR);
    let added = add(&ann, "one", 1).good();
    let codes = added.json()["recovery_codes"].clone();
    let ann = ann.with_session_of(added).unwrap();
    let second = add(&ann, "two", 2).good().json();
    assert_eq!((&second["session"], second.get("recovery_codes")), (&Value::Null, None), "nothing ends");
    let list = || ann.get("/api/v1/me/passkeys").good().json()["items"].as_array().unwrap().clone();
    let names: Vec<Value> = list().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["one", "two"]);
    let path = |place: usize| format!("/api/v1/me/passkeys/{}", list()[place]["id"]);
    let (one, two) = (path(0), path(1));
    let renamed = ann.patch(&one, 1, &json!({ "name": "the blue one" })).good();
    assert_eq!((renamed.header("etag"), &renamed.json()["version"]), (Some("\"2\""), &json!(2)));
    assert_eq!(ann.patch(&one, 1, &json!({ "name": "x" })).refusal(), "412 stale");
    for name in ["", " ", "a\nb"] {
        assert_eq!(ann.patch(&one, 2, &json!({ "name": name })).refusal(), "422 invalid_value /name");
    }
    assert_eq!(ann.patch(&one, 2, &json!({ "name": "x".repeat(61) })).refusal(), "422 limit_exceeded /name");
    let eve = world.signed_in("eve", AUDITOR);
    assert_eq!(eve.get(&one).refusal(), "404 not_found");
    assert_eq!(eve.patch(&one, 2, &json!({ "name": "mine" })).refusal(), "404 not_found");
    // one goes, and with the last the codes to recover by
    let remove = |path: &str, body: &Value| ann.act(format!("{path}/remove"), body);
    assert_eq!(remove(&one, &json!({ "password": "wrong" })).refusal(), "422 wrong_password /password");
    assert_eq!(remove(&one, &json!({ "password": PASSWORD })).good().status, 204);
    let left = || ann.get("/api/v1/me/second-factor").good().json()["recovery_codes"].clone();
    assert_eq!((list().len(), left()), (1, json!(10)));
    assert_eq!(remove(&two, &json!({ "code": codes[0] })).good().status, 204);
    assert_eq!((list().len(), left()), (0, json!(0)));
    assert_eq!(world.stranger().sign_in("ann", PASSWORD).unwrap().get("/api/v1/me").status, 200);
    // so many and no more
    let mut ann = ann.with_session_of(add(&ann, "first", 1).good()).unwrap();
    for count in 1..20_u8 {
        world.pass(Duration::from_secs(1));
        let reply = add(&ann, "more", count).good();
        if reply.json()["session"].is_object() {
            ann = ann.with_session_of(reply).unwrap();
        }
    }
    assert_eq!(add(&ann, "too many", 99).refusal(), "413 too_many");
    // an administrator takes all of them away
    let taken = world.admin().remove("/api/v1/users/ann/second-factor", "/api/v1/users/ann").good().json();
    assert_eq!(taken["second_factor_at"], Value::Null);
    assert_eq!(ann.get("/api/v1/me").status, 401);
    let ann = world.stranger().sign_in("ann", PASSWORD).unwrap();
    assert_eq!(ann.get("/api/v1/me/passkeys").good().json()["items"], json!([]));
    assert_eq!(rows(world, "access.user.remove_passkey").len(), 2);
}

fn whoever_adds_a_passkey_is_the_one_who_began(world: &World) {
    let (ann, eve) = (world.signed_in("ann", AUDITOR), world.signed_in("eve", AUDITOR));
    let (asked, other) = (wanted(&ann), wanted(&ann));
    let credential = SmallDevice::new(1).create(&asked["public_key"]);
    let send = |by: &Actor, body: &Value| by.post("/api/v1/me/passkeys", body).refusal();
    assert_eq!(send(&eve, &addition(&asked, "x", &credential)), "401 sign_in_expired");
    assert_eq!(send(&ann, &addition(&other, "x", &credential)), "401 passkey_refused /credential");
    let mut body = addition(&asked, "x", &credential);
    body["password"] = json!("wrong");
    assert_eq!(send(&ann, &body), "422 wrong_password /password");
    body["password"] = Value::Null;
    assert_eq!(send(&ann, &body), "422 invalid_value /password");
    let body = addition(&asked, "x", &credential);
    assert_eq!(ann.post("/api/v1/me/passkeys", &body).good().status, 201);
    let key = world.user("bob", BOSS);
    assert_eq!(key.get("/api/v1/me/passkey-options").refusal(), "403 session_required");
    assert_eq!(key.get("/api/v1/me/passkeys").refusal(), "403 session_required");
}

#[test]
fn whoever_has_to_have_a_second_factor_can_have_a_passkey() {
    let world = World::demanding(Engine::Sqlite, Demand::Everybody);
    let ann = world.signed_in("ann", AUDITOR);
    assert_eq!(ann.get("/api/v1/me/session").good().json()["next"], "second_factor");
    let ann = ann.with_session_of(add(&ann, "key", 1).good()).unwrap();
    assert_eq!(ann.get("/api/v1/me").status, 200);
    let nowhere = World::without_provider(Engine::Sqlite);
    assert_eq!(nowhere.stranger().get("/api/v1/sessions/passkey").refusal(), "404 sign_in_not_offered");
    assert_eq!(nowhere.stranger().get("/api/v1/sign-in").good().json()["passkey"], false);
}
