//! `stockwell bench`: measures the product through its own doors, see `crate::bench`.

use crate::bench::{self, Engine, Figures, Name, Plan, Size};
use crate::cli::Call;
use crate::exit::Done;
use clap::Args;
use clap::builder::RangedU64ValueParser;
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
    #[arg(long, value_parser = counts::<usize>(1..=4_096))]
    clients: Option<usize>,
    /// Rounds of one second: half for the product, half for the floor
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Items in the world that is made
    #[arg(long, default_value_t = 10_000, value_parser = counts::<u64>(1..=1_000_000))]
    items: u64,
    /// Bins in the world that is made
    #[arg(long, default_value_t = 100, value_parser = counts::<u64>(1..=999))]
    bins: u64,
    /// Movements in the world before anything is measured; for what asks for a past, a million or five
    #[arg(long)]
    movements: Option<u64>,
    /// Measure in the world that an earlier run left in `--data` or `--database`, with the movements it has
    #[arg(long)]
    again: bool,
    /// The file that `import-year` loads; the real year that is built in when not given
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A number within these bounds.
fn counts<T: TryFrom<u64> + Clone + Send + Sync>(
    bounds: std::ops::RangeInclusive<u64>,
) -> RangedU64ValueParser<T> {
    RangedU64ValueParser::new().range(bounds)
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
    let Bench { name, engine, clients, seconds, items, bins, movements, again, file } = bench;
    let Place { data, database } = place;
    let engine = Engine::chosen(engine, database.as_deref())?;
    let size = Size { items, bins, movements: movements.unwrap_or(name.movements()) };
    let clients = clients.unwrap_or(name.clients());
    let progress = call.out.progress();
    let plan = Plan { name, engine, clients, seconds, size, data, database, again, file, progress };
    let figures = bench::run(&plan)?;
    drop(plan);
    if call.out.json {
        let line = serde_json::to_string(&figures).map_err(crate::exit::Stop::cannot_run)?;
        return call.out.line(&line);
    }
    call.out.show(&figures, text)
}

fn text(figures: &Figures) -> String {
    let mib = |figure: Option<u64>| figure.map_or("?".to_owned(), |mib| mib.to_string());
    let mut lines = vec![
        format!(
            "{} on {}, {} connections, {} rounds, {} items, {} bins, {} movements beforehand",
            figures.name,
            figures.engine,
            figures.clients,
            figures.rounds,
            figures.items,
            figures.bins,
            figures.movements
        ),
        format!(
            "  {:.0} a second, {:.2} × the floor of {:.0} commits a second",
            figures.per_s, figures.ratio, figures.floor_commits_per_s
        ),
    ];
    let mut told = |figure: Option<f64>, what: &dyn Fn(f64) -> String| lines.extend(figure.map(what));
    told(figures.hot_over_uniform, &|ratio| format!("  {ratio:.2} × that of any item"));
    told(figures.hello_per_s, &|rate| {
        let ratio = figures.hello_ratio.unwrap_or_default();
        format!("  {ratio:.2} × the {rate:.0} answers a second that only say hello")
    });
    told(figures.scans_per_s, &|rate| {
        format!("  a scan of all movements takes {:.0} ms", 1000.0 / rate.max(1e-9))
    });
    told(figures.rate_against_empty, &|rate| {
        let ratio = figures.against_empty.unwrap_or_default();
        format!("  {rate:.2} × the rate into an empty ledger, {ratio:.2} × by the floors")
    });
    told(figures.search_p99_ms, &|took| format!("  99 of 100 searches within {took:.2} ms"));
    told(figures.lookup_p99_ms, &|took| format!("  99 of 100 lookups of a barcode within {took:.3} ms"));
    lines.push(format!(
        "  half within {:.2} ms, 99 of 100 within {:.2} ms\n  accepted {}, refused {}, otherwise {}\n  \
         memory {} MiB at rest, at most {} MiB under load; listening after {} ms",
        figures.p50_ms,
        figures.p99_ms,
        figures.accepted,
        figures.refused,
        figures.other,
        mib(figures.memory_rest_mib),
        mib(figures.memory_load_mib),
        figures.start_ms
    ));
    lines.join("\n")
}
