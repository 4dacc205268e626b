//! The customers that an import brought, by number: who they are, and which postings are theirs.
//!
//! A number is all the name there is. What is kept here stands beside the ledger: it is written in the
//! transaction of the postings that it tells of, never changes them, and is no part of their chain.
//! It is not the master data of business partners, which comes with orders.
//!
//! Who reaches a part of the places sees the customers who got something from there, or brought something back
//! there, and is told of these invoices alone.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use db::{Conn, DbError};
use domain::Instant;
use serde::Serialize;
use store::Goods;
use utoipa::ToSchema;

/// A customer, as an import knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Customer {
    /// The number.
    pub(crate) number: i64,
    /// The country of the latest invoice, which may be one that is not within reach.
    pub(crate) country: String,
    /// When the first invoice took effect that is within reach.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) first_at: Instant,
    /// When the latest such invoice did.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) last_at: Instant,
    /// How many such invoices there are, cancellations included.
    pub(crate) invoices: i64,
}

/// Customers that are looked at for one page at most.
const LOOKED_MAX: usize = 2_000;
/// Customers that are looked at together where some are left out: the smallest page asks no more often.
const CHUNK_MIN: usize = 100;

/// The next customers by number, at most `limit`, and after which one to go on. For who reaches a part of the
/// places it may be fewer, or none, and still go on: others are looked at and left out.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    goods: Option<Goods>,
    roots: Option<&str>,
    mut after: i64,
    limit: usize,
) -> Result<(Vec<Customer>, Option<i64>), DbError> {
    let chunk_min = if roots.is_some() { CHUNK_MIN } else { 0 };
    let most = limit.saturating_add(1).max(chunk_min);
    let (mut rows, mut looked): (Vec<Customer>, usize) = (Vec::new(), 0);
    loop {
        let chunk = match goods {
            None => store::list(conn, after, most)?,
            Some(goods) => store::who_got(conn, goods, roots, after, most)?,
        };
        let ended = chunk.len() < most;
        looked += chunk.len();
        after = chunk.last().map_or(after, |last| last.number);
        for customer in within(conn, chunk, roots)? {
            if rows.len() == limit {
                let next = rows.last().map(|last| last.number);
                return Ok((rows, next));
            }
            rows.push(customer);
        }
        if ended {
            return Ok((rows, None));
        }
        if looked >= LOOKED_MAX {
            return Ok((rows, Some(after)));
        }
    }
}

/// A customer, as far as it is within reach.
pub(crate) fn one(
    conn: &mut Conn<'_>,
    number: i64,
    roots: Option<&str>,
) -> Result<Option<Customer>, DbError> {
    let found = store::one(conn, number)?.into_iter().collect();
    Ok(within(conn, found, roots)?.pop())
}

/// What of some customers lies below the roots, which is all of it for who reaches everything.
fn within(
    conn: &mut Conn<'_>,
    customers: Vec<Customer>,
    roots: Option<&str>,
) -> Result<Vec<Customer>, DbError> {
    match roots {
        Some(roots) if !customers.is_empty() => store::reached(conn, customers, roots),
        _ => Ok(customers),
    }
}
