//! The support bundle: one ZIP with what somebody needs who helps and is not there. What it holds is chosen piece by
//! piece, and what is not known to be harmless is left out: of the database only numbers, of the settings only values
//! that cannot be secrets, of the log only what is no text of a person.
//!
//! Invariant: no value of a row of the database is ever read for it.

mod host;
mod log;
pub(crate) mod plain;

use crate::cli::Call;
use crate::commands;
use crate::commands::doctor::{Check, Report};
use crate::exit::Stop;
use crate::{carry, store_backup, store_sizes};
use db::{Db, copy};
use domain::hex;
use insight::verify::{self, Options};
use plain::plain;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What to put in beside what is always in it.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// A file with log lines of the server.
    pub(crate) log: Option<&'a Path>,
    /// Hold the invariants against the database.
    pub(crate) verify: bool,
}

/// A file of the bundle.
#[derive(Debug, Serialize)]
pub(crate) struct Piece {
    name: &'static str,
    bytes: usize,
}

const README: &str = "\
This is a support bundle of Stockwell. It is plain JSON; look through it before you send it.

report.json    the version, each setting with where it comes from, and what `stockwell doctor` found
database.json  the steps of the schema, and how many rows and bytes each table has
host.json      the system, its processors and its memory
verify.json    which invariants hold, and how many violations each has; only with --verify
log.jsonl      the last 1,000 lines of a log; only with --log

It holds no row of the database, no password, key or token, and no name of a person. A setting that could hold a
secret is shown as `(set)`. Of log lines the time, the level, the part and the numbers are kept, and of each message
what does not stand in backquotes. In a path `~` stands for the folder of any user.
";

/// Writes a bundle to a new file: what it holds.
///
/// # Errors
/// When the file is there already or cannot be written; nothing is left behind then. A database that cannot be read is
/// told in the bundle.
pub(crate) fn write(
    call: Call<'_>,
    to: &Path,
    report: &Report,
    wanted: &Wanted<'_>,
) -> Result<Vec<Piece>, Stop> {
    let mut pieces = vec![
        ("README.txt", README.to_owned()),
        ("report.json", pretty(&told(report))?),
        ("database.json", pretty(&database(call))?),
        ("host.json", pretty(&host::facts())?),
    ];
    if wanted.verify {
        pieces.push(("verify.json", pretty(&verified(call))?));
    }
    if let Some(file) = wanted.log {
        pieces.push(("log.jsonl", log::last(file)?));
    }
    store_backup::make(to, |part| packed(part, &pieces))?;
    Ok(pieces.into_iter().map(|(name, text)| Piece { name, bytes: text.len() }).collect())
}

fn packed(part: &Path, pieces: &[(&'static str, String)]) -> Result<(), Stop> {
    let mut zip = ZipWriter::new(File::options().write(true).truncate(true).open(part)?);
    for (name, text) in pieces {
        zip.start_file(*name, SimpleFileOptions::default()).map_err(Stop::cannot_run)?;
        zip.write_all(text.as_bytes())?;
    }
    zip.finish().map(drop).map_err(Stop::cannot_run)
}

fn pretty(value: &Value) -> Result<String, Stop> {
    serde_json::to_string_pretty(value).map_err(Stop::cannot_run)
}

/// What the doctor found, without what could be a secret.
fn told(report: &Report) -> Value {
    let settings = report.settings.iter().map(|setting| {
        json!({
            "name": setting.name,
            "value": plain::setting(setting.name, &setting.value, &setting.source),
            "source": plain(&setting.source),
        })
    });
    let check =
        |Check { name, good, detail }: &Check| json!({ "name": name, "good": good, "detail": plain(detail) });
    json!({
        "version": report.version,
        "sqlite": report.sqlite,
        "settings": settings.collect::<Vec<_>>(),
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
    })
}

/// The database in numbers; or why there are none.
fn database(call: Call<'_>) -> Value {
    match numbers(call) {
        Ok(found) => found,
        Err(stop) => json!({ "error": plain(stop.sentence()) }),
    }
}

fn opened(call: Call<'_>) -> Result<Db, Stop> {
    commands::require_database(call.config)?;
    let mut settings = commands::db_settings(call.config)?;
    settings.read_only = true;
    settings.read_timeout = commands::PATIENCE;
    commands::open(call.config, &settings)
}

fn numbers(call: Call<'_>) -> Result<Value, Stop> {
    let db = opened(call)?;
    let found = in_numbers(call, &db);
    db.close();
    found
}

fn in_numbers(call: Call<'_>, db: &Db) -> Result<Value, Stop> {
    let steps = db.read_blocking(copy::steps)?;
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| {
            let checksum = hex::digits(&step.checksum);
            json!({ "set": step.set, "number": step.number, "name": step.name, "checksum": checksum })
        })
        .collect();
    let rows: Vec<Value> =
        carry::counted(db)?.into_iter().map(|(name, rows)| json!({ "table": name, "rows": rows })).collect();
    let bytes: Vec<Value> = db
        .read_blocking(store_sizes::sizes)?
        .into_iter()
        .map(|(name, bytes)| json!({ "table": name, "bytes_with_indexes": bytes }))
        .collect();
    let engine = if call.config.database_file().is_some() { "sqlite" } else { "postgres" };
    let files: Vec<Value> =
        call.config.database_file().map_or_else(Vec::new, |file| host::sizes_beside(&file));
    Ok(json!({
        "engine": engine,
        "steps_behind": db.steps_behind().ok(),
        "files": files,
        "steps": steps,
        "rows": rows,
        "bytes": bytes,
    }))
}

/// How the invariants stand, in numbers: a sample of what is wrong names goods and places.
fn verified(call: Call<'_>) -> Value {
    let run = || {
        let db = opened(call)?;
        let now = commands::operator_ctx().now;
        let options = Options { only: Vec::new(), deep: false, now, keys_max: Options::KEYS_MAX };
        let report = verify::run(&db, &options);
        db.close();
        Ok::<_, Stop>(report?)
    };
    match run() {
        Err(stop) => json!({ "error": plain(stop.sentence()) }),
        Ok(report) => {
            let each = report.records.iter().map(
                |record| json!({ "id": record.id, "status": record.status, "violations": record.violations }),
            );
            json!({ "ms": report.ms, "invariants": each.collect::<Vec<_>>() })
        }
    }
}
