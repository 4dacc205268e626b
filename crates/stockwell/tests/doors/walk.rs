//! No route escapes: the table, the description, the router and `stockwell routes` are one, and what holds
//! for all writes and all lists holds for each of them.

use crate::world::{World, on_both_engines};
use domain::LocationId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use stockwell::wiring;
use testkit::http::{Actor, Ask};
use web::{Access, Reach, RouteInfo};

on_both_engines!(
    no_route_writes_without_an_idempotency_key,
    every_list_is_read_page_by_page,
    a_list_of_a_caller_whose_place_is_elsewhere_is_empty_and_a_thing_is_not_there,
);

#[test]
fn the_table_the_description_and_the_router_are_one() {
    let world = World::new(db::Engine::Sqlite);
    let description: Value = world.stranger().get("/api/openapi.json").good().json();
    assert_eq!(description["openapi"], "3.1.0");
    let described: BTreeSet<(String, String)> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
        })
        .collect();
    let routes = wiring::routes();
    let tabled: BTreeSet<(String, String)> =
        routes.table().map(|route| (route.path.clone(), route.method.to_string())).collect();
    assert_eq!(described, tabled);
    assert_eq!(tabled.len(), routes.table().count(), "no route stands twice");
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_stockwell"));
    let told = { program }.args(["routes", "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let texts = |rows: &[Value]| rows.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let rows = |table: Vec<&RouteInfo>| -> Vec<Value> {
        table.into_iter().map(|route| serde_json::to_value(route.row()).unwrap()).collect()
    };
    for (list, table) in [("routes", routes.table().collect()), ("pages", routes.pages().collect())] {
        let told = told[list].as_array().unwrap();
        assert_eq!(texts(told), texts(&rows(table)), "what `stockwell routes` says");
    }
    // the router knows each of them, and at each address nothing else
    let admin = world.admin();
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in routes.table().chain(routes.pages()) {
        methods.entry(&route.path).or_default().insert(route.method.as_str());
    }
    for (path, known) in methods {
        let reply = admin.ask("OPTIONS", concrete(path)).send();
        assert_eq!(reply.status, 405, "{path}");
        let allowed: BTreeSet<&str> =
            reply.header("allow").unwrap().split(',').filter(|method| *method != "HEAD").collect();
        assert_eq!(allowed, known, "{path}");
    }
}

/// What answers with lists that are not read page by page, and why each stays short.
const SHORT: &[(&str, &str)] = &[
    ("/api/v1/attributes/{key}", "the 500 choices that it has at most"),
    ("/api/v1/capacities/{code}", "the nine rules that there are"),
    ("/api/v1/categories/{path}/attributes", "200 of each of the eight categories above each other"),
    ("/api/v1/codes/{code}", "a barcode, a SKU, and twenty of suppliers"),
    ("/api/v1/exports", "a closed list"),
    ("/api/v1/families/{code}", "six options, and 200 combinations that it excludes"),
    ("/api/v1/families/{code}/configure", "500 values of each of its six options"),
    ("/api/v1/health", "the parts of the product"),
    ("/api/v1/homes/{site}/{sku}", "the sixteen places of an item at most"),
    ("/api/v1/imports/{id}", "256 columns, the fields of a list, and 500 refusals"),
    ("/api/v1/items/{sku}", "32 packagings, and 32 barcodes of each"),
    ("/api/v1/items/{sku}/attributes", "16 KiB of its own, and what its category gives it"),
    ("/api/v1/items/{sku}/availability", "the sites, which `?site` narrows to one"),
    ("/api/v1/items/{sku}/files", "20 files"),
    ("/api/v1/items/{sku}/files/{file}", "three thumbnails"),
    ("/api/v1/items/{sku}/bom/explosion", "10,000 steps, beyond which it is refused"),
    ("/api/v1/items/{sku}/supplies", "the hundred ways in which it is sold at most"),
    ("/api/v1/items/{sku}/variant", "the fields that an item has"),
    ("/api/v1/items/{sku}/lots/{lot}", "a hundred places, and how many there are beside"),
    ("/api/v1/keys/{id}", "the permissions and the places that it was given"),
    ("/api/v1/me", "what one user was granted"),
    ("/api/v1/me/passkeys", "the twenty that one user has at most"),
    ("/api/v1/option-sets/{code}", "the 500 values that it has at most"),
    ("/api/v1/permissions", "a closed list"),
    ("/api/v1/roles/{name}", "a closed list"),
    ("/api/v1/sites/{code}", "20 contacts, and the lines of its address"),
    ("/api/v1/sites/{code}/calendar", "the hours of a week, and 2,000 days, which are set as a whole"),
    ("/api/v1/sites/{code}/readiness", "the four points that there are"),
    ("/api/v1/search/items", "the fifty that fit best"),
    ("/api/v1/transfers/{number}", "its 1,000 lines, and what of them is under way"),
    ("/api/v1/users/{login}", "what one user was granted"),
    ("/api/v1/valuation/totals", "the groups, of which a site has one"),
];

/// Whether a schema is a list, or one of its fields is.
fn has_list(description: &Value, schema: &Value) -> bool {
    let is_list = |one: &Value| {
        one["type"] == "array" || one["type"].as_array().is_some_and(|types| types.contains(&json!("array")))
    };
    let fields = schema["properties"].as_object().is_some_and(|fields| fields.values().any(is_list));
    let parts = schema["allOf"].as_array().into_iter().flatten().any(|part| has_list(description, part));
    let named = schema["$ref"].as_str().and_then(|named| named.strip_prefix('#'));
    let named = named.and_then(|pointer| description.pointer(pointer));
    is_list(schema) || fields || parts || named.is_some_and(|schema| has_list(description, schema))
}

/// Whatever answers with a list takes how much of it, from where on and in which order, and refuses more
/// than the most; what does not is named with its reason.
fn every_list_is_read_page_by_page(world: &World) {
    let admin = world.admin();
    let description: Value = world.stranger().get("/api/openapi.json").good().json();
    let session = world.signed_in("ann", &[]);
    let mut short = BTreeSet::new();
    let mut paged = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        let schema = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if !has_list(&description, schema) {
            continue;
        }
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let taken: BTreeSet<&str> = parameters
            .iter()
            .filter(|one| one["in"] == "query")
            .filter_map(|one| one["name"].as_str())
            .collect();
        let of_a_page = ["cursor", "limit", "sort"];
        if !of_a_page.iter().any(|name| taken.contains(name)) {
            short.insert(path.as_str());
            continue;
        }
        assert!(of_a_page.iter().all(|name| taken.contains(name)), "{path}: {taken:?}");
        let asker = if path.starts_with("/api/v1/me/") { &session } else { &admin };
        let path = concrete(path);
        assert_eq!(
            asker.get(format!("{path}?limit=501")).refusal(),
            "400 malformed_parameter ?limit",
            "{path}"
        );
        assert_ne!(asker.get(format!("{path}?limit=500")).status, 400, "{path}");
        paged += 1;
    }
    assert_eq!(short, SHORT.iter().map(|(path, _)| *path).collect(), "lists that are not read page by page");
    assert!(paged >= 20, "{paged}");
}

#[test]
fn every_operation_says_what_it_does_and_no_two_have_one_name() {
    let routes = wiring::routes();
    let mut names = BTreeSet::new();
    for route in routes.table().chain(routes.pages()) {
        assert!(names.insert(route.name().to_owned()), "two operations are named `{}`", route.name());
        assert!(!route.summary().is_empty(), "`{}` has no summary", route.name());
    }
    let public = |table: Vec<&RouteInfo>| {
        table.into_iter().filter(|route| matches!(route.access, Access::Public(_))).count()
    };
    let (api, pages) = (public(routes.table().collect()), public(routes.pages().collect()));
    assert!(api <= 12 && pages <= 12, "{api} public routes of the API, {pages} public pages");
}

/// An address of a template, of things that are not there.
fn concrete(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "999999" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// A request to a route whose body is not right, so that nothing is changed by whoever passes.
pub(crate) fn ask(actor: &Actor, route: &RouteInfo) -> Ask {
    let method = match route.method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        other => panic!("no walker for {other}"),
    };
    let ask = actor.ask(method, concrete(&route.path));
    let wrong = json!({ "no_such_field": 1 });
    match (route.is_write(), route.is_kept()) {
        (true, true) => ask.fresh().if_match(1).json(&wrong),
        // as a page of the server asks
        (true, false) => ask.header("origin", "https://test").json(&wrong),
        (false, _) => ask,
    }
}

/// The status only: streams do not end.
pub(crate) fn status(actor: &Actor, route: &RouteInfo) -> u16 {
    if route.path == "/api/v1/events" {
        return actor.listen(&route.path, None).map_or_else(|reply| reply.status, |_| 200);
    }
    ask(actor, route).send().status
}

fn no_route_writes_without_an_idempotency_key(world: &World) {
    let admin = world.admin();
    let session = world.signed_in("ann", &[]);
    let audits = world.audits();
    for route in wiring::routes().table().filter(|route| route.is_kept()) {
        let with_key = ask(if matches!(route.access, Access::Session(_)) { &session } else { &admin }, route);
        let reply = with_key.without("idempotency-key").send();
        assert_eq!(reply.refusal(), "428 idempotency_key_required", "{} {}", route.method, route.path);
    }
    assert_eq!(world.audits(), audits);
}

fn a_list_of_a_caller_whose_place_is_elsewhere_is_empty_and_a_thing_is_not_there(world: &World) {
    for route in wiring::routes().table() {
        let Access::Needs(permission) = route.access else { continue };
        if route.reach == Reach::Whole || route.path == "/api/v1/events" {
            continue;
        }
        let elsewhere = world.key(&[permission], Some(&[LocationId(999_999)]));
        let reply = ask(&elsewhere, route).send();
        let what = format!("{} {}: {}", route.method, route.path, reply.text());
        if route.reach == Reach::Everywhere {
            assert_eq!(reply.status, 403, "{what}");
            continue;
        }
        assert!(![401, 403, 500].contains(&reply.status), "{what}");
        // what is no JSON is held to it by the probe of its route
        let is_json = reply.header("content-type").is_some_and(|media| media.starts_with("application/json"));
        if route.method == "GET" && reply.status == 200 && is_json {
            let items = reply.json()["items"].clone();
            assert!(items.is_null() || items == json!([]), "{what}");
        }
    }
}
