//! `stockwell migrate-store`: brings a whole database into another one, of the same engine or of the other. The source
//! is read in one snapshot and never written; the target must hold nothing. When both sides say the same, and hold
//! every invariant, the target is released, and not before.

use super::PATIENCE;
use crate::carry::{self, Compared};
use crate::cli::Call;
use crate::config::{self, without_password};
use crate::exit::{Done, Stop};
use crate::out::table;
use crate::progress::Progress;
use crate::{store_backup, wiring};
use clap::Args;
use db::copy::{Alone, How, Shape, Target, lanes_besides};
use db::{Db, Settings};
use insight::verify::{self, Options, Report, Status};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// From where, to where.
#[derive(Debug, Args)]
pub(crate) struct MigrateStore {
    /// The database to read: `sqlite:PATH` or `postgres://…`; that of the settings when not given
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The database to make, which must hold nothing; `@FILE` for a file that the URL stands in
    #[arg(long, value_name = "URL")]
    to: String,
    /// Only look: at what would be carried over, and whether the target can take it
    #[arg(long)]
    dry_run: bool,
    /// Empty a target first that a run before has left behind unfinished, and no other
    #[arg(long)]
    again: bool,
    /// Verify both sides more thoroughly, which takes about twice as long
    #[arg(long)]
    deep: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Migrated {
    from: String,
    to: String,
    tables: Vec<Compared>,
    views: Vec<Compared>,
    source: Report,
    target: Report,
    /// Until every row was in the target, durable, with all indexes.
    carried_ms: u64,
    /// The whole.
    ms: u64,
}

/// What would be done.
#[derive(Debug, Serialize)]
struct Looked {
    from: String,
    to: String,
    rows: u64,
    tables: Vec<Rows>,
}

#[derive(Debug, Serialize)]
struct Rows {
    name: String,
    rows: u64,
}

pub(crate) fn run(call: Call<'_>, command: &MigrateStore) -> Done {
    let to = url(call, &command.to)?;
    let from = command.from.clone().unwrap_or_else(|| call.config.database());
    if command.from.is_none() {
        super::require_database(call.config)?;
    }
    let source_settings = Settings { read_only: true, ..settings(call, &from)? };
    let source = open(&source_settings)?;
    let from = without_password(&from);
    source.check_schema().map_err(|error| Stop::CannotRun(format!("`{from}`: {error}")))?;
    let alone = Alone::with(&source_settings, &source)?;
    fits(&source, &to)?;
    if command.dry_run {
        return look(call, &source, &from, &to);
    }
    let progress = call.out.progress();
    let migrated = if let Some(file) = config::file_of(&to) {
        into_file(call, &source, &file, command, &progress)?
    } else {
        let settings = settings(call, &to)?;
        let migrated = migrate(&source, &settings, command, &progress)?;
        if migrated.is_good() {
            Target::end(&settings)?;
        }
        migrated
    };
    drop((progress, alone));
    source.close();
    let migrated = Migrated { from, to: without_password(&to), ..migrated };
    call.out.show(&migrated, text)?;
    migrated.judge()
}

/// The URL, or what the file says that it names.
fn url(call: Call<'_>, given: &str) -> Result<String, Stop> {
    if let Some(file) = given.strip_prefix('@') {
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| Stop::CannotRun(format!("cannot read `{file}`: {error}")))?;
        return Ok(text.trim().to_owned());
    }
    if without_password(given) != given {
        call.out.remark(
            "the password of the target stands in the list of processes: give the URL in a file, by `--to @FILE`",
        );
    }
    Ok(given.to_owned())
}

fn settings(call: Call<'_>, url: &str) -> Result<Settings, Stop> {
    Ok(Settings { url: url.to_owned(), read_timeout: PATIENCE, ..super::db_settings(call.config)? })
}

fn open(settings: &Settings) -> Result<Db, Stop> {
    Ok(Db::open(settings, &wiring::MIGRATIONS)?)
}

/// Refuses what the target could not hold.
fn fits(source: &Db, to: &str) -> Result<(), Stop> {
    let lanes = source.read_blocking(lanes_besides)?;
    if lanes == 0 || config::file_of(to).is_none() {
        return Ok(());
    }
    Err(Stop::CannotRun(format!(
        "the ledger of the source was written in {} lanes side by side, and the embedded engine has one: it can only go \
         into a PostgreSQL database",
        lanes + 1
    )))
}

fn look(call: Call<'_>, source: &Db, from: &str, to: &str) -> Done {
    let counted = carry::counted(source)?;
    let own = carry::shape(source)?;
    let there = match config::file_of(to) {
        Some(file) if file.exists() => {
            return Err(Stop::CannotRun(format!("`{}` is there already, choose another", file.display())));
        }
        Some(file) => {
            super::require_folder_of(&file)?;
            own.clone()
        }
        // it is begun, and given up
        None => Target::begin(&settings(call, to)?, &wiring::MIGRATIONS, How::default())?.shape().clone(),
    };
    let names =
        |shape: &Shape| -> Vec<String> { shape.tables.iter().map(|table| table.name.clone()).collect() };
    let (mut own, mut there) = (names(&own), names(&there));
    own.sort();
    there.sort();
    if own != there {
        return Err(Stop::cannot_run("the target would have other tables than the source"));
    }
    let rows = counted.iter().map(|(_, rows)| rows).sum();
    let tables = counted.into_iter().map(|(name, rows)| Rows { name, rows }).collect();
    let looked = Looked { from: from.to_owned(), to: without_password(to), rows, tables };
    call.out.show(&looked, |looked| {
        let Looked { from, to, rows, tables } = looked;
        let lines: Vec<Vec<String>> =
            tables.iter().map(|table| vec![table.name.clone(), table.rows.to_string()]).collect();
        format!(
            "{}\n{rows} rows would go from `{from}` to `{to}`, which can take them",
            table(&["table", "rows"], &lines)
        )
    })
}

/// A file has its name only when everything has been compared.
fn into_file(
    call: Call<'_>,
    source: &Db,
    file: &Path,
    command: &MigrateStore,
    progress: &Progress,
) -> Result<Migrated, Stop> {
    super::require_folder_of(file)?;
    let mut migrated = None;
    store_backup::make(file, |part| {
        let settings = settings(call, &format!("sqlite:{}", part.display()))?;
        let done = migrate(source, &settings, command, progress)?;
        if !done.is_good() {
            // what is wrong is shown, and no file is left
            migrated = Some(done);
            return Err(Stop::Violated);
        }
        Target::end(&settings)?;
        store_backup::check(part, progress)?;
        migrated = Some(done);
        Ok(())
    })
    .or_else(|stop| if migrated.is_some() && matches!(stop, Stop::Violated) { Ok(()) } else { Err(stop) })?;
    migrated.ok_or_else(|| Stop::cannot_run("nothing was carried over"))
}

/// Carries everything over and compares; while rows are written, the source is verified.
fn migrate(
    source: &Db,
    settings: &Settings,
    command: &MigrateStore,
    progress: &Progress,
) -> Result<Migrated, Stop> {
    let begun = Instant::now();
    let ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let target = Target::begin(settings, &wiring::MIGRATIONS, How { again: command.again, steps: None })?;
    let own = target.shape().clone();
    let options = Options {
        only: Vec::new(),
        deep: command.deep,
        now: super::operator_ctx().now,
        keys_max: Options::KEYS_MAX,
    };
    std::thread::scope(|scope| {
        let theirs = scope.spawn(|| {
            let report = verify::run(source, &options)?;
            Ok::<_, Stop>((report, carry::views(source, &own)?))
        });
        let given = carry::carry(source, target, progress)?;
        let carried_ms = ms();
        let copy = open(&Settings { read_only: true, ..settings.clone() })?;
        progress.waits("both sides are compared");
        let tables = carry::tables(&copy, &given)?;
        let ours = carry::views(&copy, &carry::shape(source)?)?;
        progress.waits("the target is verified");
        let report = verify::run(&copy, &options)?;
        copy.close();
        let panicked = |_| Stop::cannot_run("the verification of the source has panicked");
        let (source_report, theirs) = theirs.join().map_err(panicked)??;
        let views = carry::paired(&theirs, &ours);
        let (from, to) = (String::new(), String::new());
        Ok(Migrated { from, to, tables, views, source: source_report, target: report, carried_ms, ms: ms() })
    })
}

impl Migrated {
    fn differing(&self) -> impl Iterator<Item = &Compared> {
        self.tables.iter().chain(&self.views).filter(|compared| !compared.is_same)
    }

    fn is_good(&self) -> bool {
        self.differing().next().is_none() && self.source.is_sound() && self.target.is_sound()
    }

    fn judge(&self) -> Done {
        let names: Vec<&str> = self.differing().map(|compared| compared.name.as_str()).collect();
        if !names.is_empty() {
            return Err(Stop::Wrong(format!(
                "the copy is not what was copied: {}; the target stays closed",
                names.join(", ")
            )));
        }
        for (side, report) in [("source", &self.source), ("target", &self.target)] {
            if !report.is_sound() {
                return Err(Stop::Wrong(format!(
                    "the {side} does not hold every invariant, see `stockwell verify` of the source; the target stays closed"
                )));
            }
        }
        Ok(())
    }
}

fn text(migrated: &Migrated) -> String {
    let Migrated { from, to, tables, views, source, target, carried_ms, ms } = migrated;
    let line = |compared: &Compared| {
        let Compared { name, rows, digest, is_same } = compared;
        let short = digest.get(..16).unwrap_or(digest).to_owned();
        let same = if *is_same { "same" } else { "DIFFERS" };
        vec![name.clone(), rows.to_string(), short, same.to_owned()]
    };
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let lines: Vec<Vec<String>> = tables.iter().chain(views).map(line).collect();
    let held = |report: &Report| {
        let count = |status| report.records.iter().filter(|record| record.status == status).count();
        let broken: Vec<String> = report
            .records
            .iter()
            .filter(|record| record.violations > 0)
            .flat_map(|record| record.sample.iter().map(move |said| format!("\n  {}: {said}", record.id)))
            .collect();
        format!(
            "{} invariants hold, {} are broken{}",
            count(Status::Pass),
            count(Status::Fail),
            broken.concat()
        )
    };
    let seconds = |ms: u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
    let end = if migrated.is_good() {
        "both say the same; from here on serve the target, and keep the source until you are sure"
    } else {
        "they do NOT say the same"
    };
    format!(
        "{}\nsource `{from}`: {}\ntarget `{to}`: {}\n{rows} rows were carried over in {}, compared and verified after {}\n{end}",
        table(&["table or view", "rows", "digest", "target"], &lines),
        held(source),
        held(target),
        seconds(*carried_ms),
        seconds(*ms),
    )
}
