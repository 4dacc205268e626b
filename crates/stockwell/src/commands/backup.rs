//! `stockwell backup`: all rows of a database in one checked file, also while the server runs, the same for either
//! engine. Every backup holds a digest of the ledger, which `verify` holds against what was restored from it.

use super::Operator;
use super::restore;
use crate::backup::pieces::Pieces;
use crate::backup::{self, Backup as Read, Key, keep, sweep};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::out::table;
use crate::progress::Progress;
use crate::store_files;
use clap::{Args, Subcommand};
use domain::hex;
use files::Kept;
use insight::verify::{self, Options};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    /// Write all of the database into a new file, also while it is in use, and read it again
    Create(Create),
    /// Show the backups of the folder
    List(List),
    /// Read a backup to its end and say whether it is whole
    Verify(Verify),
    /// Take away what is no longer to be kept of the backups of the folder
    Prune(Prune),
    /// Make the key that backups are sealed with, in a new file
    Key(MakeKey),
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The file to write; a name with the time, in the folder of backups, when not given
    #[arg(value_name = "FILE")]
    to: Option<PathBuf>,
}

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct List {}

/// Which.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Restore it into a folder of its own too, hold every invariant against that, and take it away
    #[arg(long)]
    deep: bool,
}

/// How far.
#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct MakeKey {
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    bytes: u64,
    sha256: String,
    is_sealed: bool,
    rows: u64,
    /// How many postings the backup holds, and the hash of the state that they lead to.
    postings: i64,
    state_hash: String,
    /// How many pieces of files are beside it, and how many of them no backup there had before.
    files: usize,
    files_copied: u64,
}

pub(crate) fn run(call: Call<'_>, command: Backup) -> Done {
    match command {
        Backup::Create(create) => run_create(call, create),
        Backup::List(List {}) => run_list(call),
        Backup::Verify(verify) => run_verify(call, &verify),
        Backup::Prune(prune) => run_prune(call, &prune),
        Backup::Key(MakeKey { file }) => {
            super::require_folder_of(&file)?;
            let name = hex::digits(&Key::make(&file)?.name());
            call.out.show(&serde_json::json!({ "file": file, "key": name }), |_| {
                format!(
                    "`{}` holds the key {name}: keep a copy away from the backups, for without it they stay closed",
                    file.display()
                )
            })
        }
    }
}

fn run_create(call: Call<'_>, create: Create) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    let config = super::settings_for(call.config, &operator.db)?;
    let now = super::operator_ctx().now;
    let at = now.to_string();
    let to = if let Some(to) = create.to {
        to
    } else {
        // those of a training copy never lie among those of the store
        let folder = config.backups();
        super::private_folder(&folder)?;
        folder.join(keep::name(&at))
    };
    super::require_folder_of(&to)?;
    let key = call.config.backup_key()?;
    let progress = call.out.progress();
    let pieces = Pieces::beside(&to, key.as_ref());
    let mut beside = None;
    let (head, whole) = backup::make(&operator.db, (&to, &at), key.as_ref(), &progress, |files| {
        beside = Some(store_files::back_up(files, &config, &pieces, now, &progress)?);
        Ok(())
    })?;
    let (files, files_copied) = beside.map_or((0, 0), |beside| (beside.files, beside.copied));
    operator.db.close();
    let (bytes, sha256) = file_hash(&to, &progress)?;
    drop(progress);
    let written = Written {
        file: to,
        bytes,
        sha256,
        is_sealed: key.is_some(),
        rows: whole.rows,
        postings: head.postings,
        state_hash: head.state_hash,
        files,
        files_copied,
    };
    call.out.show(&written, |written| {
        let Written { file, bytes, sha256, is_sealed, rows, postings, state_hash, files, files_copied } = written;
        let beside = match files {
            0 => String::new(),
            files => format!("\n{files} pieces of files beside it, {files_copied} of them new there"),
        };
        let sealed = if *is_sealed { ", sealed" } else { "" };
        format!(
            "wrote and checked `{}`\n{bytes} bytes, sha256 {sha256}{sealed}\n{rows} rows; {postings} postings, which lead to the state {state_hash}{beside}",
            file.display()
        )
    })
}

/// A backup of the folder.
#[derive(Debug, Serialize)]
struct Listed {
    file: PathBuf,
    at: String,
    bytes: u64,
    is_sealed: bool,
    postings: Option<i64>,
    /// How many pieces of files it needs beside it.
    files: Option<u64>,
    /// Why nothing more is known of it.
    closed: Option<String>,
}

fn run_list(call: Call<'_>) -> Done {
    let key = call.config.backup_key()?;
    let mut listed = Vec::new();
    for (at, file) in keep::list(&call.config.backups())? {
        let bytes = file.metadata()?.len();
        let is_sealed = Read::is_sealed(&file)?;
        let (postings, files, closed) = match Read::open(&file, key.as_ref()) {
            Ok(read) => (Some(read.head.postings), Some(read.head.files), None),
            Err(stop) => (None, None, Some(stop.to_string())),
        };
        listed.push(Listed { file, at, bytes, is_sealed, postings, files, closed });
    }
    call.out.show(&listed, |listed| {
        let rows: Vec<Vec<String>> = listed
            .iter()
            .map(|Listed { file, at, bytes, is_sealed, postings, files, closed }| {
                let known = postings.map(|postings| postings.to_string());
                let known = known.or_else(|| closed.clone()).unwrap_or_default();
                let files = files.map(|files| files.to_string()).unwrap_or_default();
                let sealed = if *is_sealed { "yes" } else { "no" };
                let size = format!("{} KiB", bytes.div_ceil(1024));
                vec![at.clone(), size, sealed.to_owned(), known, files, file.display().to_string()]
            })
            .collect();
        table(&["made at (UTC)", "size", "sealed", "postings", "pieces of files", "file"], &rows)
    })
}

fn run_verify(call: Call<'_>, command: &Verify) -> Done {
    let Verify { file, deep } = command;
    let key = call.config.backup_key()?;
    let progress = call.out.progress();
    let read = Read::open(file, key.as_ref())?;
    let (head, files) = (read.head.clone(), read.files.clone());
    let whole = read.check(&progress).map_err(|stop| restore::named(file, &stop))?;
    let is_sealed = Read::is_sealed(file)?;
    let pieces = Pieces::beside(file, key.as_ref().filter(|_| is_sealed));
    let wrong = store_files::faults(&files, &pieces, &progress);
    let mut broken = Vec::new();
    if *deep {
        let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = tempfile::Builder::new().prefix("stockwell-verify-").tempdir_in(beside)?;
        let into = folder.path().join("stockwell.db");
        restore::into_file(file, &into, key.as_ref(), &progress)?;
        broken = held(&into, &files, &progress)?;
    }
    drop(progress);
    let said = serde_json::json!({
        "file": file, "at": head.at, "rows": whole.rows, "tables": whole.tables, "postings": head.postings,
        "state_hash": head.state_hash, "sealed": is_sealed, "deep": deep, "broken": broken, "files": head.files,
        "files_wrong": wrong,
    });
    call.out.show(&said, |_| {
        let verdict = match (deep, broken.is_empty()) {
            (false, _) => String::new(),
            (true, true) => "; restored, it holds every invariant".to_owned(),
            (true, false) => format!("; restored, it breaks {}", broken.join(", ")),
        };
        let beside = match (head.files, wrong.is_empty()) {
            (0, _) => String::new(),
            (files, true) => format!("\n{files} pieces of files beside it, all of them whole"),
            (files, false) => {
                format!(
                    "\n{} of {files} pieces of files beside it are lost:\n  {}",
                    wrong.len(),
                    wrong.join("\n  ")
                )
            }
        };
        format!(
            "`{}` is whole: {} rows of {} tables, {} postings, made at {}{verdict}{beside}",
            file.display(),
            whole.rows,
            whole.tables,
            head.postings,
            head.at
        )
    })?;
    if broken.is_empty() && wrong.is_empty() { Ok(()) } else { Err(Stop::Violated) }
}

/// Which invariants a database does not hold; also, that it refers to other files than these.
fn held(file: &Path, files: &[Kept], progress: &Progress) -> Result<Vec<String>, Stop> {
    progress.waits("what was restored is verified");
    let mut settings = db::Settings::new(format!("sqlite:{}", file.display()));
    (settings.read_only, settings.read_timeout) = (true, super::PATIENCE);
    let db = db::Db::open(&settings, &crate::wiring::MIGRATIONS)?;
    let now = super::operator_ctx().now;
    let options = Options { only: Vec::new(), deep: true, now, keys_max: Options::KEYS_MAX };
    let report = verify::run(&db, &options);
    // one of an older release may have no table of them
    let others = db.check_schema().is_ok() && db.read_blocking(files::referred)? != files;
    db.close();
    let broken = report?.records.into_iter().filter(|record| record.violations > 0);
    let broken = broken.map(|record| record.id.to_string());
    Ok(broken.chain(others.then(|| "the list of its files".to_owned())).collect())
}

fn run_prune(call: Call<'_>, prune: &Prune) -> Done {
    let Pruned { gone, pieces } = pruned(call.config, prune.dry_run)?;
    let (pieces, stays) = match pieces {
        Ok(pieces) => (Some(pieces), None),
        Err(stop) => (None, Some(stop)),
    };
    let said = serde_json::json!({ "gone": gone, "pieces": pieces });
    call.out.show(&said, |_| {
        let verb = if prune.dry_run { "would go" } else { "was taken away" };
        let mut lines: Vec<String> = gone.iter().map(|file| format!("`{}` {verb}", file.display())).collect();
        let pieces = pieces.filter(|pieces| *pieces > 0);
        lines.extend(pieces.map(|pieces| format!("{pieces} pieces of files that no backup needs: {verb}")));
        if lines.is_empty() { "everything is to be kept".to_owned() } else { lines.join("\n") }
    })?;
    stays.map_or(Ok(()), Err)
}

/// What was taken away.
#[derive(Debug)]
pub(crate) struct Pruned {
    /// The backups.
    pub(crate) gone: Vec<PathBuf>,
    /// How many pieces of files no other backup needed, or why they stay.
    pub(crate) pieces: Result<u64, Stop>,
}

/// Takes away what is no longer to be kept, or only says what that is.
pub(crate) fn pruned(config: &crate::config::Config, dry: bool) -> Result<Pruned, Stop> {
    let instant = super::operator_ctx().now;
    let now = keep::name(&instant.to_string());
    let folder = config.backups();
    // what the clock had not come to yet is neither counted nor taken away
    let all = keep::list(&folder)?.into_iter();
    let all: Vec<_> =
        all.filter(|(at, _)| keep::instant(&now).is_none_or(|now| at.as_str() <= now)).collect();
    let instants: Vec<&str> = all.iter().map(|(at, _)| at.as_str()).collect();
    let surplus = keep::surplus(&instants, config.backup_keep()?);
    let gone = all.iter().filter(|(at, _)| surplus.contains(&at.as_str())).map(|(_, file)| file.clone());
    let gone: Vec<PathBuf> = gone.collect();
    if !dry {
        for file in &gone {
            std::fs::remove_file(file)?;
        }
        sweep::clear_parts(&folder, instant)?;
    }
    let pieces = config.backup_key().and_then(|key| sweep::sweep(&folder, key.as_ref(), &gone, dry));
    Ok(Pruned { gone, pieces })
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
