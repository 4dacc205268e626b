//! The identity provider that somebody else wrote (`oidc-provider`), as a program beside the test, and a browser that
//! goes there and comes back.

use crate::world::START;
use access::{ClientSecret, Factor, GroupRole, IdentityProvider, Oidc};
use domain::Instant;
use outbound::{Origin, Outbound, Settings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use testkit::http::{Actor, Ask, Reply};

/// Where the packages of others are.
pub(crate) const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers");
/// Where browsers come back to.
pub(crate) const PAGE: &str = "https://test/sign-in/identity";
/// What the provider knows the server by.
const SECRET: &str = "a secret of the tests: % + &";

/// The program.
pub(crate) struct Peer {
    child: Child,
    lines: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    pub(crate) issuer: String,
}

impl Peer {
    /// Starts it; it knows these people.
    pub(crate) fn start(people: &Value) -> Peer {
        let module = Path::new(PEERS).join("node_modules/oidc-provider");
        assert!(
            module.exists(),
            "`oidc-provider` is not there: run `.ci/peers` at the root of the repository"
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/identity_provider.mjs");
        let now = Instant::parse(START).unwrap().0 / 1_000;
        let mut child = Command::new("node")
            .arg(script)
            .env("PEERS", PEERS)
            .env("NOW_MS", now.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("`node` does not run ({error}): on Debian, `apt-get install nodejs npm` brings it")
            });
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut issuer = String::new();
        told.read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start: {issuer}");
        let lines = Mutex::new((child.stdin.take().unwrap(), told));
        let peer = Peer { child, lines, issuer: issuer.trim().to_owned() };
        peer.knows(people);
        peer
    }

    /// It knows these people from here on, and nobody else.
    pub(crate) fn knows(&self, people: &Value) {
        let mut lines = self.lines.lock().unwrap();
        writeln!(lines.0, "{people}").unwrap();
        // the provider has advice for whoever runs it in earnest
        let mut answer = String::new();
        while answer.trim() != "known" {
            answer.clear();
            assert!(lines.1.read_line(&mut answer).unwrap() > 0, "the provider ended");
        }
    }

    /// It ends.
    pub(crate) fn stop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Settings for a provider at an address.
pub(crate) fn settings(issuer: &str) -> Oidc {
    Oidc {
        issuer: issuer.to_owned(),
        name: "The company".to_owned(),
        client_id: "stockwell".to_owned(),
        client_secret: Some(ClientSecret::new(SECRET)),
        redirect_uri: PAGE.to_owned(),
        scopes: "openid profile groups".to_owned(),
        login_claim: "preferred_username".to_owned(),
        groups_claim: "groups".to_owned(),
        roles: ["clerks=clerk", "chiefs=administrator", "ghosts=no-such-role", "north=picker@N"]
            .map(|text| GroupRole::parse(text).unwrap())
            .to_vec(),
        creates_users: true,
        second_factor: vec![Factor::parse("amr:mfa").unwrap()],
    }
}

/// A provider that may be asked although it stands on this machine.
pub(crate) fn reaching(oidc: Oidc) -> IdentityProvider {
    let origins = vec![Origin::parse(&oidc.issuer).unwrap()];
    IdentityProvider::new(oidc, Outbound::new(Settings { origins, ca_file: None }).unwrap())
}

/// A sign-in that was begun: where the browser is sent, and what it carries.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) authorize: String,
    pub(crate) cookie: String,
}

/// What a browser brings back.
pub(crate) type Brought = Value;

/// A request from a page of the server, in the browser of somebody.
pub(crate) fn from_page(actor: &Actor, path: &str) -> Ask {
    actor.ask("POST", path).header("origin", "https://test")
}

/// Name and value of a cookie that an answer gives.
pub(crate) fn cookie_of(reply: &Reply, name: &str) -> String {
    let given = reply.headers.iter().filter(|(known, _)| known == "set-cookie");
    let mut found =
        given.filter_map(|(_, value)| value.split(';').next()).filter(|pair| pair.starts_with(name));
    found.next().unwrap_or_else(|| panic!("no cookie {name} in {:?}", reply.headers)).to_owned()
}

/// Begins to sign in.
pub(crate) fn begin(stranger: &Actor) -> Begun {
    let reply = from_page(stranger, "/api/v1/sessions/identity").json(&json!({})).send().good();
    begun(&reply)
}

pub(crate) fn begun(reply: &Reply) -> Begun {
    let authorize = reply.json()["authorize"].as_str().unwrap().to_owned();
    Begun { authorize, cookie: cookie_of(reply, "__Host-errand=") }
}

/// Gives the server what the browser has brought.
pub(crate) fn finish(stranger: &Actor, cookie: &str, brought: &Brought) -> Reply {
    from_page(stranger, "/api/v1/sessions/identity/finish").header("cookie", cookie).json(brought).send()
}

/// Goes to the provider as somebody, and comes back.
pub(crate) fn go(authorize: &str, who: &str) -> Brought {
    let (origin, path) = split(authorize);
    let browser = Actor::stranger(origin);
    let mut path = format!("{path}&login_hint={who}");
    let mut jar: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..10 {
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = browser.ask("GET", &path).header("cookie", &cookies.join("; ")).send();
        for (name, value) in &reply.headers {
            let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
            if let (true, Some((name, value))) = (name == "set-cookie", pair) {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
        if let Some(query) = to.strip_prefix(PAGE) {
            return brought(query.trim_start_matches('?'));
        }
        path = if to.starts_with('/') { to.to_owned() } else { split(to).1 };
    }
    panic!("the provider goes round in circles");
}

fn split(url: &str) -> (SocketAddr, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    // the provider takes the host of the test for its own
    let address = host.parse().unwrap_or_else(|_| "127.0.0.1:0".parse().unwrap());
    (address, format!("/{path}"))
}

fn brought(query: &str) -> Brought {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let known = pairs.filter(|(name, _)| ["state", "code", "iss", "error"].contains(&name.as_ref()));
    known.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}
