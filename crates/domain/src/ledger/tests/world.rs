//! A small world to decide in: two sites, some bins, items of every tracking, and a language of
//! one line per command.
//!
//! ```text
//! receive BOLT 10 A1            => ok
//! reserve BOLT LON 4 r1         => ok
//! issue BOLT 7 A1               => insufficient_available
//! ? BOLT A1 = 10/0              on hand and allocated
//! ? BOLT LON = 10/4/0 6         sellable, reserved, allocated; available
//! ```
//! `lapse CLAIM` ends a claim by time; what happens around the vault is in `around`, `sale=` in `sales`.
//! A command is `kind ITEM[:LOT] QTY PLACE [PLACE] [key=value …]`, a place is `LOCATION[/status]`;
//! several lines of one posting are joined with `+`.

use crate::costing::Method;
use crate::ledger::{Kind, *};
use crate::place::LocationKind;
use crate::*;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) const LOCATIONS: &[(&str, i64, LocationKind, i64)] = &[
    ("supplier", -1, LocationKind::Supplier, 0),
    ("customer", -2, LocationKind::Customer, 0),
    ("production", -3, LocationKind::Production, 0),
    ("loss", -4, LocationKind::Loss, 0),
    ("adjustment", -5, LocationKind::Adjustment, 0),
    ("opening", -6, LocationKind::Opening, 0),
    ("transit", 9, LocationKind::Transit, 0),
    ("LON", 1, LocationKind::Site, 1),
    ("A1", 11, LocationKind::Bin, 1),
    ("A2", 12, LocationKind::Bin, 1),
    ("STAGE", 13, LocationKind::Bin, 1),
    ("CAGE", 14, LocationKind::Bin, 1),
    ("SHUT", 15, LocationKind::Bin, 1),
    ("GONE", 16, LocationKind::Bin, 1),
    ("YRK", 2, LocationKind::Site, 2),
    ("B1", 21, LocationKind::Bin, 2),
];

pub(super) const ITEMS: &[(&str, i64, Tracking, bool)] = &[
    ("BOLT", 1, Tracking::None, true),
    ("WIRE", 2, Tracking::None, false),
    ("SOUP", 3, Tracking::Lot, true),
    ("DRILL", 4, Tracking::Serial, true),
    ("ADVICE", 5, Tracking::None, true),
];

/// Lot name, id, item, last sellable day.
pub(super) const LOTS: &[(&str, i64, i64, Option<&str>)] = &[
    ("fresh", 101, 3, Some("2026-12-31")),
    ("old", 102, 3, Some("2026-06-14")),
    ("last-day", 103, 3, Some("2026-06-15")),
    ("S1", 201, 4, None),
    ("S2", 202, 4, None),
];

/// Noon of 15 June 2026, when everything here happens.
pub(super) fn noon() -> Instant {
    Instant::parse("2026-06-15T12:00:00Z").unwrap()
}

pub(super) struct World {
    pub(super) vault: Vault,
    pub(super) zone: Zone,
    ids: u128,
    claims: BTreeMap<String, ClaimId>,
    pub(super) postings: BTreeMap<String, Posted>,
    reversed: Vec<PostingId>,
    pub(super) log: Vec<Posted>,
}

fn loaded(method: Method) -> Loaded {
    let mut loaded = Loaded::default();
    for (name, id, kind, site) in LOCATIONS {
        let group = match kind {
            LocationKind::Transit => *id,
            _ => *site,
        };
        let facts = LocationFacts {
            kind: *kind,
            site: SiteId(*site),
            sellable: *site != 0 && *name != "CAGE",
            blocked: *name == "SHUT",
            archived: *name == "GONE",
            open_to_allocation: *name != "STAGE",
            group: Group(group),
        };
        loaded.locations.insert(LocationId(*id), facts);
        loaded.today.insert(SiteId(*site), when::parse_date("2026-06-15").unwrap());
    }
    for (name, id, item, expiry) in LOTS {
        let expiry = expiry.map(|day| when::parse_date(day).unwrap());
        loaded.lots.insert(LotId(*id), LotFacts { item: ItemId(*item), expiry, on_hold: false });
        if name.starts_with('S') {
            loaded.serials.insert(LotId(*id), None);
        }
    }
    for (name, id, tracking, whole) in ITEMS {
        let item = ItemId(*id);
        loaded.items.insert(
            item,
            ItemFacts { tracking: *tracking, whole: *whole, stocked: *name != "ADVICE", archived: false },
        );
        let lots = LOTS.iter().filter(|lot| lot.2 == *id).map(|lot| LotId(lot.1));
        let lots: Vec<LotId> = lots.chain([LotId::NONE]).collect();
        for (_, location, _, site) in LOCATIONS {
            for lot in &lots {
                for status in Status::ALL {
                    let key = Key { item, location: LocationId(*location), lot: *lot, status };
                    loaded.balances.insert(key, Balance::EMPTY);
                    loaded.history.insert(key, History::new(Instant::MIN));
                }
            }
            let key = SiteKey { item, site: SiteId(*site) };
            loaded.sites.insert(key, SiteStock::EMPTY);
            loaded.claims_of.insert(key);
            let group = if *location == 9 { Group(9) } else { Group(*site) };
            loaded.costs.insert((item, group), Costs::new(method));
        }
    }
    loaded
}

impl World {
    pub(super) fn new(method: Method) -> World {
        World {
            vault: Vault::new(loaded(method)),
            zone: Zone::UTC,
            ids: 0,
            claims: BTreeMap::new(),
            postings: BTreeMap::new(),
            reversed: Vec::new(),
            log: Vec::new(),
        }
    }

    pub(super) fn closed(mut self, period: i32) -> World {
        let mut loaded = loaded(Method::Fifo);
        loaded.closed.insert(Period::from_number(period).unwrap());
        self.vault = Vault::new(loaded);
        self
    }

    /// Closes a period.
    pub(super) fn close(&mut self, period: i32) {
        self.vault.close(Period::from_number(period).unwrap());
    }

    pub(super) fn next(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
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
                    Ok(broken) => format!("{broken} broken"),
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
                format!("{} {}", Delta(claim.qty), claim.state.word())
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
                    format!("{sellable}/{reserved}/{} {}", show(site.allocated), show(site.available()))
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
            ["reverse", name] => {
                let original = self.postings[name].clone();
                let reversed = self.reversed.contains(&original.id);
                let original_id = original.id;
                let Posted { id, kind, effective_at, movements, returns, .. } = original;
                let original = Original { id, kind, effective_at, movements, returns, reversed };
                let command = Reverse { id: posting, effective_at: None, post_late: false, original };
                let clock = Clock { now, zone: &self.zone, minor_digits: 2 };
                let outcome = reverse(&mut self.vault, &command, &clock);
                if outcome.is_ok() {
                    self.reversed.push(original_id);
                }
                outcome
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
        let clock = Clock { now: noon(), zone: &self.zone, minor_digits: 2 };
        if kind == Kind::Issue {
            (0..lines.len()).for_each(|line| self.vault.await_sale(SaleLine { posting: id, line }));
        }
        post(&mut self.vault, &Post { id, kind, effective_at, post_late, lines, returns }, &clock)
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
