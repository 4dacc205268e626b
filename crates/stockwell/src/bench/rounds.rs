//! Rounds: half a second of the product, half a second of what it is compared with, half a second of the
//! floor, and the medians.

use crate::bench::Plan;
use crate::bench::child::Server;
use crate::bench::client::Client;
use crate::bench::load::{self, Ask, Tally};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::time::Duration;

/// Each half of a round.
const HALF: Duration = Duration::from_millis(500);
/// Connections of the floor on a server.
const FLOOR_CONNECTIONS: usize = 32;

/// The bare engine.
#[derive(Clone, Debug)]
pub(crate) enum Floor {
    /// One thread on a file of its own beside the product's.
    Sqlite(PathBuf),
    /// Many connections on one hot row.
    Postgres(String),
}

/// What the rounds came to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) tally: Tally,
    /// What was accepted in all rounds, the first one too.
    pub(crate) accepted: u64,
    pub(crate) per_s: f64,
    pub(crate) floor: f64,
    pub(crate) ratio: f64,
    pub(crate) rounds: usize,
    pub(crate) memory_mib: Option<u64>,
    /// How long the server's threads worked for one unit, in microseconds: it says more than a rate
    /// on a machine that is busy with other things.
    pub(crate) cpu_us: f64,
    /// What the load beside it came to, where there is one.
    pub(crate) beside: Option<Beside>,
}

/// Another load, driven in the same rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    /// What was accepted in all rounds, the first one too.
    pub(crate) accepted: u64,
    pub(crate) per_s: f64,
    /// The median of each round's own ratio: the measured load over this one.
    pub(crate) ratio: f64,
}

/// The connections of the load beside the measured one; none where there is no such load.
pub(crate) type Others = Vec<(Client, Box<dyn Ask>)>;

/// Runs the rounds. The first one warms up and does not count.
pub(crate) async fn run<A: Ask + 'static>(
    plan: &Plan,
    server: &Server,
    floor: &Floor,
    asker: impl Fn(usize) -> A,
    mut others: Others,
) -> Result<Measured> {
    let mut clients = load::connect(server.address, plan.clients, asker).await?;
    let (mut sum, mut rates, mut floors, mut ratios) = (Tally::default(), Vec::new(), Vec::new(), Vec::new());
    let mut memory = None;
    let (mut worked, mut accepted) = (Duration::ZERO, 0);
    let (mut other_accepted, mut other_rates, mut against) = (0, Vec::new(), Vec::new());
    let last = plan.seconds.max(1);
    for round in 0..=last {
        plan.shows(round, last + 1);
        let before = server.worked();
        let (back, tally) = load::drive(clients, HALF).await?;
        let after = server.worked();
        clients = back;
        let other = if others.is_empty() { None } else { Some(load::drive(others, HALF).await?) };
        others = Vec::new();
        if let Some((back, tally_of_other)) = other {
            others = back;
            faultless(&tally_of_other)?;
            other_accepted += tally_of_other.accepted;
            if round > 0 {
                other_rates.push(tally_of_other.per_second());
                against.push(tally.per_second() / tally_of_other.per_second().max(1e-9));
            }
        }
        memory = memory.max(server.memory_peak_mib());
        let bare = bare(floor.clone()).await?;
        accepted += tally.accepted;
        faultless(&tally)?;
        if round > 0 {
            rates.push(tally.per_second());
            floors.push(bare);
            ratios.push(tally.per_second() / bare.max(1e-9));
            sum.add(tally);
            worked += after.saturating_sub(before);
        }
    }
    Ok(Measured {
        cpu_us: worked.as_secs_f64() * 1e6
            / f64::from(u32::try_from(sum.accepted).unwrap_or(u32::MAX).max(1)),
        rounds: rates.len(),
        per_s: median(rates),
        floor: median(floors),
        ratio: median(ratios),
        tally: sum,
        accepted,
        memory_mib: memory,
        beside: (!other_rates.is_empty()).then(|| Beside {
            accepted: other_accepted,
            per_s: median(other_rates),
            ratio: median(against),
        }),
    })
}

/// There is plenty of what the rounds ask for, so nothing may be refused.
pub(crate) fn faultless(tally: &Tally) -> Result<()> {
    if let Some(sample) = &tally.sample {
        let Tally { refused, other, .. } = tally;
        bail!("{refused} were refused and {other} requests answered otherwise, such as: {sample}");
    }
    Ok(())
}

pub(crate) async fn bare(floor: Floor) -> Result<f64> {
    let commits = tokio::task::spawn_blocking(move || match floor {
        Floor::Sqlite(file) => db::floor::sqlite(&file, HALF),
        Floor::Postgres(url) => db::floor::postgres(&url, FLOOR_CONNECTIONS, HALF),
    });
    let commits = commits.await??;
    Ok(f64::from(commits.count) / commits.elapsed.as_secs_f64().max(1e-9))
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Sends so many requests in all, spread over the connections.
pub(crate) async fn burst<A: Ask + 'static>(clients: Vec<(Client, A)>, requests: usize) -> Result<Tally> {
    let count = clients.len().max(1);
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(number, (client, asker))| {
            let share = requests / count + usize::from(number < requests % count);
            tokio::spawn(some(client, asker, share))
        })
        .collect();
    let mut sum = Tally::default();
    for task in tasks {
        sum.add(task.await??);
    }
    Ok(sum)
}

async fn some<A: Ask>(mut client: Client, mut asker: A, requests: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut request = Vec::with_capacity(1024);
    for _ in 0..requests {
        asker.next(&mut request);
        let reply = client.call(&request).await?;
        let (status, body) = (reply.status, reply.body);
        asker.answered(status, body, &mut tally);
    }
    Ok(tally)
}
