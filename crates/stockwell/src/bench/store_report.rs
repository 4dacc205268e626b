//! The report that is measured, and what it would cost without balances.

use db::{Conn, DbError, Statement};

/// What is on hand of every item.
const REPORT: Statement = Statement::new(
    "bench.report",
    "select sku_id, cast(sum(on_hand) as bigint)
     from ck_balance
     where loc_id > 0
     group by sku_id
     order by sku_id",
);

/// The same from the movements alone. The limit, which is none, keeps the view's other tables out:
/// SQLite leaves a join that adds nothing away only where nothing is summed.
const SCAN: Statement = Statement::new(
    "bench.scan",
    "select sku_id, cast(sum(case when to_loc > 0 then qty else 0 end)
       - sum(case when from_loc > 0 then qty else 0 end) as bigint)
     from (select sku_id, from_loc, to_loc, qty from ck_movement limit 9000000000000000000) m
     group by sku_id
     order by sku_id",
);

/// Each item with what is on hand of it, in millionths.
type OnHand = Vec<(i64, i64)>;

/// What is on hand of every item.
pub(crate) fn report(conn: &mut Conn<'_>) -> Result<OnHand, DbError> {
    read(conn, &REPORT)
}

/// The same from the movements alone.
pub(crate) fn scan(conn: &mut Conn<'_>) -> Result<OnHand, DbError> {
    read(conn, &SCAN)
}

fn read(conn: &mut Conn<'_>, statement: &Statement) -> Result<OnHand, DbError> {
    conn.query(statement, &[], |row| Ok((row.int(0)?, row.int(1)?)))
}
