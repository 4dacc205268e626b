//! Statements that do not depend on each other's results, run in order.

use crate::conn::Inner;
use crate::error::DbError;
use crate::pg::sent::Sent;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::Rows;

/// Set-based statements that do not depend on each other's results. Each is run, or sent to the
/// server, when it is added: a server runs it while the rows of the next are being gathered, and
/// nobody waits for its answer before the end.
///
/// It borrows the transaction until it ends, for whoever asked something else meanwhile would wait behind
/// answers that nobody takes.
#[derive(Debug)]
pub struct Bundle<'r, 't, 'x> {
    tx: &'t mut Tx<'x>,
    /// PostgreSQL: what is under way.
    sent: Sent<'r>,
    /// SQLite: what each statement touched.
    touched: Vec<u64>,
    added: usize,
}

impl<'r, 't, 'x> Bundle<'r, 't, 'x> {
    /// None yet.
    pub fn new(tx: &'t mut Tx<'x>) -> Bundle<'r, 't, 'x> {
        Bundle { tx, sent: Sent::default(), touched: Vec::new(), added: 0 }
    }

    /// Adds a statement: its place in what [`Bundle::end`] gives back.
    ///
    /// # Errors
    /// When it fails, or cannot be sent. That it was sent says nothing yet.
    pub fn add(&mut self, statement: &'static Statement, rows: Rows<'r>) -> Result<usize, DbError> {
        if let Inner::Postgres(conn) = &mut self.tx.conn.inner {
            let sent = conn.send(&mut self.sent, statement, rows);
            self.tx.conn.note(sent)?;
        } else {
            self.touched.push(self.tx.execute_many(statement, &rows)?);
        }
        let place = self.added;
        self.added = self.added.saturating_add(1);
        Ok(place)
    }

    /// Waits for all of them: the transaction, and how many rows each statement touched, in the order they
    /// were added.
    ///
    /// # Errors
    /// The failure of the first one in order.
    pub fn end(self) -> Result<(&'t mut Tx<'x>, Vec<u64>), DbError> {
        let Bundle { tx, sent, touched, .. } = self;
        if let Inner::Postgres(conn) = &mut tx.conn.inner {
            let touched = conn.wait(sent);
            let touched = tx.conn.note(touched)?;
            return Ok((tx, touched));
        }
        Ok((tx, touched))
    }
}
