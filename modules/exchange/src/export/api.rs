//! The routes of exports: a whole list as a file.

use super::{Export, Format, What, export};
use crate::table::Locale;
use axum::response::Response;
use domain::{Code, Instant, Permission, Problem};
use serde::{Deserialize, Serialize};
use std::io::{Seek, SeekFrom};
use std::sync::LazyLock;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Failure, Path, Query};

/// Lists that a process writes at the same time; each reads a snapshot of its own.
const EXPORTS_MAX: usize = 2;
static WRITING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(EXPORTS_MAX));

/// The lists that one may take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exports {
    /// One entry a list.
    lists: Vec<ExportList>,
}

/// A list that can be taken as a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportList {
    /// Its word in the address.
    #[schema(value_type = String)]
    list: &'static str,
    /// Whether it can be taken as it was at a moment.
    has_past: bool,
    /// Its columns, in their order.
    #[schema(value_type = Vec<String>)]
    columns: Vec<&'static str>,
}

/// Shows which lists the caller may take as files.
#[utoipa::path(get, path = "/api/v1/exports", responses((status = 200, body = Exports)))]
pub(crate) async fn list_exports(caller: Caller) -> web::Result {
    let lists = What::ALL.iter().filter(|what| lacks(&caller, **what).is_none());
    let list = |what: &What| ExportList {
        list: what.word(),
        has_past: what.has_past(),
        columns: what.sheet().columns.iter().map(|(name, _)| *name).collect(),
    };
    Answer::ok(&Exports { lists: lists.map(list).collect() })
}

/// What the caller must be allowed to besides, everywhere, and is not.
fn lacks(caller: &Caller, what: What) -> Option<Permission> {
    let everywhere =
        |permission: &Permission| caller.principal.scope(*permission).is_some_and(web::Scope::is_all);
    what.permissions().iter().copied().find(|permission| !everywhere(permission))
}

/// How a list is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `csv`, `xlsx`, `jsonl` or `parquet`; `csv` when not given.
    format: Option<String>,
    /// How numbers and dates are written in CSV: `iso`, `en-gb`, `en-us`, `de`, `de-ch`, `fr`, `es` or `nl`; `iso` when
    /// not given.
    locale: Option<String>,
    /// Stock, valuation, movements or postings as they were at this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<String>,
}

impl ExportQuery {
    fn read(&self, what: What, now: Instant) -> Result<Export, Problem> {
        let wrong = |parameter: &'static str, detail: String| {
            Problem::at(Code::MalformedParameter, parameter, detail)
        };
        let locale = match self.locale.as_deref() {
            None => Locale::ISO,
            Some(word) => Locale::parse(word).ok_or_else(|| {
                wrong("?locale", format!("there is no convention `{word}`; there are `{}`", Locale::names()))
            })?,
        };
        let format = match self.format.as_deref() {
            None => Format::CSV,
            Some(word) => Format::parse(word)
                .ok_or_else(|| wrong("?format", format!("a format is {}, not `{word}`", Format::WORDS)))?,
        };
        let format = if format == Format::CSV { Format::Csv(locale) } else { format };
        let as_of = match self.as_of.as_deref() {
            None => None,
            Some(_) if !what.has_past() => {
                let detail = format!("the list `{}` has no past; leave `as_of` out", what.word());
                return Err(wrong("?as_of", detail));
            }
            Some(text) => Some(Instant::parse(text).map_err(|error| wrong("?as_of", error.to_string()))?),
        };
        if as_of.is_some_and(|at| at > now) {
            let detail = "it lies in the future, of which the ledger knows nothing";
            return Err(wrong("?as_of", detail.to_owned()));
        }
        Ok(Export { what, format, as_of })
    }
}

/// Hands a whole list out as a file of one moment: CSV, an Excel workbook, JSON lines or Parquet.
///
/// What is in it needs its own permission everywhere besides: to see items for items, to see costs for
/// movements, layers and the valuation.
#[utoipa::path(
    get, path = "/api/v1/exports/{list}",
    params(("list" = String, Path, description = "the word of the list, such as `items`"), ExportQuery),
    responses((
        status = 200, body = Vec<u8>, content_type = "application/octet-stream",
        description = "The file, with its own `Content-Type`"
    ))
)]
pub(crate) async fn get_export(
    app: App,
    caller: Caller,
    Path(list): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Failure> {
    let what = What::parse(&list).ok_or_else(|| Problem::not_found("list", &list))?;
    if let Some(permission) = lacks(&caller, what) {
        let detail =
            format!("the list `{}` needs the permission `{}` everywhere", what.word(), permission.word());
        return Err(Problem::new(Code::Forbidden, detail).into());
    }
    let asked = query.read(what, caller.ctx.now)?;
    let busy = |_| Problem::new(Code::Busy, "several lists are being written, come again shortly");
    let turn = WRITING.try_acquire().map_err(busy)?;
    let written = app.db().read(move |conn| {
        let mut file = tempfile::tempfile().map_err(unwritable)?;
        export(conn, &asked, &mut file)?;
        let bytes = file.stream_position().map_err(unwritable)?;
        file.seek(SeekFrom::Start(0)).map_err(unwritable)?;
        Ok::<_, Failure>((file, bytes))
    });
    let (file, bytes) = written.await?;
    drop(turn);
    let name = format!("{}.{}", what.word(), asked.format.ending());
    web::file_response(file, bytes, (asked.format.media_type(), &name))
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
fn unwritable(error: std::io::Error) -> Failure {
    Failure::fault(format!("a list cannot be written: {error}"))
}
