//! `stockwell bench`: measures the product through its own doors, see `crate::bench`.

use crate::bench::{self, Engine, Figures, Name, Plan, Size};
use crate::cli::Call;
use crate::exit::Done;
use clap::Args;
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What to measure
    name: Name,
    /// The engine; that of `--database`, or `sqlite` when that is not given either
    #[arg(long)]
    engine: Option<Engine>,
    /// Connections; 64, or 1 where one at a time is measured
    #[arg(long)]
    clients: Option<usize>,
    /// Rounds of one second: half for the product, half for the floor
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Items in the world that is made
    #[arg(long, default_value_t = 10_000)]
    items: u64,
    /// Bins in the world that is made
    #[arg(long, default_value_t = 100)]
    bins: u64,
    /// Movements in the world before anything is measured; for what asks for a past, a million or five
    #[arg(long)]
    movements: Option<u64>,
    /// The file that `import-year` loads, such as demo/online-retail/online-retail.csv.gz
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Where the command line says to measure; what it does not name is temporary. A benchmark writes a
/// world of its own, so it never takes a database from the environment or a file: that may be the one
/// that people work with.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `--data`.
    pub(crate) data: Option<PathBuf>,
    /// `--database`.
    pub(crate) database: Option<String>,
}

pub(crate) fn run(call: Call<'_>, bench: Bench, place: Place) -> Done {
    let Bench { name, engine, clients, seconds, items, bins, movements, file } = bench;
    let Place { data, database } = place;
    let engine = Engine::chosen(engine, database.as_deref())?;
    let size = Size {
        items: items.max(1),
        bins: bins.clamp(1, 999),
        movements: movements.unwrap_or(name.movements()),
    };
    let clients = clients.unwrap_or(name.clients());
    let plan = Plan { name, engine, clients, seconds, size, data, database, file };
    let figures = bench::run(&plan)?;
    if call.out.json {
        let line = serde_json::to_string(&figures).map_err(crate::exit::Stop::cannot_run)?;
        return call.out.line(&line);
    }
    call.out.show(&figures, text)
}

fn text(figures: &Figures) -> String {
    let mib = |figure: Option<u64>| figure.map_or("?".to_owned(), |mib| mib.to_string());
    format!(
        "{} on {}, {} connections, {} rounds\n  {:.0} a second, {:.2} × the floor of {:.0} commits a second\n  \
         half within {:.2} ms, 99 of 100 within {:.2} ms\n  accepted {}, refused {}, otherwise {}\n  \
         memory {} MiB at rest, {} MiB under load; listening after {} ms",
        figures.name,
        figures.engine,
        figures.clients,
        figures.rounds,
        figures.per_s,
        figures.ratio,
        figures.floor_commits_per_s,
        figures.p50_ms,
        figures.p99_ms,
        figures.accepted,
        figures.refused,
        figures.other,
        mib(figures.memory_rest_mib),
        mib(figures.memory_load_mib),
        figures.start_ms
    )
}
