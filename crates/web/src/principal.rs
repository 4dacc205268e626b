//! Who is asking, what they may do, and where: [`Principal`], [`Scope`], [`Caller`].
//!
//! A [`Scope`] is made only here, from the grants of a principal; a module receives one and hands
//! it to its statements. What lies outside of the scope does not exist for the caller (404).

use crate::app::App;
use crate::denied::{STRANGER, STRANGER_ID};
use crate::failure::Failure;
use crate::guard::Seen;
use crate::limiter::Limiter;
use crate::session::Credential;
use crate::strangers::Peer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::{Conn, DbError};
use domain::permission::Permissions;
use domain::{Actor, Code, Ctx, Instant, LocationId, Permission, PrincipalId, Problem};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// What stands behind a principal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A machine with an API key, or a person's own key.
    Key,
    /// The operator at the host (command line), or the product itself.
    System,
}

impl PrincipalKind {
    /// The word used on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            PrincipalKind::User => "user",
            PrincipalKind::Key => "key",
            PrincipalKind::System => "system",
        }
    }
}

/// Where a grant holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Within {
    /// Everywhere.
    All,
    /// At one location and everything below it.
    Subtree(LocationId),
}

/// How far somebody has signed in. Whoever has not to the end may only go on with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// The password was right, and the code of the second factor is to come.
    AwaitsCode,
    /// There is no second factor, and what they may do asks for one.
    AwaitsFactor,
    /// To the end.
    Whole,
}

/// Permissions that hold somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// What may be done.
    pub permissions: Permissions,
    /// Where.
    pub within: Within,
}

/// An authenticated user or key with its grants resolved, shared by all its requests.
#[derive(Debug)]
pub struct Principal {
    id: PrincipalId,
    name: Box<str>,
    kind: PrincipalKind,
    grants: Vec<Grant>,
    /// One entry for each permission that is held anywhere.
    scopes: Vec<(Permission, Scope)>,
    /// `None`: not throttled.
    pub(crate) limiter: Option<Arc<Limiter>>,
    /// The session that it asks in.
    session: Option<i64>,
    stage: Stage,
}

impl Principal {
    /// Who acts when the product does something by itself, or its operator at the host.
    pub const SYSTEM: PrincipalId = PrincipalId(1);

    /// From the grants; `per_minute` is the rate limit, `None` for none.
    pub fn new(
        id: PrincipalId,
        name: &str,
        kind: PrincipalKind,
        grants: Vec<Grant>,
        per_minute: Option<u32>,
    ) -> Principal {
        let scopes = Permission::ALL
            .iter()
            .filter_map(|permission| Some((*permission, Scope::of(&grants, *permission)?)))
            .collect();
        Principal {
            id,
            name: name.into(),
            kind,
            grants,
            scopes,
            limiter: per_minute.map(Limiter::per_minute).map(Arc::new),
            session: None,
            stage: Stage::Whole,
        }
    }

    /// As it asks in a session, by its number, that has come so far.
    #[must_use]
    pub fn in_session(self, session: i64, stage: Stage) -> Principal {
        Principal { session: Some(session), stage, ..self }
    }

    /// How far it has signed in; a key is as good as whole.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The number of the session; `None` for whoever asks with a key.
    pub const fn session(&self) -> Option<i64> {
        self.session
    }

    /// With a rate that began before: `keep` gets the fresh one and answers the one to go on with.
    #[must_use]
    pub fn at_rate_of(self, keep: impl FnOnce(Arc<Limiter>) -> Arc<Limiter>) -> Principal {
        Principal { limiter: self.limiter.map(keep), ..self }
    }

    /// The operator at the host: everything, everywhere. For the command line and for upkeep.
    pub fn system() -> Principal {
        let everything = Grant { permissions: Permissions::all(), within: Within::All };
        Principal::new(Principal::SYSTEM, "system", PrincipalKind::System, vec![everything], None)
    }

    /// Its id.
    pub const fn id(&self) -> PrincipalId {
        self.id
    }

    /// Its name: a login, or the name of a key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub const fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The grants as given.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Where the permission is held; `None` when nowhere.
    pub fn scope(&self, permission: Permission) -> Option<&Scope> {
        self.scopes.iter().find(|(held, _)| *held == permission).map(|(_, scope)| scope)
    }
}

/// The locations that a caller may touch with one permission: all, or the subtrees of some roots.
///
/// Membership is in the closure table `places_tree (ancestor, descendant)`, which has a row for
/// each location with itself. A statement takes [`Scope::roots_json`] as one text parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Option<Arc<[LocationId]>>);

/// A [`Scope`] taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached<'a> {
    /// Everything, locations that belong to no site included.
    All,
    /// The subtrees of these locations.
    Within(&'a [LocationId]),
}

impl Scope {
    fn of(grants: &[Grant], permission: Permission) -> Option<Scope> {
        let mut roots = Vec::new();
        for grant in grants.iter().filter(|grant| grant.permissions.contains(permission)) {
            match grant.within {
                Within::All => return Some(Scope(None)),
                Within::Subtree(root) => roots.push(root),
            }
        }
        roots.sort_unstable();
        roots.dedup();
        if roots.is_empty() { None } else { Some(Scope(Some(roots.into()))) }
    }

    /// No location at all: for routes about the caller alone.
    pub(crate) fn nowhere() -> Scope {
        Scope(Some(Arc::new([])))
    }

    /// The scope taken apart.
    pub fn reached(&self) -> Reached<'_> {
        self.0.as_deref().map_or(Reached::All, Reached::Within)
    }

    /// Whether everything is in scope.
    pub const fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// The roots as a JSON array such as `[4,17]`, `None` for everything: one parameter of a statement.
    ///
    /// ```sql
    /// -- SQLite
    /// where (?1 is null or b.location in (
    ///     select t.descendant from json_each(?1) r join places_tree t on t.ancestor = r.value))
    /// -- PostgreSQL
    /// where (?1::text is null or b.location in (
    ///     select t.descendant from json_array_elements_text(?1::json) r(value)
    ///     join places_tree t on t.ancestor = r.value::bigint))
    /// ```
    pub fn roots_json(&self) -> Option<String> {
        self.0.as_deref().map(|roots| {
            let numbers: Vec<String> = roots.iter().map(ToString::to_string).collect();
            format!("[{}]", numbers.join(","))
        })
    }
}

/// Finds the principal behind the key or the session of a request. Implemented by `access`.
pub trait Authenticator: Send + Sync {
    /// The part of a text in the form of a key that is no secret: by it, a key that does not hold is told
    /// in the audit log. `None` for a text of another form, and for keys that have no such part.
    fn public_part<'t>(&self, _token: &'t str) -> Option<&'t str> {
        None
    }

    /// The answer from memory, when it is known and fresh: to whoever comes from an address, at an instant.
    /// Called once for each request.
    fn remembered(
        &self,
        credential: Credential<'_>,
        from_at: (Option<IpAddr>, Instant),
    ) -> Option<std::result::Result<Arc<Principal>, Failure>>;

    /// The answer from the store.
    fn authenticate<'a>(
        &'a self,
        credential: Credential<'a>,
        from_at: (Option<IpAddr>, Instant),
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Arc<Principal>, Failure>> + Send + 'a>>;

    /// Whether the principal is still what it was: not revoked, not expired, the same grants. Asked
    /// again and again by long streams.
    fn is_current(&self, principal: &Arc<Principal>, now: Instant) -> bool;

    /// The names of principals, ended ones included. Who has none is left out.
    ///
    /// # Errors
    /// When the store fails.
    fn names(
        &self,
        conn: &mut Conn<'_>,
        ids: &[PrincipalId],
    ) -> std::result::Result<BTreeMap<PrincipalId, String>, DbError>;
}

/// The caller of a guarded route: an extractor. The guard has already checked the permission.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub principal: Arc<Principal>,
    /// Where the permission of this route is held.
    pub scope: Scope,
    /// The context for commands: actor, time at the door, ids, request id.
    pub ctx: Ctx,
}

impl Caller {
    pub(crate) fn new(app: &App, principal: Arc<Principal>, scope: Scope, seen: &Seen) -> Caller {
        let actor = Actor { id: principal.id, name: principal.name.to_string() };
        let ctx = Ctx { actor, now: seen.now, ids: app.ids().clone(), request_id: seen.request_id };
        Caller { principal, scope, ctx }
    }

    /// Whoever asks at a public route, whom nobody knows: so many a minute from one address, and of one
    /// idempotency key all of them are the same.
    pub(crate) fn stranger(parts: &Parts) -> std::result::Result<Caller, Failure> {
        let seen = Seen::of(&parts.extensions)?;
        let peer = parts.extensions.get::<Peer>().copied();
        seen.app.strangers().take(peer, seen.now).map_err(|seconds| {
            let detail = format!("too much was asked from your address, come again in {seconds} s");
            Failure::Later(Box::new(Problem::new(Code::Throttled, detail)), seconds)
        })?;
        Ok(Caller::unknown(seen))
    }

    /// Whom nobody knows.
    pub(crate) fn unknown(seen: &Seen) -> Caller {
        let nobody = Principal::new(STRANGER_ID, STRANGER, PrincipalKind::User, Vec::new(), None);
        Caller::new(&seen.app, Arc::new(nobody), Scope::nowhere(), seen)
    }

    /// Whether the caller holds another permission anywhere (for fields that need one of their own).
    pub fn may(&self, permission: Permission) -> bool {
        self.principal.scope(permission).is_some()
    }
}

/// The refusal of a caller without a permission.
pub(crate) fn forbidden(permission: Permission) -> Problem {
    Problem::new(Code::Forbidden, format!("this needs the permission `{permission}`, which the caller lacks"))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Failure> {
        let seen = Seen::of(&parts.extensions)?;
        match &seen.caller {
            Some((principal, scope)) => {
                Ok(Caller::new(&seen.app, Arc::clone(principal), scope.clone(), seen))
            }
            None => Err(Failure::fault("a public route asked for its caller")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(permissions: &[Permission], within: Within) -> Grant {
        Grant { permissions: permissions.iter().copied().collect(), within }
    }

    #[test]
    fn a_scope_is_the_union_of_the_grants_that_hold_the_permission() {
        let principal = Principal::new(
            PrincipalId(9),
            "ann",
            PrincipalKind::User,
            vec![
                grant(&[Permission::StockRead, Permission::StockMove], Within::Subtree(LocationId(7))),
                grant(&[Permission::StockRead], Within::Subtree(LocationId(3))),
                grant(&[Permission::CatalogRead], Within::All),
            ],
            None,
        );
        let roots = |permission| principal.scope(permission).and_then(Scope::roots_json);
        assert_eq!(roots(Permission::StockRead).as_deref(), Some("[3,7]"));
        assert_eq!(roots(Permission::StockMove).as_deref(), Some("[7]"));
        assert!(principal.scope(Permission::CatalogRead).unwrap().is_all());
        assert_eq!(principal.scope(Permission::StockAdjust), None);
    }
}
