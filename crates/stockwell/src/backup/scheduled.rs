//! The server makes backups by itself: one whenever the last of the folder is as old as it may be, and takes away what is
//! no longer to be kept. Of several processes with the same folder one does it at a time.

use super::pieces::Pieces;
use super::{Key, keep};
use crate::commands::{self, backup as command};
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::wiring;
use db::{Db, Settings};
use domain::Instant;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it rests between two looks at the folder.
const REST: Duration = Duration::from_secs(30);

/// How long it rests after one that failed: what fails once may fail for hours.
const REST_AFTER_FAILURE: Duration = Duration::from_mins(10);

/// Whatever else the machine has to do comes first.
const NICE: i32 = 15;

const HOUR: i64 = 3_600_000_000;

/// Makes backups until it is dropped.
pub(crate) async fn work(config: Config, hours: u16) {
    loop {
        tokio::time::sleep(REST).await;
        let (sender, ended) = tokio::sync::oneshot::channel();
        let settings = config.clone();
        // in a thread of its own, because its priority is low
        let begun = std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                tracing::warn!(%error, "the backup is made at the priority of everything else");
            }
            // nobody waits for it any more when the server has ended
            sender.send(make_due(&settings, hours, commands::operator_ctx().now)).unwrap_or_default();
        });
        let done = match begun {
            Ok(_) => ended.await.unwrap_or_else(|_| Err(Stop::cannot_run("it ended unexpectedly"))),
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(None) => {}
            Ok(Some(file)) => tracing::info!(file = %file.display(), "a backup was made and checked"),
            Err(stop) => {
                tracing::error!(error = %stop, "no backup could be made, and there will be another attempt");
                tokio::time::sleep(REST_AFTER_FAILURE).await;
            }
        }
    }
}

/// Makes a backup when the last one is as old as it may be; its file.
fn make_due(config: &Config, hours: u16, now: Instant) -> Result<Option<PathBuf>, Stop> {
    let folder = config.backups();
    if !is_due(&folder, hours, now)? {
        return Ok(None);
    }
    commands::private_folder(&folder)?;
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(".lock"))?;
    if lock.try_lock().is_err() || !is_due(&folder, hours, now)? {
        // somebody else does it, or has just done it
        return Ok(None);
    }
    let at = now.to_string();
    let file = folder.join(keep::name(&at));
    let key = config.backup_key()?;
    let made = make(config, (&file, &at), key.as_ref(), now);
    // also where none was made: what is no longer kept must not fill the disk
    let pruned = command::pruned(config, false)?;
    for gone in pruned.gone {
        tracing::info!(file = %gone.display(), "a backup is no longer kept");
    }
    match pruned.pieces {
        Ok(0) => {}
        Ok(pieces) => tracing::info!(pieces, "files that no backup needs were taken away"),
        Err(why) => tracing::warn!(%why, "files beside backups stay, whether or not a backup needs them"),
    }
    made.map(|()| Some(file))
}

fn is_due(folder: &Path, hours: u16, now: Instant) -> Result<bool, Stop> {
    let oldest = Instant(now.0.saturating_sub(i64::from(hours).saturating_mul(HOUR)));
    let (oldest, now) = (keep::name(&oldest.to_string()), keep::name(&now.to_string()));
    let (Some(oldest), Some(now)) = (keep::instant(&oldest), keep::instant(&now)) else { return Ok(true) };
    // one of a clock that was wrong says nothing of when the last was made
    let last = keep::list(folder)?.into_iter().rfind(|(at, _)| at.as_str() <= now);
    Ok(last.is_none_or(|(at, _)| at.as_str() <= oldest))
}

fn make(config: &Config, to: (&Path, &str), key: Option<&Key>, now: Instant) -> Result<(), Stop> {
    let settings = commands::db_settings(config)?;
    let settings = Settings { read_only: true, read_timeout: commands::PATIENCE, readers: 1, ..settings };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let progress = Progress::hidden();
    let pieces = Pieces::beside(to.0, key);
    let mut held = None;
    let made = super::make(&db, to, key, &progress, |files| {
        held = crate::store_files::back_up(files, config, &pieces, now, &progress)?.held;
        Ok(())
    });
    drop(held);
    db.close();
    made.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    #[test]
    fn the_next_one_is_made_when_the_last_is_as_old_as_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let now = Instant::parse("2026-11-22T14:30:00Z").unwrap();
        let is_due = || is_due(folder.path(), 6, now).unwrap();
        assert!(is_due(), "there is none");
        let rows = [
            ("stockwell-20991122T082959.backup", true),
            ("stockwell-20261122T082959.backup", true),
            ("stockwell-20261122T083000.backup", true),
            ("stockwell-20261122T999999.backup.part-1", true),
            ("stockwell-20261122T083001.backup", false),
            ("stockwell-20261101T000000.backup", false),
        ];
        for (name, expected) in rows {
            std::fs::write(folder.path().join(name), "").unwrap();
            assert_eq!(is_due(), expected, "{name}");
        }
    }

    #[test]
    fn it_is_made_once_checked_and_older_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let config = Config::read(&flags).unwrap();
        let db = Db::open(&commands::db_settings(&config).unwrap(), &wiring::MIGRATIONS).unwrap();
        db.migrate().unwrap();
        db.close();
        let backups = config.backups();
        let at = |text: &str| Instant::parse(text).unwrap();
        let first = make_due(&config, 1, at("2026-11-22T14:10:00Z")).unwrap().unwrap();
        assert!(super::super::Backup::open(&first, None).unwrap().check(&Progress::hidden()).is_ok());
        assert_eq!(make_due(&config, 1, at("2026-11-22T14:20:00Z")).unwrap(), None);
        // a stranger's file is left alone, whatever is kept
        std::fs::write(backups.join("mine.backup"), "").unwrap();
        for day in 10..40 {
            let name = format!("stockwell-2025{:02}{:02}T120000.backup", day / 30 + 1, day % 30 + 1);
            std::fs::write(backups.join(name), "").unwrap();
        }
        make_due(&config, 1, at("2026-11-22T15:10:00Z")).unwrap().unwrap();
        let left = keep::list(&backups).unwrap().len();
        assert!(left <= 26, "of 32 are left {left}");
        assert!(backups.join("mine.backup").exists() && first.exists());
        let lock = File::options().write(true).open(backups.join(".lock")).unwrap();
        lock.lock().unwrap();
        assert_eq!(make_due(&config, 1, at("2026-11-23T15:10:00Z")).unwrap(), None, "somebody else does it");
    }
}
