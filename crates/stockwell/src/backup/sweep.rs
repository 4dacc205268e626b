//! Takes away the pieces of files that no backup beside them needs. What cannot be told is kept: as long as one backup
//! cannot be read, all of them are, and of a key that is not at hand all of its pieces.

use super::pieces::{FOLDER, OPEN, PART, Pieces};
use super::{Backup, Key, keep, seal};
use crate::exit::Stop;
use domain::{Instant, hex};
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// What was left by somebody who was killed is older than this.
const LEFT_BEHIND: Duration = Duration::from_hours(24);

/// What packed files begin with.
const PACKED: [u8; 2] = [0x1f, 0x8b];

/// What backups need.
#[derive(Debug, Default)]
struct Needed {
    /// Pieces, below the root.
    pieces: HashSet<PathBuf>,
    /// Names of keys of which everything is needed.
    keys: HashSet<String>,
}

/// Takes away what no backup of a folder needs, or only counts it; how many pieces that is. Nothing while somebody
/// makes a backup there.
///
/// # Errors
/// When a backup cannot be read, and when the disk fails.
pub(crate) fn sweep(folder: &Path, key: Option<&Key>, gone: &[PathBuf], dry: bool) -> Result<u64, Stop> {
    let root = folder.join(FOLDER);
    if !root.is_dir() {
        return Ok(0);
    }
    let mut open = File::options();
    let lock = open.create(true).truncate(false).read(true).write(true).open(root.join(".lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(0),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let needed = needed(folder, key, gone)?;
    let mut swept = 0;
    for path in pieces(&root)? {
        let below = path.strip_prefix(&root).unwrap_or(&path);
        let of_key =
            below.iter().next().and_then(|name| name.to_str()).is_some_and(|name| needed.keys.contains(name));
        if of_key || needed.pieces.contains(below) {
            continue;
        }
        if !dry {
            std::fs::remove_file(&path)?;
        }
        swept += 1;
    }
    Ok(swept)
}

/// What the backups of a folder need, but for those that are gone.
fn needed(folder: &Path, key: Option<&Key>, gone: &[PathBuf]) -> Result<Needed, Stop> {
    let mut needed = Needed::default();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !path.is_file() || name.contains(PART) || gone.contains(&path) {
            continue;
        }
        let unknown = |stop: &Stop| {
            Stop::CannotRun(format!(
                "no pieces of files are taken away while it is not known what this backup needs: {}",
                stop.sentence()
            ))
        };
        match of(&path, key).map_err(|stop| unknown(&stop))? {
            // whatever has the name of a backup was one
            Needs::Nothing if keep::instant(&name).is_some() => {
                let text = format!("`{}` has the name of a backup and does not begin as one", path.display());
                return Err(unknown(&Stop::CannotRun(text)));
            }
            Needs::Nothing => {}
            Needs::AllOf(key) => {
                needed.keys.insert(key);
            }
            Needs::Pieces(found) => needed.pieces.extend(found),
        }
    }
    Ok(needed)
}

/// What a file needs.
enum Needs {
    /// It is no backup.
    Nothing,
    /// It is sealed with a key that is not at hand.
    AllOf(String),
    Pieces(Vec<PathBuf>),
}

fn of(path: &Path, key: Option<&Key>) -> Result<Needs, Stop> {
    let mut first = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut first)?;
    let sealed = first.strip_prefix(&seal::MAGIC[..]).and_then(|rest| rest.first_chunk::<8>());
    let key = match sealed {
        Some(name) => match key.filter(|key| key.name() == *name) {
            Some(key) => Some(key),
            None => return Ok(Needs::AllOf(hex::digits(name))),
        },
        None if first.starts_with(&PACKED) => None,
        None => return Ok(Needs::Nothing),
    };
    match Backup::open_known(path, key)? {
        None => Ok(Needs::Nothing),
        Some(backup) => {
            let pieces = Pieces::beside(path, key);
            Ok(Needs::Pieces(backup.files.iter().map(|kept| pieces.place(&kept.name.hash)).collect()))
        }
    }
}

/// All pieces below the root: what has another name is nobody's business here.
fn pieces(root: &Path) -> Result<Vec<PathBuf>, Stop> {
    let is_digits = |name: &str, length: usize| {
        name.len() == length && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut found = Vec::new();
    for of_key in names(root)?.iter().filter(|name| *name == OPEN || is_digits(name, 16)) {
        for two in names(&root.join(of_key))?.iter().filter(|name| is_digits(name, 2)) {
            let folder = root.join(of_key).join(two);
            let all = names(&folder)?;
            let ours = all.iter().filter(|name| is_digits(name, 64) && name.starts_with(two.as_str()));
            found.extend(ours.map(|name| folder.join(name)));
        }
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        found.extend(entry?.file_name().into_string().ok());
    }
    Ok(found)
}

/// Takes away what those left behind who were killed while they made a backup or a piece.
///
/// # Errors
/// When the disk fails.
pub(crate) fn clear_parts(folder: &Path, now: Instant) -> Result<(), Stop> {
    let now = Duration::from_micros(u64::try_from(now.0).unwrap_or_default());
    for folder in [folder.to_owned(), folder.join(FOLDER)] {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = name
                .split_once(PART)
                .is_some_and(|(backup, _)| backup.is_empty() || keep::instant(backup).is_some());
            let Ok(changed) = entry.metadata().and_then(|found| found.modified()) else { continue };
            let age = now.saturating_sub(changed.duration_since(UNIX_EPOCH).unwrap_or_default());
            if is_ours && age > LEFT_BEHIND {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}
