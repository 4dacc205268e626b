//! Forms: fields become the JSON body of a write, and what the doors say becomes the next page.
//!
//! The name of a field is the JSON pointer of what it sets (`/name`, `/lines/0/qty`), with how it is read behind a
//! `#` where it is no plain text: `/days#int`, `/archived#bool`, `/parent#null` (nothing typed is null), `/note#text`
//! (nothing typed is an empty text), `/password#raw` (with the space around it). A plain field into which nothing was typed is left out, and so is a line of
//! which every field was.

use crate::cx::{Cx, go};
use crate::kit::{AGAIN_FIELD, KEY_FIELD, Sent, VERSION_FIELD};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use domain::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use web::{Failure, Form, Reply, Write};

/// What became of a form.
#[derive(Debug)]
pub enum Outcome {
    /// It was done.
    Done(Reply),
    /// It waits for a second person.
    Waiting(Reply),
    /// It was not: it is shown again, with what is wrong and all that was typed.
    Again(Box<Sent>),
}

impl Outcome {
    /// On to another page, which tells what was done, or that it waits.
    ///
    /// # Errors
    /// What is shown again.
    pub fn settle(self, cx: &Cx, told: &str, target: &str) -> Result<Response, Box<Sent>> {
        match self {
            Outcome::Done(_) => Ok(Told::new(told).go(target)),
            Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go(target)),
            Outcome::Again(sent) => Err(sent),
        }
    }
}

impl Cx {
    /// A key that nothing was sent under yet, for a form.
    pub fn fresh_key(&self) -> String {
        self.desk.app.ids().next().simple().to_string()
    }

    /// Sends a form as the body of a write.
    ///
    /// # Errors
    /// What whoever typed it cannot mend.
    pub async fn save(&self, method: Method, target: &str, form: Form) -> Result<Outcome, Failure> {
        let body = body(&form);
        self.save_as(method, target, form, Some(body)).await
    }

    /// The same with a body that the page has made of the form; `None` for none.
    ///
    /// # Errors
    /// What whoever typed it cannot mend.
    pub async fn save_as(
        &self,
        method: Method,
        target: &str,
        form: Form,
        body: Option<Value>,
    ) -> Result<Outcome, Failure> {
        if form.get(AGAIN_FIELD).is_some() {
            return Ok(Outcome::Again(Box::new(Sent { form, problem: None })));
        }
        let body = body.map(|body| Bytes::from(body.to_string()));
        let version = form.get(VERSION_FIELD).and_then(|text| text.parse().ok());
        let key = form.get(KEY_FIELD).map_or_else(|| self.fresh_key(), str::to_owned);
        let write = Write { method, target, body, key: Some(&key), version };
        match self.desk.send(write).await {
            Ok(reply) if reply.status == StatusCode::ACCEPTED => Ok(Outcome::Waiting(reply)),
            Ok(reply) => Ok(Outcome::Done(reply)),
            Err(failure) => {
                let problem = failure.problem().into_owned();
                match problem.kind() {
                    Kind::Internal | Kind::StorageFull | Kind::Unauthenticated => Err(failure),
                    _ => Ok(Outcome::Again(Box::new(Sent { form, problem: Some(problem) }))),
                }
            }
        }
    }
}

/// The body that the fields of a form say.
pub fn body(form: &Form) -> Value {
    let mut root = Map::new();
    for (name, text) in form.iter() {
        let (pointer, reads) = name.split_once('#').unwrap_or((name, ""));
        let Some(path) = pointer.strip_prefix('/') else { continue };
        if let Some(value) = value(text, reads) {
            put(&mut root, path, value);
        }
    }
    listed(Value::Object(root))
}

/// What a field says; `None` for nothing.
fn value(text: &str, reads: &str) -> Option<Value> {
    let plain = text.trim();
    match (reads, plain) {
        ("int" | "", "") => None,
        // what is no number goes on as it is, and is refused by its name
        ("int", digits) => Some(digits.parse::<i64>().map_or_else(|_| digits.into(), Value::from)),
        ("bool", word) => Some(Value::Bool(word == "true")),
        ("null", "") => Some(Value::Null),
        ("raw", _) => (!text.is_empty()).then(|| text.into()),
        (_, plain) => Some(plain.into()),
    }
}

fn put(map: &mut Map<String, Value>, path: &str, value: Value) {
    let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
    match path.split_once('/') {
        None => {
            map.insert(unescaped(path), value);
        }
        Some((step, rest)) => {
            let inner = map.entry(unescaped(step)).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Objects of which every name is a number are lists, in the order of the numbers.
fn listed(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    let numbers: Option<Vec<usize>> = map.keys().map(|name| name.parse().ok()).collect();
    match numbers.filter(|numbers| !numbers.is_empty()) {
        Some(mut numbers) => {
            let mut map = map;
            numbers.sort_unstable();
            numbers.iter().filter_map(|number| map.remove(&number.to_string())).map(listed).collect()
        }
        None => Value::Object(map.into_iter().map(|(name, value)| (name, listed(value))).collect()),
    }
}

/// The cookie of what is told once, on the next page.
const TOLD: &str = "told";
/// How long it waits for that, in seconds.
const TOLD_SECONDS: u32 = 30;

/// What is told on the next page, and how it can be undone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// What happened, such as `24 received into B-11-04`.
    pub text: String,
    /// The address of the form that undoes it.
    #[serde(default)]
    pub undo: Option<String>,
}

impl Told {
    /// What happened.
    pub fn new(text: impl Into<String>) -> Told {
        Told { text: text.into(), undo: None }
    }

    /// With how it can be undone.
    #[must_use]
    pub fn undo(self, address: impl Into<String>) -> Told {
        Told { undo: Some(address.into()), ..self }
    }

    /// On to another page, which tells it.
    pub fn go(&self, target: &str) -> Response {
        let text = serde_json::to_string(self).unwrap_or_default();
        let value = format!(
            "{TOLD}={}; Path=/; Max-Age={TOLD_SECONDS}; SameSite=Lax; HttpOnly",
            crate::cx::step(&text)
        );
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header::SET_COOKIE, value);
        }
        go(target, headers)
    }

    /// What the page before left to be told.
    pub fn of(headers: &HeaderMap) -> Option<Told> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, text) = pairs.find(|(name, text)| *name == TOLD && !text.is_empty())?;
        let text = form_urlencoded::parse(format!("x={text}").as_bytes()).next()?.1.into_owned();
        let told: Told = serde_json::from_str(&text).ok()?;
        let is_ours = told.undo.as_deref().is_none_or(|path| crate::cx::next_path(Some(path)) == path);
        is_ours.then_some(told)
    }

    /// The header that takes it away once it was told.
    pub(crate) fn taken() -> (header::HeaderName, HeaderValue) {
        (header::SET_COOKIE, HeaderValue::from_static("told=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_the_body_that_their_names_say() {
        let form = Form::parse(
            b"%2Fname=+Bolt+&%2Fnote=&%2Fdays%23int=12&%2Fold%23bool=true&%2Fparent%23null=&%2Ftext%23text=\
              &%2Flines%2F1%2Fsku=B&%2Flines%2F0%2Fsku=A&%2Flines%2F0%2Fqty=2&%2Flines%2F2%2Fqty=&_csrf=x&other=y",
        );
        let expected = json!({
            "name": "Bolt", "days": 12, "old": true, "parent": null, "text": "",
            "lines": [{ "sku": "A", "qty": "2" }, { "sku": "B" }],
        });
        assert_eq!(body(&form), expected);
        assert_eq!(body(&Form::parse(b"%2Fdays%23int=soon")), json!({ "days": "soon" }));
        assert_eq!(body(&Form::parse(b"")), json!({}));
    }

    #[test]
    fn what_is_told_comes_to_the_next_page() {
        let response = Told::new("24 received; \"B-11\" ü").undo("/postings/x/undo").go("/stock");
        assert_eq!(response.headers()[header::LOCATION], "/stock");
        let cookie =
            response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(cookie).unwrap())]);
        let told = Told::of(&headers).unwrap();
        assert_eq!(
            (told.text.as_str(), told.undo.as_deref()),
            ("24 received; \"B-11\" ü", Some("/postings/x/undo"))
        );
        let evil = "told=%7B%22text%22%3A%22x%22%2C%22undo%22%3A%22https%3A%2F%2Fevil%22%7D";
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(evil))]);
        assert!(Told::of(&headers).is_none());
    }
}
