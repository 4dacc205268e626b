//! The file again, with what is wrong beside each row.
//!
//! Where nothing was kept all rows stand in it, so that it is mended and imported as a whole. Where the others
//! were kept only those that were refused do, so that nothing is imported twice.

use super::run::Brought;
use crate::table::{Cell, Table, Writer};
use rustc_hash::FxHashMap;
use std::io::Write;
use web::Failure;

/// The title of the column that says what is wrong. It is left out when the file is imported again.
const ERROR: &str = "error";

/// Writes the rows with what is wrong.
///
/// # Errors
/// When the file cannot be read any more, or `out` not be written.
pub fn write_refused<W: Write>(table: &Table, brought: &Brought, out: &mut W) -> Result<(), Failure> {
    let mut wrong: FxHashMap<u64, String> = FxHashMap::default();
    for refusal in &brought.refused {
        let place = refusal.column.as_ref().map_or_else(String::new, |column| format!("{column}: "));
        let words = wrong.entry(refusal.row).or_default();
        if !words.is_empty() {
            words.push_str("; ");
        }
        words.push_str(&place);
        words.push_str(&refusal.detail);
    }
    let old = table.columns.iter().position(|column| column.eq_ignore_ascii_case(ERROR));
    let mut columns = table.columns.clone();
    if let Some(old) = old {
        columns.remove(old);
    }
    columns.push(ERROR.to_owned());
    let looks = (*table.locale(), table.separator());
    let mut writer = Writer::begin(table.format, columns, looks, out).map_err(unwritable)?;
    table.rows(&mut |line| {
        let words = wrong.get(&line.number);
        if words.is_none() && brought.kept {
            return Ok(());
        }
        let mut cells = line.cells;
        if let Some(old) = old {
            cells.remove(old);
        }
        cells.push(words.map_or(Cell::Empty, |words| Cell::Text(words.clone())));
        writer.row(&cells).map_err(unwritable)
    })?;
    writer.end().map_err(unwritable)
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
fn unwritable(error: std::io::Error) -> Failure {
    Failure::fault(format!("the rows that were refused cannot be written: {error}"))
}
