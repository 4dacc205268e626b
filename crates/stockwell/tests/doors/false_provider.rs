//! An identity provider that lies, with keys of its own: whatever a real one never says.

use crate::identity_provider::{Begun, begin, finish, reaching, settings};
use crate::world::World;
use access::{Demand, Oidc};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::http::Reply;

/// What it says.
#[derive(Clone, Default)]
struct Says {
    metadata: Value,
    keys: Value,
    /// What a code is given for: status and body.
    token: (u16, Value),
    user_info: Value,
    /// What was asked, path by path.
    asked: Vec<String>,
}

struct Liar {
    issuer: String,
    says: Arc<Mutex<Says>>,
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(seed: u8, name: &str) -> Value {
    let x = URL_SAFE_NO_PAD.encode(pair(seed).public_key().as_ref());
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": name, "x": x })
}

impl Liar {
    fn start() -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/me"),
        });
        let keys = json!({ "keys": [public(1, "one")] });
        let says = Says { metadata, keys, ..Says::default() };
        let says = Arc::new(Mutex::new(says));
        let own = Arc::clone(&says);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // one that goes away has its reasons
                drop(answer(stream, &own));
            }
        });
        Liar { issuer, says }
    }

    fn world(&self, change: impl Fn(&mut Oidc)) -> World {
        let mut oidc = settings(&self.issuer);
        change(&mut oidc);
        World::with_provider(db::Engine::Sqlite, Demand::Nobody, reaching(oidc))
    }

    fn set(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    /// How often something was asked of it.
    fn asked(&self, path: &str) -> usize {
        self.says.lock().unwrap().asked.iter().filter(|asked| asked.ends_with(path)).count()
    }

    /// The claims of a good token for a sign-in.
    fn claims(&self, world: &World, begun: &Begun) -> Value {
        let now = world.now().0 / 1_000_000;
        json!({
            "iss": self.issuer, "aud": "stockwell", "sub": "u-1", "nonce": of_query(begun, "nonce"),
            "iat": now, "exp": now + 300, "preferred_username": "ann", "groups": ["clerks"],
        })
    }

    /// Comes back with a token.
    fn come(&self, world: &World, begun: &Begun, token: &str) -> Reply {
        self.set(|says| {
            says.token = (200, json!({ "id_token": token, "access_token": "a", "token_type": "Bearer" }));
        });
        finish(&world.stranger(), &begun.cookie, &json!({ "state": of_query(begun, "state"), "code": "c" }))
    }
}

fn of_query(begun: &Begun, name: &str) -> String {
    let query = begun.authorize.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).unwrap().1.into_owned()
}

fn answer(mut stream: TcpStream, says: &Mutex<Says>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, body) = {
        let mut says = says.lock().unwrap();
        says.asked.push(path.clone());
        match path.as_str() {
            "/keys" => (200, says.keys.clone()),
            "/token" => says.token.clone(),
            "/me" => (200, says.user_info.clone()),
            _ => (200, says.metadata.clone()),
        }
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A signed text.
fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn good(claims: &Value) -> String {
    signed(&json!({ "alg": "EdDSA", "kid": "one" }), claims, |message| {
        pair(1).sign(message).as_ref().to_vec()
    })
}

#[test]
fn nothing_is_believed_before_all_of_it_fits() {
    let liar = Liar::start();
    let world = liar.world(|_| {});
    let refuse = |reply: &Reply, why: &str| {
        assert_eq!(reply.refusal(), "401 identity_refused", "{why}: {}", reply.text());
        assert!(reply.text().contains(why), "{why}: {}", reply.text());
    };
    // a number is so many seconds from now
    let table: [(&str, Value, &str); 8] = [
        ("nonce", json!("another"), "it answers another sign-in than this one"),
        ("nonce", Value::Null, "it answers another sign-in than this one"),
        ("iss", json!("https://evil.example"), "it comes from another issuer"),
        ("aud", json!("another"), "it is for somebody else"),
        ("aud", json!(["stockwell", "another"]), "it is for somebody else"),
        ("exp", json!(-61), "it is past its time"),
        ("iat", json!(61), "it is not good yet"),
        ("sub", json!(""), "it does not say who it is about"),
    ];
    for (name, value, why) in table {
        world.pass(Duration::from_mins(1));
        let begun = begin(&world.stranger());
        let mut claims = liar.claims(&world, &begun);
        claims[name] = value.as_i64().map_or(value, |seconds| json!(world.now().0 / 1_000_000 + seconds));
        refuse(&liar.come(&world, &begun, &good(&claims)), why);
    }
    world.pass(Duration::from_mins(1));
    let begun = begin(&world.stranger());
    let claims = liar.claims(&world, &begun);
    let x = pair(1).public_key().as_ref().to_vec();
    let shared =
        |message: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &x), message).as_ref().to_vec();
    let other = |message: &[u8]| pair(2).sign(message).as_ref().to_vec();
    let own = |message: &[u8]| pair(1).sign(message).as_ref().to_vec();
    let head = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    let forged = [
        (signed(&head("none", "one"), &claims, |_| Vec::new()), "it was signed by `none`"),
        (signed(&head("HS256", "one"), &claims, shared), "it was signed by `HS256`"),
        (signed(&head("EdDSA", "one"), &claims, other), "its signature does not fit"),
        (signed(&head("EdDSA", "two"), &claims, own), "a key that the provider does not publish"),
        (signed(&head("RS256", "one"), &claims, own), "a key that the provider does not publish"),
        ("x.y".to_owned(), "it is not a signed text of three parts"),
    ];
    for (token, why) in forged {
        world.pass(Duration::from_mins(1));
        let again = begin(&world.stranger());
        let reply = if token.contains("eyJ") {
            liar.come(&world, &begun, &token)
        } else {
            liar.come(&world, &again, &token)
        };
        refuse(&reply, why);
    }
    assert_eq!(world.admin().get("/api/v1/users").good().json()["items"], json!([]), "nobody was made");
    world.pass(Duration::from_mins(1));
    let begun = begin(&world.stranger());
    let fine = liar.come(&world, &begun, &good(&liar.claims(&world, &begun)));
    assert_eq!(fine.good().status, 201);
}

#[test]
fn keys_change_and_are_read_again_but_not_more_often_than_each_minute() {
    let liar = Liar::start();
    let world = liar.world(|_| {});
    let come = |seed: u8, name: &str| {
        let begun = begin(&world.stranger());
        let claims = liar.claims(&world, &begun);
        let header = json!({ "alg": "EdDSA", "kid": name });
        let token = signed(&header, &claims, |message| pair(seed).sign(message).as_ref().to_vec());
        liar.come(&world, &begun, &token).status
    };
    assert_eq!((come(1, "one"), liar.asked("/keys")), (201, 1));
    assert_eq!((come(1, "one"), liar.asked("/keys")), (201, 1), "they are remembered");
    liar.set(|says| says.keys = json!({ "keys": [public(2, "two")] }));
    assert_eq!((come(2, "two"), liar.asked("/keys")), (401, 1), "not within a minute");
    world.pass(Duration::from_mins(1));
    assert_eq!((come(2, "two"), liar.asked("/keys")), (201, 2));
    assert_eq!((come(1, "one"), liar.asked("/keys")), (401, 2), "the old one is gone");
    assert_eq!(liar.asked("/.well-known/openid-configuration"), 1);
    world.pass(Duration::from_hours(1));
    assert_eq!((come(2, "two"), liar.asked("/keys")), (201, 3), "and each hour");
    assert_eq!(liar.asked("/.well-known/openid-configuration"), 2);
}

#[test]
fn what_is_said_beside_a_token_is_about_the_same_person() {
    let liar = Liar::start();
    let world = liar.world(|_| {});
    let come = |user_info: Value| {
        world.pass(Duration::from_mins(1));
        let begun = begin(&world.stranger());
        let mut claims = liar.claims(&world, &begun);
        claims.as_object_mut().unwrap().remove("groups");
        liar.set(|says| says.user_info = user_info);
        liar.come(&world, &begun, &good(&claims))
    };
    for other in [json!({ "sub": "u-2", "groups": ["chiefs"] }), json!({ "groups": ["chiefs"] })] {
        assert_eq!(come(other).refusal(), "401 identity_refused");
    }
    assert_eq!(come(json!([])).refusal(), "503 identity_provider_unavailable");
    let fine = come(json!({ "sub": "u-1", "groups": ["clerks"], "preferred_username": "eve" })).good().json();
    assert_eq!(fine["session"]["user"], "ann", "what the token says counts");
}

#[test]
fn a_provider_that_does_not_answer_as_it_should_is_not_believed() {
    let down = "503 identity_provider_unavailable";
    for (name, value) in [
        ("issuer", json!("https://evil.example")),
        ("issuer", Value::Null),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("token_endpoint", json!(7)),
        ("code_challenge_methods_supported", json!(["plain"])),
    ] {
        let liar = Liar::start();
        let world = liar.world(|_| {});
        liar.set(|says| says.metadata[name] = value.clone());
        let ask = || {
            crate::identity_provider::from_page(&world.stranger(), "/api/v1/sessions/identity")
                .json(&json!({}))
                .send()
        };
        assert_eq!(ask().refusal(), down, "{name} {value}");
        assert_eq!(ask().refusal(), down, "{name} {value}");
        assert_eq!(liar.asked("/openid-configuration"), 1, "it is not asked again at once");
    }
    let liar = Liar::start();
    let world = liar.world(|_| {});
    for (status, body, expected) in [
        (200, json!({}), down),
        (500, json!({ "error": "server_error" }), down),
        (401, json!({ "error": "invalid_client" }), down),
        (400, json!({ "error": "invalid_grant" }), "401 identity_refused"),
        (400, json!("no"), down),
        (302, json!({}), down),
    ] {
        world.pass(Duration::from_mins(1));
        let begun = begin(&world.stranger());
        liar.set(|says| says.token = (status, body));
        let brought = json!({ "state": of_query(&begun, "state"), "code": "c" });
        assert_eq!(finish(&world.stranger(), &begun.cookie, &brought).refusal(), expected, "{status}");
    }
    // too many keys
    liar.set(|says| says.keys = json!({ "keys": vec![public(1, "one"); 65] }));
    let begun = begin(&world.stranger());
    let reply = liar.come(&world, &begun, &good(&liar.claims(&world, &begun)));
    assert_eq!(reply.refusal(), down);
}
