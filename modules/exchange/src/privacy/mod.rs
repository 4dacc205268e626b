//! What is known of a customer, and what somebody has posted; and a customer forgotten. What they bought stays in the
//! ledger, of nobody: who a posting was for stands beside its chain, so nothing of that is touched.

mod store;
#[cfg(test)]
mod tests;

use db::{Conn, DbError, Row, Tx};
use domain::ledger::Kind;
use domain::{Instant, PostingId, Problem, Qty};
use serde_json::{Value, json};
pub use store::WITHHELD;
use web::Failure;

/// Whether an import brought a customer of this number.
///
/// # Errors
/// Failures of the store.
pub fn is_customer(conn: &mut Conn<'_>, number: i64) -> Result<bool, DbError> {
    Ok(conn.query_opt(&store::CUSTOMER, &[number.into()], |_| Ok(()))?.is_some())
}

/// What an import brought of a customer.
///
/// # Errors
/// `not_found`.
pub fn customer(conn: &mut Conn<'_>, number: i64) -> Result<Value, Failure> {
    let found = conn.query_opt(&store::CUSTOMER, &[number.into()], |row| {
        Ok(json!({
            "number": row.int(0)?, "country": row.text(1)?, "first_at": Instant(row.int(2)?),
            "last_at": Instant(row.int(3)?), "invoices": row.int(4)?,
        }))
    })?;
    Ok(found.ok_or_else(|| Problem::not_found("customer", number))?)
}

/// Tells each line of what a customer got and brought back, in its order.
///
/// # Errors
/// Failures of the store, and what `each` says.
pub fn goods(
    conn: &mut Conn<'_>,
    customer: i64,
    mut each: impl FnMut(Value) -> Result<(), DbError>,
) -> Result<(), DbError> {
    conn.for_each(&store::GOODS, &[customer.into()], |row| {
        each(json!({
            "posting": PostingId::from_bytes(row.id16(0)?), "effective_at": Instant(row.int(1)?),
            "kind": kind(row, 2)?, "document": row.opt_text(3)?, "sku": row.text(4)?,
            "quantity": Qty::from_millionths(row.int(5)?).map(|qty| qty.to_string()), "from": row.text(6)?, "to": row.text(7)?,
        }))
    })
}

/// Tells each posting that somebody has made, in its order.
///
/// # Errors
/// Failures of the store, and what `each` says.
pub fn postings(
    conn: &mut Conn<'_>,
    actor: i64,
    mut each: impl FnMut(Value) -> Result<(), DbError>,
) -> Result<(), DbError> {
    conn.for_each(&store::POSTINGS, &[actor.into()], |row| {
        each(json!({
            "posting": PostingId::from_bytes(row.id16(0)?), "kind": kind(row, 1)?,
            "recorded_at": Instant(row.int(2)?), "effective_at": Instant(row.int(3)?),
            "document": row.opt_text(4)?, "reason": row.opt_text(5)?, "note": row.opt_text(6)?,
        }))
    })
}

fn kind(row: &Row<'_>, column: usize) -> Result<&'static str, DbError> {
    let found = Kind::from_number(row.int(column)?);
    found.map(Kind::word).ok_or(DbError::Column { column, wanted: "a kind of posting" })
}

/// Forgets a customer, and whose the postings of their invoices are; how many those were.
///
/// # Errors
/// `not_found`.
pub fn forget_customer(tx: &mut Tx<'_>, number: i64) -> Result<u64, Failure> {
    let postings = tx.execute(&store::FORGET_POSTINGS, &[number.into()])?;
    match tx.execute(&store::FORGET, &[number.into()])? {
        0 => Err(Problem::not_found("customer", number).into()),
        _ => Ok(postings),
    }
}
