//! A copy of the store to practise in: made beside a server as well, in a folder of its own, and thrown away.
//!
//! It is read in one snapshot as rows; what somebody signs in by never reaches it. Then its people are made those who
//! practise, it is marked for good, and it is held to every invariant before it has its name. Invariants: the store is
//! only read; nothing is ever written over; only what carries the mark is thrown away, and never while it is served.

use crate::commands::{self, Operator, PATIENCE};
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::{carry, store_backup, store_files, wiring};
use access::{By, NewGrant, NewUser, Password, PasswordPhc, Prepared};
use db::copy::{self, Alone, How, Target, Withheld};
use db::{Conn, Db, Settings, feed};
use domain::word::echo;
use domain::{Code, LocationId, Problem};
use files::{Blobs, Folder};
use insight::verify::{self, Options};
use places::Training;
use serde::Serialize;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use web::{Failure, Principal, Within};

/// What a copy is not given, module by module.
const WITHHELD: [&[Withheld]; 3] = [copy::WITHHELD, access::WITHHELD, exchange::privacy::WITHHELD];

/// The database of a copy in its folder.
const DATABASE: &str = "stockwell.db";
/// The folder of files of records there.
const FILES: &str = "files";
/// What a server makes there beside the database.
const MASTER_KEY: &str = "master.key";
/// Stands in the folder while a copy is made, so that nobody else makes one there.
const MAKING: &str = ".making";

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) folder: &'a Path,
    /// The codes of the sites that people are held to; none for all.
    pub(crate) sites: &'a [String],
    /// The login of the one who may everything there.
    pub(crate) trainer: &'a str,
}

/// A copy that was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) folder: PathBuf,
    /// Its database, to be named where settings may name that of the store.
    pub(crate) database: String,
    #[serde(flatten)]
    pub(crate) training: Training,
    pub(crate) people: Prepared,
    pub(crate) rows: u64,
    pub(crate) files: usize,
    /// Who may everything there.
    pub(crate) login: String,
    /// The password that was made for them, shown once.
    pub(crate) password: String,
}

/// Makes a copy of the store of the settings.
///
/// # Errors
/// For a folder that holds something, for what is no site, for a login that is somebody's, for a source that is a
/// copy itself or does not hold every invariant; nothing is left behind then.
pub(crate) fn make(config: &Config, wanted: Wanted<'_>, progress: &Progress) -> Result<Made, Stop> {
    let login = access::login(wanted.trainer)?;
    let password = access::random_text(20).map_err(Stop::cannot_run)?;
    let hashed = Password::parse(&password, &[&login])?.hash()?;
    let operator = Operator::open_to_read(config)?;
    let sites = operator.db.read_blocking(|conn| fits(conn, &login, wanted.sites))?;
    let folder = NewFolder::make(wanted.folder)?;
    let from = config.blobs()?;
    let trainer = Trainer { login: &login, password: hashed };
    let mut made = None;
    store_backup::make(&folder.path.join(DATABASE), |part| {
        let url = format!("sqlite:{}", part.display());
        let settings = Settings { read_timeout: PATIENCE, ..Settings::new(url) };
        let rows = carried(&operator.db, &settings, progress)?;
        progress.waits("the people of the copy are made those who practise");
        let (training, people) = prepared(&settings, &trainer, &sites)?;
        Target::end(&settings)?;
        store_backup::without_remains(part)?;
        store_backup::check(part, progress)?;
        verified(&settings, progress)?;
        let files = store_files::hand_over(
            &settings,
            &from,
            &Blobs::in_folder(Folder::new(folder.path.join(FILES))),
            progress,
        )?;
        made = Some((training, people, rows, files));
        Ok(())
    })?;
    operator.db.close();
    let (training, people, rows, files) = made.ok_or_else(|| Stop::cannot_run("nothing was copied"))?;
    let folder = folder.keep();
    let database = format!("sqlite:{}", folder.join(DATABASE).display());
    Ok(Made { folder, database, training, people, rows, files, login, password })
}

/// Refuses what no copy can be made of, and as whom nobody can be made; the sites that are meant.
fn fits(conn: &mut Conn<'_>, login: &str, sites: &[String]) -> Result<Vec<(LocationId, String)>, Stop> {
    if let Some(Training { made_at, .. }) = places::training(conn)? {
        return Err(Stop::CannotRun(format!(
            "this is a training copy itself, made at {}: make another one of the store, or restore a backup of this one",
            made_at.to_the_second()
        )));
    }
    match access::find_user(conn, login) {
        Ok(_) => {
            let detail =
                format!("`{login}` is somebody already: choose another login for who may everything there");
            return Err(Problem::at(Code::CodeTaken, "/trainer", detail).into());
        }
        Err(Failure::Refused(problem)) if problem.code == Code::NotFound => {}
        Err(other) => return Err(other.into()),
    }
    let codes: Vec<&str> = sites.iter().map(String::as_str).collect();
    let found = places::facts_by_code(conn, &codes)?;
    let mut named: Vec<(LocationId, String)> = Vec::new();
    for (code, facts) in codes.iter().zip(found) {
        let refuse = |detail: String| Err(Problem::at(Code::InvalidValue, "/sites", detail).into());
        match facts {
            None => return refuse(format!("there is no site `{}`", echo(code))),
            Some(facts) if facts.site.root() != facts.id => {
                return refuse(format!("`{}` is a place and no site", facts.code));
            }
            Some(facts) if named.iter().any(|(id, _)| *id == facts.id) => {}
            Some(facts) => named.push((facts.id, facts.code)),
        }
    }
    Ok(named)
}

/// Carries the rows over, and reads what was written; how many.
fn carried(source: &Db, settings: &Settings, progress: &Progress) -> Result<u64, Stop> {
    let target = Target::begin(settings, &wiring::MIGRATIONS, How::default())?;
    let given = carry::carry_but(source, target, &WITHHELD, progress)?;
    let copy = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    progress.waits("what was copied is read and compared");
    let compared = carry::tables(&copy, &given);
    copy.close();
    let compared = compared?;
    match compared.iter().find(|table| !table.is_same) {
        Some(table) => Err(Stop::Wrong(format!("the copy is not what was copied, in `{}`", table.name))),
        None => Ok(compared.iter().map(|table| table.rows).sum()),
    }
}

/// Who may everything in a copy.
struct Trainer<'a> {
    login: &'a str,
    password: PasswordPhc,
}

/// Makes the one who may everything, cuts everybody else to what they are there for, and marks the copy; all of it or
/// nothing. What is told from here on has positions of its own: no reader takes it for what the store tells.
fn prepared(
    settings: &Settings,
    trainer: &Trainer<'_>,
    sites: &[(LocationId, String)],
) -> Result<(Training, Prepared), Stop> {
    let db = Db::open(settings, &wiring::MIGRATIONS)?;
    let ctx = commands::operator_ctx();
    let everything = NewGrant { role: access::ADMINISTRATOR.to_owned(), within: Within::All, category: None };
    let new = NewUser {
        login: trainer.login.to_owned(),
        name: "Training".to_owned(),
        password: trainer.password.clone(),
        grants: vec![everything],
    };
    let (ids, codes): (Vec<LocationId>, Vec<String>) = sites.iter().cloned().unzip();
    let done = db.write_blocking(move |tx| {
        let by = By { ctx: &ctx, principal: &Principal::system(), bounds: &wiring::BOUNDS };
        feed::restored(tx, ctx.now.0)?;
        access::create_user(tx, &by, &new)?;
        let people = access::prepare_training(tx, &by, (&new.login, &ids))?;
        for (id, mark) in &people.erased {
            places::erase_actor(tx, *id, mark)?;
        }
        Ok::<_, Failure>((places::mark_training(tx, &ctx, &codes)?, people))
    });
    db.close();
    Ok(done?)
}

/// Holds every invariant against the copy.
fn verified(settings: &Settings, progress: &Progress) -> Result<(), Stop> {
    progress.waits("the copy is verified");
    let db = Db::open(&Settings { read_only: true, ..settings.clone() }, &wiring::MIGRATIONS)?;
    let options = Options {
        only: Vec::new(),
        deep: false,
        now: commands::operator_ctx().now,
        keys_max: Options::KEYS_MAX,
    };
    let report = verify::run(&db, &options);
    db.close();
    let report = report?;
    if report.is_sound() {
        return Ok(());
    }
    let mut broken = report.records.iter().filter(|record| record.violations > 0);
    let said = broken.next().map_or_else(String::new, |record| {
        let sample = record.sample.first().map(ToString::to_string).unwrap_or_default();
        format!(": {} {sample}", record.id)
    });
    Err(Stop::Wrong(format!(
        "the copy does not hold every invariant{said}; see `stockwell verify` of the store"
    )))
}

/// The folder of a copy, taken away again unless it is kept.
struct NewFolder {
    path: PathBuf,
    /// Whether it was there before, and empty.
    was_there: bool,
    is_kept: bool,
}

impl NewFolder {
    fn make(path: &Path) -> Result<NewFolder, Stop> {
        let was_there = path.is_dir();
        commands::private_folder(path)?;
        let not_empty = || {
            Stop::CannotRun(format!(
                "`{}` is not empty, and nothing is ever written over: choose a new folder",
                path.display()
            ))
        };
        File::create_new(path.join(MAKING)).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => not_empty(),
            _ => Stop::CannotRun(format!("cannot write into `{}`: {error}", path.display())),
        })?;
        // of several who come at once the first has it; what lies there of others is not ours to take away
        let entries = std::fs::read_dir(path).map(Iterator::count);
        if entries.as_ref().is_ok_and(|count| *count == 1) {
            return Ok(NewFolder { path: path.to_owned(), was_there, is_kept: false });
        }
        drop(std::fs::remove_file(path.join(MAKING)));
        entries?;
        Err(not_empty())
    }

    fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        self.path.clone()
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        drop(std::fs::remove_file(self.path.join(MAKING)));
        if !self.is_kept {
            // nothing was there before
            drop(std::fs::remove_dir_all(self.path.join(FILES)));
        }
        if !self.is_kept && !self.was_there {
            drop(std::fs::remove_dir(&self.path));
        }
    }
}

/// A copy that was thrown away.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    pub(crate) folder: PathBuf,
    #[serde(flatten)]
    pub(crate) training: Training,
    /// What lies in the folder besides and was left there.
    pub(crate) left: Vec<String>,
}

/// Throws a copy away.
///
/// # Errors
/// For what is no copy, and for one that somebody uses; nothing is taken away then.
pub(crate) fn remove(folder: &Path) -> Result<Removed, Stop> {
    let file = folder.join(DATABASE);
    if !std::fs::symlink_metadata(&file).is_ok_and(|file| file.is_file()) {
        return Err(Stop::CannotRun(format!(
            "`{}` holds no database, and so no training copy",
            folder.display()
        )));
    }
    let settings = Settings { read_only: true, ..Settings::new(format!("sqlite:{}", file.display())) };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let found = mark(&db);
    // as long as this is held, nobody begins to serve it
    let alone = found.and_then(|found| match found {
        Some(training) => Ok((training, Alone::with(&settings, &db)?)),
        None => {
            Err(Stop::CannotRun(format!("`{}` is no training copy: it is not thrown away", folder.display())))
        }
    });
    db.close();
    let (training, alone) = alone?;
    take_away(folder)?;
    drop(alone);
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        left.push(entry?.file_name().to_string_lossy().into_owned());
    }
    left.sort();
    if left.is_empty() {
        std::fs::remove_dir(folder)?;
    }
    Ok(Removed { folder: folder.to_owned(), training, left })
}

/// The mark of a database; none on one of a release that knew no training copies.
fn mark(db: &Db) -> Result<Option<Training>, Stop> {
    if carry::shape(db)?.has("places_training") { Ok(db.read_blocking(places::training)?) } else { Ok(None) }
}

/// The database goes last: what is left of a copy by somebody who died here can be thrown away again.
fn take_away(folder: &Path) -> Result<(), Stop> {
    let files = folder.join(FILES);
    match std::fs::symlink_metadata(&files) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(&files)?,
        // a link leads to what is somebody else's
        Ok(_) => gone(&files)?,
        Err(_) => {}
    }
    gone(&folder.join(MASTER_KEY))?;
    // the lock is still held, by a file without a name
    for ending in ["-wal", "-shm", "", ".lock"] {
        gone(&folder.join(format!("{DATABASE}{ending}")))?;
    }
    Ok(())
}

/// Takes a file away that may not be there.
fn gone(file: &Path) -> Result<(), Stop> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Stop::CannotRun(format!("cannot take `{}` away: {error}", file.display())))
        }
        _ => Ok(()),
    }
}
