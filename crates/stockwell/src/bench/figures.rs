//! What can be measured, and what comes of it.

use super::books::Leaves;
use super::{Engine, Plan};
use serde::Serialize;

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
    /// Pages of the ledger, to any depth
    LedgerPage,
    /// On hand of everything, against a scan of all movements
    ReportScan,
    /// From the start of the process to its first answer
    ColdStart,
    /// The real year, by its command
    ImportYear,
    /// A catalogue from a file, by its command, and then what is found in it
    ImportList,
    /// Ten bins for each item of the world, by one request
    MakeBins,
    /// A whole store into a PostgreSQL of its own, by its command
    MigrateStore,
    /// Bulks into a ledger with a past, against those into an empty one
    PostGrown,
}

impl Name {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Name::ReserveHot => "reserve-hot",
            Name::ReserveUniform => "reserve-uniform",
            Name::PostSingle => "post-single",
            Name::PostBulk => "post-bulk",
            Name::StockRead => "stock-read",
            Name::LedgerPage => "ledger-page",
            Name::ReportScan => "report-scan",
            Name::ColdStart => "cold-start",
            Name::ImportYear => "import-year",
            Name::ImportList => "import-list",
            Name::MakeBins => "make-bins",
            Name::MigrateStore => "migrate-store",
            Name::PostGrown => "post-grown",
        }
    }

    /// How many movements there are beforehand, when nobody says otherwise.
    pub(crate) const fn movements(self) -> u64 {
        match self {
            Name::LedgerPage | Name::ColdStart | Name::MigrateStore => 1_000_000,
            Name::ReportScan | Name::PostGrown => 5_000_000,
            _ => 0,
        }
    }

    /// What a request of it that is accepted leaves in the database, or each posting of a bulk.
    pub(crate) const fn leaves(self) -> Leaves {
        match self {
            Name::ReserveHot | Name::ReserveUniform => Leaves::Claim,
            Name::PostSingle | Name::PostBulk | Name::PostGrown => Leaves::Movement,
            Name::StockRead
            | Name::LedgerPage
            | Name::ReportScan
            | Name::ColdStart
            | Name::ImportYear
            | Name::ImportList
            | Name::MakeBins
            | Name::MigrateStore => Leaves::Nothing,
        }
    }

    /// How many connections there are, when nobody says otherwise.
    pub(crate) const fn clients(self) -> usize {
        match self {
            Name::LedgerPage
            | Name::ReportScan
            | Name::ColdStart
            | Name::ImportYear
            | Name::ImportList
            | Name::MakeBins
            | Name::MigrateStore => 1,
            _ => 64,
        }
    }
}

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    pub(crate) engine: &'static str,
    pub(crate) clients: usize,
    /// How many items and bins the world has.
    pub(crate) items: u64,
    pub(crate) bins: u64,
    /// How many movements there were beforehand.
    pub(crate) movements: u64,
    /// Accepted requests (or postings of bulks) per second: the median of the rounds.
    pub(crate) per_s: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Durable commits per second of the bare engine: the median of the rounds.
    pub(crate) floor_commits_per_s: f64,
    /// The median of each round's own ratio.
    pub(crate) ratio: f64,
    /// Microseconds of work of the server for one of `per_s`.
    pub(crate) cpu_us: f64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) other: u64,
    pub(crate) rounds: usize,
    /// From the start of the server's process to its listening.
    pub(crate) start_ms: u128,
    pub(crate) memory_rest_mib: Option<u64>,
    pub(crate) memory_load_mib: Option<u64>,
    /// How many answers a second the same HTTP stack gives that only says hello, in the same rounds, and
    /// `per_s` over it: where reads are measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hello_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hello_ratio: Option<f64>,
    /// Reservations of one hot item over those of any item, in the same rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hot_over_uniform: Option<f64>,
    /// Scans of all movements a second, the floor of a report over everything, and `per_s` over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scans_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scans_ratio: Option<f64>,
    /// `per_s` over that of an empty ledger, where both are measured, and the same of the ratios to the
    /// floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_against_empty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) against_empty: Option<f64>,
    /// How long a search by words and the lookup of a barcode take at most, 99 times of 100, asked in this
    /// process: where a catalogue is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) search_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lookup_p99_ms: Option<f64>,
}

impl Figures {
    /// Nothing measured yet.
    pub(crate) const fn empty(plan: &Plan) -> Figures {
        Figures {
            name: plan.name.word(),
            engine: match plan.engine {
                Engine::Sqlite => "sqlite",
                Engine::Postgres => "postgres",
            },
            clients: plan.clients,
            items: plan.size.items,
            bins: plan.size.bins,
            movements: plan.size.movements,
            per_s: 0.0,
            p50_ms: 0.0,
            p99_ms: 0.0,
            floor_commits_per_s: 0.0,
            ratio: 0.0,
            cpu_us: 0.0,
            accepted: 0,
            refused: 0,
            other: 0,
            rounds: 0,
            start_ms: 0,
            memory_rest_mib: None,
            memory_load_mib: None,
            hello_per_s: None,
            hello_ratio: None,
            hot_over_uniform: None,
            scans_per_s: None,
            scans_ratio: None,
            rate_against_empty: None,
            against_empty: None,
            search_p99_ms: None,
            lookup_p99_ms: None,
        }
    }
}
