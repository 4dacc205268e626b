//! The routes of imports.

use super::show::{ImportShown, ImportWithColumns, known_field};
use super::store::{self, Kind};
use super::upload::{self, KEPT_BYTES_MAX, Seen};
use super::{Import, Imports, Run, State as ImportState, decide};
use crate::bring::{self, List as Listed, Said, Who};
use crate::table::{Locale, ReadAs};
use axum::extract::State;
use axum::response::Response;
use db::{Conn, Tx};
use domain::{Code, Ctx, Problem};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path, Upload};

/// The longest name of a file, in characters.
const NAME_CHARS_MAX: usize = 200;

/// What is said about a file beside its bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Which list it is: `items`, `locations`, `opening-stock` …
    list: String,
    /// What the file is called, such as `items.xlsx`.
    name: String,
    /// How numbers and dates are written in it: `iso`, `en-gb`, `en-us`, `de`, `de-ch`, `fr`, `es` or `nl`; `iso` when
    /// not given.
    locale: Option<String>,
    /// What separates the cells of a CSV file: `,`, `;`, `|` or `tab`; told from its first row when not given.
    separator: Option<String>,
    /// A CSV file that is in Windows-1252, not in UTF-8.
    windows_1252: Option<bool>,
    /// The sheet of a workbook; its first when not given.
    sheet: Option<String>,
}

impl ImportQuery {
    fn read(&self) -> Result<(Listed, String, ReadAs), Problem> {
        let wrong = |parameter: &str, detail: String| {
            Problem::at(Code::MalformedParameter, parameter.to_owned(), detail)
        };
        let list = Listed::parse(&self.list).ok_or_else(|| {
            let words = Listed::ALL.map(Listed::word).join("`, `");
            wrong("?list", format!("there is no list `{}` to import; there are `{words}`", self.list))
        })?;
        let name = self.name.trim();
        let is_plain = |c: char| !c.is_control() && c != '/' && c != '\\';
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(is_plain) {
            let detail = format!("the name of a file has 1 to {NAME_CHARS_MAX} characters and no slash");
            return Err(wrong("?name", detail));
        }
        let locale = match self.locale.as_deref() {
            None => Locale::ISO,
            Some(word) => Locale::parse(word).ok_or_else(|| {
                wrong("?locale", format!("there is no convention `{word}`; there are `{}`", Locale::names()))
            })?,
        };
        let separator = match self.separator.as_deref() {
            None => None,
            Some(",") => Some(b','),
            Some(";") => Some(b';'),
            Some("|") => Some(b'|'),
            Some("tab" | "\t") => Some(b'\t'),
            Some(_) => {
                return Err(wrong("?separator", "cells are separated by `,`, `;`, `|` or `tab`".to_owned()));
            }
        };
        let windows_1252 = self.windows_1252.unwrap_or_default();
        let sheet = self.sheet.clone();
        let jsonl = crate::table::is_jsonl(name.as_ref());
        Ok((list, name.to_owned(), ReadAs { locale, separator, windows_1252, sheet, jsonl }))
    }
}

/// Sends a file to be imported: CSV, an Excel workbook or JSON lines, of at most 64 mebibytes and 250,000 rows.
///
/// It is looked at and kept, and nothing is imported yet. The answer tells which field each column is taken for,
/// with what stands in its first rows. A file that is no table is refused.
#[utoipa::path(
    post, path = "/api/v1/imports", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 201, body = ImportWithColumns))
)]
pub(crate) async fn send_import(
    app: App,
    State(imports): State<Imports>,
    mut upload: Upload<ImportQuery>,
) -> web::Result {
    let (list, name, read_as) = upload.query.read()?;
    who(&upload.caller).caller(list.permission())?;
    let place = imports.upload()?;
    let come = upload::receive(&mut upload).await?;
    let asked = upload.command(&come.digest, ());
    if !asked.dry_run
        && let Some(answer) = asked.earlier(&app).await?
    {
        return Ok(answer);
    }
    let seen = tokio::task::spawn_blocking(move || upload::look(come, read_as)).await;
    let seen = seen.map_err(|error| Failure::fault(error.to_string()))??;
    let answer = asked
        .run(&app, move |tx, command| {
            let ctx = &command.caller.ctx;
            let import = keep(tx, ctx, list, &name, &seen)?;
            let (address, version) = (format!("/api/v1/imports/{}", import.id), import.version);
            let shown = ImportWithColumns::of(tx, import, None, ctx.now)?;
            Ok(Answer::created(address, &shown)?.version(version))
        })
        .await;
    drop(place);
    answer
}

/// Keeps a file that was looked at.
fn keep(tx: &mut Tx<'_>, ctx: &Ctx, list: Listed, name: &str, seen: &Seen) -> Result<Import, Failure> {
    let kept = store::kept_bytes(tx, ctx.actor.id)?;
    if kept.saturating_add(seen.bytes) > KEPT_BYTES_MAX {
        let detail = format!(
            "your files that wait to be imported have {} MiB, and may have {}; remove imports that are done with",
            kept >> 20,
            KEPT_BYTES_MAX >> 20
        );
        return Err(Problem::new(Code::LimitExceeded, detail).into());
    }
    let import = Import {
        id: db::ids::take(tx, "exchange.list_import", 1)?,
        list,
        name: name.to_owned(),
        digest: seen.digest,
        bytes: seen.bytes,
        look: seen.look.clone(),
        said: Said::new(),
        state: ImportState::Ready,
        run: None,
        rows: 0,
        heard_at: ctx.now,
        sent_by: ctx.actor.id,
        sent_at: ctx.now,
        changed_at: ctx.now,
        version: 1,
    };
    store::insert(tx, &import)?;
    store::put_parts(tx, import.id, Kind::Sent, &seen.parts)?;
    let details = serde_json::json!({
        "list": list.word(), "name": name, "bytes": seen.bytes, "sha256": domain::hex::digits(&seen.digest),
    });
    web::audit(tx, ctx, "exchange.import.send", import.id, &details);
    Ok(import)
}

fn who(caller: &Caller) -> Who {
    Who { ctx: caller.ctx.clone(), principal: Arc::clone(&caller.principal) }
}

/// An import that the caller may see: their own, or any for who may import everywhere.
fn seen_by(caller: &Caller, id: &str, found: Option<Import>) -> Result<Import, Problem> {
    found
        .filter(|import| caller.scope.is_all() || import.sent_by == caller.ctx.actor.id)
        .ok_or_else(|| Problem::not_found("import", id))
}

/// A number as it stands in an address; one that is none names nothing.
fn number(id: &str) -> i64 {
    id.parse().unwrap_or(0)
}

fn find(conn: &mut Conn<'_>, caller: &Caller, id: &str) -> Result<Import, Failure> {
    let found = store::one(conn, number(id))?;
    Ok(seen_by(caller, id, found)?)
}

/// The same, locked and as it was read.
fn hold(tx: &mut Tx<'_>, caller: &Caller, id: &str, version: IfMatch) -> Result<Import, Failure> {
    let found = store::lock(tx, number(id))?;
    let import = seen_by(caller, id, found)?;
    version.check(import.version)?;
    Ok(import)
}

/// The filters of the list of imports.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportFilter {}

web::sorts! {
    /// The order of the list of imports.
    pub(crate) enum ImportSort { Latest = "-id" }
}

/// Lists the files that were sent to be imported: one's own, or those of everybody for who may import everywhere.
#[utoipa::path(
    get, path = "/api/v1/imports", params(List<ImportFilter, ImportSort>),
    responses((status = 200, body = Page<ImportShown>))
)]
pub(crate) async fn list_imports(
    app: App,
    State(imports): State<Imports>,
    caller: Caller,
    list: List<ImportFilter, ImportSort>,
) -> web::Result {
    let (before, most) = (list.after::<i64>()?.unwrap_or(i64::MAX), list.fetch());
    let sender = (!caller.scope.is_all()).then_some(caller.ctx.actor.id);
    let found = app.db().read(move |conn| Ok::<_, Failure>(store::list(conn, sender, before, most)?)).await?;
    let shown = |import: Import| {
        let rows = imports.rows(import.id);
        ImportShown::of(import, rows, caller.ctx.now)
    };
    Answer::ok(&list.page(found.into_iter().map(shown).collect(), |import| import.id)?)
}

/// Shows an import: which field each of its columns is taken for, how far it is, and what came of it.
#[utoipa::path(
    get, path = "/api/v1/imports/{id}",
    params(("id" = i64, Path, description = "the number of the import")),
    responses((status = 200, body = ImportWithColumns))
)]
pub(crate) async fn get_import(
    app: App,
    State(imports): State<Imports>,
    caller: Caller,
    Path(id): Path<String>,
) -> web::Result {
    let rows = imports.rows(number(&id));
    let now = caller.ctx.now;
    let shown = app.db().read(move |conn| {
        let import = find(conn, &caller, &id)?;
        ImportWithColumns::of(conn, import, rows, now)
    });
    let shown = shown.await?;
    Ok(Answer::ok(&shown)?.version(shown.import.version))
}

/// What the columns of a file are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SayColumns {
    /// The titles of columns, each with the name of a field, or `-` for one that is left out. What is not named
    /// is told from its title, or from what was said of it at an earlier import.
    columns: Said,
}

/// Says which field each column is. It takes the place of what was said before, and is remembered for later
/// files when the import is taken.
#[utoipa::path(
    put, path = "/api/v1/imports/{id}/columns",
    params(("id" = i64, Path, description = "the number of the import")),
    request_body = SayColumns,
    responses((status = 200, body = ImportWithColumns))
)]
pub(crate) async fn say_import_columns(
    app: App,
    Path(id): Path<String>,
    version: IfMatch,
    command: Command<SayColumns>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let (caller, said) = (&command.caller, &command.body.columns);
            let import = hold(tx, caller, &id, version)?;
            decide::require_at_rest(&import, caller.ctx.now)?;
            let titles = import.look.titles();
            decide::require_columns(&titles, said)?;
            let fields = bring::look(tx, import.list, &titles, said)?.fields;
            for (title, name) in said {
                known_field(&fields, name, import.list).map_err(|detail| {
                    Problem::at(Code::InvalidValue, format!("/columns/{}", decide::escaped(title)), detail)
                })?;
            }
            store::say(tx, import.id, said, caller.ctx.now)?;
            let details = serde_json::json!({ "columns": said });
            web::audit(tx, &caller.ctx, "exchange.import.say", import.id, &details);
            let import = store::one(tx, import.id)?.ok_or_else(|| Failure::fault("a held import is gone"))?;
            let version = import.version;
            let shown = ImportWithColumns::of(tx, import, None, caller.ctx.now)?;
            Ok(Answer::ok(&shown)?.version(version))
        })
        .await
}

/// How an import is run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunImport {
    /// Try it and keep nothing.
    #[serde(default)]
    dry_run: bool,
    /// Take each row by itself, so that those that are refused do not keep the others back. Otherwise all rows
    /// are taken or none.
    #[serde(default)]
    each: bool,
    /// Post a file of stock once more that was posted before.
    #[serde(default)]
    again: bool,
}

/// Runs an import, with the rights of who asks. It goes on after the answer; the import shows how far it is.
///
/// All rows or none are one change, and other changes wait until it is through: seconds, of many thousand rows.
/// Of rows that are taken each by itself some hundred are a change.
#[utoipa::path(
    post, path = "/api/v1/imports/{id}/run",
    params(("id" = i64, Path, description = "the number of the import")),
    request_body = RunImport,
    responses((status = 202, body = ImportShown))
)]
pub(crate) async fn run_import(
    app: App,
    State(imports): State<Imports>,
    Path(id): Path<String>,
    version: IfMatch,
    command: Command<RunImport>,
) -> web::Result {
    if !command.dry_run
        && let Some(answer) = command.earlier(&app).await?
    {
        return Ok(answer);
    }
    let turn = imports.turn()?;
    let who = who(&command.caller);
    let begun = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&begun);
    let answer = command
        .run(&app, move |tx, command| {
            let import = begin(tx, &command.caller, (&id, version), &command.body)?;
            *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(import.clone());
            let version = import.version;
            let shown = ImportShown::of(import, Some(0), command.caller.ctx.now);
            Ok(Answer::accepted(&shown)?.version(version))
        })
        .await?;
    let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(import), false, false) = (begun, answer.dry_run, answer.replayed) {
        imports.start(app, who, import, turn);
    }
    Ok(answer)
}

/// Notes that an import is on its way.
fn begin(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (id, version): (&str, IfMatch),
    order: &RunImport,
) -> Result<Import, Failure> {
    let import = hold(tx, caller, id, version)?;
    decide::require_at_rest(&import, caller.ctx.now)?;
    decide::require_file(&import)?;
    who(caller).caller(import.list.permission())?;
    bring::look(tx, import.list, &import.look.titles(), &import.said)?.mapping?;
    let run = Run::new(order.each, order.dry_run, order.again);
    store::begin(tx, import.id, &run, caller.ctx.now)?;
    let details = serde_json::json!({ "each": order.each, "dry_run": order.dry_run, "again": order.again });
    web::audit(tx, &caller.ctx, "exchange.import.run", import.id, &details);
    store::one(tx, import.id)?.ok_or_else(|| Failure::fault("a held import is gone"))
}

/// Stops an import that is on its way. What is behind it of rows that are taken each by itself stays; of all rows
/// or none nothing does. It ends within seconds, wherever it runs.
#[utoipa::path(
    post, path = "/api/v1/imports/{id}/stop",
    params(("id" = i64, Path, description = "the number of the import")),
    responses((status = 202, body = ImportShown))
)]
pub(crate) async fn stop_import(
    app: App,
    State(imports): State<Imports>,
    Path(id): Path<String>,
    command: Command<()>,
) -> web::Result {
    let rows = imports.rows(number(&id));
    let caller = command.caller.clone();
    let asked = id.clone();
    let found = app.db().read(move |conn| find(conn, &caller, &asked)).await?;
    if !command.dry_run {
        // the one that writes all rows or none holds the writer of the embedded engine: it has to end first
        imports.stop(found.id);
    }
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let import = find(tx, caller, &id)?;
            store::ask_to_stop(tx, import.id)?;
            web::audit(tx, &caller.ctx, "exchange.import.stop", import.id, &serde_json::json!({}));
            let version = import.version;
            let shown = ImportShown::of(import, rows, caller.ctx.now);
            Ok(Answer::accepted(&shown)?.version(version))
        })
        .await
}

/// Hands the rows out that were refused, as the file that was sent with a column that says what is wrong: where
/// nothing was kept all of its rows, so that it is mended and sent again; otherwise only those.
#[utoipa::path(
    get, path = "/api/v1/imports/{id}/refused",
    params(("id" = i64, Path, description = "the number of the import")),
    responses((
        status = 200, body = Vec<u8>, content_type = "application/octet-stream",
        description = "The file, in the form that was sent"
    ))
)]
pub(crate) async fn get_import_refused(
    app: App,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let taken = app.db().read(move |conn| {
        let import = find(conn, &caller, &id)?;
        let file = upload::take_out(conn, import.id, Kind::Refused)?;
        Ok::<_, Failure>((import, file))
    });
    let (import, file) = taken.await?;
    let none = || Problem::not_found("file of refused rows of import", import.id);
    let (file, bytes) = file.ok_or_else(none)?;
    let ending = import.look.format;
    let media = match ending.as_str() {
        "csv" => "text/csv; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/x-ndjson",
    };
    web::file_response(file, bytes, (media, &format!("refused-{}.{ending}", import.id)))
}

/// Removes an import with its file. What was imported stays.
#[utoipa::path(
    delete, path = "/api/v1/imports/{id}",
    params(("id" = i64, Path, description = "the number of the import")),
    responses((status = 204))
)]
pub(crate) async fn remove_import(
    app: App,
    Path(id): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let import = hold(tx, caller, &id, version)?;
            decide::require_at_rest(&import, caller.ctx.now)?;
            store::remove(tx, import.id)?;
            let details = serde_json::json!({ "list": import.list.word(), "name": import.name });
            web::audit(tx, &caller.ctx, "exchange.import.remove", import.id, &details);
            Ok(Answer::nothing())
        })
        .await
}
