//! Out of the ledger into files: lists for spreadsheets and programs, and one canonical text of
//! everything that two ledgers can be compared by.
//!
//! ```text
//! api        the routes
//! sheet      which lists there are, their columns           ← store (their statements)
//! cell       a column of a row as text, number, truth
//! write      rows as JSON lines, CSV or workbooks   → columnar
//! canonical  everything, in a form that knows no ids and no clock   ← sort (in constant memory)
//! ```
//!
//! An export reads one snapshot, row by row, in constant memory: it blocks no writer, and what is
//! posted meanwhile is not in it. Stock as it was keeps a number for each key that held some.

pub(crate) mod api;
mod canonical;
mod cell;
mod columnar;
mod sheet;
mod sort;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub use sheet::What;
pub use write::Format;

use crate::table::NoRoom;
use cell::{Books, Cell};
use db::{Conn, DbError, Row};
use domain::ledger::{Group, Key};
use domain::{Code, Delta, Instant, ItemId, LocationId, LotId, Problem, Status};
use rustc_hash::FxHashMap;
use sheet::Past;
use std::io::{self, Write};
use web::Failure;

/// What to export.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The list.
    pub what: What,
    /// How it is written.
    pub format: Format,
    /// As it was at this instant; only stock, its valuation, movements and postings have a past.
    pub as_of: Option<Instant>,
}

/// Writes a list. How many rows it has.
///
/// # Errors
/// `invalid_value` for a moment of a list that has no past, `limit_exceeded` for a list that a workbook has no room
/// for, of which nothing is written, and failures of the store and of `out`.
pub fn export(conn: &mut Conn<'_>, export: &Export, out: &mut dyn Write) -> Result<u64, Failure> {
    let Export { what, format, as_of } = *export;
    let sheet = what.sheet();
    let (statement, moment) = match (as_of, sheet.past) {
        (None, _) => (sheet.statement, None),
        (Some(at), Some(Past::Rows(past))) => (past, Some(at)),
        (Some(at), Some(Past::OnHand)) => return stock_at(conn, at, format, out),
        (Some(at), Some(Past::Worth)) => return worth_at(conn, at, format, out),
        (Some(_), None) => {
            let detail = format!("the list `{}` has no past; leave `--as-of` out", what.word());
            return Err(Problem::at(Code::InvalidValue, "--as-of", detail).into());
        }
    };
    let books = Books::read(conn)?;
    let mut writer = format.begin(&books, sheet.columns, out).map_err(unwritable)?;
    let moment: Vec<db::Value<'_>> = moment.iter().map(|at| at.0.into()).collect();
    let mut rows = 0_u64;
    guarded(|stopped| {
        conn.for_each(statement, &moment, |row| {
            rows = rows.saturating_add(1);
            writer.row(&books, row)?.or_else(|error| stop(stopped, error))
        })
    })?;
    writer.end().map_err(unwritable)?;
    Ok(rows)
}

/// Writes what was there at an instant, as `stock` says, with the names of the keys.
fn stock_at(conn: &mut Conn<'_>, at: Instant, format: Format, out: &mut dyn Write) -> Result<u64, Failure> {
    let zone = places::organisation(conn)?.zone;
    let mut then: FxHashMap<Key, i64> = FxHashMap::default();
    stock::on_hand_of_everything(conn, stock::Moment::of(&zone, Some(at), None).as_ref(), |key, on_hand| {
        then.insert(key, on_hand);
    })?;
    let keys = (&store::STOCK_KEYS, vec![at.0.into()]);
    of_then(conn, What::Stock, keys, (format, out), |_, row| {
        let on_hand = then.get(&stock_key(row)?).map(|on_hand| Delta(*on_hand).to_string());
        Ok(on_hand.map(|on_hand| vec![("on_hand", Some(Cell::Word(on_hand)))]))
    })
}

/// Writes what everything was worth at an instant, as `stock` says, with the names of the stacks.
fn worth_at(conn: &mut Conn<'_>, at: Instant, format: Format, out: &mut dyn Write) -> Result<u64, Failure> {
    let zone = places::organisation(conn)?.zone;
    let mut then: FxHashMap<(ItemId, Group), (Delta, i64)> = FxHashMap::default();
    let moment = stock::Moment::of(&zone, Some(at), None);
    stock::worth_of_everything(conn, moment.as_ref(), |item, group, qty, value| {
        then.insert((item, group), (qty, value));
    })?;
    of_then(conn, What::Valuation, (&store::STACK_KEYS, Vec::new()), (format, out), |books, row| {
        let worth = then.get(&(ItemId(row.int(6)?), Group(row.int(7)?)));
        Ok(worth.map(|(qty, value)| {
            let [qty, value] = [qty.to_string(), books.amount(*value)];
            vec![("qty", Some(Cell::Word(qty))), ("value", Some(Cell::Word(value)))]
        }))
    })
}

/// Other cells of a row, by their columns.
type Others = Vec<(&'static str, Option<Cell>)>;

/// Writes the rows of a list for which `then` knows what stood in them at the moment; it knows none of
/// what was not there.
fn of_then(
    conn: &mut Conn<'_>,
    what: What,
    (keys, values): (&db::Statement, Vec<db::Value<'_>>),
    (format, out): (Format, &mut dyn Write),
    then: impl Fn(&Books, &Row<'_>) -> Result<Option<Others>, DbError>,
) -> Result<u64, Failure> {
    let books = Books::read(conn)?;
    let mut writer = format.begin(&books, what.sheet().columns, out).map_err(unwritable)?;
    let mut rows = 0_u64;
    guarded(|stopped| {
        conn.for_each(keys, &values, |row| {
            let Some(mut others) = then(&books, row)? else { return Ok(()) };
            rows = rows.saturating_add(1);
            writer.row_with(&books, row, &mut others)?.or_else(|error| stop(stopped, error))
        })
    })?;
    writer.end().map_err(unwritable)?;
    Ok(rows)
}

fn stock_key(row: &Row<'_>) -> Result<Key, DbError> {
    let status = Status::from_number(row.int(5)?).ok_or(DbError::Column { column: 5, wanted: "a status" })?;
    Ok(Key {
        item: ItemId(row.int(9)?),
        location: LocationId(row.int(10)?),
        lot: LotId(row.int(11)?),
        status,
    })
}

/// Writes the canonical text of a ledger. How many lines it has.
///
/// The text says what is, what happened and what follows from it: items, places, lots, balances,
/// guards, claims, cost layers, and every posting with its movements. It does not say how it was
/// stored: no ids, no instants of recording, no lanes, numbers or hashes. Its lines are sorted by
/// their bytes. So two ledgers that hold the same have the same text, whatever engine they are on.
///
/// # Errors
/// Failures of the store, of the temporary files that the lines are sorted in, and of `out`.
pub fn canonical(conn: &mut Conn<'_>, out: &mut dyn Write) -> Result<u64, Failure> {
    canonical::write(conn, out)
}

/// Runs a read whose rows go somewhere that may fail.
fn guarded(read: impl FnOnce(&mut Option<io::Error>) -> Result<(), DbError>) -> Result<(), Failure> {
    let mut stopped = None;
    let done = read(&mut stopped);
    match stopped {
        Some(error) => Err(unwritable(error)),
        None => Ok(done?),
    }
}

/// Ends a read because its rows cannot be written.
fn stop(stopped: &mut Option<io::Error>, error: io::Error) -> Result<(), DbError> {
    *stopped = Some(error);
    Err(DbError::Closed)
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
fn unwritable(error: io::Error) -> Failure {
    if let Some(no_room) = error.get_ref().and_then(|inner| inner.downcast_ref::<NoRoom>()) {
        let detail = format!("{no_room}; take the list as CSV, JSON lines or Parquet");
        return Problem::new(Code::LimitExceeded, detail).into();
    }
    Failure::fault(format!("the export cannot be written: {error}"))
}
