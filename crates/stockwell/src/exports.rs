//! The server writes lists into a folder by itself, for whoever reads them there: a spreadsheet, a report, another
//! program; and sends them on to a machine that wants them. Invariant: under the name of a list there is a whole
//! list or the one before, never a part. Of several processes with the same folder one does it at a time.

mod send;

pub(crate) use send::Target;

use crate::commands;
use crate::config::Config;
use crate::exit::Stop;
use crate::wiring;
use db::{Conn, Db, Settings};
use domain::Instant;
use exchange::export::{self, Export, Format, What};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it rests between two looks at the folder.
const REST: Duration = Duration::from_secs(30);
/// How long it rests after one that failed.
const REST_AFTER_FAILURE: Duration = Duration::from_mins(10);
const HOUR: i64 = 3_600_000_000;
/// Holds the instant of the last time, and the lock of whoever writes.
const LAST: &str = ".last-export";

/// What is written, where to, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    pub(crate) lists: Vec<What>,
    pub(crate) format: Format,
    pub(crate) folder: PathBuf,
    pub(crate) every_hours: u16,
    /// Where they are sent when they are written.
    pub(crate) target: Option<Target>,
}

impl Scheduled {
    /// What the file of a list is called.
    fn file_name(&self, what: What) -> String {
        format!("{}.{}", what.word(), self.format.ending())
    }
}

/// Whether the lists can be written and sent, and when that was done last. What is sent nowhere is not asked.
///
/// # Errors
/// What stands in the way.
pub(crate) async fn check(scheduled: &Scheduled) -> Result<String, Stop> {
    let folder = &scheduled.folder;
    let shown = folder.display();
    let at = |mark: &str| std::fs::read_to_string(folder.join(mark)).ok().filter(|text| !text.is_empty());
    let written = if folder.exists() {
        tempfile::tempfile_in(folder)
            .map_err(|error| Stop::CannotRun(format!("`{shown}` cannot be written: {error}")))?;
        at(LAST).map_or_else(|| format!("nothing is in `{shown}` yet"), |at| format!("`{shown}` is of {at}"))
    } else {
        format!("`{shown}` is made with the first lists")
    };
    let Some(target) = &scheduled.target else { return Ok(written) };
    target.check().await.map_err(|why| Stop::CannotRun(format!("`{}`: {why}", target.url)))?;
    let sent = at(send::SENT)
        .map_or_else(|| "nothing was sent yet".to_owned(), |at| format!("that of {at} was sent"));
    Ok(format!("{written}; `{}` answers, {sent}", target.url))
}

/// Writes lists until it is dropped.
pub(crate) async fn work(config: Config, scheduled: Scheduled) {
    loop {
        tokio::time::sleep(REST).await;
        let (settings, what) = (config.clone(), scheduled.clone());
        let done =
            tokio::task::spawn_blocking(move || write_due(&settings, &what, commands::operator_ctx().now));
        let written = done.await.unwrap_or_else(|error| Err(Stop::cannot_run(error)));
        let rest = match written {
            Ok(0) => Ok(()),
            Ok(lists) => {
                tracing::info!(lists, folder = %scheduled.folder.display(), "lists were exported");
                Ok(())
            }
            Err(stop) => {
                tracing::error!(error = %stop, "lists could not be exported, and there will be another attempt");
                Err(())
            }
        };
        if rest.and(send(&scheduled).await).is_err() {
            tokio::time::sleep(REST_AFTER_FAILURE).await;
        }
    }
}

/// Sends on what was written, if that was not done; whether it went well.
async fn send(scheduled: &Scheduled) -> Result<(), ()> {
    let Some(target) = &scheduled.target else { return Ok(()) };
    match send::send_due(scheduled, target).await {
        Ok(0) => Ok(()),
        Ok(lists) => {
            tracing::info!(lists, "lists were sent");
            Ok(())
        }
        Err(error) => {
            tracing::error!(%error, "lists could not be sent, and there will be another attempt");
            Err(())
        }
    }
}

/// Writes all lists when they are as old as they may be; how many were written.
fn write_due(config: &Config, scheduled: &Scheduled, now: Instant) -> Result<usize, Stop> {
    let folder = &scheduled.folder;
    std::fs::create_dir_all(folder)?;
    let mark = folder.join(LAST);
    let mut lock = File::options().create(true).truncate(false).read(true).write(true).open(&mark)?;
    if lock.try_lock().is_err() || !is_due(&mark, scheduled.every_hours, now)? {
        return Ok(0);
    }
    let settings = commands::db_settings(config)?;
    let settings = Settings { read_only: true, read_timeout: commands::PATIENCE, readers: 1, ..settings };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    // all of them from one snapshot, so that they agree with each other
    let written =
        db.read_blocking(|conn| scheduled.lists.iter().try_for_each(|what| write(conn, *what, scheduled)));
    db.close();
    written?;
    lock.set_len(0)?;
    lock.write_all(now.to_string().as_bytes())?;
    lock.sync_all()?;
    Ok(scheduled.lists.len())
}

fn is_due(mark: &Path, hours: u16, now: Instant) -> Result<bool, Stop> {
    let oldest = now.0.saturating_sub(i64::from(hours).saturating_mul(HOUR));
    let last = Instant::parse(std::fs::read_to_string(mark)?.trim()).ok();
    // one of a clock that was wrong says nothing of when it was
    Ok(last.is_none_or(|last| last.0 <= oldest || last > now))
}

/// Writes a list beside its name, and gives it the name when it is on the disk.
fn write(conn: &mut Conn<'_>, what: What, scheduled: &Scheduled) -> Result<(), Stop> {
    let name = scheduled.file_name(what);
    let file = scheduled.folder.join(&name);
    let part = scheduled.folder.join(format!(".{name}.part"));
    let written = (|| {
        let mut out = BufWriter::new(File::create(&part)?);
        export::export(conn, &Export { what, format: scheduled.format, as_of: None }, &mut out)?;
        out.into_inner().map_err(|error| Stop::cannot_run(error.error()))?.sync_all()?;
        Ok::<(), Stop>(std::fs::rename(&part, &file)?)
    })();
    if written.is_err() {
        // it may not even have been begun
        drop(std::fs::remove_file(&part));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;
    use exchange::table::Locale;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn lists_are_written_when_they_are_as_old_as_they_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let config = Config::read(&flags).unwrap();
        let db = Db::open(&commands::db_settings(&config).unwrap(), &wiring::MIGRATIONS).unwrap();
        db.migrate().unwrap();
        db.close();
        let out = folder.path().join("lists");
        let mut scheduled = Scheduled {
            lists: vec![What::Items, What::Reasons],
            format: Format::Csv(Locale::ISO),
            folder: out.clone(),
            every_hours: 2,
            target: None,
        };
        let due = |scheduled: &Scheduled, now| write_due(&config, scheduled, at(now)).unwrap();
        assert_eq!(due(&scheduled, "2026-11-22T10:00:00Z"), 2);
        let reasons = std::fs::read_to_string(out.join("reasons.csv")).unwrap();
        assert!(
            reasons.starts_with("code,name,active,version\r\n") && reasons.lines().count() > 5,
            "{reasons}"
        );
        assert_eq!(std::fs::read_to_string(out.join("items.csv")).unwrap().lines().count(), 1);
        std::fs::remove_file(out.join("items.csv")).unwrap();
        assert_eq!(due(&scheduled, "2026-11-22T11:59:59Z"), 0, "not yet");
        assert_eq!(due(&scheduled, "2026-11-22T12:00:00Z"), 2);
        assert!(out.join("items.csv").exists());
        assert_eq!(due(&scheduled, "2026-11-22T09:00:00Z"), 2, "the clock was ahead");
        scheduled.format = Format::Xlsx;
        assert_eq!(due(&scheduled, "2026-11-22T12:00:00Z"), 2);
        assert!(std::fs::read(out.join("items.xlsx")).unwrap().starts_with(b"PK"));
        let parts = std::fs::read_dir(&out).unwrap().flatten();
        assert!(parts.into_iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(".part")));
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let config = Config::read(&flags).unwrap();
        let out = folder.path().join("lists");
        std::fs::create_dir_all(out.join("items.csv")).unwrap();
        let db = Db::open(&commands::db_settings(&config).unwrap(), &wiring::MIGRATIONS).unwrap();
        db.migrate().unwrap();
        db.close();
        let scheduled = Scheduled {
            lists: vec![What::Items],
            format: Format::CSV,
            folder: out.clone(),
            every_hours: 1,
            target: None,
        };
        let now = at("2026-11-22T10:00:00Z");
        assert!(write_due(&config, &scheduled, now).is_err(), "a folder has the name");
        assert!(out.join("items.csv").is_dir() && !out.join(".items.csv.part").exists());
        // somebody else writes
        std::fs::remove_dir(out.join("items.csv")).unwrap();
        let lock = File::options().write(true).open(out.join(LAST)).unwrap();
        lock.lock().unwrap();
        assert_eq!(write_due(&config, &scheduled, now).unwrap(), 0);
    }
}
