//! The canonical text: a line for everything there is and for everything that happened.
//!
//! A line is the kind of the thing, a blank, and a JSON object whose keys are in alphabetical order.
//! Items, places and lots go by their codes. A movement says what both ends held after it and how
//! many movements their keys had seen: so the order of what concerns one key is in the text, and
//! the order of what does not touch each other is not.

use super::cell::{Books, Holds};
use super::sort::Sorter;
use super::{guarded, stop, store, unwritable};
use db::{Conn, DbError, Row, Statement};
use serde_json::{Map, Value};
use std::io::Write;
use web::Failure;

/// The first line: the form of the text. It changes with every change of the form.
const FORM: &str = "stockwell canonical 3";

type Columns = &'static [(&'static str, Holds)];

use Holds::{Date, Instant, Json, Kind, Money, Number, Quantity, Status, Text, Truth};

/// The things, each with its statement and the names of its columns; a column without a name is
/// not part of the text.
const THINGS: [(&str, &Statement, Columns); 26] = [
    (
        "organisation",
        &store::ORGANISATION,
        &[("currency", Text), ("zone", Text), ("valuation_method", Number), ("valuation_grouping", Number)],
    ),
    (
        "item",
        &store::ITEM_FACTS,
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
        &store::UNIT_FACTS,
        &[("sku", Text), ("unit", Text), ("num", Number), ("den", Number), ("removed", Truth)],
    ),
    ("barcode", &store::BARCODE_FACTS, &[("sku", Text), ("unit", Text), ("code", Text)]),
    (
        "location",
        &store::LOCATION_FACTS,
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
            ("archived", Truth),
        ],
    ),
    (
        "lot",
        &store::LOTS_WITH_PARENTS,
        &[
            ("sku", Text),
            ("lot", Text),
            ("tracking", Text),
            ("made_on", Date),
            ("expiry_on", Date),
            ("parent", Text),
            ("on_hold", Truth),
        ],
    ),
    (
        "kept",
        &store::KEPT,
        &[("sku", Text), ("lot", Text), ("location", Text), ("status", Status), ("qty", Quantity)],
    ),
    ("held", &store::HELD, &[("sku", Text), ("lot", Text), ("location", Text), ("movements", Number)]),
    (
        "released",
        &store::RELEASED,
        &[("sku", Text), ("lot", Text), ("location", Text), ("from", Number), ("to", Number)],
    ),
    (
        "unit_move",
        &store::UNIT_MOVES,
        &[
            ("unit", Text),
            ("number", Number),
            ("from", Text),
            ("to", Text),
            ("document", Text),
            ("effective_at", Instant),
        ],
    ),
    (
        "transfer",
        &store::TRANSFER_HEADS,
        &[
            ("number", Text),
            ("state", Text),
            ("from_site", Text),
            ("to_site", Text),
            ("note", Text),
            ("expected_on", Date),
        ],
    ),
    (
        "transfer_line",
        &store::TRANSFER_LINES,
        &[
            ("number", Text),
            ("line", Number),
            ("sku", Text),
            ("lot", Text),
            ("qty", Quantity),
            ("shipped", Quantity),
            ("received", Quantity),
            ("short", Quantity),
        ],
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
            ("backordered", Quantity),
        ],
    ),
    ("backorder", &store::BACKORDER, &[("site", Text), ("sku", Text), ("rule", Number), ("cap", Quantity)]),
    (
        "claim",
        &store::CLAIM_FACTS,
        &[
            ("kind", Text),
            ("owner", Text),
            ("sku", Text),
            ("site", Text),
            ("location", Text),
            ("lot", Text),
            ("qty", Quantity),
            ("priority", Number),
            ("state", Text),
            ("expires_at", Instant),
            ("backordered", Quantity),
            ("may_wait", Truth),
            ("lost", Quantity),
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
    (
        "posting",
        &store::HEADS,
        &[
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
        ],
    ),
    (
        "movement",
        &store::LEGS,
        &[
            ("kind", Kind),
            ("document", Text),
            ("line", Number),
            ("effective_at", Instant),
            ("effective_on", Date),
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
        ],
    ),
    (
        "use",
        &store::USES,
        &[
            ("sku", Text),
            ("group", Text),
            ("layer", Number),
            ("qty", Quantity),
            ("value", Money),
            ("made", Number),
            ("document", Text),
            ("effective_at", Instant),
            ("line", Number),
        ],
    ),
    (
        "return",
        &store::RETURNS,
        &[
            ("document", Text),
            ("effective_at", Instant),
            ("line", Number),
            ("sale_document", Text),
            ("sale_effective_at", Instant),
            ("sale_line", Number),
            ("qty", Quantity),
            ("value", Money),
        ],
    ),
    (
        "customer",
        &store::CUSTOMERS,
        &[
            ("number", Number),
            ("country", Text),
            ("first_at", Instant),
            ("last_at", Instant),
            ("invoices", Number),
        ],
    ),
    (
        "customer_posting",
        &store::CUSTOMER_POSTINGS,
        &[("customer", Number), ("kind", Kind), ("document", Text), ("effective_at", Instant)],
    ),
];

/// Writes everything.
pub(super) fn write(conn: &mut Conn<'_>, out: &mut dyn Write) -> Result<u64, Failure> {
    let books = Books::read(conn)?;
    let mut sorter = Sorter::new();
    for (thing, statement, columns) in THINGS {
        guarded(|stopped| {
            conn.for_each(statement, &[], |row| {
                let line = format!("{thing} {}", Value::Object(object(&books, row, columns)?));
                sorter.push(line).or_else(|error| stop(stopped, error))
            })
        })?;
    }
    writeln!(out, "{FORM}").map_err(unwritable)?;
    Ok(sorter.write(out).map_err(unwritable)?.saturating_add(1))
}

/// The columns of a row that are there.
fn object(books: &Books, row: &Row<'_>, columns: Columns) -> Result<Map<String, Value>, DbError> {
    let mut object = Map::new();
    for (column, (name, holds)) in columns.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
        let mut value = holds.read(books, row, column)?.json();
        if *name == "claims" {
            forget_ids(&mut value);
        }
        if !value.is_null() {
            object.insert((*name).to_owned(), value);
        }
    }
    Ok(object)
}

/// Takes the ids of claims out of what a posting did to them: they were drawn by chance, and the
/// owner stands on the claim.
fn forget_ids(claims: &mut Value) {
    for claim in claims.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        claim.remove("claim");
    }
}
