//! The trace of a change: its audit row and its event, in the transaction of the change.

use crate::file::{File, Record};
use db::Tx;
use domain::Ctx;
use serde_json::json;
use web::{Failure, RecordChange};

/// What happened to a file.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The audited action.
    pub(crate) action: &'a str,
    /// The event.
    pub(crate) event: &'a str,
    /// Which fields are not what they were.
    pub(crate) fields: &'a [&'a str],
}

/// Writes the audit row and the event of a change that left the file as it is now. What it was stands beside it,
/// for the history of its record; none for one that is new.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (record, before, file): (Record<'_>, Option<&File>, &File),
    change: Change<'_>,
) -> Result<(), Failure> {
    let Change { action, event, fields } = change;
    let of = json!({ "kind": record.kind.word(), "handle": record.handle });
    let (before, now) = (serde_json::to_value(before)?, serde_json::to_value(file)?);
    let body = json!({ "record": of, "file": now, "before": before, "changed": fields });
    let change = RecordChange {
        action,
        event,
        target: record.handle,
        aggregate_type: "file",
        aggregate_id: &file.id.to_string(),
        version: file.version,
        at: file.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
    Ok(())
}
