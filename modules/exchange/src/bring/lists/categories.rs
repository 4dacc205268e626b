//! The tree of categories, by path. What stands above a category may stand anywhere in the file.

use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::NewCategory;
use db::Tx;
use domain::{Code, Problem};
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
    let (parent, name) = match path.rsplit_once('/') {
        Some((parent, name)) => (Some(parent.to_owned()), name),
        None => (None, path),
    };
    // they say again what the path says
    for (field, said) in [("name", name), ("parent", parent.as_deref().unwrap_or_default())] {
        let given = row.text(field);
        if !given.is_empty() && given != said {
            let detail = format!("the path says `{said}`; leave the column out");
            return Err(Problem::at(Code::InvalidValue, format!("/{field}"), detail).into());
        }
    }
    catalog::create_category(tx, &who.ctx, &NewCategory { name: name.to_owned(), parent })?;
    Ok(Taken::Created)
}
