//! Imports over HTTP: a file is sent, looked at, tried, and taken.
//!
//! ```text
//! api       the routes
//! upload    the body into a file, looked at, and packed into parts      → store
//! decide    whether an import may run, and what may be said of its columns
//! show      what stands in an import, with a field for each column
//! run       the import on a thread of its own, heard of every few seconds  → bring
//! forget    files that nobody came back to
//! ```
//!
//! The file stays in the database until all of it is taken or [`KEPT_DAYS`] have gone by, so that any process
//! can run it. One process runs an import at a time. If it ends in the middle the import is shown as
//! interrupted, and whoever runs it again goes on: what is there is left as it is, and stock that was posted is
//! not posted twice.

pub(crate) mod api;
mod decide;
mod forget;
mod run;
mod show;
mod store;
mod upload;

pub use forget::{KEPT_DAYS, forget};
pub use run::Imports;
pub use show::REFUSALS_SHOWN;
#[cfg(test)]
pub(crate) use store::STATEMENTS;
pub use upload::{BYTES_MAX, KEPT_BYTES_MAX};

use crate::bring::{Brought, List, Refusal, Said};
use crate::table::{Format, Locale, ReadAs};
use domain::{Instant, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file that was sent to be imported.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) id: i64,
    pub(crate) list: List,
    /// What it is called.
    pub(crate) name: String,
    /// SHA-256 of its bytes.
    pub(crate) digest: [u8; 32],
    /// How many there are.
    pub(crate) bytes: i64,
    pub(crate) look: Look,
    pub(crate) said: Said,
    pub(crate) state: State,
    pub(crate) run: Option<Run>,
    /// Rows that are behind it while it runs.
    pub(crate) rows: i64,
    /// When whoever runs it was last heard of.
    pub(crate) heard_at: Instant,
    pub(crate) sent_by: PrincipalId,
    pub(crate) sent_at: Instant,
    pub(crate) changed_at: Instant,
    pub(crate) version: i64,
}

/// How a file is read, and the columns that were found in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Look {
    /// `csv`, `xlsx` or `jsonl`.
    pub(crate) format: String,
    pub(crate) locale: String,
    pub(crate) separator: Option<char>,
    pub(crate) windows_1252: bool,
    pub(crate) sheet: Option<String>,
    pub(crate) columns: Vec<SeenColumn>,
}

/// A column, with what stands in the first rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SeenColumn {
    pub(crate) title: String,
    pub(crate) samples: Vec<String>,
}

impl Look {
    fn read_as(&self) -> ReadAs {
        ReadAs {
            locale: Locale::parse(&self.locale).unwrap_or(Locale::ISO),
            separator: self.separator.and_then(|sign| u8::try_from(sign).ok()),
            windows_1252: self.windows_1252,
            sheet: self.sheet.clone(),
            jsonl: self.format == ending(Format::Jsonl),
        }
    }

    fn titles(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.title.clone()).collect()
    }
}

/// The word of a kind of file, which is the ending of its name.
const fn ending(format: Format) -> &'static str {
    match format {
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
        Format::Jsonl => "jsonl",
    }
}

/// Where an import stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Nobody has run it.
    Ready,
    /// It is on its way.
    Running,
    /// It was tried and would be taken whole.
    Tried,
    /// It was taken; of one that takes each row by itself, what was not refused.
    Kept,
    /// Rows were refused, and nothing was kept.
    Refused,
    /// It could not be run: what is wrong is not of one row.
    Failed,
    /// It was stopped.
    Stopped,
}

impl State {
    const ALL: [State; 7] = [
        State::Ready,
        State::Running,
        State::Tried,
        State::Kept,
        State::Refused,
        State::Failed,
        State::Stopped,
    ];

    const fn word(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Running => "running",
            State::Tried => "tried",
            State::Kept => "kept",
            State::Refused => "refused",
            State::Failed => "failed",
            State::Stopped => "stopped",
        }
    }

    /// What stands in its column.
    fn number(self) -> i64 {
        Self::ALL.iter().position(|state| *state == self).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
    }

    fn of(number: i64) -> Option<State> {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at).copied())
    }
}

/// What was asked for when an import ran, and what came of it.
#[expect(clippy::struct_field_names, reason = "`dry_run` is the word everywhere")]
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) each: bool,
    pub(crate) dry_run: bool,
    pub(crate) again: bool,
    /// What came of it, once it has ended.
    #[serde(default)]
    pub(crate) counts: Option<Counts>,
    /// The first refusals.
    #[serde(default)]
    pub(crate) refusals: Vec<Told>,
    /// Why it could not be run: a code and words.
    #[serde(default)]
    pub(crate) problem: Option<(String, String)>,
}

/// How many rows became what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct Counts {
    /// Rows with anything in them.
    pub(crate) rows: u64,
    /// Something new was made of them.
    pub(crate) created: u64,
    /// They changed what was there.
    pub(crate) changed: u64,
    /// They said what is there already.
    pub(crate) unchanged: u64,
    /// They were behind an earlier run, which was cut off.
    pub(crate) earlier: u64,
    /// They were not taken.
    pub(crate) refused: u64,
}

/// Why a row was refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Told {
    /// The number of the row, the titles being row 1.
    pub(crate) row: u64,
    /// The title of the column at fault, when one is.
    pub(crate) column: Option<String>,
    /// A code of the problems.
    pub(crate) code: String,
    /// What is wrong, and what to do.
    pub(crate) detail: String,
}

impl Run {
    /// With what came of it, and the state that the import is in then.
    fn ended(self, brought: &Brought) -> (Run, State) {
        let Brought { rows, created, changed, unchanged, earlier, refused, kept, stopped } = brought;
        let told = |refusal: &Refusal| Told {
            row: refusal.row,
            column: refusal.column.clone(),
            code: refusal.code.to_owned(),
            detail: refusal.detail.clone(),
        };
        let counts = Counts {
            rows: *rows,
            created: *created,
            changed: *changed,
            unchanged: *unchanged,
            earlier: *earlier,
            refused: u64::try_from(refused.len()).unwrap_or(u64::MAX),
        };
        let refusals = refused.iter().take(REFUSALS_SHOWN).map(told).collect();
        let state = match (stopped, kept, refused.is_empty()) {
            (true, _, _) => State::Stopped,
            (false, true, _) => State::Kept,
            (false, false, true) => State::Tried,
            (false, false, false) => State::Refused,
        };
        (Run { counts: Some(counts), refusals, ..self }, state)
    }

    /// With why it could not be run.
    fn failed(self, problem: &Problem) -> Run {
        let detail = match problem.errors.first() {
            Some(fault) => format!("{}: {}", fault.pointer, fault.detail),
            None => problem.detail.to_string(),
        };
        Run { problem: Some((problem.code.word().to_owned(), detail)), ..self }
    }
}
