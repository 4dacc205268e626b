//! A server of either engine on a socket of its own, with a clock that only the test moves, and
//! the actors that call it.

use access::{By, Demand, IdentityProvider, NewGrant, NewKey, NewUser, Password, Token};
use db::{Db, Engine, Settings};
use domain::network::Network;
use domain::permission::Permissions;
use domain::{Actor as Who, Ctx, Ids, Instant, LocationId, Permission, PrincipalId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use stockwell::ids::TimeIds;
use stockwell::server::{Server, ServerParts};
use stockwell::wiring;
use testkit::http::Actor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use web::{Clock, Closing, Failure, Limits, MasterKey, Principal, Proxies, Within};

pub(crate) const START: &str = "2026-03-01T09:30:00Z";
/// The key of all worlds.
pub(crate) const MASTER_KEY: MasterKey = MasterKey::new([7; 32]);
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Makes a test run on both engines: `on_both_engines!(name, …)` for `fn name(world: &World)`.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&$crate::world::World::new(db::Engine::Sqlite)); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&$crate::world::World::new(db::Engine::Postgres)); })*
        }
    };
}
pub(crate) use on_both_engines;

/// A clock that a test moves.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::Relaxed))
    }
}

/// A running server.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) address: SocketAddr,
    clock: Arc<TestClock>,
    ids: Arc<dyn Ids>,
    /// Turned to `false`, the server is not ready.
    pub(crate) in_order: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<std::thread::JoinHandle<()>>,
    names: AtomicU64,
    /// Where the files of records are.
    pub(crate) files: Arc<tempfile::TempDir>,
    _place: Place,
}

/// What else is set of a server.
struct Manner {
    demand: Demand,
    proxies: Proxies,
    identity_provider: Option<IdentityProvider>,
    /// Where the files of records are kept in place of a folder.
    bucket: Option<files::Bucket>,
}

impl Default for Manner {
    fn default() -> Manner {
        // one that nobody has started
        let provider = crate::identity_provider::settings("http://127.0.0.1:9");
        let identity_provider = Some(crate::identity_provider::reaching(provider));
        Manner { demand: Demand::Nobody, proxies: Proxies::default(), identity_provider, bucket: None }
    }
}

/// Where a database is, which goes away after its server.
type Place = (Option<tempfile::TempDir>, Option<testkit::pg::Database>);

/// What servers beside each other share: the clock, and the folder of files.
type Shared = (Arc<TestClock>, Arc<tempfile::TempDir>);

impl World {
    pub(crate) fn new(engine: Engine) -> World {
        World::with(engine, Limits::default())
    }

    pub(crate) fn with(engine: Engine, limits: Limits) -> World {
        World::set(engine, limits, |_| {})
    }

    /// The same over a database that is opened in another manner.
    pub(crate) fn set(engine: Engine, limits: Limits, change: impl FnOnce(&mut Settings)) -> World {
        World::of(engine, limits, Manner::default(), change)
    }

    /// One that demands second factors.
    pub(crate) fn demanding(engine: Engine, demand: Demand) -> World {
        World::of(engine, Limits::default(), Manner { demand, ..Manner::default() }, |_| {})
    }

    /// One whose people have a password or nothing.
    pub(crate) fn without_provider(engine: Engine) -> World {
        World::of(engine, Limits::default(), Manner { identity_provider: None, ..Manner::default() }, |_| {})
    }

    /// One with an identity provider, which demands second factors.
    pub(crate) fn with_provider(engine: Engine, demand: Demand, provider: IdentityProvider) -> World {
        let manner = Manner { demand, identity_provider: Some(provider), ..Manner::default() };
        World::of(engine, Limits::default(), manner, |_| {})
    }

    /// One behind a proxy on this machine, or behind others.
    pub(crate) fn behind(engine: Engine, proxies: &[&str]) -> World {
        let networks = proxies.iter().map(|text| Network::parse(text).unwrap()).collect();
        let proxies = Proxies::new(networks);
        World::of(engine, Limits::default(), Manner { proxies, ..Manner::default() }, |_| {})
    }

    /// One that keeps files in a bucket.
    pub(crate) fn with_bucket(engine: Engine, bucket: files::Bucket) -> World {
        let manner = Manner { bucket: Some(bucket), ..Manner::default() };
        World::of(engine, Limits::default(), manner, |_| {})
    }

    fn of(engine: Engine, limits: Limits, manner: Manner, change: impl FnOnce(&mut Settings)) -> World {
        let (mut settings, folder, database) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("stockwell.db");
                (Settings::new(format!("sqlite:{}", file.display())), Some(folder), None)
            }
            Engine::Postgres => {
                let database = testkit::pg::Database::new(&wiring::MIGRATIONS).unwrap();
                (Settings::new(&database.url), None, Some(database))
            }
        };
        change(&mut settings);
        let clock = TestClock(AtomicI64::new(Instant::parse(START).unwrap().0));
        let files = Arc::new(tempfile::tempdir().unwrap());
        World::serving(&settings, limits, (Arc::new(clock), files), manner, (folder, database))
    }

    /// Another server on the same database and the same clock; it must end before this one.
    pub(crate) fn beside(&self) -> World {
        let shared = (Arc::clone(&self.clock), Arc::clone(&self.files));
        World::serving(self.db.settings(), Limits::default(), shared, Manner::default(), (None, None))
    }

    fn serving(
        settings: &Settings,
        limits: Limits,
        (clock, files): Shared,
        Manner { demand, proxies, identity_provider, bucket }: Manner,
        place: Place,
    ) -> World {
        let db = Db::open(settings, &wiring::MIGRATIONS).unwrap();
        db.migrate().unwrap();
        let begin = clock.now();
        // the month of the test's clock, which is not that of the machine
        db.write_blocking(move |tx| stock::prepare(tx, begin)).unwrap();
        let ids: Arc<dyn Ids> = Arc::new(TimeIds::new(Arc::<TestClock>::clone(&clock)));
        let in_order = Arc::new(AtomicBool::new(true));
        let look = Arc::clone(&in_order);
        let folder = files::Folder::new(files.path());
        let blobs = match bucket {
            Some(bucket) => files::Blobs::in_bucket(bucket, folder),
            None => files::Blobs::in_folder(folder),
        };
        let parts = ServerParts {
            db: db.clone(),
            clock: Arc::<TestClock>::clone(&clock),
            ids: Arc::clone(&ids),
            limits,
            proxies,
            sign_in: access::Settings {
                master_key: MASTER_KEY,
                demand,
                public_url: identity_provider.is_some().then(|| "https://test".to_owned()),
                identity_provider,
            },
            files: files::Settings::new(blobs),
            readiness: vec![(
                "weather",
                Box::new(
                    move || if look.load(Ordering::Relaxed) { Ok(()) } else { Err("it rains".to_owned()) },
                ),
            )],
            // nothing happens but what the test asks for, however long it takes
            upkeep: false,
            verify_hour: None,
            training: false,
        };
        let (address, stop, ended) = start(parts);
        World {
            db,
            address,
            clock,
            ids,
            in_order,
            stop: Some(stop),
            ended: Some(ended),
            names: AtomicU64::new(1),
            files,
            _place: place,
        }
    }

    /// Tells the server to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // the server may have ended by itself
            let _gone = stop.send(());
        }
        if let Some(ended) = self.ended.take() {
            ended.join().unwrap();
        }
    }

    /// Tells the server to stop, without waiting.
    pub(crate) fn begin_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // the server may have ended by itself
            let _gone = stop.send(());
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.clock.0.fetch_add(micros, Ordering::Relaxed);
    }

    /// Somebody without a key.
    pub(crate) fn stranger(&self) -> Actor {
        Actor::stranger(self.address)
    }

    /// A machine's key that may everything everywhere.
    pub(crate) fn admin(&self) -> Actor {
        self.key(Permission::ALL, None)
    }

    /// A machine's key with these permissions, everywhere or below these locations.
    pub(crate) fn key(&self, permissions: &[Permission], within: Option<&[LocationId]>) -> Actor {
        let new = NewKey {
            permissions: Some(permissions.iter().copied().collect()),
            locations: within.map(<[LocationId]>::to_vec),
            ..self.new_key()
        };
        self.make_key(new)
    }

    /// A machine's key with the permissions of a role, everywhere.
    pub(crate) fn role(&self, role: &str) -> Actor {
        let built_in = access::BUILT_IN.iter().find(|known| known.name == role).unwrap();
        self.make_key(NewKey { permissions: Some(built_in.permissions()), ..self.new_key() })
    }

    /// A machine's key without permissions, a year long.
    pub(crate) fn new_key(&self) -> NewKey {
        NewKey {
            name: self.name("key"),
            owner: None,
            permissions: Some(Permissions::NONE),
            locations: None,
            networks: None,
            per_minute: None,
            expires_at: None,
        }
    }

    /// Any key.
    pub(crate) fn make_key(&self, new: NewKey) -> Actor {
        let token = Token::new().unwrap();
        let made = token.clone();
        self.write(move |tx, by| access::create_key(tx, by, &new, &made).map(drop));
        Actor::with_key(self.address, token.reveal())
    }

    /// A user with these roles, and a key of theirs with all that they may.
    pub(crate) fn user(&self, login: &str, roles: &[(&str, Within)]) -> Actor {
        let grants = roles.iter().map(|(role, within)| NewGrant {
            role: (*role).to_owned(),
            within: *within,
            category: None,
        });
        let new = NewUser {
            login: login.to_owned(),
            name: login.to_owned(),
            password: Password::parse(PASSWORD, &[login]).unwrap().hash().unwrap(),
            grants: grants.collect(),
        };
        self.write(move |tx, by| access::create_user(tx, by, &new).map(drop));
        let key = NewKey {
            owner: Some(login.to_owned()),
            permissions: None,
            per_minute: Some(access::PER_MINUTE),
            ..self.new_key()
        };
        self.make_key(key)
    }

    /// A user with these roles who has signed in.
    pub(crate) fn signed_in(&self, login: &str, roles: &[(&str, Within)]) -> Actor {
        self.user(login, roles);
        self.stranger().sign_in(login, PASSWORD).unwrap()
    }

    /// A name that nothing else has.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs a command of `access` as the operator.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        mut command: impl FnMut(&mut db::Tx<'_>, &By<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> T {
        let ctx = self.ctx();
        let done = self.db.write_blocking(move |tx| {
            let by = By { ctx: &ctx, principal: &Principal::system(), bounds: &wiring::BOUNDS };
            command(tx, &by)
        });
        done.unwrap()
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx {
            actor: Who { id: PrincipalId(1), name: "system".to_owned() },
            now: self.now(),
            ids: Arc::clone(&self.ids),
            request_id: self.ids.next(),
        }
    }

    /// The ids of locations by their codes.
    pub(crate) fn location(&self, code: &str) -> LocationId {
        let found = self.db.read_blocking(|conn| (wiring::BOUNDS.find)(conn, code)).unwrap();
        found.unwrap_or_else(|| panic!("no location {code}"))
    }

    /// The last audit row's number.
    pub(crate) fn audits(&self) -> i64 {
        self.db.read_blocking(db::audit::head).unwrap().n
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
        self.db.close();
    }
}

type Started = (SocketAddr, oneshot::Sender<()>, std::thread::JoinHandle<()>);

fn start(parts: ServerParts) -> Started {
    let (told, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            let server = Server::new(parts);
            let closing = Closing { delay: Duration::ZERO, patience: Duration::from_secs(5) };
            server.run(listener, async { drop(stopped.await) }, closing).await;
        });
    });
    (address.recv().unwrap(), stop, ended)
}
