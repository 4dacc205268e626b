//! A database as a whole, row by row: what its tables and frozen views are, what stands in them in words that both
//! engines share, and a new database made of that. Nothing here knows what the rows mean.
//!
//! The shared words are four: a number, a text, bytes, nothing. An instant is its microseconds, a date its text, a
//! truth value 0 or 1: as the embedded engine has them. Columns are taken in the order of their names.
//!
//! Invariant: a source is read in one snapshot and never written. A target holds nothing before, is made in one
//! transaction with the schema in it, and until [`Target::end`] no program of ours opens it.

pub(crate) mod cell;
mod digest;
mod sieve;
mod source;
mod target;

use crate::conn::{Conn, Inner};
use crate::error::DbError;
use crate::migrate;
use crate::statement::Statement;
use crate::value::Value;
use crate::{pg, sqlite};
pub use digest::Digest;
pub use sieve::{Sieve, WITHHELD, What, Withheld};
pub use source::{Alone, lanes_besides};
use std::collections::BTreeMap;
pub use target::{How, Target};

/// Tables that are of one engine, or of the schema itself: they are made, not copied.
const MADE: [&str; 2] = ["db_migration", "db_probe"];

/// What the names of the frozen views begin with.
const FROZEN: &str = "ck_";

/// A column of a table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether the engine keeps its texts as JSON, in a form of its own.
    pub is_json: bool,
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
}

impl Relation {
    /// Whether it is the same for a copy: the same name, and columns of the same names.
    fn is_like(&self, other: &Relation) -> bool {
        let names = |relation: &Relation| -> Vec<String> {
            relation.columns.iter().map(|column| column.name.clone()).collect()
        };
        self.name == other.name && names(self) == names(other)
    }

    /// The columns as a list of SQL.
    pub(crate) fn list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }
}

/// What a database is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The tables, each behind those that it refers to.
    pub tables: Vec<Relation>,
    /// The frozen views, by name.
    pub views: Vec<Relation>,
}

impl Shape {
    /// Whether there is a table of this name.
    pub fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|relation| relation.name == table)
    }
}

/// A part of a whole, in order: a table, then its rows, then the next table.
#[derive(Debug)]
pub enum Part {
    /// The rows that follow are of this table.
    Table(Relation),
    /// Some rows of the table.
    Rows(Chunk),
}

/// Some rows, written one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// How many.
    pub rows: u64,
    /// How they are written: see `cell`.
    pub bytes: Vec<u8>,
}

/// How many bytes of rows go together; one row may be longer.
const CHUNK: usize = 256 * 1024;

const COLUMNS: Statement = Statement::per_engine(
    "db.copy.columns",
    "select m.type, m.name, c.name, 0
     from sqlite_schema m, pragma_table_xinfo(m.name) c
     where m.type in ('table', 'view') and m.name not like 'sqlite\\_%' escape '\\' and c.hidden = 0",
    "select case when r.relkind = 'v' then 'view' else 'table' end, r.relname, c.attname,
       (c.atttypid = 'jsonb'::regtype)::int
     from pg_class r
     join pg_attribute c on c.attrelid = r.oid
     where r.relnamespace = current_schema()::regnamespace and r.relkind in ('r', 'p', 'v')
       and not r.relispartition and c.attnum > 0 and not c.attisdropped",
);

const REFERENCES: Statement = Statement::per_engine(
    "db.copy.references",
    "select m.name, f.\"table\"
     from sqlite_schema m, pragma_foreign_key_list(m.name) f
     where m.type = 'table'",
    "select r.relname, t.relname
     from pg_constraint c
     join pg_class r on r.oid = c.conrelid
     join pg_class t on t.oid = c.confrelid
     where c.contype = 'f' and r.relnamespace = current_schema()::regnamespace",
);

const SETS: Statement = Statement::new("db.copy.sets", "select distinct m.set_name from db_migration m");

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] =
    &[COLUMNS, REFERENCES, SETS, source::LEASED, source::LANES, sieve::LANES];

/// What a database is made of: the tables of its sets of migrations, whose names begin with that of their set. A
/// table that somebody else keeps beside them, or an extension does, is theirs.
///
/// # Errors
/// When it cannot be read, and when tables refer to each other in a circle.
pub fn shape(conn: &mut Conn<'_>) -> Result<Shape, DbError> {
    let mut found: BTreeMap<(bool, String), Vec<Column>> = BTreeMap::new();
    let sets: Vec<String> = conn.query(&SETS, &[], |row| Ok(format!("{}_", row.text(0)?)))?;
    let is_ours = |name: &str| sets.iter().any(|set| name.starts_with(set)) && !MADE.contains(&name);
    conn.for_each(&COLUMNS, &[], |row| {
        let (is_view, name) = (row.text(0)? == "view", row.text(1)?);
        if if is_view { name.starts_with(FROZEN) } else { is_ours(name) } {
            let column = Column { name: plain(row.text(2)?)?, is_json: row.int(3)? == 1 };
            found.entry((is_view, plain(name)?)).or_default().push(column);
        }
        Ok(())
    })?;
    let references: Vec<(String, String)> =
        conn.query(&REFERENCES, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))?;
    let (mut tables, mut views) = (Vec::new(), Vec::new());
    for ((is_view, name), mut columns) in found {
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let relations = if is_view { &mut views } else { &mut tables };
        relations.push(Relation { name, columns });
    }
    Ok(Shape { tables: in_order(tables, &references)?, views })
}

/// A name that can stand between quotes in a statement: ours are no others.
fn plain(name: &str) -> Result<String, DbError> {
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Ok(name.to_owned());
    }
    Err(DbError::refused(format!("`{name}` is no table or column of this program: it cannot be copied")))
}

/// Each table behind those that it refers to; otherwise by name.
fn in_order(tables: Vec<Relation>, references: &[(String, String)]) -> Result<Vec<Relation>, DbError> {
    let mut waiting = tables;
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_free = |table: &Relation| {
            let mut targets = references.iter().filter(|(from, to)| *from == table.name && from != to);
            !targets.any(|(_, to)| waiting.iter().any(|other| other.name == *to))
        };
        let (free, rest): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(is_free);
        if free.is_empty() {
            let names: Vec<&str> = rest.iter().map(|table| table.name.as_str()).collect();
            return Err(DbError::internal(format!("tables refer to each other: {}", names.join(", "))));
        }
        ordered.extend(free);
        waiting = rest;
    }
    Ok(ordered)
}

/// What was applied to a database: set, number and checksum of each step of its schema.
///
/// # Errors
/// When there is no schema, or it cannot be read.
pub fn steps(conn: &mut Conn<'_>) -> Result<Vec<migrate::Applied>, DbError> {
    migrate::found(conn)
}

/// Calls for each row of a table or view, in constant memory; how many there were.
///
/// # Errors
/// When it cannot be read, and those of `each`.
pub fn rows(
    conn: &mut Conn<'_>,
    relation: &Relation,
    each: &mut dyn FnMut(&[Value<'_>]) -> Result<(), DbError>,
) -> Result<u64, DbError> {
    let text = format!("select {} from \"{}\"", relation.list(), relation.name);
    let width = relation.columns.len();
    match &mut conn.inner {
        Inner::Sqlite { conn, deadline } => sqlite::copy::rows(conn, *deadline, (&text, width), each),
        Inner::Postgres(conn) => pg::copy::rows(conn, (&text, width), each),
    }
}

/// How many rows a table has.
///
/// # Errors
/// When it cannot be read.
pub fn count(conn: &mut Conn<'_>, table: &Relation) -> Result<u64, DbError> {
    let text = format!("select count(*) from \"{}\"", table.name);
    let mut count = 0;
    let mut each = |cells: &[Value<'_>]| {
        if let Some(Value::Int(rows)) = cells.first() {
            count = u64::try_from(*rows).unwrap_or_default();
        }
        Ok(())
    };
    match &mut conn.inner {
        Inner::Sqlite { conn, deadline } => sqlite::copy::rows(conn, *deadline, (&text, 1), &mut each)?,
        Inner::Postgres(conn) => pg::copy::rows(conn, (&text, 1), &mut each)?,
    };
    Ok(count)
}

/// The digest of a table or view. `like` is the same of another database, which is to be compared: what is kept as
/// JSON on either side is taken by what it says, not by how it is written.
///
/// # Errors
/// When it cannot be read.
pub fn digest(conn: &mut Conn<'_>, relation: &Relation, like: &Relation) -> Result<Digest, DbError> {
    let json = digest::json(relation, like);
    let mut digest = Digest::default();
    rows(conn, relation, &mut |cells| digest.add(cells, &json))?;
    Ok(digest)
}

/// Reads all tables of a shape that was read in the same snapshot.
///
/// # Errors
/// When something cannot be read, and those of `each`.
pub fn parts(
    conn: &mut Conn<'_>,
    shape: &Shape,
    each: &mut dyn FnMut(Part) -> Result<(), DbError>,
) -> Result<(), DbError> {
    for table in &shape.tables {
        each(Part::Table(table.clone()))?;
        let mut chunk = Chunk::default();
        rows(conn, table, &mut |cells| {
            for value in cells {
                cell::write(*value, &mut chunk.bytes);
            }
            chunk.rows = chunk.rows.saturating_add(1);
            if chunk.bytes.len() < CHUNK {
                return Ok(());
            }
            each(Part::Rows(std::mem::take(&mut chunk)))
        })?;
        if chunk.rows > 0 {
            each(Part::Rows(chunk))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Relation {
        Relation { name: name.to_owned(), columns: Vec::new() }
    }

    #[test]
    fn a_table_comes_behind_those_that_it_refers_to() {
        let references = [("a", "b"), ("b", "c"), ("b", "b"), ("d", "a")];
        let references = references.map(|(from, to)| (from.to_owned(), to.to_owned()));
        let ordered = in_order(["a", "b", "c", "d", "e"].map(table).to_vec(), &references).unwrap();
        let names: Vec<&str> = ordered.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["c", "e", "b", "a", "d"]);
        let circle = [("a", "b"), ("b", "a")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert!(in_order(["a", "b"].map(table).to_vec(), &circle).is_err());
    }

    #[test]
    fn only_plain_names_are_put_into_a_statement() {
        assert_eq!(plain("stock_movement_202611").unwrap(), "stock_movement_202611");
        for name in ["Stock", "a b", "a\"b", "a;b", "ä"] {
            assert!(plain(name).unwrap_err().to_string().contains(name));
        }
    }
}
