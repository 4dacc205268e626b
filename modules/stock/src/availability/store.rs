//! The statements of what transfers will bring and take.

use db::{Listing, Statement};
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

/// Virtual locations have ids below zero; what is ours and at no site is in transit. A lot on hold, or
/// a serial of one, stays as it was shipped until it arrives, and is on hold then.
const TRANSIT: Statement = Statement::new(
    "stock.availability.transit",
    "select b.location, l.expiry_on, cast(sum(b.on_hand) as bigint)
     from stock_balance b
     join stock_known_place p on p.id = b.location
     left join stock_lot l on l.id = b.lot
     left join stock_lot r on r.id = l.parent
     where b.item = ?1 and b.location > 0 and b.on_hand <> 0 and b.status = 1 and p.site = 0
       and (l.on_hold is null or not l.on_hold) and (r.on_hold is null or not r.on_hold)
     group by b.location, l.expiry_on
     order by b.location, l.expiry_on",
)
.hot();

/// Good stock on its way with one transfer, of all lots with one last sellable day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Transit {
    pub(crate) location: LocationId,
    pub(crate) last: Option<Date>,
    pub(crate) on_hand: i64,
}

#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&OPEN_LINES, &TRANSIT];

/// What is on its way of an item, as a question.
pub(crate) fn transit(item: ItemId) -> Listing<'static, Transit> {
    Listing::new(&TRANSIT, &[item.get().into()], |row| {
        Ok(Transit { location: LocationId(row.int(0)?), last: row.opt_date(1)?, on_hand: row.int(2)? })
    })
}

/// The lines of open transfers of an item, as a question.
pub(crate) fn open_lines(item: ItemId) -> Listing<'static, OpenLine> {
    Listing::new(&OPEN_LINES, &[item.get().into()], |row| {
        Ok(OpenLine {
            from_site: SiteId(row.int(0)?),
            to_site: SiteId(row.int(1)?),
            transit: LocationId(row.int(2)?),
            expected_on: row.opt_date(3)?,
            unbound: row.int(4)?,
        })
    })
}
