//! Devices with passkeys: one that somebody else wrote, as a program beside the test, and a small one of the tests for whatever
//! needs one at hand.

use crate::identity_provider::PEERS;
use crate::world::PASSWORD;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use testkit::http::{Actor, Reply};

/// Where the pages of the server are.
pub(crate) const ORIGIN: &str = "https://test";

/// The program.
pub(crate) struct SoftDevice {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl SoftDevice {
    pub(crate) fn start() -> SoftDevice {
        let python = std::path::Path::new(PEERS).join("python/bin/python");
        assert!(
            python.exists(),
            "`soft-webauthn` is not there: run `.ci/peers` at the root of the repository"
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/passkey.py");
        let mut child =
            Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        SoftDevice { child, to, from }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.to, "{request}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the device broke: {line}"))
    }

    /// Makes a passkey.
    pub(crate) fn create(&mut self, options: &Value, verified: bool) -> Value {
        self.ask(&json!({ "do": "create", "options": options, "origin": ORIGIN, "verified": verified }))
    }

    /// Signs for a page.
    pub(crate) fn get(&mut self, options: &Value, origin: &str, verified: bool) -> Value {
        self.ask(&json!({ "do": "get", "options": options, "origin": origin, "verified": verified }))
    }

    /// Sets its counter, as a copy of it would have it.
    pub(crate) fn rewind(&mut self, count: u32) {
        self.ask(&json!({ "do": "rewind", "count": count }));
    }
}

impl Drop for SoftDevice {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The small one: a passkey of Ed25519 that makes sure who uses it, and does not count.
pub(crate) struct SmallDevice {
    pair: Ed25519KeyPair,
    id: Vec<u8>,
}

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl SmallDevice {
    pub(crate) fn new(seed: u8) -> SmallDevice {
        let mut id = vec![seed; 16];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut id).unwrap();
        SmallDevice { pair: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(), id }
    }

    fn data(site: &Value, flags: u8) -> Vec<u8> {
        let site = digest(&SHA256, site.as_str().unwrap().as_bytes());
        [site.as_ref(), &[flags, 0, 0, 0, 0]].concat()
    }

    fn page(kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": ORIGIN }).to_string().into_bytes()
    }

    /// Makes a passkey.
    pub(crate) fn create(&self, options: &Value) -> Value {
        let page = SmallDevice::page("webauthn.create", options);
        let key =
            [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20], self.pair.public_key().as_ref()].concat();
        let length = u8::try_from(self.id.len()).unwrap();
        let data = SmallDevice::data(&options["rp"]["id"], 0x45);
        let data = [&data[..], &[0; 17], &[length], &self.id, &key].concat();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
        let attestation = [&head[..], &[u8::try_from(data.len()).unwrap()], &data].concat();
        json!({ "response": { "clientDataJSON": coded(&page), "attestationObject": coded(&attestation) } })
    }

    /// Signs.
    pub(crate) fn get(&self, options: &Value, handle: Option<&str>) -> Value {
        let page = SmallDevice::page("webauthn.get", options);
        let data = SmallDevice::data(&options["rpId"], 0x05);
        let message = [&data[..], digest(&SHA256, &page).as_ref()].concat();
        let signature = self.pair.sign(&message);
        json!({ "rawId": coded(&self.id), "response": {
            "clientDataJSON": coded(&page), "authenticatorData": coded(&data),
            "signature": coded(signature.as_ref()), "userHandle": handle,
        }})
    }
}

/// What a device is asked to make.
pub(crate) fn wanted(by: &Actor) -> Value {
    by.get("/api/v1/me/passkey-options").good().json()
}

/// A right request to add a passkey.
pub(crate) fn addition(wanted: &Value, name: &str, credential: &Value) -> Value {
    json!({ "ticket": wanted["ticket"], "name": name, "password": PASSWORD, "credential": credential })
}

/// Adds a passkey of the small device.
pub(crate) fn add(by: &Actor, name: &str, seed: u8) -> Reply {
    let wanted = wanted(by);
    let credential = SmallDevice::new(seed).create(&wanted["public_key"]);
    by.post("/api/v1/me/passkeys", &addition(&wanted, name, &credential))
}
