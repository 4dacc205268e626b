//! Who is asking, what they may do, and where: [`Principal`], [`Scope`], [`Caller`].
//!
//! A [`Scope`] is made only from the grants of a principal; a module receives one and hands
//! it to its statements. What lies outside of the scope does not exist for the caller (404).

use crate::app::App;
use crate::denied::{STRANGER, STRANGER_ID};
use crate::failure::Failure;
use crate::guard::Seen;
use crate::limiter::Limiter;
use crate::routes::Access;
use crate::scope::Scope;
use crate::session::Credential;
use crate::strangers::Peer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::{Conn, DbError};
use domain::permission::Permissions;
use domain::{
    Actor, CategoryId, Code, Condition, Conditions, Ctx, Instant, LocationId, Permission, PrincipalId,
    Problem,
};
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// What may be done.
    pub permissions: Permissions,
    /// Where.
    pub within: Within,
    /// Only for items of this category and those below it; `None` for whatever it is about.
    pub category: Option<CategoryId>,
    /// What some of them ask for besides.
    pub conditions: Conditions,
}

impl Grant {
    /// Permissions that ask for nothing, of all categories.
    pub fn free(permissions: Permissions, within: Within) -> Grant {
        Grant { permissions, within, category: None, conditions: Conditions::new() }
    }

    /// The grant as it holds for what is in these categories, an item's own and those above it; `None` when it does
    /// not.
    fn about(&self, categories: &[CategoryId]) -> Option<Grant> {
        let holds = self.category.is_none_or(|category| categories.contains(&category));
        holds.then(|| Grant { category: None, ..self.clone() })
    }

    /// What it asks for besides, of a permission that it gives.
    pub fn condition(&self, permission: Permission) -> Condition {
        self.conditions.get(&permission).copied().unwrap_or_default()
    }
}

/// Where a permission is held under a condition.
type Terms = (Permission, Vec<(Condition, Scope)>);

/// An authenticated user or key with its grants resolved, shared by all its requests.
#[derive(Debug)]
pub struct Principal {
    id: PrincipalId,
    name: Box<str>,
    kind: PrincipalKind,
    grants: Vec<Grant>,
    /// One entry for each permission that is held anywhere for all categories.
    scopes: Vec<(Permission, Scope)>,
    /// The same by condition, the laxest first, for those permissions that ask for something somewhere.
    terms: Vec<Terms>,
    /// The key that it asks with.
    via: Option<PrincipalId>,
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
        let (scopes, terms) = resolve(&grants);
        Principal {
            id,
            name: name.into(),
            kind,
            grants,
            scopes,
            terms,
            via: None,
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

    /// As it asks with a key, by the principal of the key.
    #[must_use]
    pub fn with_key(self, key: PrincipalId) -> Principal {
        Principal { via: Some(key), ..self }
    }

    /// The principal of the key that it asks with; `None` in a session.
    pub const fn via(&self) -> Option<PrincipalId> {
        self.via
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

    /// The same where it is about an item of these categories, its own and those above it: grants for other
    /// categories give nothing, and those for one of these give what they give.
    #[must_use]
    pub(crate) fn about(&self, categories: &[CategoryId]) -> Principal {
        let grants: Vec<Grant> = self.grants.iter().filter_map(|grant| grant.about(categories)).collect();
        let (scopes, terms) = resolve(&grants);
        Principal {
            id: self.id,
            name: self.name.clone(),
            kind: self.kind,
            grants,
            scopes,
            terms,
            via: self.via,
            limiter: self.limiter.clone(),
            session: self.session,
            stage: self.stage,
        }
    }

    /// Whether a permission is held for some categories beside those places where it is held for all.
    pub(crate) fn is_bound(&self, permission: Permission) -> bool {
        self.bound_grants(permission).next().is_some()
    }

    /// Whether a permission is held at all: somewhere, for some items.
    pub fn holds(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| grant.permissions.contains(permission))
    }

    /// Whether anything is held for some categories.
    pub fn has_categories(&self) -> bool {
        self.grants.iter().any(|grant| grant.category.is_some())
    }

    /// The grants of a permission that are for some categories.
    fn bound_grants(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        let holds = move |grant: &&Grant| grant.permissions.contains(permission);
        self.grants.iter().filter(|grant| grant.category.is_some()).filter(holds)
    }

    /// A permission that would be held for an item of the categories `new`, and is not while it is of `old`.
    pub fn gains(&self, old: &[CategoryId], new: &[CategoryId]) -> Option<Permission> {
        let holds = |grant: &&Grant, categories: &[CategoryId]| {
            grant.category.is_none_or(|category| categories.contains(&category))
        };
        let before: Vec<&Grant> = self.grants.iter().filter(|grant| holds(grant, old)).collect();
        let fresh = self.grants.iter().filter(|grant| holds(grant, new) && !holds(grant, old));
        fresh
            .flat_map(|grant| grant.permissions.iter().map(move |permission| (grant, permission)))
            .find(|(grant, permission)| {
                !before.iter().any(|known| {
                    known.permissions.contains(*permission)
                        && (known.within == Within::All || known.within == grant.within)
                        && known.condition(*permission) <= grant.condition(*permission)
                })
            })
            .map(|(_, permission)| permission)
    }

    /// Where a permission is held for the items of these categories, an item's own and those above it, besides where
    /// it is held for all.
    pub fn places_for<'a>(
        &'a self,
        permission: Permission,
        categories: &'a [CategoryId],
    ) -> impl Iterator<Item = Within> + 'a {
        let among = |grant: &&Grant| grant.category.is_some_and(|category| categories.contains(&category));
        self.bound_grants(permission).filter(among).map(|grant| grant.within)
    }

    /// Where a permission is held for any items at all, with what of it is for which; `None` when nowhere.
    pub fn scope_of_items(&self, permission: Permission) -> Option<Scope> {
        let of_all = self.scope(permission).filter(|scope| scope.is_all() || !self.is_bound(permission));
        of_all.cloned().or_else(|| Scope::of_items(&self.grants, permission))
    }

    /// The categories for which a permission is held, `everywhere` or at any place.
    pub(crate) fn categories(&self, permission: Permission, everywhere: bool) -> Arc<[CategoryId]> {
        let holds = |grant: &&Grant| {
            grant.permissions.contains(permission) && (!everywhere || grant.within == Within::All)
        };
        let mut found: Vec<CategoryId> =
            self.grants.iter().filter(holds).filter_map(|grant| grant.category).collect();
        found.sort_unstable();
        found.dedup();
        found.into()
    }

    /// The operator at the host: everything, everywhere. For the command line and for upkeep.
    pub fn system() -> Principal {
        let everything = Grant::free(Permissions::all(), Within::All);
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

    /// Where the permission is held for all categories; `None` when nowhere.
    pub fn scope(&self, permission: Permission) -> Option<&Scope> {
        self.scopes.iter().find(|(held, _)| *held == permission).map(|(_, scope)| scope)
    }

    /// Whether any of its permissions asks for something besides.
    pub const fn has_conditions(&self) -> bool {
        !self.terms.is_empty()
    }

    /// Where a permission is held, by what it asks for there; nothing when it asks for nothing at all.
    pub fn terms(&self, permission: Permission) -> &[(Condition, Scope)] {
        let found = self.terms.iter().find(|(held, _)| *held == permission);
        found.map_or(&[], |(_, terms)| terms)
    }

    /// What a permission asks for at a place, as far as `reaches` says whether it lies in a scope: the
    /// laxest of what is held there, and whoever reaches it by none gets the strictest.
    pub fn condition_where(
        &self,
        permission: Permission,
        mut reaches: impl FnMut(&Scope) -> bool,
    ) -> Condition {
        let terms = self.terms(permission);
        let held = terms.iter().find(|(_, scope)| reaches(scope));
        let held = held.or_else(|| terms.last());
        held.map_or(Condition::Free, |(condition, _)| *condition)
    }

    /// What a permission asks for where nobody says what a command is about: the laxest that is held
    /// everywhere, and the strictest when none is.
    pub fn condition_anywhere(&self, permission: Permission) -> Condition {
        self.condition_where(permission, Scope::is_all)
    }
}

/// Where permissions are held for all categories, and under which conditions.
fn resolve(grants: &[Grant]) -> (Vec<(Permission, Scope)>, Vec<Terms>) {
    let whole: Vec<Grant> = grants.iter().filter(|grant| grant.category.is_none()).cloned().collect();
    let scopes = Permission::ALL
        .iter()
        .filter_map(|permission| Some((*permission, Scope::of(&whole, *permission)?)))
        .collect();
    (scopes, terms_of(grants))
}

/// What is held under which condition. Where nobody says which items it is about, what is held for a category asks
/// for the most that any grant does: it relaxes nothing for others.
fn terms_of(grants: &[Grant]) -> Vec<Terms> {
    let of = |permission: &Permission| {
        let held = || grants.iter().filter(|grant| grant.permissions.contains(*permission));
        let strictest = held().map(|grant| grant.condition(*permission)).max().unwrap_or_default();
        let asked = |grant: &Grant| match grant.category {
            Some(_) => strictest,
            None => grant.condition(*permission),
        };
        let mut conditions: Vec<Condition> = held().map(asked).collect();
        conditions.sort_unstable();
        conditions.dedup();
        let asks = conditions.iter().any(|condition| *condition != Condition::Free);
        let scope = |condition: Condition| {
            let under = held().filter(|grant| asked(grant) == condition).cloned();
            Some((condition, Scope::of(&under.collect::<Vec<_>>(), *permission)?))
        };
        asks.then(|| (*permission, conditions.into_iter().filter_map(scope).collect()))
    };
    Permission::ALL.iter().filter_map(of).collect()
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

/// Who asks at a route, and how far the permission of the route reaches.
#[derive(Clone, Debug)]
pub(crate) struct Asks {
    pub(crate) principal: Arc<Principal>,
    /// See [`Caller::whole`].
    pub(crate) whole: Arc<Principal>,
    pub(crate) scope: Scope,
    /// See [`Caller::categories`].
    pub(crate) categories: Option<Arc<[CategoryId]>>,
}

impl Asks {
    /// At a route about the caller alone.
    pub(crate) fn nothing_of(principal: Arc<Principal>) -> Asks {
        Asks { whole: Arc::clone(&principal), principal, scope: Scope::nowhere(), categories: None }
    }
}

/// The caller of a guarded route: an extractor. The guard has already checked the permission.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub principal: Arc<Principal>,
    /// The same with all its grants: at a route about an item `principal` has those that hold for it.
    pub whole: Arc<Principal>,
    /// Where the permission of this route is held. At a route that shows items row by row it says what of it is for
    /// which items: [`Scope::about`].
    pub scope: Scope,
    /// The categories, each with those below, to which items are limited; `None` for all items, those without a
    /// category too. Only routes that say so have callers who are limited, see [`Bound`](crate::Bound).
    pub categories: Option<Arc<[CategoryId]>>,
    /// The permission of this route; `None` for routes about the caller alone.
    pub permission: Option<Permission>,
    /// The context for commands: actor, time at the door, ids, request id.
    pub ctx: Ctx,
}

impl Caller {
    pub(crate) fn new(app: &App, asks: &Asks, seen: &Seen) -> Caller {
        let Asks { principal, whole, scope, categories } = asks.clone();
        let actor = Actor { id: principal.id, name: principal.name.to_string() };
        let ctx = Ctx { actor, now: seen.now, ids: app.ids().clone(), request_id: seen.request_id };
        let permission = if let Access::Needs(needed) = seen.route.access { Some(needed) } else { None };
        Caller { principal, whole, scope, categories, permission, ctx }
    }

    /// Whoever the guard has let in.
    ///
    /// # Errors
    /// A fault of ours at a public route.
    pub(crate) fn of(seen: &Seen) -> std::result::Result<Caller, Failure> {
        match &seen.caller {
            Some(asks) => Ok(Caller::new(&seen.app, asks, seen)),
            None => Err(Failure::fault("a public route asked for its caller")),
        }
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
        Caller::new(&seen.app, &Asks::nothing_of(Arc::new(nobody)), seen)
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
        Caller::of(Seen::of(&parts.extensions)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(permissions: &[Permission], within: Within) -> Grant {
        Grant::free(permissions.iter().copied().collect(), within)
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

    #[test]
    fn a_grant_for_a_category_holds_for_what_is_in_it() {
        let bound = |permissions: &[Permission], within, category| Grant {
            category: Some(CategoryId(category)),
            ..grant(permissions, within)
        };
        let west = Within::Subtree(LocationId(3));
        let principal = Principal::new(
            PrincipalId(9),
            "ann",
            PrincipalKind::User,
            vec![
                grant(&[Permission::StockRead], west),
                bound(&[Permission::StockRead, Permission::CatalogWrite], Within::All, 70),
                bound(&[Permission::StockRead, Permission::CatalogWrite], Within::Subtree(LocationId(5)), 80),
            ],
            None,
        );
        let held = |of: &Principal, permission| of.scope(permission).map(Scope::roots_json);
        // where nobody says what it is about
        assert_eq!(held(&principal, Permission::StockRead), Some(Some("[3]".to_owned())));
        assert_eq!(held(&principal, Permission::CatalogWrite), None);
        // of an item below 70, of one below 80, of both, and of one without a category
        let about = |categories: &[i64]| {
            principal.about(&categories.iter().copied().map(CategoryId).collect::<Vec<_>>())
        };
        assert_eq!(held(&about(&[70, 7]), Permission::StockRead), Some(None));
        assert_eq!(held(&about(&[80]), Permission::StockRead), Some(Some("[3,5]".to_owned())));
        assert_eq!(held(&about(&[80]), Permission::CatalogWrite), Some(Some("[5]".to_owned())));
        assert_eq!(held(&about(&[80, 70]), Permission::CatalogWrite), Some(None));
        assert_eq!(held(&about(&[]), Permission::CatalogWrite), None);
        assert_eq!(held(&about(&[]), Permission::StockRead), Some(Some("[3]".to_owned())));
        let categories = |everywhere| {
            principal
                .categories(Permission::CatalogWrite, everywhere)
                .iter()
                .map(|id| id.get())
                .collect::<Vec<_>>()
        };
        assert_eq!((categories(false), categories(true)), (vec![70, 80], vec![70]));
        assert!(principal.is_bound(Permission::StockRead) && !principal.is_bound(Permission::CostRead));
    }

    #[test]
    fn what_is_asked_for_follows_from_where_something_is() {
        let limit = Condition::Above(domain::Limit::parse("500").unwrap());
        let under = |condition, within| Grant {
            conditions: Conditions::from([(Permission::StockAdjust, condition)]),
            ..grant(&[Permission::StockAdjust, Permission::StockMove], within)
        };
        let bound = |grants| Principal::new(PrincipalId(9), "ann", PrincipalKind::User, grants, None);
        let at = |root: i64| Within::Subtree(LocationId(root));
        let reaches = |root: i64| {
            move |scope: &Scope| scope.roots().is_none_or(|roots| roots.contains(&LocationId(root)))
        };
        let ann = bound(vec![under(Condition::Always, at(7)), under(limit, at(3))]);
        assert!(ann.has_conditions());
        for (place, expected) in [(7, Condition::Always), (3, limit), (9, Condition::Always)] {
            assert_eq!(ann.condition_where(Permission::StockAdjust, reaches(place)), expected, "{place}");
        }
        assert_eq!(ann.condition_anywhere(Permission::StockAdjust), Condition::Always);
        assert_eq!(ann.condition_anywhere(Permission::StockMove), Condition::Free);
        // what is held for a category relaxes nothing where nobody says which items it is about, and everything there
        let of_category = |condition, within, category| Grant {
            category: Some(CategoryId(category)),
            ..under(condition, within)
        };
        let pat = bound(vec![under(Condition::Always, at(7)), of_category(Condition::Free, at(7), 70)]);
        assert_eq!(pat.condition_where(Permission::StockAdjust, reaches(7)), Condition::Always);
        assert_eq!(
            pat.about(&[CategoryId(70)]).condition_where(Permission::StockAdjust, reaches(7)),
            Condition::Free
        );
        let kim = bound(vec![of_category(limit, Within::All, 70)]);
        assert_eq!(kim.condition_anywhere(Permission::StockAdjust), limit);
        // who is free everywhere is free, whatever else they hold
        let bob =
            bound(vec![under(Condition::Always, at(7)), grant(&[Permission::StockAdjust], Within::All)]);
        assert_eq!(bob.condition_anywhere(Permission::StockAdjust), Condition::Free);
        // who is free at one place is bound at the other, and where nobody says which
        let eve = bound(vec![under(Condition::Always, at(7)), grant(&[Permission::StockAdjust], at(3))]);
        assert_eq!(eve.condition_where(Permission::StockAdjust, reaches(3)), Condition::Free);
        assert_eq!(eve.condition_where(Permission::StockAdjust, reaches(7)), Condition::Always);
        assert_eq!(eve.condition_anywhere(Permission::StockAdjust), Condition::Always);
    }
}
