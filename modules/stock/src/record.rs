//! The trace of a change that is not a posting: its audit row and its event, in the transaction of
//! the change.

use db::Tx;
use domain::Ctx;
use serde_json::Value;
use web::RecordChange;

/// What happened to what.
pub(crate) struct Change<'a> {
    /// The audited action, such as `stock.transfer.ship`.
    pub(crate) action: &'a str,
    /// The event, such as `stock.transfer_shipped`.
    pub(crate) event: &'a str,
    /// The kind of thing.
    pub(crate) aggregate: &'a str,
    /// The thing.
    pub(crate) id: &'a str,
    /// Its version after the change: the number of the event.
    pub(crate) version: i64,
    /// The sites that it concerns.
    pub(crate) sites: &'a [i64],
}

/// Writes the audit row and the event; both carry the same body.
pub(crate) fn change(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, change: &Change<'_>, body: &Value) {
    let Change { action, event, aggregate, id, version, sites } = *change;
    let change = RecordChange {
        action,
        event,
        target,
        aggregate_type: aggregate,
        aggregate_id: id,
        version,
        at: ctx.now,
        sites,
    };
    web::record_change(tx, ctx, &change, body);
}
