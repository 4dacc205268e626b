//! What the benchmarks ask, in the words of the API.

use crate::bench::client::request;
use crate::bench::load::{Ask, Tally, count, count_bulk};
use std::fmt::Write as _;
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
const BINS_PER_ITEM: u64 = 3;

/// Receives one unit of any item into one of its bins.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) side: Side,
    /// How many one-line postings a request has; 1 takes the single route.
    pub(crate) bulk: u64,
    pub(crate) bins: u64,
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
            let line = self.line();
            let comma = if number == 0 { "" } else { "," };
            push(&mut self.side.body, format_args!(r#"{comma}{{"kind":"receive","lines":[{line}]}}"#));
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
        let bin = (item + self.side.dice.roll(BINS_PER_ITEM)) % self.bins + 1;
        format!(r#"{{"sku":"I{item:06}","qty":"1","location":"BEN-{bin:03}","unit_cost":"2.50"}}"#)
    }
}

/// Walks the ledger from the newest movement to the oldest, page by page: all of it, or that of one
/// item or one bin.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) side: Side,
    pub(crate) bins: u64,
    /// Where the next page begins; none at the beginning of a walk.
    pub(crate) cursor: Option<String>,
    pub(crate) filter: String,
}

impl Walk {
    pub(crate) fn new(side: Side, bins: u64) -> Walk {
        Walk { side, bins, cursor: None, filter: String::new() }
    }

    /// Every third walk is through everything.
    fn choose(&mut self) {
        self.filter.clear();
        let dice = &mut self.side.dice;
        match dice.roll(3) {
            0 => push(&mut self.filter, format_args!("&sku=I{:06}", dice.roll(self.side.run.items))),
            1 => push(&mut self.filter, format_args!("&location=BEN-{:03}", dice.roll(self.bins) + 1)),
            _ => {}
        }
    }
}

impl Ask for Walk {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.side.path.clear();
        push(&mut self.side.path, format_args!("/api/v1/ledger?limit=100"));
        match &self.cursor {
            None => self.choose(),
            Some(cursor) => push(&mut self.side.path, format_args!("&cursor={cursor}")),
        }
        self.side.path.push_str(&self.filter);
        request(out, "GET", &self.side.path, &self.side.run.token, None, "");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        count(status, body, tally);
        let text = std::str::from_utf8(body).unwrap_or_default();
        let next = text.rsplit_once(r#""next":""#).and_then(|(_, rest)| rest.split('"').next());
        self.cursor = next.map(str::to_owned);
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
