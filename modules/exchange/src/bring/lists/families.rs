//! Families of variants.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeFamily, NewFamily};
use db::Tx;
use serde_json::Value;
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 10] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["family"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("options", "/options", Holds::List),
    Field::new("sku_pattern", "/sku_pattern", Holds::Text),
    Field::new("name_pattern", "/name_pattern", Holds::Text),
    Field::new("configurable", "/configurable", Holds::Truth),
    Field::new("excluded", "/excluded", Holds::Json),
    Field::new("defaults", "/defaults", Holds::Json),
    Field::new("category", "/defaults/category", Holds::Text).also(&also::CATEGORY),
    Field::new("archived", "/archived", Holds::Truth),
];

const CHANGED: [&str; 8] =
    ["name", "options", "sku_pattern", "name_pattern", "configurable", "excluded", "defaults", "archived"];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let code = row.text("code").to_owned();
    let Some(there) = catalog::family_of(tx, &code)? else {
        let mut row = row.clone();
        let archived = row.body.remove("archived");
        catalog::create_family(tx, &who.ctx, &row.command::<NewFamily>()?)?;
        if archived == Some(true.into()) {
            let change = ChangeFamily { archived: Some(Some(true)), ..ChangeFamily::default() };
            catalog::change_family(tx, &who.ctx, (&code, IfMatch::Any), &change)?;
        }
        return Ok(Taken::Created);
    };
    // a family shows its options with their values, and a row names them
    let mut shown = serde_json::to_value(&there)?;
    let options: Vec<&str> = there.options.iter().map(|set| set.code.as_str()).collect();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("options".to_owned(), Value::from(options));
    }
    let mut row = row.clone();
    row.body.remove("code");
    let change = differing(&row, &shown, ("family", &CHANGED))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let after =
        catalog::change_family(tx, &who.ctx, (&code, IfMatch::Any), &command::<ChangeFamily>(change)?)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}
