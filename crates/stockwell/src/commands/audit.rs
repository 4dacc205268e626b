//! `stockwell audit`: a stretch of the audit log with the heads of its chain, and such a file checked by whoever has it,
//! without a database.

use super::{Operator, not_written};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use clap::{Args, Subcommand};
use db::audit::{self, Stored, Verified, erase};
use db::{Conn, DbError};
use domain::{Instant, hex};
use insight::audit_log::{self, Told};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the first line of a file says of its form.
const FORM: &str = "stockwell.audit.export.v1";

/// Rows that are read together.
const PAGE: i64 = 1_000;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Write the log, or what was done in a time, so that its chain can be checked elsewhere
    Export(Export),
    /// Check the chain of files that were exported, without a database
    Check(Check),
}

/// Which rows, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// From the first row at or after this instant, such as 2026-01-01T00:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Instant>,
    /// To the last row before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Instant>,
    /// The file to write, which must not be there yet; standard output when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Files to check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// In their order: each goes on where the one before ended
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|error| error.to_string())
}

/// Where the chain stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    n: i64,
    hash: String,
}

impl From<Verified> for Head {
    fn from(Verified { n, hash }: Verified) -> Head {
        Head { n, hash: hex::digits(&hash) }
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    form: String,
    /// Behind which row the file begins.
    before: Head,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    rows: u64,
    /// The last row of the file.
    after: Head,
}

/// A row. Bytes are hexadecimal, instants microseconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    n: i64,
    at: i64,
    actor_id: i64,
    actor_name: String,
    action: String,
    target: String,
    request_id: String,
    outcome: String,
    /// The very text, of which the digest was made.
    details: String,
    payload_hash: String,
    prev_hash: String,
    hash: String,
    form: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details_salt: Option<String>,
    /// What erasures have written down of it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    erased: Vec<Erasure>,
}

/// What an erasure has written down of a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    /// The request of the row that tells of it.
    request_id: String,
    remains: String,
}

impl Row {
    fn of(row: Stored, erased: Vec<Erasure>) -> Row {
        let [actor_digest, target_digest] =
            row.digests.map_or([None, None], |digests| digests.map(|digest| Some(hex::digits(&digest))));
        let [actor_salt, target_salt, details_salt] =
            row.salts.map(|salt| salt.map(|salt| hex::digits(&salt)));
        Row {
            n: row.n,
            at: row.at,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            action: row.action,
            target: row.target,
            request_id: hex::digits(&row.request_id),
            outcome: row.outcome,
            details: row.details,
            payload_hash: hex::digits(&row.payload_hash),
            prev_hash: hex::digits(&row.prev_hash),
            hash: hex::digits(&row.hash),
            form: row.form,
            actor_digest,
            target_digest,
            actor_salt,
            target_salt,
            details_salt,
            erased,
        }
    }

    /// The row as it was stored.
    fn stored(self) -> Result<(Stored, Vec<Erasure>), NoBytes> {
        let digests = [optional(self.actor_digest)?, optional(self.target_digest)?];
        let stored = Stored {
            n: self.n,
            at: self.at,
            actor_id: self.actor_id,
            actor_name: self.actor_name,
            action: self.action,
            target: self.target,
            request_id: bytes(&self.request_id)?,
            outcome: self.outcome,
            details: self.details,
            payload_hash: bytes(&self.payload_hash)?,
            prev_hash: bytes(&self.prev_hash)?,
            hash: bytes(&self.hash)?,
            form: self.form,
            digests: match digests {
                [Some(actor), Some(target)] => Some([actor, target]),
                _ => None,
            },
            salts: [optional(self.actor_salt)?, optional(self.target_salt)?, optional(self.details_salt)?],
        };
        Ok((stored, self.erased))
    }
}

/// What should be bytes and is none.
struct NoBytes;

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], NoBytes> {
    hex::read(text).ok_or(NoBytes)
}

fn optional<const N: usize>(text: Option<String>) -> Result<Option<[u8; N]>, NoBytes> {
    text.map(|text| bytes(&text)).transpose()
}

pub(crate) fn run(call: Call<'_>, audit: &Audit) -> Done {
    match audit {
        Audit::Export(export) => self::export(call, export),
        Audit::Check(check) => self::check(call, check),
    }
}

fn export(call: Call<'_>, export: &Export) -> Done {
    if export.from.zip(export.until).is_some_and(|(from, until)| from >= until) {
        return Err(Stop::Usage("`--until` lies behind `--from`".to_owned()));
    }
    let operator = Operator::open_to_read(call.config)?;
    let Some(file) = &export.out else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match operator.db.read_blocking(|conn| write(conn, export, &mut out)) {
            // whoever read along has seen enough
            Err(DbError::Io(_)) => Ok(()),
            done => Ok(done.map(drop)?),
        };
    };
    let last = super::to_new_file(file, |out| {
        Ok::<_, Stop>(operator.db.read_blocking(|conn| write(conn, export, &mut *out))?)
    })?;
    call.out.show(&last, |Last { rows, after }| {
        format!("wrote `{}`\n{rows} rows, to row {} with the hash {}", file.display(), after.n, after.hash)
    })
}

fn write(conn: &mut Conn<'_>, export: &Export, out: &mut dyn Write) -> Result<Last, DbError> {
    let instants = (export.from.map(|at| at.0), export.until.map(|at| at.0));
    let (before, last) = audit_log::stretch(conn, instants)?;
    line(out, &First { form: FORM.to_owned(), before: before.into() })?;
    let (mut state, mut rows) = (before, 0_u64);
    while state.n < last {
        let (found, erased) = audit_log::page(conn, (state.n, last), PAGE)?;
        let mut erased = erased.into_iter().peekable();
        let Some(end) = found.last() else { break };
        let end = Verified { n: end.n, hash: end.hash };
        for row in found {
            let own = std::iter::from_fn(|| erased.next_if(|written| written.n == row.n));
            let own = own.map(|written| Erasure {
                request_id: hex::digits(&written.request_id),
                remains: hex::digits(&written.remains),
            });
            let own = own.collect();
            line(out, &Row::of(row, own))?;
            rows = rows.saturating_add(1);
        }
        state = end;
    }
    let last = Last { rows, after: state.into() };
    line(out, &last)?;
    out.flush().map_err(|error| not_written(&error))?;
    Ok(last)
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), DbError> {
    serde_json::to_writer(&mut *out, value).map_err(|error| not_written(&error.into()))?;
    out.write_all(b"\n").map_err(|error| not_written(&error))
}

/// What a check has found to be right.
#[derive(Debug, Serialize)]
struct Checked {
    before: Head,
    after: Head,
    rows: u64,
    /// Rows that texts were taken from.
    erased: u64,
    /// Those of them of which no row of these files tells, or not whole: they are as the files say, no more.
    untold: u64,
}

/// What is known while files are read.
#[derive(Default)]
struct Chain {
    before: Option<Head>,
    state: Option<Verified>,
    rows: u64,
    erased: u64,
    /// What erasures have written down, by the request of each.
    written: HashMap<[u8; 16], erase::Erased>,
    told: Vec<([u8; 16], Told)>,
}

fn check(call: Call<'_>, check: &Check) -> Done {
    let mut chain = Chain::default();
    for file in &check.files {
        chain.read(file)?;
    }
    let checked = chain.end()?;
    call.out.show(&checked, |checked| {
        let Checked { before, after, rows, erased, untold } = checked;
        let text = format!(
            "{rows} rows are as they were written, from behind row {} ({}) to row {} ({})",
            before.n, before.hash, after.n, after.hash
        );
        if *erased > 0 {
            let erased =
                format!("\n{erased} of them had texts taken away; of {untold} no row of these files tells");
            return text + &erased;
        }
        text
    })
}

impl Chain {
    fn read(&mut self, file: &Path) -> Result<(), Stop> {
        let cannot = |error: io::Error| Stop::CannotRun(format!("cannot read `{}`: {error}", file.display()));
        let mut lines = BufReader::new(File::open(file).map_err(cannot)?).lines();
        let is_none =
            || Stop::Wrong(format!("`{}` is no export of an audit log, or is cut off", file.display()));
        let first: Option<First> = match lines.next() {
            Some(line) => serde_json::from_str(&line.map_err(cannot)?).ok(),
            None => None,
        };
        let first = first.filter(|first| first.form == FORM).ok_or_else(is_none)?;
        self.begin(&first.before).ok_or_else(is_none)??;
        let (mut rows, mut last) = (0_u64, None);
        for line in lines {
            let line = line.map_err(cannot)?;
            if last.is_some() {
                return Err(is_none());
            }
            if let Ok(row) = serde_json::from_str::<Row>(&line) {
                let n = row.n;
                let right = row.stored().is_ok_and(|(row, erased)| self.row(&row, &erased));
                if !right {
                    return Err(Stop::Wrong(format!(
                        "row {n} of `{}` is not what was written",
                        file.display()
                    )));
                }
                rows = rows.saturating_add(1);
            } else {
                last = Some(serde_json::from_str::<Last>(&line).map_err(|_| is_none())?);
            }
        }
        let last = last.ok_or_else(is_none)?;
        let state = self.state.ok_or_else(is_none)?;
        if last.rows != rows || last.after != Head::from(state) {
            let text = format!("`{}` does not end where it says, at row {}", file.display(), last.after.n);
            return Err(Stop::Wrong(text));
        }
        self.rows = self.rows.saturating_add(rows);
        Ok(())
    }

    /// Takes up the chain where a file says that it begins; `None` when that is no head.
    fn begin(&mut self, before: &Head) -> Option<Result<(), Stop>> {
        let stated = Verified { n: before.n, hash: hex::read(&before.hash)? };
        match self.state {
            None => (self.state, self.before) = (Some(stated), Some(before.clone())),
            Some(state) if state == stated => {}
            Some(state) => {
                let text = format!(
                    "the next file begins behind row {} ({}), and the one before ends at row {} ({})",
                    stated.n,
                    before.hash,
                    state.n,
                    hex::digits(&state.hash)
                );
                return Some(Err(Stop::Wrong(text)));
            }
        }
        // behind no row there is no hash
        let is_start = stated.n != 0 || stated == audit::START;
        is_start.then_some(Ok(()))
    }

    /// Whether the next row is right.
    fn row(&mut self, row: &Stored, erased: &[Erasure]) -> bool {
        let Some(state) = self.state else { return false };
        let mut last = None;
        for (time, written) in (1..).zip(erased) {
            let read = (hex::read(&written.remains), hex::read(&written.request_id));
            let (Some(remains), Some(request_id)) = read else { return false };
            self.written.entry(request_id).or_default().add(row.n, time, &remains);
            last = Some(remains);
        }
        self.erased += u64::from(last.is_some());
        if row.action == erase::ACTION {
            let Some(told) = Told::read(&row.details) else { return false };
            self.told.push((row.request_id, told));
        }
        self.state = Some(Verified { n: row.n, hash: row.hash });
        row.n == state.n.saturating_add(1) && row.prev_hash == state.hash && row.is_right(last.as_ref())
    }

    /// Holds what was erased against what the rows of erasures tell.
    fn end(mut self) -> Result<Checked, Stop> {
        for (request_id, told) in &self.told {
            let found = self.written.remove(request_id).unwrap_or_default();
            if told.rows == found.rows() && !told.is_of(&found) || told.rows < found.rows() {
                let request_id = hex::digits(request_id);
                let text = format!("what the erasure of request {request_id} has left is not what it told");
                return Err(Stop::Wrong(text));
            }
            if told.rows > found.rows() && found.rows() > 0 {
                // some of its rows are in no file: the rest cannot be held against it
                self.written.insert(*request_id, found);
            }
        }
        let untold = self.written.values().map(|erased| u64::try_from(erased.rows()).unwrap_or(0)).sum();
        match (self.before, self.state) {
            (Some(before), Some(state)) => {
                Ok(Checked { before, after: state.into(), rows: self.rows, erased: self.erased, untold })
            }
            _ => Err(Stop::Wrong("no file was read".to_owned())),
        }
    }
}
