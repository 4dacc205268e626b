//! A server in this process: the parts put together, from an open database to an answering socket.

use crate::gauges::{Gauges, Upkept, Verified};
use crate::wiring::{self, Stockwell};
use axum::Router;
use bytes::Bytes;
use db::Db;
use domain::Ids;
use exchange::imports::Imports;
use files::Files;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use stock::Vault;
use tokio::net::TcpListener;
use web::{App, AppParts, Clock, Closing, Limits, Proxies, Readiness};

/// What a server is made of.
#[expect(missing_debug_implementations, reason = "made of trait objects")]
pub struct ServerParts {
    /// The database, migrated.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The limits.
    pub limits: Limits,
    /// Who is believed where a request comes from.
    pub proxies: Proxies,
    /// How people sign in.
    pub sign_in: access::Settings,
    /// Where files of records are kept.
    pub files: files::Settings,
    /// What must be in order besides the store.
    pub readiness: Vec<Readiness>,
    /// Whether it does what becomes due by time alone. Left to others, it only answers.
    pub upkeep: bool,
    /// The hour of the day, in UTC, at which it verifies the books; `None` when that is left to others.
    pub verify_hour: Option<u8>,
    /// Whether the database is a copy to practise in.
    pub training: bool,
}

/// A server that is ready to run.
#[derive(Debug)]
pub struct Server {
    state: Stockwell,
    router: Router,
    upkeep: bool,
    verify_hour: Option<u8>,
    upkept: Arc<Upkept>,
    verified: Arc<Verified>,
}

impl Server {
    /// Puts the parts together.
    pub fn new(parts: ServerParts) -> Server {
        let ServerParts {
            db,
            clock,
            ids,
            limits,
            proxies,
            sign_in,
            files,
            readiness,
            upkeep,
            verify_hour,
            training,
        } = parts;
        let master_key = sign_in.master_key.clone();
        let ways = pages::Ways {
            identity_provider: sign_in.identity_provider.as_ref().map(|provider| provider.name().to_owned()),
            passkey: sign_in.public_url.is_some(),
        };
        let access = wiring::access(&db, sign_in);
        let vault = Vault::open(&db).with_staff(wiring::staff);
        let authenticator = access.authenticator();
        let file = db.settings().url.strip_prefix("sqlite:").map(PathBuf::from);
        let upkept = Arc::new(Upkept::default());
        let verified = Arc::new(Verified::default());
        let gauges =
            Gauges { db: db.clone(), file, upkept: Arc::clone(&upkept), verified: Arc::clone(&verified) };
        let description = Bytes::from(description());
        let app = App::new(AppParts {
            db,
            clock,
            ids,
            authenticator,
            master_key,
            limits,
            proxies,
            readiness,
            description,
            feed: wiring::feed(),
            categories: wiring::CATEGORIES,
            training,
            refusals: Some(Arc::new(pages::Refusals::new(ways))),
        });
        app.measure(Box::new(gauges));
        let (files, imports) = (Files::new(files), Imports::default());
        let state = Stockwell { app: app.clone(), access, vault, files, imports };
        let router = wiring::routes().router(&app, state.clone());
        Server { state, router, upkeep, verify_hour, upkept, verified }
    }

    /// What the handlers share.
    pub fn state(&self) -> &Stockwell {
        &self.state
    }

    /// Answers until `stop` is ready and everything that was begun is answered.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>, closing: Closing) {
        let Server { state, router, upkeep, verify_hour, upkept, verified } = self;
        let hour = verify_hour.unwrap_or_default();
        tokio::select! {
            () = web::serve(listener, router, &state.app, stop, closing) => {}
            () = state.access.watch() => {}
            () = crate::worker::work(state.app.clone(), &state.files, &upkept), if upkeep => {}
            () = crate::nightly::work(state.app.clone(), hour, &verified, &upkept), if verify_hour.is_some() => {}
        }
        state.imports.stop_all();
    }
}

/// The OpenAPI description as JSON, on many lines.
pub fn description() -> String {
    let openapi = web::openapi(wiring::routes().table(), env!("CARGO_PKG_VERSION"));
    let value = serde_json::to_value(&openapi).map(sorted).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// The same with the names of every object in order: extensions come in any, and the description
/// is committed.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields: BTreeMap<String, Value> =
                map.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object in a value that stands under a name, with the path to it.
    fn under<'a>(value: &'a Value, name: &str, path: &str, found: &mut Vec<(String, &'a Value)>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    let path = format!("{path}/{key}");
                    if key == name {
                        found.push((path.clone(), inner));
                    }
                    under(inner, name, &path, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| under(item, name, path, found)),
            _ => {}
        }
    }

    fn all<'a>(value: &'a Value, name: &str) -> Vec<(String, &'a Value)> {
        let mut found = Vec::new();
        under(value, name, "", &mut found);
        found
    }

    fn has_text(value: &Value, name: &str) -> bool {
        value.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
    }

    /// The answers of all operations, with the path to each; without refusals.
    fn answers(document: &Value) -> Vec<(String, &Value)> {
        let mut found = Vec::new();
        for (path, responses) in all(&document["paths"], "responses") {
            let good = responses.as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
            found.extend(good.map(|(status, response)| (format!("{path}/{status}"), response)));
        }
        found
    }

    /// Whether the schema that an answer refers to has a version.
    fn has_version(document: &Value, response: &Value) -> bool {
        let reference = response.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
        let schema = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
        let has = |schema: &Value| schema.pointer("/properties/version").is_some();
        let parts =
            schema.and_then(|schema| schema["allOf"].as_array()).map(Vec::as_slice).unwrap_or_default();
        schema.is_some_and(has) || parts.iter().any(has)
    }

    /// The names of the parameters of an operation that stand in a place and must be given.
    fn required<'a>(operation: &'a Value, place: &str) -> Vec<&'a str> {
        let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let here = all.iter().filter(|one| one["in"] == place && one["required"] == true);
        here.filter_map(|one| one["name"].as_str()).collect()
    }

    #[test]
    fn the_description_is_whole() {
        let document: Value = serde_json::from_str(&description()).unwrap();
        let mut lacking = Vec::new();
        for (path, responses) in all(&document, "responses") {
            for (status, response) in responses.as_object().unwrap() {
                if !has_text(response, "description") {
                    lacking.push(format!("{path}/{status} has no description"));
                }
            }
        }
        for (path, response) in answers(&document) {
            let content = response["content"].as_object();
            let told = content.is_some_and(|kinds| kinds.values().all(|kind| kind.get("schema").is_some()));
            // only what has no body has no schema
            if !told && !path.ends_with("/204") {
                lacking.push(format!("{path} has no schema"));
            }
            let etag = response.pointer("/headers/ETag");
            if has_version(&document, response) && !etag.is_some_and(|etag| has_text(etag, "description")) {
                lacking.push(format!("{path}: a record is answered with its `ETag`"));
            }
        }
        for (path, reference) in all(&document, "$ref") {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            if document.pointer(pointer).is_none() {
                lacking.push(format!("{path}: there is no {pointer}"));
            }
        }
        for (path, parameters) in all(&document, "parameters") {
            for one in parameters.as_array().unwrap() {
                let described = has_text(one, "description") || one["in"] == "path";
                if !(has_text(one, "name") && one.get("schema").is_some() && described) {
                    lacking.push(format!("{path}: {one}"));
                }
            }
        }
        for (path, properties) in all(&document["components"]["schemas"], "properties") {
            let fields = properties.as_object().unwrap().iter();
            // what may be null has its description beside the reference
            let described = |field: &Value| {
                let inner = field["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
                has_text(field, "description") || inner.iter().any(|one| has_text(one, "description"))
            };
            for (name, _) in fields.filter(|(_, field)| !described(field)) {
                lacking.push(format!("{path}/{name} has no description"));
            }
        }
        assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    }

    #[test]
    fn every_parameter_that_a_route_needs_is_in_its_description() {
        let document: Value = serde_json::from_str(&description()).unwrap();
        for route in wiring::routes().table() {
            let operation = &document["paths"][&route.path][route.method.as_str().to_lowercase()];
            let named: Vec<&str> =
                route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(required(operation, "path"), named, "{}", route.path);
            let public = matches!(route.access, web::Access::Public(_));
            let headers = required(operation, "header");
            assert_eq!(headers.contains(&"Idempotency-Key"), route.is_kept(), "{}", route.path);
            assert_eq!(headers.contains(&"If-Match"), route.is_versioned(), "{}", route.path);
            for (status, response) in operation["responses"].as_object().unwrap() {
                let shows = route.is_versioned() && matches!(status.as_str(), "200" | "201");
                let etag = response.pointer("/headers/ETag");
                assert!(!shows || etag.is_some(), "{} {status} shows no version", route.path);
            }
            assert_eq!(operation["security"] == serde_json::json!([]), public, "{}", route.path);
        }
    }
}
