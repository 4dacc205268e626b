//! The statements of imports: what was imported, and what was said of columns.

use super::field::{Said, folded};
use super::lists::List;
use super::run::{Bring, Brought, Run};
use db::{Conn, DbError, Statement, Tx};
use domain::{Ctx, Instant};

const BEGIN: Statement = Statement::new(
    "exchange.begin_run",
    "insert into exchange_run (id, list, file, digest, row_count, created, changed, unchanged, refused, done_to,
       ended, actor, at)
     values (?1, ?2, ?3, ?4, 0, 0, 0, 0, 0, 0, false, ?5, ?6)",
);

const BEGUN: Statement = Statement::new(
    "exchange.begun_run",
    "select r.id, r.done_to from exchange_run r
     where r.list = ?1 and r.digest = ?2 and not r.ended
     order by r.id
     limit 1",
);

const ADVANCE: Statement = Statement::new(
    "exchange.advance_run",
    "update exchange_run set done_to = ?2 where id = ?1 and not ended",
);

const END: Statement = Statement::new(
    "exchange.end_run",
    "update exchange_run
     set row_count = ?2, created = ?3, changed = ?4, unchanged = ?5, refused = ?6, ended = true
     where id = ?1",
);

/// How often a file was imported to its end, and when last; not counted when all of it was refused.
const IMPORTED: Statement = Statement::new(
    "exchange.imported",
    "select count(*), max(r.at) from exchange_run r
     where r.list = ?1 and r.digest = ?2 and r.ended and r.row_count > r.refused",
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
pub(super) const STATEMENTS: [&Statement; 7] = [&BEGIN, &BEGUN, &ADVANCE, &END, &IMPORTED, &SAID, &KEEP_SAID];

/// Notes that a file is being imported.
pub(super) fn begin(tx: &mut Tx<'_>, ctx: &Ctx, bring: &Bring) -> Result<Run, DbError> {
    let id = db::ids::take(tx, "exchange.run", 1)?;
    let params = [
        id.into(),
        bring.list.word().into(),
        bring.file.as_str().into(),
        (&bring.digest).into(),
        ctx.actor.id.get().into(),
        ctx.now.0.into(),
    ];
    tx.execute(&BEGIN, &params)?;
    Ok(Run { id, done_to: 0 })
}

/// An import of a file that was cut off.
pub(super) fn begun(conn: &mut Conn<'_>, list: List, digest: &[u8; 32]) -> Result<Option<Run>, DbError> {
    conn.query_opt(&BEGUN, &[list.word().into(), digest.into()], |row| {
        Ok(Run { id: row.int(0)?, done_to: u64::try_from(row.int(1)?).unwrap_or(0) })
    })
}

/// Notes how far an import is.
pub(super) fn advance(tx: &mut Tx<'_>, run: Run, row: u64) -> Result<(), DbError> {
    tx.execute(&ADVANCE, &[run.id.into(), number(row).into()]).map(|_| ())
}

/// Notes what came of an import.
pub(super) fn end(tx: &mut Tx<'_>, run: Run, brought: &Brought) -> Result<(), DbError> {
    let refused = u64::try_from(brought.refused.len()).unwrap_or(u64::MAX);
    let Brought { rows, created, changed, unchanged, .. } = brought;
    let counts = [*rows, *created, *changed, *unchanged, refused].map(number);
    let [rows, created, changed, unchanged, refused] = counts.map(db::Value::from);
    tx.execute(&END, &[run.id.into(), rows, created, changed, unchanged, refused]).map(|_| ())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How often a file was imported, and when last.
pub(crate) fn imported(
    conn: &mut Conn<'_>,
    list: List,
    digest: &[u8; 32],
) -> Result<(i64, Option<Instant>), DbError> {
    let found = conn.query_opt(&IMPORTED, &[list.word().into(), digest.into()], |row| {
        Ok((row.int(0)?, row.opt_int(1)?.map(Instant)))
    })?;
    Ok(found.unwrap_or_default())
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
        tx.execute(&KEEP_SAID, &[list.word().into(), folded(title).as_str().into(), field.as_str().into()])?;
    }
    Ok(())
}
