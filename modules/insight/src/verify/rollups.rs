//! What is kept beside the ledger to be fast: the guards of sites and the months (I-30).

use super::findings::Findings;
use super::ground::{Ground, Key};
use db::{Conn, DbError, Statement};
use domain::Delta;
use rustc_hash::FxHashMap;

const GOOD: Statement = Statement::new(
    "verify.good",
    "select sku_id, loc_id, on_hand from ck_balance where status = 1 and on_hand <> 0 and loc_id > 0",
);

const PROMISED: Statement = Statement::new(
    "verify.promised",
    "select sku_id, site_id, sum(case when kind = 'reservation' then qty else 0 end),
       sum(case when kind = 'allocation' then qty else 0 end)
     from ck_allocation
     where state = 'open'
     group by sku_id, site_id",
);

const GUARDS: Statement = Statement::new(
    "verify.site_guards",
    "select sku_id, site_id, sellable, reserved, allocated from ck_site",
);

const MONTHS: Statement = Statement::new(
    "verify.months",
    "select sku_id, loc_id, lot_id, status, sum(qty_in), sum(qty_out), sum(moves)
     from ck_month
     group by sku_id, loc_id, lot_id, status",
);

const BALANCES: Statement = Statement::new(
    "verify.month_balances",
    "select sku_id, loc_id, lot_id, status, on_hand, ver from ck_balance",
);

/// The guard of each item and site is the sum of its good stock and of its open claims.
pub(super) fn guards(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut expected: FxHashMap<(i64, i64), [i64; 3]> = FxHashMap::default();
    conn.for_each(&GOOD, &[], |row| {
        if let Some(location) = ground.locations.get(&row.int(1)?).filter(|location| location.counts()) {
            let [sellable, ..] = expected.entry((row.int(0)?, location.site)).or_default();
            *sellable = sellable.wrapping_add(row.int(2)?);
        }
        Ok(())
    })?;
    conn.for_each(&PROMISED, &[], |row| {
        let [_, reserved, allocated] = expected.entry((row.int(0)?, row.int(1)?)).or_default();
        (*reserved, *allocated) = (row.int(2)?, row.int(3)?);
        Ok(())
    })?;
    conn.for_each(&GUARDS, &[], |row| {
        findings.row();
        let (item, site) = (row.int(0)?, row.int(1)?);
        let stored = [row.int(2)?, row.int(3)?, row.int(4)?];
        let wanted = expected.remove(&(item, site)).unwrap_or_default();
        findings.hold(stored == wanted, || {
            let show = |numbers: [i64; 3]| numbers.map(|number| Delta(number).to_string()).join(", ");
            format!(
                "{} at {} has sellable, reserved, allocated {} and its rows come to {}",
                ground.item(item),
                ground.location(site),
                show(stored),
                show(wanted)
            )
        });
        Ok(())
    })?;
    for ((item, site), numbers) in expected {
        findings.hold(numbers == [0; 3], || {
            format!("{} at {} has stock or claims and no guard", ground.item(item), ground.location(site))
        });
    }
    Ok(())
}

/// What the months of a key come to is its balance and its version.
pub(super) fn months(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut sums: FxHashMap<Key, (i64, i64)> = FxHashMap::default();
    conn.for_each(&MONTHS, &[], |row| {
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        sums.insert(key, (row.int(4)?.wrapping_sub(row.int(5)?), row.int(6)?));
        Ok(())
    })?;
    conn.for_each(&BALANCES, &[], |row| {
        findings.row();
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        let stored = (row.int(4)?, row.int(5)?);
        let wanted = sums.remove(&key).unwrap_or_default();
        findings.hold(stored == wanted, || {
            format!("the months of {} come to {}, not {}", ground.key(&key), Delta(wanted.0), Delta(stored.0))
        });
        Ok(())
    })?;
    for key in sums.into_keys() {
        findings.add(|| format!("the months of {} have no balance", ground.key(&key)));
    }
    Ok(())
}
