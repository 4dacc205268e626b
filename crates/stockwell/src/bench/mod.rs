//! `stockwell bench`: the product measured through its real doors, against the floor of its own
//! engine in the same folder and in the same minute.
//!
//! Each round drives the server for half a second and then the bare engine for half a second; the
//! figures are the medians over the rounds, so what the machine does meanwhile hits both alike.
//! What is reserved is counted on both sides afterwards, and a unit too many fails the run.

mod askers;
mod child;
mod client;
mod load;
mod rounds;
mod world;

use crate::config::{Config, Flags};
use crate::exit::Stop;
use anyhow::Context as _;
use askers::{Post, Read, Reserve, Run, Side};
use child::Server;
use db::cluster::TemporaryCluster;
use rounds::{Floor, Measured};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Name {
    /// Everybody reserves one unit of one item
    ReserveHot,
    /// Everybody reserves one unit of any item
    ReserveUniform,
    /// Receipts of one line, one a request
    PostSingle,
    /// Receipts of one line, 1,000 a request
    PostBulk,
    /// The stock of any item
    StockRead,
}

impl Name {
    const fn word(self) -> &'static str {
        match self {
            Name::ReserveHot => "reserve-hot",
            Name::ReserveUniform => "reserve-uniform",
            Name::PostSingle => "post-single",
            Name::PostBulk => "post-bulk",
            Name::StockRead => "stock-read",
        }
    }
}

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
}

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    pub(crate) engine: &'static str,
    pub(crate) clients: usize,
    /// Requests (or movements of bulks) per second: the median of the rounds.
    pub(crate) per_s: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Durable commits per second of the bare engine: the median of the rounds.
    pub(crate) floor_commits_per_s: f64,
    /// The median of each round's own ratio.
    pub(crate) ratio: f64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) other: u64,
    pub(crate) rounds: usize,
    /// From the start of the server's process to its listening.
    pub(crate) start_ms: u128,
    pub(crate) memory_rest_mib: Option<u64>,
    pub(crate) memory_load_mib: Option<u64>,
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
    measure(plan, &data, &database).map_err(Stop::cannot_run)
}

fn measure(plan: &Plan, data: &Path, database: &str) -> anyhow::Result<Figures> {
    let flags = Flags {
        config: None,
        data: Some(data.to_owned()),
        database: Some(database.to_owned()),
        listen: None,
    };
    let config = Config::read(&flags).map_err(|stop| anyhow::anyhow!("{stop}"))?;
    crate::commands::init::prepare(&config).map_err(|stop| anyhow::anyhow!("{stop}"))?;
    let token = world::make(&config, &plan.size).map_err(|stop| anyhow::anyhow!("{stop}"))?;
    let server = Server::start(data, database)?;
    let rest = server.memory_mib();
    let floor = match plan.engine {
        Engine::Sqlite => Floor::Sqlite(data.join("floor.db")),
        Engine::Postgres => Floor::Postgres(database.to_owned()),
    };
    let name = format!("b{}", std::process::id());
    let run = Arc::new(Run { token, name, items: plan.size.items, keys: AtomicU64::new(0) });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(drive(plan, &server, &run, &floor))?;
    let load = measured.memory_mib;
    let start_ms = server.start.as_millis();
    runtime.block_on(check(plan, &server, &run, &measured))?;
    server.stop()?;
    let Measured { mut tally, per_s, floor, ratio, rounds, .. } = measured;
    Ok(Figures {
        name: plan.name.word(),
        engine: if plan.engine == Engine::Sqlite { "sqlite" } else { "postgres" },
        clients: plan.clients,
        per_s,
        p50_ms: tally.quantile_ms(500),
        p99_ms: tally.quantile_ms(990),
        floor_commits_per_s: floor,
        ratio,
        accepted: tally.accepted,
        refused: tally.refused,
        other: tally.other,
        rounds,
        start_ms,
        memory_rest_mib: rest,
        memory_load_mib: load,
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
        Name::PostBulk => {
            rounds::run(plan, server, floor, |n| Post { side: side(n), bulk: 1000, bins }).await
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
