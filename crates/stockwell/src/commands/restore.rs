//! `stockwell restore`: makes a new data folder (or fills an empty PostgreSQL database) from a
//! backup. It never writes over anything.

use super::backup::{steps_behind, tool};
use super::operator_ctx;
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use crate::{store_backup, wiring};
use clap::Args;
use db::{Db, Settings, feed};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From where, to where.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// The new data folder, which must be empty or not there; on PostgreSQL give `--database`
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// What was restored.
#[derive(Debug, Serialize)]
struct Restored {
    from: PathBuf,
    into: String,
    /// How many steps its schema is behind that of this program.
    steps_behind: usize,
}

pub(crate) fn run(call: Call<'_>, restore: &Restore) -> Done {
    if !restore.from.is_file() {
        return Err(Stop::CannotRun(format!("there is no file `{}`", restore.from.display())));
    }
    if restore.from.metadata()?.len() == 0 {
        return Err(Stop::CannotRun(format!(
            "`{}` is empty: it is no backup, or what copied it was cut off",
            restore.from.display()
        )));
    }
    let progress = call.out.progress();
    let restored = match &restore.into {
        Some(folder) => into_folder(&restore.from, folder, &progress)?,
        None if call.config.database_file().is_none() => {
            into_server(&restore.from, &call.config.database(), &progress)?
        }
        None => return Err(Stop::Usage("say with `--into` which new folder to make".to_owned())),
    };
    drop(progress);
    call.out.show(&restored, |restored| {
        let Restored { from, into, steps_behind } = restored;
        let first = format!("restored and checked `{into}` from `{}`", from.display());
        match (steps_behind, &restore.into) {
            (0, _) => first,
            (_, Some(folder)) => format!("{first}\n{OLDER} `stockwell migrate --data {}`", folder.display()),
            (..) => format!("{first}\n{OLDER} `stockwell migrate` with the same `--database`"),
        }
    })
}

/// Longer than anything here takes.
const LATER: Duration = Duration::from_hours(1);

/// How to go on with the backup of an older release.
const OLDER: &str = "it is of an older release; bring it up to date by";

fn into_folder(from: &Path, folder: &Path, progress: &Progress) -> Result<Restored, Stop> {
    store_backup::check(from, progress)?;
    super::private_folder(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(Stop::CannotRun(format!(
            "`{}` is not empty, and nothing is ever written over: choose a new folder",
            folder.display()
        )));
    }
    let file = folder.join("stockwell.db");
    let mut behind = 0;
    // before it has its name: what this program cannot use is not left there
    store_backup::copy(from, &file, progress, |part| {
        let url = format!("sqlite:{}", part.display());
        behind = steps_behind(&url)?;
        part_the_feed(&url)
    })?;
    Ok(Restored { from: from.to_owned(), into: file.display().to_string(), steps_behind: behind })
}

/// All or nothing: what is there already makes the first statement fail, and then nothing is done.
fn into_server(from: &Path, url: &str, progress: &Progress) -> Result<Restored, Stop> {
    progress.waits(&format!("`pg_restore` reads `{}`", from.display()));
    tool("pg_restore", Some(url), &["--no-owner", "--single-transaction", "--exit-on-error"], from)?;
    let into = crate::config::without_password(url);
    let steps_behind = steps_behind(url)
        .and_then(|behind| part_the_feed(url).map(|()| behind))
        .map_err(|stop| Stop::CannotRun(format!("`{into}` is restored, but not for this program: {stop}")))?;
    Ok(Restored { from: from.to_owned(), into, steps_behind })
}

/// Gives what will be told from here on positions of its own, for some were told what is lost now.
fn part_the_feed(url: &str) -> Result<(), Stop> {
    // what has no position yet is given one behind the gap
    let settings = Settings { sequencer_pause: LATER, ..Settings::new(url) };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let now = operator_ctx().now.0;
    let parted = db.write_blocking(move |tx| feed::restored(tx, now));
    db.close();
    Ok(parted?)
}
