//! The statements of imports: what was imported, and what was said of columns.

use super::field::Said;
use super::lists::List;
use super::run::{Bring, Brought};
use db::{Conn, DbError, Statement, Tx};
use domain::{Ctx, Instant};

const REMEMBER: Statement = Statement::new(
    "exchange.remember_run",
    "insert into exchange_run (id, list, file, digest, row_count, created, changed, unchanged, refused, actor, at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);

/// When a file was imported last, if anything of it was kept.
const IMPORTED: Statement = Statement::new(
    "exchange.imported",
    "select r.at from exchange_run r
     where r.list = ?1 and r.digest = ?2 and r.created > 0
     order by r.id desc
     limit 1",
);

const SAID: Statement =
    Statement::new("exchange.said", "select c.title, c.field from exchange_column c where c.list = ?1");

const KEEP_SAID: Statement = Statement::new(
    "exchange.keep_said",
    "insert into exchange_column (list, title, field) values (?1, ?2, ?3)
     on conflict (list, title) do update set field = excluded.field",
);

/// All statements, for the test that prepares each.
#[cfg(test)]
pub(super) const STATEMENTS: [&Statement; 4] = [&REMEMBER, &IMPORTED, &SAID, &KEEP_SAID];

/// Notes what was imported.
pub(super) fn remember(tx: &mut Tx<'_>, ctx: &Ctx, bring: &Bring, brought: &Brought) -> Result<(), DbError> {
    let id = db::ids::take(tx, "exchange.run", 1)?;
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX).into();
    let refused = u64::try_from(brought.refused.len()).unwrap_or(u64::MAX);
    let params = [
        id.into(),
        bring.list.word().into(),
        bring.file.as_str().into(),
        (&bring.digest).into(),
        count(brought.rows),
        count(brought.created),
        count(brought.changed),
        count(brought.unchanged),
        count(refused),
        ctx.actor.id.get().into(),
        ctx.now.0.into(),
    ];
    tx.execute(&REMEMBER, &params).map(|_| ())
}

/// When a file was imported last.
pub(super) fn imported(
    conn: &mut Conn<'_>,
    list: List,
    digest: &[u8; 32],
) -> Result<Option<Instant>, DbError> {
    conn.query_opt(&IMPORTED, &[list.word().into(), digest.into()], |row| Ok(Instant(row.int(0)?)))
}

/// What was said of columns before.
pub(super) fn said(conn: &mut Conn<'_>, list: List) -> Result<Said, DbError> {
    let said = conn
        .query(&SAID, &[list.word().into()], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))?;
    Ok(said.into_iter().collect())
}

/// Keeps what was said of columns.
pub(super) fn keep_said(tx: &mut Tx<'_>, list: List, said: &Said) -> Result<(), DbError> {
    for (title, field) in said {
        tx.execute(&KEEP_SAID, &[list.word().into(), title.as_str().into(), field.as_str().into()])?;
    }
    Ok(())
}
