//! Sites and what stands in them. What a location stands below may stand anywhere in the file.

use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::{Code, Permission, Problem};
use places::{ChangeLocation, NewLocation};
use web::{Failure, IfMatch};

pub(super) const FIELDS: [Field; 16] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["location", "bin", "lagerplatz"]),
    Field::new("name", "/name", Holds::Text),
    Field::new("kind", "/kind", Holds::Text),
    Field::new("type", "/type", Holds::Text),
    Field::new("parent", "/parent", Holds::Code),
    Field::new("role", "/role", Holds::Text),
    Field::new("zone", "/zone", Holds::Text),
    Field::new("state", "/state", Holds::Text),
    Field::new("sellable", "/sellable", Holds::Truth),
    Field::new("open_to_allocation", "/open_to_allocation", Holds::Truth),
    Field::new("walk", "/walk", Holds::Whole),
    Field::new("x_mm", "/position/x_mm", Holds::Whole),
    Field::new("y_mm", "/position/y_mm", Holds::Whole),
    Field::new("z_mm", "/position/z_mm", Holds::Whole),
    Field::new("blocked", "/blocked", Holds::Truth),
    Field::new("archived", "/archived", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let reached = caller.scope.reached();
    let code = &row.text("code").to_owned();
    let mut row = row.clone();
    let Some(there) = places::location(tx, reached, code)? else {
        for state in ["blocked", "archived"] {
            if row.body.remove(state) == Some(true.into()) {
                let detail =
                    format!("a new location is not {state}; make it, and say so by the command for it");
                return Err(Problem::at(Code::InvalidValue, format!("/{state}"), detail).into());
            }
        }
        places::create_location(tx, &who.ctx, reached, &row.command::<NewLocation>()?)?;
        return Ok(Taken::Created);
    };
    // codes are the same whatever the size of their letters
    row.body.remove("code");
    let is_there =
        there.parent.as_ref().is_some_and(|parent| parent.eq_ignore_ascii_case(row.text("parent")));
    if is_there {
        row.body.remove("parent");
    }
    let changed = ["name", "type", "position", "walk", "role", "open_to_allocation"];
    let change = differing(&row, &there, ("location", &changed))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeLocation = command(change)?;
    let after = places::change_location(tx, &who.ctx, reached, code, IfMatch::Any, &change)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}
