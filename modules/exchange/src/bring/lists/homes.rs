//! Where items are kept at the sites.

use super::also;
use super::reasons::taken;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::{Code, Permission, Problem};
use web::Failure;

pub(super) static FIELDS: [Field; 3] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("location", "/location", Holds::Code).needed().also(&["bin", "home", "lagerplatz"]),
    Field::new("rank", "/rank", Holds::Whole).also(&["order", "rang"]),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let rank = row.body.get("rank").filter(|rank| !rank.is_null()).map(|rank| {
        let number = rank.as_u64().and_then(|rank| usize::try_from(rank).ok());
        number.filter(|rank| (1..=stock::HOMES_PER_ITEM_MAX).contains(rank)).ok_or_else(|| {
            let detail = format!("a rank is 1 to {}", stock::HOMES_PER_ITEM_MAX);
            Problem::at(Code::InvalidValue, "/rank", detail)
        })
    });
    let of = (row.text("sku"), row.text("location"));
    Ok(taken(stock::bring_home(tx, &caller, of, rank.transpose()?)?))
}
