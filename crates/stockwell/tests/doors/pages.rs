//! What people see in a browser, without one: the statuses, the forms, and what every page holds to.

use crate::authenticator::{Authenticator, enrol};
use crate::device::add;
use crate::matrix::readable;
use crate::scope_walk::Stage;
use crate::world::{PASSWORD, World, on_both_engines};
use domain::Permission;
use std::time::Duration;
use stockwell::wiring::{self, Stockwell};
use testkit::http::{Actor, Ask, Reply};
use web::{Access, RouteInfo, Routes, Within};

on_both_engines!(
    whoever_is_not_signed_in_signs_in_where_they_are_and_goes_on,
    what_is_wrong_with_a_form_is_said_there_and_nothing_typed_is_lost,
    what_was_typed_comes_back_after_a_session_has_ended,
    a_form_of_another_page_does_nothing,
    a_code_is_asked_for_in_place,
    the_first_page_makes_the_first_user_once,
);

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];

/// A form as a browser sends it from a page of this server.
pub(crate) fn form(actor: &Actor, path: &str, fields: &[(&str, &str)]) -> Ask {
    let ask = actor.ask("POST", path).header("origin", "https://test");
    ask.header("content-type", "application/x-www-form-urlencoded").bytes(fields_text(fields))
}

/// The text of a form.
pub(crate) fn fields_text(fields: &[(&str, &str)]) -> String {
    fields.iter().fold(String::new(), |text, (name, value)| {
        let pair: String = url(name) + "=" + &url(value);
        if text.is_empty() { pair } else { text + "&" + &pair }
    })
}

fn url(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// The value of the first hidden field of a name.
pub(crate) fn hidden(reply: &Reply, name: &str) -> String {
    let text = reply.text();
    let at = text.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
    text[at..].split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Somebody with a role who has signed in by the page, in a browser with a cookie.
pub(crate) fn signed_in_by_page(world: &World, login: &str, role: &str) -> Actor {
    world.user(login, &[(role, Within::All)]);
    with_cookie(world, &signing_in(world, &[("/login", login), ("/password", PASSWORD)]))
}

fn signing_in(world: &World, fields: &[(&str, &str)]) -> Reply {
    form(&world.stranger(), "/sign-in", fields).send()
}

/// Whoever goes on with the cookie of an answer.
pub(crate) fn with_cookie(world: &World, reply: &Reply) -> Actor {
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    world.stranger().with_cookie(cookie)
}

fn whoever_is_not_signed_in_signs_in_where_they_are_and_goes_on(world: &World) {
    world.user("ann", AUDITOR);
    let refused = world.stranger().get("/items?q=a&state=archived");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(refused.header("www-authenticate"), None, "browsers would ask by themselves");
    assert_eq!(hidden(&refused, "next"), "/items?q=a&amp;state=archived");
    let fields = [("/login", "ann"), ("/password", PASSWORD), ("next", "/items?q=a")];
    let signed = signing_in(world, &fields);
    assert_eq!((signed.status, signed.header("location")), (303, Some("/items?q=a")));
    let ann = with_cookie(world, &signed);
    let page = ann.get("/items");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("aria-current=\"page\""), "{}", page.text());
    // nobody is led to another server
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let signed = signing_in(world, &[("/login", "ann"), ("/password", PASSWORD), ("next", next)]);
        assert_eq!(signed.header("location"), Some("/"), "{next}");
    }
    // a part of a page cannot sign in
    let part = world
        .stranger()
        .ask("GET", "/items")
        .header("hx-request", "true")
        .header("hx-target", "div#results")
        .send();
    assert_eq!((part.status, part.header("hx-refresh")), (401, Some("true")));
    let out = form(&ann, "/sign-out", &[("_csrf", &hidden(&page, "_csrf"))]).send();
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"cookies\""));
    assert_eq!(ann.get("/items").status, 401);
}

fn what_is_wrong_with_a_form_is_said_there_and_nothing_typed_is_lost(world: &World) {
    world.user("ann", AUDITOR);
    let refused =
        signing_in(world, &[("/login", "ann"), ("/password", "not the right one"), ("next", "/items")]);
    assert_eq!(refused.status, 401);
    let text = refused.text();
    assert!(text.contains("role=\"alert\""), "{text}");
    assert!(text.contains("name=\"/login\" value=\"ann\""), "what was typed is there");
    assert!(!text.contains("not the right one"), "a password is not shown again");
    assert_eq!(hidden(&refused, "next"), "/items");
}

fn what_was_typed_comes_back_after_a_session_has_ended(world: &World) {
    world.user("ann", AUDITOR);
    let ann = with_cookie(world, &signing_in(world, &[("/login", "ann"), ("/password", PASSWORD)]));
    let token = hidden(&ann.get("/"), "_csrf");
    world.pass(Duration::from_mins(31));
    let ended = form(
        &ann,
        "/sign-in/factor",
        &[("_csrf", &token), ("/note", "a < b & \"c\""), ("/password", "secret")],
    )
    .send();
    assert_eq!(ended.status, 401);
    assert_eq!(hidden(&ended, "carried:/note"), "a &lt; b &amp; &quot;c&quot;");
    assert!(!ended.text().contains("carried:/password") && !ended.text().contains("carried:_csrf"));
    let fields =
        [("/login", "ann"), ("/password", PASSWORD), ("next", "/sign-in/factor"), ("carried:/note", "a < b")];
    let again = signing_in(world, &fields);
    assert_eq!(again.status, 200);
    assert!(again.header("set-cookie").is_some_and(|cookie| cookie.starts_with("__Host-sid=")));
    assert_eq!(
        (hidden(&again, "/note"), hidden(&again, "_again")),
        ("a &lt; b".to_owned(), "yes".to_owned())
    );
}

fn a_form_of_another_page_does_nothing(world: &World) {
    world.user("ann", AUDITOR);
    let ann = with_cookie(world, &signing_in(world, &[("/login", "ann"), ("/password", PASSWORD)]));
    let page = ann.get("/");
    let (one, other) = (hidden(&page, "_csrf"), hidden(&ann.get("/"), "_csrf"));
    assert_ne!(one, other, "it looks different each time");
    for token in ["", "x", &one[..127], &one.replace(&one[..1], "x")] {
        let refused = form(&ann, "/sign-out", &[("_csrf", token)]).send();
        assert_eq!(refused.status, 403, "{token}");
    }
    let elsewhere = form(&ann, "/sign-out", &[("_csrf", &one)])
        .without("origin")
        .header("origin", "https://evil.example");
    assert_eq!(elsewhere.send().status, 403);
    let framed = form(&ann, "/sign-out", &[("_csrf", &one)]).header("sec-fetch-site", "cross-site").send();
    assert_eq!(framed.status, 403);
    // nobody is signed in as somebody else by a form of another page
    let signing = form(&world.stranger(), "/sign-in", &[("/login", "ann"), ("/password", PASSWORD)]);
    assert_eq!(signing.without("origin").header("origin", "https://evil.example").send().status, 403);
    let json = ann
        .ask("POST", "/sign-out")
        .header("origin", "https://test")
        .json(&serde_json::json!({ "_csrf": one }));
    assert_eq!(json.send().status, 415);
    assert_eq!(ann.get("/").status, 200, "still signed in");
    assert_eq!(form(&ann, "/sign-out", &[("_csrf", &other)]).send().status, 303);
}

fn a_code_is_asked_for_in_place(world: &World) {
    let app = enrol(world, &world.signed_in("ann", AUDITOR)).app;
    world.pass(Duration::from_secs(30));
    let asked = signing_in(world, &[("/login", "ann"), ("/password", PASSWORD), ("next", "/items")]);
    assert_eq!((asked.status, hidden(&asked, "next")), (200, "/items".to_owned()));
    let half = with_cookie(world, &asked);
    let elsewhere = half.get("/items?q=z");
    assert_eq!((elsewhere.status, hidden(&elsewhere, "next")), (403, "/items?q=z".to_owned()));
    let token = hidden(&elsewhere, "_csrf");
    let give = |code: &str| {
        form(&half, "/sign-in/code", &[("_csrf", &token), ("/code", code), ("next", "/items?q=z")]).send()
    };
    let wrong = give("000000");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("role=\"alert\""));
    let right = give(&app.code(world.now()));
    assert_eq!((right.status, right.header("location")), (303, Some("/items?q=z")));
    assert_eq!(with_cookie(world, &right).get("/items").status, 200);
}

fn whoever_needs_a_second_factor_sets_one_up(engine: db::Engine) {
    let world = World::demanding(engine, access::Demand::Everybody);
    world.user("ann", AUDITOR);
    let signed = signing_in(&world, &[("/login", "ann"), ("/password", PASSWORD)]);
    assert_eq!((signed.status, signed.header("location")), (303, Some("/sign-in/factor")));
    let ann = with_cookie(&world, &signed);
    let asked = ann.get("/items");
    assert_eq!(asked.status, 403, "nothing else before");
    let token = hidden(&asked, "_csrf");
    let wrong =
        form(&ann, "/sign-in/factor", &[("_csrf", &token), ("/password", "not the right one")]).send();
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let begun = form(&ann, "/sign-in/factor", &[("_csrf", &token), ("/password", PASSWORD)]).send();
    assert!(begun.status == 200 && begun.text().contains("<svg"), "{}", begun.text());
    let (secret, uri) = (hidden(&begun, "secret"), hidden(&begun, "uri").replace("&amp;", "&"));
    let confirm = |code: &str| {
        let fields = [("_csrf", token.as_str()), ("/code", code), ("secret", &secret), ("uri", &uri)];
        form(&ann, "/sign-in/factor/confirm", &fields).send()
    };
    let wrong = confirm("000000");
    assert!(
        wrong.status == 422 && wrong.text().contains("<svg"),
        "the square is still there: {}",
        wrong.text()
    );
    let set = confirm(&Authenticator::of(&uri).code(world.now()));
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(set.text().matches("<li><code>").count(), 10, "the recovery codes");
    assert_eq!(with_cookie(&world, &set).get("/items").status, 200);
}

#[test]
fn whoever_needs_a_second_factor_sets_one_up_on_sqlite() {
    whoever_needs_a_second_factor_sets_one_up(db::Engine::Sqlite);
}

#[test]
fn whoever_needs_a_second_factor_sets_one_up_on_postgres() {
    whoever_needs_a_second_factor_sets_one_up(db::Engine::Postgres);
}

fn the_first_page_makes_the_first_user_once(world: &World) {
    // somebody is there already: the page is shown, and its token is refused
    assert_eq!(world.stranger().get("/welcome?token=x").status, 200);
    let fields = [
        ("/token", "x"),
        ("/login", "eve"),
        ("/password", "a calm harbour of numbers"),
        ("/organisation/name", "Evil"),
        ("/organisation/currency", "EUR"),
        ("/organisation/zone", "Europe/Berlin"),
    ];
    let refused = form(&world.stranger(), "/welcome", &fields).send();
    assert!([401, 403, 409, 422].contains(&refused.status), "{}", refused.status);
    assert!(refused.text().contains("role=\"alert\"") && refused.text().contains("value=\"eve\""));
}

/// What holds for every page that somebody gets to see, refused ones too.
fn is_in_order(what: &str, reply: &Reply) {
    let text = reply.text();
    assert!(text.starts_with("<!DOCTYPE html>"), "{what}: {text}");
    assert_eq!(text.matches("<h1").count(), 1, "{what}: one heading: {text}");
    assert!(!text.contains(" style=") && !text.contains(" onclick="), "{what}: nothing inline");
    for script in text.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains(" src=\"/assets/"), "{what}: no script inline");
    }
    assert!(!text.contains("[nav-") && !text.contains("~~"), "{what}: words are there");
    for (name, part) in [
        ("content-security-policy", "default-src 'none'; script-src 'self'"),
        ("content-security-policy", "require-trusted-types-for 'script'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(self)"),
    ] {
        assert!(reply.header(name).is_some_and(|value| value.contains(part)), "{what}: {name}");
    }
    for posts in text.split("<form").skip(1).filter(|form| {
        form.starts_with(" class=\"form\" method=\"post\"") || form.starts_with(" method=\"post\"")
    }) {
        let form = posts.split("</form>").next().unwrap();
        let signs_in =
            ["/sign-in", "/welcome"].iter().any(|path| form.contains(&format!("action=\"{path}\"")));
        assert!(signs_in || form.contains("name=\"_csrf\""), "{what}: a form without its token: {form}");
    }
}

#[test]
fn every_page_is_in_order_for_whoever_may_see_it_and_for_whoever_may_not() {
    let stage = Stage::on(db::Engine::Sqlite);
    let world = &stage.world;
    let everybody = [("administrator", Within::All)];
    let boss = world.signed_in("boss", &everybody);
    let boss = boss.with_session_of(add(&boss, "key ring", 7)).unwrap();
    let guest = world.signed_in("guest", &[]);
    let routes = wiring::routes();
    for route in shown(&routes) {
        let path = page_address(&stage, &boss, &route.path);
        let page = boss.get(&path);
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        is_in_order(&path, &page);
        let refused = world.stranger().get(&path);
        let public = matches!(route.access, Access::Public(_));
        assert_eq!(refused.status, if public { 200 } else { 401 }, "{path}");
        is_in_order(&path, &refused);
        if matches!(route.access, Access::Needs(_)) {
            let refused = guest.get(&path);
            assert_eq!(refused.status, 403, "{path}");
            is_in_order(&path, &refused);
        }
    }
    for (path, status) in [("/nowhere", 404), ("/items/NO-SUCH-ITEM", 404), ("/sign-out", 405)] {
        let refused = boss.get(path);
        assert_eq!(refused.status, status, "{path}");
        is_in_order(path, &refused);
    }
    assert_eq!(boss.get("/api/v1/nowhere").header("content-type"), Some("application/problem+json"));
}

/// The pages that can be opened: no files, and none that only leads on.
pub(crate) fn shown(routes: &Routes<Stockwell>) -> impl Iterator<Item = &RouteInfo> {
    let leads_on = |path: &str| path.starts_with("/assets") || path == "/sign-in/identity";
    routes.pages().filter(move |route| !route.is_write() && !leads_on(&route.path))
}

/// The address of a page about something that is there.
pub(crate) fn page_address(stage: &Stage, boss: &Actor, path: &str) -> String {
    let own = |list: &str| boss.get(format!("/api/v1{list}")).good().json();
    let one = |of: &str| {
        let api = readable(stage, &format!("/api/v1{of}"));
        path.replace(of, api.trim_start_matches("/api/v1"))
    };
    match path {
        _ if !path.contains('{') => path.to_owned(),
        _ if path.starts_with("/items/{sku}") => path.replace("{sku}", "MILK").replace("{lot}", "L1"),
        "/users/{login}/roles/{id}" => {
            let grant = own("/users/boss")["grants"][0]["id"].to_string();
            path.replace("{login}", "boss").replace("{id}", &grant)
        }
        _ if path.starts_with("/users/{login}") => path.replace("{login}", "boss").replace("{id}", "1"),
        _ if path.starts_with("/roles/{name}") => one("/roles/{name}"),
        _ if path.starts_with("/keys/{id}") => one("/keys/{id}"),
        _ if path.starts_with("/approvals/{id}") => one("/approvals/{id}"),
        _ if path.starts_with("/account/passkeys/{id}") => {
            path.replace("{id}", &own("/me/passkeys")["items"][0]["id"].to_string())
        }
        "/account/sessions/{id}" => path.replace("{id}", "1"),
        _ if path.starts_with("/locations/{code}") => path.replace("{code}", "LON"),
        _ if path.starts_with("/sites/{code}") => path.replace("{code}", "LON"),
        _ => panic!("{path}: tell in `page_address` where there is one"),
    }
}

#[test]
fn what_pages_are_made_of_is_kept_for_good() {
    let world = World::new(db::Engine::Sqlite);
    let page = world.stranger().get("/sign-in").text();
    let files: Vec<&str> =
        page.split("\"/assets/").skip(1).map(|rest| rest.split(['"', '#']).next().unwrap()).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let reply = world.stranger().get(format!("/assets/{file}"));
        assert_eq!(reply.status, 200, "{file}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{file}");
        let packed =
            world.stranger().ask("GET", format!("/assets/{file}")).header("accept-encoding", "br").send();
        let packs = packed.header("content-encoding") == Some("br");
        assert_eq!(packs, !file.contains("woff2"), "{file}");
        assert!(!packs || packed.bytes.len() < reply.bytes.len(), "{file}");
    }
    for other in ["/assets/app.css", "/assets/app.000000000000.css", "/assets/..%2fCargo.toml"] {
        assert_eq!(world.stranger().get(other).status, 404, "{other}");
    }
    let permission = Permission::CatalogRead;
    let page = world.key(&[permission], None).ask("GET", "/items").header("accept-encoding", "br").send();
    assert_eq!((page.status, page.header("content-encoding")), (200, Some("br")));
}
