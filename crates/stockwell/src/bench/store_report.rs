//! What a report over everything would cost without balances.

use db::{Conn, DbError, Statement};
use std::collections::BTreeMap;

/// On hand of every item, from the movements alone. The limit, which is none, keeps the view's other tables out:
/// SQLite leaves a join that adds nothing away only where nothing is summed.
const SCAN: Statement = Statement::new(
    "bench.scan",
    "select i.sku, s.on_hand
     from (
       select sku_id, cast(sum(case when to_loc > 0 then qty else 0 end)
         - sum(case when from_loc > 0 then qty else 0 end) as bigint) as on_hand
       from (select sku_id, from_loc, to_loc, qty from ck_movement limit 9000000000000000000) m
       group by sku_id) s
     join ck_item i on i.sku_id = s.sku_id
     where s.on_hand <> 0",
);

/// SKUs with what is on hand of each, in millionths.
pub(crate) type OnHand = BTreeMap<String, i64>;

/// On hand of every item, from the movements alone.
pub(crate) fn scan(conn: &mut Conn<'_>) -> Result<OnHand, DbError> {
    let rows = conn.query(&SCAN, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?;
    Ok(rows.into_iter().collect())
}
