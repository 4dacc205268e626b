//! A small world to decide in: two sites, some bins, items of every tracking, and a language of
//! one line per command.
//!
//! ```text
//! receive BOLT 10 A1            => ok
//! reserve BOLT LON 4 r1         => ok
//! issue BOLT 7 A1               => insufficient_available
//! ? BOLT A1 = 10/0              on hand and allocated
//! ? BOLT LON = 10/4/0 6         sellable, reserved, allocated; available
//! ? BOLT LON = 10/10/0 0 +3     and backordered
//! ? claim r1 = 4+3 open         what it holds and what it waits for
//! ? owned r1 = 4+3              the same of all open claims of an owner
//! ```
//! A claim that does not wait is made with `now`. `lapse CLAIM` ends a claim by time; what happens
//! around the vault is in `around`, `sale=` in `sales`.
//! A command is `kind ITEM[:LOT] QTY PLACE [PLACE] [key=value …]`, a place is `LOCATION[/status]`;
//! several lines of one posting are joined with `+`.

use super::stage::loaded;
pub(super) use super::stage::{ITEMS, LOCATIONS, LOTS};
use crate::costing::Method;
use crate::ledger::{Kind, *};
use crate::place::LocationKind;
use crate::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Noon of 15 June 2026, when everything here happens.
pub(super) fn noon() -> Instant {
    Instant::parse("2026-06-15T12:00:00Z").unwrap()
}

/// Ids that count.
#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Ids for Counter {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

pub(super) struct World {
    pub(super) vault: Vault,
    pub(super) zone: Zone,
    pub(super) ids: Counter,
    claims: BTreeMap<String, ClaimId>,
    pub(super) postings: BTreeMap<String, Posted>,
    reversed: BTreeMap<PostingId, PostingId>,
    pub(super) log: Vec<Posted>,
}

impl World {
    pub(super) fn new(method: Method) -> World {
        World {
            vault: Vault::new(loaded(method)),
            zone: Zone::UTC,
            ids: Counter::default(),
            claims: BTreeMap::new(),
            postings: BTreeMap::new(),
            reversed: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    pub(super) fn closed(mut self, period: i32) -> World {
        let mut loaded = loaded(Method::Fifo);
        loaded.closed_to = Period::from_number(period);
        self.vault = Vault::new(loaded);
        self
    }

    /// Closes a period.
    pub(super) fn close(&mut self, period: i32) {
        self.vault.close(Period::from_number(period).unwrap());
    }

    pub(super) fn next(&self) -> Uuid {
        self.ids.next()
    }

    /// Runs a table and panics with the first line that is not as written.
    pub(super) fn run(&mut self, table: &str) {
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (left, right) = if let Some(question) = line.strip_prefix("? ") {
                let (subject, expected) = question.split_once('=').unwrap();
                (self.show(subject.trim()), expected.trim().to_owned())
            } else {
                let (command, expected) = line.split_once("=>").unwrap();
                let shown = match self
                    .recount(command.trim())
                    .unwrap_or_else(|| self.decide(command.trim()).map(|_| 0))
                {
                    Ok(0) => "ok".to_owned(),
                    Ok(changed) => format!("{changed} changed"),
                    Err(refusal) => refusal.why.code().word().to_owned(),
                };
                (shown, expected.trim().to_owned())
            };
            assert_eq!(left, right, "{line}");
        }
    }

    fn show(&self, subject: &str) -> String {
        let words: Vec<&str> = subject.split_whitespace().collect();
        match words[..] {
            ["claim", name] => {
                let claim = self.vault.claim(self.claims[name]).unwrap();
                format!("{} {}", held_and_waiting(claim.qty, claim.backordered), claim.state.word())
            }
            ["owned", name] => {
                let (qty, backordered) = self.vault.owned(name);
                held_and_waiting(qty, backordered)
            }
            ["since", item, place] => {
                let (item, lot) = item_of(item);
                self.vault.balance(Key::at(item, lot, place_of(place))).unwrap().since.to_string()
            }
            ["value", item, location] => {
                let (item, _) = item_of(item);
                let group = self.vault.location(location_of(location)).unwrap().group;
                let stack = self.vault.peek(item, group).unwrap();
                format!("{} {}", Delta(stack.qty()), stack.value())
            }
            [item, place] => {
                let (item, lot) = item_of(item);
                let at = place_of(place);
                let facts = self.vault.location(at.location).unwrap();
                if facts.kind == LocationKind::Site {
                    let site = self.vault.site(SiteKey { item, site: facts.site }).unwrap();
                    let show = |millionths| Delta(millionths).to_string();
                    let (sellable, reserved) = (show(site.sellable), show(site.reserved));
                    let waiting = if site.backordered == 0 {
                        String::new()
                    } else {
                        format!(" +{}", show(site.backordered))
                    };
                    format!(
                        "{sellable}/{reserved}/{} {}{waiting}",
                        show(site.allocated),
                        show(site.available())
                    )
                } else {
                    let balance = self.vault.balance(Key::at(item, lot, at)).unwrap();
                    format!("{}/{}", Delta(balance.on_hand), Delta(balance.allocated))
                }
            }
            _ => panic!("cannot show {subject}"),
        }
    }

    /// Decides one command line.
    pub(super) fn decide(&mut self, command: &str) -> Result<Posted, Refusal> {
        let (command, name) = match command.split_once(" as ") {
            Some((command, name)) => (command, Some(name.trim().to_owned())),
            None => (command, None),
        };
        let words: Vec<&str> = command.split_whitespace().collect();
        let now = noon();
        let posting = PostingId(self.next());
        if let Some(changed) = self.around(&words) {
            return changed.map(|()| Posted::of_claims(posting, Kind::Release, now, Vec::new()));
        }
        let claimed = self.claim_command(posting, &words);
        let outcome = match words[..] {
            _ if claimed.is_some() => claimed.unwrap(),
            ["reverse", name, ref options @ ..] => {
                let effective_at = option(options, "at").map(|at| Instant::parse(at).unwrap());
                let original = self.postings[name].clone();
                let reversed_by = self.reversed.get(&original.id).copied();
                let original_id = original.id;
                let Posted { id, kind, effective_at: happened, movements, returns, .. } = original;
                let original = Original { id, kind, effective_at: happened, movements, returns, reversed_by };
                let command = Reverse { id: posting, effective_at, post_late: false, original };
                let clock = Clock { now, zone: &self.zone, minor_digits: 2, ids: &self.ids };
                let freed: Vec<Freed> = option(options, "frees")
                    .map(|qty| {
                        let Movement { item, lot, from, .. } = command.original.movements[0];
                        Freed { item, lot, location: from.location, qty: millionths(qty) }
                    })
                    .into_iter()
                    .collect();
                let outcome = reverse_after_release(&mut self.vault, &command, &freed, &clock);
                outcome.map(|(posted, becoming)| {
                    self.reversed.insert(original_id, posting);
                    self.log.extend(becoming);
                    posted
                })
            }
            _ => self.post(posting, command),
        };
        if let Ok(posted) = &outcome {
            self.log.push(posted.clone());
            if let Some(name) = name {
                self.postings.insert(name, posted.clone());
            }
        }
        outcome
    }

    /// Decides a command that only claims.
    fn claim_command(&mut self, posting: PostingId, words: &[&str]) -> Option<Result<Posted, Refusal>> {
        let now = noon();
        Some(match *words {
            ["reserve", item, site, qty, claim, ref options @ ..] => {
                let (item, _) = item_of(item);
                let command = Reserve {
                    posting,
                    claim: self.claim(claim),
                    owner: claim.to_owned(),
                    item,
                    site: SiteId(location_of(site).0),
                    qty: millionths(qty),
                    priority: option(options, "priority").map_or(0, |text| text.parse().unwrap()),
                    expires_at: option(options, "until").map(|text| Instant::parse(text).unwrap()),
                    may_wait: !options.contains(&"now"),
                };
                reserve(&mut self.vault, command, now)
            }
            ["allocate", item, bin, qty, claim, ref options @ ..] => {
                let (item, lot) = item_of(item);
                let command = Allocate {
                    posting,
                    claim: self.claim(claim),
                    owner: Some(claim.to_owned()),
                    reservation: option(options, "from").map(|name| self.claim(name)),
                    item,
                    location: location_of(bin),
                    lot,
                    qty: millionths(qty),
                    priority: option(options, "priority").map_or(0, |text| text.parse().unwrap()),
                    may_wait: !options.contains(&"now"),
                };
                allocate(&mut self.vault, command, now)
            }
            ["release", claim, ref rest @ ..] => {
                let qty = rest.first().map(|qty| millionths(qty));
                let command = Release { posting, claim: self.claim(claim), qty, expired: false };
                release(&mut self.vault, &command, now)
            }
            ["lapse", claim] => {
                let command = Release { posting, claim: self.claim(claim), qty: None, expired: true };
                release(&mut self.vault, &command, now)
            }
            _ => return None,
        })
    }

    fn post(&mut self, id: PostingId, command: &str) -> Result<Posted, Refusal> {
        let mut kind = None;
        let (mut lines, mut returns) = (Vec::new(), Vec::new());
        let (mut effective_at, mut post_late) = (None, false);
        for (number, part) in command.split('+').enumerate() {
            let mut words: Vec<&str> = part.split_whitespace().collect();
            if number == 0 {
                kind = Some(words.remove(0));
            }
            if let Some(at) = option(&words, "at") {
                effective_at = Some(Instant::parse(at).unwrap());
            }
            post_late |= option(&words, "late").is_some();
            let line = self.line(kind.unwrap(), &words);
            for of in words.iter().filter_map(|word| word.strip_prefix("sale=")) {
                returns.push(self.take_back(number, &line, of));
            }
            lines.push(line);
        }
        let kind = match kind.unwrap() {
            "count" => Kind::Adjust,
            word => Kind::parse(word).unwrap(),
        };
        let clock = Clock { now: noon(), zone: &self.zone, minor_digits: 2, ids: &self.ids };
        if kind == Kind::Issue {
            (0..lines.len()).for_each(|line| self.vault.await_sale(SaleLine { posting: id, line }));
        }
        let command = Post { id, kind, effective_at, post_late, lines, returns };
        let (back, posted) = post_after_expiry(&mut self.vault, &command, &clock)?;
        self.log.extend(back);
        Ok(posted)
    }

    fn line(&mut self, kind: &str, words: &[&str]) -> Line {
        let (item, lot) = item_of(words[0]);
        let qty = millionths(words[1]);
        let here = place_of(words[2]);
        let second = words.get(3).filter(|word| !word.contains('=')).map(|word| place_of(word));
        let outside = |name: &str| Place::good(location_of(name));
        let (from, to) = match kind {
            "opening" => (outside("opening"), here),
            "receive" => (outside("supplier"), here),
            "return" => (outside("customer"), here),
            "produce" => (outside("production"), here),
            "issue" => (here, outside("customer")),
            "consume" => (here, outside("production")),
            "count" => (here, outside("adjustment")),
            _ => (here, second.unwrap()),
        };
        let amount = if kind == "count" { Amount::CountTo(qty) } else { Amount::Move(qty) };
        let claim = option(words, "claim").map(|name| self.claim(name));
        let split = option(words, "split").map(|name| self.claim(name));
        let cost = match (option(words, "each"), option(words, "total")) {
            (Some(each), _) => Cost::Each {
                cost: money::UnitCost::parse(each).unwrap(),
                unit: option(words, "per").map_or(Ratio::ONE, |unit| Ratio::parse(unit).unwrap()),
            },
            (_, Some(total)) => Cost::Total(total.parse().unwrap()),
            _ => Cost::Unknown,
        };
        Line { item, lot, from, to, amount, claim, split, cost }
    }

    fn claim(&mut self, name: &str) -> ClaimId {
        if let Some(id) = self.claims.get(name) {
            return *id;
        }
        let id = ClaimId(self.next());
        self.claims.insert(name.to_owned(), id);
        id
    }
}

fn held_and_waiting(qty: i64, backordered: i64) -> String {
    let waiting = if backordered == 0 { String::new() } else { format!("+{}", Delta(backordered)) };
    format!("{}{waiting}", Delta(qty))
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

pub(super) fn millionths(text: &str) -> i64 {
    Delta::parse(text).unwrap().0
}

pub(super) fn location_of(name: &str) -> LocationId {
    LocationId(LOCATIONS.iter().find(|entry| entry.0 == name).unwrap_or_else(|| panic!("{name}")).1)
}

pub(super) fn place_of(text: &str) -> Place {
    let (location, status) = text.split_once('/').unwrap_or((text, "good"));
    Place { location: location_of(location), status: Status::parse(status).unwrap() }
}

pub(super) fn item_of(text: &str) -> (ItemId, LotId) {
    let (item, lot) = text.split_once(':').unwrap_or((text, ""));
    let item = ITEMS.iter().find(|entry| entry.0 == item).unwrap_or_else(|| panic!("{item}"));
    let lot = LOTS.iter().find(|entry| entry.0 == lot).map_or(LotId::NONE, |entry| LotId(entry.1));
    (ItemId(item.1), lot)
}
