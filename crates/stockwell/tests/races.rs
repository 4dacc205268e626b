//! Races through HTTP against the real program: many callers at once, one process or three on one
//! server. What is answered is exact, and nobody is shown that others were there.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not as expected fails the test"
)]

#[expect(dead_code, reason = "some of it is for crashes")]
mod support;

use db::Engine;
use serde_json::json;
use std::collections::BTreeMap;
use support::books::{Books, Stock};
use support::client::{Client, Post, Reply};
use support::site::{Served, Site, issue, receive, reserve, reserve_together};
use support::{Dice, crowd};

/// Makes tests run on both engines, and with three processes on one server.
macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&super::Race::new(db::Engine::Sqlite, 1)); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&super::Race::new(db::Engine::Postgres, 1)); })*
        }
        mod three_processes {
            $(#[test] fn $name() { super::$name(&super::Race::new(db::Engine::Postgres, 3)); })*
        }
    };
}

#[path = "races/flood.rs"]
mod flood;
#[path = "races/keys.rs"]
mod keys;

everywhere!(
    a_crowd_is_promised_exactly_what_is_there,
    a_crowd_waits_for_exactly_the_cap_and_what_comes_is_shared_out,
    what_is_sold_and_promised_at_once_is_never_more_than_there_is,
    kits_that_share_parts_are_exact_in_any_order_of_lines,
    kits_that_are_promised_as_a_whole_are_exact,
    two_lines_of_one_item_are_refused_as_one,
    four_hundred_receipts_of_one_unit_are_four_hundred_units,
    the_last_unit_is_promised_to_one_of_a_hundred,
    a_new_lot_that_many_receive_at_once_is_one_lot,
    a_posting_is_reversed_once_however_many_ask,
);

/// A site with its servers.
struct Race {
    site: Site,
    servers: Vec<Served>,
}

impl Race {
    fn new(engine: Engine, processes: usize) -> Race {
        let site = Site::new(engine);
        let servers = (0..processes).map(|_| site.serve()).collect();
        Race { site, servers }
    }

    fn stocked(&self, sku: &str, units: u32) {
        self.servers[0].stocked(sku, units);
    }

    /// A caller of the server whose turn it is.
    fn client(&self, number: usize) -> Client {
        self.servers[number % self.servers.len()].client()
    }

    /// So many callers at once, each with one request.
    fn at_once(&self, callers: usize, post: impl Fn(usize) -> Post + Sync) -> Vec<Reply> {
        let clients = self.clients(callers);
        crowd(callers, |number| clients[number].lock().unwrap().post(&post(number)).unwrap())
    }

    fn clients(&self, callers: usize) -> Vec<std::sync::Mutex<Client>> {
        (0..callers).map(|number| self.client(number).into()).collect()
    }

    fn books(&self) -> Books {
        Books::read(&self.site)
    }

    fn stock(&self, sku: &str) -> Stock {
        self.books().stock[sku]
    }
}

/// How often each outcome came.
fn tally<'a>(replies: impl IntoIterator<Item = &'a Reply>) -> BTreeMap<String, usize> {
    replies.into_iter().fold(BTreeMap::new(), |mut tally, reply| {
        *tally.entry(reply.outcome()).or_default() += 1;
        tally
    })
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(outcome, count)| (outcome.to_owned(), count)).collect()
}

fn a_crowd_is_promised_exactly_what_is_there(race: &Race) {
    const CLIENTS: usize = 64;
    const REQUESTS: usize = 5_000;
    race.stocked("HOT", 500);
    let replies = crowd(CLIENTS, |client| {
        let mut connection = race.client(client);
        let mine = (0..REQUESTS).filter(|number| number % CLIENTS == client);
        mine.map(|number| connection.post(&reserve(&format!("r-{number}"), "HOT")).unwrap())
            .collect::<Vec<_>>()
    });
    let tally = tally(replies.iter().flatten());
    assert_eq!(tally, counts([("201", 500), ("409 insufficient_available", 4_500)]));
    let stock = race.stock("HOT");
    assert_eq!(stock, Stock { sellable: 500, reserved: 500, available: 0, backordered: 0 });
}

fn a_crowd_waits_for_exactly_the_cap_and_what_comes_is_shared_out(race: &Race) {
    const CLIENTS: usize = 64;
    const REQUESTS: usize = 5_000;
    race.stocked("HOT", 500);
    let body = json!({ "accepts": "cap", "cap": "100" });
    let rule = Post { path: "/api/v1/backorder-rules/LON".into(), key: "rule".to_owned(), body };
    assert_eq!(race.client(0).put(&rule).unwrap().status, 200);
    let replies = crowd(CLIENTS, |client| {
        let mut connection = race.client(client);
        let mine = (0..REQUESTS).filter(|number| number % CLIENTS == client);
        mine.map(|number| connection.post(&reserve(&format!("r-{number}"), "HOT")).unwrap())
            .collect::<Vec<_>>()
    });
    let replies: Vec<&Reply> = replies.iter().flatten().collect();
    let tally = tally(replies.iter().copied());
    assert_eq!(tally, counts([("201", 600), ("409 insufficient_available", 4_400)]));
    let accepted = replies.iter().filter(|reply| reply.status == 201).map(|reply| reply.json());
    let waiting = accepted.filter(|claim| claim["backordered"] == "1" && claim["qty"] == "0");
    assert_eq!(waiting.count(), 100);
    let stock = race.stock("HOT");
    assert_eq!(stock, Stock { sellable: 500, reserved: 500, available: 0, backordered: 100 });
    assert_eq!(race.client(1).post(&receive("more", "HOT", 50)).unwrap().status, 201);
    let stock = race.stock("HOT");
    assert_eq!(stock, Stock { sellable: 550, reserved: 550, available: 0, backordered: 50 });
    // twenty others give up while the rest comes, and nothing is handed out twice
    let claims: Vec<String> = replies
        .iter()
        .filter(|reply| reply.status == 201)
        .map(|reply| reply.json())
        .filter(|claim| claim["qty"] == "1")
        .map(|claim| claim["id"].as_str().unwrap().to_owned())
        .take(20)
        .collect();
    let ask = |number: usize| match claims.get(number) {
        Some(claim) => Post {
            path: format!("/api/v1/reservations/{claim}/release").into(),
            key: format!("g-{number}"),
            body: json!({}),
        },
        None => receive(&format!("in-{number}"), "HOT", 2),
    };
    // who is told that the rows are held asks again, under the same key
    let mut open: Vec<usize> = (0..40).collect();
    while !open.is_empty() {
        let replies = race.at_once(open.len(), |place| ask(open[place]));
        assert!(replies.iter().all(|reply| reply.status < 300 || reply.status == 503), "{replies:?}");
        let busy = open.iter().zip(&replies).filter(|(_, reply)| reply.status == 503);
        open = busy.map(|(number, _)| *number).collect();
    }
    let stock = race.stock("HOT");
    assert_eq!(stock, Stock { sellable: 590, reserved: 580, available: 10, backordered: 0 });
}

fn what_is_sold_and_promised_at_once_is_never_more_than_there_is(race: &Race) {
    race.stocked("HOT", 100);
    let replies = crowd(32, |client| {
        let mut connection = race.client(client);
        let post = |number: usize| {
            let key = format!("s-{client}-{number}");
            if number.is_multiple_of(2) { issue(&key, &[("HOT", 1)]) } else { reserve(&key, "HOT") }
        };
        (0..20)
            .map(|number: usize| (number.is_multiple_of(2), connection.post(&post(number)).unwrap()))
            .collect::<Vec<_>>()
    });
    let accepted = |sold: bool| {
        let all = replies.iter().flatten().filter(|(is_sale, reply)| *is_sale == sold && reply.status == 201);
        i64::try_from(all.count()).unwrap()
    };
    let (sold, promised) = (accepted(true), accepted(false));
    assert_eq!(sold + promised, 100);
    let refused = replies.iter().flatten().filter(|(_, reply)| reply.status != 201);
    assert_eq!(refused.filter(|(_, reply)| reply.status == 409).count(), 32 * 20 - 100);
    let stock = race.stock("HOT");
    assert_eq!(stock, Stock { sellable: 100 - sold, reserved: promised, available: 0, backordered: 0 });
}

fn kits_that_share_parts_are_exact_in_any_order_of_lines(race: &Race) {
    let left = kits(race, issue);
    let books = race.books();
    for (part, units) in left {
        let bin = books.bins.get(&(part.to_owned(), "LON-1".to_owned())).copied().unwrap_or(0);
        assert_eq!(bin, i64::try_from(units).unwrap(), "{part}");
    }
}

fn kits_that_are_promised_as_a_whole_are_exact(race: &Race) {
    let left = kits(race, reserve_together);
    let books = race.books();
    for (part, units) in left {
        assert_eq!(books.stock[part].available, i64::try_from(units).unwrap(), "{part}");
    }
}

/// Many callers ask for kits that share parts; what must be left of each part, as those that were accepted
/// took all of their parts and those that were refused none.
fn kits(race: &Race, ask: fn(&str, &[(&str, u64)]) -> Post) -> BTreeMap<&'static str, u64> {
    const PARTS: [&str; 5] = ["BOLT", "CASE", "LAMP", "NUT", "WIRE"];
    for part in PARTS {
        race.stocked(part, 400);
    }
    let sold = crowd(24, |client| {
        let mut connection = race.client(client);
        let mut dice = Dice::new(u64::try_from(client).unwrap());
        let mut kits = Vec::new();
        for number in 0..25 {
            let mut parts = PARTS.to_vec();
            let mut lines = Vec::new();
            for _ in 0..3 {
                let place = dice.roll(u64::try_from(parts.len()).unwrap());
                lines.push((parts.remove(usize::try_from(place).unwrap()), 1 + dice.roll(3)));
            }
            // a part that stands in the kit twice counts twice
            lines.push((lines[0].0, 1));
            let reply = connection.post(&ask(&format!("k-{client}-{number}"), &lines)).unwrap();
            kits.push((lines, reply));
        }
        kits
    });
    let is_accepted = |reply: &Reply| [200, 201].contains(&reply.status);
    let mut left: BTreeMap<&str, u64> = PARTS.iter().map(|part| (*part, 400)).collect();
    for (lines, _) in sold.iter().flatten().filter(|(_, reply)| is_accepted(reply)) {
        for (part, units) in lines {
            let before = left[part];
            left.insert(part, before.checked_sub(*units).expect("no part is sold twice"));
        }
    }
    let tally = tally(sold.iter().flatten().map(|(_, reply)| reply));
    assert_eq!(tally.len(), 2, "{tally:?}");
    assert!(tally.keys().all(|outcome| outcome.starts_with("20") || outcome.starts_with("409 insuff")));
    // stock only went down, so what could be sold now could have been sold then
    for (lines, reply) in sold.iter().flatten().filter(|(_, reply)| reply.status == 409) {
        let lacks = PARTS.iter().any(|part| {
            let wanted: u64 = lines.iter().filter(|(of, _)| of == part).map(|(_, units)| units).sum();
            wanted > left[part]
        });
        assert!(lacks, "{lines:?} was there: {reply:?}");
    }
    left
}

fn two_lines_of_one_item_are_refused_as_one(race: &Race) {
    race.stocked("PAIR", 5);
    race.stocked("OTHER", 5);
    let mut client = race.client(0);
    let too_many = client.post(&issue("too-many", &[("PAIR", 3), ("OTHER", 1), ("PAIR", 3)])).unwrap();
    assert_eq!(too_many.status, 409, "{too_many:?}");
    assert_eq!(race.stock("OTHER").available, 5);
    // of three who want it all by two lines, one gets it
    let replies =
        race.at_once(3, |number| issue(&format!("all-{number}"), &[("PAIR", 3), ("OTHER", 1), ("PAIR", 2)]));
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 2, "{replies:?}");
    let books = race.books();
    assert_eq!((books.stock["PAIR"].available, books.stock["OTHER"].available), (0, 4));
}

fn four_hundred_receipts_of_one_unit_are_four_hundred_units(race: &Race) {
    race.stocked("ONE", 0);
    let replies = race.at_once(400, |number| receive(&format!("one-{number}"), "ONE", 1));
    assert_eq!(tally(&replies), counts([("201", 400)]));
    assert_eq!(race.stock("ONE").available, 400);
}

fn the_last_unit_is_promised_to_one_of_a_hundred(race: &Race) {
    race.stocked("LAST", 1);
    let replies = race.at_once(100, |number| reserve(&format!("last-{number}"), "LAST"));
    assert_eq!(tally(&replies), counts([("201", 1), ("409 insufficient_available", 99)]));
    assert_eq!(race.stock("LAST"), Stock { sellable: 1, reserved: 1, available: 0, backordered: 0 });
}

fn a_new_lot_that_many_receive_at_once_is_one_lot(race: &Race) {
    let body = json!({ "sku": "MILK", "name": "Milk", "base_unit": "each", "tracking": "lot" });
    let item = Post { path: "/api/v1/items".into(), key: "item".to_owned(), body };
    assert_eq!(race.client(0).post(&item).unwrap().outcome(), "201");
    for round in 0..10 {
        let replies = race.at_once(30, |number| {
            let mut post = receive(&format!("lot-{round}-{number}"), "MILK", 1);
            post.body["lines"][0]["lot"] = format!("lot {round}").replace(' ', "-").into();
            post
        });
        assert_eq!(tally(&replies), counts([("201", 30)]), "{:?}", replies.iter().find(|r| r.status != 201));
    }
    assert_eq!(race.stock("MILK").available, 300);
}

fn a_posting_is_reversed_once_however_many_ask(race: &Race) {
    race.stocked("BACK", 0);
    race.stocked("MORE", 100);
    // where there is more of it, only the books say that it was reversed
    for (round, sku) in ["BACK", "MORE", "BACK", "MORE", "BACK", "MORE"].into_iter().enumerate() {
        let received = race.client(0).post(&receive(&format!("in-{round}"), sku, 2)).unwrap();
        let path = format!("/api/v1/postings/{}/reverse", received.json()["id"].as_str().unwrap());
        let replies = race.at_once(30, |number| {
            let key = format!("back-{round}-{number}");
            Post { path: path.clone().into(), key, body: json!({}) }
        });
        assert_eq!(tally(&replies), counts([("201", 1), ("409 already_reversed", 29)]));
    }
    let books = race.books();
    assert_eq!((books.stock["BACK"].available, books.stock["MORE"].available), (0, 100));
}
