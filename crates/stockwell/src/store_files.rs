//! The bytes of files beside a backup: in the folder `files` next to it, which the backups there share. Each is
//! named by its hash, so a backup copies only what none before it has.

use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::{commands, wiring};
use db::{Db, DbError, Settings};
use files::{Folder, Kept};
use std::path::Path;

/// The folder of files beside a backup.
fn beside(backup: &Path) -> Folder {
    Folder::new(backup.with_file_name("files"))
}

/// Copies what is kept from one folder to another; how many were not there yet.
///
/// # Errors
/// [`Stop::CannotRun`] when something that is referred to is missing or damaged, and when it cannot be
/// written.
fn copy(all: &[Kept], from: &Folder, to: &Folder, progress: &Progress) -> Result<u64, Stop> {
    let mut copied = 0;
    let count = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
    for (at, kept) in all.iter().enumerate() {
        copied += u64::from(kept.copy(from, to).map_err(Stop::cannot_run)?);
        progress.counts(count(at + 1), count(all.len()), "files are copied");
    }
    Ok(copied)
}

/// Copies the files of a database beside a backup of it that was made before: what has come since is there
/// besides, and what has gone since is still kept. How many pieces, and how many of them were not there yet.
///
/// # Errors
/// As [`copy`], and when the database fails.
pub(crate) fn back_up(
    db: &Db,
    config: &Config,
    to: &Path,
    progress: &Progress,
) -> Result<(usize, u64), Stop> {
    let kept = files::kept(db)?;
    let from = commands::files(config)?.folder;
    Ok((kept.len(), copy(&kept, &from, &beside(to), progress)?))
}

/// Brings the files back that a restored database refers to.
///
/// # Errors
/// As [`copy`], and when the database fails.
pub(crate) fn bring_back(
    from: &Path,
    settings: &Settings,
    steps_behind: usize,
    folder: &Folder,
    progress: &Progress,
) -> Result<(), Stop> {
    let kept = match kept(settings) {
        Ok(kept) => kept,
        // one from before there were files has no table of them
        Err(_) if steps_behind > 0 => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let done = copy(&kept, &beside(from), folder, progress);
    done.map(drop).map_err(|stop| {
        Stop::CannotRun(format!("the database is restored, and not all of its files: {}", stop.sentence()))
    })
}

fn kept(settings: &Settings) -> Result<Vec<Kept>, DbError> {
    let db = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    let kept = files::kept(&db);
    db.close();
    kept
}
