//! `stockwell doctor`: versions, settings with their sources, and the health of the database.
//! It leaves everything as it was, and runs beside a server. With `--bundle` it writes all that, and more, for somebody who helps.

use super::Operator;
use super::config::{Setting, settings, shown};
use crate::bundle::{self, Piece, Wanted};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::out::table;
use crate::{config, exports, store_backup};
use clap::Args;
use domain::word::counted;
use serde::Serialize;
use std::io::ErrorKind;
use std::path::PathBuf;

/// What to write beside what is shown.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Write a support bundle without secrets and without personal data to a new file, a ZIP
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Hold the invariants against the database too, and put the numbers into the bundle
    #[arg(long, requires = "bundle")]
    verify: bool,
    /// Put the last 1,000 lines of this log of the server into the bundle, without the words of people
    #[arg(long, value_name = "FILE", requires = "bundle")]
    log: Option<PathBuf>,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) good: bool,
    pub(crate) detail: String,
}

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) settings: Vec<Setting>,
    pub(crate) checks: Vec<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Written>,
}

/// The bundle that was written.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    files: Vec<Piece>,
}

pub(crate) fn run(call: Call<'_>, doctor: &Doctor) -> Done {
    // with what a training copy takes of them
    let config = &super::config::as_they_hold(call.config);
    let call = Call { config, ..call };
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        sqlite: store_backup::engine_version(),
        settings: settings(call),
        checks: checks(call),
        bundle: None,
    };
    if let Some(file) = &doctor.bundle {
        super::require_folder_of(file)?;
        let wanted = Wanted { log: doctor.log.as_deref(), verify: doctor.verify };
        let files = bundle::write(call, file, &report, &wanted)?;
        report.bundle = Some(Written { file: file.clone(), files });
    }
    call.out.show(&report, text)?;
    match report.checks.iter().find(|check| !check.good) {
        None => Ok(()),
        Some(check) => Err(Stop::CannotRun(format!("{}: {}", check.name, check.detail))),
    }
}

fn checks(call: Call<'_>) -> Vec<Check> {
    let check = |name, result: Result<String, Stop>| match result {
        Ok(detail) => Check { name, good: true, detail },
        Err(stop) => Check { name, good: false, detail: stop.to_string() },
    };
    vec![
        check("data folder", folder(call)),
        check("database", database(call)),
        check("training copy", training(call)),
        check("master key", master_key(call)),
        check("identity provider", identity_provider(call)),
        check("files", files(call)),
        check("exports", exported(call)),
        check("disk", super::serve::disk(call.config.data()).map_err(Stop::CannotRun)),
    ]
}

fn folder(call: Call<'_>) -> Result<String, Stop> {
    let data = call.config.data();
    match std::fs::read_dir(data) {
        Ok(_) => Ok(format!("`{}` can be read", data.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Stop::CannotRun(format!("`{}` is not there: run `stockwell init`", data.display())))
        }
        Err(error) => Err(Stop::CannotRun(format!("cannot read `{}`: {error}", data.display()))),
    }
}

fn database(call: Call<'_>) -> Result<String, Stop> {
    super::require_database(call.config)?;
    let mut settings = super::db_settings(call.config)?;
    settings.read_only = true;
    let db = super::open(call.config, &settings)?;
    let checked = super::check_schema(call.config, &db);
    db.close();
    checked?;
    Ok(format!("`{}` answers, and its schema is current", config::without_password(&call.config.database())))
}

/// Whether it is a copy to practise in, and of what.
fn training(call: Call<'_>) -> Result<String, Stop> {
    const UNKNOWN: &str = "nobody can say without the database";
    // what is wrong with it has a line of its own
    let Ok(operator) = Operator::open_to_read(call.config) else { return Ok(UNKNOWN.to_owned()) };
    let found = operator.db.read_blocking(places::training);
    operator.db.close();
    Ok(match found? {
        None => "it is none".to_owned(),
        Some(training) => {
            let of = training.organisation.map_or_else(String::new, |name| format!(" of `{name}`"));
            let held = match training.sites.as_slice() {
                [] => String::new(),
                sites => format!(", people are held to {}", sites.join(", ")),
            };
            format!(
                "it is one{of}, made at {}{held}; it sends nothing to others",
                training.made_at.to_the_second()
            )
        }
    })
}

/// Whether what was sealed can be read. Without a server there may be no key yet, and no database to ask.
fn master_key(call: Call<'_>) -> Result<String, Stop> {
    let file = call.config.master_key_file();
    let shown = file.display();
    let is_to_be_made = !file.exists() && call.config.text("secrets.key_file").is_empty();
    // nothing was ever sealed with this one
    let key = if is_to_be_made { web::MasterKey::new([0; 32]) } else { call.config.master_key()? };
    let mut settings = super::db_settings(call.config)?;
    settings.read_only = true;
    let unreadable = super::require_database(call.config)
        .and_then(|()| super::open(call.config, &settings))
        .and_then(|db| {
            let checked = super::check_schema(call.config, &db);
            let counted =
                checked.and_then(|()| Ok(db.read_blocking(|conn| access::unreadable_factors(conn, &key))?));
            db.close();
            counted
        });
    match unreadable {
        Ok(0) | Err(_) if is_to_be_made => Ok(format!("`{shown}` is made when the server starts")),
        Ok(many) if is_to_be_made => Err(Stop::CannotRun(format!(
            "`{shown}` is not there, and {} sealed with it: put it there before the server starts, which would make \
             another one",
            second_factors(many)
        ))),
        Ok(0) => Ok(format!("`{shown}` opens what was sealed")),
        Ok(many) => {
            Err(Stop::CannotRun(format!("{} sealed with another key than `{shown}`", second_factors(many))))
        }
        // that has a line of its own
        Err(_) => Ok(format!("`{shown}` can be read")),
    }
}

/// So many second factors, of which something is to be said that was.
pub(super) fn second_factors(many: i64) -> String {
    counted(many, "second factor was", "second factors were")
}

/// Whether people can sign in by the identity provider.
fn identity_provider(call: Call<'_>) -> Result<String, Stop> {
    let Some(provider) = call.config.identity_provider()? else {
        return Ok("there is none in the settings".to_owned());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(provider.check(super::operator_ctx().now));
    let issuer = call.config.text("oidc.issuer");
    asked.map(|()| format!("`{issuer}` answers")).map_err(Stop::CannotRun)
}

/// Whether files can be kept and read.
fn files(call: Call<'_>) -> Result<String, Stop> {
    let blobs = call.config.blobs()?;
    if blobs.folder().is_some_and(|folder| !folder.root().exists()) {
        return Ok(format!("`{blobs}` is made when the first file comes"));
    }
    let probe = access::random_text(20).map_err(Stop::cannot_run)?;
    blobs.probe(&probe).map_err(|error| Stop::CannotRun(format!("`{blobs}`: {error}")))?;
    Ok(format!("`{blobs}` can be written and read"))
}

/// Whether lists can be written into their folder and sent on.
fn exported(call: Call<'_>) -> Result<String, Stop> {
    let Some(scheduled) = call.config.exports()? else {
        return Ok("no lists are written by themselves".to_owned());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(exports::check(&scheduled))
}

fn text(report: &Report) -> String {
    let checks: Vec<Vec<String>> = report
        .checks
        .iter()
        .map(|check| {
            let state = if check.good { "good" } else { "not good" };
            vec![check.name.to_owned(), state.to_owned(), check.detail.clone()]
        })
        .collect();
    let bundle = report.bundle.as_ref().map_or_else(String::new, |written| {
        format!("\n\nwrote `{}`; look through it before you send it", written.file.display())
    });
    format!(
        "stockwell {}, SQLite {}\n\n{}\n{}{bundle}",
        report.version,
        report.sqlite,
        shown(&report.settings),
        table(&["check", "state", "detail"], &checks)
    )
}
