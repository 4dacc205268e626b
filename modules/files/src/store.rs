//! The statements of files. Invariant: whoever counts the files of a record, or adds to them, holds its
//! row in `files_record`.

use crate::file::{File, Record, Thumbnail};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{FileId, FileKind, Instant, Media, PrincipalId, RecordKind};

macro_rules! columns {
    () => {
        "f.id, f.record_kind, f.record_id, f.name, f.caption, f.kind, f.media, f.position, f.hash, f.bytes, \
         f.sent_hash, f.width, f.height, f.bytes_kept, f.added_by, f.added_at, f.changed_at, f.version"
    };
}

const ENSURE_RECORD: Statement = Statement::new(
    "files.record.ensure",
    "insert into files_record (kind, record_id) values (?1, ?2) on conflict (kind, record_id) do nothing",
);

const LOCK_RECORD: Statement = Statement::per_engine(
    "files.record.lock",
    "select r.record_id from files_record r where r.kind = ?1 and r.record_id = ?2",
    "select r.record_id from files_record r where r.kind = ?1 and r.record_id = ?2 for update",
);

const COUNT: Statement = Statement::new(
    "files.file.count",
    "select count(*), coalesce(max(f.position), 0)
     from files_file f
     where f.record_kind = ?1 and f.record_id = ?2 and not f.removed",
);

const OF_RECORD: Statement = Statement::new(
    "files.file.of_record",
    concat!(
        "select ",
        columns!(),
        " from files_file f
          where f.record_kind = ?1 and f.record_id = ?2 and not f.removed
          order by f.position, f.id
          limit 1000"
    ),
);

const ONE: Statement = Statement::new(
    "files.file.one",
    concat!(
        "select ",
        columns!(),
        " from files_file f where f.id = ?1 and f.record_kind = ?2 and f.record_id = ?3 and not f.removed"
    ),
);

const THUMBNAILS: Statement = Statement::new(
    "files.thumbnail.of_record",
    "select t.file_id, t.side, t.media, t.width, t.height, t.bytes, t.hash
     from files_thumbnail t
     join files_file f on f.id = t.file_id
     where f.record_kind = ?1 and f.record_id = ?2
     order by t.file_id, t.side
     limit 10000",
);

const INSERT: Statement = Statement::new(
    "files.file.insert",
    "insert into files_file
       (id, record_kind, record_id, name, caption, kind, media, position, hash, bytes, sent_hash, width, height,
        bytes_kept, added_by, added_at, changed_at, version, removed)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
);

const INSERT_THUMBNAILS: Statement = Statement::per_engine(
    "files.thumbnail.insert",
    "insert into files_thumbnail (file_id, side, media, width, height, bytes, hash)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "insert into files_thumbnail (file_id, side, media, width, height, bytes, hash)
     select k.file_id, k.side, k.media, k.width, k.height, k.bytes, k.hash
     from unnest(?1::bigint[], ?2::bigint[], ?3::smallint[], ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bytea[])
       as k (file_id, side, media, width, height, bytes, hash)",
);

const UPDATE: Statement = Statement::new(
    "files.file.update",
    "update files_file
     set name = ?2, caption = ?3, position = ?4, changed_at = ?5, version = ?6, removed = ?7
     where id = ?1",
);

const DELETE_THUMBNAILS: Statement =
    Statement::new("files.thumbnail.delete", "delete from files_thumbnail where file_id = ?1");

const ADD_USAGE: Statement = Statement::new(
    "files.usage.add",
    "insert into files_usage (principal, bytes)
     values (?1, ?2)
     on conflict (principal) do update
     set bytes = files_usage.bytes + excluded.bytes
     returning bytes",
);

const TAKE_USAGE: Statement =
    Statement::new("files.usage.take", "update files_usage set bytes = bytes - ?2 where principal = ?1");

/// Holds the files of a record until the transaction ends.
pub(crate) fn lock_record(tx: &mut Tx<'_>, record: Record<'_>) -> Result<(), DbError> {
    let key = [record.kind.number().into(), record.id.into()];
    tx.execute(&ENSURE_RECORD, &key)?;
    tx.query_one(&LOCK_RECORD, &key, |_| Ok(()))
}

/// How many files a record has, and the place of the last one.
pub(crate) fn count(conn: &mut Conn<'_>, record: Record<'_>) -> Result<(i64, i64), DbError> {
    let key = [record.kind.number().into(), record.id.into()];
    conn.query_one(&COUNT, &key, |row| Ok((row.int(0)?, row.int(1)?)))
}

/// The files of a record in their order.
pub(crate) fn of_record(conn: &mut Conn<'_>, record: Record<'_>) -> Result<Vec<File>, DbError> {
    let key = [record.kind.number().into(), record.id.into()];
    let mut files = conn.query(&OF_RECORD, &key, file)?;
    add_thumbnails(conn, record, &mut files)?;
    Ok(files)
}

/// One file of a record.
pub(crate) fn one(conn: &mut Conn<'_>, record: Record<'_>, id: FileId) -> Result<Option<File>, DbError> {
    let key = [id.get().into(), record.kind.number().into(), record.id.into()];
    let mut file = conn.query_opt(&ONE, &key, file)?;
    add_thumbnails(conn, record, file.as_mut_slice())?;
    Ok(file)
}

fn add_thumbnails(conn: &mut Conn<'_>, record: Record<'_>, files: &mut [File]) -> Result<(), DbError> {
    if files.iter().all(|file| file.kind == FileKind::Document) {
        return Ok(());
    }
    let key = [record.kind.number().into(), record.id.into()];
    conn.for_each(&THUMBNAILS, &key, |row| {
        let of = FileId(row.int(0)?);
        let thumbnail = Thumbnail {
            side: row.int(1)?,
            media_type: word(2, row.int(2)?, Media::from_number)?,
            width: row.int(3)?,
            height: row.int(4)?,
            bytes: row.int(5)?,
            hash: row.hash(6)?,
        };
        if let Some(file) = files.iter_mut().find(|file| file.id == of) {
            file.thumbnails.push(thumbnail);
        }
        Ok(())
    })
}

fn word<T>(column: usize, number: i64, read: fn(i64) -> Option<T>) -> Result<T, DbError> {
    read(number).ok_or(DbError::Column { column, wanted: "a number of the list" })
}

fn file(row: &Row<'_>) -> Result<File, DbError> {
    Ok(File {
        id: FileId(row.int(0)?),
        record_kind: word(1, row.int(1)?, RecordKind::from_number)?,
        record_id: row.int(2)?,
        name: row.text(3)?.to_owned(),
        caption: row.text(4)?.to_owned(),
        kind: word(5, row.int(5)?, FileKind::from_number)?,
        media_type: word(6, row.int(6)?, Media::from_number)?,
        position: row.int(7)?,
        sha256: row.hash(8)?,
        bytes: row.int(9)?,
        sent_sha256: row.hash(10)?,
        width: row.opt_int(11)?,
        height: row.opt_int(12)?,
        bytes_kept: row.int(13)?,
        added_by: PrincipalId(row.int(14)?),
        added_at: Instant(row.int(15)?),
        changed_at: Instant(row.int(16)?),
        version: row.int(17)?,
        thumbnails: Vec::new(),
    })
}

/// Stores a new file with its thumbnails.
pub(crate) fn insert(tx: &mut Tx<'_>, file: &File) -> Result<(), DbError> {
    let File {
        id,
        record_kind,
        record_id,
        name,
        caption,
        kind,
        media_type,
        position,
        bytes,
        sha256,
        sent_sha256,
        width,
        height,
        thumbnails,
        bytes_kept,
        added_by,
        added_at,
        changed_at,
        version,
    } = file;
    let params = [
        id.get().into(),
        record_kind.number().into(),
        (*record_id).into(),
        name.into(),
        caption.into(),
        kind.number().into(),
        media_type.number().into(),
        (*position).into(),
        sha256.into(),
        (*bytes).into(),
        sent_sha256.into(),
        (*width).into(),
        (*height).into(),
        (*bytes_kept).into(),
        added_by.get().into(),
        added_at.0.into(),
        changed_at.0.into(),
        (*version).into(),
        false.into(),
    ];
    tx.execute(&INSERT, &params)?;
    let mut rows = Rows::with_capacity(7, thumbnails.len());
    for Thumbnail { side, media_type, width, height, bytes, hash } in thumbnails {
        rows.push(&[
            id.get().into(),
            (*side).into(),
            media_type.number().into(),
            (*width).into(),
            (*height).into(),
            (*bytes).into(),
            hash.into(),
        ]);
    }
    tx.execute_many(&INSERT_THUMBNAILS, &rows).map(|_| ())
}

/// Stores what can change of a file.
pub(crate) fn update(tx: &mut Tx<'_>, file: &File, removed: bool) -> Result<(), DbError> {
    let params = [
        file.id.get().into(),
        (&file.name).into(),
        (&file.caption).into(),
        file.position.into(),
        file.changed_at.0.into(),
        file.version.into(),
        removed.into(),
    ];
    match tx.execute(&UPDATE, &params)? {
        1 => Ok(()),
        _ => Err(DbError::NoRow(UPDATE.name)),
    }
}

/// Forgets the thumbnails of a file.
pub(crate) fn delete_thumbnails(tx: &mut Tx<'_>, id: FileId) -> Result<(), DbError> {
    tx.execute(&DELETE_THUMBNAILS, &[id.get().into()]).map(|_| ())
}

/// Adds to what a principal has attached; what it is then.
pub(crate) fn add_usage(tx: &mut Tx<'_>, principal: PrincipalId, bytes: i64) -> Result<i64, DbError> {
    tx.query_one(&ADD_USAGE, &[principal.get().into(), bytes.into()], |row| row.int(0))
}

/// Takes from what a principal has attached.
pub(crate) fn take_usage(tx: &mut Tx<'_>, principal: PrincipalId, bytes: i64) -> Result<(), DbError> {
    tx.execute(&TAKE_USAGE, &[principal.get().into(), bytes.into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &ENSURE_RECORD,
    &LOCK_RECORD,
    &COUNT,
    &OF_RECORD,
    &ONE,
    &THUMBNAILS,
    &INSERT,
    &INSERT_THUMBNAILS,
    &UPDATE,
    &DELETE_THUMBNAILS,
    &ADD_USAGE,
    &TAKE_USAGE,
];
