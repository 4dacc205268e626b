//! How much places take, and of what: a row for each rule of a type of locations, or of a location of its own.

use super::also;
use super::reasons::taken;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::Permission;
use stock::RoomRule;
use web::Failure;

pub(super) static FIELDS: [Field; 8] = [
    Field::new("location_type", "/location_type", Holds::Code),
    Field::new("location", "/location", Holds::Code).also(&also::LOCATION),
    Field::new("rule", "/rule", Holds::Text).needed(),
    Field::new("max", "/max", Holds::Decimal),
    Field::new("of", "/of", Holds::List),
    Field::new("breach", "/breach", Holds::Text),
    Field::new("unknown", "/unknown", Holds::Text),
    Field::new("lifted", "/lifted", Holds::Truth),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    Ok(taken(stock::bring_room_rule(tx, &caller, &row.command::<RoomRule>()?)?))
}
