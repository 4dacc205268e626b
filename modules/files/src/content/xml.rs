//! Whether a text is one whole XML document, without a document type, and neither page nor drawing.

use crate::bad::{BadFile, Unread, damaged};
use domain::Media;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{BufReader, Read, Seek};

/// How deep elements nest at most.
pub(crate) const DEPTH_MAX: usize = 64;

/// Names of what a browser runs wherever it stands in a document.
const SVG: &str = "http://www.w3.org/2000/svg";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), Unread> {
    file.rewind()?;
    let mut reader = Reader::from_reader(BufReader::new(file));
    let (mut depth, mut roots) = (0_usize, 0_usize);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let event = match reader.read_event_into(&mut piece) {
            Ok(event) => event,
            Err(quick_xml::Error::Io(error)) => return Err(std::io::Error::new(error.kind(), error).into()),
            Err(error) => return wrong(reader.error_position(), &error.to_string()),
        };
        let at = reader.buffer_position();
        match event {
            Event::Start(element) => {
                element_is_fine(&element, depth == 0, at)?;
                roots += usize::from(depth == 0);
                depth += 1;
                if depth > DEPTH_MAX {
                    return wrong(at, &format!("elements nest deeper than {DEPTH_MAX}"));
                }
            }
            Event::Empty(element) => {
                element_is_fine(&element, depth == 0, at)?;
                roots += usize::from(depth == 0);
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => {
                return wrong(at, "it has a document type (`<!DOCTYPE`), which is not taken");
            }
            Event::Text(text) if depth == 0 && text.chars().any(|c| !is_blank(c)) => {
                return wrong(at, "there is text outside of its root element");
            }
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => {
                return wrong(at, "there is text outside of its root element");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match (depth, roots) {
        (0, 1) => Ok(()),
        (0, _) => wrong(reader.buffer_position(), "it has not exactly one root element"),
        _ => wrong(reader.buffer_position(), "it ends before its elements do"),
    }
}

fn is_blank(c: char) -> bool {
    // the mark of the encoding counts as nothing
    c.is_ascii_whitespace() || c == '\u{feff}'
}

fn wrong<T>(at: u64, why: &str) -> Result<T, Unread> {
    damaged(Media::Xml, format!("at byte {at}: {why}"))
}

/// Refuses what a browser would run.
fn element_is_fine(element: &BytesStart<'_>, is_root: bool, at: u64) -> Result<(), Unread> {
    let name = element.local_name();
    let is = |word: &str| is_root && name.as_ref().eq_ignore_ascii_case(word);
    if is("svg") {
        return Err(BadFile::Svg.into());
    }
    if is("html") {
        return Err(BadFile::Html.into());
    }
    for attribute in element.attributes() {
        let attribute = match attribute {
            Ok(attribute) => attribute,
            Err(error) => return wrong(at, &error.to_string()),
        };
        if !attribute.key.as_ref().starts_with("xmlns") {
            continue;
        }
        // a name that is written in another way than letter by letter hides something
        match attribute.value.as_ref() {
            SVG => return Err(BadFile::Svg.into()),
            XHTML => return Err(BadFile::Html.into()),
            value if value.contains('&') => return wrong(at, "the name of a namespace is written with `&`"),
            _ => {}
        }
    }
    Ok(())
}
