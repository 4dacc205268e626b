//! How many bytes each table takes.

use db::{Conn, DbError, Statement};

/// Tables with their indexes; on PostgreSQL a part of a parted table is told by itself.
const SIZES: Statement = Statement::per_engine(
    "stockwell.sizes",
    "select s.tbl_name, cast(sum(d.pgsize) as integer)
     from dbstat d
     join sqlite_schema s on s.name = d.name
     where d.aggregate = 1
     group by s.tbl_name
     order by s.tbl_name",
    "select c.relname::text, pg_total_relation_size(c.oid)
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
     order by c.relname",
);

/// The tables by name, each with its bytes.
pub(crate) fn sizes(conn: &mut Conn<'_>) -> Result<Vec<(String, i64)>, DbError> {
    conn.query(&SIZES, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
}
