//! The bytes of files beside a backup: in the folder `backup-files` next to it, which the backups there share. Each
//! is named by its hash, so a backup copies only what none before it has.

use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::{commands, wiring};
use db::{Db, DbError, Settings};
use files::{Folder, Kept};
use std::path::Path;

/// The folder of files beside a backup. Not `files`, which a data folder has: a backup that is made into the
/// data folder would find its files there already, and have none.
fn beside(backup: &Path) -> Folder {
    Folder::new(backup.with_file_name("backup-files"))
}

/// How many pieces that could not be copied are named.
const NAMED_MAX: usize = 5;

/// Copies what is kept from one folder to another; how many were not there yet. One piece that cannot be copied
/// keeps no other from it.
///
/// # Errors
/// [`Stop::CannotRun`] at the end when something that is referred to is missing or damaged, and when something
/// cannot be written.
fn copy(all: &[Kept], from: &Folder, to: &Folder, progress: &Progress) -> Result<u64, Stop> {
    let mut copied = 0;
    let mut faults: Vec<String> = Vec::new();
    let count = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
    for (at, kept) in all.iter().enumerate() {
        match kept.copy(from, to) {
            Ok(is_new) => copied += u64::from(is_new),
            Err(error) => faults.push(error.to_string()),
        }
        progress.counts(count(at + 1), count(all.len()), "files are copied");
    }
    if faults.is_empty() {
        return Ok(copied);
    }
    let named: Vec<&str> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = faults.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(Stop::CannotRun(format!(
        "{} of {} pieces of files could not be copied, all others were: {}{more}",
        faults.len(),
        all.len(),
        named.join("; ")
    )))
}

/// Copies the files of a database beside a backup of it whose rows were read before: what has come since is there
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
    let (from, to) = (commands::files(config)?.folder, beside(to));
    if std::path::absolute(from.root())? == std::path::absolute(to.root())? {
        return Err(Stop::CannotRun(format!(
            "the files of the database lie in `{}`, where those of a backup here would go: choose another folder for \
             one of them",
            to.root().display()
        )));
    }
    Ok((kept.len(), copy(&kept, &from, &to, progress)?))
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
