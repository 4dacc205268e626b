//! Prices of items. What is there stays: a price of another amount begins on another day, and ends the one before it.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::Row;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{NewPrice, PriceBrought};
use db::Tx;
use domain::Permission;
use web::Failure;

pub(super) static FIELDS: [Field; 11] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("kind", "/kind", Holds::Text).needed(),
    Field::new("list", "/list", Holds::Text).also(&["pricelist", "preisliste"]),
    Field::new("supplier", "/supplier", Holds::Code).also(&also::SUPPLIER),
    Field::new("supplier_sku", "/supplier_sku", Holds::Code),
    Field::new("unit", "/unit", Holds::Text).also(&also::UNIT),
    Field::new("currency", "/currency", Holds::Text).needed(),
    Field::new("least", "/least", Holds::Decimal),
    Field::new("amount", "/amount", Holds::Decimal).needed().also(&["price", "preis"]),
    Field::new("valid_from", "/valid_from", Holds::Date).needed(),
    Field::new("valid_until", "/valid_until", Holds::Date),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let sku = row.text("sku").to_owned();
    let mut row = row.clone();
    row.body.remove("sku");
    let new = NewPrice { follow: true, ..row.command::<NewPrice>()? };
    // a price of sales is everybody's who keeps items; what things cost is changed by those who see it
    if new.kind != domain::PriceKind::Sales.word() {
        who.caller(Permission::CostRead)?;
    }
    Ok(match catalog::bring_price(tx, &who.ctx, &sku, &new)? {
        PriceBrought::Created => Taken::Created,
        PriceBrought::Ended => Taken::Changed,
        PriceBrought::Unchanged => Taken::Unchanged,
    })
}
