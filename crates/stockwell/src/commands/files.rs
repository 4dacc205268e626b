//! `stockwell files`: the bytes of images and documents, brought from the folder to the bucket or back, and out
//! of a backup. What is there already stays, so a run that was cut off is begun again and goes on; in the end everything is read anew.

use super::Operator;
use crate::backup::Backup;
use crate::cli::Call;
use crate::config::FilePlace;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use crate::store_files::{self, count};
use clap::{Args, Subcommand};
use files::{Blobs, Kept, Survey};
use serde::Serialize;
use std::path::PathBuf;

/// What to do with files.
#[derive(Debug, Subcommand)]
pub(crate) enum Files {
    /// Bring all files from the folder to the bucket of the settings, or back, and read them there
    Move(Move),
    /// Bring the files that a backup needs back to where files are kept: those that are lost or damaged there
    Restore(Restore),
}

/// From where.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup; its files are in the folder `backup-files` beside it
    #[arg(value_name = "FILE")]
    from: PathBuf,
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Where they are to be; they come from the other place
    #[arg(long, value_enum)]
    to: FilePlace,
    /// Take them away where they were, once all of them are found whole: only when `files.store` names the new place
    #[arg(long)]
    remove: bool,
}

/// What was moved.
#[derive(Debug, Serialize)]
struct Moved {
    from: String,
    to: String,
    /// How many pieces there are; an image has several.
    files: usize,
    /// How many were not there yet.
    copied: u64,
    /// How many were taken away where they were.
    removed: u64,
}

pub(crate) fn run(call: Call<'_>, command: &Files) -> Done {
    match command {
        Files::Move(command) => run_move(call, command),
        Files::Restore(command) => run_restore(call, command),
    }
}

/// What was brought back.
#[derive(Debug, Serialize)]
struct Found {
    to: String,
    /// How many pieces the backup needs.
    files: usize,
    /// How many were not there, or were not what they should be.
    brought: u64,
}

fn run_restore(call: Call<'_>, Restore { from }: &Restore) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    // those of a training copy are in its own folder
    let to = super::settings_for(call.config, &operator.db)?.blobs()?;
    operator.db.close();
    let key = call.config.backup_key()?;
    let progress = call.out.progress();
    let named = Backup::open(from, key.as_ref())?.files;
    let brought = super::restore::bring_back(from, (&named, key.as_ref()), (&to, true), &progress)?;
    drop(progress);
    let found = Found { to: to.to_string(), files: named.len(), brought };
    call.out.show(&found, |Found { to, files, brought }| {
        format!(
            "the {files} pieces of files of the backup are in `{to}`, {brought} of them were brought back"
        )
    })
}

fn run_move(call: Call<'_>, command: &Move) -> Done {
    let Move { to: place, remove } = *command;
    let operator = Operator::open_to_read(call.config)?;
    // those of a training copy are in its own folder, whatever bucket is named
    let config = super::settings_for(call.config, &operator.db)?;
    let (from, to) = (config.blobs_at(place.other())?, config.blobs_at(place)?);
    if remove && config.file_place()? != place {
        return Err(Stop::CannotRun(format!(
            "files are kept in `{from}` and read there: set `files.store` to `{}`, start the servers again, and then \
             take them away here",
            place.word()
        )));
    }
    let kept = files::kept(&operator.db)?;
    let progress = call.out.progress();
    let copied = store_files::copy(&kept, &from, &to.survey().map_err(Stop::cannot_run)?, &progress)?;
    let there = to.survey().map_err(Stop::cannot_run)?;
    let wrong = faults(&kept, &there, &progress)?;
    if !wrong.is_empty() {
        return Err(Stop::Wrong(format!(
            "{} of {} pieces of files are not in `{to}` as they should be: {}",
            wrong.len(),
            kept.len(),
            store_files::named(&wrong)
        )));
    }
    let removed = if remove { take_away(&kept, &from, &progress)? } else { 0 };
    operator.db.close();
    drop(progress);
    let moved = Moved { from: from.to_string(), to: to.to_string(), files: kept.len(), copied, removed };
    call.out.show(&moved, |Moved { from, to, files, copied, removed }| {
        let first = format!(
            "{files} pieces of files are in `{to}`, {copied} of them new; each was read there and is whole"
        );
        match removed {
            0 => first,
            _ => format!("{first}\n{removed} were taken away from `{from}`"),
        }
    })
}

/// What is wrong with the files that something refers to; the others may be gone.
fn faults(kept: &[Kept], there: &Survey<'_>, progress: &Progress) -> Result<Vec<String>, Stop> {
    let mut wrong = Vec::new();
    for (at, one) in kept.iter().enumerate() {
        if one.referred {
            wrong.extend(one.fault(there, true).map_err(Stop::cannot_run)?);
        }
        progress.counts(count(at + 1), count(kept.len()), "files are read again");
    }
    Ok(wrong)
}

fn take_away(kept: &[Kept], from: &Blobs, progress: &Progress) -> Result<u64, Stop> {
    let there = from.survey().map_err(Stop::cannot_run)?;
    let mut removed = 0;
    for (at, one) in kept.iter().enumerate() {
        if one.is_at(&there).map_err(Stop::cannot_run)? {
            one.remove(from).map_err(Stop::cannot_run)?;
            removed += 1;
        }
        progress.counts(count(at + 1), count(kept.len()), "files are taken away");
    }
    Ok(removed)
}
