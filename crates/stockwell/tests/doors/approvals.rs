//! A second person, seen from outside: what waits, who sees it, who may agree, and that it is done once.

use crate::world::{PASSWORD, World, on_both_engines};
use serde_json::{Value, json};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use testkit::http::{Actor, Reply};
use web::Within;

on_both_engines!(
    what_is_above_a_limit_waits_and_is_done_as_who_asked,
    nobody_agrees_to_what_is_their_own,
    whoever_agrees_is_free_to_do_it,
    what_waits_is_refused_withdrawn_and_expires,
    of_many_who_agree_at_once_one_does,
    a_change_without_worth_waits_as_well,
    what_waits_is_seen_where_it_would_happen,
    what_the_one_who_asked_may_not_any_more_is_not_done,
);

/// A site with a hundred bolts at 2.00, and three roles: bound to 20, bound to 100, and free.
fn stage(world: &World) -> Actor {
    let admin = world.admin();
    for (code, kind, parent) in
        [("LON", "site", Value::Null), ("LON-1", "bin", json!("LON")), ("PAR", "site", Value::Null)]
    {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    let line = json!({ "sku": "BOLT", "location": "LON-1", "qty": "100", "unit_cost": "2.00" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let all =
        ["stock.read", "stock.adjust", "stock.reverse", "catalog.read", "catalog.write", "access.write"];
    for (name, conditions) in [
        ("small", json!([{ "permission": "stock.adjust", "above": "20" }])),
        ("large", json!([{ "permission": "stock.adjust", "above": "100" }])),
        (
            "four-eyes",
            json!([{ "permission": "stock.adjust" }, { "permission": "catalog.write" }, { "permission": "access.write" }]),
        ),
        ("free", json!([])),
    ] {
        admin
            .post("/api/v1/roles", &json!({ "name": name, "permissions": all, "second_person": conditions }))
            .good();
    }
    admin
}

/// The id of a command that waits, and who has asked for it.
pub(crate) fn waiting(world: &World, admin: &Actor) -> (String, Actor) {
    let (role, login) = (world.name("bound"), world.name("asker"));
    let bound = json!({ "name": role, "permissions": ["catalog.write"], "second_person": [{ "permission": "catalog.write" }] });
    admin.post("/api/v1/roles", &bound).good();
    let asker = world.user(&login, &[(&role, Within::All)]);
    let item = json!({ "sku": world.name("HELD"), "name": "x", "base_unit": "each" });
    (waits(&asker.post("/api/v1/items", &item)), asker)
}

/// So many were counted where a hundred are.
fn count(by: &Actor, counted: &str) -> Reply {
    by.post("/api/v1/postings/adjust", &counting(counted))
}

fn counting(counted: &str) -> Value {
    json!({ "reason": "count", "lines": [{ "sku": "BOLT", "location": "LON-1", "counted": counted }] })
}

fn on_hand(by: &Actor) -> String {
    let stock = by.get("/api/v1/stock?sku=BOLT").good().json();
    stock["items"][0]["on_hand"].as_str().unwrap_or("0").to_owned()
}

/// The id of what waits.
fn waits(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["state"], "waiting");
    let id = body["approval"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), Some(format!("/api/v1/approvals/{id}").as_str()));
    id
}

fn agree(by: &Actor, id: &str) -> Reply {
    by.post(format!("/api/v1/approvals/{id}/agree"), &json!({ "note": "seen" }))
}

fn what_is_above_a_limit_waits_and_is_done_as_who_asked(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("small", Within::All)]);
    let bob = world.user("bob", &[("free", Within::All)]);
    assert_eq!(count(&ann, "90").status, 201, "at the limit");
    let ask =
        || ann.ask("POST", "/api/v1/postings/adjust").idempotency_key("k1").json(&counting("50")).send();
    // tried, it says that it would wait, and nothing waits
    let tried = ann.ask("POST", "/api/v1/postings/adjust?dry_run=true").fresh().json(&counting("50")).send();
    assert_eq!((tried.status, &tried.json()["approval"]), (202, &Value::Null), "{}", tried.text());
    let asked = ask();
    let id = waits(&asked);
    assert_eq!(asked.json()["why"], "above_limit");
    assert_eq!(on_hand(&admin), "90", "it waits");
    // the same request is the same that waits
    let again = ask();
    assert_eq!((waits(&again), again.header("idempotency-replayed")), (id.clone(), Some("true")));
    let listed = bob.get("/api/v1/approvals?state=waiting").good().json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    let shown = bob.get(format!("/api/v1/approvals/{id}")).good().json();
    assert_eq!((&shown["asked_by"]["name"], &shown["body"]), (&json!("ann"), &counting("50")));
    assert_eq!(
        (&shown["permission"], &shown["path"]),
        (&json!("stock.adjust"), &json!("/api/v1/postings/adjust"))
    );
    // tried, nothing happens
    let tried =
        bob.ask("POST", format!("/api/v1/approvals/{id}/agree?dry_run=true")).fresh().json(&json!({})).send();
    assert_eq!((tried.status, &tried.json()["dry_run"]), (200, &json!(true)), "{}", tried.text());
    assert_eq!(on_hand(&admin), "90");
    let answer = bob
        .ask("POST", format!("/api/v1/approvals/{id}/agree"))
        .idempotency_key("b1")
        .json(&json!({ "note": "seen" }))
        .send()
        .good();
    let told = answer.json();
    assert_eq!((&told["state"], &told["status"]), (&json!("agreed"), &json!(201)));
    assert_eq!(on_hand(&admin), "50");
    // whoever asked finds the answer under the key
    let done = ask();
    assert_eq!((done.status, done.header("location")), (201, told["location"].as_str()), "{}", done.text());
    // and whoever agreed, under theirs
    let again = bob
        .ask("POST", format!("/api/v1/approvals/{id}/agree"))
        .idempotency_key("b1")
        .json(&json!({ "note": "seen" }))
        .send();
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(agree(&bob, &id).refusal(), "409 approval_closed");
    assert_eq!(on_hand(&admin), "50", "once");
    let shown = ann.get(format!("/api/v1/approvals/{id}")).good().json();
    assert_eq!(
        (&shown["state"], &shown["decided_by"]["name"], &shown["note"]),
        (&json!("agreed"), &json!("bob"), &json!("seen"))
    );
    // the posting is of who asked, and the audit log names both
    let posting = admin.get(told["location"].as_str().unwrap()).good().json();
    assert_eq!(posting["items"][0]["actor"]["name"], "ann", "{posting}");
    let rows = admin.get(format!("/api/v1/audit?target=approval:{id}&sort=n")).good().json();
    let told: Vec<String> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["actor"]["name"].as_str().unwrap(), row["action"].as_str().unwrap()))
        .collect();
    assert_eq!(told, ["ann access.approval.ask", "bob access.approval.agree"]);
    assert_eq!(rows["items"][1]["details"]["asked_by"], shown["asked_by"]["id"]);
}

fn nobody_agrees_to_what_is_their_own(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("four-eyes", Within::All)]);
    let own = "403 approval_not_own";
    let id = waits(&count(&ann, "50"));
    assert_eq!(agree(&ann, &id).refusal(), own);
    // in a session of hers, and through another key of hers
    let session = world.stranger().sign_in("ann", PASSWORD).unwrap();
    assert_eq!(agree(&session, &id).refusal(), own);
    // machines are nobody
    assert_eq!(agree(&admin, &id).refusal(), own);
    // whoever has their right from her, or their password
    let bob = world.user("bob", &[("free", Within::All)]);
    bob.post(
        "/api/v1/users",
        &json!({ "login": "eve", "password": PASSWORD, "grants": [{ "role": "four-eyes" }] }),
    )
    .good();
    let eve = world.stranger().sign_in("eve", PASSWORD).unwrap();
    let mine = waits(&count(&eve, "50"));
    assert_eq!(agree(&eve, &mine).refusal(), own);
    let his = waits(&eve_asks_for_bob(&eve));
    assert_eq!(agree(&bob, &his).status, 200, "bob has nothing from her");
    let of_bob = waits(&count(&world.user("pat", &[("four-eyes", Within::All)]), "60"));
    assert_eq!(agree(&eve, &of_bob).status, 200, "pat has given her nothing");
    // what bob asks for himself needs nobody; but were he bound, eve would be his own
    let kim = world.user("kim", &[("four-eyes", Within::All), ("free", Within::All)]);
    kim.post(
        "/api/v1/users",
        &json!({ "login": "sue", "password": PASSWORD, "grants": [{ "role": "free" }] }),
    )
    .good();
    let sue = world.stranger().sign_in("sue", PASSWORD).unwrap();
    let path = "/api/v1/users/kim";
    let grants = admin.get(path).good().json()["grants"].as_array().unwrap().clone();
    let free = grants.iter().find(|grant| grant["role"] == "free").unwrap()["id"].to_string();
    admin.remove(format!("{path}/grants/{free}"), path).good();
    let id = waits(&count(&kim, "55"));
    assert_eq!(agree(&sue, &id).refusal(), own, "her password and her right are from kim");
    sue.post("/api/v1/me/password", &json!({ "current": PASSWORD, "password": "another battery staple" }))
        .good();
    let sue = world.stranger().sign_in("sue", "another battery staple").unwrap();
    assert_eq!(agree(&sue, &id).refusal(), own, "her right is from kim");
    admin.act("/api/v1/users/sue/grants", &json!({ "role": "large" })).good();
    let sue = world.stranger().sign_in("sue", "another battery staple").unwrap();
    assert_eq!(agree(&sue, &id).status, 200, "by a right of somebody else");
}

fn eve_asks_for_bob(eve: &Actor) -> Reply {
    count(eve, "51")
}

fn whoever_agrees_is_free_to_do_it(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("small", Within::All)]);
    let (bob, eve) =
        (world.user("bob", &[("small", Within::All)]), world.user("eve", &[("large", Within::All)]));
    let reader = world.user("reader", &[("auditor", Within::All)]);
    let id = waits(&count(&ann, "60"));
    assert_eq!(agree(&bob, &id).refusal(), "403 approval_not_free", "bound as she is");
    assert_eq!(agree(&reader, &id).refusal(), "404 not_found", "it is nothing to them");
    // what it is worth is what it is worth now: a hundred and one of them are more than 100
    let line = json!({ "sku": "BOLT", "location": "LON-1", "qty": "11" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    assert_eq!(agree(&eve, &id).refusal(), "403 approval_not_free", "51 bolts at 2.00");
    assert_eq!(on_hand(&admin), "111");
    let line = json!({ "sku": "BOLT", "location": "LON-1", "qty": "1" });
    admin.post("/api/v1/postings/issue", &json!({ "lines": [line] })).good();
    assert_eq!(agree(&eve, &id).status, 200, "50 bolts at 2.00");
    assert_eq!(on_hand(&admin), "60");
}

fn what_waits_is_refused_withdrawn_and_expires(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("small", Within::All)]);
    let bob = world.user("bob", &[("free", Within::All)]);
    let path = |id: &str, what: &str| format!("/api/v1/approvals/{id}/{what}");
    let refused = waits(&count(&ann, "50"));
    assert_eq!(
        bob.post(path(&refused, "refuse"), &json!({ "reason": " " })).refusal(),
        "422 invalid_value /reason"
    );
    assert_eq!(
        ann.post(path(&refused, "refuse"), &json!({ "reason": "no" })).refusal(),
        "403 approval_not_own"
    );
    let shown = bob.post(path(&refused, "refuse"), &json!({ "reason": "count again" })).good().json();
    assert_eq!((&shown["state"], &shown["note"]), (&json!("refused"), &json!("count again")));
    let withdrawn = waits(&count(&ann, "51"));
    assert_eq!(bob.post_nothing(path(&withdrawn, "withdraw")).refusal(), "403 forbidden");
    assert_eq!(ann.post_nothing(path(&withdrawn, "withdraw")).good().json()["state"], "withdrawn");
    let expired = waits(&count(&ann, "52"));
    world.pass(Duration::from_hours(72));
    for id in [&refused, &withdrawn, &expired] {
        assert_eq!(agree(&bob, id).refusal(), "409 approval_closed");
        assert_eq!(ann.post_nothing(path(id, "withdraw")).refusal(), "409 approval_closed");
    }
    assert_eq!(access::expire_approvals(&world.db, &world.ctx()).unwrap(), 1);
    assert_eq!(access::expire_approvals(&world.db, &world.ctx()).unwrap(), 0);
    assert_eq!(ann.get(path(&expired, "").trim_end_matches('/')).good().json()["state"], "expired");
    let states: Vec<Value> = ann.get("/api/v1/approvals?mine=true").good().json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].clone())
        .collect();
    assert_eq!(states, ["refused", "withdrawn", "expired"]);
    assert_eq!(ann.get("/api/v1/approvals?state=lost").refusal(), "400 malformed_parameter ?state");
    assert_eq!(ann.get("/api/v1/approvals/apr_1").refusal(), "404 not_found");
    assert_eq!(on_hand(&admin), "100");
}

fn of_many_who_agree_at_once_one_does(world: &World) {
    const ROUNDS: usize = 4;
    const MANY: usize = 6;
    let admin = stage(world);
    let ann = world.user("ann", &[("four-eyes", Within::All)]);
    let many: Vec<Actor> =
        (0..MANY).map(|n| world.user(&format!("boss{n}"), &[("free", Within::All)])).collect();
    let mut done = 0;
    for round in 0..ROUNDS {
        let one_less = json!({ "reason": "count", "lines": [{ "sku": "BOLT", "location": "LON-1", "counted": (100 - 1 - done).to_string() }] });
        let id = waits(&ann.post("/api/v1/postings/adjust", &one_less));
        let start = Arc::new(Barrier::new(MANY));
        let statuses: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = many
                .iter()
                .enumerate()
                .map(|(n, by)| {
                    let (start, id, ann) = (Arc::clone(&start), &id, &ann);
                    scope.spawn(move || {
                        start.wait();
                        // one of them takes it back instead, every other time
                        if round % 2 == 1 && n == 0 {
                            let taken = ann.post_nothing(format!("/api/v1/approvals/{id}/withdraw"));
                            return if taken.status == 200 {
                                "withdrawn".to_owned()
                            } else {
                                taken.refusal()
                            };
                        }
                        let reply = agree(by, id);
                        if reply.status == 200 { "agreed".to_owned() } else { reply.refusal() }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won = statuses.iter().filter(|status| *status == "agreed" || *status == "withdrawn").count();
        let late = statuses.iter().filter(|status| *status == "409 approval_closed").count();
        assert_eq!((won, late), (1, MANY - 1), "{statuses:?}");
        done += statuses.iter().filter(|status| *status == "agreed").count();
    }
    let adjusted = admin.get("/api/v1/audit?action=access.approval.agree&limit=500").good().json();
    let agreed = adjusted["items"].as_array().unwrap().len();
    assert_eq!((agreed, on_hand(&admin)), (done, (100 - done).to_string()), "as often as it was agreed to");
    let verified =
        world.db.read_blocking(|conn| db::audit::verify_chain(conn, db::audit::START, 10_000)).unwrap();
    assert!(verified.is_ok());
}

fn a_change_without_worth_waits_as_well(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("four-eyes", Within::All)]);
    let bob = world.user("bob", &[("free", Within::All)]);
    let nut = json!({ "sku": "NUT", "name": "Nut", "base_unit": "each" });
    // what would be refused is refused now
    assert_eq!(
        ann.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "x", "base_unit": "each" })).refusal(),
        "409 code_taken /sku"
    );
    let id = waits(&ann.post("/api/v1/items", &nut));
    assert_eq!(admin.get("/api/v1/items/NUT").status, 404);
    assert_eq!(agree(&bob, &id).status, 200);
    assert_eq!(admin.get("/api/v1/items/NUT").status, 200);
    let rows = admin.get("/api/v1/audit?target=NUT").good().json();
    assert_eq!(rows["items"][0]["actor"]["name"], "ann");
    // the version that was read is the one that counts
    let ask = ann.ask("PATCH", "/api/v1/items/NUT").fresh().if_match(1);
    let id = waits(&ask.json(&json!({ "name": "Nut M8" })).send());
    admin.patch("/api/v1/items/NUT", 1, &json!({ "name": "Nut M6" })).good();
    assert_eq!(agree(&bob, &id).refusal(), "412 stale");
    assert_eq!(
        ann.get(format!("/api/v1/approvals/{id}")).good().json()["state"],
        "waiting",
        "what is refused goes on waiting"
    );
    // a password is sealed while it waits, shown to nobody, and gone afterwards
    let id =
        waits(&ann.post("/api/v1/users", &json!({ "login": "new", "password": "a canary in a coal mine" })));
    let shown = bob.get(format!("/api/v1/approvals/{id}")).good();
    assert!(!shown.text().contains("canary") && shown.json()["body"].is_null());
    let held = |id: &str| {
        let id = *domain::ApprovalId::parse(id).unwrap().bytes();
        world.db.read_blocking(move |conn| db::held::by_id(conn, &id)).unwrap().unwrap()
    };
    let body = held(&id).sent.body;
    assert!(!body.is_empty() && !body.windows(6).any(|part| part == b"canary"));
    assert_eq!(agree(&bob, &id).status, 200);
    assert!(held(&id).sent.body.is_empty());
    assert!(world.stranger().sign_in("new", "a canary in a coal mine").is_ok());
    // what is told once cannot wait: nobody would be told
    let key = ann.post("/api/v1/keys", &json!({ "name": "k", "owner": "ann" }));
    assert_eq!(key.refusal(), "403 second_person_required");
    // nor can a file
    let file = ann.ask("POST", "/api/v1/items/BOLT/files?name=a.txt").fresh().bytes("text").send();
    assert_eq!(file.refusal(), "403 second_person_required");
}

fn what_waits_is_seen_where_it_would_happen(world: &World) {
    let _admin = stage(world);
    let at = |code: &str| Within::Subtree(world.location(code));
    let ann = world.user("ann", &[("small", at("LON"))]);
    let id = waits(&count(&ann, "50"));
    let path = format!("/api/v1/approvals/{id}");
    let (here, there) =
        (world.user("here", &[("free", at("LON"))]), world.user("there", &[("free", at("PAR"))]));
    assert_eq!(there.get(path.as_str()).refusal(), "404 not_found");
    assert_eq!(agree(&there, &id).refusal(), "404 not_found");
    assert_eq!(there.get("/api/v1/approvals").good().json()["items"], json!([]));
    assert_eq!(world.stranger().get(path.as_str()).status, 401);
    here.get(path.as_str()).good();
    assert_eq!(agree(&here, &id).status, 200);
}

fn what_the_one_who_asked_may_not_any_more_is_not_done(world: &World) {
    let admin = stage(world);
    let ann = world.user("ann", &[("small", Within::All)]);
    let bob = world.user("bob", &[("free", Within::All)]);
    let (first, second) = (waits(&count(&ann, "50")), waits(&count(&ann, "51")));
    let grant = admin.get("/api/v1/users/ann").good().json()["grants"][0]["id"].to_string();
    admin.remove(format!("/api/v1/users/ann/grants/{grant}"), "/api/v1/users/ann").good();
    assert_eq!(agree(&bob, &first).refusal(), "403 forbidden", "she holds nothing any more");
    // another grant, and it is hers to do again
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "large" })).good();
    assert_eq!(agree(&bob, &first).status, 200);
    // with a key that was revoked nothing is done
    let id = admin.get("/api/v1/keys?owner=ann").good().json()["items"][0]["id"].to_string();
    admin.act(format!("/api/v1/keys/{id}/revoke"), &Value::Null).good();
    assert_eq!(agree(&bob, &second).refusal(), "403 forbidden");
    assert_eq!(on_hand(&admin), "50");
}
