//! Whose postings are whose, on both engines: what the import writes, what is asked of it, and what is
//! refused.

use super::store;
use crate::export::What;
use crate::import_year;
use crate::testing::{World, on, on_both_engines, slice, world, year_of};
use axum::http::{Method, StatusCode};
use domain::ledger::Kind;
use domain::{LocationId, PostingId, Qty};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use stock::{LineInput, PostInput, QtyInput, Request, ReverseInput, Work};
use testkit::Client;

on_both_engines!(
    a_posting_is_linked_to_its_customer_and_its_note_names_nobody,
    a_recall_is_a_list_of_customers,
    a_sale_that_was_reversed_got_to_nobody,
    what_a_customer_bought_is_read_page_by_page,
    a_caller_sees_what_came_from_where_they_reach,
    what_is_told_of_a_customer_is_of_the_places_within_reach,
    what_is_not_there_is_refused_by_its_name,
    pages_of_customers_go_on_where_they_ended,
);

/// Customers 1 and 2 get candles of the opening lot, 1 brings one back, 3 gets postage only, and somebody
/// without a number gets candles too.
const SALES: &str = "1,T1,PLAIN THING,3,2011-01-03 10:00:00,2.0,1,Norway\n\
     1,T2,ROSE CANDLE,7,2011-01-03 10:00:00,3.0,1,Norway\n\
     2,T2,ROSE CANDLE,2,2011-01-03 11:00:00,3.0,2,France\n\
     3,POST,POSTAGE,1,2011-01-03 12:00:00,9.0,3,France\n\
     4,T2,ROSE CANDLE,1,2011-01-03 13:00:00,3.0,,France\n\
     C5,T2,ROSE CANDLE,-1,2011-01-04 10:00:00,3.0,1,UK\n";

fn sold(engine: db::Engine) -> (World, Client) {
    let world = world(engine);
    import_year::load(&world.db, &world.ctx, year_of(SALES), on).unwrap();
    let client = Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone());
    (world, client)
}

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|customer| customer["number"].as_i64().unwrap()).collect()
}

/// Whatever a list gives, page by page.
fn pages(client: &Client, token: &str, path: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    let joint = if path.contains('?') { '&' } else { '?' };
    loop {
        let asked = format!("{path}{joint}limit={limit}{cursor}");
        let page = client.ask(token, &Method::GET, &asked, None, None);
        assert_eq!(page.status, StatusCode::OK, "{asked}: {}", page.body);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().cloned());
        let Some(next) = page.body["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

/// The documents and quantities of movements.
fn told(rows: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| format!("{} {} {}", text(&row["document"]), text(&row["sku"]), text(&row["qty"])))
        .collect()
}

fn lot_of(world: &World, document: &str) -> String {
    let movements = world.rows(What::Movements);
    let sale = movements.iter().find(|row| row["document"] == document && row["sku"] == "T2").unwrap();
    sale["lot"].as_str().unwrap().to_owned()
}

fn a_posting_is_linked_to_its_customer_and_its_note_names_nobody(engine: db::Engine) {
    let world = world(engine);
    let year = slice(900);
    let planned: Vec<(i64, String, i64)> = year
        .customers
        .iter()
        .map(|customer| (customer.number.into(), customer.country.clone(), customer.invoices.into()))
        .collect();
    let of_documents: BTreeMap<String, Option<i64>> =
        year.docs.iter().map(|doc| (doc.number.to_string(), doc.customer.map(i64::from))).collect();
    import_year::load(&world.db, &world.ctx, year, on).unwrap();
    let kept = world.rows(What::Customers).into_iter().map(|row| {
        let number = |name: &str| row[name].as_i64().unwrap();
        (number("number"), row["country"].as_str().unwrap().to_owned(), number("invoices"))
    });
    assert_eq!(kept.collect::<Vec<_>>(), planned);
    for what in [What::Postings, What::Movements] {
        let mut known = 0;
        for row in world.rows(what) {
            let planned =
                row["document"].as_str().and_then(|document| of_documents.get(document).copied().flatten());
            assert_eq!(row["customer"].as_i64(), planned, "{row}");
            // what is taken away of a customer is gone: a note cannot be
            assert!(!row["note"].as_str().unwrap_or_default().contains(char::is_numeric), "{row}");
            known += usize::from(planned.is_some());
        }
        assert!(known > 30, "{}", what.word());
    }
}

fn a_recall_is_a_list_of_customers(engine: db::Engine) {
    let (world, client) = sold(engine);
    let all = client.get("/api/v1/customers");
    assert_eq!(numbers(&all.body), [1, 2, 3]);
    assert_eq!(
        all.body["items"][0],
        json!({
            "number": 1, "country": "UK", "invoices": 2,
            "first_at": "2011-01-03T10:00:00Z", "last_at": "2011-01-04T10:00:00Z",
        })
    );
    assert_eq!(client.get("/api/v1/customers/1").body, all.body["items"][0]);
    let lot = lot_of(&world, "1");
    let recall = format!("/api/v1/customers?sku=t2&lot={lot}");
    let got_it: Vec<i64> = ["1", "2"]
        .iter()
        .filter(|number| lot_of(&world, number) == lot)
        .map(|n| n.parse().unwrap())
        .collect();
    assert_eq!(numbers(&client.get(&recall).body), got_it);
    assert_eq!(numbers(&client.get("/api/v1/customers?sku=T2").body), [1, 2]);
    assert_eq!(numbers(&client.get("/api/v1/customers?sku=T1").body), [1]);
    assert_eq!(numbers(&client.get("/api/v1/customers?sku=DEMO-SOUP").body), [0; 0]);
    for path in ["/api/v1/customers", "/api/v1/customers?sku=T2", &recall] {
        let whole = client.get(path).body["items"].clone();
        assert_eq!(Value::from(pages(&client, "all", path, 1)), whole, "{path}");
    }
}

fn a_sale_that_was_reversed_got_to_nobody(engine: db::Engine) {
    let (world, client) = sold(engine);
    let postings = world.rows(What::Postings);
    let sale = postings.iter().find(|row| row["document"] == "2").unwrap();
    let posting = PostingId::parse(sale["posting"].as_str().unwrap()).unwrap();
    let reverse = ReverseInput { posting, effective_at: None, post_late: false, reason: None, note: None };
    answer(&world, Work::Reverse(reverse));
    for path in [
        "/api/v1/customers?sku=T2".to_owned(),
        format!("/api/v1/customers?sku=T2&lot={}", lot_of(&world, "2")),
    ] {
        assert!(!numbers(&client.get(&path).body).contains(&2), "{path}");
    }
    assert_eq!(told(&pages(&client, "all", "/api/v1/customers/2/ledger", 5)), ["2 T2 2"], "it is theirs");
}

fn what_a_customer_bought_is_read_page_by_page(engine: db::Engine) {
    let (_world, client) = sold(engine);
    let path = "/api/v1/customers/1/ledger";
    let all = pages(&client, "all", path, 500);
    let mut bought = told(&all);
    assert_eq!(bought[0], "C5 T2 1", "the latest first");
    assert_eq!(bought[1], "1 T1 3", "and the lines of an invoice in their order");
    // candles may leave from more than one lot
    let candles: i64 =
        bought.drain(2..).map(|line| line.strip_prefix("1 T2 ").unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(candles, 7);
    assert_eq!((&all[0]["kind"], &all[1]["kind"]), (&json!("return"), &json!("issue")));
    for limit in [1, 2, 3] {
        assert_eq!(pages(&client, "all", path, limit), all, "{limit}");
    }
    assert_eq!(
        pages(&client, "all", "/api/v1/customers/3/ledger", 5),
        [Value::Null; 0],
        "postage moves nothing"
    );
    // and a customer of the real year, whose invoices have many lines
    let world = world(engine);
    import_year::load(&world.db, &world.ctx, slice(900), on).unwrap();
    let client = Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone());
    let theirs = world.rows(What::Movements).into_iter().filter(|row| row["customer"] == 17_850);
    let mut expected: Vec<(i64, Value)> =
        theirs.map(|row| (row["line"].as_i64().unwrap(), row["posting"].clone())).collect();
    let path = "/api/v1/customers/17850/ledger";
    let rows = pages(&client, "all", path, 7);
    assert!(rows.is_sorted_by(|a, b| a["effective_at"].as_str() >= b["effective_at"].as_str()));
    assert!(rows.len() > 50, "{}", rows.len());
    assert_eq!(pages(&client, "all", path, 500), rows);
    let mut found: Vec<(i64, Value)> =
        rows.iter().map(|row| (row["line"].as_i64().unwrap(), row["posting"].clone())).collect();
    for all in [&mut found, &mut expected] {
        all.sort_by_key(|(line, posting)| (posting.to_string(), *line));
    }
    assert_eq!(found, expected);
}

fn a_caller_sees_what_came_from_where_they_reach(engine: db::Engine) {
    let (world, client) = sold(engine);
    let made = world.run(|tx, ctx| {
        let site = json!({ "code": "PAR", "kind": "site", "zone": "Europe/Paris" });
        places::create_location(tx, ctx, web::Reached::All, &serde_json::from_value(site)?)
    });
    made.unwrap();
    let [here, elsewhere] = ["LON", "PAR"].map(|code| {
        let found = world.read(|conn| places::facts_by_code(conn, &[code]));
        let LocationId(id) = found[0].as_ref().unwrap().id;
        id.to_string()
    });
    let lot = lot_of(&world, "1");
    let recall = format!("/api/v1/customers?sku=T2&lot={lot}");
    for path in ["/api/v1/customers?sku=T2", &*recall] {
        assert_eq!(pages(&client, &here, path, 2), pages(&client, "all", path, 2), "{path}");
        assert_eq!(pages(&client, &elsewhere, path, 2), [Value::Null; 0], "{path}");
    }
    let all = pages(&client, "all", "/api/v1/customers", 2);
    assert_eq!(all.len(), 3);
    // the third got nothing that a place has
    assert_eq!(pages(&client, &here, "/api/v1/customers", 1), all[..2]);
    assert_eq!(pages(&client, &elsewhere, "/api/v1/customers", 5), [Value::Null; 0]);
    for path in ["/api/v1/customers/1", "/api/v1/customers/1/ledger"] {
        let asked = |token: &str| client.ask(token, &Method::GET, path, None, None);
        assert_eq!(asked(&here).body, asked("all").body, "{path}");
        assert_eq!(asked(&elsewhere).refusal(), (404, "not_found", ""), "{path}");
    }
}

/// One customer buys at two sites.
fn what_is_told_of_a_customer_is_of_the_places_within_reach(engine: db::Engine) {
    let (world, client) = sold(engine);
    let made = world.run(|tx, ctx| {
        for new in [
            json!({ "code": "PAR", "kind": "site" }),
            json!({ "code": "P1", "kind": "bin", "parent": "PAR" }),
        ] {
            places::create_location(tx, ctx, web::Reached::All, &serde_json::from_value(new)?)?;
        }
        Ok(())
    });
    made.unwrap();
    let [london, paris] = ["LON", "PAR"].map(|code| {
        let found = world.read(|conn| places::facts_by_code(conn, &[code]));
        found[0].as_ref().unwrap().id.to_string()
    });
    let at = world.ctx.now;
    post(&world, Kind::Receive, None);
    let sale = post(&world, Kind::Issue, Some("77"));
    world.run(move |tx, _| Ok(store::link(tx, &[(1, at, sale)])?)).unwrap();
    let told = |token: &str| {
        let found = client.ask(token, &Method::GET, "/api/v1/customers/1", None, None).body;
        let list = client.ask(token, &Method::GET, "/api/v1/customers", None, None).body;
        assert_eq!(list["items"][0], found);
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        (found["invoices"].as_i64().unwrap(), text("first_at"), text("last_at"))
    };
    assert_eq!(told(&london), (2, "2011-01-03T10:00:00Z".to_owned(), "2011-01-04T10:00:00Z".to_owned()));
    assert_eq!(told(&paris), (1, at.to_string(), at.to_string()));
}

/// A posting of four things at `P1`.
fn post(world: &World, kind: Kind, document: Option<&str>) -> PostingId {
    let line = LineInput::new("T1", QtyInput::Moves(Qty::units(4).unwrap()), "P1");
    let line = LineInput { unit: Some("each".to_owned()), ..line };
    let (document, lines) = (document.map(str::to_owned), vec![line]);
    let (effective_at, post_late, reason, note) = (None, false, None, None);
    let input = PostInput { kind, effective_at, post_late, document, reason, note, lines };
    answer(world, Work::Post(input))
}

/// The posting that was made of a request.
fn answer(world: &World, work: Work) -> PostingId {
    let principal = Arc::new(web::Principal::system());
    let request = Request { ctx: world.ctx.clone(), principal, key: None, work, second: web::Second::Cannot };
    let answered = world.run(move |tx, _| Ok(stock::run_in(tx, std::slice::from_ref(&request))?)).unwrap();
    let body: Value = serde_json::from_slice(&answered[0].body).unwrap();
    assert!(answered[0].status.is_success(), "{body}");
    PostingId::parse(body["id"].as_str().unwrap()).unwrap()
}

fn what_is_not_there_is_refused_by_its_name(engine: db::Engine) {
    let (_world, client) = sold(engine);
    for (path, refusal) in [
        ("/api/v1/customers/99", (404, "not_found", "")),
        ("/api/v1/customers/99/ledger", (404, "not_found", "")),
        ("/api/v1/customers/ann", (404, "not_found", "")),
        ("/api/v1/customers/-1", (404, "not_found", "")),
        ("/api/v1/customers/99999999999999999999", (404, "not_found", "")),
        ("/api/v1/customers?sku=NOPE", (422, "unknown_item", "?sku")),
        ("/api/v1/customers?sku=T2&lot=NOPE", (422, "unknown_lot", "?lot")),
        ("/api/v1/customers?lot=NOPE", (422, "invalid_value", "?lot")),
        ("/api/v1/customers?country=UK", (400, "unknown_parameter", "?country")),
        ("/api/v1/customers?limit=0", (400, "malformed_parameter", "?limit")),
        ("/api/v1/customers?cursor=x", (400, "malformed_parameter", "?cursor")),
        ("/api/v1/customers/1/ledger?sort=line", (400, "malformed_parameter", "?sort")),
    ] {
        assert_eq!(client.get(path).refusal(), refusal, "{path}");
    }
}

fn pages_of_customers_go_on_where_they_ended(engine: db::Engine) {
    let (world, _) = sold(engine);
    for statement in store::STATEMENTS {
        world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
    // who got a lot is found from its movements and put in order where it stands
    let lists = store::STATEMENTS.iter().copied().filter(|statement| !statement.name.contains("_of_"));
    assert_eq!(testkit::pages_go_on_where_they_ended(&world.db, lists), 1);
}
