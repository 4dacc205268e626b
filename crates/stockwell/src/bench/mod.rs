//! `stockwell bench`: the product measured through its real doors, against the floor of its own
//! engine in the same folder and in the same minute.
//!
//! Each round drives the server for half a second and then the bare engine for half a second; the
//! figures are the medians over the rounds, so what the machine does meanwhile hits both alike.
//! What was written is counted on both sides afterwards: what the clients were told is held against
//! what the database holds, and one refusal, or one unit too many, fails the run. At the end of each
//! everybody races for the same scarce item.

mod askers;
mod books;
mod child;
mod client;
mod figures;
mod fill;
mod load;
mod race;
mod rounds;
mod store_books;
mod store_report;
mod whole;
mod world;

pub(crate) use figures::{Figures, Name};

use crate::config::{Config, Flags};
use crate::exit::Stop;
use askers::{Post, Read, Reserve, Run, Side, Walk};
use books::held_to;
use child::Server;
use db::cluster::TemporaryCluster;
use rounds::{Floor, Measured};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::runtime::Runtime;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// A file
    Sqlite,
    /// A server; a temporary one when no database is named
    Postgres,
}

impl Engine {
    /// The engine that is asked for, which is that of the database where one is named.
    pub(crate) fn chosen(asked: Option<Engine>, database: Option<&str>) -> Result<Engine, Stop> {
        let Some(url) = database else { return Ok(asked.unwrap_or(Engine::Sqlite)) };
        let named = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        if asked.is_some_and(|asked| asked != named) {
            let text = "`--engine` names another engine than `--database`; leave one of them out";
            return Err(Stop::Usage(text.to_owned()));
        }
        Ok(named)
    }
}

/// How large the world is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) items: u64,
    pub(crate) bins: u64,
    /// How many movements there are before anything is measured.
    pub(crate) movements: u64,
}

/// What a run is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: Name,
    pub(crate) engine: Engine,
    pub(crate) clients: usize,
    pub(crate) seconds: u64,
    pub(crate) size: Size,
    pub(crate) data: Option<PathBuf>,
    pub(crate) database: Option<String>,
    /// What is imported, where an import is measured.
    pub(crate) file: Option<PathBuf>,
}

/// Where it is measured: a folder and a database with a world in it.
pub(crate) struct Site {
    config: Config,
    data: PathBuf,
    database: String,
    token: String,
    floor: Floor,
}

/// Runs a benchmark.
pub(crate) fn run(plan: &Plan) -> Result<Figures, Stop> {
    let scratch = match &plan.data {
        Some(data) => {
            std::fs::create_dir_all(data)?;
            None
        }
        None => Some(tempfile::tempdir()?),
    };
    let data = plan.data.clone().or_else(|| scratch.as_ref().map(|dir| dir.path().to_owned()));
    let data = data.ok_or_else(|| Stop::CannotRun("there is no folder to work in".to_owned()))?;
    let cluster = match (plan.engine, &plan.database) {
        (Engine::Postgres, None) => Some(TemporaryCluster::start()?),
        _ => None,
    };
    let database = match (&plan.database, &cluster) {
        (Some(url), _) => url.clone(),
        (None, Some(cluster)) => cluster.url().to_owned(),
        (None, None) => format!("sqlite:{}", data.join("stockwell.db").display()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let site = prepare(plan, &data, &database)?;
    if plan.name == Name::ImportYear {
        // it brings a world of its own, in which nothing is scarce
        return whole::import_year(plan, &site, &runtime);
    }
    let figures = measure(plan, &site, &runtime)?;
    race::run(plan, &site, &runtime)?;
    Ok(figures)
}

fn measure(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    if plan.name == Name::PostGrown {
        return grown(plan, site, runtime);
    }
    fill::fill(&site.config, &plan.size, plan.size.movements)?;
    match plan.name {
        Name::ReportScan => whole::report_scan(plan, site),
        Name::ColdStart => runtime.block_on(whole::cold_start(plan, site)).map_err(Stop::cannot_run),
        _ => by_requests(plan, site, runtime),
    }
}

/// Makes the database, which may not be there yet, and the world in it but for the import, which brings its own.
fn prepare(plan: &Plan, data: &Path, database: &str) -> Result<Site, Stop> {
    let flags =
        Flags { data: Some(data.to_owned()), database: Some(database.to_owned()), ..Flags::default() };
    let config = Config::read(&flags)?;
    if crate::commands::init::prepare(&config)? {
        let text =
            "there is a database already, and a benchmark makes its own: name an empty one, or a new folder";
        return Err(Stop::CannotRun(text.to_owned()));
    }
    let token = match plan.name {
        Name::ImportYear => String::new(),
        _ => world::make(&config, &plan.size)?,
    };
    let floor = match plan.engine {
        Engine::Sqlite => Floor::Sqlite(data.join("floor.db")),
        Engine::Postgres => Floor::Postgres(database.to_owned()),
    };
    Ok(Site { config, data: data.to_owned(), database: database.to_owned(), token, floor })
}

/// The same posts into an empty ledger and into one with a past, each against the floor.
fn grown(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let empty = by_requests(plan, site, runtime)?;
    fill::fill(&site.config, &plan.size, plan.size.movements)?;
    let grown = by_requests(plan, site, runtime)?;
    Ok(Figures { against_empty: Some(grown.ratio / empty.ratio.max(1e-9)), ..grown })
}

/// Drives a server, and holds what its clients were told against the database.
fn by_requests(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    held_to(&site.config, plan.name.leaves(), || {
        runtime.block_on(driven(plan, site)).map_err(Stop::cannot_run)
    })
}

/// How often the clients were told that it is accepted, and the figures.
async fn driven(plan: &Plan, site: &Site) -> anyhow::Result<(u64, Figures)> {
    let server = Server::start(&site.data, &site.database)?;
    let rest = server.memory_mib();
    // the keys of one run differ from those of another in the same database
    let name = format!("b{}", server.address.port());
    let run = Run { token: site.token.clone(), name, items: plan.size.items, keys: AtomicU64::new(0) };
    let run = Arc::new(run);
    let measured = drive(plan, &server, &run, &site.floor).await?;
    let load = measured.memory_mib;
    let start_ms = server.start.as_millis();
    server.stop()?;
    let Measured { accepted, mut tally, per_s, floor, ratio, rounds, cpu_us, .. } = measured;
    let figures = Figures {
        per_s,
        p50_ms: tally.quantile_ms(500),
        p99_ms: tally.quantile_ms(990),
        floor_commits_per_s: floor,
        ratio,
        cpu_us,
        accepted: tally.accepted,
        refused: tally.refused,
        other: tally.other,
        rounds,
        start_ms,
        memory_rest_mib: rest,
        memory_load_mib: load,
        ..Figures::empty(plan)
    };
    Ok((accepted, figures))
}

async fn drive(plan: &Plan, server: &Server, run: &Arc<Run>, floor: &Floor) -> anyhow::Result<Measured> {
    let side = |number| Side::new(run, number);
    let bins = plan.size.bins;
    match plan.name {
        Name::ReserveHot => {
            rounds::run(plan, server, floor, |n| Reserve { side: side(n), hot: Some(world::HOT) }).await
        }
        Name::ReserveUniform => {
            rounds::run(plan, server, floor, |n| Reserve { side: side(n), hot: None }).await
        }
        Name::PostSingle => rounds::run(plan, server, floor, |n| Post { side: side(n), bulk: 1, bins }).await,
        Name::PostBulk | Name::PostGrown => {
            rounds::run(plan, server, floor, |n| Post { side: side(n), bulk: 1000, bins }).await
        }
        Name::LedgerPage => rounds::run(plan, server, floor, |n| Walk::new(side(n), bins)).await,
        Name::ReportScan | Name::ColdStart | Name::ImportYear => {
            anyhow::bail!("`{}` is not measured by requests", plan.name.word())
        }
        Name::StockRead => rounds::run(plan, server, floor, |n| Read { side: side(n) }).await,
    }
}
