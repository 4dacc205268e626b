//! `stockwell import`: history and master data from files.

use super::{Operator, operator_ctx};
use crate::cli::Call;
use crate::config::Config;
use crate::exit::{Done, Stop};
use clap::{Args, Subcommand};
use exchange::import_year::{self, Loaded};
use exchange::online_retail::{self, Reconciliation};
use indicatif::ProgressBar;
use serde::Serialize;
use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;

/// What to import.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// A year of a real shop, from the file "Online Retail", into an empty database
    OnlineRetail(OnlineRetail),
}

/// The file.
#[derive(Debug, Args)]
pub(crate) struct OnlineRetail {
    /// The file, as CSV or gzipped CSV
    file: PathBuf,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Imported {
    loaded: Loaded,
    seconds: f64,
    reconciliation: Reconciliation,
}

pub(crate) fn run(call: Call<'_>, import: Import) -> Done {
    let Import::OnlineRetail(OnlineRetail { file }) = import;
    let reader = std::fs::File::open(&file)
        .map_err(|error| Stop::CannotRun(format!("cannot open `{}`: {error}", file.display())))?;
    let imported = year(call.config, reader, call.out.json)?;
    call.out.show(&imported, text)
}

/// Makes the folder ready and loads a year into it. The file is read and judged as a whole before
/// anything is written.
pub(crate) fn year(config: &Config, file: impl Read, quiet: bool) -> Result<Imported, Stop> {
    let begun = Instant::now();
    let year = online_retail::plan(file).map_err(Stop::Failed)?;
    let reconciliation = year.reconciliation.clone();
    super::init::prepare(config)?;
    let operator = Operator::open(config)?;
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
    let loaded = import_year::load(&operator.db, &operator_ctx(), year, |done, total| {
        bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    })?;
    bar.finish_and_clear();
    operator.db.close();
    Ok(Imported { loaded, seconds: begun.elapsed().as_secs_f64(), reconciliation })
}

/// The report for people.
pub(crate) fn text(imported: &Imported) -> String {
    let Imported { loaded, seconds, reconciliation } = imported;
    let Loaded { items, locations, postings, postings_simulated, movements, lines_moved, units_moved } =
        loaded;
    format!(
        "{reconciliation}\n{items} items, {locations} bins, {postings} postings and {postings_simulated} simulated ones, \
         {movements} movements\n{lines_moved} lines of the file moved {units_moved} units net; the others are services, \
         bad debts, and the two giant mistakes\nloaded in {seconds:.1} s"
    )
}
