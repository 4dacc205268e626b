//! A list of locations as text, as a page to print, and for spreadsheets. Pure.

use crate::location::Location;
use domain::word::{UnknownWord, echo};
use std::fmt::Write as _;

/// How a list is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// Lines of text.
    Text,
    /// A page that prints well.
    Html,
    /// Comma-separated values.
    Csv,
}

impl Format {
    /// The format of a word.
    pub(crate) fn parse(word: &str) -> Result<Format, UnknownWord> {
        match word {
            "text" => Ok(Format::Text),
            "html" => Ok(Format::Html),
            "csv" => Ok(Format::Csv),
            other => Err(UnknownWord {
                what: "format of a list",
                given: echo(other),
                words: &["text", "html", "csv"],
            }),
        }
    }
}

/// What a spreadsheet takes for the beginning of a formula.
const RUN: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The columns.
const HEADER: [&str; 7] = ["walk", "code", "name", "kind", "type", "position", "state"];

/// The cells of a location.
fn cells(location: &Location) -> [String; 7] {
    let walk = location.walk.map(|walk| walk.to_string()).unwrap_or_default();
    let position = location.position.map(|at| format!("{} {} {}", at.x_mm, at.y_mm, at.z_mm));
    let state = match (&location.block_reason, location.blocked, location.archived) {
        (_, _, true) => "archived".to_owned(),
        (Some(reason), ..) => format!("blocked: {reason}"),
        (None, true, _) => "blocked above".to_owned(),
        _ => String::new(),
    };
    [
        walk,
        location.code.clone(),
        location.name.clone(),
        location.kind.word().to_owned(),
        location.location_type.clone().unwrap_or_default(),
        position.unwrap_or_default(),
        state,
    ]
}

/// The list under a title, such as `LON: 120 locations`.
pub(crate) fn render(format: Format, title: &str, locations: &[Location]) -> String {
    match format {
        Format::Text => text(title, locations),
        Format::Html => html(title, locations),
        Format::Csv => csv(locations),
    }
}

fn text(title: &str, locations: &[Location]) -> String {
    let rows: Vec<[String; 7]> = locations.iter().map(cells).collect();
    let mut widths = HEADER.map(|name| name.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = format!("{title}\n\n");
    let mut line = |cells: &[String; 7]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        // writing to a string never fails
        let _ = writeln!(out, "{}", padded.join("  ").trim_end());
    };
    line(&HEADER.map(str::to_owned));
    rows.iter().for_each(&mut line);
    out
}

fn csv(locations: &[Location]) -> String {
    let quoted = |cell: &str| {
        let safe = if cell.starts_with(RUN) { format!("'{cell}") } else { cell.to_owned() };
        if safe.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", safe.replace('"', "\"\""))
        } else {
            safe
        }
    };
    let mut out = format!("{}\r\n", HEADER.join(","));
    for location in locations {
        let cells: Vec<String> = cells(location).iter().map(|cell| quoted(cell)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The head of the table stands on every sheet, no row is cut in two, and there is a box to tick.
const STYLE: &str = "@page{margin:12mm}body{font:11pt sans-serif}table{border-collapse:collapse;width:100%}\
thead{display:table-header-group}tr{break-inside:avoid}th,td{border-bottom:1px solid #999;padding:1.2mm 2mm;\
text-align:left}td.code{font-family:monospace;font-weight:bold}td.walk{text-align:right}td.box::before{content:'\\2610'}";

fn html(title: &str, locations: &[Location]) -> String {
    let title = escaped(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<table>\n<thead><tr><th></th>"
    );
    for name in HEADER {
        let _ = write!(out, "<th>{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for location in locations {
        out.push_str("<tr><td class=\"box\"></td>");
        for (name, cell) in HEADER.iter().zip(cells(location)) {
            let _ = write!(out, "<td class=\"{name}\">{}</td>", escaped(&cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</body>\n</html>\n");
    out
}
