//! The files that pages are made of: style, scripts, font, icons. They are part of the program, and each is served
//! under a name that holds its hash, so that browsers keep it for good.
//!
//! While pages are written (a debug build), the files are read from the source tree: a change shows at the next load.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use domain::{Problem, hex};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::{Arc, LazyLock, OnceLock};
use web::{Failure, Path};

/// Letters of the hash in a name.
const HASH_CHARS: usize = 12;
/// How hard files are compressed, once, when they are asked for first.
const QUALITY: i32 = 11;
/// How hard pages are, each time.
const PAGE_QUALITY: i32 = 4;
/// Smaller pages are sent as they are.
const PAGE_BYTES_MIN: usize = 1 << 10;

/// One file.
struct Source {
    /// Its name in the tree.
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    /// Whether compressing it helps.
    is_text: bool,
    ready: OnceLock<Arc<Ready>>,
}

/// A file as it is served.
struct Ready {
    /// With the hash, such as `app.1f2e3d4c5b6a.css`.
    served_as: String,
    plain: Bytes,
    packed: OnceLock<Bytes>,
}

macro_rules! sources {
    ($($name:literal, $media:literal, $is_text:literal;)*) => {
        /// Those that others name come first.
        static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| vec![$(Source {
            name: $name,
            media: $media,
            bytes: include_bytes!(concat!("../assets/", $name)),
            is_text: $is_text,
            ready: OnceLock::new(),
        }),*]);
    };
}

sources! {
    "inter-latin.woff2", "font/woff2", false;
    "inter-latin-ext.woff2", "font/woff2", false;
    "icons.svg", "image/svg+xml", true;
    "mark.svg", "image/svg+xml", true;
    "app.css", "text/css; charset=utf-8", true;
    "htmx.js", "text/javascript; charset=utf-8", true;
    "js/desk.js", "text/javascript; charset=utf-8", true;
    "js/passkey.js", "text/javascript; charset=utf-8", true;
}

impl Source {
    fn ready(&self) -> Arc<Ready> {
        if cfg!(debug_assertions) {
            return Arc::new(self.make());
        }
        Arc::clone(self.ready.get_or_init(|| Arc::new(self.make())))
    }

    fn make(&self) -> Ready {
        let mut plain = self.read();
        if self.media.starts_with("text/css") {
            plain = with_hashed_fonts(&plain);
        }
        let hash = hex::digits(&Sha256::digest(&plain)).chars().take(HASH_CHARS).collect::<String>();
        let flat = self.name.replace('/', "-");
        let (stem, ending) = flat.rsplit_once('.').unwrap_or((&flat, ""));
        Ready { served_as: format!("{stem}.{hash}.{ending}"), plain: plain.into(), packed: OnceLock::new() }
    }

    fn read(&self) -> Vec<u8> {
        let in_tree = || std::fs::read(format!("{}/assets/{}", env!("CARGO_MANIFEST_DIR"), self.name)).ok();
        let fresh = if cfg!(debug_assertions) { in_tree() } else { None };
        fresh.unwrap_or_else(|| self.bytes.to_vec())
    }
}

/// The style names its fonts as they are served.
fn with_hashed_fonts(css: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(css).into_owned();
    for font in SOURCES.iter().filter(|source| source.media == "font/woff2") {
        text = text.replace(font.name, &font.ready().served_as);
    }
    text.into_bytes()
}

/// Where a file of the tree is.
pub fn address(name: &str) -> String {
    let found = SOURCES.iter().find(|source| source.name == name);
    debug_assert!(found.is_some(), "there is no file {name}");
    format!("/assets/{}", found.map_or_else(|| name.to_owned(), |source| source.ready().served_as.clone()))
}

/// Hands a file out.
pub(crate) async fn get_asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let ready = SOURCES.iter().map(|source| (source, source.ready()));
    let found = ready.into_iter().find(|(_, ready)| ready.served_as == name);
    let Some((source, ready)) = found else {
        return Err(Problem::not_found("file", name).into());
    };
    let packs = source.is_text && takes_brotli(&headers);
    let body = if packs {
        ready.packed.get_or_init(|| pack(&ready.plain, QUALITY).into()).clone()
    } else {
        ready.plain.clone()
    };
    let mut response = Response::new(Body::from(body));
    let wear = response.headers_mut();
    wear.insert(header::CONTENT_TYPE, HeaderValue::from_static(source.media));
    wear.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    if source.is_text {
        wear.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if packs {
        wear.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(response)
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut words = given.flat_map(|text| text.split(','));
    words.any(|word| word.split(';').next().is_some_and(|word| word.trim() == "br"))
}

fn pack(bytes: &[u8], quality: i32) -> Vec<u8> {
    let parameters = BrotliEncoderParams { quality, ..BrotliEncoderParams::default() };
    let mut packed = brotli::CompressorWriter::with_params(Vec::new(), 16 << 10, &parameters);
    // writing to memory never fails
    let _ = packed.write_all(bytes);
    packed.into_inner()
}

/// A page as it is sent, compressed where the browser takes that.
pub fn html(status: StatusCode, text: String, asked: &HeaderMap) -> Response {
    let packs = text.len() >= PAGE_BYTES_MIN && takes_brotli(asked);
    let body = if packs { pack(text.as_bytes(), PAGE_QUALITY) } else { text.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let wear = response.headers_mut();
    wear.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    wear.insert(header::VARY, HeaderValue::from_static("Accept-Encoding, HX-Request, Cookie"));
    if packs {
        wear.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_others_wrote_is_as_they_wrote_it() {
        // npm: htmx.org 4.0.1 `dist/htmx.min.js`, @fontsource-variable/inter 5 `inter-latin*-wght-normal.woff2`
        let rows = [
            ("htmx.js", "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"),
            ("inter-latin.woff2", "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62"),
            ("inter-latin-ext.woff2", "34b9c504cab7a73e37b746343a449132e56cf7b5481af2cb81dc74dcff25c956"),
        ];
        for (name, hash) in rows {
            let source = SOURCES.iter().find(|source| source.name == name).unwrap();
            assert_eq!(hex::digits(&Sha256::digest(source.bytes)), hash, "{name}");
        }
    }

    #[test]
    fn no_file_of_the_tree_is_forgotten() {
        let tree = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let names = |folder: &std::path::Path, before: &str| -> Vec<String> {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
            let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
            files.map(|entry| format!("{before}{}", entry.file_name().to_str().unwrap())).collect()
        };
        let found: BTreeSet<String> =
            names(&tree, "").into_iter().chain(names(&tree.join("js"), "js/")).collect();
        let known: BTreeSet<String> = SOURCES.iter().map(|source| source.name.to_owned()).collect();
        assert_eq!(found, known);
    }

    #[test]
    fn a_name_holds_the_hash_and_the_style_names_its_fonts() {
        let css = address("app.css");
        assert!(
            css.starts_with("/assets/app.") && css.len() == "/assets/app.123456789012.css".len(),
            "{css}"
        );
        let style = SOURCES.iter().find(|source| source.name == "app.css").unwrap().ready();
        let text = String::from_utf8(style.plain.to_vec()).unwrap();
        assert!(!text.contains("\"inter-latin.woff2\""));
        assert!(text.contains(address("inter-latin.woff2").trim_start_matches("/assets/")));
    }

    #[test]
    fn who_takes_brotli_gets_it() {
        let headers = |text: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))])
        };
        assert!(takes_brotli(&headers("gzip, deflate, br, zstd")) && takes_brotli(&headers("br;q=1.0")));
        assert!(!takes_brotli(&headers("gzip")) && !takes_brotli(&HeaderMap::new()));
    }
}
