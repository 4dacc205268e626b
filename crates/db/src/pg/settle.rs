//! What a server does by itself within a minute or so after very many writes, at once: it looks again at how much is in
//! each table and how it is spread, and notes which pages everybody sees, so that an index answers alone.

use crate::conn::Conn;
use crate::error::DbError;
use crate::pg::connection::Connection;
use crate::statement::Statement;

/// Tables of ours with very many rows that are new since this was last done.
const GROWN: Statement = Statement::per_engine(
    "db.settle.grown",
    "",
    "select quote_ident(s.schemaname) || '.' || quote_ident(s.relname)
     from pg_stat_user_tables s
     where s.schemaname = current_schema() and greatest(s.n_ins_since_vacuum, s.n_mod_since_analyze) >= ?1
     order by 1",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[GROWN];

/// From so many new rows on it is worth while; fewer are read quickly as they are.
const ROWS_MIN: i64 = 10_000;

/// Does it for all tables that have grown that much; how many they were. One that somebody else has locked is left
/// to the server.
pub(crate) fn settle(conn: &mut Connection) -> Result<usize, DbError> {
    let mut tables = Vec::new();
    Conn::postgres(conn).run(&GROWN, &[ROWS_MIN.into()], |row| {
        tables.push(row.text(0)?.to_owned());
        Ok(())
    })?;
    for table in &tables {
        conn.batch(&format!("vacuum (analyze, skip_locked) {table}"))?;
    }
    Ok(tables.len())
}
