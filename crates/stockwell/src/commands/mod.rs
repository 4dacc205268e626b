//! The commands, one file each, and what they share: opening the database as the operator.

pub(crate) mod approval;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod import;
mod import_list;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod location;
pub(crate) mod migrate;
pub(crate) mod migrate_store;
pub(crate) mod openapi;
pub(crate) mod period;
pub(crate) mod privacy;
pub(crate) mod restore;
pub(crate) mod role;
pub(crate) mod routes;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod training;
pub(crate) mod user;
pub(crate) mod verify;

use crate::clock::WallClock;
use crate::config::{self as settings, Config};
use crate::exit::Stop;
use crate::ids::TimeIds;
use crate::wiring;
use access::By;
use db::{Db, DbError};
use domain::{Actor, Ctx, Ids};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use web::{Clock, Principal};

/// How long the operator may read at a time: to check all that a large database holds takes hours.
pub(crate) const PATIENCE: Duration = Duration::from_hours(24);

/// The settings of the database.
pub(crate) fn db_settings(config: &Config) -> Result<db::Settings, Stop> {
    let mut settings = db::Settings::new(config.database());
    settings.allow_unsafe = config.flag("database_unsafe")?;
    settings.cache_kib = config.cache_kib()?;
    Ok(settings)
}

/// The settings as they hold for a database that is open: to a training copy those say nothing that reach beyond it.
pub(crate) fn settings_for(config: &Config, db: &Db) -> Result<Config, Stop> {
    let training = db.read_blocking(places::training)?;
    Ok(if training.is_some() { config.in_training() } else { config.clone() })
}

/// Where files of records are kept, and how much of them.
pub(crate) fn file_settings(config: &Config) -> Result<::files::Settings, Stop> {
    Ok(::files::Settings { quota_bytes: config.files_quota()?, ..::files::Settings::new(config.blobs()?) })
}

/// Makes a folder that only its owner can look into; one that is there stays as it is.
pub(crate) fn private_folder(folder: &Path) -> Result<(), Stop> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(|error| {
        let why = if folder.is_file() {
            "it is a file, and a folder is needed".to_owned()
        } else {
            error.to_string()
        };
        Stop::CannotRun(format!("cannot make the folder `{}`: {why}", folder.display()))
    })
}

/// Opens the database, which need not exist yet.
pub(crate) fn open(config: &Config, settings: &db::Settings) -> Result<Db, Stop> {
    Db::open(settings, &wiring::MIGRATIONS).map_err(|error| match error {
        // on a server, what is refused at the start are its settings
        DbError::Refused(text) if config.database_file().is_none() => Stop::Unsafe(text.to_string()),
        other => other.into(),
    })
}

/// Refuses when there is no database yet.
pub(crate) fn require_database(config: &Config) -> Result<(), Stop> {
    let Some(file) = config.database_file() else { return Ok(()) };
    match file.metadata() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Stop::CannotRun(format!(
            "there is no database at `{}`: run `stockwell init`, or say where it is with `--data`",
            file.display()
        ))),
        // it may well be there
        Err(error) => Err(Stop::CannotRun(format!("cannot look at `{}`: {error}", file.display()))),
    }
}

/// Refuses a schema that is not that of this program, and says of which database.
pub(crate) fn check_schema(config: &Config, db: &Db) -> Result<(), Stop> {
    db.check_schema().map_err(|error| match error {
        DbError::Refused(text) => {
            Stop::CannotRun(format!("`{}`: {text}", settings::without_password(&config.database())))
        }
        other => other.into(),
    })
}

/// Refuses a file to write whose folder is not there.
pub(crate) fn require_folder_of(file: &Path) -> Result<(), Stop> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(Stop::CannotRun(format!(
            "cannot write `{}`: there is no folder `{}`",
            file.display(),
            folder.display()
        ))),
    }
}

/// Writes a file that is not there yet and that only its owner reads; when that fails, none is left.
pub(crate) fn to_new_file<T>(
    file: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Stop>,
) -> Result<T, Stop> {
    require_folder_of(file)?;
    let cannot = |error| Stop::CannotRun(format!("cannot write `{}`: {error}", file.display()));
    let mut out =
        BufWriter::new(File::options().write(true).create_new(true).mode(0o600).open(file).map_err(cannot)?);
    let written = write(&mut out).and_then(|done| {
        out.flush().map_err(cannot)?;
        out.get_ref().sync_all().map_err(cannot)?;
        Ok(done)
    });
    if written.is_err() {
        // half of it helps nobody
        drop(std::fs::remove_file(file));
    }
    written
}

/// What a reader of the database says when what it reads cannot be written.
pub(crate) fn not_written(error: &io::Error) -> DbError {
    DbError::Io(error.to_string().into())
}

/// The operator at the host, with an open and current database.
pub(crate) struct Operator {
    pub(crate) db: Db,
    pub(crate) ctx: Ctx,
    principal: Principal,
}

impl Operator {
    /// Opens the database for changes.
    pub(crate) fn open(config: &Config) -> Result<Operator, Stop> {
        Operator::open_as(config, false)
    }

    /// Opens the database for reading, also beside a running server.
    pub(crate) fn open_to_read(config: &Config) -> Result<Operator, Stop> {
        Operator::open_as(config, true)
    }

    fn open_as(config: &Config, read_only: bool) -> Result<Operator, Stop> {
        require_database(config)?;
        let mut settings = db_settings(config)?;
        settings.read_only = read_only;
        settings.read_timeout = PATIENCE;
        let db = open(config, &settings)?;
        check_schema(config, &db)?;
        Ok(Operator { db, ctx: operator_ctx(), principal: Principal::system() })
    }

    /// As whom a command of `access` is carried out.
    pub(crate) fn by(&self) -> By<'_> {
        By { ctx: &self.ctx, principal: &self.principal, bounds: &wiring::BOUNDS }
    }
}

/// The context of the operator at the host.
pub(crate) fn operator_ctx() -> Ctx {
    let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
    let ids = Arc::new(TimeIds::new(Arc::clone(&clock)));
    let actor = Actor { id: Principal::SYSTEM, name: "system".to_owned() };
    let request_id = ids.next();
    Ctx { actor, now: clock.now(), ids, request_id }
}
