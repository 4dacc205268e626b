//! Keys and sessions in memory: a request costs one hash and one look-up. What changes in this process is
//! forgotten at once; what changes in another is noticed by the generation within a second, and so
//! is a location that was put elsewhere, where a key is cut to the places of its user. The rate of
//! a key is not forgotten with it: else every change of access would fill all rates again.

use crate::authority::Bounds;
use crate::keys::Authenticated;
use crate::second_factor::Demand;
use crate::sessions::{self, SignedIn};
use crate::{keys, store, store_keys, store_sessions, token};
use db::{Conn, Db, DbError};
use domain::network::Network;
use domain::{Code, Instant, PrincipalId, Problem};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use web::{Authenticator, Credential, Failure, Limiter, Principal};

/// How often other processes are looked after.
const LOOK: Duration = Duration::from_millis(500);
/// Looks between two writes of when keys were used.
const LOOKS_PER_NOTE: u32 = 60;
/// Keys remembered at most; beyond, all are forgotten.
const REMEMBERED_MAX: usize = 20_000;

/// The authenticator of API keys.
pub(crate) struct Keys {
    db: Db,
    bounds: Bounds,
    demand: Demand,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Entries are as of this generation.
    generation: i64,
    entries: FxHashMap<[u8; 32], Entry>,
    /// By key. They outlast the entries: a change of access says nothing of how much a key has asked.
    rates: FxHashMap<PrincipalId, Arc<Limiter>>,
}

impl Known {
    /// Forgets who the keys are; what they have used up stays.
    fn forget(&mut self, generation: i64) {
        (self.generation, self.entries) = (generation, FxHashMap::default());
    }

    /// The sessions that are remembered.
    fn sessions(&self) -> Vec<i64> {
        let session = |entry: &Entry| match entry.source {
            Source::Session(session) => Some(session),
            Source::Key(_) => None,
        };
        self.entries.values().filter_map(session).collect()
    }

    /// Forgets sessions that have ended by themselves. The latest request of anybody tells the time.
    fn forget_idle(&mut self) {
        let seen = |entry: &Entry| entry.seen_at.load(Ordering::Relaxed);
        let Some(latest) = self.entries.values().map(seen).max() else { return };
        self.entries.retain(|_, entry| !entry.is_idle(Instant(latest)));
    }

    /// The rate that a key goes on with: the one that it had, unless the key allows another by now.
    fn rate(&mut self, key: PrincipalId, fresh: Arc<Limiter>, now: Instant) -> Arc<Limiter> {
        if self.rates.len() >= REMEMBERED_MAX {
            self.rates.retain(|_, rate| !rate.is_full(now));
        }
        let rate = self.rates.entry(key).or_insert_with(|| Arc::clone(&fresh));
        if !rate.is_as_fast_as(&fresh) {
            *rate = fresh;
        }
        Arc::clone(rate)
    }
}

/// By what somebody is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Key(PrincipalId),
    Session(i64),
}

struct Entry {
    principal: Arc<Principal>,
    source: Source,
    /// Where a key may be used from.
    networks: Option<Vec<Network>>,
    expires_at: Instant,
    /// Its places follow from where places stood.
    cut: bool,
    /// They are as of this many moves of the tree.
    moves: AtomicI64,
    /// In microseconds; 0 when not since the last note.
    used_at: AtomicI64,
    /// The last request, in microseconds.
    seen_at: AtomicI64,
}

impl Entry {
    /// Whether it is known by what a request comes with, and not by a text of the other kind.
    fn is_of(&self, credential: Credential<'_>) -> bool {
        match self.source {
            Source::Key(_) => matches!(credential, Credential::Key(_)),
            Source::Session(_) => matches!(credential, Credential::Session(_)),
        }
    }

    /// Whether the session has ended by itself, as far as this process knows.
    fn is_idle(&self, now: Instant) -> bool {
        let seen = Instant(self.seen_at.load(Ordering::Relaxed));
        matches!(self.source, Source::Session(_)) && sessions::is_idle(seen, now)
    }
}

/// One text for every reason but that a key has expired, so that a stranger learns nothing about which keys exist.
fn unknown() -> Problem {
    let detail = "this key does not hold: it is mistyped, revoked, of an account that was ended, or used from elsewhere";
    Problem::new(Code::Unauthenticated, detail)
}

/// What is told to whoever comes with a key that does not hold.
fn nobody(keys::Nobody { why, expired_at }: keys::Nobody) -> Failure {
    let told = expired_at.map_or_else(unknown, |at| {
        let detail = format!("this key has expired at {}; make another one", at.to_the_second());
        Problem::new(Code::Unauthenticated, detail)
    });
    Failure::masked(told, why)
}

/// What is told to whoever comes with a session that does not hold.
fn ended() -> Problem {
    Problem::new(Code::Unauthenticated, "this session has ended, sign in again")
}

impl Keys {
    pub(crate) fn new(db: Db, bounds: Bounds, demand: Demand) -> Keys {
        Keys { db, bounds, demand, known: RwLock::default() }
    }

    pub(crate) fn demand(&self) -> Demand {
        self.demand
    }

    pub(crate) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the generation and forgets everything when it has moved.
    pub(crate) async fn refresh(&self) -> Result<(), db::DbError> {
        let bounds = self.bounds;
        let sessions = self.known().sessions();
        let now = self.db.read(move |conn| {
            let ended =
                if sessions.is_empty() { Vec::new() } else { store_sessions::ended(conn, &sessions)? };
            Ok::<_, db::DbError>((store::generation(conn)?, (bounds.moves)(conn)?, ended))
        });
        let (generation, moves, ended) = now.await?;
        let forgotten = {
            let mut known = self.known_mut();
            if !ended.is_empty() {
                known.entries.retain(|_, entry| match entry.source {
                    Source::Session(session) => !ended.contains(&session),
                    Source::Key(_) => true,
                });
            }
            let changed = known.generation != generation;
            let used = changed.then(|| take_used(&known));
            if changed {
                known.forget(generation);
            }
            used
        };
        match forgotten {
            Some(used) => self.note(used),
            None => self.recut(moves).await?,
        }
        Ok(())
    }

    /// Cuts keys to the places of their users anew when the tree has moved since, and forgets those
    /// that allow something else now. The others keep their rate, and their streams go on.
    async fn recut(&self, moves: i64) -> Result<(), db::DbError> {
        let behind = |entry: &Entry| entry.cut && entry.moves.load(Ordering::Relaxed) < moves;
        let stale: Vec<([u8; 32], PrincipalId)> = {
            let known = self.known();
            let entries = known.entries.iter().filter(|(_, entry)| behind(entry));
            let key = |entry: &Entry| match entry.source {
                Source::Key(key) => Some(key),
                Source::Session(_) => None,
            };
            entries.filter_map(|(hash, entry)| Some((*hash, key(entry)?))).collect()
        };
        if stale.is_empty() {
            return Ok(());
        }
        let bounds = self.bounds;
        let cut = self.db.read(move |conn| {
            let grants = |(hash, key)| Ok((hash, keys::grants_of(conn, &bounds, key)?));
            stale.into_iter().map(grants).collect::<Result<Vec<_>, db::DbError>>()
        });
        let cut = cut.await?;
        let mut known = self.known_mut();
        for (hash, grants) in cut {
            match known.entries.get(&hash) {
                Some(entry) if entry.principal.grants() == grants => {
                    entry.moves.store(moves, Ordering::Relaxed);
                }
                _ => drop(known.entries.remove(&hash)),
            }
        }
        Ok(())
    }

    /// Writes down, some time later, when keys were used.
    fn note(&self, used: Vec<(Source, Instant)>) {
        if used.is_empty() {
            return;
        }
        let (mut of_keys, mut of_sessions) = (Vec::new(), Vec::new());
        for (source, at) in used {
            match source {
                Source::Key(key) => of_keys.push((key, at)),
                Source::Session(session) => of_sessions.push((session, at)),
            }
        }
        let db = self.db.clone();
        tokio::spawn(async move {
            let noted = db.write(move |tx| {
                store_keys::used(tx, &of_keys)?;
                store_sessions::seen(tx, &of_sessions)
            });
            let noted = noted.await;
            if let Err(error) = noted {
                tracing::warn!(%error, "when keys and sessions were used cannot be noted");
            }
        });
    }

    /// Looks after other processes until it is dropped.
    pub(crate) async fn watch(&self) {
        let mut looks = 0;
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "changes of access cannot be looked for");
            }
            looks += 1;
            if looks >= LOOKS_PER_NOTE {
                looks = 0;
                let used = take_used(&self.known());
                self.note(used);
                self.known_mut().forget_idle();
            }
        }
    }

    async fn load_key(
        &self,
        text: &str,
        (from, now): (Option<IpAddr>, Instant),
    ) -> Result<Arc<Principal>, Failure> {
        let (bounds, wanted) = (self.bounds, text.to_owned());
        let found = self.db.read(move |conn| {
            let generation = store::generation(conn)?;
            let moves = (bounds.moves)(conn)?;
            let found = keys::authenticate(conn, &bounds, &wanted, (now, from))?;
            Ok::<_, db::DbError>(found.map(|found| (found, generation, moves)))
        });
        let (found, generation, moves) = found.await?.map_err(nobody)?;
        let Authenticated { principal, key, expires_at, networks, cut } = found;
        let loaded = Loaded { principal, source: Source::Key(key), networks, rate: key, expires_at, cut };
        Ok(self.remember(text, loaded, (generation, moves), now))
    }

    async fn load_session(&self, text: &str, now: Instant) -> Result<Arc<Principal>, Failure> {
        let seen = {
            let known = self.known();
            let entry = known.entries.get(&token::hash(text));
            entry.map(|entry| Instant(entry.seen_at.load(Ordering::Relaxed)))
        };
        let (wanted, demand) = (text.to_owned(), self.demand);
        let found = self.db.read(move |conn| {
            let generation = store::generation(conn)?;
            let found = sessions::authenticate(conn, &wanted, (now, seen), demand)?;
            Ok::<_, db::DbError>(found.map(|found| (found, generation)))
        });
        let (found, generation) = found.await?.map_err(|why| Failure::masked(ended(), why))?;
        let SignedIn { principal, session } = found;
        let (rate, expires_at) = (principal.id(), session.expires_at);
        let loaded = Loaded {
            principal,
            source: Source::Session(session.id),
            networks: None,
            rate,
            expires_at,
            cut: false,
        };
        Ok(self.remember(text, loaded, (generation, 0), now))
    }

    /// Remembers who was loaded.
    fn remember(
        &self,
        text: &str,
        loaded: Loaded,
        (generation, moves): (i64, i64),
        now: Instant,
    ) -> Arc<Principal> {
        let Loaded { principal, source, networks, rate, expires_at, cut } = loaded;
        let mut known = self.known_mut();
        let principal = Arc::new(principal.at_rate_of(|fresh| known.rate(rate, fresh, now)));
        if generation < known.generation {
            // something has changed since it was read: good for this request, asked again for the next
            return principal;
        }
        if generation > known.generation || known.entries.len() >= REMEMBERED_MAX {
            known.forget(generation);
        }
        let (moves, used_at) = (AtomicI64::new(moves), AtomicI64::new(now.0));
        let entry = Entry {
            principal,
            source,
            networks,
            expires_at,
            cut,
            moves,
            used_at,
            seen_at: AtomicI64::new(now.0),
        };
        // somebody else may have loaded it meanwhile
        let entry = known.entries.entry(token::hash(text)).or_insert(entry);
        entry.seen_at.fetch_max(now.0, Ordering::Relaxed);
        Arc::clone(&entry.principal)
    }
}

/// Who stands behind a key or a session, from the store.
struct Loaded {
    principal: Principal,
    source: Source,
    networks: Option<Vec<Network>>,
    /// Whose rate it shares.
    rate: PrincipalId,
    expires_at: Instant,
    cut: bool,
}

fn take_used(known: &Known) -> Vec<(Source, Instant)> {
    known
        .entries
        .values()
        .filter_map(|entry| {
            let at = entry.used_at.swap(0, Ordering::Relaxed);
            (at > 0).then_some((entry.source, Instant(at)))
        })
        .collect()
}

impl Authenticator for Keys {
    fn public_part<'t>(&self, text: &'t str) -> Option<&'t str> {
        token::public_id(text)
    }

    fn remembered(
        &self,
        credential: Credential<'_>,
        (from, now): (Option<IpAddr>, Instant),
    ) -> Option<Result<Arc<Principal>, Failure>> {
        let (text, formed) = match credential {
            Credential::Key(text) => (text, token::public_id(text).is_some()),
            Credential::Session(text) => (text, sessions::is_secret(text)),
        };
        let known = self.known();
        let entry = known.entries.get(&token::hash(text)).filter(|entry| entry.is_of(credential));
        let Some(entry) = entry else {
            return match credential {
                _ if formed => None,
                Credential::Key(_) => Some(Err(unknown().into())),
                Credential::Session(_) => Some(Err(ended().into())),
            };
        };
        if entry.expires_at <= now || entry.is_idle(now) {
            // the store tells why, and whether another process was asked since
            return None;
        }
        if let Source::Key(key) = entry.source
            && !keys::may_come(entry.networks.as_deref(), from)
        {
            return Some(Err(Failure::masked(unknown(), keys::elsewhere(key))));
        }
        entry.seen_at.fetch_max(now.0, Ordering::Relaxed);
        entry.used_at.store(now.0, Ordering::Relaxed);
        Some(Ok(Arc::clone(&entry.principal)))
    }

    fn authenticate<'a>(
        &'a self,
        credential: Credential<'a>,
        (from, now): (Option<IpAddr>, Instant),
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        match credential {
            Credential::Key(text) => Box::pin(self.load_key(text, (from, now))),
            Credential::Session(text) => Box::pin(self.load_session(text, now)),
        }
    }

    /// Any change of access ends the streams; their clients come again and resume exactly.
    fn is_current(&self, principal: &Arc<Principal>, now: Instant) -> bool {
        let is_it = |entry: &Entry| {
            Arc::ptr_eq(&entry.principal, principal) && entry.expires_at > now && !entry.is_idle(now)
        };
        self.known().entries.values().any(is_it)
    }

    fn names(
        &self,
        conn: &mut Conn<'_>,
        ids: &[PrincipalId],
    ) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        let mut names = BTreeMap::new();
        for id in ids {
            if let Some(name) = store::name(conn, *id)? {
                names.insert(*id, name);
            }
        }
        Ok(names)
    }
}
