//! Signing in by an identity provider that somebody else wrote.

use crate::authenticator::Authenticator;
use crate::identity_provider::{Peer, begin, begun, finish, from_page, go, reaching, settings};
use crate::world::{PASSWORD, World};
use access::{Demand, Oidc};
use db::Engine;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::{Actor, Reply};
use web::Within;

/// Each test has a provider of its own, and runs on both engines.
macro_rules! with_provider {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(db::Engine::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(db::Engine::Postgres); })*
        }
    };
}

with_provider!(
    whoever_comes_is_made_a_user_whose_roles_follow_their_groups,
    what_the_browser_brings_counts_once_and_in_this_browser,
    an_account_is_linked_and_comes_in_by_its_identity,
    whoever_is_not_known_or_was_ended_stays_out,
    a_second_factor_of_the_provider_counts_when_it_says_so,
    a_provider_that_is_down_keeps_nobody_with_a_password_out,
);

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];

fn person(login: &str, groups: &[&str], methods: &[&str]) -> Value {
    json!({ "preferred_username": login, "name": format!("{login} of the company"), "groups": groups, "methods": methods })
}

fn start(engine: Engine, people: &Value, change: impl Fn(&mut Oidc)) -> (World, Peer) {
    let peer = Peer::start(people);
    let mut oidc = settings(&peer.issuer);
    change(&mut oidc);
    (World::with_provider(engine, Demand::Administrators, reaching(oidc)), peer)
}

/// Goes all the way as somebody.
fn come(world: &World, who: &str) -> Reply {
    let begun = begin(&world.stranger());
    finish(&world.stranger(), &begun.cookie, &go(&begun.authorize, who))
}

fn signed_in(world: &World, who: &str) -> Actor {
    world.stranger().with_session_of(come(world, who).good()).unwrap()
}

fn roles(world: &World, login: &str) -> Vec<String> {
    let user = world.admin().get(format!("/api/v1/users/{login}")).good().json();
    let grants = user["grants"].as_array().unwrap().iter();
    grants.map(|grant| grant["role"].as_str().unwrap().to_owned()).collect()
}

fn rows(world: &World, action: &str) -> Vec<Value> {
    let page = world.admin().get(format!("/api/v1/audit?limit=500&action={action}")).good().json();
    page["items"].as_array().unwrap().clone()
}

fn whoever_comes_is_made_a_user_whose_roles_follow_their_groups(engine: Engine) {
    let people = json!({ "u-1": person("Ann", &["clerks", "ghosts", "other"], &["pwd"]) });
    let (world, peer) = start(engine, &people, |_| {});
    let ways = world.stranger().get("/api/v1/sign-in").good().json();
    assert_eq!((&ways["password"], &ways["identity_provider"]), (&json!(true), &json!("The company")));
    let reply = come(&world, "u-1").good();
    assert_eq!((reply.status, &reply.json()["next"]), (201, &Value::Null));
    assert_eq!(reply.json()["session"]["method"], "identity");
    let ann = world.stranger().with_session_of(reply).unwrap();
    let me = ann.get("/api/v1/me").good().json();
    assert_eq!((&me["name"], roles(&world, "ann")), (&json!("ann"), vec!["clerk".to_owned()]));
    let user = world.admin().get("/api/v1/users/ann").good().json();
    assert_eq!(user["name"], "Ann of the company");
    let identity = ann.get("/api/v1/me/identity").good().json();
    assert_eq!((&identity["subject"], &identity["follows_groups"]), (&json!("u-1"), &json!(true)));
    assert_eq!(identity["issuer"], peer.issuer);
    let there = ann.get("/api/v1/me/identity/sign-out").good().json();
    assert_eq!(there["address"], format!("{}/session/end?client_id=stockwell", peer.issuer));
    // nobody signs in with a password that there is not
    for password in ["", "!", "correct horse battery"] {
        assert_eq!(world.stranger().sign_in("ann", password).unwrap_err().refusal(), "401 sign_in_refused");
    }
    // what was given here stays, and the rest follows
    world.admin().act("/api/v1/users/ann/grants", &json!({ "role": "auditor" })).good();
    peer.knows(&json!({ "u-1": person("renamed", &[], &["pwd"]) }));
    let before = ann.get("/api/v1/me").refusal();
    assert_eq!(before, "401 unauthenticated", "a grant ends sessions");
    let ann = signed_in(&world, "u-1");
    assert_eq!(roles(&world, "ann"), ["auditor"]);
    peer.knows(&json!({ "u-1": person("ann", &["clerks"], &["pwd"]) }));
    let again = signed_in(&world, "u-1");
    assert_eq!(roles(&world, "ann"), ["auditor", "clerk"]);
    assert_eq!((ann.get("/api/v1/me").status, again.get("/api/v1/me").status), (401, 200));
    let followed = rows(&world, "access.user.follow_groups");
    assert_eq!((followed.len(), &followed[0]["target"]), (3, &json!("user:ann")));
    // the same groups change nothing, and end nothing
    signed_in(&world, "u-1");
    assert_eq!((again.get("/api/v1/me").status, rows(&world, "access.user.follow_groups").len()), (200, 3));
    let users = world.admin().get("/api/v1/users").good().json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1, "one person, however they are called");
    // who has no password, and is the last who may do everything, keeps the way in
    world.admin().act("/api/v1/users/ann/grants", &json!({ "role": "administrator" })).good();
    let remove = || world.admin().remove("/api/v1/users/ann/identity", "/api/v1/users/ann");
    let refused = remove();
    assert_eq!(refused.refusal(), "409 in_use");
    assert_eq!(refused.json()["detail"], "`ann` is the last administrator, make somebody else one first");
    world.user("boss", &[("administrator", web::Within::All)]);
    remove().good();
    assert_eq!(come(&world, "u-1").refusal(), "401 identity_unknown");
    // somebody else of the same name is somebody else
    peer.knows(&json!({ "u-2": person("ann", &["chiefs"], &["pwd", "mfa"]) }));
    let stranger = come(&world, "u-2");
    assert_eq!(stranger.refusal(), "401 identity_unknown");
    assert!(stranger.text().contains("is somebody's here already"), "{}", stranger.text());
    peer.knows(&json!({ "u-3": { "name": "No login" }, "u-4": person("no login!", &[], &[]) }));
    for who in ["u-3", "u-4"] {
        assert_eq!(come(&world, who).refusal(), "401 identity_unknown");
    }
}

fn what_the_browser_brings_counts_once_and_in_this_browser(engine: Engine) {
    let people = json!({ "u-1": person("ann", &["clerks"], &["pwd"]) });
    let (world, _peer) = start(engine, &people, |_| {});
    let browser = world.stranger();
    let mine = begin(&browser);
    let brought = go(&mine.authorize, "u-1");
    // of another browser, or of none
    let theirs = begin(&browser);
    assert_eq!(finish(&browser, &theirs.cookie, &brought).refusal(), "401 sign_in_expired /state");
    let bare = from_page(&browser, "/api/v1/sessions/identity/finish").json(&brought).send();
    assert_eq!(bare.refusal(), "401 sign_in_expired");
    for wrong in ["__Host-errand=", "__Host-errand=x", &mine.cookie[..mine.cookie.len() - 1]] {
        assert_eq!(finish(&browser, wrong, &brought).refusal(), "401 sign_in_expired", "{wrong}");
    }
    let mut other = brought.clone();
    other["state"] = json!("x");
    assert_eq!(finish(&browser, &mine.cookie, &other).refusal(), "401 sign_in_expired /state");
    // whoever has the code and another sign-in of their own lacks the verifier
    let mut stolen = brought.clone();
    let state = theirs.authorize.split("&state=").nth(1).unwrap().split('&').next().unwrap();
    stolen["state"] = json!(state);
    let refused = finish(&browser, &theirs.cookie, &stolen);
    assert_eq!(refused.refusal(), "401 identity_refused");
    assert!(refused.text().contains("refuses the code"), "{}", refused.text());
    // another provider, or none, has answered
    let mut mixed = go(&mine.authorize, "u-1");
    mixed["iss"] = json!("https://evil.example");
    assert_eq!(finish(&browser, &mine.cookie, &mixed).refusal(), "401 identity_refused");
    mixed.as_object_mut().unwrap().remove("iss");
    assert_eq!(finish(&browser, &mine.cookie, &mixed).refusal(), "401 identity_refused");
    // a page of somebody else
    let forged = browser
        .ask("POST", "/api/v1/sessions/identity/finish")
        .header("origin", "https://evil.example")
        .header("cookie", &mine.cookie);
    assert_eq!(forged.json(&brought).send().refusal(), "403 cross_site");
    // right, and then once more
    world.pass(Duration::from_mins(1));
    let fine = go(&mine.authorize, "u-1");
    let reply = finish(&browser, &mine.cookie, &fine).good();
    let given: Vec<&str> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert!(given[0].starts_with("__Host-sid=") && given[1].starts_with("__Host-errand=; "), "{given:?}");
    let again = finish(&browser, &mine.cookie, &fine);
    assert_eq!(again.refusal(), "401 identity_refused", "the provider knows that the code was used");
    let spent = finish(&browser, &mine.cookie, &go(&mine.authorize, "u-1"));
    assert_eq!(spent.refusal(), "401 sign_in_expired", "another code does not make it good again");
    // nobody is let in
    world.pass(Duration::from_mins(1));
    let begun = begin(&browser);
    let denied = go(&begun.authorize, "nobody");
    assert_eq!(denied["error"], "access_denied");
    let refused = finish(&browser, &begun.cookie, &denied);
    assert_eq!(refused.refusal(), "401 identity_refused");
    assert!(refused.text().contains("access_denied"));
    let bare = json!({ "state": denied["state"] });
    assert_eq!(finish(&browser, &begun.cookie, &bare).refusal(), "422 invalid_value /code");
    let reasons = rows(&world, "access.sign_in_refused");
    assert!(reasons.iter().any(|row| row.to_string().contains("access_denied")), "{reasons:?}");
    // ten minutes
    let brought = go(&begun.authorize, "u-1");
    world.pass(Duration::from_mins(10));
    assert_eq!(finish(&browser, &begun.cookie, &brought).refusal(), "401 sign_in_expired");
}

fn an_account_is_linked_and_comes_in_by_its_identity(engine: Engine) {
    let people =
        json!({ "u-1": person("somebody", &["chiefs"], &["pwd"]), "u-2": person("bob", &[], &["pwd"]) });
    let (world, _peer) = start(engine, &people, |oidc| oidc.creates_users = false);
    let ann = world.signed_in("ann", AUDITOR);
    let refused = come(&world, "u-1");
    assert_eq!(refused.refusal(), "401 identity_unknown");
    assert!(refused.text().contains("`u-1`"), "{}", refused.text());
    assert_eq!(ann.get("/api/v1/me/identity").refusal(), "404 not_found");
    let begin_link =
        |password: &str| ann.ask("POST", "/api/v1/me/identity").json(&json!({ "password": password })).send();
    assert_eq!(begin_link("wrong").refusal(), "422 wrong_password /password");
    let link = begun(&begin_link(PASSWORD).good());
    let brought = go(&link.authorize, "u-1");
    // what was begun for a link is no sign-in, and is of one account
    assert_eq!(finish(&world.stranger(), &link.cookie, &brought).refusal(), "401 sign_in_expired");
    let finish_link = |actor: &Actor, brought: &Value| {
        let both = format!("{}; {}", actor.session().unwrap().cookie, link.cookie);
        let csrf = actor.session().unwrap().csrf.clone();
        let ask = from_page(&world.stranger(), "/api/v1/me/identity/finish");
        ask.header("cookie", &both).header("x-csrf-token", &csrf).json(brought).send()
    };
    let eve = world.signed_in("eve", AUDITOR);
    assert_eq!(finish_link(&eve, &brought).refusal(), "401 sign_in_expired");
    let linked = finish_link(&ann, &brought).good();
    assert_eq!((linked.status, &linked.json()["subject"]), (201, &json!("u-1")));
    assert_eq!(linked.json()["follows_groups"], false);
    assert_eq!(begin_link(PASSWORD).refusal(), "409 in_use");
    assert_eq!(rows(&world, "access.user.link_identity").len(), 1);
    // it comes in, and has what it had: no group makes an administrator of it
    let by_identity = signed_in(&world, "u-1");
    assert_eq!(by_identity.get("/api/v1/me").good().json()["name"], "ann");
    assert_eq!(roles(&world, "ann"), ["auditor"]);
    assert_eq!(ann.get("/api/v1/me").status, 200, "and its password stays");
    // an administrator links another one by what the provider calls them
    let admin = world.admin();
    let set = |login: &str, body: &Value| {
        let path = format!("/api/v1/users/{login}/identity");
        admin.ask("PUT", &path).fresh().as_shown_at(&format!("/api/v1/users/{login}")).json(body).send()
    };
    assert_eq!(set("eve", &json!({ "subject": "u-1" })).refusal(), "409 in_use");
    assert_eq!(set("eve", &json!({ "subject": "" })).refusal(), "422 invalid_value /subject");
    assert_eq!(set("eve", &json!({ "subject": "x".repeat(256) })).refusal(), "422 invalid_value /subject");
    assert_eq!(set("nobody", &json!({ "subject": "u-2" })).refusal(), "404 not_found");
    set("eve", &json!({ "subject": "u-2" })).good();
    assert_eq!(eve.get("/api/v1/me").status, 401, "whoever was in is out");
    assert_eq!(admin.get("/api/v1/users/eve/identity").good().json()["subject"], "u-2");
    assert_eq!(signed_in(&world, "u-2").get("/api/v1/me").good().json()["name"], "eve");
    admin.remove("/api/v1/users/eve/identity", "/api/v1/users/eve").good();
    assert_eq!(come(&world, "u-2").refusal(), "401 identity_unknown");
    assert_eq!(admin.remove("/api/v1/users/eve/identity", "/api/v1/users/eve").refusal(), "404 not_found");
    // and one takes one's own away
    let remove = |body: &Value| ann.post("/api/v1/me/identity/remove", body);
    assert_eq!(remove(&json!({ "password": "wrong" })).refusal(), "422 wrong_password /password");
    assert_eq!(remove(&json!({ "password": PASSWORD })).good().status, 204);
    assert_eq!(come(&world, "u-1").refusal(), "401 identity_unknown");
}

fn whoever_is_not_known_or_was_ended_stays_out(engine: Engine) {
    let people = json!({ "u-1": person("ann", &["clerks"], &["pwd"]), "u-2": person("bob", &[], &["pwd"]) });
    let (world, _peer) = start(engine, &people, |_| {});
    let ann = signed_in(&world, "u-1");
    // the only way in is not taken away
    let remove = ann.post("/api/v1/me/identity/remove", &json!({}));
    assert_eq!(remove.refusal(), "409 in_use");
    world.admin().act("/api/v1/users/ann/end", &Value::Null).good();
    assert_eq!(ann.get("/api/v1/me").status, 401);
    let refused = come(&world, "u-1");
    assert_eq!(refused.refusal(), "401 identity_refused");
    assert!(refused.text().contains("has been ended"), "{}", refused.text());
    assert!(world.admin().get("/api/v1/sessions?user=ann&ended=false").good().json()["items"] == json!([]));
    // many at once are one user
    let comes: Vec<_> = (0..4).map(|_| begin(&world.stranger())).collect();
    let brought: Vec<Value> = comes.iter().map(|begun| go(&begun.authorize, "u-2")).collect();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let threads: Vec<_> = comes
            .iter()
            .zip(&brought)
            .map(|(begun, brought)| scope.spawn(|| finish(&world.stranger(), &begun.cookie, brought)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let refusals: Vec<String> =
        replies.iter().filter(|reply| reply.status != 201).map(Reply::refusal).collect();
    assert_eq!(refusals, [""; 0]);
    let users = world.admin().get("/api/v1/users").good().json();
    assert_eq!(users["items"].as_array().unwrap().len(), 2);
}

fn a_second_factor_of_the_provider_counts_when_it_says_so(engine: Engine) {
    let people = json!({ "u-1": person("ann", &["chiefs"], &["pwd", "mfa"]), "u-2": person("bob", &["chiefs"], &["pwd"]) });
    let (world, peer) = start(engine, &people, |_| {});
    let reply = come(&world, "u-1").good().json();
    assert_eq!((&reply["next"], &reply["session"]["method"]), (&Value::Null, &json!("identity+factor")));
    let reply = come(&world, "u-2").good();
    assert_eq!(reply.json()["next"], "second_factor");
    let bob = world.stranger().with_session_of(reply).unwrap();
    assert_eq!(bob.get("/api/v1/users").refusal(), "403 second_factor_required");
    // without a password there is the word of the provider, for five minutes
    world.pass(Duration::from_mins(5));
    let late = bob.post("/api/v1/me/second-factor", &json!({}));
    assert_eq!(late.refusal(), "422 invalid_value /password");
    let bob = world.stranger().with_session_of(come(&world, "u-2").good()).unwrap();
    let begun = bob.post("/api/v1/me/second-factor", &json!({})).good().json();
    let app = Authenticator::of(begun["uri"].as_str().unwrap());
    let code = json!({ "code": app.code(world.now()) });
    let set = bob.post("/api/v1/me/second-factor/confirm", &code).good();
    let bob = bob.with_session_of(set).unwrap();
    assert_eq!(bob.get("/api/v1/users").status, 200);
    // from here on it is asked for, unless the provider has done so
    world.pass(Duration::from_secs(30));
    let half = world.stranger().with_session_of(come(&world, "u-2").good()).unwrap();
    assert_eq!(half.get("/api/v1/me/session").good().json()["next"], "code");
    assert_eq!(half.get("/api/v1/me").refusal(), "403 second_factor_required");
    let code = json!({ "code": app.code(world.now()) });
    let whole = half.ask("POST", "/api/v1/me/session/second-factor").json(&code).send().good().json();
    assert_eq!((&whole["next"], &whole["session"]["method"]), (&Value::Null, &json!("identity+code")));
    peer.knows(&json!({ "u-2": person("bob", &["chiefs"], &["pwd", "mfa"]) }));
    assert_eq!(come(&world, "u-2").good().json()["next"], Value::Null);
    // the last who may everything keeps that when their group is gone
    peer.knows(&json!({ "u-1": person("ann", &[], &["mfa"]), "u-2": person("bob", &[], &["mfa"]) }));
    signed_in(&world, "u-1");
    assert_eq!(roles(&world, "ann"), Vec::<String>::new());
    signed_in(&world, "u-2");
    assert_eq!(roles(&world, "bob"), ["administrator"]);
}

fn a_provider_that_is_down_keeps_nobody_with_a_password_out(engine: Engine) {
    let people = json!({ "u-1": person("ann", &["clerks"], &["pwd"]) });
    let (world, mut peer) = start(engine, &people, |_| {});
    let begun = begin(&world.stranger());
    let brought = go(&begun.authorize, "u-1");
    peer.stop();
    let down = finish(&world.stranger(), &begun.cookie, &brought);
    assert_eq!(
        (down.refusal().as_str(), down.header("retry-after")),
        ("503 identity_provider_unavailable", Some("5"))
    );
    // what it says of itself is remembered for an hour, and then asked again
    world.pass(Duration::from_hours(1));
    let ask =
        |world: &World| from_page(&world.stranger(), "/api/v1/sessions/identity").json(&json!({})).send();
    let down = ask(&world);
    assert_eq!(down.refusal(), "503 identity_provider_unavailable");
    assert!(!down.text().contains("127.0.0.1"), "strangers learn nothing of it: {}", down.text());
    world.signed_in("eve", AUDITOR);
    // one that was never set up
    let plain = World::without_provider(engine);
    assert_eq!(ask(&plain).refusal(), "404 sign_in_not_offered");
    assert_eq!(plain.stranger().get("/api/v1/sign-in").good().json()["identity_provider"], Value::Null);
}
