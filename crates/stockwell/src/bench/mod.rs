//! `stockwell bench`: the product measured through its real doors, against the floor of its own
//! engine in the same folder and in the same minute.
//!
//! Each round drives the server for half a second and then the bare engine for half a second; the
//! figures are the medians over the rounds, so what the machine does meanwhile hits both alike.
//! What is reserved is counted on both sides afterwards, and a unit too many fails the run.

mod askers;
mod child;
mod client;
mod figures;
mod fill;
mod load;
mod rounds;
mod store_report;
mod whole;
mod world;

pub(crate) use figures::{Figures, Name};

use crate::config::{Config, Flags};
use crate::exit::Stop;
use anyhow::Context as _;
use askers::{Post, Read, Reserve, Run, Side, Walk};
use child::Server;
use db::cluster::TemporaryCluster;
use rounds::{Floor, Measured};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// A file
    Sqlite,
    /// A server; a temporary one when no database is named
    Postgres,
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
        // the import makes its folder ready by itself
        return runtime.block_on(whole::import_year(plan, &site)).map_err(Stop::cannot_run);
    }
    if plan.name == Name::PostGrown {
        return grown(plan, &site, &runtime);
    }
    fill::fill(&site.config, &plan.size, plan.size.movements)?;
    match plan.name {
        Name::ReportScan => whole::report_scan(plan, &site),
        Name::ColdStart => runtime.block_on(whole::cold_start(plan, &site)).map_err(Stop::cannot_run),
        _ => runtime.block_on(measure(plan, &site)).map_err(Stop::cannot_run),
    }
}

/// Makes the world, but for the import, which brings its own.
fn prepare(plan: &Plan, data: &Path, database: &str) -> Result<Site, Stop> {
    let flags =
        Flags { data: Some(data.to_owned()), database: Some(database.to_owned()), ..Flags::default() };
    let config = Config::read(&flags)?;
    let token = if plan.name == Name::ImportYear {
        String::new()
    } else {
        crate::commands::init::prepare(&config)?;
        world::make(&config, &plan.size)?
    };
    let floor = match plan.engine {
        Engine::Sqlite => Floor::Sqlite(data.join("floor.db")),
        Engine::Postgres => Floor::Postgres(database.to_owned()),
    };
    Ok(Site { config, data: data.to_owned(), database: database.to_owned(), token, floor })
}

/// The same posts into an empty ledger and into one with a past, each against the floor.
fn grown(plan: &Plan, site: &Site, runtime: &tokio::runtime::Runtime) -> Result<Figures, Stop> {
    let empty = runtime.block_on(measure(plan, site)).map_err(Stop::cannot_run)?;
    fill::fill(&site.config, &plan.size, plan.size.movements)?;
    let grown = runtime.block_on(measure(plan, site)).map_err(Stop::cannot_run)?;
    Ok(Figures { against_empty: Some(grown.ratio / empty.ratio.max(1e-9)), ..grown })
}

async fn measure(plan: &Plan, site: &Site) -> anyhow::Result<Figures> {
    let server = Server::start(&site.data, &site.database)?;
    let rest = server.memory_mib();
    // the keys of one run differ from those of another in the same database
    let name = format!("b{}", server.address.port());
    let run = Run { token: site.token.clone(), name, items: plan.size.items, keys: AtomicU64::new(0) };
    let run = Arc::new(run);
    let measured = drive(plan, &server, &run, &site.floor).await?;
    let load = measured.memory_mib;
    let start_ms = server.start.as_millis();
    check(plan, &server, &run, &measured).await?;
    server.stop()?;
    let Measured { mut tally, per_s, floor, ratio, rounds, cpu_us, .. } = measured;
    Ok(Figures {
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
    })
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

/// Nothing may have been refused for a reason that is not stock; and of the scarce item exactly
/// what there is can be reserved, whoever comes.
async fn check(plan: &Plan, server: &Server, run: &Arc<Run>, measured: &Measured) -> anyhow::Result<()> {
    if let Some(sample) = &measured.tally.sample {
        anyhow::bail!("{} requests were answered otherwise, such as: {sample}", measured.tally.other);
    }
    if plan.name == Name::PostGrown {
        // it is measured twice, and of the scarce item there is only so much
        return Ok(());
    }
    let (token, name) = (run.token.clone(), format!("{}s", run.name));
    let scarce = Arc::new(Run { token, name, items: run.items, keys: AtomicU64::new(0) });
    let units = u64::from(world::SCARCE_UNITS);
    let clients = load::connect(server.address, plan.clients, |number| Limited {
        asker: Reserve { side: Side::new(&scarce, number), hot: Some(world::SCARCE) },
    })
    .await?;
    let tally = rounds::burst(clients, 5_000).await.context("the race for the scarce item")?;
    if tally.accepted != units {
        anyhow::bail!("of {units} units {} were reserved", tally.accepted);
    }
    Ok(())
}

/// An asker for a burst of so many requests in all.
#[derive(Debug)]
pub(crate) struct Limited<A> {
    pub(crate) asker: A,
}
