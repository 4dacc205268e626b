//! The statement of the set-up.

use db::{Conn, DbError, Statement};

const ANY_POSTING: Statement = Statement::new(
    "stock.organise.any_posting",
    "select count(*) from (select 1 from stock_posting limit 1) as p",
);

/// Whether anything was ever posted.
pub(crate) fn any_posting(conn: &mut Conn<'_>) -> Result<bool, DbError> {
    conn.query_one(&ANY_POSTING, &[], |row| Ok(row.int(0)? > 0))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&ANY_POSTING];
