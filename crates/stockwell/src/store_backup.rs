//! Copies of the embedded database, made with the engine's own backup while others read and write,
//! and the check of a copy. Invariant: a copy that has its final name is whole and was checked.

use crate::exit::Stop;
use crate::progress::Progress;
use rusqlite::backup::{self, Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pages copied at once.
const PAGES: i32 = 4_096;

fn read_only(path: &Path) -> Result<Connection, Stop> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::from_secs(5))?;
        Ok(conn)
    };
    open().map_err(|error: rusqlite::Error| Stop::CannotRun(format!("`{}`: {error}", path.display())))
}

/// Copies a database to a new file, checks the copy and makes it durable. What is still to be written
/// into the copy is written by `finish`, before it has its name.
///
/// # Errors
/// When the file is there already, and when anything fails; nothing is left behind then.
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    progress: &Progress,
    finish: impl FnOnce(&Path) -> Result<(), Stop>,
) -> Result<(), Stop> {
    make(to, |part| copy_part(from, part, progress, finish))
}

/// Makes a new file: `fill` writes it under another name, and it has its own when that is done.
///
/// # Errors
/// When the file is there already, and those of `fill`; nothing is left behind then.
pub(crate) fn make(to: &Path, fill: impl FnOnce(&Path) -> Result<(), Stop>) -> Result<(), Stop> {
    if to.exists() {
        return Err(Stop::CannotRun(format!("`{}` is there already, choose another name", to.display())));
    }
    let part = part_of(to)?;
    let made = fill(&part).and_then(|()| Ok(File::open(&part)?.sync_all()?));
    let done = made.and_then(|()| Ok(std::fs::rename(&part, to)?));
    // whoever wrote into the copy has locked it
    drop(std::fs::remove_file(with_ending(&part, ".lock")));
    if done.is_err() {
        // what was opened may have left its log beside it
        for ending in ["", "-wal", "-shm", "-journal"] {
            drop(std::fs::remove_file(with_ending(&part, ending)));
        }
    }
    done?;
    sync_folder(to)
}

/// Makes an empty file beside the one that it will become, under a name that nothing had: whatever
/// lies there already is somebody else's.
///
/// # Errors
/// When the folder cannot be written to.
pub(crate) fn part_of(to: &Path) -> Result<PathBuf, Stop> {
    let random = access::random_text(10).map_err(Stop::cannot_run)?;
    let part = with_ending(to, &format!(".part-{random}"));
    File::options()
        .write(true)
        .create_new(true)
        // it holds accounts and keys, and the folder that it goes to is anybody's
        .mode(0o600)
        .open(&part)
        .map_err(|error| Stop::CannotRun(format!("`{}`: {error}", part.display())))?;
    Ok(part)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn copy_part(
    from: &Path,
    part: &Path,
    progress: &Progress,
    finish: impl FnOnce(&Path) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let wrong = |error: rusqlite::Error| Stop::CannotRun(format!("the copy failed: {error}"));
    let source = read_only(from)?;
    let mut target = Connection::open(part).map_err(wrong)?;
    copy_pages(&source, &mut target, |copied| {
        progress.counts(copied.pagecount - copied.remaining, copied.pagecount, "pages are copied");
    })
    .map_err(wrong)?;
    target.close().map_err(|(_, error)| wrong(error))?;
    finish(part)?;
    as_one_file(part)?;
    check(part, progress)
}

/// Leaves no log beside a file that somebody has written to.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn as_one_file(part: &Path) -> Result<(), Stop> {
    let wrong = |error: rusqlite::Error| Stop::CannotRun(format!("the copy failed: {error}"));
    let target = Connection::open(part).map_err(wrong)?;
    target.pragma_update(None, "journal_mode", "delete").map_err(wrong)?;
    target.close().map_err(|(_, error)| wrong(error))
}

/// Leaves no log beside a file that somebody has written to, and in it nothing of what was written over or taken away.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn without_remains(part: &Path) -> Result<(), Stop> {
    as_one_file(part)?;
    let wrong = |error: rusqlite::Error| Stop::CannotRun(format!("the copy failed: {error}"));
    let target = Connection::open(part).map_err(wrong)?;
    target.execute_batch("vacuum").map_err(wrong)?;
    target.close().map_err(|(_, error)| wrong(error))
}

/// Copies what the source holds at this moment, and says after each part how far it is. The engine
/// begins again whenever somebody has written since the last part, so one snapshot is held from the
/// first page to the last: a copy ends however busy the database is. Writers do not wait for it;
/// only their log grows until it ends.
fn copy_pages(
    source: &Connection,
    target: &mut Connection,
    mut after: impl FnMut(backup::Progress),
) -> Result<(), rusqlite::Error> {
    let snapshot = source.unchecked_transaction()?;
    // a transaction sees from its first read on
    snapshot.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(source, target)?;
    loop {
        let is_more = step(&backup)?;
        after(backup.progress());
        if !is_more {
            break;
        }
    }
    drop(backup);
    snapshot.finish()
}

/// Copies one part; whether there is more.
fn step(backup: &Backup<'_, '_>) -> Result<bool, rusqlite::Error> {
    let busy = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
    match backup.step(PAGES)? {
        StepResult::Done => Ok(false),
        StepResult::More => Ok(true),
        // the snapshot is ours already and nobody knows the target: waiting would not help
        StepResult::Locked => Err(busy(rusqlite::ffi::SQLITE_LOCKED)),
        _ => Err(busy(rusqlite::ffi::SQLITE_BUSY)),
    }
}

/// Makes the name of a file durable.
pub(crate) fn sync_folder(file: &Path) -> Result<(), Stop> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(folder)?.sync_all()?)
}

/// Reads the whole file and checks its structure.
///
/// # Errors
/// [`Stop::CannotRun`] with the engine's first complaint.
pub(crate) fn check(path: &Path, progress: &Progress) -> Result<(), Stop> {
    progress.waits(&format!("`{}` is read and checked", path.display()));
    let conn = read_only(path)?;
    let said: String = conn
        .query_row("pragma integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| Stop::CannotRun(format!("`{}` is no sound database: {error}", path.display())))?;
    if said == "ok" {
        return Ok(());
    }
    Err(Stop::CannotRun(format!("`{}` is damaged: {said}", path.display())))
}

/// The version of the engine.
pub(crate) fn engine_version() -> &'static str {
    rusqlite::version()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than four parts, in pages of 4,096 bytes.
    const ROWS: u32 = 17_000;

    #[test]
    fn a_copy_of_many_parts_ends_although_others_write_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
        let writer = Connection::open(&from).unwrap();
        writer
            .execute_batch(&format!(
                "pragma page_size = 4096; pragma journal_mode = wal; pragma synchronous = off;
                 create table filler (id integer primary key, body blob);
                 create table late (id integer primary key);
                 with recursive n (i) as (values (1) union all select i + 1 from n where i < {ROWS})
                 insert into filler select i, zeroblob(4000) from n;"
            ))
            .unwrap();
        let source = read_only(&from).unwrap();
        let mut target = Connection::open(&to).unwrap();
        let mut parts = 0;
        copy_pages(&source, &mut target, |_| {
            parts += 1;
            assert!(parts < 20, "the copy begins again after each write");
            // a page that was copied, one that was not, and a new one
            writer
                .execute_batch(
                    "update filler set body = zeroblob(4000) where id in (1, 17000);
                     insert into late default values;",
                )
                .unwrap();
        })
        .unwrap();
        target.close().unwrap();
        assert!(parts >= 4, "{parts} parts: the file is too small to say anything");
        check(&to, &Progress::hidden()).unwrap();
        let count = |conn: &Connection, table: &str| -> u32 {
            conn.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
        };
        let copied = Connection::open(&to).unwrap();
        assert_eq!(count(&copied, "filler"), ROWS);
        assert_eq!(count(&copied, "late"), 0, "the copy is of one moment, that of its beginning");
        assert_eq!(count(&writer, "late"), parts, "nobody waited for the copy");
        assert_eq!(count(&source, "late"), parts, "the snapshot is given back");
    }
}
