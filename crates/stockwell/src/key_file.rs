//! Files that hold a key: 64 hexadecimal digits, for their owner alone.

use crate::exit::Stop;
use std::fs::File;
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Reads the file of a key; `what` names the key with its article, as in `the key of backups`.
///
/// # Errors
/// When it is not there, when others than its owner can read it, and when it holds something else.
pub(crate) fn read(what: &str, file: &Path) -> std::result::Result<[u8; 32], Stop> {
    domain::hex::read(&read_text(what, file)?).ok_or_else(|| {
        let why = "it does not hold 64 hexadecimal digits: `stockwell backup key FILE` makes one";
        Stop::Settings(format!("{what} `{}`: {why}", file.display()))
    })
}

/// Reads the file of a secret of any form, without the blanks around it.
///
/// # Errors
/// When it is not there, and when others than its owner can read it.
pub(crate) fn read_text(what: &str, file: &Path) -> std::result::Result<String, Stop> {
    let wrong = |why: String| Stop::Settings(format!("{what} `{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let mode = std::fs::metadata(file).map_err(|error| wrong(error.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(wrong(format!("others can read it (mode {:o}): `chmod 600` it", mode & 0o777)));
    }
    Ok(text.trim().to_owned())
}

/// Makes a key in a new file that only its owner reads; never over another one.
///
/// # Errors
/// When the file is there already, or cannot be written.
pub(crate) fn make(file: &Path) -> std::result::Result<[u8; 32], Stop> {
    let key = fresh()?;
    write(file, &key).map_err(|error| Stop::CannotRun(format!("`{}`: {error}", file.display())))?;
    Ok(key)
}

/// The key of a file, which is made when it is not there. Of several processes that make it at the same
/// moment one does, and the others read what it has made.
///
/// # Errors
/// As [`read`] and [`make`].
pub(crate) fn read_or_make(what: &str, file: &Path) -> std::result::Result<[u8; 32], Stop> {
    if file.exists() {
        return read(what, file);
    }
    let cannot = |error: std::io::Error| Stop::CannotRun(format!("{what} `{}`: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let key = fresh()?;
    // whole under another name first, so that nobody reads half of it
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
    writeln!(part, "{}", domain::hex::digits(&key)).map_err(cannot)?;
    part.as_file().sync_all().map_err(cannot)?;
    match part.persist_noclobber(file) {
        Ok(_) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot).map(|()| key),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => read(what, file),
        Err(error) => Err(cannot(error.error)),
    }
}

fn fresh() -> std::result::Result<[u8; 32], Stop> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(Stop::cannot_run)?;
    Ok(key)
}

fn write(file: &Path, key: &[u8; 32]) -> Result<()> {
    let mut open = File::options().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(open, "{}", domain::hex::digits(key))?;
    open.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_make_it_at_once_all_have_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let mut keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_make("the key", &file).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        keys.dedup();
        assert_eq!(keys, [read("the key", &file).unwrap()]);
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["master.key"]);
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "no key").unwrap();
        let refused = |file: &Path| read_or_make("the key", file).unwrap_err().to_string();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        assert!(refused(&file).contains("others can read it (mode 640)"), "{}", refused(&file));
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(refused(&file).contains("64 hexadecimal digits"), "{}", refused(&file));
        assert!(refused(&folder.path().join("nowhere/key")).contains("nowhere/key"));
    }
}
