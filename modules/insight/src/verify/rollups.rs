//! What is kept beside the log so that nobody has to add it up: months, the guards of sites (I-30).

use super::findings::Findings;
use super::ground::{self, Ground, Key};
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::{Date, Delta, Status};
use rustc_hash::FxHashMap;

const MOVES: Statement = whole_log!("verify.rollups.moves", "select period_id, sku_id, lot_id, qty, value, from_loc, from_status, from_group, to_loc, to_status, to_group
     from ck_movement");

const MONTHS: Statement = Statement::new(
    "verify.rollups.months",
    "select period_id, sku_id, loc_id, lot_id, status, qty_in, qty_out, moves from ck_month",
);

const VALUES: Statement = Statement::new(
    "verify.rollups.values",
    "select period_id, sku_id, valuation_group, qty_in, value_in, qty_out, value_out from ck_month_value",
);

const GUARDS: Statement = Statement::new(
    "verify.rollups.guards",
    "select sku_id, site_id, sellable, reserved, allocated, next_expiry, backordered from ck_site",
);

const GOOD: Statement = Statement::new(
    "verify.rollups.good",
    "select sku_id, loc_id, lot_id, on_hand from ck_balance where status = ?1 and on_hand <> 0",
);

const CLAIMS: Statement = Statement::new(
    "verify.rollups.claims",
    "select sku_id, site_id, kind, qty, backordered from ck_allocation where state = 'open'",
);

/// In, out and how often, of a key in a month.
type Flow = [i64; 3];
/// Quantity and value in, quantity and value out, of a valuation group in a month.
type ValueFlow = [i64; 4];

/// What the movements of a range of items come to.
#[derive(Default)]
struct Folded {
    months: FxHashMap<(i64, Key), Flow>,
    values: FxHashMap<(i64, i64, i64), ValueFlow>,
}

fn add<const N: usize>(sum: &mut [i64; N], more: [i64; N]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum = sum.wrapping_add(more);
    }
}

fn fold(conn: &mut Conn<'_>, pass: Pass, findings: &mut Findings) -> Result<Folded, DbError> {
    let mut folded = Folded::default();
    conn.for_each(&MOVES, &[], |row| {
        let (period, item, lot, qty) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        if !pass.contains(item) {
            return Ok(());
        }
        findings.row();
        let from = Key { item, location: row.int(5)?, lot, status: row.int(6)? };
        add(folded.months.entry((period, from)).or_default(), [0, qty, 1]);
        let to = Key { item, location: row.int(8)?, lot, status: row.int(9)? };
        add(folded.months.entry((period, to)).or_default(), [qty, 0, 1]);
        if let Some(value) = row.opt_int(4)? {
            let flows = [(row.int(7)?, [0, 0, qty, value]), (row.int(10)?, [qty, value, 0, 0])];
            // 0 is the world outside, which is not valued
            for (group, flow) in flows.into_iter().filter(|(group, _)| *group != 0) {
                add(folded.values.entry((period, item, group)).or_default(), flow);
            }
        }
        Ok(())
    })?;
    Ok(folded)
}

/// The roll-ups of each month are what its movements come to.
pub(super) fn months(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    for pass in passes(conn, &passes::MONTHS, ground.keys_max)? {
        let Folded { mut months, mut values } = fold(conn, pass, findings)?;
        conn.for_each(&MONTHS, &[], |row| {
            let key = Key { item: row.int(1)?, location: row.int(2)?, lot: row.int(3)?, status: row.int(4)? };
            if pass.contains(key.item) {
                let period = row.int(0)?;
                let flow = months.remove(&(period, key)).unwrap_or_default();
                let kept = [row.int(5)?, row.int(6)?, row.int(7)?];
                findings.hold(kept == flow, || month_told(ground, period, &key, kept, flow));
            }
            Ok(())
        })?;
        let mut lacking: Vec<_> = months.into_iter().collect();
        lacking.sort_unstable();
        for ((period, key), flow) in lacking {
            findings.add(|| month_told(ground, period, &key, Flow::default(), flow));
        }
        conn.for_each(&VALUES, &[], |row| {
            let key = (row.int(0)?, row.int(1)?, row.int(2)?);
            if pass.contains(key.1) {
                let flow = values.remove(&key).unwrap_or_default();
                let kept = [row.int(3)?, row.int(4)?, row.int(5)?, row.int(6)?];
                findings.hold(kept == flow, || value_told(ground, key, kept, flow));
            }
            Ok(())
        })?;
        let mut lacking: Vec<_> = values.into_iter().collect();
        lacking.sort_unstable();
        for (key, flow) in lacking {
            findings.add(|| value_told(ground, key, ValueFlow::default(), flow));
        }
    }
    Ok(())
}

fn month_told(ground: &Ground, period: i64, key: &Key, kept: Flow, flow: Flow) -> String {
    let told = |[came, left, moves]: Flow| format!("{} in, {} out in {moves}", Delta(came), Delta(left));
    format!("{} in {period}: the month says {}; the movements {}", ground.key(key), told(kept), told(flow))
}

fn value_told(ground: &Ground, key: (i64, i64, i64), kept: ValueFlow, flow: ValueFlow) -> String {
    let told = |[qty_in, value_in, qty_out, value_out]: ValueFlow| {
        format!("{} worth {value_in} in, {} worth {value_out} out", Delta(qty_in), Delta(qty_out))
    };
    let (period, item, group) = (key.0, ground.item(key.1), key.2);
    let (kept, flow) = (told(kept), told(flow));
    format!("{item} in valuation group {group} in {period}: the month says {kept}; the movements {flow}")
}

/// What there is of an item at a site.
#[derive(Clone, Copy, Default)]
struct Guard {
    sellable: i64,
    reserved: i64,
    allocated: i64,
    backordered: i64,
    expiry: Option<Date>,
}

impl Guard {
    const fn counts(&self) -> [i64; 4] {
        [self.sellable, self.reserved, self.allocated, self.backordered]
    }
}

/// By (item, site).
type Guards = FxHashMap<(i64, i64), Guard>;

/// The guard of an item at a site is the sum of its good stock in sellable places and of its open
/// claims, and knows of the first lot to expire.
pub(super) fn guards(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut sums = good(conn, ground)?;
    conn.for_each(&CLAIMS, &[], |row| {
        let sum = sums.entry((row.int(0)?, row.int(1)?)).or_default();
        let qty = row.int(3)?;
        sum.backordered = sum.backordered.wrapping_add(row.int(4)?);
        if row.text(2)? == "reservation" {
            sum.reserved = sum.reserved.wrapping_add(qty);
        } else {
            sum.allocated = sum.allocated.wrapping_add(qty);
        }
        Ok(())
    })?;
    conn.for_each(&GUARDS, &[], |row| {
        findings.row();
        let key = (row.int(0)?, row.int(1)?);
        let sum = sums.remove(&key).unwrap_or_default();
        let kept = Guard {
            sellable: row.int(2)?,
            reserved: row.int(3)?,
            allocated: row.int(4)?,
            expiry: row.opt_date(5)?,
            backordered: row.int(6)?,
        };
        let same = kept.counts() == sum.counts();
        findings.hold(same, || guard_told(ground, key, kept, sum));
        if let Some(first) = sum.expiry.filter(|first| kept.expiry.is_none_or(|next| next > *first)) {
            findings.add(|| {
                let (item, site) = (ground.item(key.0), ground.location(key.1));
                format!("the guard of {item} at {site} does not know of the lot that expires on {first}")
            });
        }
        Ok(())
    })?;
    let is_something = |sum: &Guard| sum.counts() != [0; 4];
    let mut lacking: Vec<_> = sums.into_iter().filter(|(_, sum)| is_something(sum)).collect();
    lacking.sort_unstable_by_key(|(key, _)| *key);
    for (key, sum) in lacking {
        findings.add(|| guard_told(ground, key, Guard::default(), sum));
    }
    Ok(())
}

fn good(conn: &mut Conn<'_>, ground: &Ground) -> Result<Guards, DbError> {
    let lots = ground::lots(conn)?;
    let mut sums = Guards::default();
    conn.for_each(&GOOD, &[Status::Good.number().into()], |row| {
        let place = ground.locations.get(&row.int(1)?).filter(|location| location.site != 0);
        if let Some(place) = place {
            let sum = sums.entry((row.int(0)?, place.site)).or_default();
            let on_hand = row.int(3)?;
            if place.counts() {
                sum.sellable = sum.sellable.wrapping_add(on_hand);
            }
            let expiry = lots.get(&row.int(2)?).and_then(|lot| lot.expiry).filter(|_| on_hand > 0);
            sum.expiry = [sum.expiry, expiry].into_iter().flatten().min();
        }
        Ok(())
    })?;
    Ok(sums)
}

fn guard_told(ground: &Ground, key: (i64, i64), kept: Guard, sum: Guard) -> String {
    let told = |guard: Guard| {
        let [sellable, reserved, allocated, backordered] = guard.counts().map(Delta);
        format!("{sellable} sellable, {reserved} reserved, {allocated} allocated, {backordered} backordered")
    };
    let (item, site) = (ground.item(key.0), ground.location(key.1));
    format!("{item} at {site}: the guard says {}; stock and claims {}", told(kept), told(sum))
}
