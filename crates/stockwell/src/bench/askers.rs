//! What the benchmarks ask, in the words of the API.

use crate::bench::client::{Client, request};
use crate::bench::load::{Ask, Tally, count, count_bulk};
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A small generator of numbers for choosing items; the same seed gives the same run.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `below`.
    pub(crate) const fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What all askers of a run share.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) token: String,
    /// Makes keys of this run different from those of another.
    pub(crate) name: String,
    /// How many items there are.
    pub(crate) items: u64,
    /// Counts the keys that were given out. They ascend, as those of a client do that makes
    /// `UUIDv7` keys: the store then keeps neighbours together.
    pub(crate) keys: AtomicU64,
}

/// One connection's side of a run.
#[derive(Debug)]
pub(crate) struct Side {
    run: Arc<Run>,
    sent: u64,
    dice: Dice,
    key: String,
    body: String,
    path: String,
}

impl Side {
    pub(crate) fn new(run: &Arc<Run>, number: usize) -> Side {
        let seed = u64::try_from(number).unwrap_or(0) + 1;
        let (run, dice) = (Arc::clone(run), Dice::new(seed));
        Side { run, sent: 0, dice, key: String::new(), body: String::new(), path: String::new() }
    }

    fn begin(&mut self) {
        self.sent += 1;
        self.key.clear();
        self.body.clear();
        let number = self.run.keys.fetch_add(1, Ordering::Relaxed);
        push(&mut self.key, format_args!("{}-{number:012}", self.run.name));
    }

    fn post(&self, out: &mut Vec<u8>, path: &str) {
        request(out, "POST", path, &self.run.token, Some(&self.key), &self.body);
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(what);
    debug_assert!(written.is_ok(), "writing to a string never fails");
}

/// Reserves one unit: of the one hot item, or of any.
#[derive(Debug)]
pub(crate) struct Reserve {
    pub(crate) side: Side,
    pub(crate) hot: Option<&'static str>,
}

impl Ask for Reserve {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.side.begin();
        let owner = self.side.sent;
        let item = self.side.dice.roll(self.side.run.items);
        let body = &mut self.side.body;
        if let Some(sku) = self.hot {
            push(body, format_args!(r#"{{"sku":"{sku}","site":"BEN","qty":"1","owner":"order-{owner}"}}"#));
        } else {
            push(
                body,
                format_args!(r#"{{"sku":"I{item:06}","site":"BEN","qty":"1","owner":"order-{owner}"}}"#),
            );
        }
        self.side.post(out, "/api/v1/reservations");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        count(status, body, tally);
    }
}

/// An item stands in so many bins, as in a hall where each has its place and an overflow.
pub(crate) const BINS_PER_ITEM: usize = 3;

/// Receives one unit of any item into one of its bins.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) side: Side,
    /// How many one-line postings a request has; 1 takes the single route.
    pub(crate) bulk: u64,
    pub(crate) bins: u64,
    /// Every second posting of a bulk takes a unit out again, from where the opening stock lies.
    pub(crate) issues: bool,
}

impl Ask for Post {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.side.begin();
        if self.bulk == 1 {
            let line = self.line();
            push(&mut self.side.body, format_args!(r#"{{"document":"BENCH","lines":[{line}]}}"#));
            return self.side.post(out, "/api/v1/postings/receive");
        }
        self.side.body.push_str(r#"{"postings":["#);
        for number in 0..self.bulk {
            let is_issue = self.issues && number % 2 == 1;
            let (kind, line) = if is_issue { ("issue", self.issue()) } else { ("receive", self.line()) };
            let comma = if number == 0 { "" } else { "," };
            push(&mut self.side.body, format_args!(r#"{comma}{{"kind":"{kind}","lines":[{line}]}}"#));
        }
        self.side.body.push_str("]}");
        self.side.post(out, "/api/v1/postings/bulk");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        match self.bulk {
            1 => count(status, body, tally),
            postings => count_bulk(postings, status, body, tally),
        }
    }
}

impl Post {
    fn line(&mut self) -> String {
        let item = self.side.dice.roll(self.side.run.items);
        let bin = (item + self.side.dice.roll(u64::try_from(BINS_PER_ITEM).unwrap_or(1))) % self.bins + 1;
        format!(r#"{{"sku":"I{item:06}","qty":"1","location":"BEN-{bin:03}","unit_cost":"2.50"}}"#)
    }

    /// The opening stock of an item lies in the bin of its own number, see `world`.
    fn issue(&mut self) -> String {
        let item = self.side.dice.roll(self.side.run.items);
        let bin = (item + u64::try_from(super::world::SPECIAL).unwrap_or(0)) % self.bins + 1;
        format!(r#"{{"sku":"I{item:06}","qty":"1","location":"BEN-{bin:03}"}}"#)
    }
}

/// Pages of a walk until another one begins.
const PAGES_PER_WALK: u32 = 20;

/// Walks the ledger, page by page: all of it from any depth, or that of one item or one bin from its newest
/// movement.
#[derive(Debug)]
pub(crate) struct Walk {
    side: Side,
    bins: u64,
    /// Where pages of the whole ledger begin, from the newest to the oldest.
    depths: Arc<Vec<String>>,
    /// Where the next page begins.
    cursor: Option<String>,
    /// Pages of this walk so far; none before the first walk.
    pages: Option<u32>,
    filter: String,
}

impl Walk {
    pub(crate) const fn new(side: Side, bins: u64, depths: Arc<Vec<String>>) -> Walk {
        Walk { side, bins, depths, cursor: None, pages: None, filter: String::new() }
    }

    /// Every third walk is through everything.
    fn choose(&mut self) {
        self.filter.clear();
        self.cursor = None;
        let dice = &mut self.side.dice;
        match dice.roll(3) {
            0 => push(&mut self.filter, format_args!("&sku=I{:06}", dice.roll(self.side.run.items))),
            1 => push(&mut self.filter, format_args!("&location=BEN-{:03}", dice.roll(self.bins) + 1)),
            _ => {
                let depth = dice.roll(u64::try_from(self.depths.len()).unwrap_or(0).max(1));
                self.cursor = usize::try_from(depth).ok().and_then(|depth| self.depths.get(depth).cloned());
            }
        }
    }
}

impl Ask for Walk {
    fn next(&mut self, out: &mut Vec<u8>) {
        match self.pages {
            Some(pages) if pages < PAGES_PER_WALK && self.cursor.is_some() => self.pages = Some(pages + 1),
            _ => {
                self.choose();
                self.pages = Some(1);
            }
        }
        self.side.path.clear();
        push(&mut self.side.path, format_args!("/api/v1/ledger?limit=100"));
        if let Some(cursor) = &self.cursor {
            push(&mut self.side.path, format_args!("&cursor={cursor}"));
        }
        self.side.path.push_str(&self.filter);
        request(out, "GET", &self.side.path, &self.side.run.token, None, "");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        count(status, body, tally);
        self.cursor = next_of(body).map(str::to_owned);
    }
}

/// Where the page after this one begins.
pub(crate) fn next_of(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    text.rsplit_once(r#""next":""#).and_then(|(_, rest)| rest.split('"').next())
}

/// Walks through the whole ledger once: where its pages begin.
pub(crate) async fn depths(address: SocketAddr, token: &str) -> Result<Vec<String>> {
    let (mut client, mut out, mut depths) = (Client::connect(address).await?, Vec::new(), Vec::new());
    loop {
        let cursor = depths.last().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        request(&mut out, "GET", &format!("/api/v1/ledger?limit=500{cursor}"), token, None, "");
        let reply = client.call(&out).await?;
        ensure!(reply.status == 200, "a page of the ledger is answered with {}", reply.status);
        match next_of(reply.body) {
            Some(next) => depths.push(next.to_owned()),
            None => return Ok(depths),
        }
    }
}

/// Reads the stock of any item.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) side: Side,
}

impl Ask for Read {
    fn next(&mut self, out: &mut Vec<u8>) {
        let item = self.side.dice.roll(self.side.run.items);
        self.side.path.clear();
        push(&mut self.side.path, format_args!("/api/v1/items/I{item:06}/stock"));
        request(out, "GET", &self.side.path, &self.side.run.token, None, "");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        count(status, body, tally);
    }
}
