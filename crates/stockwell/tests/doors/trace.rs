//! What the database holds, in numbers: whatever is written anywhere changes one of them. The
//! stored answers of refused writes stand apart, because those are kept.

use crate::world::World;
use db::{Conn, DbError, Statement};
use std::collections::BTreeMap;

/// How many rows a table has, and sums over what can change in a row. Rows that were made ready to
/// be locked, and then hold nothing, are none.
macro_rules! tables {
    ($($table:literal: $sums:literal),* $(,)?) => {
        const TABLES: &[(&str, Statement)] = &[$((
            $table,
            Statement::new(
                concat!("test.trace.", $table),
                concat!("select count(*), cast(coalesce(sum(", $sums, "), 0) as bigint) from ", $table),
            ),
        )),*];
    };
}

tables! {
    "db_outbox": "1",
    "db_audit": "n",
    "access_principal": "1",
    "access_grant": "1",
    "catalog_item": "version",
    "catalog_unit": "1",
    "catalog_barcode": "1",
    "places_organisation": "version",
    "places_location": "version + case when blocked then 1000 else 0 end + case when archived then 7000 else 0 end + case when sellable then 1000000 else 0 end",
    "places_tree": "depth + 1",
    "stock_balance where ver <> 0": "on_hand + 7 * allocated + 13 * ver",
    "stock_site where at <> -9223372036854775808": "1 + sellable + 7 * reserved + 13 * allocated + 17 * backordered",
    "stock_posting": "number",
    "stock_movement": "qty",
    "stock_month": "qty_in + 7 * qty_out",
    "stock_claim": "qty + state + 3 * backordered + 5 * told",
    "stock_backorder": "version",
    "stock_lot": "version",
    "stock_serial where location is not null": "coalesce(location, 0)",
    "stock_stack where next_seq > 1": "qty + 7 * value",
    "stock_layer": "qty_left + 7 * value_left",
    "stock_layer_use": "qty",
    "stock_period": "version",
    "stock_reason": "version",
    "stock_transfer": "version",
    "stock_transfer_line": "qty + 7 * shipped + 13 * received",
    "stock_unit_move": "seq",
}

const ANSWERS: Statement = Statement::new("test.trace.answers", "select count(*) from db_idempotency");

/// Rows and sums, by table.
pub(crate) type Trace = BTreeMap<&'static str, (i64, i64)>;

/// What stands in the tables now.
pub(crate) fn trace(world: &World) -> Trace {
    world.db.read_blocking(read).unwrap()
}

fn read(conn: &mut Conn<'_>) -> Result<Trace, DbError> {
    let mut trace = Trace::new();
    for (table, statement) in TABLES {
        let numbers = conn.query_opt(statement, &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        trace.insert(table, numbers.unwrap_or_default());
    }
    Ok(trace)
}

/// How many answers are kept for their keys.
pub(crate) fn answers(world: &World) -> i64 {
    world.db.read_blocking(|conn| conn.query_opt(&ANSWERS, &[], |row| row.int(0))).unwrap().unwrap_or(0)
}

const HEARD: Statement =
    Statement::new("test.trace.heard", "select distinct kind from db_outbox order by kind");

/// The kinds of events that were written.
pub(crate) fn heard(world: &World) -> Vec<String> {
    world.db.read_blocking(|conn| conn.query(&HEARD, &[], |row| Ok(row.text(0)?.to_owned()))).unwrap()
}

/// The tables that differ.
pub(crate) fn difference(before: &Trace, after: &Trace) -> Vec<String> {
    let other = after.iter().filter(|(table, now)| before.get(*table) != Some(*now));
    other.map(|(table, now)| format!("{table}: {:?} became {now:?}", before.get(table))).collect()
}
