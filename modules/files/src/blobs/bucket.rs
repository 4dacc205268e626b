//! Bytes in a bucket of an S3-compatible store, under the names that they would have in a folder, below a prefix.
//! Addresses are signed by `rusty-s3`, requests are sent by `outbound`.
//!
//! Invariants: a request can be repeated, because it brings the same bytes under the same name or takes them away; what
//! is there under a name with another length is never written over.

use super::{BlobError, BlobName, Extent, Pieces, Received, not_what_it_says, other_length};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures_util::{StreamExt as _, stream};
use outbound::header::{CONTENT_LENGTH, HeaderName, HeaderValue, RANGE};
use outbound::{Incoming, Method, Origin, Outbound, OutboundError, Request, StatusCode};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket as Signer, Credentials, S3Action, UrlStyle};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::io::{Error, ErrorKind, Write};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// How long it rests before it asks again what may be answered then.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// How long a request takes at most that brings and takes nothing.
const TIME_MAX: Duration = Duration::from_secs(20);
/// How long bytes are on their way at most: whoever takes them may be slow.
const TRANSFER_TIME_MAX: Duration = Duration::from_mins(10);
/// How long an address is valid: as long as a request may take, and what two clocks may differ by.
const VALID: Duration = Duration::from_mins(15);
/// Bytes of a page of names at most: a thousand of them, as the store says it.
const PAGE_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a refusal that are looked at.
const REFUSAL_BYTES_MAX: usize = 16 << 10;
/// By what the store sees that it has received the right bytes.
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");
/// Letters of a prefix at most.
const PREFIX_MAX: usize = 200;

/// Where a bucket is, and who asks.
#[derive(Clone)]
pub struct BucketSettings {
    /// The address of the store, such as `https://s3.eu-central-1.amazonaws.com`.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket.
    pub name: String,
    /// What the names in it begin with; empty for nothing.
    pub prefix: String,
    /// Whether the bucket stands in the path of an address, and not in its host.
    pub path_style: bool,
    /// The access key.
    pub access_key: String,
    /// What belongs to it, and is known to nobody else.
    pub secret: String,
}

impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // without the keys
        f.debug_struct("BucketSettings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Why these are no settings of a bucket.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BadBucket {
    /// The address is none.
    #[error("{0}")]
    Endpoint(String),
    /// The name is none.
    #[error("`{0}` is no name of a bucket: 3 to 63 letters, digits, dots and hyphens")]
    Name(String),
    /// The region is none.
    #[error("`{0}` is no region")]
    Region(String),
    /// The prefix is none.
    #[error(
        "`{0}` is no prefix: up to 200 letters, digits, `.`, `_`, `-` and slashes, and no slash at the beginning"
    )]
    Prefix(String),
}

/// A bucket; cheap to clone.
#[derive(Clone)]
pub struct Bucket(Arc<Inner>);

struct Inner {
    signer: Signer,
    credentials: Credentials,
    /// Empty, or with a slash at its end.
    prefix: String,
    outbound: Outbound,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // without the keys
        f.debug_tuple("Bucket").field(&self.to_string()).finish()
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.signer.base_url(), self.0.prefix)
    }
}

impl Bucket {
    /// A bucket that is asked by this client.
    ///
    /// # Errors
    /// [`BadBucket`].
    pub fn new(settings: BucketSettings, outbound: Outbound) -> Result<Bucket, BadBucket> {
        let BucketSettings { endpoint, region, name, prefix, path_style, access_key, secret } = settings;
        Origin::of_folder(&endpoint).map_err(|error| BadBucket::Endpoint(error.to_string()))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if !(3..=63).contains(&name.len()) || !name.chars().all(is_name) || name.contains("..") {
            return Err(BadBucket::Name(name));
        }
        if region.is_empty() || !region.chars().all(is_name) {
            return Err(BadBucket::Region(region));
        }
        let prefix = read_prefix(&prefix).ok_or(BadBucket::Prefix(prefix))?;
        let no_address = |error: &dyn fmt::Display| {
            BadBucket::Endpoint(format!(
                "`{endpoint}` is no address of a store with the bucket `{name}`: {error}"
            ))
        };
        let style = if path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let address = endpoint.parse().map_err(|error| no_address(&error))?;
        let signer = Signer::new(address, style, name.clone(), region).map_err(|error| no_address(&error))?;
        let credentials = Credentials::new(access_key, secret);
        Ok(Bucket(Arc::new(Inner { signer, credentials, prefix, outbound })))
    }

    fn key(&self, name: &BlobName) -> String {
        format!("{}{}", self.0.prefix, name.path())
    }

    /// Brings bytes under a name. Those that are there already stay.
    pub(super) async fn put(&self, name: &BlobName, received: &Received) -> Result<(), BlobError> {
        match self.length(name).await? {
            Some(there) if there == received.bytes => return Ok(()),
            Some(there) => return Err(other_length(name, there, received.bytes)),
            None => {}
        }
        let open = || Ok(web::file_stream(received.open()?, received.bytes));
        self.bring(&self.key(name), (received.hash, received.bytes), open).await
    }

    /// Brings bytes under a key, whatever stands there.
    async fn bring<S>(
        &self,
        key: &str,
        (hash, bytes): ([u8; 32], u64),
        open: impl Fn() -> Result<S, Error>,
    ) -> Result<(), BlobError>
    where
        S: stream::Stream<Item = Result<bytes::Bytes, Error>> + Send + 'static,
    {
        let checksum = BASE64_STANDARD.encode(hash);
        let header = HeaderValue::from_str(&checksum).map_err(Error::other)?;
        let mut action = self.0.signer.put_object(Some(&self.0.credentials), key);
        action.headers_mut().insert("x-amz-checksum-sha256", checksum.as_str());
        let make = || {
            let request = Request::new(Method::PUT, action.sign(VALID).as_str());
            Ok(request.header(CHECKSUM, header.clone()).streamed(bytes, open()?).time_max(TRANSFER_TIME_MAX))
        };
        self.good(make).await.map(drop)
    }

    /// How many bytes stand under a name; none when it is not there.
    pub(super) async fn length(&self, name: &BlobName) -> Result<Option<u64>, BlobError> {
        let key = self.key(name);
        let action = self.0.signer.head_object(Some(&self.0.credentials), &key);
        let answer = self.ask(|| Ok(plain(Method::HEAD, &action))).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => match announced(&answer) {
                Some(bytes) => Ok(Some(bytes)),
                None => Err(self.strange("how many bytes there are is not said")),
            },
            _ => Err(self.refused(answer).await),
        }
    }

    /// Bytes of a name, piece by piece.
    pub(super) async fn open(&self, name: &BlobName, extent: Extent) -> Result<Pieces, BlobError> {
        let answer = self.begin(name, extent).await?;
        let broken = |error: OutboundError| Error::new(ErrorKind::UnexpectedEof, error.to_string());
        let pieces = stream::unfold(Some((answer, extent.bytes)), move |state| async move {
            let (mut answer, left) = state.filter(|(_, left)| *left > 0)?;
            match answer.chunk().await {
                Ok(Some(piece)) => {
                    let taken = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                    Some((Ok(piece), Some((answer, left.saturating_sub(taken)))))
                }
                Ok(None) => Some((Err(ErrorKind::UnexpectedEof.into()), None)),
                Err(error) => Some((Err(broken(error)), None)),
            }
        });
        Ok(pieces.boxed())
    }

    /// Asks for bytes; they are still to come, and are as many as they should be.
    async fn begin(&self, name: &BlobName, extent: Extent) -> Result<Incoming, BlobError> {
        let Extent { first, bytes, of } = extent;
        let key = self.key(name);
        let action = self.0.signer.get_object(Some(&self.0.credentials), &key);
        let range = format!("bytes={first}-{}", (first + bytes).saturating_sub(1));
        let range = HeaderValue::from_str(&range).map_err(Error::other)?;
        let make = || {
            let request = plain(Method::GET, &action).time_max(TRANSFER_TIME_MAX);
            // of a refusal there may be more than of a small file, and of a damaged one more than there should be
            let request = request.answer_bytes_max(of.max(PAGE_BYTES_MAX));
            Ok(if extent.is_whole() { request } else { request.header(RANGE, range.clone()) })
        };
        let answer = self.ask(make).await?;
        let wanted = if extent.is_whole() { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
        if answer.status == wanted {
            return match announced(&answer) {
                Some(there) if there != bytes => Err(other_length(name, there, bytes)),
                _ => Ok(answer),
            };
        }
        let is_missing = answer.status == StatusCode::NOT_FOUND;
        let (word, refused) = self.refusal(answer).await;
        // a bucket that is not there is not a file that is lost
        Err(if is_missing && word == "NoSuchKey" { BlobError::Missing(*name) } else { refused })
    }

    /// Writes all bytes of a name, held to it; where the connection breaks, it goes on from there.
    pub(super) async fn fetch(
        &self,
        name: &BlobName,
        bytes: u64,
        to: &mut (dyn Write + Send),
    ) -> Result<(), BlobError> {
        let (mut hash, mut got, mut pauses) = (Sha256::new(), 0, PAUSES.iter());
        while got < bytes {
            let mut answer = self.begin(name, Extent { first: got, bytes: bytes - got, of: bytes }).await?;
            let broken = loop {
                match answer.chunk().await {
                    Ok(Some(piece)) => {
                        hash.update(&piece);
                        to.write_all(&piece)?;
                        got += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            match (broken, pauses.next()) {
                (None, _) if got >= bytes => {}
                (_, Some(pause)) => tokio::time::sleep(*pause).await,
                (Some(error), None) => return Err(self.away(&error)),
                (None, None) => return Err(self.strange("it breaks off")),
            }
        }
        if <[u8; 32]>::from(hash.finalize()) == name.hash { Ok(()) } else { Err(not_what_it_says(name)) }
    }

    /// Takes the bytes of a name away; that they are gone already is fine.
    pub(super) async fn remove(&self, name: &BlobName) -> Result<(), BlobError> {
        self.remove_key(&self.key(name)).await
    }

    async fn remove_key(&self, key: &str) -> Result<(), BlobError> {
        let action = self.0.signer.delete_object(Some(&self.0.credentials), key);
        let answer = self.ask(|| Ok(plain(Method::DELETE, &action))).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        // some stores answer so for what is gone already
        match self.refusal(answer).await {
            (word, _) if word == "NoSuchKey" => Ok(()),
            (_, error) => Err(error),
        }
    }

    /// All names below the prefix with how many bytes stand under each.
    pub(super) async fn list(&self) -> Result<HashMap<BlobName, u64>, BlobError> {
        let mut found = HashMap::new();
        let mut token: Option<String> = None;
        loop {
            let mut action = self.0.signer.list_objects_v2(Some(&self.0.credentials));
            action.with_prefix(self.0.prefix.as_str());
            if let Some(token) = &token {
                action.with_continuation_token(token.as_str());
            }
            let make = || Ok(plain(Method::GET, &action).answer_bytes_max(PAGE_BYTES_MAX));
            let mut answer = self.good(make).await?;
            let mut text = Vec::new();
            while let Some(piece) = answer.chunk().await.map_err(|error| self.away(&error))? {
                text.extend_from_slice(&piece);
            }
            let page =
                std::str::from_utf8(&text).ok().and_then(|text| ListObjectsV2::parse_response(text).ok());
            let page = page.ok_or_else(|| self.strange("its list cannot be read"))?;
            for object in page.contents {
                let name = object.key.strip_prefix(&self.0.prefix).and_then(BlobName::at_path);
                found.extend(name.zip(object.size));
            }
            match page.next_continuation_token {
                None => return Ok(found),
                next if next == token => return Err(self.strange("its list does not go on")),
                next => token = next,
            }
        }
    }

    /// Brings a few bytes, reads them, finds them in the list and takes them away.
    pub(super) async fn probe(&self, probe: &str) -> Result<(), BlobError> {
        let name = BlobName { hash: Sha256::digest(probe).into(), generation: 0 };
        let bytes = u64::try_from(probe.len()).unwrap_or_default();
        let text = bytes::Bytes::copy_from_slice(probe.as_bytes());
        let open = || Ok(stream::iter([Ok(text.clone())]));
        self.bring(&self.key(&name), (name.hash, bytes), open).await?;
        let read = self.fetch(&name, bytes, &mut std::io::sink()).await;
        let listed = self.list().await;
        self.remove(&name).await?;
        read?;
        if listed?.contains_key(&name) {
            Ok(())
        } else {
            Err(self.strange("its list lacks what was brought"))
        }
    }

    /// Asks, a few times where it may be answered then; whatever the answer is.
    async fn ask(&self, make: impl Fn() -> Result<Request, Error>) -> Result<Incoming, BlobError> {
        let mut pauses = PAUSES.iter();
        loop {
            let answer = self.0.outbound.open(make()?).await;
            let comes_again = match &answer {
                Ok(answer) => {
                    answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS
                }
                Err(
                    OutboundError::Unknown(_) | OutboundError::Unreachable(..) | OutboundError::Broken(_),
                ) => true,
                // one that took its time had it
                Err(_) => false,
            };
            match (pauses.next().filter(|_| comes_again), answer) {
                (Some(pause), _) => tokio::time::sleep(*pause).await,
                (None, Ok(answer)) => return Ok(answer),
                (None, Err(error)) => return Err(self.away(&error)),
            }
        }
    }

    /// Asks what is to be answered well.
    async fn good(&self, make: impl Fn() -> Result<Request, Error>) -> Result<Incoming, BlobError> {
        let answer = self.ask(make).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(self.refused(answer).await) }
    }

    async fn refused(&self, answer: Incoming) -> BlobError {
        self.refusal(answer).await.1
    }

    /// The word of a refusal, such as `NoSuchBucket`, and what is said of it.
    async fn refusal(&self, mut answer: Incoming) -> (String, BlobError) {
        let mut text = Vec::new();
        while let Ok(Some(piece)) = answer.chunk().await {
            text.extend_from_slice(&piece);
            if text.len() > REFUSAL_BYTES_MAX {
                break;
            }
        }
        let word = word_of(&String::from_utf8_lossy(&text)).unwrap_or_default();
        let said = if word.is_empty() { String::new() } else { format!(" ({word})") };
        let status = answer.status.as_u16();
        (word, BlobError::Away(format!("the bucket `{self}` answers {status}{said}")))
    }

    fn strange(&self, what: &str) -> BlobError {
        BlobError::Away(format!("the bucket `{self}` does not answer as it should: {what}"))
    }

    fn away(&self, error: &OutboundError) -> BlobError {
        BlobError::Away(format!("the bucket `{self}` does not answer: {error}"))
    }
}

fn plain<'a>(method: Method, action: &impl S3Action<'a>) -> Request {
    Request::new(method, action.sign(VALID).as_str()).time_max(TIME_MAX)
}

fn announced(answer: &Incoming) -> Option<u64> {
    answer.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The word in the body of a refusal.
fn word_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    let (word, _) = rest.split_once("</Code>")?;
    let is_word = !word.is_empty() && word.len() <= 64 && word.chars().all(|c| c.is_ascii_alphanumeric());
    is_word.then(|| word.to_owned())
}

/// A prefix with a slash at its end; empty for none.
fn read_prefix(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Some(String::new());
    }
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    (text.len() <= PREFIX_MAX && text.split('/').all(is_part)).then(|| format!("{text}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> BucketSettings {
        BucketSettings {
            endpoint: "https://s3.example".to_owned(),
            region: "eu-central-1".to_owned(),
            name: "stockwell".to_owned(),
            prefix: "shop".to_owned(),
            path_style: true,
            access_key: "AKIA".to_owned(),
            secret: "s3cr3t".to_owned(),
        }
    }

    fn made(change: impl Fn(&mut BucketSettings)) -> Result<String, String> {
        let mut settings = settings();
        change(&mut settings);
        let outbound = Outbound::new(outbound::Settings::default()).unwrap();
        match Bucket::new(settings, outbound) {
            Ok(bucket) => Ok(bucket.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn settings_are_an_address_or_say_what_is_wrong() {
        assert_eq!(made(|_| ()).unwrap(), "https://s3.example/stockwell/shop/");
        assert_eq!(made(|it| it.path_style = false).unwrap(), "https://stockwell.s3.example/shop/");
        assert_eq!(made(|it| it.prefix = "a/b/".to_owned()).unwrap(), "https://s3.example/stockwell/a/b/");
        assert_eq!(made(|it| it.prefix.clear()).unwrap(), "https://s3.example/stockwell/");
        for (endpoint, why) in [
            ("s3.example", "begins neither with `https://`"),
            ("https://a:b@s3.example", "it holds a user or a password"),
            ("https://s3.example/?a=b", "a name cannot be added to it"),
        ] {
            let said = made(|it| endpoint.clone_into(&mut it.endpoint)).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        for name in ["ab", "a b c", "a/b", "a..b", &"a".repeat(64)] {
            assert!(made(|it| name.clone_into(&mut it.name)).unwrap_err().contains("is no name of a bucket"));
        }
        for prefix in ["/a", "a//b", "a/../b", ".", "ä", &"a".repeat(201)] {
            let said = made(|it| prefix.clone_into(&mut it.prefix)).unwrap_err();
            assert!(said.contains("is no prefix"), "{said}");
        }
        assert!(made(|it| it.region.clear()).unwrap_err().contains("is no region"));
        // an address of numbers has no other hosts below it
        let said = made(|it| (it.endpoint, it.path_style) = ("http://127.0.0.1:9000".to_owned(), false));
        assert!(said.unwrap_err().contains("is no address of a store with the bucket"));
    }

    #[test]
    fn keys_are_never_shown() {
        let outbound = Outbound::new(outbound::Settings::default()).unwrap();
        let shown = format!("{:?} {:?}", settings(), Bucket::new(settings(), outbound).unwrap());
        assert!(!shown.contains("s3cr3t") && !shown.contains("AKIA"), "{shown}");
    }

    #[test]
    fn the_word_of_a_refusal_is_found_and_nothing_else_repeated() {
        let body = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>x</Message></Error>";
        assert_eq!(word_of(body).as_deref(), Some("NoSuchBucket"));
        for body in ["", "<Code></Code>", "<Code>a b</Code>", "<Code>open", "<Code><b>x</b></Code>"] {
            assert_eq!(word_of(body), None, "{body}");
        }
    }
}
