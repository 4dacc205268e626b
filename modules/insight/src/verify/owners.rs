//! Goods of third parties have no value in the books (I-11).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};

const STACKS: Statement = Statement::new(
    "verify.owners.stacks",
    "select k.sku_id, k.value, i.owner
     from ck_stack k
     join ck_item i on i.sku_id = k.sku_id
     where i.owner is not null",
);

/// I-11: what belongs to a third party is worth nothing.
pub(super) fn worth(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&STACKS, &[], |row| {
        findings.row();
        let (item, value) = (row.int(0)?, row.int(1)?);
        let owner = row.opt_text(2)?.unwrap_or_default();
        findings.hold(value == 0, || {
            format!("{} belongs to `{owner}`, and is worth {value} in minor units", ground.item(item))
        });
        Ok(())
    })
}
