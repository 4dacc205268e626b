//! The tree of categories, by path. What stands above a category may stand anywhere in the file.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeCategory, NewCategory};
use db::Tx;
use domain::{Code, Problem};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 3] = [
    Field::new("path", "/path", Holds::Text).needed().also(&["category", "kategorie", "warengruppe"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("parent", "/parent", Holds::Text),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let path = row.text("path");
    let (parent, step) = match path.rsplit_once('/') {
        Some((parent, step)) => (Some(parent.to_owned()), step),
        None => (None, path),
    };
    let said = [("name", step), ("parent", parent.as_deref().unwrap_or_default())];
    for (field, said) in said {
        let given = row.text(field);
        if !given.is_empty() && given.to_lowercase() != said.to_lowercase() {
            let detail = if said.is_empty() {
                format!("the path says that it stands below nothing; write `{given}/{path}` there")
            } else {
                format!("the path says `{said}`; leave the column out")
            };
            return Err(Problem::at(Code::InvalidValue, format!("/{field}"), detail).into());
        }
    }
    // the name may say it in capital letters too, which no path has
    let name = Some(row.text("name")).filter(|name| !name.is_empty());
    match catalog::category(tx, path)? {
        None => {
            let new = NewCategory { name: name.unwrap_or(step).to_owned(), parent };
            catalog::create_category(tx, &who.ctx, &new)?;
            Ok(Taken::Created)
        }
        Some(known) => match name.filter(|name| *name != known.name) {
            None => Ok(Taken::Unchanged),
            Some(name) => {
                let change = ChangeCategory { name: Some(Some(name.to_owned())), parent: None };
                catalog::change_category(tx, &who.ctx, &known.path, IfMatch::Any, &change)?;
                Ok(Taken::Changed)
            }
        },
    }
}
