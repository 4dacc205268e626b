//! Keys in memory: a request costs one hash and one look-up. What changes in this process is
//! forgotten at once; what changes in another is noticed by the generation within a second, and so
//! is a location that was put elsewhere, where a key is cut to the places of its user. The rate of
//! a key is not forgotten with it: else every change of access would fill all rates again.

use crate::authority::Locations;
use crate::keys::Authenticated;
use crate::{keys, store, store_keys, token};
use db::{Conn, Db, DbError};
use domain::{Code, Instant, PrincipalId, Problem};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use web::{Authenticator, Failure, Limiter, Principal};

/// How often other processes are looked after.
const LOOK: Duration = Duration::from_millis(500);
/// Looks between two writes of when keys were used.
const LOOKS_PER_NOTE: u32 = 60;
/// Keys remembered at most; beyond, all are forgotten.
const REMEMBERED_MAX: usize = 20_000;

/// The authenticator of API keys.
pub(crate) struct Keys {
    db: Db,
    locations: Locations,
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

struct Entry {
    principal: Arc<Principal>,
    key: PrincipalId,
    expires_at: Instant,
    /// Its places follow from where places stood.
    cut: bool,
    /// They are as of this many moves of the tree.
    moves: AtomicI64,
    /// In microseconds; 0 when not since the last note.
    used_at: AtomicI64,
}

/// One text for every reason, so that a stranger learns nothing about which keys exist.
fn unknown() -> Problem {
    let detail = "this key does not hold: it is mistyped, revoked or past its expiry";
    Problem::new(Code::Unauthenticated, detail)
}

impl Keys {
    pub(crate) fn new(db: Db, locations: Locations) -> Keys {
        Keys { db, locations, known: RwLock::default() }
    }

    pub(crate) fn locations(&self) -> &Locations {
        &self.locations
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the generation and forgets everything when it has moved.
    pub(crate) async fn refresh(&self) -> Result<(), db::DbError> {
        let locations = self.locations;
        let now = self
            .db
            .read(move |conn| Ok::<_, db::DbError>((store::generation(conn)?, (locations.moves)(conn)?)));
        let (generation, moves) = now.await?;
        let forgotten = {
            let mut known = self.known_mut();
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
            entries.map(|(hash, entry)| (*hash, entry.key)).collect()
        };
        if stale.is_empty() {
            return Ok(());
        }
        let locations = self.locations;
        let cut = self.db.read(move |conn| {
            let grants = |(hash, key)| Ok((hash, keys::grants_of(conn, &locations, key)?));
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
    fn note(&self, used: Vec<(PrincipalId, Instant)>) {
        if used.is_empty() {
            return;
        }
        let db = self.db.clone();
        tokio::spawn(async move {
            let noted = db.write(move |tx| store_keys::used(tx, &used)).await;
            if let Err(error) = noted {
                tracing::warn!(%error, "when keys were used cannot be noted");
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
            }
        }
    }

    async fn load(&self, text: &str, now: Instant) -> Result<Arc<Principal>, Failure> {
        let (locations, wanted) = (self.locations, text.to_owned());
        let found = self.db.read(move |conn| {
            let generation = store::generation(conn)?;
            let moves = (locations.moves)(conn)?;
            let found = keys::authenticate(conn, &locations, &wanted, now)?;
            Ok::<_, db::DbError>(found.map(|found| (found, generation, moves)))
        });
        let Some((found, generation, moves)) = found.await? else {
            return Err(unknown().into());
        };
        let Authenticated { principal, key, expires_at, cut } = found;
        let mut known = self.known_mut();
        let principal = Arc::new(principal.at_rate_of(|fresh| known.rate(key, fresh, now)));
        if generation < known.generation {
            // something has changed since it was read: good for this request, asked again for the next
            return Ok(principal);
        }
        if generation > known.generation || known.entries.len() >= REMEMBERED_MAX {
            known.forget(generation);
        }
        let (moves, used_at) = (AtomicI64::new(moves), AtomicI64::new(now.0));
        let entry = Entry { principal, key, expires_at, cut, moves, used_at };
        // somebody else may have loaded it meanwhile
        let entry = known.entries.entry(token::hash(text)).or_insert(entry);
        Ok(Arc::clone(&entry.principal))
    }
}

fn take_used(known: &Known) -> Vec<(PrincipalId, Instant)> {
    known
        .entries
        .values()
        .filter_map(|entry| {
            let at = entry.used_at.swap(0, Ordering::Relaxed);
            (at > 0).then_some((entry.key, Instant(at)))
        })
        .collect()
}

impl Authenticator for Keys {
    fn public_part<'t>(&self, text: &'t str) -> Option<&'t str> {
        token::public_id(text)
    }

    fn remembered(&self, text: &str, now: Instant) -> Option<Result<Arc<Principal>, Problem>> {
        let known = self.known();
        let Some(entry) = known.entries.get(&token::hash(text)) else {
            return if token::public_id(text).is_none() { Some(Err(unknown())) } else { None };
        };
        if entry.expires_at <= now {
            return Some(Err(unknown()));
        }
        entry.used_at.store(now.0, Ordering::Relaxed);
        Some(Ok(Arc::clone(&entry.principal)))
    }

    fn authenticate<'a>(
        &'a self,
        text: &'a str,
        now: Instant,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(self.load(text, now))
    }

    /// Any change of access ends the streams; their clients come again and resume exactly.
    fn is_current(&self, principal: &Arc<Principal>, now: Instant) -> bool {
        let is_it = |entry: &Entry| Arc::ptr_eq(&entry.principal, principal) && entry.expires_at > now;
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
