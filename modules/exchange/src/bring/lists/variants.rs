//! Items that are variants of a family, with one value of each of its options in their order.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::Adopt;
use db::Tx;
use domain::{Code, Problem};
use serde_json::Value;
use web::Failure;

pub(super) static FIELDS: [Field; 3] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("family", "/family", Holds::Code).needed(),
    Field::new("values", "/values", Holds::List).needed(),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let (sku, code) = (row.text("sku"), row.text("family"));
    let item = catalog::item(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let family = catalog::family_of(tx, code)?.ok_or_else(|| Problem::not_found("family", code))?;
    let given = row.body.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let values: Vec<&str> = given.iter().filter_map(Value::as_str).collect();
    if values.len() != family.options.len() {
        let options: Vec<&str> = family.options.iter().map(|set| set.code.as_str()).collect();
        let detail = format!(
            "`{}` tells its variants apart by `{}`, and the row has {} values",
            family.code,
            options.join("|"),
            values.len()
        );
        return Err(Problem::at(Code::InvalidValue, "/values", detail).into());
    }
    let chosen = family.options.iter().zip(values);
    let options = chosen.map(|(set, value)| (set.code.as_str().to_owned(), value.to_owned())).collect();
    let adopt = Adopt { family: code.to_owned(), options };
    let (after, _) = catalog::bring_variant(tx, &who.ctx, sku, &adopt)?;
    Ok(if after.version == item.version { Taken::Unchanged } else { Taken::Changed })
}
