//! The trace of a change: its audit row and its event, in the transaction of the change.

use crate::location::Location;
use db::Tx;
use domain::{Ctx, SiteId};
use serde_json::{Map, Value, json};
use web::{Failure, RecordChange};

/// What happened to a location.
pub(crate) struct Change<'a> {
    /// The audited action, such as `places.location.create`.
    pub(crate) action: &'a str,
    /// The event, such as `places.location_created`.
    pub(crate) event: &'a str,
    /// Which fields are not what they were; empty for a new location.
    pub(crate) fields: &'a [&'a str],
    /// The site that it stood in before, when that is another one.
    pub(crate) left: SiteId,
}

/// Writes the audit row and the event of a change that left the location as it is now. Both carry
/// the whole record, so that a follower needs no second question.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: &Location,
    change: &Change<'_>,
) -> Result<(), Failure> {
    change_of(tx, ctx, location, change, Map::new())
}

/// The same of a change of more than the record has, with what else it was.
pub(crate) fn change_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: &Location,
    change: &Change<'_>,
    mut body: Map<String, Value>,
) -> Result<(), Failure> {
    let Change { action, event, fields, left } = change;
    body.insert("location".to_owned(), serde_json::to_value(location)?);
    body.insert("changed".to_owned(), json!(fields));
    let mut sites: Vec<i64> =
        [location.site_id, *left].into_iter().filter(|site| site.is_some()).map(SiteId::get).collect();
    sites.dedup();
    let change = RecordChange {
        action,
        event,
        target: &location.code,
        aggregate_type: "location",
        aggregate_id: &location.id.to_string(),
        // the making of what was made together is told by the event of the whole
        version: location.version.saturating_sub(i64::from(location.made_together)),
        at: location.changed_at,
        sites: &sites,
    };
    web::record_change(tx, ctx, &change, &Value::Object(body));
    Ok(())
}
