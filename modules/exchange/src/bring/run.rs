//! An import: all rows or none in one transaction, or each row by itself, some hundred in a transaction.
//!
//! Rows whose parent stands further down in the file wait, and are tried again while any of them gets on.

use super::field::{Field, Mapping, Said, map, propose};
use super::lists::List;
use super::row::{Refusal, Row, read};
use super::{Taken, Who, store};
use crate::table::Table;
use db::{Conn, Db, DbError, Tx};
use domain::{Code, Problem};
use rustc_hash::FxHashMap;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use web::Failure;

/// Rows that are looked up and stored together.
const CHUNK: usize = 500;

/// Rows made or changed by an import, from which on the store looks again at what it holds.
const MANY: u64 = 1_000;

/// The most rows of a circle that are named.
const CIRCLE_MAX: usize = 32;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Bring {
    /// The list.
    pub list: List,
    /// What is said of the columns, beside what their titles say.
    pub said: Said,
    /// Each row by itself: what is refused does not keep the others back. Otherwise all rows or none.
    pub each: bool,
    /// Nothing is kept.
    pub dry_run: bool,
    /// A file of stock that was imported before is imported once more, and posts once more.
    pub again: bool,
    /// What the file is called.
    pub file: String,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// How often the file was imported to its end before, which [`bring`] finds out.
    pub run: i64,
}

/// What became of an import.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Brought {
    /// Rows with anything in them.
    pub rows: u64,
    /// Rows of which something new was made.
    pub created: u64,
    /// Rows that changed what was there.
    pub changed: u64,
    /// Rows that said what is there already.
    pub unchanged: u64,
    /// Rows that were behind an earlier import of the file, which was cut off: this one went on.
    pub earlier: u64,
    /// Why the others were not taken, by row.
    pub refused: Vec<Refusal>,
    /// Whether what was made and changed is kept.
    pub kept: bool,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// Hears how many rows are behind an import, and says whether it goes on.
pub type Watch = Arc<dyn Fn(u64) -> ControlFlow<()> + Send + Sync>;

/// How a transaction of an import ends that is not kept.
enum End {
    /// Tried, refused in part, or stopped.
    Undone(Box<Brought>),
    Failed(Failure),
}

/// The failure by which the visit of the rows ends when an import is stopped; it never leaves this file.
fn stopped() -> Failure {
    Failure::fault("an import was stopped")
}

impl From<DbError> for End {
    fn from(error: DbError) -> End {
        End::Failed(error.into())
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Failed(failure)
    }
}

/// What is known of the columns of a file.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The fields of the list.
    pub(crate) fields: Vec<Field>,
    /// What each column is: the name of a field, or [`LEFT_OUT`](super::LEFT_OUT); none where nobody said and its
    /// title does not tell.
    pub(crate) proposed: Vec<Option<String>>,
    /// The columns as fields, or why they cannot be imported as they are.
    pub(crate) mapping: Result<Mapping, Problem>,
}

/// Looks at the columns of a file with what is said of them now, and what was said before.
///
/// # Errors
/// Failures of the store.
pub(crate) fn look(
    conn: &mut Conn<'_>,
    list: List,
    titles: &[String],
    said: &Said,
) -> Result<Looked, Failure> {
    let before = store::said(conn, list)?;
    let names = titles.iter().chain(said.values()).chain(before.values());
    let fields = list.fields(conn, &names.cloned().collect::<Vec<_>>())?;
    let proposed = propose(titles, &fields, list.left_out(), (said, &before));
    let mapping = map(titles, &fields, list.left_out(), (said, &before));
    Ok(Looked { fields, proposed, mapping })
}

/// Imports a file. A row that is refused is an answer, not an error.
///
/// # Errors
/// `forbidden`; the columns are not those of the list; the file cannot be read to its end; `in_use` for a file
/// of stock that was imported before; failures of the store.
pub fn bring(
    db: &Db,
    who: &Who,
    table: &Arc<Table>,
    bring: &Bring,
    watch: &Watch,
) -> Result<Brought, Failure> {
    let caller = who.caller(bring.list.permission())?;
    if bring.list.is_of_everything() && !caller.scope.is_all() {
        let detail = format!(
            "`{}` are the same everywhere; who imports them is allowed to everywhere",
            bring.list.word()
        );
        return Err(Problem::new(Code::Forbidden, detail).into());
    }
    let (mapping, run) = db.read_blocking(|conn| {
        let run = refuse_again(conn, bring)?;
        let looked = look(conn, bring.list, &table.columns, &bring.said)?;
        Ok::<_, Failure>((Arc::new(looked.mapping?), run))
    })?;
    let course = Course { who: who.clone(), bring: Bring { run, ..bring.clone() }, mapping };
    let brought = if bring.each && !bring.dry_run {
        course.each(db, table, watch)
    } else {
        course.together(db, table, watch)
    }?;
    // what is kept is kept, and only a little slower to find
    if brought.kept
        && brought.created + brought.changed >= MANY
        && let Err(error) = db.settle()
    {
        tracing::warn!(%error, "after an import");
    }
    Ok(brought)
}

/// Keeps what was said of the columns of a list for its next file, of an import that kept nothing.
///
/// # Errors
/// Failures of the store.
pub fn keep_columns(db: &Db, list: List, said: &Said) -> Result<(), Failure> {
    let said = said.clone();
    db.write_blocking(move |tx| Ok(store::keep_said(tx, list, &said)?))
}

/// How often a file was imported before. Refused is one of stock whose postings were made: a second time they
/// would double the stock.
fn refuse_again(conn: &mut Conn<'_>, bring: &Bring) -> Result<i64, Failure> {
    let (times, last) = store::imported(conn, bring.list, &bring.digest)?;
    let Some(at) = last.filter(|_| bring.list.is_of_stock() && !bring.again) else { return Ok(times) };
    let detail = format!(
        "this file was imported as `{}` at {at}; say `--again`, or `\"again\": true` over HTTP, if it happened twice",
        bring.list.word()
    );
    Err(Problem::new(Code::InUse, detail).into())
}

/// An import on its way.
#[derive(Clone, Debug)]
struct Course {
    who: Who,
    bring: Bring,
    mapping: Arc<Mapping>,
}

/// How far it is.
#[derive(Default)]
struct Tally {
    brought: Brought,
    /// Rows whose parent is not there yet.
    waiting: Vec<Row>,
    /// Where each key stood first.
    keys: FxHashMap<[u8; 16], u64>,
    /// Where what others may stand below is in a row that cannot be read.
    unread: FxHashMap<[u8; 16], u64>,
    /// Where it is noted how far the import is.
    run: Option<Run>,
}

/// An import that is noted while it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) id: i64,
    /// The number of the last row that is behind it.
    pub(super) done_to: u64,
}

impl Tally {
    /// Tells how far it is.
    ///
    /// # Errors
    /// When it is not to go on.
    fn heard(&mut self, watch: &Watch) -> Result<(), Failure> {
        self.brought.stopped = watch(self.brought.rows).is_break();
        if self.brought.stopped { Err(stopped()) } else { Ok(()) }
    }
}

impl Course {
    /// All in one transaction, undone when a row is refused or it was only to be tried.
    fn together(&self, db: &Db, table: &Arc<Table>, watch: &Watch) -> Result<Brought, Failure> {
        let (course, table, watch) = (self.clone(), Arc::clone(table), Arc::clone(watch));
        let done = db.write_blocking(move |tx| {
            // somebody may have done the same meanwhile
            refuse_again(tx, &course.bring)?;
            let mut tally = Tally::default();
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = table.rows(&mut |line| {
                course.add(&mut tally, &mut chunk, &line, &table);
                if chunk.len() >= CHUNK {
                    course.take(tx, &mut tally, std::mem::take(&mut chunk))?;
                    tally.heard(&watch)?;
                }
                Ok(())
            });
            if tally.brought.stopped {
                return Err(End::Undone(Box::new(tally.brought)));
            }
            read?;
            course.take(tx, &mut tally, chunk)?;
            while course.retry(tx, &mut tally)? {}
            let mut brought = tally.brought;
            brought.refused.sort_by_key(|refusal| refusal.row);
            if course.bring.dry_run || !brought.refused.is_empty() {
                return Err(End::Undone(Box::new(brought)));
            }
            brought.kept = true;
            course.remember(tx, &brought, None)?;
            Ok(brought)
        });
        match done {
            Ok(brought) => Ok(brought),
            Err(End::Undone(brought)) => Ok(*brought),
            Err(End::Failed(failure)) => Err(failure),
        }
    }

    /// A chunk in a transaction; what is refused is left out.
    fn each(&self, db: &Db, table: &Arc<Table>, watch: &Watch) -> Result<Brought, Failure> {
        // what cannot be read to its end is refused before anything of it is kept
        table.rows(&mut |_| Ok(()))?;
        let run = if self.bring.list.is_of_stock() { Some(self.begin(db)?) } else { None };
        let done_to = run.map_or(0, |run| run.done_to);
        let mut tally = Tally { run, ..Tally::default() };
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = table.rows(&mut |line| {
            if line.number <= done_to {
                tally.brought.rows += 1;
                tally.brought.earlier += 1;
                return Ok(());
            }
            self.add(&mut tally, &mut chunk, &line, table);
            if chunk.len() >= CHUNK {
                self.commit(db, &mut tally, std::mem::take(&mut chunk))?;
                tally.heard(watch)?;
            }
            Ok(())
        });
        if tally.brought.stopped {
            // what is behind it is kept; a file of stock goes on from there
            return Ok(Brought { kept: true, ..tally.brought });
        }
        read?;
        self.commit(db, &mut tally, chunk)?;
        loop {
            let waiting = std::mem::take(&mut tally.waiting);
            let count = waiting.len();
            if count == 0 {
                break;
            }
            for rows in waiting.chunks(CHUNK) {
                self.commit(db, &mut tally, rows.to_vec())?;
            }
            if tally.waiting.len() == count {
                self.give_up(&mut tally);
            }
        }
        let mut brought = tally.brought;
        brought.refused.sort_by_key(|refusal| refusal.row);
        brought.kept = true;
        let (course, kept) = (self.clone(), brought.clone());
        db.write_blocking(move |tx| course.remember(tx, &kept, run))?;
        Ok(brought)
    }

    /// Notes that a file of stock is being imported, or finds how far it was when it was cut off.
    fn begin(&self, db: &Db) -> Result<Run, Failure> {
        let course = self.clone();
        db.write_blocking(move |tx| {
            let Course { who, bring, .. } = &course;
            Ok(match store::begun(tx, bring.list, &bring.digest)? {
                Some(run) => run,
                None => store::begin(tx, &who.ctx, bring)?,
            })
        })
    }

    fn commit(&self, db: &Db, tally: &mut Tally, rows: Vec<Row>) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let (course, part) = (self.clone(), Arc::new(rows));
        let rows = Arc::clone(&part);
        let run = tally.run;
        let taken = db.write_blocking(move |tx| {
            let taken = course.bring.list.take(tx, &course.who, &course.bring, &part)?;
            if let (Some(run), Some(last)) = (run, part.last()) {
                store::advance(tx, run, last.number)?;
            }
            Ok::<_, Failure>(taken)
        })?;
        self.count(tally, rows.iter().cloned(), taken);
        Ok(())
    }

    /// Reads a line into the chunk, or refuses it.
    fn add(&self, tally: &mut Tally, chunk: &mut Vec<Row>, line: &crate::table::Line, table: &Table) {
        tally.brought.rows += 1;
        match read(line, &self.mapping, table) {
            Err(refusal) => {
                if let Some(key) = self.unread(line) {
                    tally.unread.insert(key, line.number);
                }
                tally.brought.refused.push(refusal);
            }
            Ok(row) => match self.seen_before(tally, &row) {
                Some(problem) => self.refuse(tally, &row, &problem),
                None => chunk.push(row),
            },
        }
    }

    /// What a row is about that cannot be read, where others may stand below it.
    fn unread(&self, line: &crate::table::Line) -> Option<[u8; 16]> {
        let [name] = self.bring.list.key() else { return None };
        let is_key = |field: &Option<Field>| field.as_ref().is_some_and(|field| field.name == *name);
        let cell = line.cells.get(self.mapping.fields.iter().position(is_key)?)?;
        key_of(self.bring.list, [(*name, &*cell.shown())].into_iter())
    }

    /// Refuses a row about what an earlier row is about, of which one would undo the other.
    fn seen_before(&self, tally: &mut Tally, row: &Row) -> Option<Problem> {
        let names = self.bring.list.key();
        let (first, more) = names.split_first()?;
        let key = key_of(self.bring.list, names.iter().map(|name| (*name, row.text(name))))?;
        let before = tally.keys.insert(key, row.number)?;
        tally.keys.insert(key, before);
        // the part that makes the difference to other rows about the same is at fault
        let mut at = first;
        let mut detail = format!("row {before} is about `{}`", row.text(first));
        for name in more.iter().filter(|name| !row.text(name).is_empty()) {
            let _infallible = write!(detail, " with `{name}` `{}`", row.text(name));
            at = name;
        }
        detail.push_str(" already; make one row of both");
        Some(Problem::at(Code::InvalidValue, format!("/{at}"), detail))
    }

    fn refuse(&self, tally: &mut Tally, row: &Row, problem: &Problem) {
        tally.brought.refused.push(Refusal::new(row, problem, &self.mapping));
    }

    fn take(&self, tx: &mut Tx<'_>, tally: &mut Tally, rows: Vec<Row>) -> Result<(), Failure> {
        if !rows.is_empty() {
            let taken = self.bring.list.take(tx, &self.who, &self.bring, &rows)?;
            self.count(tally, rows.into_iter(), taken);
        }
        Ok(())
    }

    fn count(&self, tally: &mut Tally, rows: impl Iterator<Item = Row>, taken: Vec<Taken>) {
        for (row, taken) in rows.zip(taken) {
            match taken {
                Taken::Created => tally.brought.created += 1,
                Taken::Changed => tally.brought.changed += 1,
                Taken::Unchanged => tally.brought.unchanged += 1,
                Taken::Refused(problem) if self.bring.list.may_wait(&problem) => tally.waiting.push(row),
                Taken::Refused(problem) => self.refuse(tally, &row, &problem),
            }
        }
    }

    /// Tries again what waits for its parent; whether any is left to try.
    fn retry(&self, tx: &mut Tx<'_>, tally: &mut Tally) -> Result<bool, Failure> {
        let waiting = std::mem::take(&mut tally.waiting);
        let count = waiting.len();
        if count == 0 {
            return Ok(false);
        }
        for rows in waiting.chunks(CHUNK) {
            self.take(tx, tally, rows.to_vec())?;
        }
        if tally.waiting.len() == count {
            self.give_up(tally);
        }
        Ok(!tally.waiting.is_empty())
    }

    /// Refuses what waits for a parent that does not come.
    fn give_up(&self, tally: &mut Tally) {
        let (list, waiting) = (self.bring.list, std::mem::take(&mut tally.waiting));
        let name = |row: &Row| list.key().first().map_or("", |name| row.text(name)).to_lowercase();
        let named: FxHashMap<String, &Row> = waiting.iter().map(|row| (name(row), row)).collect();
        for row in &waiting {
            let problem = if let Some(circle) = circle(list, row, &named) {
                let detail = format!("nothing stands below itself: `{}`", circle.join("` → `"));
                Problem::at(Code::TreeCycle, "/parent", detail)
            } else {
                let own = list.key().first().copied().unwrap_or_default();
                let parent = key_of(list, [(own, list.parent(row))].into_iter());
                let at = parent.and_then(|key| tally.keys.get(&key).or_else(|| tally.unread.get(&key)));
                list.parentless(row, at.copied())
            };
            self.refuse(tally, row, &problem);
        }
    }

    /// Notes what was imported, and what was said of the columns.
    fn remember(&self, tx: &mut Tx<'_>, brought: &Brought, run: Option<Run>) -> Result<(), Failure> {
        let run = match run {
            Some(run) => run,
            None => store::begin(tx, &self.who.ctx, &self.bring)?,
        };
        store::end(tx, run, brought)?;
        store::keep_said(tx, self.bring.list, &self.bring.said)?;
        let Brought { rows, created, changed, unchanged, refused, .. } = brought;
        let details = serde_json::json!({
            "list": self.bring.list.word(), "file": self.bring.file, "sha256": domain::hex::digits(&self.bring.digest),
            "rows": rows, "created": created, "changed": changed, "unchanged": unchanged, "refused": refused.len(),
        });
        web::audit(tx, &self.who.ctx, "exchange.import", self.bring.list.word(), &details);
        Ok(())
    }
}

/// What a row is about, as a number of few bytes; of the fields of the key and what they say.
fn key_of<'t>(list: List, parts: impl Iterator<Item = (&'t str, &'t str)>) -> Option<[u8; 16]> {
    let mut hash = Sha256::new();
    for (name, text) in parts {
        hash.update(list.compared(name, text));
        hash.update([0]);
    }
    hash.finalize().first_chunk::<16>().copied()
}

/// The parents of a row up to itself, when it stands below itself. One of very many is not looked for.
fn circle<'r>(list: List, row: &'r Row, named: &FxHashMap<String, &'r Row>) -> Option<Vec<&'r str>> {
    let own = list.key().first().map_or("", |name| row.text(name));
    let (mut circle, mut at) = (vec![own], row);
    while circle.len() <= CIRCLE_MAX {
        let parent = list.parent(at);
        circle.push(parent);
        if parent.to_lowercase() == own.to_lowercase() {
            return Some(circle);
        }
        at = named.get(&parent.to_lowercase())?;
    }
    None
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("brought", &self.brought).finish_non_exhaustive()
    }
}
