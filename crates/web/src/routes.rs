//! The route table. A route cannot be added without saying who may call it and what its scope is.

use crate::app::{App, State};
use crate::doors::Doors;
use crate::guard::GuardLayer;
use crate::principal::Stage;
use axum::http::Method;
use axum::routing::MethodRouter;
use axum::{Extension, Router};
use domain::Permission;
use serde::Serialize;
use std::sync::Arc;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{RefOr, Schema};

/// Why a route is open to everybody. There are few of them, and each has its reason here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PublicReason {
    /// A load balancer has no key.
    Health,
    /// The description of the API holds no data.
    Description,
    /// Nobody exists yet who could sign in; a one-time token stands in.
    SetUp,
    /// Whoever signs in is not known yet.
    SignIn,
    /// What pages are made of holds no data.
    Assets,
}

impl PublicReason {
    /// The word shown by `stockwell routes`.
    pub const fn word(self) -> &'static str {
        match self {
            PublicReason::Health => "health",
            PublicReason::Description => "description",
            PublicReason::SetUp => "set_up",
            PublicReason::SignIn => "sign_in",
            PublicReason::Assets => "assets",
        }
    }
}

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Whoever holds the permission somewhere; the scope says where.
    Needs(Permission),
    /// Whoever is known, about themselves only.
    SignedIn,
    /// Whoever has signed in as far as that, about how they sign in: no key reaches that.
    Session(Stage),
    /// Everybody.
    Public(PublicReason),
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        Access::Needs(permission)
    }
}

/// How the scope of the caller limits a route. It tells the route walk which answers to expect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// What it touches belongs to no location (items, units): the permission anywhere is enough.
    Whole,
    /// It concerns the whole organisation (the audit log, metrics): the permission must be held
    /// everywhere.
    Everywhere,
    /// A list, search or stream that shows only what lies in the scope.
    Filtered,
    /// It touches what the address or the body names, which does not exist (404) out of scope.
    Named,
}

impl Reach {
    /// The word shown by `stockwell routes`.
    pub const fn word(self) -> &'static str {
        match self {
            Reach::Whole => "whole",
            Reach::Everywhere => "everywhere",
            Reach::Filtered => "filtered",
            Reach::Named => "named",
        }
    }
}

/// What those may at a route who hold its permission for the items of some categories only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Bound {
    /// Nothing: what it touches is not about items alone.
    #[default]
    Refused,
    /// It is about the item that its address names as `{sku}`: what is held for its category holds there, and an
    /// item of another category does not exist (404).
    Item,
    /// Its handler heeds [`Caller::categories`](crate::Caller::categories).
    Filtered,
    /// Its rows are about one item each, and its handler shows those of which the permission is held for the item at
    /// the place: [`Scope::about`](crate::Scope::about).
    Rows,
    /// Its handler asks the principal for each item that it touches: [`Principal::places_for`](crate::Principal::places_for).
    Each,
    /// What it shows belongs to no item and is needed by whoever works with some: as if it were held for all, at the
    /// places where it is held for any.
    Common,
}

impl Bound {
    /// The word shown by `stockwell routes`.
    pub const fn word(self) -> &'static str {
        match self {
            Bound::Refused => "refused",
            Bound::Item => "item",
            Bound::Filtered => "filtered",
            Bound::Rows => "rows",
            Bound::Each => "each",
            Bound::Common => "common",
        }
    }
}

/// Why a write that names a record takes no version of it. There are few of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unversioned {
    /// What it names never changes: a posting is reversed, once, by another one.
    Final,
    /// It takes from an amount, and what is left is decided by the ledger when it is taken: whoever
    /// else took from it is no reason to refuse.
    Amount,
    /// It can only end, and ending it twice changes nothing.
    Ending,
    /// It adds one more beside others, which stay as they are: two who add at once both have theirs.
    Adds,
}

/// For whom a route answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Face {
    /// For programs: JSON, problems, keys and sessions.
    #[default]
    Api,
    /// For people: a page, forms, and refusals that are pages too.
    Page,
}

/// What is kept of a write under its idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kept {
    /// Its answer, and a hash of what was asked.
    #[default]
    Plainly,
    /// The same, and the hash is bound to the master key: the body holds a secret, such as a password, that
    /// nobody shall guess at.
    Bound,
    /// Nothing: its answer is a secret, and asked for twice it is given twice.
    Never,
}

/// One route as the table knows it.
#[derive(Clone)]
pub struct RouteInfo {
    /// The module.
    pub module: &'static str,
    /// The method.
    pub method: Method,
    /// The path with its `{parameters}`; the label of its metrics.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// How the scope limits it.
    pub reach: Reach,
    /// What those may who hold its permission for some categories.
    pub bound: Bound,
    /// Takes bodies of the size of a bulk.
    pub bulk: bool,
    /// Takes a body of any kind as it comes, with limits of its own; see [`crate::Upload`].
    pub streamed: bool,
    /// Why it takes no version, where it would.
    pub unversioned: Option<Unversioned>,
    /// What is kept of it under its idempotency key, when it changes something.
    pub kept: Kept,
    /// It sends other requests through the doors, and is not behind them.
    pub sends: bool,
    /// For whom it answers.
    pub face: Face,
    /// Other permissions without which it makes no sense, held anywhere: a page that is made of several answers. What
    /// each of them reaches, the doors decide.
    pub beside: &'static [Permission],
    /// Its description.
    pub operation: Operation,
    /// The schemas that the description refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl std::fmt::Debug for RouteInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RouteInfo").field(&self.row()).finish()
    }
}

impl RouteInfo {
    /// Whether it changes something.
    pub fn is_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Whether it is done once for an `Idempotency-Key`.
    pub fn is_kept(&self) -> bool {
        self.is_write() && self.kept != Kept::Never
    }

    /// Whether it changes a record that its address names, and so takes `If-Match`.
    pub fn is_versioned(&self) -> bool {
        self.is_write() && self.path.contains('{') && self.unversioned.is_none()
    }

    /// Its name in the module, from the handler.
    pub fn name(&self) -> &str {
        self.operation.operation_id.as_deref().unwrap_or_default()
    }

    /// What it does, in a sentence.
    pub fn summary(&self) -> &str {
        self.operation.summary.as_deref().unwrap_or_default()
    }

    /// The row of `stockwell routes --json`.
    pub fn row(&self) -> RouteRow<'_> {
        let (permission, public) = match self.access {
            Access::Needs(permission) => (Some(permission.word()), None),
            Access::SignedIn | Access::Session(_) => (None, None),
            Access::Public(reason) => (None, Some(reason.word())),
        };
        RouteRow {
            module: self.module,
            method: self.method.as_str(),
            path: &self.path,
            permission,
            public,
            session: matches!(self.access, Access::Session(_)),
            reach: self.reach.word(),
            categories: self.bound.word(),
            bulk: self.bulk,
            versioned: self.is_versioned(),
            name: self.name(),
            summary: self.summary(),
        }
    }
}

/// A row of `stockwell routes --json`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RouteRow<'a> {
    /// The module.
    pub module: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// The permission; null for a public route, and for what everybody may see of themselves.
    pub permission: Option<&'static str>,
    /// Why it is public; null when it is not.
    pub public: Option<&'static str>,
    /// Whether it needs a session, which no key has.
    pub session: bool,
    /// How the scope limits it.
    pub reach: &'static str,
    /// What those may who hold the permission for some categories.
    pub categories: &'static str,
    /// Whether its body may have the size of a bulk.
    pub bulk: bool,
    /// Whether it takes `If-Match`.
    pub versioned: bool,
    /// The operation id.
    pub name: &'a str,
    /// What it does.
    pub summary: &'a str,
}

/// A page as it is added to the table.
#[derive(Clone, Debug)]
pub struct PageRoute {
    method: Method,
    path: &'static str,
    summary: &'static str,
    reach: Reach,
    bound: Bound,
    beside: &'static [Permission],
    streamed: bool,
}

impl PageRoute {
    /// A page that is shown, at a path with its `{parameters}`, with what it shows in a sentence.
    pub fn get(path: &'static str, summary: &'static str) -> PageRoute {
        let (reach, bound) = (Reach::Whole, Bound::Refused);
        PageRoute { method: Method::GET, path, summary, reach, bound, beside: &[], streamed: false }
    }

    /// A form that is taken, with what it does in a sentence: forms know no other method.
    pub fn post(path: &'static str, summary: &'static str) -> PageRoute {
        PageRoute { method: Method::POST, ..PageRoute::get(path, summary) }
    }

    /// As far as the scope of the caller limits it, where it does.
    #[must_use]
    pub fn reach(self, reach: Reach) -> PageRoute {
        PageRoute { reach, ..self }
    }

    /// For those too who hold its permission for some categories only.
    #[must_use]
    pub fn bound(self, bound: Bound) -> PageRoute {
        PageRoute { bound, ..self }
    }

    /// Not without these either.
    #[must_use]
    pub fn beside(self, beside: &'static [Permission]) -> PageRoute {
        PageRoute { beside, ..self }
    }

    /// It takes files, which are longer than other forms.
    #[must_use]
    pub fn streamed(self) -> PageRoute {
        PageRoute { streamed: true, ..self }
    }
}

/// What is special about a route.
#[derive(Clone, Copy, Debug, Default)]
struct Manner {
    bound: Bound,
    bulk: bool,
    streamed: bool,
    unversioned: Option<Unversioned>,
    kept: Kept,
    sends: bool,
}

/// The routes of a module, or of all of them.
#[derive(Debug)]
pub struct Routes<S> {
    module: &'static str,
    entries: Vec<(RouteInfo, MethodRouter<S>)>,
    pages: Vec<(RouteInfo, MethodRouter<S>)>,
}

/// What [`crate::routes!`] makes of a handler.
pub type Described<S> = (Vec<(String, RefOr<Schema>)>, utoipa::openapi::path::Paths, MethodRouter<S>);

impl<S: State> Routes<S> {
    /// None yet, of a module.
    pub fn new(module: &'static str) -> Routes<S> {
        Routes { module, entries: Vec::new(), pages: Vec::new() }
    }

    /// Adds one route: the only way in. Method, path and description come from the handler's
    /// `#[utoipa::path]`, so they are written once.
    ///
    /// # Panics
    /// When the description has not exactly one method and one path, at start and in every test.
    pub fn add(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner::default()), described)
    }

    /// The same for a route whose handler shows, or takes, only items of the categories of its caller: what it
    /// touches belongs to no location.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_by_category(
        self,
        access: impl Into<Access>,
        reach: Reach,
        described: Described<S>,
    ) -> Routes<S> {
        self.push(access.into(), (reach, Manner { bound: Bound::Filtered, ..Manner::default() }), described)
    }

    /// These routes, whose handlers ask the principal for each item that they touch.
    #[must_use]
    pub fn by_item(mut self) -> Routes<S> {
        for (info, _) in &mut self.entries {
            info.bound = Bound::Each;
        }
        self
    }

    /// The same for what belongs to no item and is needed by whoever works with some of them.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_common(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner { bound: Bound::Common, ..Manner::default() }), described)
    }

    /// The same for a route whose rows are about one item each, and which shows those that its caller has a right to.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_rows(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner { bound: Bound::Rows, ..Manner::default() }), described)
    }

    /// The same for a write whose answer is a secret, so that it is kept under no idempotency key.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_unkept(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner { kept: Kept::Never, ..Manner::default() }), described)
    }

    /// The same for a write whose body holds a secret, such as a password: what is kept of it under its
    /// idempotency key is bound to the master key.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_secret(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner { kept: Kept::Bound, ..Manner::default() }), described)
    }

    /// The same for a write that names a record and takes no version of it.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_unversioned(
        self,
        access: impl Into<Access>,
        reach: Reach,
        why: Unversioned,
        described: Described<S>,
    ) -> Routes<S> {
        self.push(access.into(), (reach, Manner { unversioned: Some(why), ..Manner::default() }), described)
    }

    /// The same for a write that names a record which can only end, and that sends another request through
    /// the doors: its handler may take [`Doors`].
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_sending(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        let manner = Manner { sends: true, unversioned: Some(Unversioned::Ending), ..Manner::default() };
        self.push(access.into(), (reach, manner), described)
    }

    /// The same for a route that takes bodies of the size of a bulk.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_bulk(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        self.push(access.into(), (reach, Manner { bulk: true, ..Manner::default() }), described)
    }

    /// The same for a write whose body is read as it comes; it adds something.
    ///
    /// # Panics
    /// As [`Routes::add`].
    pub fn add_upload(self, access: impl Into<Access>, reach: Reach, described: Described<S>) -> Routes<S> {
        let manner = Manner { streamed: true, unversioned: Some(Unversioned::Adds), ..Manner::default() };
        self.push(access.into(), (reach, manner), described)
    }

    fn push(
        mut self,
        access: Access,
        (reach, manner): (Reach, Manner),
        described: Described<S>,
    ) -> Routes<S> {
        let (schemas, paths, router) = described;
        let mut found = paths.paths.into_iter().flat_map(|(path, item)| {
            operations(item).into_iter().map(move |(method, operation)| (path.clone(), method, operation))
        });
        let (Some((path, method, operation)), None) = (found.next(), found.next()) else {
            panic!("a route of `{}` has not exactly one method and one path", self.module);
        };
        let module = self.module;
        let Manner { bound, bulk, streamed, unversioned, kept, sends } = manner;
        let bound = if path.contains("{sku}") { Bound::Item } else { bound };
        let info = RouteInfo {
            module,
            method,
            path,
            access,
            reach,
            bound,
            bulk,
            streamed,
            unversioned,
            kept,
            sends,
            face: Face::Api,
            beside: &[],
            operation,
            schemas,
        };
        self.entries.push((info, router));
        self
    }

    /// Adds a page: it is behind the same guard, sends what it shows and does through the doors as whoever asks for
    /// it, and is in the description of no program. What one of its permission may not, is refused by the doors.
    #[must_use]
    pub fn page(mut self, access: impl Into<Access>, page: PageRoute, handler: MethodRouter<S>) -> Routes<S> {
        let PageRoute { method, path, summary, reach, bound, beside, streamed } = page;
        let mut operation = Operation::new();
        operation.operation_id = Some(format!("{method} {path}"));
        operation.summary = Some(summary.to_owned());
        let info = RouteInfo {
            module: self.module,
            method,
            path: path.to_owned(),
            access: access.into(),
            reach,
            bound,
            bulk: false,
            streamed,
            unversioned: None,
            // the request that it sends on is
            kept: Kept::Never,
            sends: true,
            face: Face::Page,
            beside,
            operation,
            schemas: Vec::new(),
        };
        self.pages.push((info, handler));
        self
    }

    /// These and the routes of another module.
    pub fn and(mut self, other: Routes<S>) -> Routes<S> {
        self.entries.extend(other.entries);
        self.pages.extend(other.pages);
        self
    }

    /// The table of the API.
    pub fn table(&self) -> impl Iterator<Item = &RouteInfo> {
        self.entries.iter().map(|(info, _)| info)
    }

    /// The table of the pages.
    pub fn pages(&self) -> impl Iterator<Item = &RouteInfo> {
        self.pages.iter().map(|(info, _)| info)
    }

    /// The router: every handler behind its guard, and problems for what is not there.
    pub fn router(self, app: &App, state: S) -> Router {
        let (sending, others): (Vec<_>, Vec<_>) = self.entries.into_iter().partition(|(info, _)| info.sends);
        let mut router = Router::new();
        for (info, handler) in others {
            router = guarded(router, app, info, handler);
        }
        // a held command finds no door behind which it could agree to another; a page finds them all
        for reaching in [sending, self.pages] {
            let doors = Doors(router.clone().with_state(state.clone()));
            for (info, handler) in reaching {
                router = guarded(router, app, info, handler.layer(Extension(doors.clone())));
            }
        }
        crate::guard::with_fallbacks(router, app).with_state(state)
    }
}

/// A router with one more handler, behind its guard.
fn guarded<S: State>(router: Router<S>, app: &App, info: RouteInfo, handler: MethodRouter<S>) -> Router<S> {
    let path = info.path.clone();
    router.route(&path, handler.layer(GuardLayer::new(app.clone(), Arc::new(info))))
}

/// The operations of a path item, taken apart so that a new method of the library breaks the build.
fn operations(item: utoipa::openapi::path::PathItem) -> Vec<(Method, Operation)> {
    [
        (Method::GET, item.get),
        (Method::PUT, item.put),
        (Method::POST, item.post),
        (Method::DELETE, item.delete),
        (Method::PATCH, item.patch),
        (Method::HEAD, item.head),
        (Method::OPTIONS, item.options),
        (Method::TRACE, item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
    .collect()
}

/// The method in the words of the description.
pub(crate) fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::PUT => HttpMethod::Put,
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        Method::PATCH => HttpMethod::Patch,
        Method::HEAD => HttpMethod::Head,
        Method::OPTIONS => HttpMethod::Options,
        Method::TRACE => HttpMethod::Trace,
        _ => HttpMethod::Get,
    }
}
