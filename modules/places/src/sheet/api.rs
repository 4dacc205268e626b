//! `GET /api/v1/location-sheet`.

use super::{Format, Sheet, sheet};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{App, Caller, Failure, Query};

/// What stands on the list, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SheetQuery {
    /// This location and everything below it, by its code.
    below: Option<String>,
    /// Only this kind.
    kind: Option<String>,
    /// `text` (the default), `html`, which prints well, or `csv`.
    format: Option<String>,
}

/// Gives the locations in use as a list to print, as somebody walks past them.
#[utoipa::path(
    get,
    path = "/api/v1/location-sheet",
    params(SheetQuery),
    responses((status = 200, body = String, content_type = "text/plain", description = "The list, as it was asked for"))
)]
pub(crate) async fn get_location_sheet(
    app: App,
    caller: Caller,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Failure> {
    let SheetQuery { below, kind, format } = query;
    let asked = Sheet { below, kind, format };
    let media = match asked.format()? {
        Format::Text => "text/plain; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
    };
    let text = app.db().read(move |conn| sheet(conn, caller.scope.reached(), &asked)).await?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    Ok(response)
}
