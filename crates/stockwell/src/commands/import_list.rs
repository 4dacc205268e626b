//! `stockwell import list`: master records, opening stock, counts and movements out of files of people.

use super::{Operator, operator_ctx};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::interrupt::Interrupt;
use clap::Args;
use domain::word::counted;
use exchange::bring::{self, Bring, Brought, LEFT_OUT, List, Refusal, Said, Watch, Who};
use exchange::table::{Locale, ReadAs, Table};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use web::Principal;

/// Refusals that are shown on the terminal; a file of refusals has them all.
const SHOWN: usize = 20;

/// A file, and how it is read.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct FromFile {
    #[arg(value_name = "LIST", value_parser = list, help = format!("The list: {}", lists()))]
    list: List,
    /// The file: CSV, an Excel workbook, or JSON lines
    file: PathBuf,
    /// Try it and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Take each row by itself; without this, all rows are taken or none
    #[arg(long)]
    each: bool,
    /// Post a file of stock once more that was posted before
    #[arg(long)]
    again: bool,
    /// Which field a column is, such as `--map "Artikel=sku"`; `--map "Farbe=-"` leaves one out
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = said)]
    map: Vec<(String, String)>,
    #[arg(
        long, value_name = "LOCALE", value_parser = locale, default_value = "iso",
        help = format!("How numbers and dates are written: `{}`", Locale::names())
    )]
    locale: Locale,
    /// What separates the cells of a CSV file, where it is not told from its first row
    #[arg(long, value_name = "CHARACTER", value_parser = separator)]
    separator: Option<u8>,
    /// The CSV file is in Windows-1252, not in UTF-8
    #[arg(long)]
    windows_1252: bool,
    /// The sheet of a workbook; its first when not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Write the rows that were refused to this file, with what is wrong beside each
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

/// The words of all lists.
fn lists() -> String {
    List::ALL.map(List::word).join(", ")
}

fn list(word: &str) -> Result<List, String> {
    List::parse(word).ok_or_else(|| format!("there is no such list; there are {}", lists()))
}

pub(super) fn locale(name: &str) -> Result<Locale, String> {
    Locale::parse(name).ok_or_else(|| format!("there is no such convention; there are `{}`", Locale::names()))
}

fn said(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((column, field)) if !column.is_empty() && !field.is_empty() => {
            Ok((column.to_owned(), field.to_owned()))
        }
        _ => Err(format!("write `COLUMN=FIELD`, or `COLUMN={LEFT_OUT}` to leave the column out")),
    }
}

fn separator(text: &str) -> Result<u8, String> {
    match text {
        "," | ";" | "|" | "\t" => text.bytes().next().ok_or_else(String::new),
        "\\t" | "tab" => Ok(b'\t'),
        _ => Err("cells are separated by `,`, `;`, `|` or `tab`".to_owned()),
    }
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Imported {
    list: &'static str,
    dry_run: bool,
    #[serde(flatten)]
    brought: Brought,
    /// Where the rows are that were refused.
    refused_file: Option<PathBuf>,
    seconds: f64,
}

pub(crate) fn run(call: Call<'_>, command: &FromFile) -> Done {
    let begun = std::time::Instant::now();
    let mut file = super::import::open(&command.file)?;
    let digest = digest(&mut file, &command.file)?;
    let interrupt = Interrupt::watch()?;
    // before anything is kept: what was refused is to be written whatever happens
    let refused = command.refused.as_ref().map(|file| RefusedFile::make(file)).transpose()?;
    let progress = call.out.progress();
    progress.waits("the columns of the file are read");
    let read_as = ReadAs {
        locale: command.locale,
        separator: command.separator,
        windows_1252: command.windows_1252,
        sheet: command.sheet.clone(),
        jsonl: exchange::table::is_jsonl(&command.file),
    };
    let in_file = |stop: Stop| stop.in_file(&command.file);
    let table = Arc::new(Table::of(file, read_as).map_err(|failure| in_file(failure.into()))?);
    let operator = Operator::open(call.config)?;
    let bring = Bring {
        list: command.list,
        said: command.map.iter().cloned().collect::<Said>(),
        each: command.each,
        dry_run: command.dry_run,
        again: command.again,
        file: command.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        digest,
        run: 0,
    };
    let who = Who { ctx: operator_ctx(), principal: Arc::new(Principal::system()) };
    let shown = progress.clone();
    let watch: Watch = Arc::new(move |rows| {
        shown.waits(&format!("{rows} rows are taken or refused"));
        if interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let done = take(&operator, &who, &table, &bring, &watch);
    operator.db.close();
    drop(progress);
    let brought = done.map_err(in_file)?;
    let written = match refused {
        Some(file) if !brought.refused.is_empty() => file.write(&table, &brought).map(Some),
        _ => Ok(None),
    };
    let is_refused = !brought.refused.is_empty();
    let stopped = brought.stopped.then(|| stopped(&brought, command.list));
    let seconds = begun.elapsed().as_secs_f64();
    let (refused_file, unwritten) = match written {
        Ok(file) => (file, None),
        Err(stop) => (None, Some(stop)),
    };
    let imported =
        Imported { list: command.list.word(), dry_run: command.dry_run, brought, refused_file, seconds };
    call.out.show(&imported, text)?;
    if let Some(stop) = unwritten.or(stopped) {
        return Err(stop);
    }
    if is_refused { Err(Stop::RowsRefused) } else { Ok(()) }
}

/// Imports the file. What was said of its columns is kept also where its rows are not, for the next try.
fn take(
    operator: &Operator,
    who: &Who,
    table: &Arc<Table>,
    bring: &Bring,
    watch: &Watch,
) -> Result<Brought, Stop> {
    let brought = bring::bring(&operator.db, who, table, bring, watch)
        .map_err(|failure| of_sheet(failure.into(), table))?;
    if !brought.kept && !bring.said.is_empty() {
        bring::keep_columns(&operator.db, bring.list, &bring.said)?;
    }
    Ok(brought)
}

/// A refusal of columns, of a workbook with other sheets: the right ones may stand there.
fn of_sheet(stop: Stop, table: &Table) -> Stop {
    let Stop::Failed(mut problem) = stop else { return stop };
    let is_of_columns = problem.errors.first().is_some_and(|fault| fault.pointer == "row 1");
    if let Some((read, others)) = is_of_columns.then(|| table.sheets()).flatten() {
        let hint = format!(
            "; this is the sheet `{read}`, and there is `{}` too: say which with `--sheet`",
            others.join("`, `")
        );
        problem.detail = format!("{}{hint}", problem.detail).into();
        for fault in problem.errors.iter_mut().take(1) {
            fault.detail.push_str(&hint);
        }
    }
    Stop::Failed(problem)
}

/// What is said of an import that was asked to end.
fn stopped(brought: &Brought, list: List) -> Stop {
    let rows = brought.rows;
    Stop::Interrupted(if !brought.kept {
        format!("stopped at row {rows}; nothing was kept")
    } else if list.is_of_stock() {
        format!("stopped behind {rows} rows, which are kept; start the same command again, and it goes on")
    } else {
        format!("stopped behind {rows} rows, which are kept; of the same command again they are as they were")
    })
}

fn digest(reader: &mut std::fs::File, file: &Path) -> Result<[u8; 32], Stop> {
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        let read = reader
            .read(&mut part)
            .map_err(|error| Stop::CannotRun(format!("cannot read `{}`: {error}", file.display())))?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(part.get(..read).unwrap_or_default());
    }
}

/// The file for the rows that are refused; it goes away with its value unless they were written.
struct RefusedFile {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl RefusedFile {
    fn make(path: &Path) -> Result<RefusedFile, Stop> {
        super::require_folder_of(path)?;
        let file = std::fs::File::create_new(path).map_err(|error| {
            let path = path.display();
            Stop::CannotRun(if error.kind() == std::io::ErrorKind::AlreadyExists {
                format!(
                    "`{path}` is there already; name another file with `--refused`, or take it away first"
                )
            } else {
                format!("cannot write `{path}`: {error}")
            })
        })?;
        Ok(RefusedFile { path: path.to_owned(), file: Some(file) })
    }

    fn write(mut self, table: &Table, brought: &Brought) -> Result<PathBuf, Stop> {
        if let Some(file) = &mut self.file {
            bring::write_refused(table, brought, file)?;
        }
        self.file = None;
        Ok(self.path.clone())
    }
}

impl Drop for RefusedFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // an empty file tells nothing
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// The report for people.
fn text(imported: &Imported) -> String {
    let Imported { list, dry_run, brought, refused_file, seconds } = imported;
    let Brought { rows, created, changed, unchanged, earlier, refused, kept, stopped } = brought;
    let mut text = format!(
        "{} of `{list}`: {created} created, {changed} changed, {unchanged} as they were, {} refused",
        counted(*rows, "row", "rows"),
        refused.len()
    );
    for Refusal { row, column, code: _, detail } in refused.iter().take(SHOWN) {
        let place = column.as_ref().map_or_else(String::new, |column| format!(", {column}"));
        // writing to a string never fails
        let _ = write!(text, "\n  row {row}{place}: {detail}");
    }
    if refused.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", refused.len() - SHOWN);
    }
    if *earlier > 0 {
        let _ =
            write!(text, "\nof them {earlier} behind an earlier import, which was cut off; this one went on");
    }
    if let Some(file) = refused_file {
        let _ = write!(text, "\nthe rows with what is wrong are in `{}`", file.display());
    }
    let has_taken = created + changed + unchanged + earlier > 0;
    let _ = match (kept, dry_run) {
        _ if *stopped => Ok(()),
        (true, _) if !has_taken && !refused.is_empty() => {
            write!(text, "\nnothing was kept, for every row was refused: mend them, and import them again")
        }
        (true, _) => write!(text, "\nkept, in {seconds:.1} s"),
        (false, true) => write!(text, "\ntried in {seconds:.1} s; nothing was kept"),
        (false, false) => {
            write!(text, "\nnothing was kept: mend the rows, or take each by itself with `--each`")
        }
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(brought: Brought) -> Imported {
        Imported { list: "items", dry_run: false, brought, refused_file: None, seconds: 0.5 }
    }

    #[test]
    fn what_was_kept_is_said_as_it_is() {
        let refusal = Refusal { row: 2, column: None, code: "invalid_value", detail: "no".to_owned() };
        let all = Brought { rows: 1, refused: vec![refusal], kept: true, ..Brought::default() };
        assert!(text(&imported(all.clone())).contains("nothing was kept, for every row was refused"));
        for part in [Brought { rows: 2, created: 1, ..all }, Brought { kept: true, ..Brought::default() }] {
            assert!(text(&imported(part)).ends_with("kept, in 0.5 s"));
        }
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.csv");
        std::fs::write(&path, "rows of before").unwrap();
        let Err(stop) = RefusedFile::make(&path) else { panic!("written over") };
        assert!(stop.to_string().contains("name another file with `--refused`"), "{stop}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "rows of before");
    }
}
