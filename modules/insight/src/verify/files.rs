//! Files of records (I-26): a file belongs to a record that is there, and its bytes and those of its thumbnails
//! are kept, as many as it says; what a principal has attached is the sum of it. Whether the bytes
//! themselves are there is no question for the database: `stockwell verify` looks for them besides.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::RecordKind;

/// Each file that is not removed, with the bytes that are kept under its hash.
const FILES: Statement = Statement::new(
    "verify.files.files",
    "select f.file_id, f.record_kind, f.record_id, f.bytes, b.bytes
     from ck_file f
     left join ck_file_blob b on b.hash = f.hash and not b.leaving
     where not f.removed",
);

/// Each thumbnail with the bytes that are kept under its hash, and whether its file is still there.
const THUMBNAILS: Statement = Statement::new(
    "verify.files.thumbnails",
    "select t.file_id, t.side, t.bytes, b.bytes, f.removed
     from ck_file_thumbnail t
     join ck_file f on f.file_id = t.file_id
     left join ck_file_blob b on b.hash = t.hash and not b.leaving",
);

/// What each principal has attached, as it is summed up and as it is.
const USAGE: Statement = Statement::new(
    "verify.files.usage",
    "select p.principal, cast(sum(p.summed) as bigint), cast(sum(p.kept) as bigint)
     from (select u.principal, u.bytes as summed, 0 as kept from ck_file_usage u
           union all
           select f.added_by, 0, f.bytes_kept from ck_file f where not f.removed) p
     group by p.principal",
);

/// Holds files to their records, to the bytes that are kept, and to what they are summed up to.
pub(super) fn kept(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&FILES, &[], |row| {
        findings.row();
        let (id, kind, record) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let is_there = match RecordKind::from_number(kind) {
            Some(RecordKind::Item) => ground.items.contains_key(&record),
            None => false,
        };
        findings.hold(is_there, || {
            format!("file {id} belongs to record {record} of kind {kind}, which is not there")
        });
        holds(findings, &format!("file {id}"), row.int(3)?, row.opt_int(4)?);
        Ok(())
    })?;
    conn.for_each(&THUMBNAILS, &[], |row| {
        findings.row();
        let (id, side) = (row.int(0)?, row.int(1)?);
        findings.hold(!row.bool(4)?, || format!("file {id} is removed and has a thumbnail of {side}"));
        holds(findings, &format!("thumbnail {side} of file {id}"), row.int(2)?, row.opt_int(3)?);
        Ok(())
    })?;
    conn.for_each(&USAGE, &[], |row| {
        findings.row();
        let (principal, summed, kept) = (row.int(0)?, row.int(1)?, row.int(2)?);
        findings.hold(summed == kept, || {
            format!("principal {principal} has attached files of {kept} bytes, and is said to have {summed}")
        });
        Ok(())
    })
}

fn holds(findings: &mut Findings, what: &str, bytes: i64, kept: Option<i64>) {
    match kept {
        None => findings.add(|| format!("nobody keeps the bytes of {what}")),
        Some(kept) => {
            findings.hold(kept == bytes, || format!("{what} has {bytes} bytes, of which {kept} are kept"));
        }
    }
}
