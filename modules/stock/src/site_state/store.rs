//! What stands at a site, and what is in the way of its going back.

use db::{Conn, DbError, Statement};
use domain::{ItemId, SiteId};

/// Asked when somebody looks at a site or takes it on, and not by any posting.
const STANDING: Statement = Statement::new(
    "stock.site_state.standing",
    "select count(distinct b.item), count(distinct case when p.id = p.site then b.item end)
     from stock_known_place p
     join stock_balance b on b.location = p.id
     where p.site = ?1 and b.on_hand <> 0",
);

const CLAIMED: Statement = Statement::new(
    "stock.site_state.claimed",
    "select item, owner from stock_claim where site = ?1 and state = 1 order by item, id limit 1",
);

/// How many items stand at a site, and how many of them on the site itself.
pub(crate) fn standing(conn: &mut Conn<'_>, site: SiteId) -> Result<(i64, i64), DbError> {
    conn.query_one(&STANDING, &[site.get().into()], |row| Ok((row.int(0)?, row.int(1)?)))
}

/// An item that somebody has claimed at a site, and who.
pub(crate) fn claimed(conn: &mut Conn<'_>, site: SiteId) -> Result<Option<(ItemId, String)>, DbError> {
    conn.query_opt(&CLAIMED, &[site.get().into()], |row| Ok((ItemId(row.int(0)?), row.text(1)?.to_owned())))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&STANDING, &CLAIMED];
