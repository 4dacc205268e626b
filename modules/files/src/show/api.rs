//! `GET /api/v1/items/{sku}/files` and what lies below it.

use super::range::{self, Part};
use super::{encoded, failed, file_of, files_of, find};
use crate::blobs::{BlobName, Extent, Hash};
use crate::file::{File, FilesOf};
use crate::files::Files;
use crate::name::FileName;
use crate::store_blobs;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::{Code, FileId, Media, Problem, hex};
use web::{Answer, App, Failure, Path};

/// What a browser may do with a file that it opens after all: show it, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
);

/// Lists the files of an item in their order.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/files",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = FilesOf))
)]
pub(crate) async fn list_item_files(app: App, Path(sku): Path<String>) -> web::Result {
    let files = app.db().read(move |conn| {
        let item = find(conn, &sku)?;
        Ok::<_, Failure>(files_of(conn, item.record())?)
    });
    Answer::ok(&files.await?)
}

/// Shows what is known of one file of an item.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/files/{file}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("file" = i64, Path, description = "the number of the file"),
    ),
    responses((status = 200, body = File))
)]
pub(crate) async fn get_item_file(app: App, Path((sku, file)): Path<(String, i64)>) -> web::Result {
    let file = app.db().read(move |conn| {
        let item = find(conn, &sku)?;
        file_of(conn, item.record(), FileId(file))
    });
    let file = file.await?;
    Ok(Answer::ok(&file)?.version(file.version))
}

/// Hands a file of an item out.
///
/// `Range` asks for a part of it, `If-None-Match` with the `ETag` of an earlier answer for nothing when it is
/// the same.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/files/{file}/content",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("file" = i64, Path, description = "the number of the file"),
    ),
    responses(
        (
            status = 200,
            body = Vec<u8>,
            content_type = "application/octet-stream",
            description = "The file, with its own `Content-Type`",
            headers(("ETag" = String, description = "The hash of the bytes"))
        ),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "The part that was asked for"),
    )
)]
pub(crate) async fn get_item_file_content(
    app: App,
    State(files): State<Files>,
    Path((sku, file)): Path<(String, i64)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let wanted = app.db().read(move |conn| {
        let item = find(conn, &sku)?;
        let file = file_of(conn, item.record(), FileId(file))?;
        let name = store_blobs::name(conn, &file.sha256)?;
        Ok::<_, Failure>((file, name))
    });
    let (file, name) = wanted.await?;
    let called =
        FileName::parse(&file.name).map(|name| name.to_hand_out(file.media_type)).unwrap_or_default();
    let out = Out { hash: file.sha256, media: file.media_type, bytes: file.bytes, called };
    hand_out(&files, name, &out, &headers).await
}

/// Hands a thumbnail of an image out.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/files/{file}/thumbnails/{side}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("file" = i64, Path, description = "the number of the file"),
        ("side" = i64, Path, description = "the longer side in pixels: 96, 320 or 1024"),
    ),
    responses(
        (
            status = 200,
            body = Vec<u8>,
            content_type = "application/octet-stream",
            description = "The image, with its own `Content-Type`",
            headers(("ETag" = String, description = "The hash of the bytes"))
        ),
    )
)]
pub(crate) async fn get_item_file_thumbnail(
    app: App,
    State(files): State<Files>,
    Path((sku, file, side)): Path<(String, i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let wanted = app.db().read(move |conn| {
        let item = find(conn, &sku)?;
        let file = file_of(conn, item.record(), FileId(file))?;
        let small = file.thumbnails.iter().find(|small| small.side == side);
        let small = small.ok_or_else(|| Problem::not_found("thumbnail of this side", side))?;
        let out = Out {
            hash: small.hash,
            media: small.media_type,
            bytes: small.bytes,
            called: format!("{}-{side}.{}", file.id, small.media_type.ending()),
        };
        let name = store_blobs::name(conn, &small.hash)?;
        Ok::<_, Failure>((out, name))
    });
    let (out, name) = wanted.await?;
    hand_out(&files, name, &out, &headers).await
}

/// What goes out.
struct Out {
    hash: Hash,
    media: Media,
    bytes: i64,
    called: String,
}

async fn hand_out(
    files: &Files,
    name: Option<BlobName>,
    out: &Out,
    asked: &HeaderMap,
) -> Result<Response, Failure> {
    let etag = format!("\"{}\"", hex::digits(&out.hash));
    if is_known(asked, &etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        dress(response.headers_mut(), out, &etag)?;
        return Ok(response);
    }
    let length = u64::try_from(out.bytes).unwrap_or_default();
    // a part of another version is no part of this one
    let same = asked.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    let range = asked.get(header::RANGE).filter(|_| same).and_then(|value| value.to_str().ok());
    let part = range::read(range, length);
    let (first, last) = match part {
        Part::Whole => (0, length.saturating_sub(1)),
        Part::Some { first, last } => (first, last),
        Part::Nothing => {
            let detail = format!("the file has {length} bytes, and the range begins behind them");
            return Err(Problem::new(Code::RangeNotThere, detail).into());
        }
    };
    let name = name.ok_or_else(|| Failure::fault("a file refers to bytes that nobody keeps"))?;
    let bytes = last - first + 1;
    let extent = Extent { first, bytes, of: length };
    let pieces = files.blobs().open(name, extent).await.map_err(|error| failed(&error))?;
    let mut response = Response::new(Body::from_stream(pieces));
    dress(response.headers_mut(), out, &etag)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    if part != Part::Whole {
        insert(headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"))?;
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Whether the caller has these bytes already.
fn is_known(asked: &HeaderMap, etag: &str) -> bool {
    asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|text| {
        text.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == etag || one == "*")
    })
}

/// The headers of an attachment.
fn dress(headers: &mut HeaderMap, out: &Out, etag: &str) -> Result<(), Failure> {
    insert(headers, header::ETAG, etag)?;
    insert(
        headers,
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename*=UTF-8''{}", encoded(&out.called)),
    )?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(out.media.content_type()));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) -> Result<(), Failure> {
    let value = HeaderValue::try_from(text).map_err(|error| Failure::fault(error.to_string()))?;
    headers.insert(name, value);
    Ok(())
}
