//! The statement of what transfers will bring and take.

use db::{Conn, DbError, Statement};
use domain::when::Date;
use domain::{ItemId, LocationId, SiteId};

/// A line of an open transfer. What its bins are bound for is off the available already, and goods
/// in transit are read where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenLine {
    pub(crate) from_site: SiteId,
    pub(crate) to_site: SiteId,
    pub(crate) transit: LocationId,
    pub(crate) expected_on: Option<Date>,
    /// Asked for, and neither shipped nor bound to bins.
    pub(crate) unbound: i64,
}

/// The claims of a line are found by their owner: an item may have many others.
macro_rules! open_lines {
    ($claims:literal) => {
        concat!(
            "select t.from_site, t.to_site, t.transit, t.expected_on,
               l.qty - l.shipped - coalesce((
                 select cast(sum(c.qty) as bigint) from ",
            $claims,
            " where c.owner = cast(t.number as text) || '/' || cast(l.line as text)
                   and c.item = l.item and c.site = t.from_site and c.state = 1), 0)
             from stock_transfer_line l
             join stock_transfer t on t.id = l.transfer
             where l.item = ?1 and t.state between 1 and 4
             order by t.number, l.line"
        )
    };
}

const OPEN_LINES: Statement = Statement::per_engine(
    "stock.availability.open_lines",
    open_lines!("stock_claim c indexed by stock_claim_owner"),
    open_lines!("stock_claim c"),
)
.hot();

#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&OPEN_LINES];

/// The lines of open transfers of an item.
pub(crate) fn open_lines(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<OpenLine>, DbError> {
    conn.query(&OPEN_LINES, &[item.get().into()], |row| {
        Ok(OpenLine {
            from_site: SiteId(row.int(0)?),
            to_site: SiteId(row.int(1)?),
            transit: LocationId(row.int(2)?),
            expected_on: row.opt_date(3)?,
            unbound: row.int(4)?,
        })
    })
}
