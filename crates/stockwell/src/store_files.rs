//! The bytes of files on their way: from one place to the other, beside a backup, and back.

use crate::backup::pieces::Pieces;
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::wiring;
use db::{Db, Settings};
use domain::Instant;
use files::{Blobs, Kept, Survey};
use std::fs::File;

/// How many pieces that could not be copied are named.
const NAMED_MAX: usize = 5;

/// Does something with each piece. One that it cannot be done with keeps no other from it. Of how many it was done.
///
/// # Errors
/// [`Stop::CannotRun`] at the end when it could not be done with all, with the first of these.
fn each(
    all: &[Kept],
    (progress, told): (&Progress, &str),
    what: impl Fn(&Kept) -> Result<bool, String>,
) -> Result<u64, Stop> {
    let mut done = 0;
    let mut faults: Vec<String> = Vec::new();
    for (at, kept) in all.iter().enumerate() {
        match what(kept) {
            Ok(is_new) => done += u64::from(is_new),
            Err(fault) => faults.push(fault),
        }
        progress.counts(count(at + 1), count(all.len()), told);
    }
    if faults.is_empty() {
        return Ok(done);
    }
    Err(Stop::CannotRun(format!(
        "{} of {} pieces of files could not be copied, all others were: {}",
        faults.len(),
        all.len(),
        named(&faults)
    )))
}

/// The first faults, and how many more there are.
pub(crate) fn named(faults: &[String]) -> String {
    let first: Vec<&str> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = faults.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", first.join("; "))
}

/// A number of things, for bars.
pub(crate) fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}

/// Copies what is kept from one place to the other; how many pieces were not there yet.
///
/// # Errors
/// [`Stop::CannotRun`] at the end when something that is referred to is missing or damaged, and when something
/// cannot be written.
pub(crate) fn copy(all: &[Kept], from: &Blobs, to: &Survey<'_>, progress: &Progress) -> Result<u64, Stop> {
    let copy = |kept: &Kept| kept.copy(from, to).map_err(|error| error.to_string());
    each(all, (progress, "files are copied"), copy)
}

/// Copies the files that a copy of a database refers to into a folder of their own; how many there are.
///
/// # Errors
/// As [`copy`], and when the database fails.
pub(crate) fn hand_over(
    settings: &Settings,
    from: &Blobs,
    to: &Blobs,
    progress: &Progress,
) -> Result<usize, Stop> {
    let db = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    let referred = db.read_blocking(files::referred);
    db.close();
    let referred = referred?;
    copy(&referred, from, &to.survey().map_err(Stop::cannot_run)?, progress)?;
    Ok(referred.len())
}

/// What was brought beside a backup.
#[derive(Debug)]
pub(crate) struct Beside {
    /// How many pieces it needs.
    pub(crate) files: usize,
    /// How many of them were not there yet.
    pub(crate) copied: u64,
    /// Until this is dropped nobody takes them away: the backup that needs them has no name yet.
    pub(crate) held: Option<File>,
}

/// Brings the files that a backup needs beside it.
///
/// # Errors
/// [`Stop::CannotRun`] at the end when one of them is missing or damaged, or cannot be written.
pub(crate) fn back_up(
    files: &[Kept],
    config: &Config,
    pieces: &Pieces,
    now: Instant,
    progress: &Progress,
) -> Result<Beside, Stop> {
    if files.is_empty() {
        return Ok(Beside { files: 0, copied: 0, held: None });
    }
    let from = config.blobs()?;
    if let Some(folder) = from.folder()
        && std::path::absolute(folder.root())? == std::path::absolute(pieces.root())?
    {
        return Err(Stop::CannotRun(format!(
            "the files of the database lie in `{from}`, where those of a backup here would go: choose another folder for \
             one of them"
        )));
    }
    let held = Some(pieces.hold()?);
    let copied = each(files, (progress, "files are copied"), |kept| pieces.bring(kept, &from, now))?;
    Ok(Beside { files: files.len(), copied, held })
}

/// Brings the files that a backup needs back to where files are kept; how many were not there. `deep` reads those that
/// are, and brings the damaged ones anew.
///
/// # Errors
/// [`Stop::CannotRun`] at the end when one of them is missing or damaged, or cannot be brought.
pub(crate) fn bring_back(
    files: &[Kept],
    pieces: &Pieces,
    (blobs, deep): (&Blobs, bool),
    progress: &Progress,
) -> Result<u64, Stop> {
    let there = blobs.survey().map_err(Stop::cannot_run)?;
    each(files, (progress, "files are brought back"), |kept| {
        if kept.fault(&there, deep).map_err(|error| error.to_string())?.is_none() {
            return Ok(false);
        }
        let brought = pieces.open(kept).and_then(|mut from| {
            kept.bring(&mut from, blobs).map(|()| true).map_err(|error| match error {
                files::BlobError::Damaged(_) => "is damaged".to_owned(),
                files::BlobError::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    "is damaged".to_owned()
                }
                other => other.to_string(),
            })
        });
        brought.map_err(|why| {
            format!("the file {} beside the backup {why}", domain::hex::digits(&kept.name.hash))
        })
    })
}

/// What is wrong with the files that a backup needs; all of them are read.
pub(crate) fn faults(files: &[Kept], pieces: &Pieces, progress: &Progress) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, kept) in files.iter().enumerate() {
        wrong.extend(pieces.fault(kept));
        progress.counts(count(at + 1), count(files.len()), "files are read and checked");
    }
    wrong
}
