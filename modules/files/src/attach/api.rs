//! `POST /api/v1/items/{sku}/files`: the body is the file itself, read as it comes.

use super::NewFile;
use super::prepare::{self, Prepared};
use crate::bad::Unread;
use crate::blobs::{BlobName, Blobs, Received};
use crate::content::Claims;
use crate::file::File;
use crate::files::Files;
use crate::name::FileName;
use crate::show::{self, failed};
use axum::extract::State;
use bytes::Bytes;
use domain::{AsProblem, Code, FileKind, Media, Name, Problem};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::{Error, Write};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, Path, Upload};

/// Pieces of a body that wait for the disk.
const PIECES_WAITING: usize = 8;

/// What is said about a file beside its bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// What the file is called, such as `front.jpg`.
    name: String,
    /// What is to be seen in it, in up to 200 characters.
    caption: Option<String>,
}

/// Attaches a file to an item: a PNG, JPEG or `WebP` image, or a document (PDF, CSV, XLSX, XML, plain text).
///
/// The body is the file, of at most 25 mebibytes. What it is, its content says; `Content-Type` and the ending of
/// the name may be left out and must not be wrong. An image is drawn anew without metadata, upright, with
/// three thumbnails.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/files",
    params(("sku" = String, Path, description = "the SKU"), FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 201, body = File))
)]
pub(crate) async fn attach_item_file(
    app: App,
    State(files): State<Files>,
    Path(sku): Path<String>,
    mut upload: Upload<FileQuery>,
) -> web::Result {
    let name = FileName::parse(&upload.query.name).map_err(|error| error.problem("?name"))?;
    let caption = read_caption(upload.query.caption.as_deref(), "?caption")?;
    let item = show::item(&app, &sku).await?;
    let Ok(_place) = files.uploads().try_acquire() else {
        return Err(Problem::new(Code::Busy, "many files are being received, come again shortly").into());
    };
    let received = receive(&files, &mut upload).await?;
    let claims = Claims::of(name.as_str(), upload.content_type.as_deref());
    let hash = received.hash;
    // what was answered under the key is answered again, whatever it would be today
    let dry_run = upload.dry_run;
    let asked = upload.command(&hash, ());
    if !dry_run && let Some(answer) = asked.earlier(&app).await? {
        return Ok(answer);
    }
    let made = make_ready(&files, received, claims).await?;
    let quota = files.settings().quota_bytes;
    let (new, puts) = match made {
        Ok((prepared, puts)) => (Ok(NewFile { name, caption, prepared, names: Vec::new() }), puts),
        Err(problem) => (Err(problem), Vec::new()),
    };
    let mut command = with(asked, new);
    if let (Ok(new), false) = (&mut command.body, dry_run) {
        let (ctx, item, wanted) = (command.caller.ctx.clone(), item.clone(), new.clone());
        let wanted = app.db().write(move |tx| super::want(tx, &ctx, item.record(), &wanted, quota)).await?;
        if let Some(names) = wanted {
            new.names.clone_from(&names);
            put(&files, names, puts).await?;
        }
    }
    command
        .run(&app, move |tx, command| {
            let new = command.body.as_ref().map_err(|problem| Failure::from(problem.clone()))?;
            let (ctx, record) = (&command.caller.ctx, item.record());
            let mut new = Cow::Borrowed(new);
            if command.dry_run {
                let names = super::want(tx, ctx, record, &new, quota)?;
                new.to_mut().names = names.unwrap_or_default();
            }
            let file = super::attach(tx, ctx, record, &new, quota)?;
            Ok(Answer::created(show::address(&item.sku, file.id), &file)?.version(file.version))
        })
        .await
}

/// What is to be seen in a file; empty for nothing.
pub(crate) fn read_caption(text: Option<&str>, pointer: &str) -> Result<String, Problem> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(String::new()),
        Some(text) => {
            let caption = Name::parse(text).map_err(|error| error.problem(pointer))?;
            Ok(caption.as_str().to_owned())
        }
    }
}

fn with<T>(command: Command<()>, body: T) -> Command<T> {
    let Command { caller, key, fingerprint, dry_run, body: (), held, second } = command;
    Command { caller, key, fingerprint, dry_run, body, held, second }
}

/// Writes the body into quarantine while it comes.
async fn receive(files: &Files, upload: &mut Upload<FileQuery>) -> Result<Received, Failure> {
    let (pieces, mut coming) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let blobs = files.blobs().clone();
    let most = files.settings().file_bytes_max;
    // before a file is begun
    let first = upload.next(most).await?;
    let writer = tokio::task::spawn_blocking(move || -> Result<Received, Error> {
        let mut incoming = blobs.receive()?;
        while let Some(piece) = coming.blocking_recv() {
            incoming.write_all(&piece)?;
        }
        Ok(incoming.finish())
    });
    let mut next = first;
    while let Some(piece) = next {
        // a writer that has ended says why below
        if pieces.send(piece).await.is_err() {
            break;
        }
        next = upload.next(most).await?;
    }
    drop(pieces);
    writer.await.map_err(|error| Failure::fault(error.to_string()))?.map_err(|error| failed(&error.into()))
}

type Ready = (Prepared, Vec<Received>);

/// Looks at a file and makes it ready; the refusal when it is not taken.
async fn make_ready(
    files: &Files,
    received: Received,
    claims: Claims,
) -> Result<Result<Ready, Problem>, Failure> {
    let blobs = files.blobs().clone();
    let looked = blocking(move || {
        let media = prepare::look(&received, claims)?;
        Ok((received, media))
    });
    let (received, media) = match looked.await? {
        Ok(found) => found,
        Err(problem) => return Ok(Err(problem)),
    };
    let turn = if media.kind() == FileKind::Image {
        let turn = Arc::clone(files.drawing()).acquire_owned().await;
        Some(turn.map_err(|error| Failure::fault(error.to_string()))?)
    } else {
        None
    };
    blocking(move || {
        let made = ready(&blobs, received, media);
        // a caller who goes away ends nothing that has begun, so the turn goes with the work
        drop(turn);
        made
    })
    .await
}

fn ready(blobs: &Blobs, received: Received, media: Media) -> Result<Ready, Unread> {
    prepare::prepare(blobs, received, media)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unread> + Send + 'static,
) -> Result<Result<T, Problem>, Failure> {
    match tokio::task::spawn_blocking(work).await.map_err(|error| Failure::fault(error.to_string()))? {
        Ok(done) => Ok(Ok(done)),
        Err(Unread::Bad(bad)) => Ok(Err(Problem::new(bad.code(), bad.to_string()))),
        Err(Unread::Io(error)) => Err(failed(&error.into())),
    }
}

/// Gives the bytes their names.
async fn put(files: &Files, names: Vec<BlobName>, puts: Vec<Received>) -> Result<(), Failure> {
    for received in puts {
        let name = names.iter().find(|name| name.hash == received.hash);
        let name = *name.ok_or_else(|| Failure::fault("bytes that nobody has named"))?;
        files.blobs().put(name, received).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}
