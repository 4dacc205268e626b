//! Places in a browser, without one: what is sent, what is refused, and what is undone.

use crate::authenticator::enrol;
use crate::pages::{fields_text, hidden};
use crate::world::{World, on_both_engines};
use testkit::http::{Actor, Ask, Reply};
use web::Within;

on_both_engines!(places_are_made_changed_and_taken_back, what_is_made_is_what_was_looked_at);

const BOSS: &[(&str, Within)] = &[("administrator", Within::All)];

/// Sends fields as a browser does that has signed in.
fn form(actor: &Actor, path: &str, fields: &[(&str, &str)]) -> Ask {
    let ask = actor.ask("POST", path).header("content-type", "application/x-www-form-urlencoded");
    ask.bytes(fields_text(fields))
}

/// Sends the form of a page with what it carries hidden.
fn sends(actor: &Actor, path: &str, fields: &[(&str, &str)]) -> Reply {
    let page = actor.get(path);
    let mut all = fields.to_vec();
    let carried: Vec<(&str, String)> = ["_csrf", "_key", "_version"]
        .into_iter()
        .filter(|name| page.text().contains(&format!("name=\"{name}\" value")))
        .map(|name| (name, hidden(&page, name)))
        .collect();
    all.extend(carried.iter().map(|(name, value)| (*name, value.as_str())));
    form(actor, path, &all).send()
}

fn places_are_made_changed_and_taken_back(world: &World) {
    let boss = enrol(world, &world.signed_in("pat", BOSS)).by;
    let site = [("/code", "PAR"), ("/name", "Paris"), ("/state", "set_up")];
    let made = sends(&boss, "/sites/new", &site);
    assert_eq!(made.header("location"), Some("/sites/PAR"), "{}", made.text());
    let bin = [("/code", "PAR-1"), ("/parent", "PAR"), ("/kind", "bin")];
    let refused =
        sends(&boss, "/locations/new", &[("/code", "PAR-1"), ("/parent", "NOWHERE"), ("/kind", "bin")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("value=\"NOWHERE\"") && refused.text().contains("there is no location"));
    assert_eq!(sends(&boss, "/locations/new", &bin).header("location"), Some("/locations/PAR-1"));

    let edit = [("/code", "PAR-1"), ("/name", "Front"), ("/role", "storage"), ("/walk#int", "7")];
    assert_eq!(sends(&boss, "/locations/PAR-1/edit", &edit).status, 303);
    let page = boss.get("/locations/PAR-1/edit");
    let (csrf, version) = (hidden(&page, "_csrf"), hidden(&page, "_version"));
    assert_eq!(sends(&boss, "/locations/PAR-1/archive", &[]).status, 303);
    let stale =
        [("_csrf", csrf.as_str()), ("_version", version.as_str()), ("/name", "Late"), ("/code", "PAR-1")];
    let stale = form(&boss, "/locations/PAR-1/edit", &stale).send();
    assert_eq!(stale.status, 412);
    assert!(stale.text().contains("value=\"Late\""));
    let undone = form(&boss, "/locations/PAR-1/restore", &[("_csrf", &csrf), ("next", "/locations")]).send();
    assert_eq!(undone.header("location"), Some("/locations/PAR-1"));
    let page = boss.get("/api/v1/locations/PAR-1").good().json();
    assert_eq!(
        (&page["name"], &page["walk"], &page["archived"]),
        (&"Front".into(), &7.into(), &false.into())
    );

    let hours = [("/week/0/0/from", "08:00"), ("/week/0/0/to", "late")];
    let refused = sends(&boss, "/sites/PAR/calendar", &hours);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("id=\"f-week-0-0-to-wrong\""));
    assert_eq!(
        sends(&boss, "/sites/PAR/calendar", &[("/week/0/0/from", "08:00"), ("/week/0/0/to", "12:00")]).status,
        303
    );
    let refused = sends(&boss, "/sites/PAR/state", &[("/state", "live"), ("/reason", "now")]);
    assert!(refused.status == 409 || refused.status == 422, "{}", refused.status);
}

fn what_is_made_is_what_was_looked_at(world: &World) {
    let boss = enrol(world, &world.signed_in("pat", BOSS)).by;
    sends(&boss, "/sites/new", &[("/code", "PAR"), ("/state", "set_up")]);
    let level = [
        ("/parent", "PAR"),
        ("/levels/0/before", "PAR-"),
        ("/levels/0/from", "1"),
        ("/levels/0/kind", "bin"),
    ];
    let with = |to: &'static str, more: &[(&'static str, &str)]| {
        let fields: Vec<(&str, &str)> =
            level.iter().copied().chain([("/levels/0/to", to)]).chain(more.iter().copied()).collect();
        sends(&boss, "/locations/make", &fields)
    };
    let count = || boss.get("/api/v1/locations?below=PAR").good().json()["items"].as_array().unwrap().len();
    let looked = with("4", &[("_do", "preview")]);
    assert_eq!((looked.status, count()), (200, 1));
    let seen = hidden(&looked, "_seen").replace("&quot;", "\"");
    // what was changed since is looked at first
    assert_eq!((with("9", &[("_do", "make"), ("_seen", &seen)]).status, count()), (200, 1));
    assert_eq!((with("4", &[("_do", "make"), ("_seen", &seen)]).status, count()), (303, 5));
    assert_eq!((with("0", &[("_do", "make"), ("_seen", &seen)]).status, count()), (422, 5));
}
