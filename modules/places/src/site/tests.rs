//! Sites: what their address, contacts and calendar accept, and what a change leaves behind.

use super::*;
use crate::testing::{World, on_both_engines, seen, world};
use axum::http::StatusCode;
use db::Engine;
use domain::calendar::CALENDAR_DAYS_MAX;
use domain::{Code, when};
use serde_json::{Value, json};
use testkit::{Client, Seen};

on_both_engines!(
    a_site_has_an_address_and_contacts,
    a_site_works_by_its_calendar,
    an_address_that_is_none_is_refused_by_field,
    a_calendar_that_is_none_is_refused_by_field,
    sites_are_listed_within_reach,
    of_many_who_change_one_site_at_once_one_does,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn address() -> Value {
    json!({
        "lines": ["Stockwell Ltd", "12 Dock Road"], "city": "London", "region": null, "postcode": "E16 1AA",
        "country": "GB"
    })
}

fn contacts() -> Value {
    json!([
        { "label": "Goods in", "name": "Dock 3", "phone": "+44 20 7946 0000", "email": null },
        { "label": "Out of hours", "name": null, "phone": null, "email": "night@example.com" }
    ])
}

/// The details of the last audit row.
fn last_audit(world: &World) -> String {
    const LAST: db::Statement =
        db::Statement::new("test.audit.last", "select details from ck_audit order by n desc limit 1");
    world.read(|conn| conn.query_one(&LAST, &[], |row| Ok(row.text(0)?.to_owned())))
}

fn a_site_has_an_address_and_contacts(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "LON-A zone below LON"]);
    let client = client(&world);
    let fresh = client.get("/api/v1/sites/lon");
    assert_eq!((fresh.etag.as_deref(), &fresh.body["address"]), (Some("\"1\""), &Value::Null));
    assert_eq!((&fresh.body["contacts"], &fresh.body["around_the_clock"]), (&json!([]), &json!(true)));
    let change = json!({ "address": address(), "contacts": contacts() });
    let changed = client.patch("/api/v1/sites/LON", 1, &change);
    assert_eq!((changed.status, changed.etag.as_deref()), (StatusCode::OK, Some("\"2\"")));
    assert_eq!((&changed.body["address"], &changed.body["contacts"]), (&address(), &contacts()));
    assert_eq!(client.get("/api/v1/sites/LON").body, changed.body);
    // one record: the location has the same version, and its event tells which fields differ
    assert_eq!(world.get("LON").version, 2);
    assert_eq!(world.events().last(), Some(&("places.site_changed".to_owned(), 2)));
    let told = last_audit(&world);
    assert!(told.contains("Dock Road") && !told.contains("7946") && !told.contains("example.com"), "{told}");
    // what is as it was is no change
    let again = client.patch("/api/v1/sites/LON", 2, &change);
    assert_eq!((again.status, &again.body["version"]), (StatusCode::OK, &json!(2)));
    let emptied = client.patch("/api/v1/sites/LON", 2, &json!({ "address": null, "contacts": [] }));
    assert_eq!((&emptied.body["address"], &emptied.body["contacts"]), (&Value::Null, &json!([])));
    assert_eq!(client.get("/api/v1/sites/LON").body, emptied.body);
    // a place within a site is none
    assert_eq!(client.get("/api/v1/sites/LON-A").refusal(), (404, "not_found", ""));
    assert_eq!(client.patch("/api/v1/sites/LON-A", 1, &json!({})).refusal(), (404, "not_found", ""));
    world.assert_tree();
}

fn week(spans: &[(&str, &str, &str)]) -> Value {
    let span = |(day, from, to): &(&str, &str, &str)| json!({ "day": day, "from": from, "to": to });
    Value::Array(spans.iter().map(span).collect())
}

fn a_site_works_by_its_calendar(engine: Engine) {
    let world = world(engine);
    let london = Some("Europe/London".to_owned());
    world.create(crate::NewLocation { zone: london, ..crate::testing::new("LON site") });
    let client = client(&world);
    let put = |version, body: &Value| client.put("/api/v1/sites/LON/calendar", version, body);
    let open = |at: &str| client.get(&format!("/api/v1/sites/LON/open?at={at}")).body;
    assert_eq!(open("2026-07-05T03:00:00Z")["open"], true, "nobody has said when it is closed");
    let calendar = json!({
        "hours": week(&[("tuesday", "08:00", "16:00"), ("monday", "13:00", "24:00"), ("monday", "08:00", "12:00")]),
        "days": [
            { "on": "2026-12-29", "name": "Stocktaking", "hours": [{ "from": "10:00", "to": "11:00" }] },
            { "on": "2026-07-06", "name": "Summer fair", "hours": [] }
        ]
    });
    let set = put(1, &calendar);
    assert_eq!((set.status, set.etag.as_deref()), (StatusCode::OK, Some("\"2\"")), "{}", set.body);
    let sorted =
        week(&[("monday", "08:00", "12:00"), ("monday", "13:00", "24:00"), ("tuesday", "08:00", "16:00")]);
    assert_eq!((&set.body["hours"], &set.body["zone"]), (&sorted, &json!("Europe/London")));
    assert_eq!(set.body["days"][0], json!({ "on": "2026-07-06", "name": "Summer fair", "hours": [] }));
    assert_eq!(client.get("/api/v1/sites/LON/calendar").body, set.body);
    assert_eq!(client.get("/api/v1/sites/LON").body["around_the_clock"], false);
    // the fair is on a Monday
    let expected = json!({
        "at": "2026-07-06T10:00:00Z", "on": "2026-07-06", "open": false, "next_open": "2026-07-07T07:00:00Z"
    });
    assert_eq!(open("2026-07-06T10:00:00Z"), expected);
    assert_eq!(client.get("/api/v1/sites/LON/open").body["at"], "2026-03-01T09:30:00Z");
    let days = client.get("/api/v1/sites/LON/working-days?from=2026-06-30&to=2026-07-14");
    assert_eq!(days.body, json!({ "from": "2026-06-30", "to": "2026-07-14", "days": 3 }));
    // the trace tells the days that differ, and no others
    let less = json!({ "hours": calendar["hours"], "days": [calendar["days"][0]] });
    put(2, &less);
    let told: Value = serde_json::from_str(&last_audit(&world)).unwrap();
    assert_eq!(
        (&told["calendar"]["days"], &told["calendar"]["days_removed"]),
        (&json!([]), &json!(["2026-07-06"]))
    );
    // in another order it is the same calendar
    let again = put(3, &json!({ "hours": sorted, "days": less["days"] }));
    assert_eq!((again.status, &again.body["version"]), (StatusCode::OK, &json!(3)));
    // never open at all, and around the clock again
    put(3, &json!({ "hours": [] }));
    assert_eq!(open("2026-07-07T10:00:00Z")["next_open"], Value::Null);
    put(4, &json!({}));
    assert_eq!(open("2026-07-06T10:00:00Z")["open"], true);
    let site = world.get("LON").site_id;
    assert_eq!(world.read(|conn| calendar_of(conn, site)), Calendar::default());
}

fn an_address_that_is_none_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let client = client(&world);
    let with = |field: &str, value: Value| {
        let mut address = address();
        address[field] = value;
        json!({ "address": address })
    };
    let contact = |value: Value| json!({ "contacts": [value] });
    let many = |count: usize| json!({ "contacts": vec![json!({ "label": "x", "name": "y" }); count] });
    let cases = [
        (with("country", json!("UK")), "invalid_value", "/address/country"),
        (with("country", json!("gb")), "invalid_value", "/address/country"),
        (with("lines", json!([])), "invalid_value", "/address/lines"),
        (with("lines", json!(["1", "2", "3", "4", "5"])), "too_many", "/address/lines"),
        (with("lines", json!(["1", "two\nlines"])), "invalid_value", "/address/lines/1"),
        (with("city", json!("x".repeat(201))), "limit_exceeded", "/address/city"),
        (with("region", json!("")), "invalid_value", "/address/region"),
        (with("postcode", json!("\u{202E}")), "invalid_value", "/address/postcode"),
        (contact(json!({ "label": "x" })), "invalid_value", "/contacts/0"),
        (contact(json!({ "label": "", "name": "x" })), "invalid_value", "/contacts/0/label"),
        (contact(json!({ "label": "x", "phone": "ring" })), "invalid_value", "/contacts/0/phone"),
        (contact(json!({ "label": "x", "phone": "12" })), "invalid_value", "/contacts/0/phone"),
        (contact(json!({ "label": "x", "phone": "1".repeat(41) })), "limit_exceeded", "/contacts/0/phone"),
        (contact(json!({ "label": "x", "email": "a@b@c" })), "invalid_value", "/contacts/0/email"),
        (contact(json!({ "label": "x", "email": "a b@c.de" })), "invalid_value", "/contacts/0/email"),
        (
            contact(json!({ "label": "x", "email": format!("{}@c.de", "a".repeat(250)) })),
            "limit_exceeded",
            "/contacts/0/email",
        ),
        (many(CONTACTS_OVER), "too_many", "/contacts"),
    ];
    for (body, code, pointer) in cases {
        let refused = client.patch("/api/v1/sites/LON", 1, &body);
        let status = if code == "too_many" { 413 } else { 422 };
        assert_eq!(refused.refusal(), (status, code, pointer), "{}", refused.body);
    }
    let outdated = client.patch("/api/v1/sites/LON", 7, &json!({ "address": address() }));
    assert_eq!(outdated.refusal(), (412, "stale", ""));
    assert_eq!(world.audits(), 1, "no refusal leaves anything behind");
    let most = client.patch("/api/v1/sites/LON", 1, &many(decide::CONTACTS_MAX));
    assert_eq!(most.status, StatusCode::OK, "{}", most.body);
}

fn a_calendar_that_is_none_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let client = client(&world);
    let span = |from: &str, to: &str| json!({ "hours": week(&[("monday", from, to)]) });
    let day = |on: &str, hours: Value| json!({ "days": [{ "on": on, "name": "x", "hours": hours }] });
    let cases = [
        (span("8:00", "12:00"), "invalid_value", "/hours/0/from"),
        (span("08:00", "24:01"), "invalid_value", "/hours/0/to"),
        (span("22:00", "06:00"), "invalid_value", "/hours/0/to"),
        (json!({ "hours": week(&[("funday", "08:00", "09:00")]) }), "invalid_value", "/hours/0/day"),
        (
            json!({ "hours": week(&[("monday", "08:00", "12:00"), ("sunday", "08:00", "12:00"), ("monday", "11:59", "13:00")]) }),
            "invalid_value",
            "/hours/2",
        ),
        (day("2026-02-30", json!([])), "invalid_value", "/days/0/on"),
        (
            day("2026-02-03", json!([{ "from": "09:00", "to": "09:00" }])),
            "invalid_value",
            "/days/0/hours/0/to",
        ),
        (json!({ "days": [{ "on": "2026-02-03", "name": "" }] }), "invalid_value", "/days/0/name"),
        (
            json!({ "days": [{ "on": "2026-02-03", "name": "a" }, { "on": "2026-02-03", "name": "b" }] }),
            "invalid_value",
            "/days/1/on",
        ),
    ];
    for (body, code, pointer) in cases {
        let refused = client.put("/api/v1/sites/LON/calendar", 1, &body);
        let status = if code == "too_many" { 413 } else { 422 };
        assert_eq!(refused.refusal(), (status, code, pointer), "{}", refused.body);
    }
    for (path, pointer) in [
        ("open?at=now", "?at"),
        ("working-days?from=2026-01-01&to=x", "?to"),
        ("working-days?from=2026-01-01", "?to"),
    ] {
        let refused = client.get(&format!("/api/v1/sites/LON/{path}"));
        assert_eq!(refused.refusal(), (400, "malformed_parameter", pointer), "{path}");
    }
    let listed = client.get("/api/v1/sites?country=UK");
    assert_eq!(listed.refusal(), (400, "malformed_parameter", "?country"));
    assert_eq!(world.audits(), 1, "no refusal leaves anything behind");
    assert_eq!(client.put("/api/v1/sites/LON/calendar", 1, &days(CALENDAR_DAYS_MAX)).status, StatusCode::OK);
    let more = client.put("/api/v1/sites/LON/calendar", 2, &days(CALENDAR_DAYS_MAX + 1));
    assert_eq!(more.refusal(), (413, "too_many", "/days"));
}

/// One contact too many.
const CONTACTS_OVER: usize = decide::CONTACTS_MAX + 1;

/// A calendar with so many days that are different.
fn days(count: usize) -> Value {
    let first = when::parse_date("2026-01-01").unwrap();
    let day = |n: usize| {
        let on = when::plus_days(first, i32::try_from(n).unwrap()).unwrap().to_string();
        json!({ "on": on, "name": "closed", "hours": [{ "from": "10:00", "to": "11:00" }] })
    };
    json!({ "days": (0..count).map(day).collect::<Vec<_>>() })
}

fn codes(seen: &Seen) -> Vec<&str> {
    seen.body["items"].as_array().unwrap().iter().map(|site| site["code"].as_str().unwrap()).collect()
}

fn sites_are_listed_within_reach(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "LON-A zone below LON", "BER site", "ROM site"]);
    let client = client(&world);
    client.patch("/api/v1/sites/LON", 1, &json!({ "address": address(), "contacts": contacts() }));
    let gone = world.id("ROM");
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, gone, true)).unwrap();
    let all = client.get("/api/v1/sites");
    assert_eq!(codes(&all), ["BER", "LON"]);
    assert_eq!(
        (&all.body["items"][1]["contacts"], &all.body["items"][0]["contacts"]),
        (&contacts(), &json!([]))
    );
    for (query, expected) in [
        ("?country=GB", vec!["LON"]),
        ("?country=DE", vec![]),
        ("?archived=all", vec!["BER", "LON", "ROM"]),
        ("?archived=true", vec!["ROM"]),
        ("?limit=1", vec!["BER"]),
    ] {
        assert_eq!(codes(&client.get(&format!("/api/v1/sites{query}"))), expected, "{query}");
    }
    let first = client.get("/api/v1/sites?limit=1");
    let next = first.body["next"].as_str().unwrap();
    assert_eq!(codes(&client.get(&format!("/api/v1/sites?limit=1&cursor={next}"))), ["LON"]);
    // whoever reaches a part of a site reaches no site
    for (roots, expected) in [("LON", vec!["LON"]), ("LON-A", vec![])] {
        let token = world.id(roots).to_string();
        let get = |path: &str| client.ask(&token, &axum::http::Method::GET, path, None, None);
        assert_eq!(codes(&get("/api/v1/sites")), expected, "{roots}");
        assert_eq!(get("/api/v1/sites/BER").refusal(), (404, "not_found", ""));
        assert_eq!(get("/api/v1/sites/BER/calendar").refusal(), (404, "not_found", ""));
    }
}

fn of_many_who_change_one_site_at_once_one_does(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let done = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let world = &world;
                scope.spawn(move || {
                    world.run(move |tx, ctx| {
                        let contact = Contact {
                            label: format!("desk {n}"),
                            name: Some("x".to_owned()),
                            phone: None,
                            email: None,
                        };
                        let change = ChangeSite { contacts: Some(vec![contact]), address: None };
                        change_site(tx, ctx, Reached::All, ("LON", IfMatch::Version(1)), &change)
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(done.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in done.into_iter().filter_map(Result::err) {
        let Failure::Refused(problem) = refused else { panic!("{refused}") };
        assert_eq!(seen(&problem), (Code::Stale, String::new()));
    }
    let site = world.read(|conn| store_site::load(conn, world.get("LON").site_id)).unwrap();
    assert_eq!((site.version, site.contacts.len()), (2, 1));
}
