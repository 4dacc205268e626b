//! What is measured as a whole and not by requests: a report over everything, a cold start, the
//! import of a year.

use super::askers::{Read, Run, Side};
use super::child::Server;
use super::client::Client;
use super::load::{Ask as _, Tally};
use super::rounds::{bare, faultless, median};
use super::store_report::{OnHand, scan};
use super::{Figures, Plan, Site};
use crate::commands::{Operator, demo};
use crate::exit::Stop;
use anyhow::{Context as _, anyhow, bail};
use domain::Delta;
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How often the memory of a running import is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long each run took.
pub(super) struct Runs {
    pub(super) tally: Tally,
    /// Runs, or units of the one run, in a second.
    pub(super) per_s: f64,
    pub(super) floor: f64,
    pub(super) memory_mib: Option<u64>,
}

impl Runs {
    pub(super) fn figures(self, plan: &Plan) -> Figures {
        let Runs { mut tally, per_s, floor, memory_mib } = self;
        Figures {
            clients: 1,
            per_s,
            p50_ms: tally.quantile_ms(500),
            p99_ms: tally.quantile_ms(990),
            floor_commits_per_s: floor,
            ratio: per_s / floor.max(1e-9),
            accepted: tally.accepted,
            rounds: tally.micros.len(),
            memory_load_mib: memory_mib,
            ..Figures::empty(plan)
        }
    }
}

pub(super) fn note(tally: &mut Tally, took: Duration) {
    tally.accepted += 1;
    tally.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    tally.elapsed += took;
}

/// On hand of everything by the product's own list, all of its pages; and the same from the movements
/// alone, in this process: its floor.
pub(crate) fn report_scan(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let server = Server::start(&site.data, &site.database).map_err(Stop::cannot_run)?;
    let rest = server.memory_mib();
    let reader = Operator::open_to_read(&site.config)?;
    let mut client = runtime.block_on(Client::connect(server.address)).map_err(Stop::cannot_run)?;
    let (mut tally, mut scans, mut floors) = (Tally::default(), Vec::new(), Vec::new());
    let last = plan.seconds.max(1);
    for round in 0..=last {
        plan.shows(round, last + 1);
        let begun = Instant::now();
        let told = runtime.block_on(sums(&mut client, &site.token)).map_err(Stop::cannot_run)?;
        let took = begun.elapsed();
        let begun = Instant::now();
        let by_movement = reader.db.read_blocking(scan)?;
        let floor = begun.elapsed();
        if told != by_movement {
            return Err(Stop::Wrong("what is told is not the sum of the movements".to_owned()));
        }
        if round > 0 {
            note(&mut tally, took);
            scans.push(1.0 / floor.as_secs_f64().max(1e-9));
            floors.push(runtime.block_on(bare(site.floor.clone())).map_err(Stop::cannot_run)?);
        }
    }
    let memory_mib = server.memory_peak_mib();
    server.stop().map_err(Stop::cannot_run)?;
    let per_s = tally.per_second();
    let figures = Runs { tally, per_s, floor: median(floors), memory_mib }.figures(plan);
    let scans = median(scans);
    let scans_ratio = Some(per_s / scans.max(1e-9));
    Ok(Figures { memory_rest_mib: rest, scans_per_s: Some(scans), scans_ratio, ..figures })
}

/// A page of sums.
#[derive(Deserialize)]
struct Sums {
    items: Vec<Sum>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Sum {
    sku: String,
    on_hand: String,
}

/// Every item with what is on hand of it, in millionths.
async fn sums(client: &mut Client, token: &str) -> anyhow::Result<OnHand> {
    let (mut all, mut request, mut cursor) = (OnHand::new(), Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/stock/sums?limit=500{cursor}");
        super::client::request(&mut request, "GET", &path, token, None, "");
        let reply = client.call(&request).await?;
        if reply.status != 200 {
            bail!("the sums are answered with {}", reply.status);
        }
        let page: Sums = serde_json::from_slice(reply.body)?;
        for Sum { sku, on_hand } in page.items {
            let on_hand = Delta::parse(&on_hand).map_err(|_| anyhow!("`{on_hand}` is no quantity"))?;
            if all.insert(sku, on_hand.0).is_some() {
                bail!("an item stands on two pages");
            }
        }
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

/// From the start of a server's process to its first answer about stock, again and again.
pub(crate) async fn cold_start(plan: &Plan, site: &Site) -> anyhow::Result<Figures> {
    let run = Run {
        token: site.token.clone(),
        name: String::new(),
        items: plan.size.items,
        keys: AtomicU64::new(0),
    };
    let mut asker = Read { side: Side::new(&Arc::new(run), 0) };
    let (mut tally, mut request, mut memory) = (Tally::default(), Vec::new(), None);
    let (mut counted, mut floors) = (Tally::default(), Vec::new());
    let all = plan.seconds.max(1);
    for round in 0..all {
        plan.shows(round, all);
        let begun = Instant::now();
        let server = Server::start(&site.data, &site.database)?;
        let mut client = Client::connect(server.address).await?;
        asker.next(&mut request);
        let reply = client.call(&request).await?;
        note(&mut tally, begun.elapsed());
        let (status, body) = (reply.status, reply.body);
        asker.answered(status, body, &mut counted);
        memory = memory.max(server.memory_peak_mib());
        server.stop()?;
        floors.push(bare(site.floor.clone()).await?);
    }
    faultless(&counted).context("the first answer")?;
    let per_s = tally.per_second();
    Ok(Runs { tally, per_s, floor: median(floors), memory_mib: memory }.figures(plan))
}

/// What the command says of its import.
#[derive(Debug, Deserialize)]
struct Imported {
    course: String,
    reconciliation: Reconciliation,
}

#[derive(Debug, Deserialize)]
struct Reconciliation {
    file: FileTotals,
    /// Whether every line of the file is accounted for.
    balances: bool,
}

#[derive(Debug, Deserialize)]
struct FileTotals {
    lines: u32,
}

/// The import of a year as its command, with the most memory it held. A unit is a line of the file,
/// as many as the import has counted. It runs once, so its floor is that of before and of after, in the mean.
pub(crate) fn import_year(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let built_in = site.data.join("year.csv.gz");
    if plan.file.is_none() {
        std::fs::write(&built_in, demo::YEAR)?;
    }
    let file = plan.file.as_ref().unwrap_or(&built_in);
    plan.progress.waits("a year is imported");
    let bare = || runtime.block_on(bare(site.floor.clone())).map_err(Stop::cannot_run);
    let before = bare()?;
    let begun = Instant::now();
    let (said, memory) = import(site, &["online-retail"], file).map_err(Stop::cannot_run)?;
    let took = begun.elapsed();
    let Imported { course, reconciliation } = serde_json::from_slice(&said).map_err(Stop::cannot_run)?;
    if course != "whole" {
        return Err(Stop::CannotRun("the database held the year, or a part of it, before".to_owned()));
    }
    if !reconciliation.balances {
        return Err(Stop::CannotRun("the import does not account for every line of the file".to_owned()));
    }
    let mut tally = Tally::default();
    note(&mut tally, took);
    let floor = f64::midpoint(before, bare()?);
    let per_s = f64::from(reconciliation.file.lines) / took.as_secs_f64().max(1e-9);
    Ok(Runs { tally, per_s, floor, memory_mib: memory }.figures(plan))
}

/// Imports by the command: what it said, and the most memory it held.
pub(super) fn import(site: &Site, what: &[&str], file: &Path) -> anyhow::Result<(Vec<u8>, Option<u64>)> {
    let mut args = vec![OsStr::new("import")];
    args.extend(what.iter().map(OsStr::new));
    args.push(file.as_os_str());
    by_command(site, &args)
}

/// Runs a command over the database of the world: what it said, and the most memory it held.
pub(super) fn by_command(site: &Site, args: &[&OsStr]) -> anyhow::Result<(Vec<u8>, Option<u64>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(args)
        .args(["--json", "--database", &site.database, "--data"])
        .arg(&site.data)
        .stdout(Stdio::piped())
        .spawn()
        .context("the command does not start")?;
    let process = child.id();
    let mut out = child.stdout.take().context("the command has no standard output")?;
    // it says one line at its end; read beside it, so that it never waits for a reader
    let said = std::thread::spawn(move || {
        let mut said = Vec::new();
        out.read_to_end(&mut said).map(|_| said)
    });
    let mut memory = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        memory = memory.max(super::child::memory_peak_mib(process));
        std::thread::sleep(LOOK);
    };
    if !status.success() {
        bail!("the command failed: {status}");
    }
    let said = said.join().map_err(|_| anyhow!("what the command said cannot be read"))??;
    Ok((said, memory))
}
