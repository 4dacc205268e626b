//! What stands in an import, as the API shows it.

use super::{Counts, Import, Run, State, Told, decide};
use crate::bring::{self, LEFT_OUT, List};
use db::Conn;
use domain::{Instant, hex};
use serde::Serialize;
use utoipa::ToSchema;
use web::Failure;

/// Refusals that are shown; the file of refused rows has all of them.
pub const REFUSALS_SHOWN: usize = 500;

/// A file that was sent to be imported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportShown {
    /// The number that its routes take.
    pub(crate) id: i64,
    /// The list.
    #[schema(value_type = String)]
    pub(crate) list: &'static str,
    /// What the file is called.
    pub(crate) name: String,
    /// How large it is, in bytes.
    pub(crate) bytes: i64,
    /// SHA-256 of its bytes.
    pub(crate) sha256: String,
    /// `csv`, `xlsx` or `jsonl`, as its content says.
    pub(crate) format: String,
    /// `ready`: nobody has run it. `running`. `interrupted`: whoever ran it has ended, and it can be run again.
    /// `tried`: all of it would be taken. `kept`: it was taken, but for rows that were refused where each is
    /// taken by itself. `refused`: nothing was kept, for rows were refused. `failed`: it cannot be run. `stopped`.
    #[schema(value_type = String)]
    pub(crate) state: &'static str,
    /// Rows that are behind it while it runs.
    pub(crate) rows_done: i64,
    /// The last time it ran.
    pub(crate) run: Option<RunShown>,
    /// The number of the user or key who sent it.
    pub(crate) sent_by: i64,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) sent_at: Instant,
    /// When it was last changed; seven days later it is removed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) changed_at: Instant,
    /// Rises with everything that happens to it.
    pub(crate) version: i64,
}

/// What was asked for, and what came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RunShown {
    /// Each row was taken by itself; otherwise all rows or none.
    pub(crate) each: bool,
    /// It was only tried.
    pub(crate) dry_run: bool,
    /// Stock was to be posted once more.
    pub(crate) again: bool,
    /// How many rows became what, once it has ended.
    pub(crate) counts: Option<Counts>,
    /// Why rows were refused: the first 500. The file of refused rows has all of them.
    pub(crate) refusals: Vec<Told>,
    /// Why it could not be run.
    pub(crate) problem: Option<ProblemShown>,
}

/// Why an import cannot be run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProblemShown {
    /// A code of the problems.
    pub(crate) code: String,
    /// In words.
    pub(crate) detail: String,
}

/// An import with its columns.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportWithColumns {
    #[serde(flatten)]
    pub(crate) import: ImportShown,
    /// How numbers and dates are written in it.
    pub(crate) locale: String,
    /// What separates its cells, of a CSV file.
    pub(crate) separator: Option<char>,
    /// Its columns, in their order.
    pub(crate) columns: Vec<ColumnShown>,
    /// The fields of the list.
    pub(crate) fields: Vec<FieldShown>,
    /// What of the columns keeps it from being run.
    pub(crate) problem: Option<ProblemShown>,
    /// When a file of the same bytes was last imported to its end, of lists that move stock: it is run once
    /// more only when `again` says so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) posted_at: Option<Instant>,
}

/// A column of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ColumnShown {
    /// Its title.
    pub(crate) title: String,
    /// The field that it is, `-` for one that is left out; null when nobody said and its title does not tell.
    pub(crate) field: Option<String>,
    /// What stands in its first rows.
    pub(crate) samples: Vec<String>,
}

/// A field of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FieldShown {
    /// What it is called, in every language.
    pub(crate) name: String,
    /// Every row needs it.
    pub(crate) needed: bool,
}

impl RunShown {
    fn of(run: Run) -> RunShown {
        let Run { each, dry_run, again, counts, refusals, problem } = run;
        let problem = problem.map(|(code, detail)| ProblemShown { code, detail });
        RunShown { each, dry_run, again, counts, refusals, problem }
    }
}

impl ImportShown {
    /// As it is now, with how many rows this process knows to be behind it.
    pub(super) fn of(import: Import, rows: Option<u64>, now: Instant) -> ImportShown {
        let state = if rows.is_none() && decide::is_interrupted(&import, now) {
            "interrupted"
        } else {
            import.state.word()
        };
        let rows = rows.and_then(|rows| i64::try_from(rows).ok());
        ImportShown {
            id: import.id,
            list: import.list.word(),
            name: import.name,
            bytes: import.bytes,
            sha256: hex::digits(&import.digest),
            format: import.look.format,
            state,
            rows_done: rows.filter(|_| import.state == State::Running).unwrap_or(import.rows),
            run: import.run.map(RunShown::of),
            sent_by: import.sent_by.get(),
            sent_at: import.sent_at,
            changed_at: import.changed_at,
            version: import.version,
        }
    }
}

impl ImportWithColumns {
    pub(super) fn of(
        conn: &mut Conn<'_>,
        import: Import,
        rows: Option<u64>,
        now: Instant,
    ) -> Result<ImportWithColumns, Failure> {
        let look = import.look.clone();
        let found = bring::look(conn, import.list, &look.titles(), &import.said)?;
        let (_, last) = bring::imported(conn, import.list, &import.digest)?;
        let columns = look.columns.into_iter().zip(found.proposed);
        let column = |(column, field): (super::SeenColumn, _)| ColumnShown {
            title: column.title,
            field,
            samples: column.samples,
        };
        let problem = found.mapping.err();
        Ok(ImportWithColumns {
            locale: look.locale,
            separator: look.separator,
            columns: columns.map(column).collect(),
            fields: found.fields.iter().map(field).collect(),
            problem: problem.map(|problem| {
                let fault = problem.errors.first().map(|fault| fault.detail.clone());
                let detail = fault.unwrap_or_else(|| problem.detail.to_string());
                ProblemShown { code: problem.code.word().to_owned(), detail }
            }),
            posted_at: last.filter(|_| import.list.is_of_stock()),
            import: ImportShown::of(import, rows, now),
        })
    }
}

fn field(field: &bring::Field) -> FieldShown {
    FieldShown { name: field.name.clone().into_owned(), needed: field.needed }
}

/// What a column is said to be: a field of its list, or nothing.
///
/// # Errors
/// In words.
pub(super) fn known_field(fields: &[bring::Field], name: &str, list: List) -> Result<(), String> {
    if name == LEFT_OUT || fields.iter().any(|field| field.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_ref()).collect();
    Err(format!("`{}` have no field `{name}`; they have `{}`", list.word(), names.join("`, `")))
}
