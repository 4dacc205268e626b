//! What the database holds of what benchmarks write, read from its tables and not from answers.

use super::books::Held;
use db::{Conn, DbError, Statement};

/// Claims there are, what open claims and guards hold in millionths, and how many guards promise more than
/// there is. The limit, which is none, keeps the view's other tables out.
const HELD: Statement = Statement::new(
    "bench.held",
    "select
       (select count(*) from (select a.qty from ck_allocation a limit 9000000000000000000) k),
       (select cast(coalesce(sum(a.qty), 0) as bigint) from ck_allocation a where a.state = 'open'),
       (select cast(coalesce(sum(g.reserved + g.allocated), 0) as bigint) from ck_site g),
       (select count(*) from ck_site g where g.reserved + g.allocated > g.sellable)",
);

/// What there is now. Movements are counted from the last digest on, which counts all before it: a past of
/// millions is not read each time.
pub(crate) fn held(conn: &mut Conn<'_>) -> Result<Held, DbError> {
    let movements = stock::heads(conn)?.movements;
    conn.query_one(&HELD, &[], |row| {
        Ok(Held {
            movements,
            claims: row.int(0)?,
            claimed: row.int(1)?,
            guarded: row.int(2)?,
            oversold: row.int(3)?,
        })
    })
}
