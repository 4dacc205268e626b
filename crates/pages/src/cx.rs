//! What every handler of a page has: who looks, how they want to see it, and a way to the doors.

use crate::assets;
use crate::format;
use crate::forms::Told;
use crate::look::Look;
use crate::words::Locale;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Permission;
use fluent_bundle::FluentValue;
use form_urlencoded::Serializer;
use jiff::tz::TimeZone;
use maud::Markup;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Deref;
use web::{Desk, Failure};

/// The result of a page.
pub type Html = Result<Response, Failure>;

/// The words and the numbers of whoever reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    /// How they want to see pages.
    pub look: Look,
}

impl Reader {
    fn locale(self) -> Locale {
        self.look.locale
    }

    /// The message of a key.
    pub fn t(self, key: &str) -> Cow<'static, str> {
        self.locale().say(key)
    }

    /// The message of a key with what it is about.
    pub fn tell(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Cow<'static, str> {
        self.locale().say_with(key, values)
    }

    /// A word of a closed list of the API, as people say it, by the start of its messages: `class-` and
    /// `finished_good`. A word that nobody has a message for is shown as it is.
    pub fn word(self, start: &str, word: &str) -> Cow<'static, str> {
        self.locale().find(&format!("{start}{word}"), &[]).unwrap_or_else(|| Cow::Owned(word.to_owned()))
    }

    /// A decimal number.
    pub fn number(self, text: &str) -> String {
        format::number(self.locale(), text)
    }
}

/// Instants as people read them where the books are kept.
#[derive(Clone, Debug)]
pub struct Clock {
    reader: Reader,
    zone: TimeZone,
}

/// What the books say of themselves.
#[derive(Deserialize)]
struct Organisation {
    zone: String,
}

impl Clock {
    /// The zone of the books.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// An instant, to the minute.
    pub fn at(&self, text: &str) -> String {
        format::instant(self.reader.locale(), text, &self.zone)
    }

    /// The same where there may be none.
    pub fn at_most(&self, text: Option<&str>) -> String {
        text.map_or_else(|| format::NONE.to_owned(), |text| self.at(text))
    }
}

/// A handler's hands: an extractor.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The way to the doors.
    pub desk: Desk,
    /// Who reads.
    pub reader: Reader,
}

impl Deref for Cx {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Cx {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let desk = Desk::from_request_parts(parts, state).await?;
        let reader = Reader { look: Look::of(&desk.headers) };
        Ok(Cx { desk, reader })
    }
}

impl Cx {
    /// A parameter of the address; an empty one is none.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs = form_urlencoded::parse(self.desk.uri.query().unwrap_or_default().as_bytes());
        let mut found = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        found.next().filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may stand in the address several times.
    pub fn queries(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(self.desk.uri.query().unwrap_or_default().as_bytes());
        pairs
            .filter(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// The clock of the books; that of Greenwich for whoever may not know where they are kept.
    ///
    /// # Errors
    /// What the doors refuse.
    pub async fn clock(&self) -> Result<Clock, Failure> {
        if !self.desk.may(Permission::PlacesRead) {
            return Ok(Clock { reader: self.reader, zone: TimeZone::UTC });
        }
        let organisation: Organisation = self.desk.get("/api/v1/organisation").await?;
        Ok(Clock { reader: self.reader, zone: TimeZone::get(&organisation.zone).unwrap_or(TimeZone::UTC) })
    }

    /// Whether only a part of the page is wanted, by the id of what it is put into.
    pub fn wants(&self, id: &str) -> bool {
        let header = |name: &str| self.desk.headers.get(name).and_then(|value| value.to_str().ok());
        header("hx-request") == Some("true")
            && header("hx-target").is_some_and(|target| target.rsplit('#').next() == Some(id))
    }

    /// A page, or a part of one.
    pub fn show(&self, markup: Markup) -> Response {
        self.show_as(StatusCode::OK, markup)
    }

    /// The same with a status.
    pub fn show_as(&self, status: StatusCode, markup: Markup) -> Response {
        let mut response = assets::html(status, markup.into_string(), &self.desk.headers);
        if Told::of(&self.desk.headers).is_some() {
            response.headers_mut().extend([Told::taken()]);
        }
        response
    }
}

/// Leads a browser to another page, with what it is given on the way.
pub fn go(target: &str, headers: HeaderMap) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, target.to_owned())]).into_response();
    response.headers_mut().extend(headers);
    response
}

/// An address of a path and parameters; those without a value are left out.
pub fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = Serializer::new(String::new());
    let mut any = false;
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
            any = true;
        }
    }
    if any { format!("{path}?{}", query.finish()) } else { path.to_owned() }
}

/// A text as one step of a path.
pub fn step(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            made.push(char::from(byte));
        } else {
            // writing to a string never fails
            let _ = write!(made, "%{byte:02X}");
        }
    }
    made
}

/// Where to go on after signing in: a path of this server, and nothing else.
pub fn next_path(text: Option<&str>) -> &str {
    let is_ours = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\', '\n', '\r', '\t'])
            && !path.starts_with("/sign-in")
    };
    text.filter(is_ours).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for good in ["/", "/items/BOLT?tab=ledger", "/a//b"] {
            assert_eq!(next_path(Some(good)), good);
        }
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/sign-in?next=/",
            "/\t/evil",
        ] {
            assert_eq!(next_path(Some(bad)), "/", "{bad}");
        }
        assert_eq!(next_path(None), "/");
    }

    #[test]
    fn an_address_says_what_was_chosen() {
        assert_eq!(address("/items", &[]), "/items");
        assert_eq!(
            address("/items", &[("q", Some("a b&c")), ("sort", None), ("x", Some(""))]),
            "/items?q=a+b%26c"
        );
        assert_eq!(step("A/7 ü"), "A%2F7%20%C3%BC");
    }
}
