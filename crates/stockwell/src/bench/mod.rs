//! `stockwell bench`: the product measured through its real doors, against the floor of its own
//! engine in the same folder and in the same minute.
//!
//! Each round drives the server for half a second and then the bare engine for half a second; the
//! figures are the medians over the rounds, so what the machine does meanwhile hits both alike.
//! What was written is counted on both sides afterwards: what the clients were told is held against
//! what the database holds, and one refusal, or one unit too many, fails the run. At the end of each
//! everybody races for the same scarce item.

mod askers;
mod bins;
mod books;
mod catalogue;
mod child;
mod client;
mod figures;
mod fill;
mod hello;
mod load;
mod moved;
mod race;
mod rounds;
mod store_books;
mod store_report;
mod whole;
mod world;

pub(crate) use figures::{Figures, Name};

use crate::config::{Config, Flags};
use crate::exit::Stop;
use crate::progress::Progress;
use askers::{Post, Read, Reserve, Run, Side, Walk};
use books::{Held, held_to};
use child::Server;
use db::cluster::TemporaryCluster;
use hello::{Greet, Hello};
use load::Ask;
use rounds::{Beside, Floor, Measured, Others};
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
    /// The world is there already.
    pub(crate) again: bool,
    /// What is imported, where an import is measured.
    pub(crate) file: Option<PathBuf>,
    /// Shows how far it is.
    pub(crate) progress: Progress,
}

impl Plan {
    /// Shows that so many rounds of so many have ended.
    fn shows(&self, ended: u64, all: u64) {
        self.progress.counts(ended, all, &format!("rounds of `{}`", self.name.word()));
    }
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
        (Engine::Postgres, None) => {
            plan.progress.waits("a PostgreSQL of its own is started");
            Some(TemporaryCluster::start()?)
        }
        _ => None,
    };
    let database = match (&plan.database, &cluster) {
        (Some(url), _) => url.clone(),
        (None, Some(cluster)) => cluster.url().to_owned(),
        (None, None) => format!("sqlite:{}", data.join("stockwell.db").display()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let site = prepare(plan, &data, &database)?;
    let mut plan = plan.clone();
    if plan.again {
        plan.size.movements = u64::try_from(Held::read(&site.config)?.movements).unwrap_or(0);
    }
    let plan = &plan;
    // these bring a world of their own, in which nothing is scarce
    match plan.name {
        Name::ImportYear => return whole::import_year(plan, &site, &runtime),
        Name::ImportList => return catalogue::import_list(plan, &site, &runtime),
        _ => {}
    }
    let figures = measure(plan, &site, &runtime)?;
    plan.progress.waits("everybody races for the last units of one item");
    race::run(plan, &site, &runtime)?;
    Ok(figures)
}

fn measure(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    if plan.name == Name::PostGrown {
        return grown(plan, site, runtime);
    }
    if !plan.again {
        fill::fill(&site.config, &plan.size, plan.size.movements, &plan.progress)?;
    }
    match plan.name {
        Name::MakeBins => bins::make_bins(plan, site, runtime),
        Name::MigrateStore => moved::migrate_store(plan, site, runtime),
        Name::ReportScan => whole::report_scan(plan, site, runtime),
        Name::ColdStart => runtime.block_on(whole::cold_start(plan, site)).map_err(Stop::cannot_run),
        _ => by_requests(plan, site, runtime),
    }
}

/// Makes the database, which may not be there yet, and the world in it but for the import, which brings its own.
fn prepare(plan: &Plan, data: &Path, database: &str) -> Result<Site, Stop> {
    let flags =
        Flags { data: Some(data.to_owned()), database: Some(database.to_owned()), ..Flags::default() };
    let config = Config::read(&flags)?;
    if plan.again && matches!(plan.name, Name::PostGrown | Name::ImportYear | Name::ImportList) {
        let text = format!("`{}` begins with an empty ledger: leave `--again` out", plan.name.word());
        return Err(Stop::Usage(text));
    }
    if plan.again {
        // nothing is made where nothing was left
        crate::commands::require_database(&config)?;
    }
    let there = crate::commands::init::prepare(&config, &plan.progress)?;
    if there != plan.again {
        let text = if there {
            "there is a database already, and a benchmark makes its own: name an empty one, or a new folder; \
             with `--again` it measures in the world of an earlier run"
        } else {
            "there is no world of an earlier run: leave `--again` out, or name where it was left"
        };
        return Err(Stop::CannotRun(text.to_owned()));
    }
    let token = match plan.name {
        Name::ImportYear | Name::ImportList => String::new(),
        _ if plan.again => world::find(&config, &plan.size)?,
        _ => world::make(&config, &plan.size, &plan.progress)?,
    };
    let floor = match plan.engine {
        // beside the product's own file, whose disk it is compared on
        Engine::Sqlite => Floor::Sqlite(beside(&config, data)),
        Engine::Postgres => Floor::Postgres(database.to_owned()),
    };
    Ok(Site { config, data: data.to_owned(), database: database.to_owned(), token, floor })
}

/// A file of the floor beside that of the product.
fn beside(config: &Config, data: &Path) -> PathBuf {
    let file = config.database_file();
    let folder = file.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(data).join("stockwell-floor.db")
}

/// The same posts into an empty ledger and into one with a past, each against the floor.
fn grown(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let empty = by_requests(plan, site, runtime)?;
    fill::fill(&site.config, &plan.size, plan.size.movements, &plan.progress)?;
    let grown = by_requests(plan, site, runtime)?;
    Ok(Figures {
        rate_against_empty: Some(grown.per_s / empty.per_s.max(1e-9)),
        against_empty: Some(grown.ratio / empty.ratio.max(1e-9)),
        ..grown
    })
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
    let Measured { accepted, mut tally, per_s, floor, ratio, rounds, cpu_us, beside, .. } = measured;
    let is_hot = plan.name == Name::ReserveHot;
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
        hot_over_uniform: beside.filter(|_| is_hot).map(|uniform| uniform.ratio),
        hello_per_s: beside.filter(|_| !is_hot).map(|hello| hello.per_s),
        hello_ratio: beside.filter(|_| !is_hot).map(|hello| hello.ratio),
        ..Figures::empty(plan)
    };
    // what was reserved beside the hot item is in the books too
    let also = beside.filter(|_| is_hot).map_or(0, |uniform: Beside| uniform.accepted);
    Ok((accepted + also, figures))
}

async fn drive(plan: &Plan, server: &Server, run: &Arc<Run>, floor: &Floor) -> anyhow::Result<Measured> {
    let side = |number| Side::new(run, number);
    let bins = plan.size.bins;
    let none = Others::new;
    match plan.name {
        Name::ReserveHot => {
            // dice of their own
            let any =
                |n: usize| -> Box<dyn Ask> { Box::new(Reserve { side: side(n + plan.clients), hot: None }) };
            let uniform = load::connect(server.address, plan.clients, any).await?;
            let hot = |n| Reserve { side: side(n), hot: Some(world::HOT) };
            rounds::run(plan, server, floor, hot, uniform).await
        }
        Name::ReserveUniform => {
            rounds::run(plan, server, floor, |n| Reserve { side: side(n), hot: None }, none()).await
        }
        Name::PostSingle => {
            rounds::run(plan, server, floor, |n| Post { side: side(n), bulk: 1, bins, issues: false }, none())
                .await
        }
        Name::PostBulk => {
            rounds::run(
                plan,
                server,
                floor,
                |n| Post { side: side(n), bulk: 1000, bins, issues: false },
                none(),
            )
            .await
        }
        Name::PostGrown => {
            // a ledger with a past is what goods are taken from, too
            let mixed = |n| Post { side: side(n), bulk: 1000, bins, issues: true };
            rounds::run(plan, server, floor, mixed, none()).await
        }
        Name::LedgerPage => {
            let depths = Arc::new(askers::depths(server.address, &run.token).await?);
            let hello = Hello::start()?;
            let others = greeters(&hello, plan.clients).await?;
            let walk = |n| Walk::new(side(n), bins, Arc::clone(&depths));
            rounds::run(plan, server, floor, walk, others).await
        }
        Name::StockRead => {
            let hello = Hello::start()?;
            let others = greeters(&hello, plan.clients).await?;
            rounds::run(plan, server, floor, |n| Read { side: side(n) }, others).await
        }
        Name::MakeBins
        | Name::MigrateStore
        | Name::ReportScan
        | Name::ColdStart
        | Name::ImportYear
        | Name::ImportList => {
            anyhow::bail!("`{}` is not measured by requests", plan.name.word())
        }
    }
}

async fn greeters(hello: &Hello, count: usize) -> anyhow::Result<Others> {
    load::connect(hello.address, count, |_| -> Box<dyn Ask> { Box::new(Greet) }).await
}
