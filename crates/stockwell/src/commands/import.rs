//! `stockwell import`: history and master data from files.

use super::import_list::{self, FromFile};
use super::{Operator, operator_ctx};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::interrupt::Interrupt;
use clap::{Args, Subcommand};
use domain::Problem;
use exchange::import_year::{self, Course, End, Loaded};
use exchange::online_retail::{self, Reconciliation};
use serde::Serialize;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to import. Cut off in the middle, the same command goes on where it was.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// A year of a real shop, from the file "Online Retail", into an empty database
    OnlineRetail(OnlineRetail),
    /// A list from a file: items, locations, opening stock and others, as CSV, Excel workbook or JSON lines
    List(FromFile),
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
    course: Course,
    loaded: Loaded,
    seconds: f64,
    reconciliation: Reconciliation,
}

pub(crate) fn run(call: Call<'_>, import: Import) -> Done {
    let file = match import {
        Import::OnlineRetail(OnlineRetail { file }) => file,
        Import::List(command) => return import_list::run(call, &command),
    };
    let reader = open(&file)?;
    let interrupt = Interrupt::watch()?;
    let imported = year(call, reader, &interrupt, None).map_err(|stop| stop.in_file(&file))?;
    call.out.show(&imported, text)
}

/// Opens a file to read, or says which cannot be read and why.
pub(crate) fn open(file: &Path) -> Result<std::fs::File, Stop> {
    if file.is_dir() {
        return Err(Stop::CannotRun(format!("`{}` is a folder: name the file in it", file.display())));
    }
    std::fs::File::open(file)
        .map_err(|error| Stop::CannotRun(format!("cannot open `{}`: {error}", file.display())))
}

/// Makes the folder ready and loads a year into it, or what an earlier call left over. The file is
/// read and judged as a whole before anything is written. Asked to end, it stops behind a commit.
///
/// `remark` is made when the first part is loaded, and not where all of it is refused.
pub(crate) fn year(
    call: Call<'_>,
    file: impl Read,
    interrupt: &Interrupt,
    mut remark: Option<&str>,
) -> Result<Imported, Stop> {
    let begun = Instant::now();
    let progress = call.out.progress();
    progress.waits("the file is read and judged as a whole");
    let year = online_retail::plan(file).map_err(Stop::Failed)?;
    if interrupt.came() {
        return Err(Stop::Interrupted("stopped before anything was loaded".to_owned()));
    }
    let reconciliation = year.reconciliation.clone();
    super::init::prepare(call.config, &progress)?;
    let operator = Operator::open(call.config)?;
    let mut committed = None;
    let done = import_year::load(&operator.db, &operator_ctx(), year, |done, total| {
        committed = Some((done, total));
        if let Some(remark) = remark.take() {
            progress.above(|| call.out.remark(remark));
        }
        progress.counts(done, total, "documents; after Ctrl-C the same command goes on");
        if interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(progress);
    operator.db.close();
    let (loaded, course) = match done.map_err(|failure| after(failure.into(), committed))? {
        End::Loaded(loaded, course) => (loaded, course),
        End::Stopped { done, total } => return Err(stopped(done, total)),
    };
    Ok(Imported { course, loaded, seconds: begun.elapsed().as_secs_f64(), reconciliation })
}

fn stopped(done: usize, total: usize) -> Stop {
    let [done, total] = [done, total].map(|count| online_retail::grouped(&count.to_string()));
    Stop::Interrupted(format!(
        "stopped behind a commit: {done} of {total} documents are loaded; start the same command again, and it goes on"
    ))
}

/// The same, of an import that had committed something before: it says what stays.
fn after(stop: Stop, committed: Option<(usize, usize)>) -> Stop {
    let Some((done, total)) = committed else { return stop };
    let [done, total] = [done, total].map(|count| online_retail::grouped(&count.to_string()));
    let stays = format!("{done} of {total} documents are committed and stay, the next was not taken");
    match stop {
        Stop::Failed(problem) => {
            let detail = format!("{stays}: {}", problem.detail).into();
            Stop::Failed(Problem { detail, ..problem })
        }
        Stop::CannotRun(text) => {
            Stop::CannotRun(format!("{stays}, and the same command goes on there: {text}"))
        }
        other => other,
    }
}

/// The report for people.
pub(crate) fn text(imported: &Imported) -> String {
    let Imported { course, loaded, seconds, reconciliation } = imported;
    let Loaded { items, locations, postings, postings_simulated, movements, lines_moved, units_moved } =
        loaded;
    let end = match course {
        Course::Whole => format!("loaded in {seconds:.1} s"),
        Course::Continued(done) => {
            let done = online_retail::grouped(&done.to_string());
            format!("an earlier import had done {done} documents; loaded the others in {seconds:.1} s")
        }
        Course::Unchanged => "the year was loaded before; nothing was changed".to_owned(),
    };
    let [items, locations, postings, postings_simulated, movements, lines_moved] =
        [items, locations, postings, postings_simulated, movements, lines_moved]
            .map(|count| online_retail::grouped(&count.to_string()));
    let units_moved = online_retail::grouped(&units_moved.to_string());
    format!(
        "{reconciliation}\n{items} items, {locations} bins, {postings} postings and {postings_simulated} simulated ones, \
         {movements} movements\n{lines_moved} lines of the file moved {units_moved} units net; what became of the others is \
         counted above, by reason\n{end}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    #[test]
    fn a_failure_behind_a_commit_says_what_stays() {
        let refused = || Stop::Failed(Problem::at(Code::PeriodClosed, "/lines/0", "the month is closed"));
        assert_eq!(after(refused(), None).to_string(), refused().to_string(), "nothing was committed");
        assert_eq!(
            after(refused(), Some((1_200, 25_900))).to_string(),
            "1,200 of 25,900 documents are committed and stay, the next was not taken: the month is closed (period_closed)"
        );
        let failed = after(Stop::CannotRun("the disk is full".to_owned()), Some((1, 2)));
        assert_eq!(
            (failed.code(), failed.to_string()),
            (4, "1 of 2 documents are committed and stay, the next was not taken, and the same command goes on there: the disk is full".to_owned())
        );
    }
}
