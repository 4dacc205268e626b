//! Kills while goods are moved in two steps, of which less arrives than was sent: each step is whole or was
//! never taken, and nothing is lost or doubled between two sites.

use super::support::client::{Client, Post, Reply};
use super::support::site::{Served, Site};
use super::support::{Dice, crowd};
use super::{CLIENTS, PLENTY, seed};
use db::Engine;
use serde_json::{Value, json};
use std::sync::mpsc;
use testkit::http::Actor;

/// Of three units that are sent two arrive.
const SENT: u32 = 3;
const ARRIVED: u32 = 2;
/// Creating, shipping, receiving, closing.
const STEPS: usize = 4;

/// A transfer of one client: the answers that came, step by step. The next step may have been sent as well.
#[derive(Clone, Debug)]
struct Transfer {
    key: String,
    answers: Vec<Reply>,
}

impl Transfer {
    fn new(key: String) -> Transfer {
        Transfer { key, answers: Vec::new() }
    }

    fn number(&self) -> String {
        self.answers[0].json()["number"].as_str().unwrap().to_owned()
    }

    /// Asks for a step; the version that a transfer has is how many steps were taken.
    fn ask(&self, client: &mut Client, step: usize) -> std::io::Result<Reply> {
        let key = format!("{}-{step}", self.key);
        let line = |bin: &str, qty: u32| json!({ "lines": [{ "line": 1, "location": bin, "qty": qty.to_string() }] });
        let (word, body) = match step {
            0 => {
                let lines = json!([{ "sku": "NUT", "qty": SENT.to_string() }]);
                let body = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
                return client.post(&Post { path: "/api/v1/transfers".into(), key, body });
            }
            1 => ("ship", line("LON-1", SENT)),
            2 => ("receive", line("PAR-1", ARRIVED)),
            _ => ("close", json!({ "reason": "short_delivery" })),
        };
        let path = format!("/api/v1/transfers/{}/{word}", self.number()).into();
        client.step(&Post { path, key, body }, step)
    }

    /// Takes the steps that are left; whether the server was there for all of them.
    fn go_on(&mut self, client: &mut Client, mut answered: impl FnMut()) -> bool {
        for step in self.answers.len()..STEPS {
            match self.ask(client, step) {
                Ok(reply) => {
                    assert!(reply.status < 300, "{self:?} {reply:?}");
                    self.answers.push(reply);
                    answered();
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// What was answered is answered the same again, and the next step is what it is, done or not.
    fn ask_again(&mut self, client: &mut Client) {
        for step in 0..self.answers.len() {
            let again = self.ask(client, step).unwrap();
            assert!(again.replayed, "{again:?}");
            assert_eq!((again.status, &again.body), (self.answers[step].status, &self.answers[step].body));
        }
        assert!(self.go_on(client, || {}), "the server is there");
    }
}

/// Moves goods from all clients until each has found the server gone; strikes after so many answers.
fn under_load(server: &Served, round: usize, dice: &mut Dice) -> Vec<Transfer> {
    let strike_after = usize::try_from(20 + dice.roll(100)).unwrap();
    let (told, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let told = told.clone();
                scope.spawn(move || {
                    let (mut connection, mut all) = (server.client(), Vec::new());
                    for number in 0.. {
                        let mut transfer = Transfer::new(format!("transfer-{round}-{client}-{number}"));
                        // nobody listens any more once the blow has fallen
                        let is_done = transfer.go_on(&mut connection, || told.send(()).unwrap_or_default());
                        all.push(transfer);
                        if !is_done {
                            break;
                        }
                    }
                    all
                })
            })
            .collect();
        drop(told);
        assert_eq!(answers.iter().take(strike_after).count(), strike_after, "the clients ended too early");
        server.kill();
        drop(answers);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

fn units(value: &Value) -> u32 {
    value.as_str().unwrap().parse().unwrap()
}

/// What the transfer of a known number has come to: shipped, received, short.
fn come_to(actor: &Actor, transfer: &Transfer) -> [u32; 3] {
    let shown = actor.get(format!("/api/v1/transfers/{}", transfer.number())).json();
    let line = &shown["lines"][0];
    let amounts = ["shipped", "received", "short"].map(|name| units(&line[name]));
    let taken = usize::try_from(shown["version"].as_u64().unwrap()).unwrap();
    let answered = transfer.answers.len();
    assert!(taken == answered || taken == answered + 1, "{taken} of {answered}: {shown}");
    let whole = [[0, 0, 0], [SENT, 0, 0], [SENT, ARRIVED, 0], [SENT, ARRIVED, SENT - ARRIVED]];
    assert_eq!(amounts, whole[taken - 1], "half done: {shown}");
    let way: u32 = shown["in_transit"].as_array().unwrap().iter().map(|one| units(&one["qty"])).sum();
    assert_eq!(way, amounts[0] - amounts[1] - amounts[2], "{shown}");
    amounts
}

/// What is at the two sites, and that it is what the transfers say.
fn check(server: &Served, all: &[Transfer]) {
    let actor = Actor::with_key(server.address, &server.token);
    let known = all.iter().filter(|transfer| !transfer.answers.is_empty());
    let sums = known
        .map(|transfer| come_to(&actor, transfer))
        .fold([0; 3], |sums, more| [sums[0] + more[0], sums[1] + more[1], sums[2] + more[2]]);
    let sellable = |site: &str| {
        let shown = actor.get(format!("/api/v1/items/NUT/availability?site={site}")).json();
        shown["sites"].as_array().unwrap().iter().map(|row| units(&row["sellable"])).sum::<u32>()
    };
    assert_eq!([sellable("LON"), sellable("PAR")], [PLENTY - sums[0], sums[1]]);
}

pub(crate) fn kills(engine: Engine, count: usize) {
    let mut dice = Dice::new(seed());
    let site = Site::new(engine);
    let mut server = site.serve();
    server.stocked("NUT", PLENTY);
    let mut client = server.client();
    for (code, kind, parent) in [("PAR", "site", Value::Null), ("PAR-1", "bin", json!("PAR"))] {
        let mut body = json!({ "code": code, "kind": kind });
        if !parent.is_null() {
            body["parent"] = parent;
        }
        let post = Post { path: "/api/v1/locations".into(), key: code.to_owned(), body };
        assert_eq!(client.post(&post).unwrap().status, 201);
    }
    let mut all = Vec::new();
    for round in 0..count {
        let latest = under_load(&server, round, &mut dice);
        drop(server);
        server = site.serve();
        all.extend(latest);
        check(&server, &all);
        let shares: Vec<Vec<Transfer>> = crowd(CLIENTS, |client| {
            let mut connection = server.client();
            let mut mine: Vec<_> = all.iter().skip(client).step_by(CLIENTS).cloned().collect();
            for transfer in &mut mine {
                transfer.ask_again(&mut connection);
            }
            mine
        });
        all = shares.into_iter().flatten().collect();
        assert!(all.iter().all(|transfer| transfer.answers.len() == STEPS));
        check(&server, &all);
    }
    server.stop();
    site.verify();
}
