//! `GET /api/v1/events`: the feed as server-sent events. The id of an event is its position, so
//! `Last-Event-ID` resumes exactly; positions are given after commit, so nothing is skipped.
//!
//! An event is shown when it concerns a site whose root is in the caller's scope. One that
//! concerns no site is shown only to callers whose scope is everything. Who reaches no site is refused,
//! so that nobody listens to silence. What things cost is told to those who may see costs.

use crate::app::{App, Streaming};
use crate::failure::Failure;
use crate::params::Query;
use crate::principal::{Caller, Principal};
use crate::scope::{Reached, Scope};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use db::Conn;
use db::feed::{self, Event};
use domain::{Code, EventId, Instant, LocationId, Permission, Problem};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Events read at once.
const BATCH: i64 = 256;
/// How often a quiet stream looks whether its caller may still listen.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two signs of life.
const BEAT_TICKS: u32 = 15;
/// Kinds in `types` at most.
const TYPES_MAX: usize = 50;

/// What part of the feed is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Only these kinds, with commas between them, such as `stock.posted,stock.reserved`.
    types: Option<String>,
    /// Begin after this position, when there is no `Last-Event-ID`. Without both: from now on.
    after: Option<i64>,
}

/// The data of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView<'a> {
    /// Its place in the feed.
    position: i64,
    /// Its id: the same however often it is delivered.
    #[schema(value_type = String)]
    id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    kind: &'a str,
    /// What it happened to.
    aggregate_type: &'a str,
    /// Which one.
    aggregate_id: &'a str,
    /// Counts the events of that thing, without gaps.
    aggregate_seq: i64,
    /// When it was recorded.
    #[schema(value_type = String)]
    recorded_at: Instant,
    /// The body.
    #[schema(value_type = Object)]
    data: &'a RawValue,
}

/// The feed of events, as server-sent events.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    params(EventsQuery, ("Last-Event-ID" = Option<i64>, Header, description = "the position after which to go on")),
    responses((status = 200, body = EventView, content_type = "text/event-stream"))
)]
pub(crate) async fn stream_events(
    app: App,
    caller: Caller,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let kinds = kinds(query.types.as_deref(), &app.feed().kinds)?;
    require_a_site(&app, &caller.scope).await?;
    let position = start(&app, &headers, query.after).await?;
    let streaming = app.streaming(&caller.principal)?;
    let listener = Listener {
        position: app.db().feed_position(),
        draining: app.draining(),
        sees_costs: caller.may(Permission::CostRead),
        principal: caller.principal,
        scope: caller.scope,
        kinds,
        after: position,
        told: position,
        quiet_ticks: 0,
        app,
        _streaming: streaming,
    };
    let stream = futures_util::stream::unfold(listener, |mut listener| async move {
        let chunk = listener.next().await?;
        Some((Ok::<_, Infallible>(chunk), listener))
    });
    let mut response = Response::new(Body::from_stream(stream));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// Refuses whoever would never hear anything.
async fn require_a_site(app: &App, scope: &Scope) -> Result<(), Failure> {
    let Reached::Within(roots) = scope.reached() else { return Ok(()) };
    let (roots, any_site) = (roots.to_vec(), app.feed().any_site);
    if app.db().read(move |conn| any_site(conn, &roots).map_err(Failure::from)).await? {
        return Ok(());
    }
    let detail =
        "events are of whole sites, and you reach only places inside of one: ask with a key for the site";
    Err(Problem::new(Code::Forbidden, detail).into())
}

/// The position to begin after.
async fn start(app: &App, headers: &HeaderMap, after: Option<i64>) -> Result<i64, Failure> {
    let wanted = match headers.get(LAST_EVENT_ID) {
        Some(value) => {
            let position = value.to_str().ok().and_then(|text| text.parse().ok());
            let refuse =
                || Problem::new(Code::MalformedHeader, "`Last-Event-ID` is the number of a position");
            Some(position.ok_or_else(refuse)?)
        }
        None => after,
    };
    let begin = move |conn: &mut Conn<'_>| {
        let last = feed::last(conn)?;
        let position = wanted.unwrap_or(last);
        if feed::is_given(conn, position)? {
            return Ok(position);
        }
        let detail = format!(
            "the feed, which ends with `{last}`, has no position `{position}`: after a restore, read everything \
             anew and begin at the present"
        );
        Err(Failure::from(Problem::new(Code::PositionUnknown, detail)))
    };
    app.db().read(begin).await
}

fn kinds(types: Option<&str>, known: &[&'static str]) -> Result<Option<Vec<&'static str>>, Problem> {
    let Some(types) = types else { return Ok(None) };
    let refuse = |detail: String| Problem::at(Code::MalformedParameter, "?types", detail);
    let asked: Vec<&str> = types.split(',').map(str::trim).collect();
    if asked.len() > TYPES_MAX || asked.contains(&"") {
        return Err(refuse(format!("`types` names 1 to {TYPES_MAX} kinds with commas between them")));
    }
    let found = asked.into_iter().map(|kind| {
        known.iter().copied().find(|known| *known == kind).ok_or_else(|| refuse(no_such_kind(kind, known)))
    });
    found.collect::<Result<Vec<_>, _>>().map(Some)
}

/// What to say of a kind that there is not. All kinds together are too many for a line: those of the same
/// subject are named, and where the subject is wrong too, the subjects.
fn no_such_kind(kind: &str, known: &[&str]) -> String {
    let subject = |kind: &str| kind.split('.').next().unwrap_or_default().to_owned();
    let near: Vec<&str> = known.iter().copied().filter(|known| subject(known) == subject(kind)).collect();
    if near.is_empty() {
        let mut subjects: Vec<String> = known.iter().map(|known| format!("`{}.…`", subject(known))).collect();
        subjects.dedup();
        return format!("there are no events `{kind}`, only {}", subjects.join(", "));
    }
    format!("there are no events `{kind}`, only `{}`", near.join("`, `"))
}

/// One open stream.
struct Listener {
    app: App,
    principal: Arc<Principal>,
    scope: Scope,
    sees_costs: bool,
    kinds: Option<Vec<&'static str>>,
    position: watch::Receiver<i64>,
    draining: watch::Receiver<bool>,
    /// Everything up to here was looked at.
    after: i64,
    /// The listener knows that.
    told: i64,
    quiet_ticks: u32,
    _streaming: Streaming,
}

impl Listener {
    /// The next chunk; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if *self.draining.borrow()
                || !self.app.authenticator().is_current(&self.principal, self.app.now())
            {
                return None;
            }
            let grown = *self.position.borrow_and_update();
            if grown > self.after {
                if let Some(chunk) = self.read(grown).await? {
                    self.quiet_ticks = 0;
                    return Some(chunk);
                }
                continue;
            }
            tokio::select! {
                changed = self.position.changed() => changed.ok()?,
                changed = self.draining.changed() => changed.ok()?,
                () = tokio::time::sleep(TICK) => {
                    self.quiet_ticks += 1;
                    if self.quiet_ticks >= BEAT_TICKS {
                        self.quiet_ticks = 0;
                        return Some(self.beat());
                    }
                }
            }
        }
    }

    /// A sign of life. When events were passed over, it moves the listener's `Last-Event-ID` too.
    fn beat(&mut self) -> Bytes {
        if self.told == self.after {
            return Bytes::from_static(b":\n\n");
        }
        self.told = self.after;
        format!(":\nid: {}\n\n", self.after).into()
    }

    /// What is new and meant for this listener, where the feed has grown so far. The outer `None` ends the
    /// stream: the client comes again with its position.
    async fn read(&mut self, grown: i64) -> Option<Option<Bytes>> {
        let after = self.after;
        let events = match self.app.db().read(move |conn| feed::read(conn, after, BATCH)).await {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%error, "an event stream ends because the feed cannot be read");
                return None;
            }
        };
        // where it grew by no event it was restored
        self.after = events.last().map_or(grown, |last| last.position);
        let mut text = String::new();
        let wanted: Vec<&Event> = events.iter().filter(|event| self.wants(event)).collect();
        for event in wanted {
            self.told = event.position;
            text += &frame(event, &self.body(event));
        }
        Some(if text.is_empty() { None } else { Some(text.into()) })
    }

    fn wants(&self, event: &Event) -> bool {
        let kind = self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| *kind == event.kind));
        kind && match self.scope.reached() {
            Reached::All => true,
            Reached::Within(roots) => event.sites.iter().any(|site| roots.contains(&LocationId(*site))),
        }
    }

    /// What of an event the listener is told.
    fn body<'e>(&self, event: &'e Event) -> Cow<'e, str> {
        if !self.sees_costs
            && let Some(rest) = (self.app.feed().without_costs)(&event.kind, &event.payload)
        {
            return Cow::Owned(rest);
        }
        if self.reaches_all_of(event) {
            Cow::Borrowed(&event.payload)
        } else {
            without_levels(&event.payload)
        }
    }

    fn reaches_all_of(&self, event: &Event) -> bool {
        match self.scope.reached() {
            Reached::All => true,
            Reached::Within(roots) => event.sites.iter().all(|site| roots.contains(&LocationId(*site))),
        }
    }
}

/// The last member of the body of an event of stock: the numbers of whole sites.
const LEVELS: &str = r#","levels":["#;

/// The body of an event without the numbers of its sites. They are its last member, and no text within them
/// holds quotes that are not escaped.
fn without_levels(payload: &str) -> Cow<'_, str> {
    match payload.rsplit_once(LEVELS) {
        Some((before, _)) => Cow::Owned(format!("{before}}}")),
        None => Cow::Borrowed(payload),
    }
}

/// One event in the form of the protocol. A body that is no JSON cannot be sent, and is a fault of whoever wrote it.
fn frame(event: &Event, body: &str) -> String {
    let Ok(data) = serde_json::from_str::<&RawValue>(body) else {
        tracing::error!(position = event.position, "the body of an event is not JSON");
        return String::new();
    };
    let view = EventView {
        position: event.position,
        id: EventId::from_bytes(event.id),
        kind: &event.kind,
        aggregate_type: &event.aggregate_type,
        aggregate_id: &event.aggregate_id,
        aggregate_seq: event.aggregate_seq,
        recorded_at: Instant(event.recorded_at),
        data,
    };
    let data = serde_json::to_string(&view).unwrap_or_default().replace(['\n', '\r'], " ");
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.position, event.kind)
}

#[cfg(test)]
mod tests {
    use super::without_levels;

    #[test]
    fn who_reaches_some_of_the_sites_is_told_no_numbers_of_them() {
        let told =
            r#"{"id":"x","note":",\"levels\":[","levels":[{"sku":"A\"","site":"LON","available":"3"}]}"#;
        assert_eq!(without_levels(told), r#"{"id":"x","note":",\"levels\":["}"#);
        assert_eq!(without_levels(r#"{"id":"x"}"#), r#"{"id":"x"}"#);
    }
}
