//! `stockwell backup`: a checked copy of the database, also while the server runs. On PostgreSQL
//! it is made by the server's own `pg_dump`, which has to be on the machine. Every backup holds a
//! digest of the ledger, which `verify` holds the ledger against from then on. On SQLite it is
//! written into the copy: while a server runs, nobody else writes to the original.

use super::Operator;
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use crate::{config, store_backup, wiring};
use clap::Args;
use db::Db;
use domain::hex;
use insight::digest::{self, Anchor};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; a name with the time, in the folder `backups` of the data, when not given
    #[arg(value_name = "FILE")]
    to: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    bytes: u64,
    sha256: String,
    engine: &'static str,
    /// How many postings the backup holds, and the hash of the state that they lead to.
    postings: i64,
    state_hash: String,
}

pub(crate) fn run(call: Call<'_>, backup: &Backup) -> Done {
    let is_file = call.config.database_file();
    let (engine, ending) = if is_file.is_some() { ("sqlite", "db") } else { ("postgres", "dump") };
    let to = match backup.to.clone() {
        Some(to) => to,
        None => fresh_name(call, ending)?,
    };
    super::require_folder_of(&to)?;
    let progress = call.out.progress();
    let anchor = if let Some(file) = is_file {
        super::require_database(call.config)?;
        copy(&file, &to, &progress)?
    } else {
        let operator = Operator::open(call.config)?;
        progress.waits(DIGEST);
        let anchor = digest::make(&operator.db, &operator.ctx)?;
        operator.db.close();
        dump(&call.config.database(), &to, &progress)?;
        anchor
    };
    let (bytes, sha256) = file_hash(&to, &progress)?;
    drop(progress);
    let (postings, state_hash) =
        (anchor.postings, anchor.state_hash.map_or_else(String::new, |hash| hex::digits(&hash)));
    let written = Written { file: to, bytes, sha256, engine, postings, state_hash };
    call.out.show(&written, |written| {
        let Written { file, bytes, sha256, engine: _, postings, state_hash } = written;
        format!(
            "wrote and checked `{}`\n{bytes} bytes, sha256 {sha256}\n{postings} postings, which lead to the state {state_hash}",
            file.display()
        )
    })
}

/// What takes long of a digest, for whoever watches.
const DIGEST: &str = "the digest of the ledger is made";

/// Copies a file; the digest is made in the copy.
fn copy(file: &Path, to: &Path, progress: &Progress) -> Result<Anchor, Stop> {
    let mut made = None;
    store_backup::copy(file, to, progress, |part| {
        progress.waits(DIGEST);
        let mut settings = db::Settings::new(format!("sqlite:{}", part.display()));
        settings.read_timeout = super::PATIENCE;
        let db = Db::open(&settings, &wiring::MIGRATIONS)?;
        let anchor = db.check_schema().and_then(|()| digest::make(&db, &super::operator_ctx()));
        db.close();
        made = Some(anchor?);
        Ok(())
    })?;
    made.ok_or_else(|| Stop::cannot_run("the copy has no digest"))
}

/// A name with the time, in the folder of backups.
fn fresh_name(call: Call<'_>, ending: &str) -> Result<PathBuf, Stop> {
    let folder = call.config.data().join("backups");
    super::private_folder(&folder)?;
    let at = super::operator_ctx().now.to_string();
    let at: String = at.chars().filter(char::is_ascii_alphanumeric).take(15).collect();
    Ok(folder.join(format!("stockwell-{at}.{ending}")))
}

/// Refuses a copy that this program could not use; how many steps it is behind the schema of this
/// program.
pub(crate) fn steps_behind(url: &str) -> Result<usize, Stop> {
    let mut settings = db::Settings::new(url);
    settings.read_only = true;
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let behind = db.steps_behind();
    db.close();
    Ok(behind?)
}

/// Dumps a PostgreSQL database and reads the table of contents of the dump.
fn dump(url: &str, to: &Path, progress: &Progress) -> Result<(), Stop> {
    if to.exists() {
        return Err(Stop::CannotRun(format!("`{}` is there already, choose another name", to.display())));
    }
    let part = store_backup::part_of(to)?;
    progress.waits(&format!("`pg_dump` writes `{}`", part.display()));
    let made = tool("pg_dump", Some(url), &["--format=custom", "--no-owner", "--file"], &part)
        .and_then(|()| tool("pg_restore", None, &["--list"], &part))
        .and_then(|()| Ok(std::fs::File::open(&part)?.sync_all()?))
        .and_then(|()| Ok(std::fs::rename(&part, to)?));
    if made.is_err() {
        // it may not even have been begun
        drop(std::fs::remove_file(&part));
    }
    made?;
    store_backup::sync_folder(to)
}

/// Runs a program of PostgreSQL on a file. Its own words are the error; a password goes by the
/// environment, which no other user can read.
pub(crate) fn tool(name: &str, url: Option<&str>, arguments: &[&str], file: &Path) -> Result<(), Stop> {
    let mut command = Command::new(name);
    if let Some(url) = url {
        let (url, password) = config::password_apart(url);
        command.args(["--dbname", &url]);
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
    }
    let output = command.args(arguments).arg(file).output().map_err(|error| {
        Stop::CannotRun(format!(
            "`{name}` cannot be run ({error}): install the client programs of PostgreSQL"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Stop::CannotRun(format!("`{name}` failed: {}", said.trim())))
}

/// The size and the SHA-256 of a file.
fn file_hash(file: &Path, progress: &Progress) -> Result<(u64, String), Stop> {
    const MIB: u64 = 1 << 20;
    let mut reader = std::fs::File::open(file)?;
    let whole = reader.metadata()?.len().div_ceil(MIB);
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = reader.read(&mut chunk)?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        bytes += u64::try_from(read).unwrap_or_default();
        progress.counts(bytes / MIB, whole, "MiB are read for the checksum");
    }
    Ok((bytes, hex::digits(&hash.finalize())))
}
