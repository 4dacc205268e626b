//! A copy to practise in is marked as one from when it is told of (I-26): whoever takes the mark away, or puts one where
//! none was told of, is found.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};

const MARKS: Statement = Statement::new(
    "verify.training.marks",
    "select (select count(*) from ck_training), (select count(*) from ck_event e where e.aggregate_type = 'training')",
);

/// There are as many marks as were told of.
pub(super) fn marked(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let (marks, told) = conn.query_one(&MARKS, &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
    findings.row();
    findings.hold(marks == told, || {
        format!("there are {marks} marks of a training copy, and {told} are told of")
    });
    Ok(())
}
