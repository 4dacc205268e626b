//! What the tests ask of the tables, and the law that every test ends with: the books are sound.

use db::{Conn, DbError, Statement};
use domain::{ClaimId, ItemId, LocationId, PostingId, SiteId, Status};
use std::collections::BTreeMap;

const BALANCES: Statement = Statement::new(
    "stock.test.balances",
    "select b.item, b.location, b.lot, b.status, b.on_hand, b.allocated, l.code
     from stock_balance b
     left join stock_lot l on l.id = b.lot
     order by b.location, b.lot, b.status",
);

const SITES: Statement = Statement::new(
    "stock.test.sites",
    "select item, site, sellable, reserved, allocated from stock_site order by item, site",
);

const CLAIMS: Statement = Statement::new(
    "stock.test.claims",
    "select item, site, location, lot, qty from stock_claim where state = 1 order by id",
);

const WAITING: Statement = Statement::new(
    "stock.test.waiting",
    "select s.item, s.site from stock_site s
     where s.backordered <> (
       select coalesce(sum(c.backordered), 0) from stock_claim c
       where c.item = s.item and c.site = s.site and c.state = 1)",
);

const CLAIM: Statement =
    Statement::new("stock.test.claim", "select qty, state from stock_claim where id = ?1");

const MIDNIGHT: Statement = Statement::new(
    "stock.test.midnight",
    "select run_at from db_job where kind = 'stock.expiry' and dedupe = ?1 and state = 0",
);

const LAYERS: Statement = Statement::new(
    "stock.test.layers",
    "select item, grp, cast(sum(qty_left) as bigint) from stock_layer group by item, grp order by item, grp",
);

const SALES: Statement = Statement::new(
    "stock.test.sales",
    "select line, returned, value_back from stock_sale where posting = ?1 order by line",
);

const RETURN_VALUES: Statement = Statement::new(
    "stock.test.return_values",
    "select m.value
     from stock_movement m
     join stock_posting p on p.lane = m.lane and p.number = m.number
     where p.kind = 3
     order by m.value",
);

const RETURNS_OF: Statement = Statement::new(
    "stock.test.returns_of",
    "select p.id
     from stock_return r
     join stock_posting p on p.lane = r.lane and p.number = r.number
     where r.sale = ?1
     order by p.recorded_at, p.number",
);

const EVENTS: Statement = Statement::new("stock.test.events", "select count(*) from db_outbox");

const POSTINGS_OF: Statement = Statement::new(
    "stock.test.postings_of",
    "select id from stock_posting where document = ?1 order by lane, number",
);

const LAST_ACTOR: Statement = Statement::new(
    "stock.test.last_actor",
    "select actor from stock_posting order by recorded_at desc, lane desc, number desc limit 1",
);

const LAST_POSTING: Statement = Statement::new(
    "stock.test.last_posting",
    "select id from stock_posting order by recorded_at desc, lane desc, number desc limit 1",
);

const MOVEMENTS_BY_PERIOD: Statement = Statement::new(
    "stock.test.movements_by_period",
    "select period, count(*) from stock_movement group by period order by period",
);

const LOST: Statement = Statement::new(
    "stock.test.lost",
    "select count(*) from stock_movement where to_location in (-4, -5) or from_location in (-4, -5)",
);

const LEGS: Statement = Statement::new(
    "stock.test.legs",
    "select period, item, lot, from_location, from_status, to_location, to_status, qty, effective_at
     from stock_movement",
);

const LOWS: Statement = Statement::new(
    "stock.test.lows",
    "select period, item, location, lot, status, low, last_at from stock_month where location > 0",
);

const UNIT: i64 = 1_000_000;

/// Who made the posting that was recorded last.
pub(crate) fn last_actor(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&LAST_ACTOR, &[], |row| row.int(0))
}

/// The posting that was recorded last.
pub(crate) fn last_posting(conn: &mut Conn<'_>) -> Result<domain::PostingId, DbError> {
    conn.query_one(&LAST_POSTING, &[], |row| Ok(domain::PostingId::from_bytes(row.id16(0)?)))
}

/// The lines of a sale that something came back of: how many units, and what they are worth.
pub(crate) fn sales(conn: &mut Conn<'_>, posting: PostingId) -> Result<Vec<(i64, i64, i64)>, DbError> {
    conn.query(&SALES, &[posting.bytes().into()], |row| Ok((row.int(0)?, row.int(1)? / UNIT, row.int(2)?)))
}

/// What the lines of returns are worth, the least first.
pub(crate) fn return_values(conn: &mut Conn<'_>) -> Result<Vec<i64>, DbError> {
    conn.query(&RETURN_VALUES, &[], |row| row.int(0))
}

/// The returns of a sale, oldest first.
pub(crate) fn returns_of(conn: &mut Conn<'_>, sale: PostingId) -> Result<Vec<PostingId>, DbError> {
    conn.query(&RETURNS_OF, &[sale.bytes().into()], |row| Ok(PostingId::from_bytes(row.id16(0)?)))
}

/// Item, site, location, lot, quantity.
type ClaimRow = (i64, i64, Option<i64>, Option<i64>, i64);

/// The key, on hand, allocated, the code of the lot.
type BalanceRow = ((i64, i64, i64, i64), i64, i64, Option<String>);

fn balances(conn: &mut Conn<'_>) -> Result<Vec<BalanceRow>, DbError> {
    conn.query(&BALANCES, &[], |row| {
        let key = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        Ok((key, row.int(4)?, row.int(5)?, row.opt_text(6)?.map(str::to_owned)))
    })
}

const BOOKED: Statement = Statement::new(
    "stock.test.booked",
    "select period, to_group from stock_movement where item = ?1 order by lane, number, line",
);

/// The period and the receiving valuation group of each movement of an item.
pub(crate) fn booked(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<(i64, i64)>, DbError> {
    conn.query(&BOOKED, &[item.get().into()], |row| Ok((row.int(0)?, row.int(1)?)))
}

/// `L1 10`, `L1 lot A hold 3`; virtual locations and zeros left out.
pub(crate) fn stock(conn: &mut Conn<'_>, wanted: ItemId) -> Result<Vec<String>, DbError> {
    let mut found = Vec::new();
    for ((item, location, _, status), on_hand, _, lot) in balances(conn)? {
        if item != wanted.get() || location < 0 || on_hand == 0 {
            continue;
        }
        let place = places::facts_by_id(conn, &[LocationId(location)])?.remove(0).unwrap().code;
        let lot = lot.map_or(String::new(), |lot| format!(" lot {lot}"));
        let status = Status::from_number(status).filter(|status| *status != Status::Good);
        let status = status.map_or(String::new(), |status| format!(" {status}"));
        found.push(format!("{place}{lot}{status} {}", on_hand / UNIT));
    }
    found.sort();
    Ok(found)
}

/// Sellable, reserved, allocated.
pub(crate) fn guard(conn: &mut Conn<'_>, item: ItemId, site: LocationId) -> Result<(i64, i64, i64), DbError> {
    let rows = conn.query(&SITES, &[], |row| {
        Ok(((row.int(0)?, row.int(1)?), (row.int(2)? / UNIT, row.int(3)? / UNIT, row.int(4)? / UNIT)))
    })?;
    let found = rows.into_iter().find(|(key, _)| *key == (item.get(), site.get()));
    Ok(found.map_or((0, 0, 0), |(_, guard)| guard))
}

pub(crate) fn claim(conn: &mut Conn<'_>, id: ClaimId) -> Result<(i64, i64), DbError> {
    conn.query_one(&CLAIM, &[id.bytes().into()], |row| Ok((row.int(0)? / UNIT, row.int(1)?)))
}

/// When the sweep is due that waits for the midnight of a site.
pub(crate) fn midnight(conn: &mut Conn<'_>, site: SiteId) -> Result<Option<i64>, DbError> {
    let key = site.to_string();
    conn.query_opt(&MIDNIGHT, &[key.as_str().into()], |row| row.int(0))
}

/// The postings of a document, oldest first.
pub(crate) fn postings_of(conn: &mut Conn<'_>, document: &str) -> Result<Vec<PostingId>, DbError> {
    conn.query(&POSTINGS_OF, &[document.into()], |row| Ok(PostingId::from_bytes(row.id16(0)?)))
}

/// How many movements took effect in which month.
pub(crate) fn movements_by_period(conn: &mut Conn<'_>) -> Result<Vec<(i64, i64)>, DbError> {
    conn.query(&MOVEMENTS_BY_PERIOD, &[], |row| Ok((row.int(0)?, row.int(1)?)))
}

/// How many movements touch the accounts of losses and adjustments.
pub(crate) fn lost(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&LOST, &[], |row| row.int(0))
}

pub(crate) fn events(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&EVENTS, &[], |row| row.int(0))
}

/// Everything that is not as it must be.
pub(crate) fn unsound(conn: &mut Conn<'_>) -> Result<Vec<String>, DbError> {
    let mut wrong = Vec::new();
    let balances = balances(conn)?;
    let claims = conn.query(&CLAIMS, &[], |row| {
        Ok((row.int(0)?, row.int(1)?, row.opt_int(2)?, row.opt_int(3)?, row.int(4)?))
    })?;
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    let mut sellable: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut owned: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (key, on_hand, allocated, _) in &balances {
        let (item, location, lot, status) = *key;
        *sums.entry(item).or_default() += on_hand;
        let facts = places::facts_by_id(conn, &[LocationId(location)])?.remove(0).unwrap();
        if facts.valuation_group != 0 {
            *owned.entry((item, facts.valuation_group)).or_default() += on_hand;
        }
        if status == 1 && facts.counts() {
            *sellable.entry((item, facts.site.get())).or_default() += on_hand;
        }
        let bound: i64 = claims
            .iter()
            .filter(|claim| (claim.0, claim.2, claim.3) == (item, Some(location), Some(lot)) && status == 1)
            .map(|claim| claim.4)
            .sum();
        if bound != *allocated || *allocated > *on_hand && location > 0 {
            wrong.push(format!("{key:?}: {on_hand} on hand, {allocated} allocated, {bound} bound"));
        }
    }
    wrong.extend(
        sums.iter().filter(|(_, sum)| **sum != 0).map(|(item, sum)| format!("item {item}: sum {sum}")),
    );
    let sites = conn.query(&SITES, &[], |row| {
        Ok(((row.int(0)?, row.int(1)?), (row.int(2)?, row.int(3)?, row.int(4)?)))
    })?;
    for (key, (counted, reserved, allocated)) in &sites {
        let expected = sellable.remove(key).unwrap_or_default();
        let mine = claims.iter().filter(|claim| (claim.0, claim.1) == *key);
        let (hard, soft): (Vec<_>, Vec<_>) = mine.partition(|claim| claim.2.is_some());
        let sum = |claims: Vec<&ClaimRow>| claims.iter().map(|claim| claim.4).sum::<i64>();
        let found = (*counted, *reserved, *allocated);
        let right = (expected, sum(soft), sum(hard));
        if found != right || reserved + allocated > *counted {
            wrong.push(format!("site {key:?} is {found:?}, not {right:?}"));
        }
    }
    wrong.extend(
        sellable.iter().filter(|(_, qty)| **qty != 0).map(|(key, qty)| format!("no guard {key:?}: {qty}")),
    );
    let waiting = conn.query(&WAITING, &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
    wrong.extend(waiting.into_iter().map(|key| format!("site {key:?} does not know who waits")));
    let layers = conn.query(&LAYERS, &[], |row| Ok(((row.int(0)?, row.int(1)?), row.int(2)?)))?;
    for (key, qty) in layers {
        let on_hand = owned.remove(&key).unwrap_or_default();
        if on_hand != qty {
            wrong.push(format!("layers {key:?}: {qty}, on hand {on_hand}"));
        }
    }
    wrong.extend(
        owned.iter().filter(|(_, qty)| **qty != 0).map(|(key, qty)| format!("no layers {key:?}: {qty}")),
    );
    wrong.extend(wrong_lows(conn)?);
    Ok(wrong)
}

/// Months that do not say how low their keys stood: the lowest before the last instant, counting what
/// happened in one instant together.
fn wrong_lows(conn: &mut Conn<'_>) -> Result<Vec<String>, DbError> {
    let mut flows: BTreeMap<[i64; 5], BTreeMap<i64, i64>> = BTreeMap::new();
    conn.for_each(&LEGS, &[], |row| {
        let (period, item, lot) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let (qty, at) = (row.int(7)?, row.int(8)?);
        for (location, status, qty) in [(row.int(3)?, row.int(4)?, -qty), (row.int(5)?, row.int(6)?, qty)] {
            if location > 0 {
                let key = [period, item, location, lot, status];
                *flows.entry(key).or_default().entry(at).or_default() += qty;
            }
        }
        Ok(())
    })?;
    let kept = conn.query(&LOWS, &[], |row| {
        let key = [row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?];
        Ok((key, (row.opt_int(5)?, row.opt_int(6)?)))
    })?;
    let mut wrong = Vec::new();
    for (key, found) in kept {
        let (mut level, mut low) = (0, 0);
        let of_key = flows.remove(&key).unwrap_or_default();
        for qty in of_key.values() {
            low = low.min(level);
            level += qty;
        }
        let right = (Some(low), of_key.keys().last().copied());
        if found != right {
            wrong.push(format!("the low of {key:?} is {found:?}, not {right:?}"));
        }
    }
    wrong.extend(flows.keys().map(|key| format!("no month {key:?}")));
    Ok(wrong)
}
