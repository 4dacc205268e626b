//! Signing in, staying signed in, and signing out, seen from outside.

use crate::world::{PASSWORD, World, on_both_engines};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::{Actor, Ask, Reply};
use web::Within;

on_both_engines!(
    whoever_signs_in_may_what_they_may_until_they_sign_out,
    a_session_ends_when_nobody_asks_and_when_it_is_old,
    a_session_ends_with_what_it_was_begun_with,
    nobody_is_told_why_they_are_not_let_in,
    a_page_of_somebody_else_writes_nothing,
    a_key_and_a_session_are_never_mixed,
    a_session_is_ended_from_elsewhere,
    a_new_password_leaves_one_session,
    a_thousand_wrong_passwords_lock_nobody_out,
    where_somebody_signed_in_is_forgotten_after_ninety_days,
);

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];

fn sign_in(world: &World, login: &str, password: &str) -> Ask {
    let body = json!({ "login": login, "password": password });
    world.stranger().ask("POST", "/api/v1/sessions").header("origin", "https://test").json(&body)
}

fn current(actor: &Actor) -> Value {
    actor.get("/api/v1/me/session").good().json()["session"].clone()
}

fn gone(reply: &Reply) -> bool {
    reply.refusal() == "401 unauthenticated" && reply.text().contains("this session has ended")
}

fn rows(world: &World, action: &str) -> Vec<Value> {
    let page = world.admin().get(format!("/api/v1/audit?limit=500&action={action}")).good().json();
    page["items"].as_array().unwrap().clone()
}

fn whoever_signs_in_may_what_they_may_until_they_sign_out(world: &World) {
    world.user("ann", AUDITOR);
    let reply = sign_in(world, " Ann ", PASSWORD).header("user-agent", "A browser").send().good();
    assert_eq!((reply.status, reply.header("location")), (201, Some("/api/v1/me/session")));
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-sid="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    let secret = cookie.split([';', '=']).nth(1).unwrap();
    assert!(!reply.text().contains(secret));
    let ann = world.stranger().with_session_of(reply.clone()).unwrap();
    let me = ann.get("/api/v1/me").good().json();
    assert_eq!((&me["name"], &me["kind"]), (&json!("ann"), &json!("user")));
    assert_eq!((ann.get("/api/v1/users").status, ann.get("/api/v1/audit").status), (200, 200));
    assert_eq!(ann.post("/api/v1/roles", &json!({ "name": "x", "permissions": [] })).code(), "forbidden");
    let shown = ann.get("/api/v1/me/session").good();
    assert_eq!(shown.json()["csrf"], reply.json()["csrf"]);
    assert!(!shown.text().contains(secret));
    let session = current(&ann);
    assert_eq!(
        (&session["agent"], &session["network"], &session["method"], &session["current"]),
        (&json!("A browser"), &json!("127.0.0.1"), &json!("password"), &json!(true))
    );
    // who it was stands in the log, and no secret
    let [row] = <[Value; 1]>::try_from(rows(world, "access.session.begin")).unwrap();
    assert_eq!((&row["actor"]["name"], &row["target"]), (&json!("ann"), &json!("user:ann")));
    assert_eq!(row["details"], json!({ "session": session["id"], "method": "password" }));

    let out = ann.post_nothing("/api/v1/me/sign-out").good();
    assert_eq!((out.status, out.header("clear-site-data")), (204, Some("\"cache\", \"cookies\"")));
    let taken = "__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    assert_eq!(out.header("set-cookie"), Some(taken));
    assert!(gone(&ann.get("/api/v1/me")));
    let [row] = <[Value; 1]>::try_from(rows(world, "access.session.end")).unwrap();
    assert_eq!(row["details"]["why"], "sign_out");
}

fn a_session_ends_when_nobody_asks_and_when_it_is_old(world: &World) {
    let (idle, busy) = (world.signed_in("ann", AUDITOR), world.signed_in("bob", AUDITOR));
    let minutes = |count: u64| world.pass(Duration::from_secs(60 * count));
    assert_eq!(idle.get("/api/v1/me").status, 200);
    for _ in 0..24 {
        minutes(29);
        assert_eq!(busy.get("/api/v1/me").status, 200);
    }
    assert!(gone(&idle.get("/api/v1/me")), "it rested for half an hour");
    minutes(23);
    world.pass(Duration::from_secs(59));
    assert_eq!(busy.get("/api/v1/me").status, 200, "a second before twelve hours are over");
    world.pass(Duration::from_secs(1));
    assert!(gone(&busy.get("/api/v1/me")), "twelve hours are over");
    let why: Vec<Value> =
        rows(world, "access.unknown_key").into_iter().map(|row| row["details"]["detail"].clone()).collect();
    let told = |text: &str| why.iter().any(|why| why.as_str().unwrap().contains(text));
    assert!(told("of `ann` was without a request") && told("of `bob` is older"), "{why:?}");
}

fn a_session_ends_with_what_it_was_begun_with(world: &World) {
    let admin = world.admin();
    let signed_in = || world.stranger().sign_in("ann", PASSWORD).unwrap();
    let ann = world.signed_in("ann", AUDITOR);
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "clerk" })).good();
    assert!(gone(&ann.get("/api/v1/me")), "a grant was made");
    let ann = signed_in();
    let grant = admin.get("/api/v1/users/ann").json()["grants"][0]["id"].to_string();
    admin.remove(format!("/api/v1/users/ann/grants/{grant}"), "/api/v1/users/ann").good();
    assert!(gone(&ann.get("/api/v1/me")), "a grant was revoked");
    let ann = signed_in();
    admin.act("/api/v1/users/ann/password", &json!({ "password": PASSWORD })).good();
    assert!(gone(&ann.get("/api/v1/me")), "the password was set");
    let ann = signed_in();
    admin.act("/api/v1/users/ann/end", &Value::Null).good();
    assert!(gone(&ann.get("/api/v1/me")), "the account was ended");
    assert_eq!(sign_in(world, "ann", PASSWORD).send().refusal(), "401 sign_in_refused");
    let page = admin.get("/api/v1/sessions?user=ann&ended=true").good().json();
    let why: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|row| &row["ended_why"]).collect();
    assert_eq!(why, ["grants", "grants", "password", "account"]);
    // the same browser that signs in again leaves no session behind
    let bob = world.signed_in("bob", AUDITOR);
    let cookie = bob.session().unwrap().cookie.clone();
    sign_in(world, "bob", PASSWORD).header("cookie", &cookie).send().good();
    assert!(gone(&bob.get("/api/v1/me")), "replaced");
}

fn nobody_is_told_why_they_are_not_let_in(world: &World) {
    world.user("ann", AUDITOR);
    world.user("bob", AUDITOR);
    world.admin().act("/api/v1/users/bob/end", &Value::Null).good();
    let long = "x".repeat(300);
    let tries = [
        ("ann", "wrong"),
        ("nobody", PASSWORD),
        ("bob", PASSWORD),
        ("a b", PASSWORD),
        ("ann", &long),
        ("", ""),
    ];
    let shown = |reply: &Reply| {
        let mut body = reply.json();
        body["instance"] = Value::Null;
        (reply.status, body, reply.header("set-cookie").map(str::to_owned))
    };
    let answers: Vec<_> =
        tries.iter().map(|(login, word)| shown(&sign_in(world, login, word).send())).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((answers[0].0, &answers[0].1["code"]), (401, &json!("sign_in_refused")));
    let noted: Vec<Value> = rows(world, "access.sign_in_refused");
    let why: Vec<&str> = noted.iter().rev().map(|row| row["details"]["detail"].as_str().unwrap()).collect();
    let (wrong, nobody) = ("a wrong password for `ann`", "a login that nobody has");
    assert_eq!(why, [wrong, nobody, nobody, nobody, wrong, nobody]);
    assert!(
        noted.iter().all(|row| row["details"]["peer"] == "127.0.0.1" && !row.to_string().contains(PASSWORD))
    );
}

fn a_page_of_somebody_else_writes_nothing(world: &World) {
    let ann = world.signed_in("ann", &[("administrator", Within::All)]);
    let session = ann.session().unwrap().clone();
    let audits = world.audits();
    let write = || {
        let body = json!({ "name": "night", "permissions": [] });
        world.stranger().ask("POST", "/api/v1/roles").fresh().header("cookie", &session.cookie).json(&body)
    };
    let token = |ask: Ask| ask.header("x-csrf-token", &session.csrf);
    for forged in [
        write(),
        write().header("origin", "https://test"),
        token(write()),
        token(write()).header("origin", "https://evil.example"),
        token(write()).header("sec-fetch-site", "same-site").header("origin", "https://test"),
        write().header("origin", "https://test").header("x-csrf-token", &session.csrf[1..]),
    ] {
        assert_eq!(forged.send().refusal(), "403 cross_site");
    }
    assert_eq!(world.audits(), audits + 6, "each was noted, and nothing else was done");
    token(write()).header("sec-fetch-site", "same-origin").send().good();
    // nor does it sign anybody in
    let body = json!({ "login": "ann", "password": PASSWORD });
    let from = |ask: Ask| ask.json(&body).send().refusal();
    let ask = || world.stranger().ask("POST", "/api/v1/sessions");
    assert_eq!(from(ask()), "403 cross_site");
    assert_eq!(from(ask().header("origin", "https://evil.example")), "403 cross_site");
    assert_eq!(from(ask().header("origin", "http://test")), "403 insecure_sign_in");
}

fn a_key_and_a_session_are_never_mixed(world: &World) {
    let (ann, admin) = (world.signed_in("ann", &[]), world.admin());
    let (cookie, secret) =
        (ann.session().unwrap().cookie.clone(), ann.session().unwrap().cookie[11..].to_owned());
    let both = admin.ask("GET", "/api/v1/me").header("cookie", &cookie).send();
    assert_eq!(both.refusal(), "400 malformed_header");
    // the one is not taken for the other, known or not
    assert_eq!(ann.get("/api/v1/me").status, 200);
    assert_eq!(Actor::with_key(world.address, secret).get("/api/v1/me").refusal(), "401 unauthenticated");
    let key = admin.key().unwrap();
    let as_cookie = |text: &str| world.stranger().ask("GET", "/api/v1/me").header("cookie", text).send();
    assert!(gone(&as_cookie(&format!("__Host-sid={key}"))));
    assert_eq!(as_cookie("__Host-sid=").refusal(), "401 unauthenticated");
    assert_eq!(as_cookie(&format!("{cookie}; {cookie}")).refusal(), "400 malformed_header");
    // and what is about signing in no key does, not even one of the user
    let own = world.user("bob", &[("administrator", Within::All)]);
    for refused in [
        own.get("/api/v1/me/session"),
        own.get("/api/v1/me/sessions"),
        own.post_nothing("/api/v1/me/sign-out"),
    ] {
        assert_eq!(refused.refusal(), "403 session_required");
    }
}

fn a_session_is_ended_from_elsewhere(world: &World) {
    let (first, boss) =
        (world.signed_in("ann", AUDITOR), world.signed_in("boss", &[("administrator", Within::All)]));
    let second = world.stranger().sign_in("ann", PASSWORD).unwrap();
    let id = current(&first)["id"].clone();
    let page = second.get("/api/v1/me/sessions?ended=false").good().json();
    let marks: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|row| &row["current"]).collect();
    assert_eq!(marks, [false, true]);
    // somebody else's is not there
    let other = current(&boss)["id"].clone();
    let end = |actor: &Actor, path: String| actor.post_nothing(path).refusal();
    assert_eq!(end(&second, format!("/api/v1/me/sessions/{other}/end")), "404 not_found");
    assert_eq!(end(&second, format!("/api/v1/sessions/{other}/end")), "403 forbidden");
    let ended = second.post_nothing(format!("/api/v1/me/sessions/{id}/end")).good().json();
    assert_eq!(ended["ended_why"], "revoked");
    assert!(gone(&first.get("/api/v1/me")) && second.get("/api/v1/me").status == 200);
    let id = current(&second)["id"].clone();
    let once = boss.post_nothing(format!("/api/v1/sessions/{id}/end")).good().json();
    let again = boss.post_nothing(format!("/api/v1/sessions/{id}/end")).good().json();
    assert_eq!(once, again, "ending it twice changes nothing");
    assert!(gone(&second.get("/api/v1/me")));
    // nobody ends the session of those who hold more
    let keeper = world.key(&[domain::Permission::AccessRead, domain::Permission::AccessWrite], None);
    assert_eq!(end(&keeper, format!("/api/v1/sessions/{other}/end")), "403 forbidden");
}

fn a_new_password_leaves_one_session(world: &World) {
    let (ann, other) = (world.signed_in("ann", AUDITOR), world.stranger().sign_in("ann", PASSWORD).unwrap());
    let change = |current: &str, password: &str| {
        ann.post("/api/v1/me/password", &json!({ "current": current, "password": password }))
    };
    assert_eq!(change("wrong", "another battery staple").refusal(), "422 wrong_password /current");
    assert_eq!(change(PASSWORD, "short").refusal(), "422 weak_password /password");
    assert_eq!(ann.get("/api/v1/me").status, 200, "nothing was changed");
    let ask = || {
        let body = json!({ "current": PASSWORD, "password": "another battery staple" });
        ann.ask("POST", "/api/v1/me/password").idempotency_key("once").json(&body)
    };
    let done = ask().send().good();
    assert!(gone(&ann.get("/api/v1/me")) && gone(&other.get("/api/v1/me")));
    let fresh = ann.with_session_of(done).unwrap();
    assert_eq!(fresh.get("/api/v1/me").status, 200);
    assert_eq!(sign_in(world, "ann", PASSWORD).send().refusal(), "401 sign_in_refused");
    let signed_in = sign_in(world, "ann", "another battery staple").send().good();
    assert!(ann.with_session_of(signed_in).is_ok());
    // whoever guesses at an unlocked screen waits
    let guess =
        |word: &str| fresh.post("/api/v1/me/password", &json!({ "current": word, "password": PASSWORD }));
    assert!((0..5).all(|_| guess("wrong").status == 422));
    let refused = guess("another battery staple");
    assert_eq!((refused.refusal().as_str(), refused.header("retry-after")), ("429 throttled", Some("16")));
}

fn a_thousand_wrong_passwords_lock_nobody_out(world: &World) {
    for login in ["ann", "bob", "eve"] {
        world.user(login, AUDITOR);
    }
    // bob has signed in from here before
    world.stranger().sign_in("bob", PASSWORD).unwrap();
    let statuses: Vec<u16> = (0..1_000).map(|_| sign_in(world, "ann", "wrong").send().status).collect();
    let refused = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!((refused, statuses.iter().filter(|status| **status == 429).count()), (5, 995));
    assert_eq!(sign_in(world, "ann", PASSWORD).send().refusal(), "429 throttled", "while it is guessed at");
    assert_eq!(
        sign_in(world, "nobody", PASSWORD).send().status,
        429,
        "so is who is nobody: the address tries too often"
    );
    sign_in(world, "bob", PASSWORD).send().good();
    world.pass(Duration::from_mins(1));
    sign_in(world, "ann", PASSWORD).send().good();
    sign_in(world, "eve", PASSWORD).send().good();
    // who has signed in from here is counted alone, and waits a quarter of an hour at most
    let mut passed = 0;
    while sign_in(world, "ann", "wrong").send().status != 429 || passed < 900 {
        world.pass(Duration::from_secs(30));
        passed += 30;
    }
    assert_eq!(sign_in(world, "ann", PASSWORD).send().refusal(), "429 throttled");
    world.pass(Duration::from_mins(15));
    sign_in(world, "ann", PASSWORD).send().good();
}

// a database file has one process
#[test]
fn an_ended_session_is_felt_by_another_process_within_a_second() {
    let world = World::new(db::Engine::Postgres);
    let ann = world.signed_in("ann", AUDITOR);
    let mut beside = world.beside();
    let there = ann.at(beside.address);
    assert_eq!(there.get("/api/v1/me").status, 200);
    ann.post_nothing("/api/v1/me/sign-out").good();
    let asked = std::time::Instant::now();
    while there.get("/api/v1/me").status != 401 {
        assert!(asked.elapsed() < Duration::from_secs(2), "still good");
        std::thread::sleep(Duration::from_millis(20));
    }
    beside.stop();
}

fn where_somebody_signed_in_is_forgotten_after_ninety_days(world: &World) {
    world.signed_in("ann", AUDITOR);
    let forget = || access::forget_old_sessions(&world.db, world.now()).unwrap();
    world.pass(Duration::from_hours(24 * 90 + 12) - Duration::from_secs(1));
    assert_eq!(forget(), 0);
    world.pass(Duration::from_secs(1));
    assert_eq!((forget(), forget()), (1, 0));
}
