//! The mark of a training copy: what people practise in is never taken for the store itself.
//!
//! Not here: how a copy is made, and what it is not given. Invariant: a mark is set once and never taken away; it
//! is a row as any other, so backups and copies carry it along, and an event tells of it.

#[cfg(test)]
mod tests;

use crate::{organise, store_training};
use db::{Conn, DbError, Tx};
use domain::{Code, Ctx, Instant, Problem};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use web::{Failure, RecordChange};

/// What a training copy says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Training {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Instant,
    /// What the organisation was called of which it is a copy; null when nobody had said that.
    pub organisation: Option<String>,
    /// The codes of the sites that people are held to; empty for all.
    pub sites: Vec<String>,
}

/// The mark of a training copy; `None` on what is none.
///
/// # Errors
/// When the store fails.
pub fn training(conn: &mut Conn<'_>) -> Result<Option<Training>, DbError> {
    store_training::load(conn)
}

/// Marks a copy, in which people are held to these sites (or to none), and records that.
///
/// # Errors
/// `in_use` for what is marked already.
pub fn mark_training(tx: &mut Tx<'_>, ctx: &Ctx, sites: &[String]) -> Result<Training, Failure> {
    if let Some(before) = store_training::load(tx)? {
        let detail = format!("this is a training copy already, made at {}", before.made_at.to_the_second());
        return Err(Problem::new(Code::InUse, detail).into());
    }
    let organisation = organise::organisation(tx)?.name;
    let training = Training { made_at: ctx.now, organisation, sites: sites.to_vec() };
    store_training::insert(tx, &training)?;
    let change = RecordChange {
        action: "places.training.mark",
        event: "places.training_marked",
        target: "training",
        aggregate_type: "training",
        aggregate_id: "1",
        version: 1,
        at: ctx.now,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &json!({ "training": serde_json::to_value(&training)? }));
    Ok(training)
}
