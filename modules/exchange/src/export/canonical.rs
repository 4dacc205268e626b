//! The canonical text: a line for everything there is and for everything that happened.
//!
//! A line is the kind of the thing, a blank, and a JSON object whose keys are in alphabetical order.
//! Items, places and lots go by their codes. A posting is one line with its movements, each with
//! what both ends held after it and how many movements their keys had seen: so the order of what
//! concerns one key is in the text, and the order of what does not touch each other is not.

use super::cell::{Books, Holds};
use super::sort::Sorter;
use super::{guarded, stop, store, unwritable};
use db::{Conn, DbError, Row, Statement};
use serde_json::{Map, Value};
use std::io::Write;
use web::Failure;

/// The first line: the form of the text. It changes with every change of the form.
const FORM: &str = "stockwell canonical 1";

type Columns = &'static [(&'static str, Holds)];

use Holds::{Date, Instant, Json, Kind, Money, Number, Quantity, Status, Text, Truth};

/// The things, each with its statement and the names of its columns; a column without a name is
/// not part of the text.
const THINGS: [(&str, &Statement, Columns); 14] = [
    (
        "organisation",
        &store::ORGANISATION,
        &[("currency", Text), ("zone", Text), ("valuation_method", Number), ("valuation_grouping", Number)],
    ),
    (
        "item",
        &store::ITEMS,
        &[
            ("sku", Text),
            ("name", Text),
            ("unit", Text),
            ("whole", Truth),
            ("tracking", Text),
            ("class", Text),
            ("category", Text),
            ("attributes", Json),
            ("owner", Text),
            ("archived", Truth),
        ],
    ),
    (
        "unit",
        &store::UNITS,
        &[("sku", Text), ("unit", Text), ("num", Number), ("den", Number), ("removed", Truth)],
    ),
    ("barcode", &store::BARCODES, &[("sku", Text), ("unit", Text), ("code", Text)]),
    (
        "location",
        &store::LOCATIONS,
        &[
            ("code", Text),
            ("name", Text),
            ("kind", Text),
            ("role", Text),
            ("parent", Text),
            ("site", Text),
            ("zone", Text),
            ("sellable", Truth),
            ("blocked", Truth),
            ("block_reason", Text),
            ("open_to_allocation", Truth),
        ],
    ),
    (
        "lot",
        &store::LOTS,
        &[("sku", Text), ("lot", Text), ("tracking", Text), ("made_on", Date), ("expiry_on", Date)],
    ),
    ("serial", &store::SERIALS, &[("sku", Text), ("serial", Text), ("location", Text), ("status", Status)]),
    (
        "balance",
        &store::BALANCES,
        &[
            ("sku", Text),
            ("location", Text),
            ("lot", Text),
            ("status", Status),
            ("on_hand", Quantity),
            ("allocated", Quantity),
            ("movements", Number),
        ],
    ),
    (
        "guard",
        &store::GUARDS,
        &[
            ("sku", Text),
            ("site", Text),
            ("sellable", Quantity),
            ("reserved", Quantity),
            ("allocated", Quantity),
            ("next_expiry", Date),
        ],
    ),
    (
        "claim",
        &store::CLAIMS,
        &[
            ("", Holds::Claim),
            ("kind", Text),
            ("owner", Text),
            ("sku", Text),
            ("site", Text),
            ("location", Text),
            ("lot", Text),
            ("qty", Quantity),
            ("", Text),
            ("priority", Number),
            ("state", Text),
            ("", Instant),
            ("expires_at", Instant),
        ],
    ),
    (
        "layer",
        &store::LAYERS,
        &[
            ("sku", Text),
            ("group", Text),
            ("layer", Number),
            ("effective_at", Instant),
            ("qty_in", Quantity),
            ("value_in", Money),
            ("qty_left", Quantity),
            ("value_left", Money),
        ],
    ),
    ("period", &store::PERIODS, &[("period", Number), ("state", Text)]),
    ("reason", &store::REASONS, &[("reason", Text), ("active", Truth)]),
    ("posting", &store::HISTORY, POSTING),
];

/// The columns of a posting, from the third of its statement.
const POSTING: Columns = &[
    ("kind", Kind),
    ("effective_at", Instant),
    ("late_from", Instant),
    ("actor", Number),
    ("document", Text),
    ("reason", Text),
    ("note", Text),
    ("key", Text),
    ("claims", Json),
    ("reverses_document", Text),
    ("reverses_effective_at", Instant),
];

/// The columns of a movement.
const MOVEMENT: Columns = &[
    ("line", Number),
    ("sku", Text),
    ("lot", Text),
    ("qty", Quantity),
    ("from", Text),
    ("from_status", Status),
    ("from_on_hand", Quantity),
    ("from_movements", Number),
    ("to", Text),
    ("to_status", Status),
    ("to_on_hand", Quantity),
    ("to_movements", Number),
    ("value", Money),
    ("effective_on", Date),
];

/// The columns of what a movement did to a cost layer.
const USE: Columns =
    &[("group", Text), ("layer", Number), ("qty", Quantity), ("value", Money), ("made", Number)];

/// Where the columns of each begin in the statement.
const POSTING_AT: usize = 2;
const MOVEMENT_AT: usize = POSTING_AT + POSTING.len();
const USE_AT: usize = MOVEMENT_AT + MOVEMENT.len();

/// Writes everything.
pub(super) fn write(conn: &mut Conn<'_>, out: &mut dyn Write) -> Result<u64, Failure> {
    let books = Books::read(conn)?;
    let mut sorter = Sorter::new();
    for (thing, statement, columns) in THINGS {
        if thing == "posting" {
            history(conn, &books, statement, &mut sorter)?;
            continue;
        }
        guarded(|stopped| {
            conn.for_each(statement, &[], |row| {
                let object = object(&books, row, columns, 0)?;
                sorter.push(line(thing, object)).or_else(|error| stop(stopped, error))
            })
        })?;
    }
    writeln!(out, "{FORM}").map_err(unwritable)?;
    Ok(sorter.write(out).map_err(unwritable)?.saturating_add(1))
}

fn line(thing: &str, object: Map<String, Value>) -> String {
    format!("{thing} {}", Value::Object(object))
}

/// The columns of a row that are there.
fn object(books: &Books, row: &Row<'_>, columns: Columns, at: usize) -> Result<Map<String, Value>, DbError> {
    let mut object = Map::new();
    for (column, (name, holds)) in columns.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
        let value = holds.read(books, row, at + column)?.json();
        if !value.is_null() {
            object.insert((*name).to_owned(), value);
        }
    }
    Ok(object)
}

/// Every posting, put together from its rows.
fn history(
    conn: &mut Conn<'_>,
    books: &Books,
    statement: &Statement,
    sorter: &mut Sorter,
) -> Result<(), Failure> {
    let mut open: Option<Open> = None;
    guarded(|stopped| {
        conn.for_each(statement, &[], |row| {
            let number = (row.int(0)?, row.int(1)?);
            if open.as_ref().is_none_or(|open| open.number != number)
                && let Some(done) = open.replace(Open::of(books, row, number)?)
                && let Err(error) = sorter.push(done.line())
            {
                return stop(stopped, error);
            }
            open.as_mut().map_or(Ok(()), |open| open.add(books, row))
        })
    })?;
    match open {
        Some(last) => sorter.push(last.line()).map_err(unwritable),
        None => Ok(()),
    }
}

/// A posting whose rows are still coming.
struct Open {
    number: (i64, i64),
    posting: Map<String, Value>,
    movements: Vec<Value>,
    line: Option<i64>,
}

impl Open {
    fn of(books: &Books, row: &Row<'_>, number: (i64, i64)) -> Result<Open, DbError> {
        let mut posting = object(books, row, POSTING, POSTING_AT)?;
        if let Some(claims) = posting.get_mut("claims").and_then(Value::as_array_mut) {
            for claim in claims.iter_mut().filter_map(Value::as_object_mut) {
                // an id that was drawn by chance; the owner stands on the claim
                claim.remove("claim");
            }
        }
        Ok(Open { number, posting, movements: Vec::new(), line: None })
    }

    fn add(&mut self, books: &Books, row: &Row<'_>) -> Result<(), DbError> {
        let Some(line) = row.opt_int(MOVEMENT_AT)? else { return Ok(()) };
        if self.line != Some(line) {
            self.line = Some(line);
            self.movements.push(Value::Object(object(books, row, MOVEMENT, MOVEMENT_AT)?));
        }
        if row.opt_int(USE_AT + 1)?.is_some()
            && let Some(Value::Object(movement)) = self.movements.last_mut()
        {
            let used = Value::Object(object(books, row, USE, USE_AT)?);
            let layers = movement.entry("layers").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(layers) = layers {
                layers.push(used);
            }
        }
        Ok(())
    }

    fn line(mut self) -> String {
        self.posting.insert("movements".to_owned(), Value::Array(self.movements));
        line("posting", self.posting)
    }
}
