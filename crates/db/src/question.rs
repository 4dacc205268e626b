//! Questions that do not rest on each other's answers, and so can be asked together: on PostgreSQL
//! all of them travel in one round trip.

use crate::error::DbError;
use crate::row::Row;
use crate::settings::Engine;
use crate::statement::Statement;
use crate::value::{Rows, Value};

/// What [`Conn::ask`](crate::Conn::ask) can ask.
pub trait Ask {
    /// What is sent, and who takes the answer.
    fn parts(&mut self) -> (Asked<'_>, &mut dyn Take);
}

/// A statement and its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q> {
    pub(crate) statement: &'static Statement,
    pub(crate) params: Params<'q>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Params<'q> {
    /// Of a statement that is run once.
    Once(&'q [Value<'q>]),
    /// Of a set-based one, see [`Conn::query_many`](crate::Conn::query_many). Without any it is not
    /// sent.
    Each(&'q Rows<'q>),
}

impl Asked<'_> {
    /// Whether an engine has nothing to do for it.
    pub(crate) fn is_nothing(&self, engine: Engine) -> bool {
        self.statement.text(engine).is_empty() || matches!(self.params, Params::Each(rows) if rows.is_empty())
    }
}

/// Who takes an answer, row by row.
pub trait Take {
    /// Takes a row.
    ///
    /// # Errors
    /// When the row is not what was asked for.
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError>;
}

/// At most one answer for each of many keys. The last parameter of the statement is the position of
/// a key, which it gives back as the first column of its answer.
pub struct Question<'v, T> {
    statement: &'static Statement,
    rows: Rows<'v>,
    answers: Answers<T>,
}

struct Answers<T> {
    map: fn(&Row<'_>) -> Result<T, DbError>,
    found: Vec<Option<T>>,
}

impl<'v, T> Question<'v, T> {
    /// Asks for these keys. One that can name nothing is not asked for.
    pub fn new<const N: usize>(
        statement: &'static Statement,
        keys: impl ExactSizeIterator<Item = Option<[Value<'v>; N]>>,
        map: fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Question<'v, T> {
        let mut found = Vec::new();
        found.resize_with(keys.len(), || None);
        let width = N.saturating_add(1);
        let mut rows = Rows::with_capacity(width, keys.len());
        let mut row = Vec::with_capacity(width);
        for (position, key) in (0_i64..).zip(keys) {
            if let Some(key) = key {
                row.clear();
                row.extend(key);
                row.push(position.into());
                rows.push(&row);
            }
        }
        Question { statement, rows, answers: Answers { map, found } }
    }

    /// What was found, in the order of the keys.
    pub fn answers(self) -> Vec<Option<T>> {
        self.answers.found
    }
}

impl<T> std::fmt::Debug for Question<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Question").field(&self.statement.name).finish()
    }
}

impl<T> Ask for Question<'_, T> {
    fn parts(&mut self) -> (Asked<'_>, &mut dyn Take) {
        let Question { statement, rows, answers } = self;
        (Asked { statement, params: Params::Each(rows) }, answers)
    }
}

impl<T> Take for Answers<T> {
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        let place = usize::try_from(row.int(0)?).ok().and_then(|place| self.found.get_mut(place));
        if let Some(slot) = place {
            *slot = Some((self.map)(row)?);
        }
        Ok(())
    }
}

/// All rows of a statement that is run once.
pub struct Listing<'v, T> {
    statement: &'static Statement,
    params: Vec<Value<'v>>,
    listed: Listed<T>,
}

struct Listed<T> {
    map: fn(&Row<'_>) -> Result<T, DbError>,
    rows: Vec<T>,
}

impl<'v, T> Listing<'v, T> {
    /// Asks with these parameters.
    pub fn new(
        statement: &'static Statement,
        params: &[Value<'v>],
        map: fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Listing<'v, T> {
        Listing { statement, params: params.to_vec(), listed: Listed { map, rows: Vec::new() } }
    }

    /// The rows in the order of the statement.
    pub fn rows(self) -> Vec<T> {
        self.listed.rows
    }
}

impl<T> std::fmt::Debug for Listing<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Listing").field(&self.statement.name).finish()
    }
}

impl<T> Ask for Listing<'_, T> {
    fn parts(&mut self) -> (Asked<'_>, &mut dyn Take) {
        let Listing { statement, params, listed } = self;
        (Asked { statement, params: Params::Once(params) }, listed)
    }
}

impl<T> Take for Listed<T> {
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        self.rows.push((self.map)(row)?);
        Ok(())
    }
}
