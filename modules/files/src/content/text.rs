//! Which text a file is, when it is one: UTF-8 that can be seen, and no page or drawing in disguise.

use super::{Claims, xml};
use crate::bad::{BadFile, Unread, damaged};
use crate::claim::Claim;
use domain::Media;
use std::io::{Read, Seek};

/// Bytes that are looked at together.
const CHUNK_BYTES: usize = 64 << 10;

/// Elements that a browser takes for the beginning of a page.
const PAGES: [&str; 21] = [
    "html", "head", "body", "script", "iframe", "h1", "h2", "h3", "div", "font", "table", "a", "style",
    "title", "b", "br", "p", "img", "form", "meta", "link",
];

pub(super) fn check(file: &mut (impl Read + Seek), head: &[u8], claims: Claims) -> Result<Media, Unread> {
    if let Err(at) = see(file)? {
        let claimed = [Media::Csv, Media::Xml, Media::Txt].into_iter().find(|media| claims.names(*media));
        return match claimed {
            Some(media) => damaged(media, format!("byte {at} is no text in UTF-8: save it as UTF-8")),
            None => Err(BadFile::NotTaken { what: "of a type that is not known" }.into()),
        };
    }
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<?xml") || claims.names(Media::Xml) {
        xml::check(file)?;
        return Ok(if plain(claims) { Media::Txt } else { Media::Xml });
    }
    match first(text) {
        First::Page => return Err(BadFile::Html.into()),
        First::Drawing => return Err(BadFile::Svg.into()),
        First::Other => {}
    }
    // without its first line it is XML only when it is that to its end
    if text.starts_with('<') && !plain(claims) {
        match xml::check(file) {
            Ok(()) => return Ok(Media::Xml),
            Err(Unread::Bad(BadFile::Damaged { .. })) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(if claims.names(Media::Csv) { Media::Csv } else { Media::Txt })
}

/// Whether its name says that it is plain text and nothing more.
fn plain(claims: Claims) -> bool {
    claims.name == Some(Claim::Taken(Media::Txt)) && !claims.names(Media::Xml)
}

/// What a text begins with.
enum First {
    Page,
    Drawing,
    Other,
}

/// What stands first in a text, behind comments and the like.
fn first(mut text: &str) -> First {
    loop {
        let lower: String = text.chars().take(16).flat_map(char::to_lowercase).collect();
        let end = if lower.starts_with("<!doctype html") {
            return First::Page;
        } else if lower.starts_with("<!doctype svg") {
            return First::Drawing;
        } else if lower.starts_with("<!--") {
            "-->"
        } else if lower.starts_with("<?") {
            "?>"
        } else if lower.starts_with("<!") {
            ">"
        } else {
            break;
        };
        match text.split_once(end) {
            Some((_, rest)) => text = rest.trim_start(),
            // a browser sees a page in what begins so
            None => return First::Page,
        }
    }
    let Some(rest) = text.strip_prefix('<') else { return First::Other };
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || ":-_".contains(*c)).collect();
    let local = name.rsplit(':').next().unwrap_or_default().to_lowercase();
    match local.as_str() {
        "svg" => First::Drawing,
        local if PAGES.contains(&local) => First::Page,
        _ => First::Other,
    }
}

/// Reads the whole file; the first byte that is no visible text in UTF-8.
fn see(file: &mut (impl Read + Seek)) -> Result<Result<(), u64>, std::io::Error> {
    file.rewind()?;
    let mut chunk = vec![0; CHUNK_BYTES];
    // what a character at the end of a chunk has of it
    let mut kept = 0;
    let mut before = 0_u64;
    loop {
        let read = file.read(chunk.get_mut(kept..).unwrap_or_default())?;
        let bytes = chunk.get(..kept + read).unwrap_or_default();
        let valid = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(error) => return Ok(Err(before + position(error.valid_up_to()))),
        };
        let seen = bytes.get(..valid).unwrap_or_default();
        if let Some(at) = seen.iter().position(|byte| is_control(*byte)) {
            return Ok(Err(before + position(at)));
        }
        if read == 0 {
            return Ok(Ok(()));
        }
        kept = bytes.len() - valid;
        before += position(valid);
        chunk.copy_within(valid..valid + kept, 0);
    }
}

fn position(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

/// Whether a byte has no place in a text.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)
}
