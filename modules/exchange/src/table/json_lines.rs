//! A JSON object a line. Its columns are the names that any of the objects has, those of the first object
//! first, and of one object by name.

use super::read::unreadable;
use super::{COLUMNS_MAX, Cell, Line, Table};
use domain::{Code, Problem};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use web::Failure;

/// The longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Digits that every program keeps of a number with decimals.
const DIGITS_KEPT: usize = 15;
const MORE_THAN_A_LINE: u64 = (1 << 20) + 1;

/// The names of all columns.
pub(super) fn columns(file: &File) -> Result<Vec<String>, Failure> {
    let mut columns: Vec<String> = Vec::new();
    objects(file, &mut |number, object| {
        for key in object.keys() {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
        if columns.len() > COLUMNS_MAX {
            let detail = format!("the objects have more than {COLUMNS_MAX} different names");
            return Err(Problem::at(Code::TooMany, format!("row {number}"), detail).into());
        }
        Ok(())
    })?;
    Ok(columns)
}

/// Visits the objects.
pub(super) fn rows(
    file: &File,
    table: &Table,
    visit: &mut dyn FnMut(Line) -> Result<(), Failure>,
) -> Result<(), Failure> {
    objects(file, &mut |number, mut object| {
        let cells = table.columns.iter().map(|column| cell(object.remove(column).unwrap_or_default()));
        visit(Line { number, cells: cells.collect() })
    })
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(truth) => Cell::Truth(truth),
        Value::Number(number) => exact(&number.to_string()),
        Value::String(text) => Cell::of_text(&text),
        Value::Array(_) | Value::Object(_) => Cell::Json(value),
    }
}

/// A number, unless it has more digits than programs keep of one with decimals.
fn exact(number: &str) -> Cell {
    let is_whole = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_whole || number.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_KEPT {
        return Cell::Number(number.to_owned());
    }
    Cell::Bad(format!(
        "`{number}` has more than {DIGITS_KEPT} digits, which not every program keeps; write it as a text"
    ))
}

fn objects(
    file: &File,
    visit: &mut dyn FnMut(u64, Map<String, Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut reader = BufReader::new(file);
    let (mut number, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let read = reader.by_ref().take(MORE_THAN_A_LINE).read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let refuse = |detail: String| Problem::at(Code::MalformedFile, format!("row {number}"), detail);
        if line.len() > LINE_BYTES_MAX {
            return Err(refuse(format!("a line has at most {LINE_BYTES_MAX} bytes")).into());
        }
        let text = line.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&line);
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let object = serde_json::from_slice(text)
            .map_err(|error| refuse(format!("the line is not a JSON object: {error}")))?;
        visit(number, object)?;
    }
}
