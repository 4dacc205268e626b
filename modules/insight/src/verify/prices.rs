//! Of two prices that are of the same, no day is in both; and what was merged into another item has given away all
//! that names it (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};

/// Each price beside an earlier one of the same that it meets.
const MEETING: Statement = Statement::new(
    "verify.prices.meeting",
    "select p.price_id, o.price_id, p.sku_id
     from ck_price p
     join ck_price o on o.sku_id = p.sku_id
       and o.kind = p.kind
       and o.list = p.list
       and o.unit = p.unit
       and o.currency = p.currency
       and o.least = p.least
       and coalesce(o.supply_id, 0) = coalesce(p.supply_id, 0)
       and o.price_id < p.price_id
     where (o.valid_until is null or p.valid_from <= o.valid_until)
       and (p.valid_until is null or o.valid_from <= p.valid_until)
     order by p.price_id",
);

const COUNT: Statement = Statement::new("verify.prices.count", "select count(*) from ck_price");

const MERGED: Statement = Statement::new(
    "verify.prices.merged",
    "select i.sku, i.archived, i.merged_into, i.sku_id,
            (select min(b.code_key) from ck_barcode b where b.sku_id = i.sku_id)
     from ck_item i
     where i.merged_into is not null
     order by i.sku_id",
);

/// No day has two prices of the same.
pub(super) fn apart(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let count = conn.query_one(&COUNT, &[], |row| row.int(0))?;
    for _ in 0..count {
        findings.row();
    }
    conn.for_each(&MEETING, &[], |row| {
        let (price, other, item) = (row.int(0)?, row.int(1)?, row.int(2)?);
        findings.add(|| format!("prices {other} and {price} of {} have a day in common", ground.item(item)));
        Ok(())
    })
}

/// An item that was merged is archived, and no barcode names it.
pub(super) fn merged(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&MERGED, &[], |row| {
        findings.row();
        let sku = row.text(0)?;
        let into = row.int(2)?;
        findings.hold(row.bool(1)?, || format!("item `{sku}` was merged, and is not archived"));
        findings.hold(into != row.int(3)? && ground.items.contains_key(&into), || {
            format!("item `{sku}` was merged into nothing, or into itself")
        });
        if let Some(barcode) = row.opt_text(4)? {
            findings.add(|| format!("the barcode `{barcode}` names `{sku}`, which was merged"));
        }
        Ok(())
    })
}
