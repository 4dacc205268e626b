//! The identity provider, as it is asked: what it says of itself, its keys, a code for a token, and what it says of
//! somebody beside the token.
//!
//! What it says of itself and its keys are remembered for an hour. A key that nobody knows makes the keys be read
//! again, and one that is down is asked again, after some seconds at the earliest: whoever sends wrong answers makes this
//! server ask no more often.

use super::decide::{self, Asked};
use super::jws::{self, Key, Unsigned};
use super::{Oidc, Unanswered};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Instant;
use outbound::header::{self, HeaderValue};
use outbound::{Method, Outbound, OutboundError, Request};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

/// How long what a provider says of itself, and its keys, are remembered.
const REMEMBERED_SECONDS: i64 = 3_600;
/// Seconds between two readings of the keys, however many tokens name one that nobody knows.
const AGAIN_SECONDS: i64 = 60;
/// Seconds until one that was down is asked again.
const DOWN_SECONDS: i64 = 5;

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    /// Whether its answers name it, so that one that does not is none of its.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is remembered of it.
#[derive(Debug, Default)]
struct Known {
    metadata: Option<(Metadata, Instant)>,
    keys: Option<(Vec<Key>, Instant)>,
    /// Since when it is down, and why.
    down: Option<(Instant, String)>,
}

impl Known {
    /// Refuses at once while it has just been down.
    fn check(&self, now: Instant) -> Result<(), Unanswered> {
        match &self.down {
            Some((since, why)) if now < since.plus_seconds(DOWN_SECONDS) => {
                Err(Unanswered::Down(why.clone()))
            }
            _ => Ok(()),
        }
    }
}

fn fresh<T>(known: Option<&(T, Instant)>, seconds: i64, now: Instant) -> Option<&T> {
    known.filter(|(_, at)| now < at.plus_seconds(seconds)).map(|(value, _)| value)
}

/// The provider of the organisation.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) oidc: Oidc,
    outbound: Outbound,
    known: Mutex<Known>,
}

/// What a code was given for.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenRefusal {
    error: String,
}

/// The answer to a sign-in, as the browser brought it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brought<'a> {
    pub(crate) code: &'a str,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) verifier: &'a str,
    pub(crate) nonce: &'a str,
}

impl Provider {
    pub(crate) fn new(oidc: Oidc, outbound: Outbound) -> Provider {
        Provider { oidc, outbound, known: Mutex::default() }
    }

    /// Where the browser goes to sign in.
    pub(crate) async fn authorize(
        &self,
        (state, nonce, challenge): (&str, &str, &str),
        now: Instant,
    ) -> Result<String, Unanswered> {
        let metadata = self.metadata(now).await?;
        let oidc = &self.oidc;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &oidc.client_id)
            .append_pair("redirect_uri", &oidc.redirect_uri)
            .append_pair("scope", &oidc.scopes)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        Ok(with_query(&metadata.authorization_endpoint, &query))
    }

    /// Where the browser goes to sign out there as well; `None` when it has no such place, or does not answer.
    pub(crate) async fn sign_out(&self, now: Instant) -> Option<String> {
        let endpoint = self.metadata(now).await.ok()?.end_session_endpoint?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.oidc.client_id)
            .finish();
        Some(with_query(&endpoint, &query))
    }

    /// What the provider says of whoever brings a code, when all of it is to be believed.
    pub(crate) async fn claims(
        &self,
        brought: Brought<'_>,
        now: Instant,
    ) -> Result<(String, Map<String, Value>), Unanswered> {
        let metadata = self.metadata(now).await?;
        match brought.issuer {
            Some(issuer) if issuer != self.oidc.issuer => return Err(Unanswered::Mixed),
            None if metadata.authorization_response_iss_parameter_supported => return Err(Unanswered::Mixed),
            _ => {}
        }
        let tokens = self.redeem(&metadata, brought).await?;
        let mut claims = self.open(&tokens.id_token, now).await?;
        let (issuer, client_id) = (self.oidc.issuer.as_str(), self.oidc.client_id.as_str());
        let asked = Asked { issuer, client_id, nonce: brought.nonce, now };
        let subject = decide::believe(&claims, asked)?;
        let lacks =
            [&self.oidc.groups_claim, &self.oidc.login_claim].iter().any(|name| !claims.contains_key(*name));
        if let (true, Some(endpoint), Some(token)) =
            (lacks, &metadata.userinfo_endpoint, &tokens.access_token)
        {
            let more = self.user_info(endpoint, token).await?;
            decide::complete(&mut claims, more)?;
        }
        Ok((subject, claims))
    }

    /// What it says of itself.
    pub(crate) async fn metadata(&self, now: Instant) -> Result<Metadata, Unanswered> {
        let mut known = self.known.lock().await;
        if let Some(metadata) = fresh(known.metadata.as_ref(), REMEMBERED_SECONDS, now) {
            return Ok(metadata.clone());
        }
        known.check(now)?;
        let read = self.read_metadata().await;
        known.down = read.as_ref().err().map(|why| (now, why.clone()));
        let metadata = read.map_err(Unanswered::Down)?;
        known.metadata = Some((metadata.clone(), now));
        Ok(metadata)
    }

    async fn read_metadata(&self) -> Result<Metadata, String> {
        let issuer = &self.oidc.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let body = self.get(&url).await?;
        let metadata: Metadata = serde_json::from_slice(&body)
            .map_err(|error| format!("`{issuer}` does not say what it is: {error}"))?;
        if metadata.issuer != *issuer {
            return Err(format!("it calls itself another issuer than `oidc.issuer`, `{issuer}`"));
        }
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        let leads = [Some(&metadata.authorization_endpoint), metadata.end_session_endpoint.as_ref()];
        if !leads.into_iter().flatten().all(is_web) {
            return Err(format!("`{issuer}` sends browsers to what is no page"));
        }
        match &metadata.code_challenge_methods_supported {
            Some(methods) if !methods.iter().any(|method| method == "S256") => {
                Err(format!("`{issuer}` does not support PKCE with S256"))
            }
            _ => Ok(metadata),
        }
    }

    async fn get(&self, url: &str) -> Result<bytes::Bytes, String> {
        let answer =
            self.outbound.send(accepting(Request::get(url))).await.map_err(|error| error.to_string())?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            status => Err(format!("it answered with {status} where it says what it is")),
        }
    }

    /// What a token says; its keys are read again for one that nobody knows.
    async fn open(&self, token: &str, now: Instant) -> Result<Map<String, Value>, Unanswered> {
        let keys = self.keys(REMEMBERED_SECONDS, now).await?;
        match jws::open(token, &keys) {
            Err(Unsigned::UnknownKey) => Ok(jws::open(token, &self.keys(AGAIN_SECONDS, now).await?)?),
            opened => Ok(opened?),
        }
    }

    /// Its keys, not older than so many seconds.
    async fn keys(&self, seconds: i64, now: Instant) -> Result<Vec<Key>, Unanswered> {
        let uri = self.metadata(now).await?.jwks_uri;
        let mut known = self.known.lock().await;
        if let Some(keys) = fresh(known.keys.as_ref(), seconds, now) {
            return Ok(keys.clone());
        }
        known.check(now)?;
        let read = match self.get(&uri).await {
            Ok(body) => jws::keys(&body).map_err(str::to_owned),
            Err(error) => Err(error),
        };
        known.down = read.as_ref().err().map(|why| (now, why.clone()));
        let keys = read.map_err(Unanswered::Down)?;
        known.keys = Some((keys.clone(), now));
        Ok(keys)
    }

    /// Gives a code for a token.
    async fn redeem(&self, metadata: &Metadata, brought: Brought<'_>) -> Result<Tokens, Unanswered> {
        let request = self.redeeming(metadata, brought)?;
        let answer = self.outbound.send(request).await?;
        if answer.status.as_u16() == 200 {
            let broken = |_| Unanswered::Down("it gave no token for the code".to_owned());
            return serde_json::from_slice(&answer.body).map_err(broken);
        }
        let error = serde_json::from_slice::<TokenRefusal>(&answer.body).map(|refusal| refusal.error);
        match error.as_deref() {
            Ok("invalid_grant") => Err(Unanswered::Code),
            // ours, not the user's: a wrong secret, or a redirect that was not registered
            Ok(word) => Err(Unanswered::Down(format!("it refuses this server: {}", shown(word)))),
            Err(_) => {
                Err(Unanswered::Down(format!("it answered with {} to the code", answer.status.as_u16())))
            }
        }
    }

    /// The request for that, in the way in which the provider wants to know who asks.
    fn redeeming(&self, metadata: &Metadata, brought: Brought<'_>) -> Result<Request, Unanswered> {
        let oidc = &self.oidc;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", brought.code)
            .append_pair("redirect_uri", &oidc.redirect_uri)
            .append_pair("code_verifier", brought.verifier);
        let mut request = accepting(Request::new(Method::POST, &metadata.token_endpoint));
        let methods = metadata.token_endpoint_auth_methods_supported.as_deref();
        let has = |method: &str| methods.is_none_or(|all| all.iter().any(|known| known == method));
        match &oidc.client_secret {
            // the way of the standard, unless the provider knows the other one only
            Some(secret) if has("client_secret_basic") => {
                let coded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", coded(&oidc.client_id), coded(secret.reveal())));
                request = request.header(header::AUTHORIZATION, sensitive(&format!("Basic {pair}"))?);
            }
            Some(secret) => {
                form.append_pair("client_id", &oidc.client_id).append_pair("client_secret", secret.reveal());
            }
            None => {
                form.append_pair("client_id", &oidc.client_id);
            }
        }
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        Ok(request.header(header::CONTENT_TYPE, form_type).bytes(form.finish()))
    }

    /// What it says of somebody beside the token.
    async fn user_info(&self, endpoint: &str, token: &str) -> Result<Map<String, Value>, Unanswered> {
        let value = sensitive(&format!("Bearer {token}"))?;
        let request = accepting(Request::get(endpoint)).header(header::AUTHORIZATION, value);
        let answer = self.outbound.send(request).await?;
        if answer.status.as_u16() != 200 {
            return Err(Unanswered::Down(format!(
                "it answered with {} about somebody",
                answer.status.as_u16()
            )));
        }
        let broken = |_| Unanswered::Down("what it says about somebody is no JSON object".to_owned());
        serde_json::from_slice(&answer.body).map_err(broken)
    }
}

impl From<OutboundError> for Unanswered {
    fn from(error: OutboundError) -> Self {
        Unanswered::Down(error.to_string())
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, Unanswered> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Unanswered::Down("a token of it cannot stand in a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn accepting(request: Request) -> Request {
    request.header(header::ACCEPT, HeaderValue::from_static("application/json"))
}

/// An address with more behind it.
fn with_query(address: &str, query: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{query}")
}

/// A word of somebody else, as far as it is one.
pub(crate) fn shown(word: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "_- .".contains(*c);
    word.chars().filter(plain).take(60).collect()
}
