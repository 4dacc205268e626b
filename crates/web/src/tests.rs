//! The guard in front of handlers that go wrong in every way.

use crate::{
    Access, Answer, App, AppParts, Authenticator, Caller, Clock, Command, Credential, Failure, Feed, Grant,
    Limits, Principal, PrincipalKind, PublicReason, Reach, Routes, Stage, Within,
};
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use db::{Conn, Db, DbError, Settings};
use domain::permission::Permissions;
use domain::{Code, Ids, Instant, Permission, PrincipalId, Problem};
use http_body_util::BodyExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;
use uuid::Uuid;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Instant {
        Instant(1_767_225_600_000_000)
    }
}

impl Ids for Fixed {
    fn next(&self) -> Uuid {
        Uuid::from_u128(7)
    }
}

/// Knows the key `all` at once, `slow` from the store, and no other.
struct Doorman;

impl Doorman {
    fn ann() -> Principal {
        let grant = Grant::free(Permissions::all(), Within::All);
        Principal::new(PrincipalId(9), "ann", PrincipalKind::User, vec![grant], None)
    }

    fn all() -> Arc<Principal> {
        Arc::new(Doorman::ann())
    }

    fn in_session() -> Arc<Principal> {
        Arc::new(Doorman::ann().in_session(4, Stage::Whole))
    }
}

impl Authenticator for Doorman {
    fn remembered(
        &self,
        credential: Credential<'_>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Option<Result<Arc<Principal>, Failure>> {
        matches!(credential, Credential::Key("all")).then(|| Ok(Doorman::all()))
    }

    fn authenticate<'a>(
        &'a self,
        credential: Credential<'a>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(async move {
            match credential {
                Credential::Key("slow") => Ok(Doorman::all()),
                Credential::Session("slow") => Ok(Doorman::in_session()),
                Credential::Key("down") => Err(DbError::Unavailable("secret.example".into()).into()),
                _ => Err(Problem::new(Code::Unauthenticated, "no").into()),
            }
        })
    }

    fn is_current(&self, _: &Arc<Principal>, _: Instant) -> bool {
        true
    }

    fn names(&self, _: &mut Conn<'_>, _: &[PrincipalId]) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        Ok(BTreeMap::new())
    }
}

/// Panics.
#[utoipa::path(get, path = "/panic", responses((status = 200)))]
async fn get_panic() -> crate::Result {
    panic!("secret in a panic")
}

/// Never answers.
#[utoipa::path(get, path = "/slow", responses((status = 200)))]
async fn get_slow() -> crate::Result {
    std::future::pending().await
}

/// Fails as it is told.
#[utoipa::path(get, path = "/fail/{how}", params(("how" = String, Path)), responses((status = 200)))]
async fn get_fail(crate::Path(how): crate::Path<String>) -> crate::Result {
    let text = || "secret".into();
    Err(match how.as_str() {
        "busy" => DbError::Busy,
        "contention" => DbError::Contention,
        "timeout" => DbError::Timeout("secret"),
        "unknown" => DbError::CommitUnknown,
        "unavailable" => DbError::Unavailable(text()),
        "io" => DbError::Io(text()),
        "read_only" => DbError::ReadOnly,
        "closed" => DbError::Closed,
        "full" => DbError::StorageFull,
        "unique" => DbError::Unique(text()),
        "raised" => DbError::Raised(text()),
        _ => return Err(Failure::fault("secret")),
    }
    .into())
}

/// Asks for a caller where there is none.
#[utoipa::path(get, path = "/public", responses((status = 200)))]
async fn get_public(caller: Caller) -> crate::Result {
    Answer::ok(caller.principal.name())
}

/// Answers.
#[utoipa::path(get, path = "/good", responses((status = 200)))]
async fn get_good(caller: Caller) -> crate::Result {
    Answer::ok(caller.principal.name())
}

fn routes() -> Routes<()> {
    Routes::new("test")
        .add(Permission::StockRead, Reach::Whole, crate::routes!(get_panic))
        .add(Permission::StockRead, Reach::Whole, crate::routes!(get_slow))
        .add(Permission::StockRead, Reach::Whole, crate::routes!(get_fail))
        .add(Access::Public(PublicReason::Health), Reach::Whole, crate::routes!(get_public))
        .add(Permission::StockRead, Reach::Whole, crate::routes!(get_good))
        .add_bulk(Permission::StockRead, Reach::Whole, crate::routes!(keep_body))
}

/// Keeps its body for ever when it says so.
#[utoipa::path(post, path = "/keep", request_body = Value, responses((status = 200)))]
async fn keep_body(command: Command<Value>) -> crate::Result {
    if command.body["for_ever"] == true {
        return std::future::pending().await;
    }
    Answer::ok(&command.dry_run)
}

/// Doors with a store of their own.
fn doors(folder: &std::path::Path, limits: Limits) -> (App, axum::Router) {
    doors_on(&Settings::new(format!("sqlite:{}", folder.join("t.db").display())), limits)
}

pub(crate) fn doors_on(settings: &Settings, limits: Limits) -> (App, axum::Router) {
    let app = App::new(AppParts {
        db: Db::open(settings, &[]).unwrap(),
        clock: Arc::new(Fixed),
        ids: Arc::new(Fixed),
        authenticator: Arc::new(Doorman),
        master_key: crate::MasterKey::new([7; 32]),
        limits,
        proxies: crate::Proxies::default(),
        readiness: Vec::new(),
        description: bytes::Bytes::new(),
        feed: Feed { kinds: Vec::new(), any_site: |_, _| Ok(true), without_costs: |_, _| None },
        categories: crate::Categories { of: |_, _| Ok(None), granted: |_, _| Ok(None) },
        training: false,
        refusals: None,
    });
    let router = routes().router(&app, ());
    (app, router)
}

/// Sends one request, with what it may leave behind.
fn ask(key: Option<&str>, path: &str) -> (StatusCode, Response<()>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { request_time_max: Duration::from_millis(50), ..Limits::default() };
    let (_, mut router) = doors(folder.path(), limits);
    let mut request = Request::builder().uri(path);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (parts, body) = router.call(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains("secret"), "{text}");
        (parts.status, Response::from_parts(parts, ()), serde_json::from_str(&text).unwrap_or(Value::Null))
    })
}

#[test]
fn a_panic_is_a_problem_that_tells_nothing() {
    let (status, response, body) = ask(Some("all"), "/panic");
    assert_eq!((status.as_u16(), &body["code"]), (500, &"internal".into()));
    assert_eq!(body["instance"], "req_00000000000000000000000000000007");
    assert_eq!(response.headers()["x-request-id"], "req_00000000000000000000000000000007");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[test]
fn patience_ends() {
    let (status, response, body) = ask(Some("all"), "/slow");
    assert_eq!(
        (status.as_u16(), &body["code"], &response.headers()["retry-after"]),
        (503, &"busy".into(), &"1".parse().unwrap())
    );
}

#[test]
fn large_bodies_have_so_much_room_and_common_ones_are_not_held_up() {
    const MOST: usize = 4 << 20;
    let folder = tempfile::tempdir().unwrap();
    let limits =
        Limits { large_bytes_max: MOST, request_time_max: Duration::from_millis(200), ..Limits::default() };
    let (app, router) = doors(folder.path(), limits);
    let ask = |length: usize, for_ever: bool| {
        let text = format!("{{\"for_ever\":{for_ever}}}");
        // in pieces, as a socket gives them
        let body = format!("{text}{}", " ".repeat(length - text.len()));
        let pieces: Vec<_> = body.into_bytes().chunks(100_000).map(bytes::Bytes::copy_from_slice).collect();
        let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
        let request = Request::post("/keep")
            .header("authorization", "Bearer all")
            .header("idempotency-key", "k")
            .header("content-type", "application/json")
            .body(Body::from_stream(futures_util::stream::iter(pieces)))
            .unwrap();
        let mut router = router.clone();
        async move {
            let response = router.call(request).await.unwrap();
            (response.status().as_u16(), response.headers().contains_key("retry-after"))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let meanwhile = async {
            assert_eq!(ask(MOST / 2, false).await, (200, false), "at the limit");
            assert_eq!(ask(MOST / 2 + 1, false).await, (503, true), "one past it");
            assert_eq!(ask(crate::held::SMALL_BYTES, false).await, (200, false), "not counted");
            assert_eq!(app.meter().held.get(), i64::try_from(MOST / 2).unwrap(), "only what is kept");
        };
        // the one that is kept comes first, and its patience ends
        assert_eq!(tokio::join!(ask(MOST / 2, true), meanwhile).0, (503, true));
        assert_eq!(app.meter().held.get(), 0);
        assert_eq!(ask(MOST + 1, false).await, (200, false), "alone it always passes");
    });
    assert_eq!(app.meter().held.get(), 0);
}

#[test]
fn a_failure_of_the_store_has_the_status_that_tells_what_to_do() {
    let rows = [
        ("busy", 503, "busy", true),
        ("contention", 503, "busy", true),
        ("timeout", 503, "busy", true),
        ("unknown", 503, "busy", true),
        ("unavailable", 503, "read_only", true),
        ("io", 503, "read_only", true),
        ("read_only", 503, "read_only", true),
        ("closed", 503, "shutting_down", true),
        ("full", 507, "storage_full", false),
        ("unique", 500, "internal", false),
        ("raised", 500, "internal", false),
        ("fault", 500, "internal", false),
    ];
    for (how, status, code, again) in rows {
        let (got, response, body) = ask(Some("all"), &format!("/fail/{how}"));
        assert_eq!((got.as_u16(), &body["code"]), (status, &code.into()), "{how}");
        assert_eq!(response.headers().contains_key("retry-after"), again, "{how}");
    }
}

#[test]
fn a_key_is_looked_up_when_it_is_not_remembered() {
    for (key, status) in
        [(Some("all"), 200), (Some("slow"), 200), (Some("other"), 401), (Some("down"), 503), (None, 401)]
    {
        assert_eq!(ask(key, "/good").0.as_u16(), status, "{key:?}");
    }
}

#[test]
fn a_mistake_of_ours_is_a_fault_and_not_an_open_door() {
    assert_eq!(ask(Some("all"), "/public").0.as_u16(), 500);
    assert_eq!(ask(Some("all"), "/fail/%00").0.as_u16(), 404);
}

#[test]
#[should_panic(expected = "has not exactly one method and one path")]
fn a_route_is_one_method_at_one_path() {
    let (schemas, _, router) = crate::routes!(get_good);
    drop(Routes::<()>::new("test").add(
        Permission::StockRead,
        Reach::Whole,
        (schemas, utoipa::openapi::path::Paths::new(), router),
    ));
}
