//! Kills under load, seen by an outside oracle that notes every request before it is sent and
//! every answer that came: what was answered is there, what is there was sent, and nothing is
//! half done.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]
#![expect(clippy::print_stdout, reason = "the seed is shown when a test fails")]

#[expect(dead_code, reason = "some of it is for races")]
mod support;
#[path = "crashes/transfers.rs"]
mod transfers;

use db::Engine;
use db::cluster::TemporaryCluster;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::books::Books;
use support::client::{Client, Post, Reply};
use support::site::{Served, Site, issue, receive, reserve, reserve_together};
use support::{Dice, crowd};

const CLIENTS: usize = 8;
/// What is there at the beginning: more than any run takes.
const PLENTY: u32 = 1_000_000;
/// How long a server may need to find its database again.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request with all that it changes.
#[derive(Clone, Debug)]
struct Deed {
    post: Post,
    /// By item and bin.
    moves: Vec<(&'static str, &'static str, i64)>,
    reserves: i64,
    allocates: i64,
    postings: i64,
}

impl Deed {
    /// Any of the kinds. One of these receipts may be reversed, and is none of them any more then.
    fn any(key: String, dice: &mut Dice, receipts: &mut Vec<String>) -> Deed {
        let deed =
            |post, moves: &[_]| Deed { post, moves: moves.to_vec(), reserves: 0, allocates: 0, postings: 1 };
        match dice.roll(10) {
            0 => deed(receive(&key, "HOT", 3), &[("HOT", "LON-1", 3)]),
            1 => deed(issue(&key, &[("HOT", 2)]), &[("HOT", "LON-1", -2)]),
            2 => {
                let moves = [("NUT", "LON-1", -1), ("BOLT", "LON-1", -2), ("NUT", "LON-1", -1)];
                deed(issue(&key, &[("NUT", 1), ("BOLT", 2), ("NUT", 1)]), &moves)
            }
            3 => {
                let line = json!({ "sku": "HOT", "qty": "1", "location": "LON-1", "to_location": "LON-2" });
                let (path, body) = ("/api/v1/postings/move".into(), json!({ "lines": [line] }));
                deed(Post { path, key, body }, &[("HOT", "LON-1", -1), ("HOT", "LON-2", 1)])
            }
            4 => Deed { reserves: 1, ..deed(reserve(&key, "HOT"), &[]) },
            5 => {
                let post = reserve_together(&key, &[("HOT", 2), ("NUT", 1), ("HOT", 1)]);
                Deed { reserves: 3, postings: 3, ..deed(post, &[]) }
            }
            6 => {
                let body = json!({ "sku": "HOT", "location": "LON-1", "qty": "2", "owner": key });
                Deed { allocates: 2, ..deed(Post { path: "/api/v1/allocations".into(), key, body }, &[]) }
            }
            7 => {
                let line = json!({ "sku": "HOT", "qty": "1", "location": "LON-2" });
                let (path, body) = ("/api/v1/postings/return".into(), json!({ "lines": [line] }));
                deed(Post { path, key, body }, &[("HOT", "LON-2", 1)])
            }
            8 if !receipts.is_empty() => {
                let path = format!("/api/v1/postings/{}/reverse", receipts.remove(0));
                deed(Post { path: path.into(), key, body: json!({}) }, &[("HOT", "LON-1", -3)])
            }
            _ => {
                let posting = |sku: &str, units: u64| {
                    let line = json!({ "sku": sku, "qty": units.to_string(), "location": "LON-1" });
                    json!({ "kind": "issue", "lines": [line] })
                };
                let postings: Vec<Value> = vec![posting("NUT", 2), posting("BOLT", 1), posting("BOLT", 1)];
                let body = json!({ "atomic": true, "postings": postings });
                let post = Post { path: "/api/v1/postings/bulk".into(), key, body };
                Deed { postings: 3, ..deed(post, &[("NUT", "LON-1", -2), ("BOLT", "LON-1", -2)]) }
            }
        }
    }
}

/// What an outsider knows.
#[derive(Clone, Default)]
struct Oracle {
    sent: BTreeMap<String, Deed>,
    answered: BTreeMap<String, Reply>,
}

impl Oracle {
    /// Holds the books against what was sent and answered; the keys that are stored.
    fn check(&self, books: &Books) -> BTreeSet<String> {
        let stored: BTreeSet<String> = books.postings.keys().filter(|key| is_ours(key)).cloned().collect();
        let lost: Vec<_> = self.answered.keys().filter(|key| !stored.contains(*key)).collect();
        assert!(lost.is_empty(), "answered and not there: {lost:?}");
        let invented: Vec<_> = stored.iter().filter(|key| !self.sent.contains_key(*key)).collect();
        assert!(invented.is_empty(), "there and never sent: {invented:?}");
        // an effect and its answer are kept together or not at all
        let kept: BTreeSet<String> = books.answers.keys().filter(|key| is_ours(key)).cloned().collect();
        assert_eq!(kept, stored);
        let mut bins: BTreeMap<(String, String), i64> = ["HOT", "NUT", "BOLT"]
            .map(|sku| ((sku.to_owned(), "LON-1".to_owned()), i64::from(PLENTY)))
            .into_iter()
            .collect();
        let (mut reserved, mut allocated) = (0, 0);
        for key in &stored {
            let deed = &self.sent[key];
            assert_eq!(books.postings[key], deed.postings, "half done: {deed:?}");
            reserved += deed.reserves;
            allocated += deed.allocates;
            for (sku, bin, units) in &deed.moves {
                *bins.entry(((*sku).to_owned(), (*bin).to_owned())).or_default() += units;
            }
        }
        assert_eq!(books.bins, bins);
        let hot = books.stock["HOT"];
        assert_eq!((hot.reserved, hot.sellable - hot.reserved - hot.available), (reserved, allocated));
        stored
    }

    /// Asks everything again: what was answered is answered the same, what was not is done now.
    fn ask_again(mut self, server: &Served, stored: &BTreeSet<String>) -> Oracle {
        let (all, answered) = (self.sent.values().collect::<Vec<_>>(), &self.answered);
        let replies = crowd(CLIENTS, |client| {
            let mut connection = server.client();
            let mine = all.iter().skip(client).step_by(CLIENTS);
            mine.map(|deed| {
                let key = &deed.post.key;
                let reply = connection.post(&deed.post).unwrap();
                assert!(reply.status < 300, "{reply:?}");
                assert_eq!(reply.replayed, stored.contains(key), "{reply:?}");
                if let Some(first) = answered.get(key) {
                    assert_eq!((reply.status, &reply.body), (first.status, &first.body));
                }
                (key.clone(), reply)
            })
            .collect::<Vec<_>>()
        });
        self.answered.extend(replies.into_iter().flatten());
        self
    }

    fn add(&mut self, other: Oracle) {
        self.sent.extend(other.sent);
        self.answered.extend(other.answered);
    }
}

fn is_ours(key: &str) -> bool {
    key.starts_with("deed-")
}

/// Sends deeds from all clients until each has found the server gone, and strikes after so many
/// answers.
fn under_load(server: &Served, round: usize, dice: &mut Dice, strike: impl FnOnce()) -> Oracle {
    let seed = dice.roll(u64::MAX);
    let strike_after = usize::try_from(20 + dice.roll(250)).unwrap();
    let (told, answers) = mpsc::channel();
    let mut oracle = Oracle::default();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (told, address, token) = (told.clone(), server.address, &server.token);
                scope.spawn(move || {
                    let mut dice = Dice::new(seed ^ u64::try_from(client).unwrap());
                    let (mut sent, mut answered, mut receipts) = (Vec::new(), Vec::new(), Vec::new());
                    let mut connection = Client::connect(address, token).unwrap();
                    for number in 0.. {
                        let deed =
                            Deed::any(format!("deed-{round}-{client}-{number}"), &mut dice, &mut receipts);
                        sent.push(deed.clone());
                        match connection.post(&deed.post) {
                            Ok(reply) if reply.status < 300 => {
                                if deed.post.path.ends_with("/receive") {
                                    receipts.push(reply.json()["id"].as_str().unwrap().to_owned());
                                }
                                answered.push((deed.post.key, reply));
                                // nobody listens any more once the blow has fallen
                                let _struck = told.send(());
                            }
                            // the store is gone: whether this was done is not known
                            Ok(reply) => {
                                assert_eq!(reply.status, 503, "{reply:?}");
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    (sent, answered)
                })
            })
            .collect();
        drop(told);
        assert_eq!(answers.iter().take(strike_after).count(), strike_after, "the clients ended too early");
        // not always right behind an answer
        std::thread::sleep(Duration::from_micros(dice.roll(4_000)));
        strike();
        drop(answers);
        for client in clients {
            let (sent, answered) = client.join().unwrap();
            oracle.sent.extend(sent.into_iter().map(|deed| (deed.post.key.clone(), deed)));
            oracle.answered.extend(answered);
        }
    });
    oracle
}

fn stocked(site: &Site) -> Served {
    let server = site.serve();
    for sku in ["HOT", "NUT", "BOLT"] {
        server.stocked(sku, PLENTY);
    }
    server
}

/// A seed of this run, shown so that a failure can be had again.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    let seed = u64::from_le_bytes(bytes);
    println!("seed {seed}");
    seed
}

fn kills(engine: Engine, count: usize) {
    let mut dice = Dice::new(seed());
    let site = Site::new(engine);
    let mut server = stocked(&site);
    let mut all = Oracle::default();
    for round in 0..count {
        let latest = under_load(&server, round, &mut dice, || server.kill());
        drop(server);
        server = site.serve();
        check_and_ask_again(&site, &server, &mut all, latest);
    }
    server.stop();
    site.verify();
}

fn check_and_ask_again(site: &Site, server: &Served, all: &mut Oracle, latest: Oracle) {
    all.add(latest.clone());
    let before = all.check(&Books::read(site));
    let unknown = latest.sent.len() - latest.answered.len();
    let done = latest.sent.keys().filter(|key| before.contains(*key)).count() - latest.answered.len();
    println!("{} answered; {done} of {unknown} others were done", latest.answered.len());
    all.add(latest.ask_again(server, &before));
    let after = all.check(&Books::read(site));
    assert_eq!(after.len(), all.sent.len());
}

#[test]
fn what_was_answered_survives_three_kills_sqlite() {
    kills(Engine::Sqlite, 3);
}

#[test]
fn what_was_answered_survives_three_kills_postgres() {
    kills(Engine::Postgres, 3);
}

#[test]
fn each_step_of_a_transfer_survives_two_kills_or_was_never_taken_sqlite() {
    transfers::kills(Engine::Sqlite, 2);
}

#[test]
fn each_step_of_a_transfer_survives_two_kills_or_was_never_taken_postgres() {
    transfers::kills(Engine::Postgres, 2);
}

#[test]
#[ignore = "long: thirty kills"]
fn each_step_of_a_transfer_survives_thirty_kills_or_was_never_taken_sqlite() {
    transfers::kills(Engine::Sqlite, 30);
}

#[test]
#[ignore = "long: thirty kills"]
fn each_step_of_a_transfer_survives_thirty_kills_or_was_never_taken_postgres() {
    transfers::kills(Engine::Postgres, 30);
}

#[test]
#[ignore = "long: fifty kills"]
fn what_was_answered_survives_fifty_kills_sqlite() {
    kills(Engine::Sqlite, 50);
}

#[test]
#[ignore = "long: fifty kills"]
fn what_was_answered_survives_fifty_kills_postgres() {
    kills(Engine::Postgres, 50);
}

/// The server of the database falls under a program that stays, which finds it again by itself.
#[test]
#[ignore = "long: twenty crashes of the database server"]
fn what_was_answered_survives_twenty_crashes_of_the_database_server() {
    let mut dice = Dice::new(seed());
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database stockwell").unwrap();
    let site = Site::at(cluster.url_of("stockwell"));
    let mut server = stocked(&site);
    let mut all = Oracle::default();
    for round in 0..20 {
        let latest = under_load(&server, round, &mut dice, || cluster.crash().unwrap());
        // now and then the program falls with it
        if dice.roll(3) == 0 {
            drop(server);
            cluster.restart().unwrap();
            server = site.serve();
        } else {
            cluster.restart().unwrap();
            wait_until_it_writes(&server, round);
        }
        check_and_ask_again(&site, &server, &mut all, latest);
    }
    server.stop();
    site.verify();
}

fn wait_until_it_writes(server: &Served, round: usize) {
    let begun = Instant::now();
    let mut client = server.client();
    let body = json!({ "code": format!("BACK-{round}"), "kind": "bin", "parent": "LON" });
    let probe = Post { path: "/api/v1/locations".into(), key: format!("probe-{round}"), body };
    loop {
        let reply = client.post(&probe).unwrap();
        if reply.status < 300 {
            return;
        }
        assert_eq!(reply.status, 503, "{reply:?}");
        assert!(begun.elapsed() < PATIENCE, "the database server is back, the program is not: {reply:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
