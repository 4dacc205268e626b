//! The statements of an import's progress.

use super::progress::Progress;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{Instant, PostingId};

const READ: Statement = Statement::new(
    "exchange.read_import",
    "select plan, lines, documents_done, begun_at, finished_at from exchange_import where name = ?1",
);

const BEGIN: Statement = Statement::new(
    "exchange.begin_import",
    "insert into exchange_import (name, plan, lines, documents, documents_done, begun_at, finished_at)
     values (?1, ?2, ?3, ?4, 0, ?5, null)",
);

/// Only from where it was: two processes cannot both do a part.
const ADVANCE: Statement = Statement::new(
    "exchange.advance_import",
    "update exchange_import set documents_done = ?3 where name = ?1 and documents_done = ?2 and finished_at is null",
);

const FINISH: Statement = Statement::new(
    "exchange.finish_import",
    "update exchange_import set finished_at = ?2
     where name = ?1 and documents_done = documents and finished_at is null",
);

const KEEP_SALES: Statement = Statement::per_engine(
    "exchange.keep_import_sales",
    "insert into exchange_import_sale (name, line, value, posting) values (?1, ?2, ?3, ?4)",
    "insert into exchange_import_sale (name, line, value, posting)
     select * from unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::uuid[])",
);

const READ_SALES: Statement = Statement::new(
    "exchange.read_import_sales",
    "select line, value, posting from exchange_import_sale where name = ?1",
);

const FORGET_SALES: Statement =
    Statement::new("exchange.forget_import_sales", "delete from exchange_import_sale where name = ?1");

/// Any item, the one that was made first.
const ANY_ITEM: Statement =
    Statement::new("exchange.any_item", "select i.sku from v_item i order by i.item_id limit 1");

/// All statements, for the test that prepares each.
#[cfg(test)]
pub(super) const STATEMENTS: [&Statement; 8] =
    [&READ, &BEGIN, &ADVANCE, &FINISH, &KEEP_SALES, &READ_SALES, &FORGET_SALES, &ANY_ITEM];

pub(super) fn read(conn: &mut Conn<'_>, name: &str) -> Result<Option<Progress>, DbError> {
    conn.query_opt(&READ, &[name.into()], progress)
}

fn progress(row: &Row<'_>) -> Result<Progress, DbError> {
    Ok(Progress {
        plan: row.hash(0)?,
        lines: row.int(1)?,
        documents_done: usize::try_from(row.int(2)?).unwrap_or(usize::MAX),
        begun_at: Instant(row.int(3)?),
        finished: row.opt_int(4)?.is_some(),
    })
}

/// The SKU of an item, if there is any.
pub(super) fn any_item(conn: &mut Conn<'_>) -> Result<Option<String>, DbError> {
    conn.query_opt(&ANY_ITEM, &[], |row| Ok(row.text(0)?.to_owned()))
}

pub(super) fn begin(
    tx: &mut Tx<'_>,
    name: &str,
    plan: &[u8; 32],
    (lines, documents): (i64, i64),
    at: Instant,
) -> Result<(), DbError> {
    tx.execute(&BEGIN, &[name.into(), plan.into(), lines.into(), documents.into(), at.0.into()])?;
    Ok(())
}

/// Whether it was where it was said to be.
pub(super) fn advance(tx: &mut Tx<'_>, name: &str, from: usize, to: usize) -> Result<bool, DbError> {
    let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX).into();
    Ok(tx.execute(&ADVANCE, &[name.into(), number(from), number(to)])? == 1)
}

/// Whether it was at its end, and nobody had said so before.
pub(super) fn finish(tx: &mut Tx<'_>, name: &str, at: Instant) -> Result<bool, DbError> {
    tx.execute(&FORGET_SALES, &[name.into()])?;
    Ok(tx.execute(&FINISH, &[name.into(), at.0.into()])? == 1)
}

pub(super) fn keep_sales(
    tx: &mut Tx<'_>,
    name: &str,
    sales: &[(u32, i64, PostingId)],
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(4, sales.len());
    for (line, value, posting) in sales {
        rows.push(&[name.into(), i64::from(*line).into(), (*value).into(), posting.bytes().into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&KEEP_SALES, &rows)?;
    }
    Ok(())
}

/// The row of a sale, what it was worth, and its posting.
type Sale = (u32, i64, Option<PostingId>);

pub(super) fn sales(conn: &mut Conn<'_>, name: &str) -> Result<Vec<Sale>, DbError> {
    conn.query(&READ_SALES, &[name.into()], |row| {
        let posting = row.opt_id16(2)?.map(PostingId::from_bytes);
        Ok((u32::try_from(row.int(0)?).unwrap_or(u32::MAX), row.int(1)?, posting))
    })
}
