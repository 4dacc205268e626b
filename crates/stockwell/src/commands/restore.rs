//! `stockwell restore`: makes a new data folder, or fills an empty PostgreSQL database, from a backup. It never writes
//! over anything, and makes nothing of a backup that it has not read to its end before.

use super::{PATIENCE, operator_ctx};
use crate::backup::pieces::Pieces;
use crate::backup::{self, Backup, Key};
use crate::carry;
use crate::cli::Call;
use crate::config::Config;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use crate::store_files;
use crate::{store_backup, wiring};
use clap::Args;
use db::copy::{How, Target};
use db::{Db, Settings, feed};
use files::{Blobs, Kept};
use insight::digest;
use serde::Serialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From where, to where.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup, or the copy of a database file that `migrate` has made
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// The new data folder, which must be empty or not there; for PostgreSQL give `--database`
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Empty a PostgreSQL database first that a restore before has left behind unfinished, and no other
    #[arg(long)]
    again: bool,
}

/// What was restored.
#[derive(Debug, Serialize)]
struct Restored {
    from: PathBuf,
    into: String,
    /// How many steps its schema is behind that of this program.
    steps_behind: usize,
    /// How many pieces of files it refers to, where they are, and how many were not there before.
    files: usize,
    files_in: String,
    files_brought: u64,
}

pub(crate) fn run(call: Call<'_>, restore: &Restore) -> Done {
    let Restore { from, into, again } = restore;
    if !from.is_file() {
        return Err(Stop::CannotRun(format!("there is no file `{}`", from.display())));
    }
    if from.metadata()?.len() == 0 {
        return Err(Stop::CannotRun(format!(
            "`{}` is empty: it is no backup, or what copied it was cut off",
            from.display()
        )));
    }
    let key = call.config.backup_key()?;
    let progress = call.out.progress();
    // where a server with these settings looks for files
    let config = into.as_ref().map_or_else(|| call.config.clone(), |folder| call.config.with_data(folder));
    let blobs = config.blobs()?;
    let (steps_behind, told, settings) = match into {
        Some(folder) => {
            let file = folder.join("stockwell.db");
            let behind = into_folder(from, folder, key.as_ref(), &progress)?;
            (behind, file.display().to_string(), Settings::new(format!("sqlite:{}", file.display())))
        }
        None if call.config.database_file().is_none() => {
            let mut settings = super::db_settings(call.config)?;
            settings.read_timeout = PATIENCE;
            let behind = fill(from, &settings, *again, key.as_ref(), &progress)?;
            (behind, crate::config::without_password(&settings.url), settings)
        }
        None => return Err(Stop::Usage("say with `--into` which new folder to make".to_owned())),
    };
    let blobs = if steps_behind == 0 { blobs_of(&settings, &config)?.unwrap_or(blobs) } else { blobs };
    let (named, files) = if is_database_file(from)? {
        (left_behind(&settings, &blobs)?, 0)
    } else {
        let named = Backup::open(from, key.as_ref())?.files;
        let brought = bring_back(from, (&named, key.as_ref()), (&blobs, false), &progress).map_err(|stop| {
            Stop::CannotRun(format!(
                "the database is restored, and not all of its files: {}; `stockwell files restore` brings what lacks \
                 once it is there",
                stop.sentence()
            ))
        })?;
        (named, brought)
    };
    drop(progress);
    let (files_in, count) = (blobs.to_string(), named.len());
    let restored = Restored {
        from: from.clone(),
        into: told,
        steps_behind,
        files: count,
        files_in,
        files_brought: files,
    };
    call.out.show(&restored, |restored| {
        let Restored { from, into, steps_behind, files, files_in, .. } = restored;
        let beside = match files {
            0 => String::new(),
            files => format!("\n{files} pieces of files are in `{files_in}`"),
        };
        let first = format!("restored and checked `{into}` from `{}`{beside}", from.display());
        match (steps_behind, &restore.into) {
            (0, _) => first,
            (_, Some(folder)) => format!("{first}\n{OLDER} `stockwell migrate --data {}`", folder.display()),
            (..) => format!("{first}\n{OLDER} `stockwell migrate` with the same `--database`"),
        }
    })
}

/// Where the files of a restored training copy are: beside it, whatever the settings say to the store. `None` for a store.
fn blobs_of(settings: &Settings, config: &Config) -> Result<Option<Blobs>, Stop> {
    let db = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    let training = db.read_blocking(places::training)?;
    db.close();
    training.map(|_| config.with_database(&settings.url).in_training().blobs()).transpose()
}

/// Brings the files back that a backup needs: those that are not there, and when `deep` those that are damaged.
pub(super) fn bring_back(
    from: &Path,
    (files, key): (&[Kept], Option<&Key>),
    (blobs, deep): (&Blobs, bool),
    progress: &Progress,
) -> Result<u64, Stop> {
    let key = if Backup::is_sealed(from)? { key } else { None };
    store_files::bring_back(files, &Pieces::beside(from, key), (blobs, deep), progress)
}

/// The files that the copy of a database file refers to. It has none beside it: they are where they were.
fn left_behind(settings: &Settings, blobs: &Blobs) -> Result<Vec<Kept>, Stop> {
    let db = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    // one of an older release may have no table of them
    let named = if db.check_schema().is_ok() { db.read_blocking(files::referred)? } else { Vec::new() };
    db.close();
    let there = blobs.survey().map_err(Stop::cannot_run)?;
    let mut lacking = 0;
    for kept in &named {
        lacking += u64::from(!kept.is_at(&there).map_err(Stop::cannot_run)?);
    }
    if lacking == 0 {
        return Ok(named);
    }
    Err(Stop::CannotRun(format!(
        "the database is restored, and {lacking} of {} pieces of its files are not in `{blobs}`: they are where they \
         were when the copy was made; copy them there, or name that place by `files.folder`",
        named.len()
    )))
}

/// Longer than anything here takes.
const LATER: Duration = Duration::from_hours(1);

/// How to go on with the backup of an older release.
const OLDER: &str = "it is of an older release; bring it up to date by";

fn into_folder(from: &Path, folder: &Path, key: Option<&Key>, progress: &Progress) -> Result<usize, Stop> {
    let is_copy = is_database_file(from)?;
    // nothing is made before the whole of it was read
    if is_copy {
        store_backup::check(from, progress)?;
    } else {
        Backup::open(from, key)?.check(progress).map_err(|stop| named(from, &stop))?;
    }
    let was_there = folder.exists();
    super::private_folder(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(Stop::CannotRun(format!(
            "`{}` is not empty, and nothing is ever written over: choose a new folder",
            folder.display()
        )));
    }
    let file = folder.join("stockwell.db");
    let done = if is_copy { copied(from, &file, progress) } else { into_file(from, &file, key, progress) };
    if done.is_err() && !was_there {
        // one that holds something stays
        let _ = std::fs::remove_dir(folder);
    }
    done
}

/// Whether it is a file of the embedded engine.
fn is_database_file(from: &Path) -> Result<bool, Stop> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut first = Vec::new();
    std::fs::File::open(from)?.take(16).read_to_end(&mut first)?;
    Ok(first == MAGIC)
}

pub(super) fn named(from: &Path, stop: &Stop) -> Stop {
    Stop::CannotRun(format!("`{}`: {}", from.display(), stop.sentence()))
}

/// Copies the copy of a database file.
fn copied(from: &Path, file: &Path, progress: &Progress) -> Result<usize, Stop> {
    let mut behind = 0;
    // before it has its name: what this program cannot use is not left there
    store_backup::copy(from, file, progress, |part| {
        let url = format!("sqlite:{}", part.display());
        behind = steps_behind(&Settings::new(&url))?;
        go_on(&Settings::new(&url), None)
    })?;
    Ok(behind)
}

fn steps_behind(settings: &Settings) -> Result<usize, Stop> {
    let settings = Settings { read_only: true, ..settings.clone() };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let behind = db.steps_behind();
    db.close();
    Ok(behind?)
}

/// Makes a new database file of a backup; how many steps it is behind.
pub(crate) fn into_file(
    from: &Path,
    file: &Path,
    key: Option<&Key>,
    progress: &Progress,
) -> Result<usize, Stop> {
    let mut behind = 0;
    store_backup::make(file, |part| {
        let settings =
            Settings { read_timeout: PATIENCE, ..Settings::new(format!("sqlite:{}", part.display())) };
        behind = fill(from, &settings, false, key, progress)?;
        store_backup::as_one_file(part)?;
        store_backup::check(part, progress)
    })?;
    Ok(behind)
}

/// Fills a database that holds nothing, and holds what it was given against what it has.
fn fill(
    from: &Path,
    settings: &Settings,
    again: bool,
    key: Option<&Key>,
    progress: &Progress,
) -> Result<usize, Stop> {
    let first = Backup::open(from, key)?;
    let head = first.head.clone();
    let steps = head.steps()?;
    let sets = backup::steps_known(&steps)?;
    if head.lanes_besides > 0 && crate::config::file_of(&settings.url).is_some() {
        return Err(Stop::CannotRun(format!(
            "`{}` is of a server that wrote in {} lanes side by side, and the embedded engine has one: restore it into an \
             empty PostgreSQL database, by `stockwell restore FILE --database postgres://…`, and `stockwell verify \
             --deep` that",
            from.display(),
            head.lanes_besides + 1
        )));
    }
    let whole = first.check(progress).map_err(|stop| named(from, &stop))?;
    let target = Target::begin(settings, &wiring::MIGRATIONS, How { again, steps: Some(&steps) })?;
    let backup = Backup::open(from, key)?;
    let given = carry::fill(target, progress, |each| {
        each(carry::Message::Total(whole.rows))?;
        backup.parts(&mut |part| each(carry::Message::Part(part))).map(drop)
    })?;
    let copy = Db::open(&Settings { read_only: true, ..settings.clone() }, &sets)?;
    progress.waits("what was restored is read and compared");
    let compared = carry::tables(&copy, &given);
    copy.close();
    let differing: Vec<String> =
        compared?.into_iter().filter(|table| !table.is_same).map(|table| table.name).collect();
    if !differing.is_empty() {
        return Err(Stop::Wrong(format!(
            "what was restored differs from the backup: {}",
            differing.join(", ")
        )));
    }
    // before anybody may use it: a feed that went on from an older place would say the same positions again
    go_on(settings, Some(&head))?;
    Target::end(settings)?;
    steps_behind(settings)
}

/// Writes the digest of the backup down, and gives what will be told from here on positions of its own, for some were
/// told what is lost now.
fn go_on(settings: &Settings, head: Option<&backup::Head>) -> Result<(), Stop> {
    // what has no position yet is given one behind the gap
    let settings = Settings { sequencer_pause: LATER, ..settings.clone() };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let ctx = operator_ctx();
    let now = ctx.now.0;
    let kept = head.map_or(Ok(()), |head| digest::keep(&db, &ctx, head.anchor()).map(drop));
    let done = kept.and_then(|()| db.write_blocking(move |tx| feed::restored(tx, now)));
    db.close();
    Ok(done?)
}
