//! `stockwell migrate`: brings the schema up to date, forward only. On the embedded engine a
//! database with data is copied first.

use crate::cli::Call;
use crate::config::Config;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use crate::store_backup;
use clap::Args;
use db::{Db, Step};
use serde::Serialize;
use std::path::PathBuf;

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Migrate {}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct Migrated {
    /// How many steps were applied.
    pub(crate) applied: usize,
    /// The copy that was made before.
    pub(crate) copy: Option<PathBuf>,
}

pub(crate) fn run(call: Call<'_>, _: &Migrate) -> Done {
    super::require_database(call.config)?;
    let settings = super::db_settings(call.config)?;
    let db = super::open(call.config, &settings)?;
    let progress = call.out.progress();
    let migrated = bring_up_to_date(call.config, &db, true, &progress)?;
    drop(progress);
    call.out.show(&migrated, |migrated| match (migrated.applied, &migrated.copy) {
        (0, _) => "the schema is up to date".to_owned(),
        (steps, None) => format!("applied {steps} steps"),
        (steps, Some(copy)) => format!("applied {steps} steps; a copy from before is `{}`", copy.display()),
    })
}

/// Applies what is missing. `had_data`: the file was there before it was opened.
pub(crate) fn bring_up_to_date(
    config: &Config,
    db: &Db,
    had_data: bool,
    progress: &Progress,
) -> Result<Migrated, Stop> {
    let now = super::operator_ctx().now;
    if db.check_schema().is_ok() {
        db.write_blocking(move |tx| stock::prepare(tx, now))?;
        return Ok(Migrated { applied: 0, copy: None });
    }
    let copy = match config.database_file() {
        Some(file) if had_data => {
            let copy = file.with_extension(format!("before-{}.db", now.0 / 1_000_000));
            store_backup::copy(&file, &copy, progress, |_| Ok(()))?;
            Some(copy)
        }
        _ => None,
    };
    let applied = db.migrate_watched(|step: Step<'_>| {
        let Step { set, name, applied, pending } = step;
        progress.counts(applied, pending, &format!("steps of the schema; now `{name}` of `{set}`"));
    })?;
    db.write_blocking(move |tx| stock::prepare(tx, now))?;
    Ok(Migrated { applied, copy })
}
