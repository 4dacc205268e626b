//! The new database that a copy goes into.
//!
//! One transaction makes the schema, takes every row and makes the indexes: whoever ends before leaves nothing behind.
//! With it goes a mark, for which every program of ours refuses the database, until whoever copies has compared and
//! says so by [`Target::end`]. Keys, checks, references and triggers are in force throughout; only the indexes that
//! hold no constraint are made at the end, which takes a fraction of the time.

use super::{Chunk, Digest, Part, Relation, Shape, cell, digest, shape};
use crate::conn::Conn;
use crate::error::DbError;
use crate::migrate::{self, Applied, MigrationSet};
use crate::settings::{Settings, Target as Place};
use crate::value::Value;
use crate::{pg, sqlite};

/// A database that is being made of a copy.
#[derive(Debug)]
pub struct Target {
    side: Side,
    shape: Shape,
    taken: Vec<(Relation, Digest)>,
    /// Of which cells of the table at hand only counts what they say.
    json: Vec<bool>,
}

#[derive(Debug)]
enum Side {
    Sqlite(sqlite::copy::Load),
    Postgres(Box<pg::copy::Load>),
}

impl Side {
    fn conn(&mut self) -> Conn<'_> {
        match self {
            Side::Sqlite(load) => load.conn(),
            Side::Postgres(load) => load.conn(),
        }
    }

    fn table(&mut self, table: &Relation) -> Result<(), DbError> {
        match self {
            Side::Sqlite(load) => {
                load.table(table);
                Ok(())
            }
            Side::Postgres(load) => load.table(table),
        }
    }

    fn row(&mut self, cells: &[Value<'_>]) -> Result<(), DbError> {
        match self {
            Side::Sqlite(load) => load.row(cells),
            Side::Postgres(load) => load.row(cells),
        }
    }
}

/// How a target is begun.
#[derive(Clone, Copy, Debug, Default)]
pub struct How<'a> {
    /// Empties a database first that a copy was begun into and never ended, and no other.
    pub again: bool,
    /// The schema has these steps, which may be fewer than the program knows; all of them when not given.
    pub steps: Option<&'a [Applied]>,
}

impl Target {
    /// Makes the schema of these modules in a database that holds nothing.
    ///
    /// # Errors
    /// When the database holds something already, when a step is not known, and when it cannot be reached or written.
    pub fn begin(settings: &Settings, sets: &[MigrationSet], how: How<'_>) -> Result<Target, DbError> {
        let How { again, steps } = how;
        let mut all = vec![migrate::OWN];
        all.extend_from_slice(sets);
        if let Some(steps) = steps {
            all = migrate::up_to(&all, steps)?;
        }
        let mut side = match settings.target()? {
            Place::Sqlite(path) => Side::Sqlite(sqlite::copy::Load::begin(&path)?),
            Place::Postgres => Side::Postgres(Box::new(pg::copy::Load::begin(settings, again)?)),
        };
        migrate::make_marked(&mut side.conn(), &all)?;
        let shape = shape(&mut side.conn())?;
        match &mut side {
            Side::Sqlite(load) => load.prepare(&shape)?,
            Side::Postgres(load) => load.prepare(&shape)?,
        }
        Ok(Target { side, shape, taken: Vec::new(), json: Vec::new() })
    }

    /// What it is made of.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// For a table that there is not, or that has other columns; for rows that the database refuses.
    pub fn take(&mut self, part: &Part) -> Result<(), DbError> {
        match part {
            Part::Table(table) => self.table(table),
            Part::Rows(chunk) => self.rows(chunk),
        }
    }

    fn table(&mut self, table: &Relation) -> Result<(), DbError> {
        let own = self.shape.tables.iter().find(|own| own.is_like(table)).ok_or_else(|| {
            DbError::refused(format!("the table `{}` of the source has another shape here", table.name))
        })?;
        if self.taken.iter().any(|(taken, _)| taken.name == own.name) {
            return Err(DbError::refused(format!("the table `{}` comes twice", table.name)));
        }
        self.json = digest::json(own, table);
        let mut known = own.clone();
        for (column, is_json) in known.columns.iter_mut().zip(&self.json) {
            column.is_json = *is_json;
        }
        self.taken.push((known, Digest::default()));
        self.side.table(own)
    }

    fn rows(&mut self, chunk: &Chunk) -> Result<(), DbError> {
        let Target { side, taken, json, .. } = self;
        let (table, digest) = taken.last_mut().ok_or_else(|| DbError::internal("rows of no table"))?;
        let in_table = |error: DbError| match error {
            DbError::Unavailable(_) | DbError::StorageFull | DbError::Io(_) => error,
            other => DbError::refused(format!("a row of `{}` cannot be taken in: {other}", table.name)),
        };
        let mut rest = &chunk.bytes[..];
        let mut cells = Vec::with_capacity(table.columns.len());
        for _ in 0..chunk.rows {
            cells.clear();
            for _ in &table.columns {
                cells.push(cell::read(&mut rest)?);
            }
            digest.add(&cells, json)?;
            side.row(&cells).map_err(in_table)?;
        }
        if rest.is_empty() { Ok(()) } else { Err(DbError::refused("the copy holds more than its rows")) }
    }

    /// Makes the indexes and commits; the tables with what they were given, to be compared. The mark stays.
    ///
    /// # Errors
    /// When a table was not given, when a reference or a unique index does not hold, and when the commit fails.
    pub fn commit(self) -> Result<Vec<(Relation, Digest)>, DbError> {
        let Target { side, shape, taken, .. } = self;
        if let Some(missing) = shape.tables.get(taken.len()) {
            return Err(DbError::refused(format!(
                "the copy has {} of {} tables; one that may be missing is `{}`",
                taken.len(),
                shape.tables.len(),
                missing.name
            )));
        }
        match side {
            Side::Sqlite(load) => load.commit()?,
            Side::Postgres(load) => load.commit()?,
        }
        Ok(taken)
    }

    /// Takes the mark away: from now on it is a database as any other.
    ///
    /// # Errors
    /// When the database cannot be reached or written.
    pub fn end(settings: &Settings) -> Result<(), DbError> {
        match settings.target()? {
            Place::Sqlite(path) => sqlite::copy::unmark(&path),
            Place::Postgres => pg::copy::unmark(settings),
        }
    }
}
