//! In front of every handler: names the request, finds out who asks, checks the permission and
//! the rate, bounds the time, catches panics, writes refusals, measures.
//!
//! One service and one boxed future for all of that, because it runs for every request. What is
//! known in memory is decided before the first suspension; only an unknown key goes to the store.

mod headers;

use crate::answer::Refused;
use crate::app::App;
use crate::denied::{self, Asker, Denied, Refusal};
use crate::desk::{Asked, Form, Inside};
use crate::failure::{Carried, Failure};
use crate::meter::{InFlight, RouteMeter, Unknown};
use crate::params::Path;
use crate::principal::{Asks, Principal, Stage, forbidden};
use crate::problem;
use crate::routes::{Access, Bound, Face, PublicReason, Reach, RouteInfo};
use crate::scope::Scope;
use crate::second::Replay;
use crate::session::{self, Credential};
use crate::strangers::Peer;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{RequestExt as _, Router};
use domain::{CategoryId, Code, Instant, Kind, Permission, Problem};
use futures_util::FutureExt;
use headers::{credential, dress, request_id};
use http_body_util::{BodyExt, Limited};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;
use uuid::Uuid;

/// Bytes of path and query at most.
const URL_BYTES_MAX: usize = 8 << 10;

/// What the guard found out, for the extractors.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) app: App,
    pub(crate) request_id: Uuid,
    pub(crate) now: Instant,
    pub(crate) caller: Option<Asks>,
    pub(crate) route: Arc<RouteInfo>,
}

impl Seen {
    pub(crate) fn of(extensions: &Extensions) -> Result<&Seen, Failure> {
        extensions.get::<Seen>().ok_or_else(|| Failure::fault("a handler without a guard"))
    }
}

/// Puts a [`Guard`] in front of a route.
#[derive(Clone, Debug)]
pub(crate) struct GuardLayer(Arc<Gate>);

impl GuardLayer {
    pub(crate) fn new(app: App, route: Arc<RouteInfo>) -> GuardLayer {
        let meter = app.meter().route(&route);
        GuardLayer(Arc::new(Gate { app, route, meter }))
    }
}

impl<N> Layer<N> for GuardLayer {
    type Service = Guard<N>;

    fn layer(&self, inner: N) -> Guard<N> {
        Guard { gate: Arc::clone(&self.0), inner }
    }
}

/// A route behind its gate.
#[derive(Clone, Debug)]
pub(crate) struct Guard<N> {
    gate: Arc<Gate>,
    inner: N,
}

/// What is known of a request before anybody is asked.
struct Begun {
    request_id: Uuid,
    now: Instant,
    started: std::time::Instant,
    _in_flight: InFlight,
    /// What the page of a refusal must know; `None` for programs, and for whoever asks from inside.
    asked: Option<Box<Asked>>,
}

/// Bytes of a form that is kept over the end of a session.
const KEPT_FORM_BYTES_MAX: usize = 256 << 10;

impl Begun {
    /// Keeps what was typed into a form of whoever is not signed in any more, so that it can be sent after all.
    async fn keep_form(&mut self, failure: &Failure, request: Request) {
        let Some(asked) = &mut self.asked else { return };
        if failure.problem().kind() != Kind::Unauthenticated || asked.method != Method::POST {
            return;
        }
        let body = Limited::new(request.into_body(), KEPT_FORM_BYTES_MAX);
        if let Ok(body) = body.collect().await {
            asked.form = Some(Form::parse(&body.to_bytes()));
        }
    }
}

/// What is decided without waiting.
enum Verdict {
    /// The caller with the scope; `None` at a public route.
    Pass(Option<Asks>),
    Refuse(Failure, Asker),
    /// What the caller may depends on the categories of the item that the address names.
    Weigh(Arc<Principal>, Permission),
    /// The key or the session is not known in memory.
    Ask(Unknowns),
}

/// Who is asked for in the store.
struct Unknowns {
    secret: String,
    is_session: bool,
    /// Why it may not write here, whoever it is.
    forged: Option<Problem>,
}

impl Unknowns {
    fn credential(&self) -> Credential<'_> {
        if self.is_session { Credential::Session(&self.secret) } else { Credential::Key(&self.secret) }
    }
}

impl<N> Service<Request> for Guard<N>
where
    N: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    N::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let gate = Arc::clone(&self.gate);
        let begun = gate.begin(&request);
        let peer = request.extensions().get::<Peer>().copied();
        match gate.judge(&request, begun.now) {
            Verdict::Pass(caller) => {
                let asker = match &caller {
                    Some(asks) => Asker::Known(Arc::clone(&asks.principal)),
                    None => Asker::stranger(None, peer),
                };
                gate.admit(&mut request, &begun, caller);
                let answer = self.inner.call(request);
                Box::pin(async move { Ok(gate.finish(&begun, asker, gate.bounded(answer).await).await) })
            }
            Verdict::Refuse(failure, asker) => Box::pin(async move {
                let mut begun = begun;
                begun.keep_form(&failure, request).await;
                Ok(gate.finish(&begun, asker, failure.into_response()).await)
            }),
            later @ (Verdict::Weigh(..) | Verdict::Ask(_)) => {
                let mut inner = self.inner.clone();
                Box::pin(async move {
                    let mut begun = begun;
                    let (response, asker) = match gate.decide(later, &mut request, begun.now, peer).await {
                        Ok(asks) => {
                            let asker = Asker::Known(Arc::clone(&asks.principal));
                            gate.admit(&mut request, &begun, Some(asks));
                            (gate.bounded(inner.call(request)).await, asker)
                        }
                        Err((failure, asker)) => {
                            begun.keep_form(&failure, request).await;
                            (failure.into_response(), asker)
                        }
                    };
                    Ok(gate.finish(&begun, asker, response).await)
                })
            }
        }
    }
}

/// One route's check and measure.
#[derive(Debug)]
struct Gate {
    app: App,
    route: Arc<RouteInfo>,
    meter: RouteMeter,
}

impl Gate {
    fn begin(&self, request: &Request) -> Begun {
        let request_id = request_id(request.headers()).unwrap_or_else(|| self.app.ids().next());
        Begun {
            request_id,
            now: self.app.now(),
            started: std::time::Instant::now(),
            _in_flight: self.meter.begin(),
            asked: (self.route.face == Face::Page).then(|| Box::new(asked(&self.app, request, request_id))),
        }
    }

    fn judge(&self, request: &Request, now: Instant) -> Verdict {
        let headers = request.headers();
        if request.uri().path_and_query().is_some_and(|text| text.as_str().len() > URL_BYTES_MAX) {
            let detail = format!("the address is longer than {URL_BYTES_MAX} bytes");
            return Verdict::Refuse(Problem::new(Code::MalformedParameter, detail).into(), Asker::Nobody);
        }
        if let Some(Replay { principal, .. }) = request.extensions().get() {
            return self.check(Arc::clone(principal), None, now);
        }
        if matches!(self.route.access, Access::Public(_)) {
            return Verdict::Pass(None);
        }
        if let Some(Inside(known)) = request.extensions().get() {
            let Some(principal) = known else {
                let text = "sign in, or send a key as `Authorization: Bearer swk_…`";
                return Verdict::Refuse(Problem::new(Code::Unauthenticated, text).into(), Asker::Nobody);
            };
            return self.admitted(Arc::clone(principal), None);
        }
        let credential = match credential(headers) {
            Ok(credential) => credential,
            Err(problem) => {
                self.app.meter().unknown(Unknown::Missing);
                return Verdict::Refuse(problem.into(), Asker::Nobody);
            }
        };
        let forged = self.forged(headers, credential);
        let peer = request.extensions().get::<Peer>().copied();
        match self.app.authenticator().remembered(credential, (from(peer), now)) {
            Some(Ok(principal)) => self.check(principal, forged, now),
            Some(Err(failure)) => {
                self.app.meter().unknown(Unknown::Refused);
                Verdict::Refuse(failure, self.stranger(credential, peer))
            }
            None => Verdict::Ask(match credential {
                Credential::Key(text) => Unknowns { secret: text.to_owned(), is_session: false, forged },
                Credential::Session(text) => Unknowns { secret: text.to_owned(), is_session: true, forged },
            }),
        }
    }

    /// Why a session may not write here: no page of this server asks.
    fn forged(&self, headers: &HeaderMap, credential: Credential<'_>) -> Option<Problem> {
        match credential {
            Credential::Session(_) if self.route.is_write() && self.route.face == Face::Page => {
                // its token is a field of the form, see `Posted`
                session::check_origin(headers).err()
            }
            Credential::Session(secret) if self.route.is_write() => {
                session::check_page(headers, secret).err()
            }
            Credential::Session(_) | Credential::Key(_) => None,
        }
    }

    /// Whoever came with a key or a session that does not hold.
    fn stranger(&self, credential: Credential<'_>, peer: Option<Peer>) -> Asker {
        let part = match credential {
            Credential::Key(text) => self.app.authenticator().public_part(text),
            Credential::Session(_) => None,
        };
        Asker::stranger(part, peer)
    }

    /// What is decided by asking the store.
    async fn decide(
        &self,
        verdict: Verdict,
        request: &mut Request,
        now: Instant,
        peer: Option<Peer>,
    ) -> Result<Asks, (Failure, Asker)> {
        let verdict = match verdict {
            Verdict::Ask(unknown) => self.ask(unknown, now, peer).await,
            known => known,
        };
        match verdict {
            Verdict::Pass(Some(asks)) => Ok(asks),
            Verdict::Weigh(principal, permission) => {
                let weighed = self.weigh(&principal, permission, request).await;
                weighed.map_err(|failure| (failure, Asker::Known(principal)))
            }
            Verdict::Refuse(failure, asker) => Err((failure, asker)),
            Verdict::Pass(None) | Verdict::Ask(_) => {
                Err((Failure::fault("a public route asked for its caller"), Asker::Nobody))
            }
        }
    }

    async fn ask(&self, unknown: Unknowns, now: Instant, peer: Option<Peer>) -> Verdict {
        match self.app.authenticator().authenticate(unknown.credential(), (from(peer), now)).await {
            Ok(principal) => self.check(principal, unknown.forged, now),
            Err(failure) => {
                if failure.problem().code == Code::Unauthenticated {
                    self.app.meter().unknown(Unknown::Refused);
                }
                Verdict::Refuse(failure, self.stranger(unknown.credential(), peer))
            }
        }
    }

    /// Whether a principal may ask here, and how far. The rate first, so that a caller without permission cannot try
    /// for ever.
    fn check(&self, principal: Arc<Principal>, forged: Option<Problem>, now: Instant) -> Verdict {
        if let Some(Err(wait)) = principal.limiter.as_ref().map(|limiter| limiter.take(now)) {
            let text = format!("the rate limit of this key is used up, come again in {wait} seconds");
            let failure = Failure::Later(Box::new(Problem::new(Code::Throttled, text)), wait);
            return Verdict::Refuse(failure, Asker::Known(principal));
        }
        self.admitted(principal, forged)
    }

    /// The same for whoever is within the rate.
    fn admitted(&self, principal: Arc<Principal>, forged: Option<Problem>) -> Verdict {
        let permission = match self.preconditions(&principal, forged) {
            Ok(Some(permission)) => permission,
            Ok(None) => return Verdict::Pass(Some(Asks::nothing_of(principal))),
            Err(failure) => return Verdict::Refuse(failure, Asker::Known(principal)),
        };
        if principal.is_bound(permission) && self.route.bound == Bound::Item {
            return Verdict::Weigh(principal, permission);
        }
        match self.reach(&principal, permission) {
            Ok((scope, categories)) => {
                Verdict::Pass(Some(Asks { whole: Arc::clone(&principal), principal, scope, categories }))
            }
            Err(problem) => Verdict::Refuse(problem.into(), Asker::Known(principal)),
        }
    }

    /// The permission of the route, if it needs one.
    fn preconditions(
        &self,
        principal: &Principal,
        forged: Option<Problem>,
    ) -> Result<Option<Permission>, Failure> {
        if let Some(problem) = forged {
            return Err(problem.into());
        }
        let least = if let Access::Session(stage) = self.route.access { stage } else { Stage::Whole };
        if principal.stage() < least {
            return Err(unfinished(principal.stage()).into());
        }
        if let Some(lacking) = self.route.beside.iter().find(|permission| !principal.holds(**permission)) {
            return Err(forbidden(*lacking).into());
        }
        match self.route.access {
            Access::Needs(permission) => Ok(Some(permission)),
            Access::Session(_) if principal.session().is_none() => {
                let text = "this is for whoever has signed in: a key cannot change how somebody signs in";
                Err(Problem::new(Code::SessionRequired, text).into())
            }
            Access::Session(_) | Access::SignedIn | Access::Public(_) => Ok(None),
        }
    }

    /// How far the permission of the route reaches: the places, and the categories where it is not held for all.
    fn reach(&self, principal: &Principal, permission: Permission) -> Result<Reaches, Problem> {
        let everywhere = self.route.reach == Reach::Everywhere;
        let scope = match self.route.bound {
            Bound::Rows => principal.scope_of_items(permission),
            Bound::Common => principal.scope_of_items(permission).map(Scope::of_places),
            Bound::Refused | Bound::Item | Bound::Filtered | Bound::Each => {
                principal.scope(permission).cloned()
            }
        };
        if let Some(scope) = scope.as_ref().filter(|scope| !everywhere || scope.is_all()) {
            return Ok((scope.clone(), None));
        }
        let categories = principal.categories(permission, everywhere);
        match self.route.bound {
            _ if categories.is_empty() => {
                let nowhere = scope.is_none() && !principal.is_bound(permission);
                Err(if nowhere { forbidden(permission) } else { not_below(permission) })
            }
            Bound::Filtered => Ok((Scope::everything(), Some(categories))),
            Bound::Each => Ok((scope.unwrap_or_else(Scope::nowhere), Some(categories))),
            Bound::Item | Bound::Rows | Bound::Common | Bound::Refused => {
                let text =
                    format!("this needs the permission `{permission}` for all categories, not only for some");
                Err(Problem::new(Code::Forbidden, text))
            }
        }
    }

    /// What a principal whose permission is bound to categories may do with the item that the address names. One of
    /// another category does not exist for them.
    async fn weigh(
        &self,
        principal: &Arc<Principal>,
        permission: Permission,
        request: &mut Request,
    ) -> Result<Asks, Failure> {
        let sku = named_item(request).await?;
        let (categories_of, asked) = (self.app.categories().of, sku.clone());
        let found = self.app.db().read(move |conn| categories_of(conn, &asked)).await?;
        let about = principal.about(&found.unwrap_or_default());
        if about.scope(permission).is_none() {
            return Err(Problem::not_found("item", sku).into());
        }
        let (scope, _) = self.reach(&about, permission)?;
        // how far it reaches where nobody says what it is about
        let everywhere = self.route.reach == Reach::Everywhere;
        let of_all = principal.scope(permission).is_some_and(|scope| !everywhere || scope.is_all());
        let categories = (!of_all).then(|| principal.categories(permission, everywhere));
        Ok(Asks { principal: Arc::new(about), whole: Arc::clone(principal), scope, categories })
    }

    fn admit(&self, request: &mut Request, begun: &Begun, caller: Option<Asks>) {
        let Begun { request_id, now, started: _, _in_flight: _, asked: _ } = begun;
        let route = Arc::clone(&self.route);
        let (request_id, now) = (*request_id, *now);
        request.extensions_mut().insert(Seen { app: self.app.clone(), request_id, now, caller, route });
    }

    /// The answer of the handler, or that of a panic or of the end of patience.
    async fn bounded(&self, answer: impl Future<Output = Result<Response, Infallible>>) -> Response {
        let limits = self.app.limits();
        let patience = if self.route.streamed { limits.upload_time_max } else { limits.request_time_max };
        match tokio::time::timeout(patience, AssertUnwindSafe(answer).catch_unwind()).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(payload)) => {
                self.app.meter().panicked();
                Failure::fault(format!("panic in a handler: {}", panic_text(&*payload))).into_response()
            }
            Err(_) => {
                let text =
                    "the request took too long; ask again with the same idempotency key to learn its fate";
                Failure::from(Problem::new(Code::Busy, text)).into_response()
            }
        }
    }

    /// A refusal as whoever asked understands it.
    fn refusal(&self, begun: &Begun, known: Option<Arc<Principal>>, failure: &Failure) -> Response {
        let (Some(asked), Some(refusals)) = (&begun.asked, self.app.refusals()) else {
            return failure.render(begun.request_id);
        };
        let wait = if let Failure::Later(_, seconds) = failure { Some(*seconds) } else { None };
        refusals.show(&Asked { principal: known, ..(**asked).clone() }, &failure.problem(), wait)
    }

    /// The headers of every answer.
    fn dress(&self, begun: &Begun, headers: &mut HeaderMap) {
        if let (Some(_), Some(refusals)) = (&begun.asked, self.app.refusals()) {
            refusals.dress(headers);
        }
        dress(headers, begun.request_id);
    }

    async fn finish(&self, begun: &Begun, asker: Asker, mut response: Response) -> Response {
        let known = if let Asker::Known(principal) = &asker { Some(Arc::clone(principal)) } else { None };
        let failure = response.extensions_mut().remove::<Carried>();
        self.count_refusals(&mut response, failure.as_ref().map(|carried| &*carried.0));
        if let Some(denied) = self.denied(&mut response, failure.as_ref().map(|carried| &*carried.0), &asker)
        {
            let route = format!("{} {}", self.route.method, self.route.path);
            let signs_in = self.route.access == Access::Public(PublicReason::SignIn);
            let (at, request_id) = (begun.now, begun.request_id);
            let refusal = Refusal { asker, route, signs_in, denied, at, request_id };
            Box::pin(denied::note(&self.app, refusal)).await;
        }
        if let Some(Carried(failure)) = &failure {
            response = self.refusal(begun, known, failure);
        }
        self.dress(begun, response.headers_mut());
        let took = begun.started.elapsed();
        self.meter.end(response.status(), took);
        self.log(begun, response.status(), took, failure.as_ref().map(|carried| &*carried.0));
        response
    }

    /// Counts what was refused: the request, or entries of a bulk each for itself.
    fn count_refusals(&self, response: &mut Response, failure: Option<&Failure>) {
        let told = response.extensions_mut().remove::<Refused>().map_or_else(Vec::new, |Refused(told)| told);
        let failed = failure.map(|failure| (failure.problem().code, 1));
        for (code, times) in told.into_iter().chain(failed) {
            self.app.meter().refused(code, times);
        }
    }

    /// What of an answer is a failed authorisation: a permission that was lacking, or a key of nobody.
    fn denied(&self, response: &mut Response, failure: Option<&Failure>, asker: &Asker) -> Option<Denied> {
        let problem = failure.map(Failure::problem);
        let denied = match (response.extensions_mut().remove::<Denied>(), &problem) {
            (Some(told), _) => Some(told),
            (None, Some(problem)) => Denied::of(problem),
            (None, None) => (response.status() == StatusCode::FORBIDDEN).then(Denied::untold),
        };
        if let Some(denied) = denied {
            self.meter.denied(denied.times);
            return Some(denied);
        }
        let unknown = failure.filter(|failure| failure.problem().kind() == Kind::Unauthenticated)?;
        let why = || Denied { detail: unknown.reason(), ..Denied::as_told(&unknown.problem()) };
        matches!(asker, Asker::Stranger { .. }).then(why)
    }

    /// At most one line a request: faults and what is turned away always; refusals at `info`, so that
    /// whoever asks about one finds it by its id, but not more of them than a log is read for; what
    /// went well, and the other refusals, at `debug`.
    fn log(&self, begun: &Begun, status: StatusCode, took: std::time::Duration, failure: Option<&Failure>) {
        let (method, route) = (self.route.method.as_str(), self.route.path.as_str());
        // to the microsecond: what a float has beyond is noise
        let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
        let request_id = format_args!("req_{}", begun.request_id.simple());
        match failure {
            Some(failure) if failure.is_fault() => tracing::error!(
                %request_id, method, route, status = status.as_u16(), ms, error = %failure, "request failed"
            ),
            _ if status.is_server_error() => tracing::warn!(
                %request_id, method, route, status = status.as_u16(), ms, "request turned away"
            ),
            _ if !self.tells(status, begun.now) => {
                tracing::debug!(%request_id, method, route, status = status.as_u16(), ms, "request answered");
            }
            Some(failure) => tracing::info!(
                %request_id, method, route, status = status.as_u16(), ms, code = %failure.problem().code, "request refused"
            ),
            // a refusal of the ledger is an answer that is kept
            None => tracing::info!(
                %request_id, method, route, status = status.as_u16(), ms, "request refused"
            ),
        }
    }

    /// Whether an answer is one that the log tells of.
    fn tells(&self, status: StatusCode, now: Instant) -> bool {
        status.is_client_error() && self.app.tells(now)
    }
}

/// The refusal of whoever has not signed in to the end, with how to go on.
fn unfinished(stage: Stage) -> Problem {
    let text = match stage {
        Stage::AwaitsCode => {
            "send the code of your second factor to `POST /api/v1/me/session/second-factor` first"
        }
        Stage::AwaitsFactor | Stage::Whole => {
            "what you may do asks for a second factor: set one up by `POST /api/v1/me/second-factor` first"
        }
    };
    Problem::new(Code::SecondFactorRequired, text)
}

/// The places and the categories that somebody reaches at a route.
type Reaches = (Scope, Option<Arc<[CategoryId]>>);

/// The item that the address of a request names.
async fn named_item(request: &mut Request) -> Result<String, Failure> {
    let Path(mut named) = request.extract_parts::<Path<BTreeMap<String, String>>>().await?;
    named.remove("sku").ok_or_else(|| Failure::fault("a route about an item does not name it"))
}

/// The refusal of a caller who holds a permission at some places where it is needed at all.
fn not_below(permission: Permission) -> Problem {
    let text = format!("this needs the permission `{permission}` everywhere, not only below a location");
    Problem::new(Code::Forbidden, text)
}

/// What the page of a refusal must know of a request.
fn asked(app: &App, request: &Request, request_id: Uuid) -> Asked {
    Asked {
        app: app.clone(),
        principal: None,
        uri: request.uri().clone(),
        method: request.method().clone(),
        headers: request.headers().clone(),
        form: None,
        request_id,
    }
}

/// Where a connection comes from.
fn from(peer: Option<Peer>) -> Option<IpAddr> {
    peer.map(|Peer(address)| address)
}

/// What a panic carried, for the log.
fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}

/// What is not in the table: an unknown address, or a known one with another method.
pub(crate) fn with_fallbacks<S: crate::State>(router: Router<S>, app: &App) -> Router<S> {
    let unknown = {
        let app = app.clone();
        move |request: Request| {
            let path = request.uri().path();
            let text = if is_for_programs(path) {
                format!("there is no address `{path}`, see `/api/openapi.json`")
            } else {
                format!("there is no page `{path}`")
            };
            std::future::ready(outside(&app, &request, &Problem::new(Code::UnknownRoute, text)))
        }
    };
    let method = {
        let app = app.clone();
        move |request: Request| {
            let text = format!("the address `{}` does not take `{}`", request.uri().path(), request.method());
            std::future::ready(outside(&app, &request, &Problem::new(Code::MethodNotAllowed, text)))
        }
    };
    router.fallback(unknown).method_not_allowed_fallback(method)
}

/// Whether an address belongs to the API, and not to a page.
fn is_for_programs(path: &str) -> bool {
    ["/api/", "/docs/", "/metrics"].iter().any(|start| path.starts_with(start))
}

fn outside(app: &App, request: &Request, problem: &Problem) -> Response {
    let request_id = request_id(request.headers()).unwrap_or_else(|| app.ids().next());
    let refusals = app.refusals().filter(|_| !is_for_programs(request.uri().path()));
    let mut response = match refusals {
        Some(refusals) => {
            let mut page = refusals.show(&asked(app, request, request_id), problem, None);
            refusals.dress(page.headers_mut());
            page
        }
        None => problem::response(problem, request_id, None),
    };
    dress(response.headers_mut(), request_id);
    app.meter().outside(response.status(), problem.code);
    response
}
