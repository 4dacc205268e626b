//! The statements of the stock of one item.

use super::decide::{Guard, Lasting};
use db::{Conn, DbError, Listing, Row, Rows, Statement, Value};
use domain::when::Date;
use domain::{ItemId, LocationId, LotId, SiteId, Status, Zone};
use rustc_hash::FxHashMap;

/// A balance of an item.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) location: LocationId,
    pub(crate) lot: LotId,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
    pub(crate) lot_code: Option<String>,
    pub(crate) expiry: Option<Date>,
    pub(crate) code: String,
    /// The site; none in transit.
    pub(crate) site: SiteId,
}

/// Where a page of balances ends: location, lot and status.
pub(crate) type After = (i64, i64, i64);

impl Held {
    /// Where a page that ends with it ends.
    pub(crate) const fn after(&self) -> After {
        (self.location.get(), self.lot.get(), self.status.number())
    }
}

/// What goes from one site to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    pub(crate) from: SiteId,
    pub(crate) to: SiteId,
    /// On its way, in any status.
    pub(crate) shipped: i64,
    /// Asked for, and not shipped.
    pub(crate) asked: i64,
}

/// Not those that were made to be locked for what was then refused. Stock that is not sellable
/// leaves its guard as it was made, so there the balances tell.
const GUARDS: Statement = Statement::new(
    "stock.item.guards",
    "select g.site, s.code, z.zone, g.sellable, g.reserved, g.allocated, g.next_expiry, g.backordered
     from stock_site g
     join stock_known_place s on s.id = g.site
     join stock_known_site z on z.id = g.site
     where g.item = ?1
       and (g.at <> ?2 or exists (
         select 1 from stock_balance b
         join stock_known_place p on p.id = b.location
         where b.item = g.item and p.site = g.site))
     order by g.site",
)
.hot();

macro_rules! balances {
    ($rest:literal) => {
        concat!(
            "select b.location, b.lot, b.status, b.on_hand, b.allocated, l.code, l.expiry_on, p.code, p.site
             from stock_balance b
             join stock_known_place p on p.id = b.location
             left join stock_lot l on l.id = b.lot
             where b.item = ?1 and ",
            $rest
        )
    };
}

/// Virtual locations, which are not ours, have ids below zero.
const HELD: Statement = Statement::new(
    "stock.item.held",
    balances!(
        "(b.location, b.lot, b.status) > (?2, ?3, ?4) and b.on_hand <> 0
         order by b.location, b.lot, b.status
         limit ?5"
    ),
)
.hot();

/// Every key that ever had stock, for moments in the past.
const EVER_HELD: Statement =
    Statement::new("stock.item.ever_held", balances!("b.location > 0 order by b.location, b.lot, b.status"))
        .hot();

/// What is on its way stands in the transit location of its transfer, which is at no site; what is asked for
/// and not shipped is on the lines of open ones.
const WAYS: Statement = Statement::new(
    "stock.item.ways",
    "select coalesce(t.from_site, 0), coalesce(t.to_site, 0), cast(sum(b.on_hand) as bigint), cast(0 as bigint)
     from stock_balance b
     join stock_known_place p on p.id = b.location
     left join stock_transfer t on t.transit = b.location
     where b.item = ?1 and b.location > 0 and b.on_hand <> 0 and p.site = 0
     group by t.from_site, t.to_site
     union all
     select t.from_site, t.to_site, cast(0 as bigint), cast(sum(l.qty - l.shipped) as bigint)
     from stock_transfer_line l
     join stock_transfer t on t.id = l.transfer
     where l.item = ?1 and l.shipped < l.qty and t.state between 1 and 4
     group by t.from_site, t.to_site",
)
.hot();

/// Between which sites goods are that stand in a transit location.
const WAYS_OF: Statement = Statement::per_engine(
    "stock.item.ways_of",
    "select transit, from_site, to_site from stock_transfer where transit = ?1",
    "select t.transit, t.from_site, t.to_site
     from unnest(?1::bigint[]) as k (transit)
     join stock_transfer t on t.transit = k.transit",
)
.hot();

/// What is in transit belongs to no site.
const SUMS: Statement = Statement::new(
    "stock.item.sums",
    "select p.site, cast(sum(b.on_hand) as bigint)
     from stock_balance b
     join stock_known_place p on p.id = b.location
     where b.item = ?1 and b.location > 0 and b.on_hand <> 0
     group by p.site",
)
.hot();

/// What keeps is not asked for. What is bound where nobody may sell it any more is, since that goes off
/// what is available too.
const LASTING: Statement = Statement::new(
    "stock.item.lasting",
    "select p.site, l.expiry_on,
       cast(sum(case when p.counts then b.on_hand else 0 end) as bigint),
       cast(sum(b.allocated) as bigint)
     from stock_balance b
     join stock_known_place p on p.id = b.location
     join stock_lot l on l.id = b.lot
     where b.item = ?1 and b.location > 0 and b.on_hand <> 0 and b.status = 1
       and l.expiry_on is not null
     group by p.site, l.expiry_on
     order by p.site, l.expiry_on",
)
.hot();

#[cfg(test)]
pub(crate) const STATEMENTS: &[Statement] = &[GUARDS, HELD, EVER_HELD, WAYS, WAYS_OF, SUMS, LASTING];

/// The guards of an item, as a question.
pub(crate) fn guards(item: ItemId) -> Listing<'static, Guard> {
    Listing::new(&GUARDS, &[item.get().into(), crate::load::NEVER.into()], guard)
}

/// A guard, by the columns of its statement.
pub(crate) fn guard(row: &Row<'_>) -> Result<Guard, DbError> {
    Ok(Guard {
        site: SiteId(row.int(0)?),
        code: row.text(1)?.to_owned(),
        zone: Zone::parse(row.text(2)?).map_err(|_| DbError::Column { column: 2, wanted: "a time zone" })?,
        sellable: row.int(3)?,
        reserved: row.int(4)?,
        allocated: row.int(5)?,
        next_expiry: row.opt_date(6)?,
        backordered: row.int(7)?,
    })
}

/// The next balances of an item, wherever it is ours, as a question.
pub(crate) fn held(item: ItemId, after: Option<&After>, most: usize) -> Listing<'static, Held> {
    let (location, lot, status) = after.copied().unwrap_or_default();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let params: [Value<'static>; 5] =
        [item.get().into(), location.into(), lot.into(), status.into(), most.into()];
    Listing::new(&HELD, &params, balance)
}

/// What is held or was, with what is on hand now, as a question.
pub(crate) fn ever_held(item: ItemId) -> Listing<'static, Held> {
    Listing::new(&EVER_HELD, &[item.get().into()], balance)
}

/// What goes of an item from one site to another, as a question.
pub(crate) fn ways(item: ItemId) -> Listing<'static, Way> {
    Listing::new(&WAYS, &[item.get().into()], |row| {
        Ok(Way {
            from: SiteId(row.int(0)?),
            to: SiteId(row.int(1)?),
            shipped: row.int(2)?,
            asked: row.int(3)?,
        })
    })
}

/// From where and to where goods go that stand in transit locations.
pub(crate) fn ways_of(
    conn: &mut Conn<'_>,
    transits: impl IntoIterator<Item = LocationId>,
) -> Result<FxHashMap<LocationId, (SiteId, SiteId)>, DbError> {
    let mut rows = Rows::new(1);
    for transit in transits {
        rows.push(&[transit.get().into()]);
    }
    if rows.is_empty() {
        return Ok(FxHashMap::default());
    }
    let way = |row: &Row<'_>| Ok((LocationId(row.int(0)?), (SiteId(row.int(1)?), SiteId(row.int(2)?))));
    Ok(conn.query_many(&WAYS_OF, &rows, way)?.into_iter().collect())
}

/// What each site has on hand of an item; what is in transit stands under no site.
pub(crate) fn sums(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<(SiteId, i64)>, DbError> {
    conn.query(&SUMS, &[item.get().into()], |row| Ok((SiteId(row.int(0)?), row.int(1)?)))
}

/// What could be sold of an item until which day, as a question; what keeps is not in it.
pub(crate) fn lasting(item: ItemId) -> Listing<'static, Lasting> {
    Listing::new(&LASTING, &[item.get().into()], |row| {
        Ok(Lasting {
            site: SiteId(row.int(0)?),
            last: row.date(1)?,
            on_hand: row.int(2)?,
            allocated: row.int(3)?,
        })
    })
}

fn balance(row: &Row<'_>) -> Result<Held, DbError> {
    Ok(Held {
        location: LocationId(row.int(0)?),
        lot: LotId(row.int(1)?),
        status: crate::load::status(row, 2)?,
        on_hand: row.int(3)?,
        allocated: row.int(4)?,
        lot_code: row.opt_text(5)?.map(str::to_owned),
        expiry: row.opt_date(6)?,
        code: row.text(7)?.to_owned(),
        site: SiteId(row.int(8)?),
    })
}
