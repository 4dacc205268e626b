//! `stockwell export`: lists of the ledger for spreadsheets and programs, and the canonical text by
//! which two ledgers are compared. It reads one snapshot, also beside a running server.

use super::PATIENCE;
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use clap::Args;
use db::Db;
use domain::{Instant, hex};
use exchange::export::{self, Format, What};
use exchange::table::Locale;
use rustix::fs::FileType;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// What to write, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[arg(long, value_name = "LIST", value_parser = what, help = format!("The list: {}", lists()))]
    what: Option<What>,
    /// `jsonl` for an object a line, `csv` or `xlsx` for spreadsheets, `parquet` for columns
    #[arg(long, value_name = "FORMAT", value_parser = format, default_value = "jsonl")]
    format: Format,
    #[arg(
        long, value_name = "LOCALE", value_parser = super::import_list::locale, default_value = "iso",
        help = format!("How numbers and dates are written in CSV: `{}`", Locale::names())
    )]
    locale: Locale,
    /// Stock, valuation, movements or postings as they were up to and at this instant, such as 2011-06-30T22:59:59.999999Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<Instant>,
    /// Everything, as one text that is the same for the same ledger on any engine
    #[arg(long, conflicts_with_all = ["what", "format", "as_of"])]
    canonical: bool,
    /// The file to write; standard output when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "out")]
    force: bool,
}

/// The words of all lists.
fn lists() -> String {
    What::ALL.iter().map(|what| what.word()).collect::<Vec<_>>().join(", ")
}

fn what(word: &str) -> Result<What, String> {
    What::parse(word).ok_or_else(|| format!("there is no such list; there are {}", lists()))
}

fn format(word: &str) -> Result<Format, String> {
    Format::parse(word).ok_or_else(|| format!("a format is {}", Format::WORDS))
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|error| error.to_string())
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    rows: u64,
    bytes: u64,
    sha256: String,
}

pub(crate) fn run(call: Call<'_>, command: &Export) -> Done {
    if command.what.is_none() && !command.canonical {
        let lists = lists();
        return Err(Stop::Usage(format!(
            "say which list with `--what`, or `--canonical` for everything as one text; the lists are {lists}"
        )));
    }
    if let (Some(what), Some(_)) = (command.what, command.as_of)
        && !what.has_past()
    {
        return Err(Stop::Usage(format!("the list `{}` has no past; leave `--as-of` out", what.word())));
    }
    if command.as_of.is_some_and(|at| at > super::operator_ctx().now) {
        return Err(Stop::Usage(
            "`--as-of` lies in the future, of which the ledger knows nothing".to_owned(),
        ));
    }
    if let Some(file) = &command.out {
        refuse_existing(file, command.force)?;
        super::require_folder_of(file)?;
        let db = open(call)?;
        let progress = call.out.progress();
        let written = to_file(&db, command, file, &progress);
        db.close();
        drop(progress);
        return call.out.show(&written?, |written| {
            let Written { file, rows, bytes, sha256 } = written;
            format!("wrote `{}`\n{rows} rows, {bytes} bytes, sha256 {sha256}", file.display())
        });
    }
    let db = open(call)?;
    // whoever reads along, on the terminal or through a pager, is not to see a bar in the list
    let progress = if is_file(io::stdout()) { call.out.progress() } else { Progress::hidden() };
    let (done, is_cut_off) = {
        let mut out = Counting::new(io::stdout().lock(), &progress, "are written");
        (write(&db, command, &mut out), out.broken_pipe)
    };
    db.close();
    drop(progress);
    match done {
        // whoever read along has seen enough
        Err(_) if is_cut_off => Ok(()),
        done => done.map(|_| ()),
    }
}

fn is_file(out: impl AsFd) -> bool {
    rustix::fs::fstat(out).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file())
}

/// Opens the database for reading, without the limit of time that requests have.
fn open(call: Call<'_>) -> Result<Db, Stop> {
    super::require_database(call.config)?;
    let mut settings = super::db_settings(call.config)?;
    settings.read_only = true;
    settings.read_timeout = PATIENCE;
    let db = super::open(call.config, &settings)?;
    super::check_schema(call.config, &db)?;
    Ok(db)
}

fn write(db: &Db, command: &Export, out: &mut dyn Write) -> Result<u64, Stop> {
    let rows = db.read_blocking(|conn| match command.what {
        Some(what) => {
            let Export { format, as_of, locale, .. } = *command;
            let format = if format == Format::CSV { Format::Csv(locale) } else { format };
            export::export(conn, &export::Export { what, format, as_of }, out)
        }
        None => export::canonical(conn, out),
    })?;
    out.flush()?;
    Ok(rows)
}

fn refuse_existing(file: &Path, force: bool) -> Result<(), Stop> {
    if !force && file.exists() {
        let text = format!("`{}` is there already; choose another name, or add `--force`", file.display());
        return Err(Stop::CannotRun(text));
    }
    Ok(())
}

/// Writes beside the file first, so that under its name there is the whole export or nothing.
fn to_file(db: &Db, command: &Export, file: &Path, progress: &Progress) -> Result<Written, Stop> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = (|| {
        let cannot = |error| Stop::CannotRun(format!("cannot write `{}`: {error}", file.display()));
        let what = format!("are written to `{}`", part.display());
        let mut out = Counting::new(File::create(&part).map_err(cannot)?, progress, &what);
        let rows = write(db, command, &mut out)?;
        out.to.sync_all()?;
        // somebody may have made it meanwhile
        refuse_existing(file, command.force)?;
        std::fs::rename(&part, file)?;
        let sha256 = hex::digits(&out.sha256.finalize());
        Ok(Written { file: file.to_owned(), rows, bytes: out.bytes, sha256 })
    })();
    if written.is_err() {
        // it may not even have been begun
        drop(std::fs::remove_file(&part));
    }
    written
}

/// Passes bytes on, shows how many, and keeps their number and digest.
struct Counting<'a, W> {
    to: W,
    progress: &'a Progress,
    /// What is said of the bytes.
    what: &'a str,
    bytes: u64,
    sha256: Sha256,
    broken_pipe: bool,
}

impl<'a, W> Counting<'a, W> {
    fn new(to: W, progress: &'a Progress, what: &'a str) -> Counting<'a, W> {
        progress.has_written(0, what);
        Counting { to, progress, what, bytes: 0, sha256: Sha256::new(), broken_pipe: false }
    }
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.to.write(bytes);
        match &done {
            Ok(count) => {
                self.bytes = self.bytes.saturating_add(u64::try_from(*count).unwrap_or(u64::MAX));
                self.progress.has_written(self.bytes, self.what);
                self.sha256.update(bytes.get(..*count).unwrap_or_default());
            }
            Err(error) => self.broken_pipe |= error.kind() == io::ErrorKind::BrokenPipe,
        }
        done
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
