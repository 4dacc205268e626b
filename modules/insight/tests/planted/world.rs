//! A good database with something of everything in it, made through the doors of the product.

use axum::body::Body;
use axum::extract::FromRef;
use axum::http::Request;
use db::{Conn, Db, DbError, Engine, MigrationSet, Settings};
use domain::permission::Permissions;
use domain::{Actor, Ctx, Ids, Instant, PrincipalId};
use http_body_util::BodyExt as _;
use insight::verify::{self, Options, Report, Status};
use serde_json::Value;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use stock::Vault;
use tower_service::Service as _;
use uuid::Uuid;
use web::{
    App, AppParts, Authenticator, Clock, Credential, Failure, Feed, Grant, Limits, Principal, PrincipalKind,
    Within,
};

pub(crate) const SETS: &[MigrationSet] = &[
    access::MIGRATIONS,
    catalog::MIGRATIONS,
    places::MIGRATIONS,
    stock::MIGRATIONS,
    files::MIGRATIONS,
    exchange::MIGRATIONS,
];

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) | (7 << 76) | (2 << 62))
    }
}

/// A clock that is a millisecond further whenever somebody looks.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Instant {
        Instant(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

/// Lets everybody in.
struct Doorman;

impl Doorman {
    fn anybody() -> Arc<Principal> {
        let grant = Grant::free(Permissions::all(), Within::All);
        Arc::new(Principal::new(PrincipalId(1), "ann", PrincipalKind::User, vec![grant], None))
    }
}

impl Authenticator for Doorman {
    fn remembered(
        &self,
        _: Credential<'_>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Option<Result<Arc<Principal>, Failure>> {
        Some(Ok(Doorman::anybody()))
    }

    fn authenticate<'a>(
        &'a self,
        _: Credential<'a>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(async { Ok(Doorman::anybody()) })
    }

    fn is_current(&self, _: &Arc<Principal>, _: Instant) -> bool {
        true
    }

    fn names(&self, _: &mut Conn<'_>, _: &[PrincipalId]) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        Ok(BTreeMap::new())
    }
}

/// What the routes ask for.
#[derive(Clone)]
struct Shared {
    access: access::Access,
    vault: Vault,
    files: files::Files,
}

impl FromRef<Shared> for access::Access {
    fn from_ref(shared: &Shared) -> access::Access {
        shared.access.clone()
    }
}

impl FromRef<Shared> for Vault {
    fn from_ref(shared: &Shared) -> Vault {
        shared.vault.clone()
    }
}

impl FromRef<Shared> for files::Files {
    fn from_ref(shared: &Shared) -> files::Files {
        shared.files.clone()
    }
}

const BOUNDS: access::Bounds = access::Bounds {
    find: |conn, code| {
        Ok(places::facts_by_code(conn, &[code])?.into_iter().flatten().next().map(|facts| facts.id))
    },
    code: |conn, id| {
        Ok(places::facts_by_id(conn, &[id])?.into_iter().flatten().next().map(|facts| facts.code))
    },
    within: places::within,
    moves: places::moves,
    hold_category: catalog::hold_category,
    category_path: catalog::category_path,
    category_line: catalog::category_line,
    organisation: |conn| places::organisation(conn).map(|organisation| organisation.name.unwrap_or_default()),
};

/// A database and its doors.
pub(crate) struct World {
    pub(crate) db: Db,
    clock: Arc<Ticking>,
    ids: Arc<dyn Ids>,
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    keys: AtomicU64,
    _dir: Option<tempfile::TempDir>,
    _kept: tempfile::TempDir,
    _database: Option<testkit::pg::Database>,
}

impl World {
    /// An empty one.
    pub(crate) fn new(engine: Engine) -> World {
        let (settings, dir, database) = match engine {
            Engine::Sqlite => {
                let dir = tempfile::tempdir().unwrap();
                (Settings::new(format!("sqlite:{}", dir.path().join("t.db").display())), Some(dir), None)
            }
            Engine::Postgres => {
                let database = testkit::pg::Database::new(SETS).unwrap();
                let mut settings = Settings::new(&database.url);
                // two lanes: one of the hot path, one of the documents
                settings.writers = 1;
                (settings, None, Some(database))
            }
        };
        let db = Db::open(&settings, SETS).unwrap();
        db.migrate().unwrap();
        let start = Instant::parse("2026-03-02T09:30:00Z").unwrap();
        let clock = Arc::new(Ticking(AtomicI64::new(start.0)));
        let ids: Arc<dyn Ids> = Arc::new(Counted(AtomicU64::new(1)));
        let kept = tempfile::tempdir().unwrap();
        let master_key = web::MasterKey::new([7; 32]);
        let sign_in = access::Settings {
            master_key,
            demand: access::Demand::Nobody,
            identity_provider: None,
            public_url: None,
        };
        let shared = Shared {
            access: access::Access::new(db.clone(), BOUNDS, |_, _, _| Ok(()), sign_in),
            vault: Vault::open(&db),
            files: files::Files::new(files::Settings::new(files::Blobs::in_folder(files::Folder::new(
                kept.path(),
            )))),
        };
        let app = App::new(AppParts {
            db: db.clone(),
            clock: Arc::<Ticking>::clone(&clock),
            ids: Arc::clone(&ids),
            authenticator: Arc::new(Doorman),
            master_key: web::MasterKey::new([7; 32]),
            limits: Limits::default(),
            proxies: web::Proxies::default(),
            readiness: Vec::new(),
            description: Vec::new().into(),
            categories: web::Categories { of: catalog::categories_of, granted: access::granted },
            feed: Feed { kinds: Vec::new(), any_site: |_, _| Ok(true), without_costs: |_, _| None },
            training: false,
            refusals: None,
        });
        let routes = access::routes()
            .and(catalog::routes())
            .and(places::routes())
            .and(stock::routes())
            .and(stock::document_routes())
            .and(files::routes());
        let doors = routes.router(&app, shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        db.write_blocking(move |tx| stock::prepare(tx, start)).unwrap();
        let keys = AtomicU64::new(1);
        World { db, clock, ids, router: doors, runtime, keys, _dir: dir, _kept: kept, _database: database }
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Turns the clock.
    pub(crate) fn turn(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) fn ctx(&self) -> Ctx {
        let actor = Actor { id: PrincipalId(1), name: "ann".to_owned() };
        Ctx { actor, now: self.now(), ids: Arc::clone(&self.ids), request_id: Uuid::from_u128(1) }
    }

    /// Asks for a change, which is accepted; what was answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.post_at(0, path, body)
    }

    /// The same from a version of the record.
    pub(crate) fn post_at(&self, version: i64, path: &str, body: &Value) -> Value {
        self.send("POST", version, path, body)
    }

    pub(crate) fn send(&self, method: &str, version: i64, path: &str, body: &Value) -> Value {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("authorization", "Bearer ann")
            .header("idempotency-key", key)
            .header("if-match", format!("\"{version}\""))
            .header("content-type", "application/json")
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .unwrap();
        let (status, answer) = self.runtime.block_on(async {
            let response = self.router.clone().call(request).await.unwrap();
            let status = response.status();
            (status, response.into_body().collect().await.unwrap().to_bytes())
        });
        assert!(status.is_success(), "{path} {body}: {status} {}", String::from_utf8_lossy(&answer));
        if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() }
    }

    /// On a server events get their positions a moment after their commit: until all have.
    pub(crate) fn positioned(&self) {
        let waiting =
            db::Statement::new("test.waiting", "select count(*) from ck_event where position is null");
        while self.db.read_blocking(|conn| conn.query_one(&waiting, &[], |row| row.int(0))).unwrap() > 0 {
            std::thread::yield_now();
        }
    }

    /// All invariants.
    pub(crate) fn options(&self, deep: bool) -> Options {
        Options { only: Vec::new(), deep, now: self.now(), keys_max: Options::KEYS_MAX }
    }

    /// What a run over the database finds.
    pub(crate) fn verified(&self, deep: bool) -> Report {
        verify::run(&self.db, &self.options(deep)).unwrap()
    }
}

/// The invariants that do not hold, with what is said of them.
pub(crate) fn broken(report: &Report) -> Vec<String> {
    let failed = report.records.iter().filter(|record| record.status == Status::Fail);
    failed.map(|record| format!("{} {:?}", record.id, record.sample)).collect()
}
