//! Copies of the embedded database, made with the engine's own backup while others read and write,
//! and the check of a copy. Invariant: a copy that has its final name is whole and was checked.

use crate::exit::Stop;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Pages copied at once; between them others come to their turn.
const PAGES: i32 = 4_096;
const PAUSE: Duration = Duration::from_millis(1);

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
    finish: impl FnOnce(&Path) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if to.exists() {
        return Err(Stop::CannotRun(format!("`{}` is there already, choose another name", to.display())));
    }
    let part = to.with_extension("part");
    let done = copy_part(from, &part, finish).and_then(|()| Ok(std::fs::rename(&part, to)?));
    // whoever wrote into the copy has locked it
    drop(std::fs::remove_file(part.with_extension("part.lock")));
    if done.is_err() {
        // it may not even have been begun
        drop(std::fs::remove_file(&part));
    }
    done?;
    sync_folder(to)
}

fn copy_part(from: &Path, part: &Path, finish: impl FnOnce(&Path) -> Result<(), Stop>) -> Result<(), Stop> {
    let wrong = |error: rusqlite::Error| Stop::CannotRun(format!("the copy failed: {error}"));
    let source = read_only(from)?;
    let mut target = Connection::open(part).map_err(wrong)?;
    let backup = Backup::new(&source, &mut target).map_err(wrong)?;
    backup.run_to_completion(PAGES, PAUSE, None).map_err(wrong)?;
    drop(backup);
    target.close().map_err(|(_, error)| wrong(error))?;
    finish(part)?;
    let target = Connection::open(part).map_err(wrong)?;
    // a copy is one file: no log beside it
    target.pragma_update(None, "journal_mode", "delete").map_err(wrong)?;
    target.close().map_err(|(_, error)| wrong(error))?;
    check(part)?;
    Ok(File::open(part)?.sync_all()?)
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
pub(crate) fn check(path: &Path) -> Result<(), Stop> {
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
