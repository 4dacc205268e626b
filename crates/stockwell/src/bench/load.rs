//! Driving the server: so many connections, each with one request under way, for so long.

use crate::bench::client::Client;
use anyhow::Result;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What one connection asks, again and again.
pub(crate) trait Ask: Send {
    /// Writes the next request into `out`.
    fn next(&mut self, out: &mut Vec<u8>);

    /// Looks at the answer.
    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally);
}

impl Ask for Box<dyn Ask> {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.as_mut().next(out);
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        self.as_mut().answered(status, body, tally);
    }
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Units of work that were accepted: requests, or postings of a bulk.
    pub(crate) accepted: u64,
    /// Units of work that were refused.
    pub(crate) refused: u64,
    /// Requests that were answered otherwise: busy, or worse.
    pub(crate) other: u64,
    /// A sample of what was refused or answered otherwise.
    pub(crate) sample: Option<String>,
    /// Microseconds of each request.
    pub(crate) micros: Vec<u32>,
    /// How long it took in all.
    pub(crate) elapsed: Duration,
}

impl Tally {
    /// Both together, as if they had followed each other.
    pub(crate) fn add(&mut self, other: Tally) {
        let Tally { accepted, refused, other: others, sample, micros, elapsed } = other;
        self.accepted += accepted;
        self.refused += refused;
        self.other += others;
        self.sample = self.sample.take().or(sample);
        self.micros.extend(micros);
        self.elapsed += elapsed;
    }

    fn keep(&mut self, status: u16, body: &[u8]) {
        if self.sample.is_none() {
            self.sample = Some(format!("{status} {}", String::from_utf8_lossy(body)));
        }
    }

    /// Accepted units of work per second.
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a rate, for people")]
    pub(crate) fn per_second(&self) -> f64 {
        self.accepted as f64 / self.elapsed.as_secs_f64().max(1e-9)
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
        asker.next(&mut request);
        let sent = Instant::now();
        let reply = client.call(&request).await?;
        let (status, body) = (reply.status, reply.body);
        tally.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
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

/// Counts an answer to one unit of work: accepted, refused for lack of stock, or otherwise.
pub(crate) fn count(status: u16, body: &[u8], tally: &mut Tally) {
    match status {
        200..=299 => tally.accepted += 1,
        409 => {
            tally.refused += 1;
            tally.keep(status, body);
        }
        _ => {
            tally.other += 1;
            tally.keep(status, body);
        }
    }
}

/// What a bulk says of its postings; each was accepted or refused by itself.
#[derive(Debug, Deserialize)]
struct Bulk {
    accepted: u64,
    refused: u64,
}

/// Counts an answer to a bulk of so many postings. One that does not account for each of them is no
/// answer.
pub(crate) fn count_bulk(postings: u64, status: u16, body: &[u8], tally: &mut Tally) {
    let bulk = if (200..=299).contains(&status) { serde_json::from_slice::<Bulk>(body).ok() } else { None };
    match bulk {
        Some(Bulk { accepted, refused }) if accepted.checked_add(refused) == Some(postings) => {
            tally.accepted += accepted;
            tally.refused += refused;
            if refused > 0 {
                tally.keep(status, body);
            }
        }
        _ => {
            tally.other += 1;
            tally.keep(status, body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(of: impl FnOnce(&mut Tally)) -> (u64, u64, u64, bool) {
        let mut tally = Tally::default();
        of(&mut tally);
        (tally.accepted, tally.refused, tally.other, tally.sample.is_some())
    }

    #[test]
    fn a_request_counts_by_its_status() {
        for (status, wanted) in [
            (200, (1, 0, 0, false)),
            (201, (1, 0, 0, false)),
            (409, (0, 1, 0, true)),
            (422, (0, 0, 1, true)),
            (503, (0, 0, 1, true)),
        ] {
            assert_eq!(counted(|tally| count(status, b"{}", tally)), wanted, "{status}");
        }
    }

    #[test]
    fn a_bulk_counts_by_what_it_says_of_its_postings() {
        for (status, body, wanted) in [
            (200, r#"{"accepted":3,"refused":0,"postings":[{"status":201,"posting":{}}]}"#, (3, 0, 0, false)),
            (200, r#"{"accepted":1,"refused":2,"postings":[]}"#, (1, 2, 0, true)),
            (200, r#"{"accepted":0,"refused":3,"postings":[]}"#, (0, 3, 0, true)),
            // it leaves one out, or says nothing
            (200, r#"{"accepted":2,"refused":0,"postings":[]}"#, (0, 0, 1, true)),
            (200, "{}", (0, 0, 1, true)),
            (503, r#"{"accepted":3,"refused":0}"#, (0, 0, 1, true)),
        ] {
            assert_eq!(counted(|tally| count_bulk(3, status, body.as_bytes(), tally)), wanted, "{body}");
        }
    }
}
