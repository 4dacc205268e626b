//! The tree of categories, by path. What stands above a category may stand anywhere in the file.

use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::NewCategory;
use db::Tx;
use web::Failure;

pub(super) const FIELDS: [Field; 3] = [
    Field::new("path", "/path", Holds::Text).needed().also(&["category"]),
    Field::new("name", "/name", Holds::Text),
    Field::new("parent", "/parent", Holds::Text),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let path = row.text("path");
    if catalog::category(tx, path)?.is_some() {
        return Ok(Taken::Unchanged);
    }
    // name and parent say again what the path says
    let (parent, name) = match path.rsplit_once('/') {
        Some((parent, name)) => (Some(parent.to_owned()), name),
        None => (None, path),
    };
    catalog::create_category(tx, &who.ctx, &NewCategory { name: name.to_owned(), parent })?;
    Ok(Taken::Created)
}
