//! The customers that an import brought, by number: who they are, and which postings are theirs.
//!
//! A number is all the name there is. What is kept here stands beside the ledger: it is written in the
//! transaction of the postings that it tells of, never changes them, and is no part of their chain.
//! It is not the master data of business partners, which comes with orders.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use domain::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// A customer, as an import knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Customer {
    /// The number.
    pub(crate) number: i64,
    /// The country of the latest invoice.
    pub(crate) country: String,
    /// When the first invoice took effect.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) first_at: Instant,
    /// When the latest one did.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) last_at: Instant,
    /// How many invoices there are, cancellations included.
    pub(crate) invoices: i64,
}
