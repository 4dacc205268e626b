//! The feed over HTTP: order, resumption, filters, scope, limits.

use crate::world::{World, on_both_engines};
use db::NewEvent;
use domain::{Ids, LocationId, Permission};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use stockwell::wiring;
use testkit::http::Actor;

on_both_engines!(
    a_stream_resumes_exactly_where_it_was_left,
    a_stream_shows_only_what_is_asked_for_and_in_scope,
    who_was_told_what_a_restore_took_back_is_refused,
    who_reaches_no_site_is_told_that_no_event_will_come,
    costs_are_told_to_those_who_may_see_them,
);

/// Emits an event of a thing at some sites.
fn emit(world: &World, kind: &'static str, thing: &'static str, seq: i64, sites: &[LocationId]) {
    let sites: Vec<i64> = sites.iter().map(|site| site.0).collect();
    let (ids, now): (Arc<dyn Ids>, _) = (world.ctx().ids, world.now());
    world.write(move |tx, _| {
        tx.emit(NewEvent {
            id: ids.next().into_bytes(),
            kind,
            aggregate_type: "test",
            aggregate_id: thing,
            aggregate_seq: seq,
            recorded_at: now.0,
            sites: &sites,
            payload: format!("{{\"n\":{seq}}}"),
        });
        Ok(())
    });
}

/// Makes a site.
fn site(world: &World, code: &str) -> LocationId {
    world.admin().post("/api/v1/locations", &json!({ "code": code, "kind": "site" })).good();
    world.location(code)
}

fn listener(world: &World) -> Actor {
    world.key(&[Permission::EventsRead], None)
}

fn a_stream_resumes_exactly_where_it_was_left(world: &World) {
    let listener = listener(world);
    let mut stream = listener.listen("/api/v1/events?types=stock.posted", Some(0)).unwrap();
    for seq in 1..=300 {
        emit(world, "stock.posted", "a", seq, &[]);
    }
    let mut heard = Vec::new();
    let mut after = 0;
    for place in 0..300 {
        if place == 123 {
            drop(stream);
            stream = listener.listen("/api/v1/events?types=stock.posted", Some(after)).unwrap();
        }
        let event = stream.event().unwrap();
        assert!(event.id > after, "positions ascend");
        after = event.id;
        assert_eq!(
            (event.event.as_str(), &event.data["data"]["n"]),
            ("stock.posted", &event.data["aggregate_seq"])
        );
        heard.push(event.data["aggregate_seq"].as_i64().unwrap());
    }
    assert_eq!(heard, (1..=300).collect::<Vec<_>>());
    let query = listener.listen(&format!("/api/v1/events?after={}", after - 1), None).unwrap().event();
    assert_eq!(query.map(|event| event.id), Some(after));
}

fn a_stream_shows_only_what_is_asked_for_and_in_scope(world: &World) {
    let all = listener(world);
    let [lon, par, rom] = ["LON", "PAR", "ROM"].map(|code| site(world, code));
    let some = world.key(&[Permission::EventsRead], Some(&[par, rom]));
    let begin = all.listen("/api/v1/events", None).map(drop);
    assert!(begin.is_ok());
    emit(world, "stock.reserved", "a", 1, &[]);
    emit(world, "stock.released", "a", 2, &[par]);
    emit(world, "stock.reserved", "a", 3, &[lon]);
    emit(world, "stock.reserved", "a", 4, &[lon, rom]);
    emit(world, "stock.released", "a", 5, &[par]);
    let seqs = |actor: &Actor, query: &str, count: usize| {
        let path = format!("/api/v1/events?{query}");
        let mut stream = actor.listen(&path, Some(0)).unwrap();
        let mut heard = Vec::new();
        while heard.len() < count {
            let event = stream.event().unwrap();
            if event.data["aggregate_type"] == "test" {
                heard.push(event.data["aggregate_seq"].as_i64().unwrap());
            }
        }
        heard
    };
    assert_eq!(seqs(&all, "", 5), [1, 2, 3, 4, 5]);
    assert_eq!(seqs(&all, "types=stock.released", 2), [2, 5]);
    assert_eq!(seqs(&some, "", 3), [2, 4, 5]);
    assert_eq!(seqs(&some, "types=stock.reserved,stock.released", 3), [2, 4, 5]);
}

fn who_was_told_what_a_restore_took_back_is_refused(world: &World) {
    let listener = listener(world);
    let begin = |after: i64| listener.listen("/api/v1/events?types=stock.posted", Some(after));
    emit(world, "stock.posted", "a", 1, &[]);
    let before = begin(0).unwrap().event().unwrap().id;
    let mut waits = begin(before).unwrap();
    let now = world.now().0;
    world.write(move |tx, _| Ok(db::feed::restored(tx, now)?));
    emit(world, "stock.posted", "a", 2, &[]);
    for mut stream in [begin(before).unwrap(), begin(now).unwrap()] {
        let event = stream.event().unwrap();
        assert_eq!((event.id, event.data["aggregate_seq"].as_i64()), (now + 1, Some(2)));
    }
    assert_eq!(waits.event().map(|event| event.id), Some(now + 1));
    for told_since_the_backup in [before + 2, now - 1] {
        assert_eq!(begin(told_since_the_backup).unwrap_err().refusal(), "409 position_unknown");
    }
}

fn who_reaches_no_site_is_told_that_no_event_will_come(world: &World) {
    let lon = site(world, "LON");
    world
        .admin()
        .post("/api/v1/locations", &json!({ "code": "LON-A", "kind": "zone", "parent": "LON" }))
        .good();
    let zone = world.location("LON-A");
    let listens = |places: &[LocationId]| {
        let listener = world.key(&[Permission::EventsRead], Some(places));
        listener.listen("/api/v1/events", None).map_or_else(|reply| reply.refusal(), |_| "listens".to_owned())
    };
    assert_eq!(listens(&[zone]), "403 forbidden");
    assert_eq!(listens(&[lon, zone]), "listens");
    let told = world.key(&[Permission::EventsRead], Some(&[zone])).get("/api/v1/events").json();
    assert!(told["detail"].as_str().unwrap().contains("whole sites"), "{told}");
}

fn costs_are_told_to_those_who_may_see_them(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    for (version, kind, amount) in [(1, "cost", "4"), (2, "sales", "9")] {
        let price = json!({ "kind": kind, "currency": "EUR", "amount": amount, "valid_from": "2026-01-01" });
        let ask = admin.ask("POST", "/api/v1/items/BOLT/prices").fresh().if_match(version);
        ask.json(&price).send().good();
    }
    let amounts = |costs: bool| {
        let rights = [Permission::EventsRead, Permission::CatalogRead, Permission::CostRead];
        let actor = world.key(if costs { &rights } else { &rights[..2] }, None);
        let mut stream = actor.listen("/api/v1/events?types=catalog.item_changed", Some(0)).unwrap();
        let told = [(); 2].map(|()| stream.event().unwrap().data["data"]["price"]["after"]["amount"].clone());
        let history = actor.get("/api/v1/items/BOLT/changes").good().json();
        let read = [1, 0].map(|change| history["items"][change]["changes"][0]["after"]["amount"].clone());
        (told, read)
    };
    let all = [json!("4"), json!("9")];
    assert_eq!(amounts(true), (all.clone(), all));
    let sales = [Value::Null, json!("9")];
    assert_eq!(amounts(false), (sales.clone(), sales));
    // who may not see a cost does not change it either, and is told nothing of it
    let clerk = world.key(&[Permission::CatalogRead, Permission::CatalogWrite], None);
    let cost = json!({ "kind": "cost", "currency": "EUR", "amount": "5", "valid_from": "2026-02-01", "follow": true });
    let write = |method, path: &str, body: &Value| {
        let ask = clerk.ask(method, format!("/api/v1/items/BOLT/prices{path}")).fresh().if_match(3);
        (if body.is_null() { ask } else { ask.json(body) }).send()
    };
    let end = json!({ "valid_until": "2027-01-01" });
    for refused in
        [write("POST", "", &cost), write("POST", "/1/end", &end), write("DELETE", "/1", &Value::Null)]
    {
        assert_eq!(refused.refusal(), "403 forbidden");
        assert!(!refused.text().contains("`4`"), "{}", refused.text());
    }
    let prices = admin.get("/api/v1/items/BOLT/prices").good().json();
    assert_eq!(prices["items"].as_array().unwrap().len(), 2);
    write("POST", "/2/end", &end).good();
}

#[test]
fn what_makes_no_stream_is_refused() {
    let world = World::new(db::Engine::Sqlite);
    let listener = listener(&world);
    for (path, after, expected) in [
        ("/api/v1/events", Some(1_000), "409 position_unknown"),
        ("/api/v1/events?after=1000", None, "409 position_unknown"),
        ("/api/v1/events", Some(-1), "409 position_unknown"),
        ("/api/v1/events?after=x", None, "400 malformed_parameter ?after"),
        ("/api/v1/events?types=", None, "400 malformed_parameter ?types"),
        ("/api/v1/events?types=stock.posted,stock.postet", None, "400 malformed_parameter ?types"),
        ("/api/v1/events?colour=red", None, "400 unknown_parameter ?colour"),
    ] {
        assert_eq!(listener.listen(path, after).unwrap_err().refusal(), expected, "{path} {after:?}");
    }
    let told = |types: &str| {
        let unknown = listener.get(format!("/api/v1/events?types={types}")).json();
        unknown["detail"].as_str().unwrap().to_owned()
    };
    let near = told("stock.postet");
    assert!(near.starts_with("there are no events `stock.postet`, only `stock."), "{near}");
    for kind in wiring::feed().kinds {
        assert_eq!(near.contains(&format!("`{kind}`")), kind.starts_with("stock."), "{kind}");
    }
    assert_eq!(
        told("stok.posted"),
        "there are no events `stok.posted`, only `access.…`, `catalog.…`, `files.…`, `places.…`, `stock.…`"
    );
    let broken = listener.ask("GET", "/api/v1/events").header("last-event-id", "x").send();
    assert_eq!(broken.refusal(), "400 malformed_header");
    assert_eq!(world.role("picker").get("/api/v1/events").refusal(), "403 forbidden");
}

#[test]
fn a_caller_has_ten_streams_at_most() {
    let world = World::new(db::Engine::Sqlite);
    let listener = listener(&world);
    let mut streams: Vec<_> = (0..10).map(|_| listener.listen("/api/v1/events", None).unwrap()).collect();
    assert_eq!(listener.listen("/api/v1/events", None).unwrap_err().refusal(), "429 throttled");
    assert!(self::listener(&world).listen("/api/v1/events", None).is_ok(), "others are not concerned");
    streams.pop();
    let asked = std::time::Instant::now();
    while listener.listen("/api/v1/events", None).is_err() {
        assert!(asked.elapsed() < Duration::from_secs(5), "a stream that was left still counts");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_stream_ends_when_its_key_is_revoked() {
    let world = World::new(db::Engine::Sqlite);
    let (admin, listener) = (world.admin(), listener(&world));
    let id = listener.get("/api/v1/me").good().json()["id"].clone();
    let mut stream = listener.listen("/api/v1/events", None).unwrap();
    admin.act(format!("/api/v1/keys/{id}/revoke"), &Value::Null).good();
    // it may still hear of its own end
    assert!(std::iter::from_fn(|| stream.event()).all(|event| event.event.starts_with("access.key_")));
    assert_eq!(listener.listen("/api/v1/events", None).unwrap_err().refusal(), "401 unauthenticated");
}

/// Two servers of one database look for events of each other once a day: what comes sooner was told.
#[test]
fn a_stream_hears_at_once_what_another_server_was_asked_to_do() {
    let here = World::set(db::Engine::Postgres, web::Limits::default(), |settings| {
        settings.sequencer_pause = Duration::from_hours(24);
    });
    let there = here.beside();
    let mut stream = listener(&there).listen("/api/v1/events?types=stock.posted", Some(0)).unwrap();
    let (tell, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // it ends with the server, or with the test
        while let Some(event) = stream.event() {
            if tell.send(event.data["aggregate_seq"].as_i64()).is_err() {
                break;
            }
        }
    });
    // whoever begins to listen does not hear what was told before
    let first = (1..=600).find(|seq| {
        emit(&here, "stock.posted", "a", *seq, &[]);
        heard.recv_timeout(Duration::from_millis(100)).is_ok()
    });
    let first = first.expect("something is heard within a minute");
    // what was heard is caught up with, and then each is heard
    let last = first + 20;
    for seq in first + 1..=last {
        emit(&here, "stock.posted", "a", seq, &[]);
    }
    let patience = Duration::from_secs(30);
    while heard.recv_timeout(patience).expect("each is heard") != Some(last) {}
    drop(there);
}
