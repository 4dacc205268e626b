//! Which kinds of places stand below which: a row for each site that says something, and one for the organisation.

use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::Permission;
use serde_json::Value;
use std::collections::BTreeMap;
use web::Failure;

pub(super) static FIELDS: [Field; 6] = [
    Field::new("of", "/of", Holds::Code).needed().also(&["site"]),
    Field::new("zone", "/below/zone", Holds::List),
    Field::new("aisle", "/below/aisle", Holds::List),
    Field::new("rack", "/below/rack", Holds::List),
    Field::new("shelf", "/below/shelf", Holds::List),
    Field::new("bin", "/below/bin", Holds::List),
];

/// Said of a kind in place of those that it stands below.
const ANY: &str = "any";
const NONE: &str = "none";

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let mut said: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    for (kind, above) in row.body.get("below").and_then(Value::as_object).into_iter().flatten() {
        let above = above.as_array().into_iter().flatten().filter_map(Value::as_str);
        let above: Vec<String> = above.map(str::to_lowercase).collect();
        let above = match above.as_slice() {
            [any] if any == ANY => None,
            [none] if none == NONE => Some(Vec::new()),
            _ => Some(above),
        };
        said.insert(kind.clone(), above);
    }
    let (reached, of) = (caller.scope.reached(), row.text("of"));
    let there = places::levels(tx, reached, of)?;
    let after = places::bring_levels(tx, &caller.ctx, reached, of, said)?;
    Ok(if after.version == there.version {
        Taken::Unchanged
    } else if there.is_said() {
        Taken::Changed
    } else {
        Taken::Created
    })
}
