//! Sessions of people, as far as the doors know them: the cookie, where a request may come from, and
//! the token that only a page of this server can send. What a session is, `access` knows.
//!
//! Invariant: a request has the authority of a key or that of a session, never of both.

use crate::failure::Failure;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{Code, Problem, hex};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;

/// The cookie over TLS. Its prefix makes browsers hold it to this host, to `/` and to TLS.
const SECURE_NAME: &str = "__Host-sid";
/// The cookie over plain HTTP, which is for this machine alone.
const PLAIN_NAME: &str = "sid";
/// The same two for what a browser carries while somebody is signing in elsewhere.
const SECURE_ERRAND: &str = "__Host-errand";
const PLAIN_ERRAND: &str = "errand";
const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// By what a request says who asks.
#[derive(Clone, Copy)]
pub enum Credential<'t> {
    /// The text of an API key.
    Key(&'t str),
    /// The secret of a session.
    Session(&'t str),
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Key(_) => "Key(***)",
            Credential::Session(_) => "Session(***)",
        })
    }
}

/// What must come with every write of a session, in `X-CSRF-Token`: whoever knows it knows the secret
/// of the session, which a page of somebody else does not.
pub fn csrf_token(secret: &str) -> String {
    hex::digits(&token_bytes(secret))
}

/// The same token behind a mask that is another one each time: 64 digits of the mask, 64 of what it covers. `None`
/// when there is no random source.
pub(crate) fn masked_csrf(secret: &str) -> Option<String> {
    let mut mask = [0; 32];
    SystemRandom::new().fill(&mut mask).ok()?;
    let covered: Vec<u8> = token_bytes(secret).iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    Some(hex::digits(&mask) + &hex::digits(&covered))
}

fn token_bytes(secret: &str) -> [u8; 32] {
    Sha256::new_with_prefix(b"stockwell csrf\0").chain_update(secret).finalize().into()
}

/// Whether a token, with a mask or without, is that of a session.
pub(crate) fn check_token(token: &str, secret: &str) -> Result<(), Problem> {
    let plain = match token.split_at_checked(64) {
        Some((mask, covered)) if covered.len() == 64 => uncovered(mask, covered).unwrap_or_default(),
        _ => token.to_owned(),
    };
    if is_same(plain.as_bytes(), csrf_token(secret).as_bytes()) {
        return Ok(());
    }
    let detail =
        "send the `csrf` of the session (`GET /api/v1/me/session`) as `X-CSRF-Token` with every write";
    Err(Problem::new(Code::CrossSite, detail))
}

/// What stands behind a mask; `None` for what are no digits.
fn uncovered(mask: &str, covered: &str) -> Option<String> {
    let bytes = |text: &str| -> Option<Vec<u8>> {
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
    };
    let plain: Vec<u8> = bytes(mask)?.iter().zip(bytes(covered)?).map(|(mask, byte)| mask ^ byte).collect();
    Some(hex::digits(&plain))
}

/// Which cookie a browser is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionCookie {
    /// Over TLS.
    Secure,
    /// Over plain HTTP on this machine.
    Plain,
}

impl SessionCookie {
    /// Chosen by where the page stands that asks; refused over plain HTTP from elsewhere, where a
    /// browser would drop it and anybody on the way could read the password.
    ///
    /// # Errors
    /// `insecure_sign_in`.
    fn of(headers: &HeaderMap) -> Result<SessionCookie, Problem> {
        let origin = one(headers, &header::ORIGIN)?;
        let is_plain = origin.is_some_and(|origin| origin.starts_with("http://"));
        match (is_here(headers), origin) {
            (true, None) => Ok(SessionCookie::Plain),
            (true, Some(_)) if is_plain => Ok(SessionCookie::Plain),
            (false, _) if is_plain => {
                let detail = "sign in over `https://`, or on the machine of the server at `http://localhost`";
                Err(Problem::new(Code::InsecureSignIn, detail))
            }
            _ => Ok(SessionCookie::Secure),
        }
    }

    /// The headers that give it to a browser.
    pub fn given(self, secret: &str) -> Vec<(HeaderName, HeaderValue)> {
        self.header((SECURE_NAME, PLAIN_NAME), secret, "").into_iter().collect()
    }

    /// The headers that give it what it carries while somebody is signing in elsewhere, for so many seconds.
    pub fn errand(self, text: &str, seconds: i64) -> Vec<(HeaderName, HeaderValue)> {
        let until = format!("; Max-Age={seconds}");
        self.header((SECURE_ERRAND, PLAIN_ERRAND), text, &until).into_iter().collect()
    }

    /// The headers that take that away.
    pub fn errand_done(self) -> Vec<(HeaderName, HeaderValue)> {
        self.errand("", 0)
    }

    /// The headers that take it away, with what the browser has kept of answers; not what it has
    /// stored, where entries may wait to be sent.
    pub fn taken(self) -> Vec<(HeaderName, HeaderValue)> {
        let clear = HeaderValue::from_static("\"cache\", \"cookies\"");
        self.header((SECURE_NAME, PLAIN_NAME), "", "; Max-Age=0")
            .into_iter()
            .chain([(CLEAR_SITE_DATA, clear)])
            .collect()
    }

    fn header(self, names: (&str, &str), value: &str, until: &str) -> Option<(HeaderName, HeaderValue)> {
        let (secure, plain) = names;
        let text = match self {
            SessionCookie::Secure => {
                format!("{secure}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{until}")
            }
            SessionCookie::Plain => format!("{plain}={value}; Path=/; HttpOnly; SameSite=Lax{until}"),
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some((header::SET_COOKIE, value))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SessionCookie {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(SessionCookie::of(&parts.headers)?)
    }
}

/// The secret of the session that a request came in, for what follows from it alone.
pub struct SessionSecret(String);

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(***)")
    }
}

impl SessionSecret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SessionSecret {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let found = presented(&parts.headers)?;
        let none = || Failure::fault("a route without a session asked for its secret");
        found.map(|secret| SessionSecret(secret.to_owned())).ok_or_else(none)
    }
}

/// What a browser carries while somebody is signing in elsewhere.
#[derive(Clone)]
pub struct Errand(pub Option<String>);

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Errand(***)")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Errand {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Errand(errand(&parts.headers)?.map(str::to_owned)))
    }
}

/// What it carries.
pub(crate) fn errand(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    cookie(headers, (SECURE_ERRAND, PLAIN_ERRAND))
}

/// The secret of the session that a request comes with.
pub(crate) fn presented(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    cookie(headers, (SECURE_NAME, PLAIN_NAME))
}

/// A cookie that a request comes with. The plain one counts on this machine alone.
fn cookie<'h>(
    headers: &'h HeaderMap,
    (secure_name, plain_name): (&str, &str),
) -> Result<Option<&'h str>, Problem> {
    let (mut secure, mut plain) = (None, None);
    let is_here = is_here(headers);
    for value in headers.get_all(header::COOKIE) {
        for pair in value.to_str().unwrap_or_default().split(';') {
            let Some((name, secret)) = pair.trim().split_once('=') else { continue };
            let place = if name == secure_name {
                &mut secure
            } else if name == plain_name && is_here {
                // elsewhere it counts for nothing, however often another host of the domain has set it
                &mut plain
            } else {
                continue;
            };
            if place.replace(secret).is_some() {
                let detail = format!("the cookie `{name}` stands more than once");
                return Err(Problem::new(Code::MalformedHeader, detail));
            }
        }
    }
    Ok(secure.or(plain).filter(|secret| !secret.is_empty()))
}

/// Refuses a write of a session that no page of this server has made.
pub(crate) fn check_page(headers: &HeaderMap, secret: &str) -> Result<(), Problem> {
    check_origin(headers)?;
    check_token(one(headers, &CSRF_TOKEN)?.unwrap_or_default(), secret)
}

/// Refuses what a page of somebody else lets a browser send.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let refuse = |detail: &'static str| Err(Problem::new(Code::CrossSite, detail));
    if let Some(site) = one(headers, &SEC_FETCH_SITE)? {
        if ["same-origin", "none"].contains(&site) {
            return Ok(());
        }
        return refuse("this comes from a page of another server, and only pages of this one may write here");
    }
    match (one(headers, &header::ORIGIN)?, one(headers, &header::HOST)?) {
        (None, _) => refuse("send `Origin` with this, the address of the server that the browser shows"),
        (Some(origin), Some(host)) if origin.split_once("://").is_some_and(|(_, at)| is_host(at, host)) => {
            Ok(())
        }
        _ => refuse("`Origin` is another server than `Host`, and only pages of this one may write here"),
    }
}

fn is_host(at: &str, host: &str) -> bool {
    at.eq_ignore_ascii_case(host)
}

/// A header that stands once at most.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(Code::MalformedHeader, format!("`{name}` stands more than once")));
    }
    Ok(first.map(|value| value.to_str().unwrap_or_default()))
}

/// Whether the browser has asked for a name of this machine. Another name that leads here is none.
fn is_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback()) || name.eq_ignore_ascii_case("localhost")
}

/// Whether two texts are equal, in a time that does not tell how far.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            })
    }

    #[test]
    fn a_write_comes_from_a_page_of_this_server() {
        let host = ("host", "stock.example:8443");
        let good: [&[(&str, &str)]; 5] = [
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "https://stock.example:8443")],
            &[("origin", "https://STOCK.example:8443")],
        ];
        for given in good {
            assert_eq!(check_origin(&headers(&[given, &[host]].concat())), Ok(()), "{given:?}");
        }
        let bad: [&[(&str, &str)]; 9] = [
            &[],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://stock.example:8443")],
            &[("sec-fetch-site", "")],
            &[("origin", "null")],
            &[("origin", "https://stock.example")],
            &[("origin", "https://evil.example:8443")],
            &[("origin", "https://stock.example:8443.evil.example")],
            &[("origin", "stock.example:8443")],
        ];
        for given in bad {
            let refused = check_origin(&headers(&[given, &[host]].concat())).unwrap_err();
            assert_eq!(refused.code, Code::CrossSite, "{given:?}");
        }
        let twice = headers(&[host, ("origin", "https://stock.example:8443"), ("origin", "null")]);
        assert_eq!(check_origin(&twice).unwrap_err().code, Code::MalformedHeader);
    }

    #[test]
    fn the_token_belongs_to_the_session() {
        let given = |token: &str| {
            check_page(&headers(&[("sec-fetch-site", "same-origin"), ("x-csrf-token", token)]), "secret")
        };
        let token = csrf_token("secret");
        assert_eq!((given(&token), token.len()), (Ok(()), 64));
        let (masked, again) = (masked_csrf("secret").unwrap(), masked_csrf("secret").unwrap());
        assert_eq!((given(&masked), given(&again), masked.len()), (Ok(()), Ok(()), 128));
        assert!(masked != again && !masked.contains(&token));
        let others = masked_csrf("other").unwrap();
        let mixed = [&masked[..64], &again[64..]].concat();
        let wrong = [
            "",
            "x",
            &token[1..],
            &csrf_token("other"),
            &token.to_uppercase(),
            &others,
            &mixed,
            &masked[..127],
        ];
        for wrong in wrong {
            assert_eq!(given(wrong).unwrap_err().code, Code::CrossSite, "{wrong}");
        }
        assert!(!token.contains("secret"));
    }

    #[test]
    fn the_plain_cookie_is_for_this_machine() {
        for here in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"] {
            let found = headers(&[("host", here), ("cookie", "a=b; sid=s1; c")]);
            assert_eq!(presented(&found), Ok(Some("s1")), "{here}");
            assert_eq!(SessionCookie::of(&headers(&[("host", here)])), Ok(SessionCookie::Plain));
        }
        for elsewhere in ["stock.example", "localhost.evil.example", "10.0.0.1:8080", "", "127.0.0.1.evil:1"]
        {
            let found = headers(&[("host", elsewhere), ("cookie", "sid=s1")]);
            assert_eq!(presented(&found), Ok(None), "{elsewhere}");
            let origin = format!("http://{elsewhere}");
            let asked = headers(&[("host", elsewhere), ("origin", &origin)]);
            assert_eq!(SessionCookie::of(&asked).unwrap_err().code, Code::InsecureSignIn);
            let origin = format!("https://{elsewhere}");
            let asked = headers(&[("host", elsewhere), ("origin", &origin)]);
            assert_eq!(SessionCookie::of(&asked), Ok(SessionCookie::Secure));
        }
        let both = headers(&[("host", "localhost"), ("cookie", "sid=s1"), ("cookie", "__Host-sid=s2")]);
        assert_eq!(presented(&both), Ok(Some("s2")));
        let twice = headers(&[("host", "localhost"), ("cookie", "sid=s1; sid=s2")]);
        assert_eq!(presented(&twice).unwrap_err().code, Code::MalformedHeader);
        assert_eq!(presented(&headers(&[("host", "localhost"), ("cookie", "sid=")])), Ok(None));
    }

    #[test]
    fn the_cookie_is_what_was_settled() {
        let text = |headers: Vec<(HeaderName, HeaderValue)>| headers[0].1.to_str().unwrap().to_owned();
        assert_eq!(
            text(SessionCookie::Secure.given("x")),
            "__Host-sid=x; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(text(SessionCookie::Plain.given("x")), "sid=x; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(text(SessionCookie::Plain.taken()), "sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        assert!(!format!("{:?}", SessionCookie::Secure.given("secret")).contains("secret"));
    }
}
