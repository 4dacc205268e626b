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
#[derive(Debug, Default)]
pub struct Bundle<'r> {
    /// PostgreSQL: what is under way.
    sent: Sent<'r>,
    /// SQLite: what each statement touched.
    touched: Vec<u64>,
    added: usize,
}

impl<'r> Bundle<'r> {
    /// None yet.
    pub fn new() -> Bundle<'r> {
        Bundle::default()
    }

    /// Adds a statement: its place in what [`Bundle::end`] gives back.
    ///
    /// # Errors
    /// When it fails, or cannot be sent. That it was sent says nothing yet.
    pub fn add(
        &mut self,
        tx: &mut Tx<'_>,
        statement: &'static Statement,
        rows: Rows<'r>,
    ) -> Result<usize, DbError> {
        if let Inner::Postgres(conn) = &mut tx.conn.inner {
            let sent = conn.send(&mut self.sent, statement, rows);
            tx.conn.note(sent)?;
        } else {
            self.touched.push(tx.execute_many(statement, &rows)?);
        }
        let place = self.added;
        self.added = self.added.saturating_add(1);
        Ok(place)
    }

    /// Waits for all of them: how many rows each statement touched, in the order they were added.
    ///
    /// # Errors
    /// The failure of the first one in order.
    pub fn end(self, tx: &mut Tx<'_>) -> Result<Vec<u64>, DbError> {
        if let Inner::Postgres(conn) = &mut tx.conn.inner {
            let touched = conn.wait(self.sent);
            return tx.conn.note(touched);
        }
        Ok(self.touched)
    }
}
