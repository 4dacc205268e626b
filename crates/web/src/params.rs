//! Parameters of the address: [`Path`] and [`Query`]. An unknown parameter is refused by name.

use crate::failure::Failure;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::word::{UnknownWord, echo};
use domain::{Code, Problem};
use serde::de::DeserializeOwned;

/// The `{parameters}` of the path. What cannot be read names nothing: 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        // no code, login or id holds the character nul, and no column of PostgreSQL takes it
        let nul = parts.uri.path().contains("%00");
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) if !nul => Ok(Path(value)),
            _ => Err(Problem::not_found("thing at", parts.uri.path()).into()),
        }
    }
}

/// The parameters after `?`, as a struct with `#[serde(deny_unknown_fields)]`.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Query(read(parts.uri.query().unwrap_or_default())?))
    }
}

/// Reads the part of the address after `?`.
pub(crate) fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    read_beside(query, &[])
}

/// The same where some parameters, which somebody else reads, are known beside.
pub(crate) fn read_beside<T: DeserializeOwned>(query: &str, beside: &[&str]) -> Result<T, Problem> {
    require_utf8(query)?;
    let parse = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(parse).map_err(|error| {
        let detail = error.inner().to_string();
        let named = |prefix| crate::json::quoted(&detail, prefix);
        if let Some(name) = named("unknown field `") {
            let pointer = format!("?{}", echo(name));
            return Problem::at(Code::UnknownParameter, pointer, unknown(name, &detail, beside));
        }
        let name = named("missing field `").or_else(|| named("duplicate field `")).map(str::to_owned);
        let name = name.unwrap_or_else(|| error.path().to_string());
        let numbers = ["invalid digit found", "cannot parse integer", "number too"];
        let why =
            if numbers.iter().any(|words| detail.contains(words)) { "it is a whole number" } else { &detail };
        Problem::at(Code::MalformedParameter, format!("?{name}"), format!("the parameter `{name}`: {why}"))
    })
}

/// The word of a closed list in a parameter, such as `?kind`.
///
/// # Errors
/// `malformed_parameter` for any other word, with those that there are.
pub fn word<T>(
    word: Option<&str>,
    pointer: &str,
    parse: impl Fn(&str) -> Result<T, UnknownWord>,
) -> Result<Option<T>, Problem> {
    let wrong = |error: UnknownWord| Problem::at(Code::MalformedParameter, pointer, error.to_string());
    word.map(parse).transpose().map_err(wrong)
}

/// Names the parameters that there are: those that the library expects, which it quotes, and others.
fn unknown(name: &str, detail: &str, beside: &[&str]) -> String {
    let expected = detail.split_once("expected ").map(|(_, expected)| expected).unwrap_or_default();
    let expected = expected.split('`').skip(1).step_by(2);
    let known: Vec<String> = expected.chain(beside.iter().copied()).map(|name| format!("`{name}`")).collect();
    match known.join(", ") {
        none if none.is_empty() => format!("there is no parameter `{name}` here"),
        known => format!("there is no parameter `{name}` here, only {known}"),
    }
}

/// The library replaces broken text silently; here it is refused, at the parameter that holds it.
pub(crate) fn require_utf8(query: &str) -> Result<(), Problem> {
    for pair in query.split('&').filter(|pair| pair.contains('%')) {
        let Err(why) = decodes(pair) else { continue };
        let name = pair.split('=').next().unwrap_or_default();
        if decodes(name).is_err() {
            return Err(Problem::new(Code::MalformedParameter, format!("the name of a parameter {why}")));
        }
        let name = form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| echo(&name));
        let name = name.unwrap_or_default();
        let detail = format!("the parameter `{name}` {why}");
        return Err(Problem::at(Code::MalformedParameter, format!("?{name}"), detail));
    }
    Ok(())
}

/// Whether what is written with `%` is text, or why not.
fn decodes(text: &str) -> Result<(), &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("has a `%` that is not followed by two hexadecimal digits");
        };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    if bytes.contains(&0) {
        return Err("holds the character U+0000");
    }
    std::str::from_utf8(&bytes).map(|_| ()).map_err(|_| "is not valid UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        class: Option<String>,
        archived: Option<bool>,
        least: Option<i64>,
    }

    #[test]
    fn what_is_right_is_read() {
        let filter: Filter = read("class=a%20b+%C3%BC&archived=true").unwrap();
        assert_eq!(filter, Filter { class: Some("a b ü".into()), archived: Some(true), least: None });
    }

    #[test]
    fn a_number_is_asked_for_in_our_words() {
        for wrong in ["x", "", "9223372036854775808", "-9223372036854775809", "1.5"] {
            let problem = read::<Filter>(&format!("least={wrong}")).unwrap_err();
            assert_eq!(problem.detail, "the parameter `least`: it is a whole number", "{wrong}");
        }
    }

    #[test]
    fn what_there_is_in_place_of_what_there_is_not_is_listed() {
        #[derive(Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        struct None {}
        let told = |problem: Problem| problem.detail.into_owned();
        let all = told(read::<Filter>("colour=red").unwrap_err());
        assert_eq!(all, "there is no parameter `colour` here, only `class`, `archived`, `least`");
        assert_eq!(told(read::<None>("colour=red").unwrap_err()), "there is no parameter `colour` here");
        let beside = told(read_beside::<None>("colour=red", &["limit"]).unwrap_err());
        assert_eq!(beside, "there is no parameter `colour` here, only `limit`");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("colour=red", Code::UnknownParameter, Some("?colour")),
            ("least=x", Code::MalformedParameter, Some("?least")),
            ("archived=yes", Code::MalformedParameter, Some("?archived")),
            ("class=a&class=b", Code::MalformedParameter, Some("?class")),
            ("class=%FF", Code::MalformedParameter, Some("?class")),
            ("archived=true&class=a%00", Code::MalformedParameter, Some("?class")),
            ("class=%2", Code::MalformedParameter, Some("?class")),
            ("%FF=a", Code::MalformedParameter, None),
            ("=%FF", Code::MalformedParameter, Some("?")),
            ("a+b=%FF", Code::MalformedParameter, Some("?a b")),
            ("&&class=%FF", Code::MalformedParameter, Some("?class")),
        ];
        for (query, code, pointer) in rows {
            let problem = read::<Filter>(query).unwrap_err();
            assert_eq!(problem.code, code, "{query}: {problem}");
            assert_eq!(
                problem.errors.first().map(|error| error.pointer.as_str()),
                pointer,
                "{query}: {problem}"
            );
        }
    }
}
