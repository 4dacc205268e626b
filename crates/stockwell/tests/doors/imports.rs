//! Files of lists, from the outside: sent, looked at, tried, taken, stopped and removed; and what is refused on
//! the way.

use crate::trace::{difference, trace};
use crate::world::{World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};
use testkit::http::{Actor, Reply};

on_both_engines!(
    a_file_is_sent_mapped_tried_and_taken,
    rows_that_are_refused_come_back_as_a_file,
    stock_is_posted_once,
    a_key_sends_and_runs_once,
    what_is_no_list_is_refused_and_leaves_nothing,
    a_list_with_no_rows_goes_in_as_it_came_out,
    what_is_said_of_columns_is_of_columns_and_fields,
    an_import_needs_the_right_of_its_list_and_is_seen_by_its_sender,
    an_import_that_runs_is_left_alone_and_can_be_stopped,
    two_who_run_it_at_once_run_it_once,
    an_import_that_nobody_hears_of_is_run_again,
    imports_are_forgotten_a_week_later,
    files_that_wait_have_a_limit,
);

const IMPORTS: &str = "/api/v1/imports";

fn send(actor: &Actor, list: &str, name: &str, text: impl Into<Vec<u8>>) -> Reply {
    actor.ask("POST", format!("{IMPORTS}?list={list}&name={name}")).fresh().bytes(text).send()
}

/// Runs an import and waits until it has ended.
fn run(actor: &Actor, import: &Value, order: &Value) -> Value {
    begin(actor, import, order).good();
    ended(actor, import)
}

fn begin(actor: &Actor, import: &Value, order: &Value) -> Reply {
    let version = import["version"].as_i64().unwrap();
    actor.ask("POST", format!("{IMPORTS}/{}/run", import["id"])).fresh().if_match(version).json(order).send()
}

/// An import when it runs no longer.
pub(crate) fn ended(actor: &Actor, import: &Value) -> Value {
    let asked = Instant::now();
    loop {
        let now = actor.get(format!("{IMPORTS}/{}", import["id"])).good().json();
        if now["state"] != "running" {
            return now;
        }
        assert!(asked.elapsed() < Duration::from_mins(1), "{now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn say(actor: &Actor, import: &Value, columns: &Value) -> Reply {
    let path = format!("{IMPORTS}/{}/columns", import["id"]);
    let body = json!({ "columns": columns });
    actor.ask("PUT", path).fresh().if_match(import["version"].as_i64().unwrap()).json(&body).send()
}

fn fields(import: &Value) -> Vec<(&str, Option<&str>)> {
    import["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column["title"].as_str().unwrap(), column["field"].as_str()))
        .collect()
}

fn a_file_is_sent_mapped_tried_and_taken(world: &World) {
    let admin = world.admin();
    let text = "Artikelnummer;Bezeichnung;base_unit;Wo\nMUG;Becher;each;hier\nCUP;Tasse;each;dort\n";
    let sent = send(&admin, "items", "Artikel.csv", text);
    assert_eq!((sent.status, sent.header("etag")), (201, Some("\"1\"")));
    let import = sent.json();
    assert_eq!(sent.header("location"), Some(format!("{IMPORTS}/{}", import["id"]).as_str()));
    let told = ["list", "name", "bytes", "format", "state", "locale", "separator", "rows_done", "run"];
    let told: Vec<&Value> = told.iter().map(|field| &import[field]).collect();
    let wanted = json!(["items", "Artikel.csv", text.len(), "csv", "ready", "iso", ";", 0, null]);
    assert_eq!(json!(told), wanted);
    assert_eq!(import["columns"][3], json!({ "title": "Wo", "field": null, "samples": ["hier", "dort"] }));
    assert!(import["problem"]["detail"].as_str().unwrap().contains("goes nowhere"), "{import}");
    assert!(import["fields"].as_array().unwrap().contains(&json!({ "name": "sku", "needed": true })));
    // it cannot be run before every column has a place
    assert_eq!(begin(&admin, &import, &json!({})).refusal(), "422 invalid_value row 1");
    let columns = json!({ "Bezeichnung": "name", "Wo": "-" });
    let import = say(&admin, &import, &columns).good().json();
    assert_eq!(import["problem"], Value::Null);
    assert_eq!(
        fields(&import),
        [
            ("Artikelnummer", Some("sku")),
            ("Bezeichnung", Some("name")),
            ("base_unit", Some("base_unit")),
            ("Wo", Some("-"))
        ]
    );
    let tried = run(&admin, &import, &json!({ "dry_run": true }));
    assert_eq!((&tried["state"], &tried["run"]["counts"]["created"]), (&json!("tried"), &json!(2)));
    assert_eq!(admin.get("/api/v1/items/MUG").status, 404);
    let kept = run(&admin, &tried, &json!({}));
    assert_eq!((&kept["state"], &kept["rows_done"]), (&json!("kept"), &json!(2)));
    let counts = json!({ "rows": 2, "created": 2, "changed": 0, "unchanged": 0, "earlier": 0, "refused": 0 });
    assert_eq!(kept["run"]["counts"], counts);
    assert_eq!(admin.get("/api/v1/items/MUG").good().json()["name"], "Becher");
    // its file was let go
    assert_eq!(begin(&admin, &kept, &json!({})).refusal(), "409 in_use");
    // what was said is remembered for the next file
    let next = send(&admin, "items", "b.csv", "Artikelnummer;Bezeichnung;base_unit;Wo\nPOT;Kanne;each;\n");
    let next = next.good().json();
    assert_eq!(fields(&next)[3], ("Wo", Some("-")));
    assert_eq!(run(&admin, &next, &json!({}))["state"], "kept");
    let listed = admin.get(IMPORTS).good().json();
    let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&next["id"], &kept["id"]]);
    let path = format!("{IMPORTS}/{}", kept["id"]);
    assert_eq!(admin.remove(&path, &path).status, 204);
    assert_eq!(admin.get(&path).status, 404);
    assert_eq!(admin.get("/api/v1/items/MUG").status, 200);
}

fn rows_that_are_refused_come_back_as_a_file(world: &World) {
    let admin = world.admin();
    let text = "sku,name,base_unit\nA,One,each\n,Two,each\nC,Three,each\nD,,each\n";
    let import = send(&admin, "items", "a.csv", text).good().json();
    let refused = format!("{IMPORTS}/{}/refused", import["id"]);
    assert_eq!(admin.get(&refused).refusal(), "404 not_found");
    let none = run(&admin, &import, &json!({}));
    assert_eq!((&none["state"], &none["run"]["counts"]["refused"]), (&json!("refused"), &json!(2)));
    let first = &none["run"]["refusals"][0];
    assert_eq!(
        (&first["row"], &first["column"], &first["code"]),
        (&json!(3), &json!("sku"), &json!("invalid_value"))
    );
    assert_eq!(admin.get("/api/v1/items/A").status, 404);
    let whole = admin.get(&refused).good();
    assert_eq!(whole.header("content-type"), Some("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"refused-{}.csv\"", import["id"]);
    assert_eq!(whole.header("content-disposition"), Some(disposition.as_str()));
    assert_eq!(whole.text().lines().count(), 5, "{}", whole.text());
    let some = run(&admin, &none, &json!({ "each": true }));
    assert_eq!((&some["state"], &some["run"]["counts"]["created"]), (&json!("kept"), &json!(2)));
    let rest = admin.get(&refused).good().text();
    assert_eq!(rest.lines().count(), 3, "{rest}");
    assert!(rest.lines().next().unwrap().contains("error"), "{rest}");
    // mended and sent again
    let mended = rest.replace(",Two", "B,Two").replace("D,,", "D,Four,");
    let import = send(&admin, "items", "mended.csv", mended).good().json();
    assert_eq!(run(&admin, &import, &json!({}))["run"]["counts"]["created"], 2);
}

fn ground(admin: &Actor) {
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
}

fn on_hand(admin: &Actor) -> String {
    let page = admin.get("/api/v1/stock?sku=BOLT").good().json();
    page["items"][0]["on_hand"].as_str().unwrap_or("0").to_owned()
}

fn stock_is_posted_once(world: &World) {
    let admin = world.admin();
    ground(&admin);
    let text = "sku,location,qty,unit\nBOLT,LON,5,each\n";
    let import = send(&admin, "opening-stock", "a.csv", text).good().json();
    assert_eq!(import["posted_at"], Value::Null);
    assert_eq!(run(&admin, &import, &json!({}))["state"], "kept");
    let second = send(&admin, "opening-stock", "b.csv", text).good().json();
    assert!(second["posted_at"].is_string(), "{second}");
    let refused = run(&admin, &second, &json!({}));
    assert_eq!((&refused["state"], &refused["run"]["problem"]["code"]), (&json!("failed"), &json!("in_use")));
    assert_eq!(on_hand(&admin), "5");
    let twice = run(&admin, &refused, &json!({ "again": true }));
    assert_eq!(twice["state"], "kept", "{twice}");
    assert_eq!(on_hand(&admin), "10");
}

fn a_key_sends_and_runs_once(world: &World) {
    let admin = world.admin();
    let path = format!("{IMPORTS}?list=items&name=a.csv");
    let post = |text: &str| admin.ask("POST", path.as_str()).idempotency_key("one").bytes(text).send();
    let first = post("sku,name,base_unit\nA,One,each\n").good().json();
    assert_eq!(post("sku,name,base_unit\nA,One,each\n").good().json(), first);
    assert_eq!(post("sku,name,base_unit\nB,One,each\n").refusal(), "422 idempotency_mismatch");
    assert_eq!(admin.get(IMPORTS).good().json()["items"].as_array().unwrap().len(), 1);
    let run = || {
        let ask = admin.ask("POST", format!("{IMPORTS}/{}/run", first["id"])).idempotency_key("two");
        ask.if_match(1).json(&json!({ "dry_run": true })).send()
    };
    let begun = run().good().json();
    ended(&admin, &first);
    assert_eq!(run().good().json(), begun);
    let after = ended(&admin, &first);
    assert_eq!((&after["state"], &after["version"]), (&json!("tried"), &json!(3)));
}

/// A workbook whose sheet is nothing but blanks.
fn bomb() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..=512 {
        zip.write_all(&block).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20, "it is small: {}", bomb.len());
    bomb
}

fn what_is_no_list_is_refused_and_leaves_nothing(world: &World) {
    let admin = world.admin();
    let before = trace(world);
    let asks = [
        ("list=toys&name=a.csv", "sku\nA\n", "400 malformed_parameter"),
        ("list=items&name=", "sku\nA\n", "400 malformed_parameter"),
        ("list=items&name=..%2Fa.csv", "sku\nA\n", "400 malformed_parameter"),
        ("list=items&name=a.csv&locale=xx", "sku\nA\n", "400 malformed_parameter"),
        ("list=items&name=a.csv&separator=-", "sku\nA\n", "400 malformed_parameter"),
        ("list=items&name=a.csv&more=1", "sku\nA\n", "400 unknown_parameter"),
        ("list=items&name=a.csv", "", "400 malformed_file"),
        ("list=items&name=a.jsonl.csv", "", "400 malformed_file"),
        ("list=items&name=a.csv", "sku,SKU\nA,B\n", "400 malformed_file"),
        ("list=items&name=a.pdf", "%PDF-1.7", "400 malformed_file"),
        ("list=items&name=a.xlsx", "PK\u{3}\u{4} and nothing more", "400 malformed_file"),
        ("list=items&name=a.csv", "sku,\"name\nA,B\n", "400 malformed_file"),
    ];
    for (query, text, wanted) in asks {
        let reply = admin.ask("POST", format!("{IMPORTS}?{query}")).fresh().bytes(text).send();
        assert!(reply.refusal().starts_with(wanted), "{query} {text}: {}", reply.refusal());
    }
    // announced to be larger than what is taken, and refused before it has come
    let large = admin.ask("POST", format!("{IMPORTS}?list=items&name=a.csv")).fresh();
    let large = large.bytes(vec![b'a'; usize::try_from(exchange::imports::BYTES_MAX).unwrap() + 1]).send();
    assert_eq!(large.refusal(), "413 body_too_large");
    // small, and half a gibibyte when it is unpacked
    let bomb = admin.ask("POST", format!("{IMPORTS}?list=items&name=a.xlsx")).fresh().bytes(bomb()).send();
    assert!(bomb.refusal().starts_with("422 limit_exceeded"), "{}", bomb.text());
    assert!(bomb.text().contains("unpacks to more than 512 MiB"), "{}", bomb.text());
    // tried, and undone
    let dry = admin.ask("POST", format!("{IMPORTS}?list=items&name=a.csv&dry_run=true")).fresh();
    assert_eq!(dry.bytes("sku,name,base_unit\nA,One,each\n").send().status, 201);
    assert_eq!(difference(&before, &trace(world)), [""; 0]);
}

fn a_list_with_no_rows_goes_in_as_it_came_out(world: &World) {
    let admin = world.admin();
    for format in ["csv", "xlsx", "jsonl"] {
        let empty = admin.get(format!("/api/v1/exports/families?format={format}")).good().bytes;
        let sent = send(&admin, "families", &format!("families.{format}"), empty).good().json();
        assert_eq!((&sent["format"], &sent["problem"]), (&json!(format), &Value::Null));
        let kept = run(&admin, &sent, &json!({}));
        assert_eq!((&kept["state"], &kept["run"]["counts"]["rows"]), (&json!("kept"), &json!(0)), "{kept}");
    }
}

fn what_is_said_of_columns_is_of_columns_and_fields(world: &World) {
    let admin = world.admin();
    let import = send(&admin, "reasons", "a.csv", "code,text\nmouse,Eaten\n").good().json();
    let wrong =
        [(json!({ "Kode": "code" }), "/columns/Kode"), (json!({ "text": "colour" }), "/columns/text")];
    for (columns, pointer) in wrong {
        let refused = say(&admin, &import, &columns);
        assert_eq!(refused.refusal(), format!("422 invalid_value {pointer}"));
    }
    let said = say(&admin, &import, &json!({ "text": "name" })).good().json();
    assert_eq!(say(&admin, &import, &json!({ "text": "-" })).refusal(), "412 stale");
    // both columns as one field is seen, and not run
    let twice = say(&admin, &said, &json!({ "text": "code" })).good().json();
    assert!(twice["problem"]["detail"].as_str().unwrap().contains("are both the field"), "{twice}");
    assert_eq!(begin(&admin, &twice, &json!({})).refusal(), "422 invalid_value row 1");
}

fn an_import_needs_the_right_of_its_list_and_is_seen_by_its_sender(world: &World) {
    let admin = world.admin();
    ground(&admin);
    admin.post("/api/v1/locations", &json!({ "code": "PAR", "kind": "site" })).good();
    let place = world.location("LON");
    let clerk = world.key(&[Permission::ImportsRun, Permission::StockAdjust], Some(&[place]));
    assert_eq!(send(&clerk, "items", "a.csv", "sku,name\nA,One\n").refusal(), "403 forbidden");
    let theirs = send(&admin, "reasons", "a.csv", "code,name\nmoth,Eaten\n").good().json();
    let path = format!("{IMPORTS}/{}", theirs["id"]);
    for (method, path) in [("GET", path.clone()), ("GET", format!("{path}/refused"))] {
        assert_eq!(clerk.ask(method, path).send().refusal(), "404 not_found");
    }
    assert_eq!(begin(&clerk, &theirs, &json!({})).refusal(), "404 not_found");
    assert_eq!(say(&clerk, &theirs, &json!({})).refusal(), "404 not_found");
    assert_eq!(clerk.ask("POST", format!("{path}/stop")).fresh().send().refusal(), "404 not_found");
    assert_eq!(clerk.ask("DELETE", path).fresh().if_match(1).send().refusal(), "404 not_found");
    assert_eq!(clerk.get(IMPORTS).good().json()["items"], json!([]));
    // where they may, and nowhere else
    let text = "sku,location,qty,unit\nBOLT,LON,5,each\nBOLT,PAR,7,each\n";
    let own = send(&clerk, "opening-stock", "b.csv", text).good().json();
    let taken = run(&clerk, &own, &json!({ "each": true }));
    assert_eq!(taken["run"]["counts"]["created"], 1, "{taken}");
    assert_eq!(taken["run"]["refusals"][0]["row"], 3);
    assert_eq!(on_hand(&admin), "5");
    assert_eq!(clerk.get(IMPORTS).good().json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get(IMPORTS).good().json()["items"].as_array().unwrap().len(), 2);
    // whoever may import everywhere sees it, and runs it with their own rights
    let reader = world.key(&[Permission::ImportsRun], None);
    assert_eq!(begin(&reader, &taken, &json!({})).refusal(), "403 forbidden");
}

fn many(rows: usize) -> String {
    let mut text = "sku,name,base_unit\n".to_owned();
    for row in 0..rows {
        writeln!(text, "I{row:06},Item,each").unwrap();
    }
    text
}

fn an_import_that_runs_is_left_alone_and_can_be_stopped(world: &World) {
    let admin = world.admin();
    let import = send(&admin, "items", "many.csv", many(60_000)).good().json();
    let path = format!("{IMPORTS}/{}", import["id"]);
    let begun = begin(&admin, &import, &json!({ "each": true }));
    assert_eq!(begun.status, 202);
    let begun = begun.good().json();
    assert_eq!(begun["state"], "running");
    assert_eq!(begin(&admin, &begun, &json!({})).refusal(), "409 in_use");
    assert_eq!(say(&admin, &begun, &json!({})).refusal(), "409 in_use");
    let remove = admin.ask("DELETE", path.as_str()).fresh().if_match(2).send();
    assert_eq!(remove.refusal(), "409 in_use");
    assert_eq!(admin.ask("POST", format!("{path}/stop")).fresh().send().status, 202);
    let stopped = ended(&admin, &import);
    assert_eq!(stopped["state"], "stopped", "{stopped}");
    let kept = stopped["run"]["counts"]["created"].as_u64().unwrap();
    assert!(kept < 60_000, "{kept}");
    // all rows or none: it is stopped too where it holds the one writer, and nothing is kept
    let begun = begin(&admin, &stopped, &json!({})).good().json();
    assert_eq!(begun["state"], "running");
    assert_eq!(admin.ask("POST", format!("{path}/stop")).fresh().send().status, 202);
    let none = ended(&admin, &import);
    assert_eq!((&none["state"], &none["run"]["counts"]["created"]), (&json!("stopped"), &json!(0)), "{none}");
    assert_eq!(admin.get("/api/v1/items/I059999").status, 404);
    // what was kept is there, and the rest comes with the next run
    let last = format!("/api/v1/items/I{:06}", kept.max(1) - 1);
    assert_eq!(admin.get(last).status, if kept == 0 { 404 } else { 200 });
    assert_eq!(admin.remove(&path, &path).status, 204);
}

fn two_who_run_it_at_once_run_it_once(world: &World) {
    let admin = world.admin();
    ground(&admin);
    let text = "sku,location,qty,unit\nBOLT,LON,5,each\n";
    let import = send(&admin, "opening-stock", "a.csv", text).good().json();
    let statuses = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..8).map(|_| scope.spawn(|| begin(&admin, &import, &json!({ "each": true })).status)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<u16>>()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [202, 412, 503].contains(status)), "{statuses:?}");
    assert_eq!(ended(&admin, &import)["state"], "kept");
    assert_eq!(on_hand(&admin), "5");
}

fn an_import_that_nobody_hears_of_is_run_again(world: &World) {
    const BEGUN: db::Statement = db::Statement::new(
        "test.imports.begun",
        "update exchange_list_import set state = 1, version = version + 1",
    );
    let admin = world.admin();
    let import = send(&admin, "items", "a.csv", many(3)).good().json();
    // a process began it and has ended
    world.write(|tx, _| Ok(tx.execute(&BEGUN, &[]).map(drop)?));
    let path = format!("{IMPORTS}/{}", import["id"]);
    let left = admin.get(&path).good().json();
    assert_eq!(left["state"], "running");
    assert_eq!(begin(&admin, &left, &json!({})).refusal(), "409 in_use");
    world.pass(Duration::from_secs(31));
    let left = admin.get(&path).good().json();
    assert_eq!(left["state"], "interrupted");
    assert_eq!(run(&admin, &left, &json!({}))["state"], "kept");
}

fn imports_are_forgotten_a_week_later(world: &World) {
    let admin = world.admin();
    let first = send(&admin, "items", "a.csv", many(3)).good().json();
    world.pass(Duration::from_hours(24 * 4));
    let second = send(&admin, "items", "b.csv", many(4)).good().json();
    world.pass(Duration::from_hours(24 * 3 + 1));
    let now = world.now();
    assert_eq!(exchange::imports::forget(&world.db, now).unwrap(), 1);
    assert_eq!(exchange::imports::forget(&world.db, now).unwrap(), 0);
    assert_eq!(admin.get(format!("{IMPORTS}/{}", first["id"])).status, 404);
    assert_eq!(run(&admin, &second, &json!({}))["state"], "kept");
}

fn files_that_wait_have_a_limit(world: &World) {
    const GROW: db::Statement =
        db::Statement::new("test.imports.grow", "update exchange_list_import set bytes = ?1");
    let admin = world.admin();
    let text = many(1);
    let length = i64::try_from(text.len()).unwrap();
    let first = send(&admin, "items", "a.csv", text.clone()).good().json();
    let grow = |bytes: i64| world.write(move |tx, _| Ok(tx.execute(&GROW, &[bytes.into()]).map(drop)?));
    grow(exchange::imports::KEPT_BYTES_MAX - length + 1);
    assert_eq!(send(&admin, "items", "b.csv", text.clone()).refusal(), "422 limit_exceeded");
    grow(exchange::imports::KEPT_BYTES_MAX - length);
    send(&admin, "items", "b.csv", text.clone()).good();
    // others have room of their own, and so has who removes theirs
    let other = world.key(&[Permission::ImportsRun, Permission::CatalogWrite], None);
    send(&other, "items", "b.csv", text.clone()).good();
    assert_eq!(send(&admin, "items", "c.csv", text.clone()).refusal(), "422 limit_exceeded");
    let path = format!("{IMPORTS}/{}", first["id"]);
    admin.remove(&path, &path).good();
    grow(length);
    send(&admin, "items", "c.csv", text).good();
}
