//! Tables of people in files: what stands in a cell, by which convention, and the three kinds of file that hold
//! tables. Not here: what the columns mean.
//!
//! ```text
//! read        what a file is, its columns, its rows, the limits   → delimited · workbook · json_lines
//! cell        what a field makes of a cell
//! locale      how people write numbers and dates
//! write       rows into any of the three
//! ```

mod cell;
mod delimited;
mod json_lines;
mod locale;
mod read;
#[cfg(test)]
mod tests;
mod workbook;
mod write;

pub use cell::{Cell, Holds};
pub use json_lines::LINE_BYTES_MAX;
pub use locale::Locale;
pub use read::{
    CELL_BYTES_MAX, COLUMNS_MAX, FILE_BYTES_MAX, Format, Line, ROWS_MAX, ReadAs, Table, UNPACKED_BYTES_MAX,
    is_jsonl,
};
pub use workbook::PARTS_MAX;
pub use write::{NoRoom, SHEET_ROWS_MAX, SHEET_TEXT_MAX, Writer};

use domain::{Code, Problem};

/// What a spreadsheet takes for the beginning of a formula, and the apostrophe that keeps it from doing so.
pub(crate) const RUN: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\''];

/// Makes a row as long as the table is wide; refused is one with more.
fn fitted(cells: &mut Vec<Cell>, table: &Table, number: u64) -> Result<(), Problem> {
    let width = table.columns.len();
    if let Some(beyond) = cells.iter().skip(width).find(|cell| **cell != Cell::Empty) {
        let why = if width == 1 {
            "do the titles of the columns stand in the first row?"
        } else {
            "is a separator in a text without quotes?"
        };
        let detail = format!(
            "the row has more cells than there are columns: `{}` stands in none; {why}",
            beyond.shown()
        );
        return Err(Problem::at(Code::MalformedFile, format!("row {number}"), detail));
    }
    cells.resize(width, Cell::Empty);
    Ok(())
}
