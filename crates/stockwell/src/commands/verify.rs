//! `stockwell verify`: holds the invariants against the database, also beside a running server.

use super::Operator;
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::out::table;
use clap::Args;
use insight::verify::{self, Invariant, Options, Report};

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Only this invariant, such as I-05; may stand more than once
    #[arg(long, value_name = "NUMBER", value_parser = invariant)]
    check: Vec<Invariant>,
    /// Look at every point in time as well
    #[arg(long)]
    deep: bool,
}

fn invariant(text: &str) -> Result<Invariant, String> {
    Invariant::parse(text).ok_or_else(|| format!("`{text}` is no invariant; they are I-01 to I-30"))
}

pub(crate) fn run(call: Call<'_>, verify: Verify) -> Done {
    let Verify { check: only, deep } = verify;
    let operator = Operator::open_to_read(call.config)?;
    let options = Options { only, deep, now: operator.ctx.now };
    let report = verify::run(&operator.db, &options)?;
    call.out.show(&report, text)?;
    if report.is_sound() { Ok(()) } else { Err(Stop::Violated) }
}

fn text(report: &Report) -> String {
    let mut rows = Vec::new();
    for record in &report.records {
        rows.push(vec![
            record.id.to_string(),
            record.status.word().to_owned(),
            record.rows_checked.to_string(),
            record.violations.to_string(),
            format!("{} ms", record.ms),
            record.reason.map_or(record.title.to_owned(), |reason| format!("{} ({reason})", record.title)),
        ]);
    }
    let wrong = report
        .records
        .iter()
        .flat_map(|record| record.sample.iter().map(move |sentence| format!("{}: {sentence}", record.id)));
    let wrong: Vec<String> = wrong.collect();
    format!("{}{}", table(&["", "", "rows", "wrong", "time", "what holds"], &rows), wrong.join("\n"))
}
