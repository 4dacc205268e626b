//! `stockwell doctor`: versions, settings with their sources, and the health of the database.
//! It changes nothing, and runs beside a server.

use super::config::{Setting, settings, shown};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::out::table;
use crate::{config, store_backup};
use clap::Args;
use serde::Serialize;
use std::io::ErrorKind;

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    good: bool,
    detail: String,
}

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    sqlite: &'static str,
    settings: Vec<Setting>,
    checks: Vec<Check>,
}

pub(crate) fn run(call: Call<'_>, _: &Doctor) -> Done {
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        sqlite: store_backup::engine_version(),
        settings: settings(call),
        checks: checks(call),
    };
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
        check("master key", master_key(call)),
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

/// Whether what was sealed can be read. Without a server there may be no key yet, and no database to ask.
fn master_key(call: Call<'_>) -> Result<String, Stop> {
    let file = call.config.master_key_file();
    let shown = file.display();
    if !file.exists() && call.config.text("secrets.key_file").is_empty() {
        return Ok(format!("`{shown}` is made when the server starts"));
    }
    let key = call.config.master_key()?;
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
        Ok(0) => Ok(format!("`{shown}` opens what was sealed")),
        Ok(many) => {
            Err(Stop::CannotRun(format!("{many} second factors were sealed with another key than `{shown}`")))
        }
        // that has a line of its own
        Err(_) => Ok(format!("`{shown}` can be read")),
    }
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
    format!(
        "stockwell {}, SQLite {}\n\n{}\n{}",
        report.version,
        report.sqlite,
        shown(&report.settings),
        table(&["check", "state", "detail"], &checks)
    )
}
