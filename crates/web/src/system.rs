//! Routes of the product itself: liveness, readiness, metrics, the description of the API.

use crate::answer::Answer;
use crate::app::{App, State};
use crate::failure::Failure;
use crate::routes::{PublicReason, Reach, Routes};
use crate::{events, problem_pages};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Code, Permission, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// The routes of the kit.
pub fn system_routes<S: State>() -> Routes<S> {
    Routes::new("system")
        .add(Permission::EventsRead, Reach::Filtered, crate::routes!(events::stream_events))
        .add(Permission::SystemRead, Reach::Everywhere, crate::routes!(get_health))
        .add(Permission::SystemRead, Reach::Everywhere, crate::routes!(get_metrics))
        .add(crate::Access::Public(PublicReason::Description), Reach::Whole, crate::routes!(get_front))
        .add(crate::Access::Public(PublicReason::Description), Reach::Whole, crate::routes!(get_openapi))
        .add(
            crate::Access::Public(PublicReason::Description),
            Reach::Whole,
            crate::routes!(problem_pages::get_problem_page),
        )
        .add(crate::Access::Public(PublicReason::Health), Reach::Whole, crate::routes!(get_livez))
        .add(crate::Access::Public(PublicReason::Health), Reach::Whole, crate::routes!(get_readyz))
}

/// Whether a part of the product can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartHealth {
    /// The part.
    name: &'static str,
    /// Whether it can.
    ready: bool,
    /// Why not.
    detail: Option<String>,
}

/// Health, part by part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Whether requests are answered.
    ready: bool,
    /// Whether this is a copy to practise in.
    training: bool,
    /// The parts.
    parts: Vec<PartHealth>,
}

/// A word that says all is well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Well {
    /// `live` or `ready`.
    status: &'static str,
    /// Whether this is a copy to practise in.
    training: bool,
}

fn health(app: &App) -> Health {
    let parts: Vec<PartHealth> = app
        .readiness()
        .map(|(name, checked)| PartHealth { name, ready: checked.is_ok(), detail: checked.err() })
        .collect();
    Health { ready: parts.iter().all(|part| part.ready), training: app.is_training(), parts }
}

/// What a program is told that asks for the address of the API.
const FRONT: &str = "\
Stockwell answers here: what do we have, where is it, when do we need more.

Programs ask it, with a key:

  curl -H 'authorization: Bearer swk_...' ADDRESS/api/v1/items

where ADDRESS is what you have just asked, without `/api`. The demo shows a key when it starts; elsewhere
`stockwell key add NAME --role administrator` makes one on the host. With the embedded file the
server is stopped first: the command ends with code 4 while it runs. Pages for people begin at `/`.

  /api/openapi.json       every route
  /docs/problems/CODE     what a refusal means and what to do, such as /docs/problems/unauthenticated
  /livez and /readyz      whether it lives, and whether it takes requests
";

/// What can be asked, and where.
#[utoipa::path(get, path = "/api", responses((status = 200, content_type = "text/plain", body = String)))]
async fn get_front() -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, plain)], FRONT).into_response()
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/livez", responses((status = 200, body = Well)))]
async fn get_livez(app: App) -> crate::Result {
    Answer::ok(&Well { status: "live", training: app.is_training() })
}

/// Whether requests should be sent here.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Well)))]
async fn get_readyz(app: App) -> crate::Result {
    if app.is_draining() {
        return Err(Problem::new(Code::ShuttingDown, "requests are finished, no new ones are taken").into());
    }
    if health(&app).ready {
        return Answer::ok(&Well { status: "ready", training: app.is_training() });
    }
    Err(Problem::new(Code::ReadOnly, "a part is not ready, see `/api/v1/health` with a key").into())
}

/// Health, part by part.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = Health)))]
async fn get_health(app: App) -> crate::Result {
    Answer::ok(&health(&app))
}

/// The metrics, in the text form that Prometheus reads.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
async fn get_metrics(app: App) -> Result<Response, Failure> {
    let text = app.meter().text().map_err(|_| Failure::fault("the metrics cannot be written"))?;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from(text)).into_response())
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object)))]
async fn get_openapi(app: App) -> crate::Result {
    Ok(Answer { body: app.description().clone(), ..Answer::empty(axum::http::StatusCode::OK) })
}
