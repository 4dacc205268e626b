//! The pages about people: what their forms do, and what they are refused.

use crate::device::{SmallDevice, wanted};
use crate::pages::{form, hidden, with_cookie};
use crate::world::{PASSWORD, World, on_both_engines};
use testkit::http::{Actor, Reply};
use web::Within;

on_both_engines!(
    users_are_made_and_ended_in_a_browser,
    what_waits_is_decided_in_a_browser,
    a_key_is_shown_once_in_a_browser,
    one_changes_how_one_signs_in_in_a_browser,
);

const BOSS: &[(&str, Within)] = &[("administrator", Within::All)];
const NEW: &str = "another calm harbour of numbers";

/// Somebody in a browser of their own.
fn browser(world: &World, login: &str, password: &str) -> Actor {
    let fields = [("/login", login), ("/password", password)];
    with_cookie(world, &form(&world.stranger(), "/sign-in", &fields).send())
}

/// Somebody with these roles, in a browser.
fn somebody(world: &World, login: &str, roles: &[(&str, Within)]) -> Actor {
    world.user(login, roles);
    browser(world, login, PASSWORD)
}

/// Sends the form of a page as it was shown, with what was typed.
fn send(by: &Actor, path: &str, typed: &[(&str, &str)]) -> Reply {
    let shown = by.get(path).good();
    resend(by, path, &shown, typed)
}

/// The same of a page that was shown before.
fn resend(by: &Actor, path: &str, shown: &Reply, typed: &[(&str, &str)]) -> Reply {
    let mut fields =
        vec![("_csrf".to_owned(), hidden(shown, "_csrf")), ("_key".to_owned(), hidden(shown, "_key"))];
    if shown.text().contains("name=\"_version\"") {
        fields.push(("_version".to_owned(), hidden(shown, "_version")));
    }
    let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let all: Vec<(String, String)> = fields.into_iter().chain(typed).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    form(by, path, &all).send()
}

fn led_to(reply: &Reply) -> (u16, Option<&str>) {
    (reply.status, reply.header("location"))
}

fn users_are_made_and_ended_in_a_browser(world: &World) {
    let boss = somebody(world, "boss", BOSS);
    let typed = |login: &'static str| {
        [("/login", login), ("/password#raw", NEW), ("/grants/0/role", "auditor"), ("/grants/0/within", "")]
    };
    let refused = send(&boss, "/users/new", &typed("no login"));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("value=\"no login\"") && !refused.text().contains(NEW));
    assert_eq!(led_to(&send(&boss, "/users/new", &typed("ann"))), (303, Some("/users")));
    let ann = browser(world, "ann", NEW);
    assert_eq!(ann.get("/users").status, 200, "an auditor sees users");
    assert_eq!(ann.get("/users/new").status, 403, "and makes none");
    let shown = boss.get("/users/ann/end").good();
    assert_eq!(led_to(&send(&boss, "/users/ann/edit", &[("/name", "Ann")])), (303, Some("/users/ann")));
    let stale = resend(&boss, "/users/ann/end", &shown, &[]);
    assert!(stale.status == 412 && stale.text().contains("href=\"/users/ann/end\""), "{}", stale.text());
    assert_eq!(ann.get("/users").status, 200, "nothing was done");
    let grant = boss.get("/api/v1/users/ann").json()["grants"][0]["id"].to_string();
    assert_eq!(send(&boss, &format!("/users/ann/roles/{grant}"), &[]).status, 303);
    assert_eq!(boss.get(format!("/users/ann/roles/{grant}")).status, 404);
    assert_eq!(send(&boss, "/users/ann/roles/new", &[("/role", "viewer of nothing")]).status, 422);
    assert_eq!(led_to(&send(&boss, "/users/ann/end", &[])), (303, Some("/users/ann")));
    assert!(world.stranger().sign_in("ann", NEW).is_err());
}

fn what_waits_is_decided_in_a_browser(world: &World) {
    let boss = somebody(world, "boss", BOSS);
    let role = [
        ("/name", "helper"),
        ("/permissions/16", "access.read"),
        ("/permissions/17", "access.write"),
        ("/second_person/0/permission", "access.write"),
        ("/second_person/0/above", ""),
        ("/second_person/1/permission", ""),
        ("/second_person/1/above", ""),
    ];
    let refused =
        send(&boss, "/roles/new", &[("/name", "helper"), ("/second_person/0/permission", "stock.adjust")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(led_to(&send(&boss, "/roles/new", &role)), (303, Some("/roles")));
    let ann = somebody(world, "ann", &[("helper", Within::All)]);
    let asked = |name: &str| {
        let waits = send(&ann, "/roles/new", &[("/name", name), ("/permissions/16", "access.read")]);
        assert_eq!(led_to(&waits), (303, Some("/roles")));
        let list = ann.get("/api/v1/approvals?mine=true&state=waiting").json();
        list["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let one = format!("/approvals/{}", asked("night"));
    assert!(ann.get(&one).good().text().contains("/withdraw\""));
    assert_eq!(send(&ann, &format!("{one}/agree"), &[]).status, 403, "nobody agrees to their own");
    assert_eq!(led_to(&send(&boss, &format!("{one}/agree"), &[("/note", "")])), (303, Some("/approvals")));
    assert_eq!(boss.get("/roles/night").status, 200);
    let other = format!("/approvals/{}", asked("day"));
    assert_eq!(send(&boss, &format!("{other}/refuse"), &[("/reason", " ")]).status, 400);
    assert_eq!(
        led_to(&send(&boss, &format!("{other}/refuse"), &[("/reason", "no")])),
        (303, Some("/approvals"))
    );
    assert_eq!(boss.get("/roles/day").status, 404);
    assert!(boss.get("/audit?action=access.approval.refuse").good().text().contains(">boss<"));
}

fn a_key_is_shown_once_in_a_browser(world: &World) {
    let boss = somebody(world, "boss", BOSS);
    let typed = [
        ("/name", "shop"),
        ("/role", "auditor"),
        ("/networks", "192.0.2.0/24\n127.0.0.1"),
        ("/expires_at", ""),
    ];
    let refused = send(&boss, "/keys/new", &[("/name", "shop"), ("/role", "auditor"), ("/networks", "here")]);
    assert!(
        refused.status == 422 && refused.text().contains("id=\"f-networks-wrong\""),
        "{}",
        refused.text()
    );
    let shown = boss.get("/keys/new").good();
    let made = resend(&boss, "/keys/new", &shown, &typed);
    assert!(made.status == 200 && made.text().contains("swk_"), "{}", made.text());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let again = resend(&boss, "/keys/new", &shown, &typed);
    assert!(again.status == 200 && !again.text().contains("swk_"), "a repeated form makes no other key");
    let id = boss.get("/api/v1/keys?revoked=false&limit=500").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "shop")
        .unwrap()["id"]
        .to_string();
    assert_eq!(
        led_to(&send(&boss, &format!("/keys/{id}/revoke"), &[])),
        (303, Some(format!("/keys/{id}").as_str()))
    );
}

fn one_changes_how_one_signs_in_in_a_browser(world: &World) {
    let ann = somebody(world, "ann", &[("auditor", Within::All)]);
    let wrong = [("/current#raw", "not the right one"), ("/password#raw", NEW)];
    assert_eq!(send(&ann, "/account/password", &wrong).status, 422);
    let changed = send(&ann, "/account/password", &[("/current#raw", PASSWORD), ("/password#raw", NEW)]);
    assert_eq!(led_to(&changed), (303, Some("/account")));
    assert_eq!(ann.get("/account").status, 401, "all sessions have ended");
    let ann = browser(world, "ann", NEW);
    let wanted = wanted(&ann);
    let credential = SmallDevice::new(9).create(&wanted["public_key"]);
    let of = |name: &str| credential["response"][name].as_str().unwrap().to_owned();
    let (data, made) = (of("clientDataJSON"), of("attestationObject"));
    let typed = [
        ("/name", "key ring"),
        ("/password#raw", NEW),
        ("/code", ""),
        ("/ticket", wanted["ticket"].as_str().unwrap()),
        ("/credential/response/clientDataJSON", &data),
        ("/credential/response/attestationObject", &made),
    ];
    let added = send(&ann, "/account/passkeys/new", &typed);
    assert_eq!((added.status, added.text().matches("<li><code>").count()), (200, 10), "{}", added.text());
    let ann = with_cookie(world, &added);
    let page = ann.get("/account").good();
    assert!(page.text().contains("key ring"), "{}", page.text());
    let id = ann.get("/api/v1/me/passkeys").json()["items"][0]["id"].to_string();
    assert_eq!(send(&ann, &format!("/account/passkeys/{id}"), &[("/name", "ring")]).status, 303);
    let gone = format!("/account/passkeys/{id}/remove");
    assert_eq!(send(&ann, &gone, &[("/password#raw", "not the right one"), ("/code", "")]).status, 422);
    assert_eq!(send(&ann, &gone, &[("/password#raw", NEW), ("/code", "")]).status, 303);
}
