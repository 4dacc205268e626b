//! Driving the server: so many connections, each with one request under way, for so long.

use crate::bench::client::Client;
use anyhow::Result;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What one connection asks, again and again.
pub(crate) trait Ask: Send {
    /// Writes the next request into `out`; how many units of work it is.
    fn next(&mut self, out: &mut Vec<u8>) -> u64;

    /// Looks at the answer.
    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally);
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Units of work that were done: requests, or movements of a bulk.
    pub(crate) done: u64,
    /// Requests that were accepted.
    pub(crate) accepted: u64,
    /// Requests that were refused for lack of stock.
    pub(crate) refused: u64,
    /// Requests that were answered otherwise: busy, or worse.
    pub(crate) other: u64,
    /// A sample of what was answered otherwise.
    pub(crate) sample: Option<String>,
    /// Microseconds of each request.
    pub(crate) micros: Vec<u32>,
    /// How long it took in all.
    pub(crate) elapsed: Duration,
}

impl Tally {
    /// Both together, as if they had followed each other.
    pub(crate) fn add(&mut self, other: Tally) {
        let Tally { done, accepted, refused, other: others, sample, micros, elapsed } = other;
        self.done += done;
        self.accepted += accepted;
        self.refused += refused;
        self.other += others;
        self.sample = self.sample.take().or(sample);
        self.micros.extend(micros);
        self.elapsed += elapsed;
    }

    /// Units of work per second.
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a rate, for people")]
    pub(crate) fn per_second(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The latency that so many of a thousand requests stay under, in milliseconds.
    pub(crate) fn quantile_ms(&mut self, per_mille: usize) -> f64 {
        if self.micros.is_empty() {
            return 0.0;
        }
        let place = (self.micros.len() - 1) * per_mille / 1000;
        let (_, value, _) = self.micros.select_nth_unstable(place);
        f64::from(*value) / 1000.0
    }
}

/// Runs all askers at once, each on its connection, until the span is over; what is under way
/// then is waited for and counted.
pub(crate) async fn drive<A: Ask + 'static>(
    clients: Vec<(Client, A)>,
    span: Duration,
) -> Result<(Vec<(Client, A)>, Tally)> {
    let begun = Instant::now();
    let tasks: Vec<_> =
        clients.into_iter().map(|(client, asker)| tokio::spawn(one(client, asker, begun, span))).collect();
    let mut back = Vec::with_capacity(tasks.len());
    let mut sum = Tally::default();
    for task in tasks {
        let (client, asker, tally) = task.await??;
        back.push((client, asker));
        sum.add(tally);
    }
    sum.elapsed = begun.elapsed();
    Ok((back, sum))
}

async fn one<A: Ask>(
    mut client: Client,
    mut asker: A,
    begun: Instant,
    span: Duration,
) -> Result<(Client, A, Tally)> {
    let mut tally = Tally::default();
    let mut request = Vec::with_capacity(1024);
    while begun.elapsed() < span {
        let work = asker.next(&mut request);
        let sent = Instant::now();
        let reply = client.call(&request).await?;
        let (status, body) = (reply.status, reply.body);
        tally.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        tally.done += work;
        asker.answered(status, body, &mut tally);
    }
    Ok((client, asker, tally))
}

/// Connects so many clients.
pub(crate) async fn connect<A>(
    address: SocketAddr,
    count: usize,
    asker: impl Fn(usize) -> A,
) -> Result<Vec<(Client, A)>> {
    let mut clients = Vec::with_capacity(count);
    for number in 0..count {
        clients.push((Client::connect(address).await?, asker(number)));
    }
    Ok(clients)
}

/// Counts an answer of a write: accepted, refused for lack of stock, or otherwise.
pub(crate) fn count(status: u16, body: &[u8], tally: &mut Tally) {
    match status {
        200..=299 => tally.accepted += 1,
        409 => tally.refused += 1,
        _ => {
            tally.other += 1;
            if tally.sample.is_none() {
                tally.sample = Some(format!("{status} {}", String::from_utf8_lossy(body)));
            }
        }
    }
}
