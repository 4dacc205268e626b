//! The month roll-ups, kept in the same transaction, so that opening and closing stock never scan
//! history, and a backdated posting never does.

use super::postings::Numbered;
use super::{Calendars, Stores};
use crate::load::balance_key;
use crate::store_months as sql;
use crate::store_moves::{self, Month};
use db::{DbError, Rows, Tx};
use domain::ledger::{Group, Key, Low, Touched};
use domain::{Instant, ItemId, Period};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// In and out of a balance key in a month.
struct Flow {
    qty_in: i64,
    qty_out: i64,
    moves: i64,
    /// How low the key stood meanwhile; none where it may be below nothing.
    low: Option<Low>,
    /// Whether all of it happened behind everything that was known of the key.
    at_the_end: bool,
}

impl Flow {
    fn behind(latest: Option<Instant>) -> Flow {
        Flow { qty_in: 0, qty_out: 0, moves: 0, low: latest.map(Low::behind), at_the_end: true }
    }

    /// Adds a movement; below zero for what left.
    fn add(&mut self, at: Instant, qty: i64) -> Result<(), DbError> {
        if qty < 0 {
            self.qty_out = plus(self.qty_out, -qty)?;
        } else {
            self.qty_in = plus(self.qty_in, qty)?;
        }
        self.moves += 1;
        if let Some(low) = &mut self.low {
            self.at_the_end &= low.add(at, qty);
        }
        Ok(())
    }
}

/// In and out of a valuation group in a month.
#[derive(Default)]
struct ValueFlow {
    qty_in: i64,
    value_in: i64,
    qty_out: i64,
    value_out: i64,
}

/// Months only grow, so they can become too large although what there is does not.
fn plus(sum: i64, more: i64) -> Result<i64, DbError> {
    sum.checked_add(more).ok_or(DbError::OutOfRange(sql::ADD_MONTHS.name))
}

type MonthKey = (Period, Key);

/// Months of keys that were added to before their end, so that their lows must be counted again.
#[derive(Debug, Default)]
pub(super) struct Disturbed(Vec<MonthKey>);

/// Adds the batch to the months it took effect in, once a key.
pub(super) fn add(
    stores: &mut Stores<'_, '_, '_>,
    calendars: &Calendars,
    numbered: &[Numbered],
    touched: &Touched,
) -> Result<Disturbed, DbError> {
    let real = touched.balances.iter().filter(|(key, ..)| key.location.get() > 0);
    let latest: FxHashMap<Key, Instant> = real.map(|(key, _, was)| (*key, was.latest)).collect();
    let mut months: FxHashMap<MonthKey, Flow> = FxHashMap::default();
    let mut values: FxHashMap<(Period, ItemId, Group), ValueFlow> = FxHashMap::default();
    for Numbered { entry, .. } in numbered {
        let at = entry.posted.effective_at;
        let period = Period::of(calendars.organisation.date(at));
        for movement in &entry.posted.movements {
            let item = movement.item;
            for (place, qty) in [(movement.from, -movement.qty), (movement.to, movement.qty)] {
                let key = Key::at(item, movement.lot, place);
                let flow = months.entry((period, key));
                flow.or_insert_with(|| Flow::behind(latest.get(&key).copied())).add(at, qty)?;
            }
            if let Some(value) = movement.value {
                if movement.from_group.is_some() {
                    let from = values.entry((period, item, movement.from_group)).or_default();
                    from.qty_out = plus(from.qty_out, movement.qty)?;
                    from.value_out = plus(from.value_out, value)?;
                }
                if movement.to_group.is_some() {
                    let to = values.entry((period, item, movement.to_group)).or_default();
                    to.qty_in = plus(to.qty_in, movement.qty)?;
                    to.value_in = plus(to.value_in, value)?;
                }
            }
        }
    }
    let disturbed = add_months(stores, months)?;
    add_values(stores, values)?;
    Ok(disturbed)
}

fn add_months(
    stores: &mut Stores<'_, '_, '_>,
    months: FxHashMap<MonthKey, Flow>,
) -> Result<Disturbed, DbError> {
    let mut months: Vec<_> = months.into_iter().collect();
    months.sort_unstable_by_key(|(key, _)| *key);
    let mut rows = Rows::with_capacity(10, months.len());
    let mut disturbed = Disturbed::default();
    for ((period, key), flow) in months {
        let [item, location, lot, status] = balance_key(&key);
        rows.push(&[
            period.number().into(),
            item,
            location,
            lot,
            status,
            flow.qty_in.into(),
            flow.qty_out.into(),
            flow.moves.into(),
            flow.low.and_then(|low| low.low).into(),
            flow.low.map(|low| low.last.0).into(),
        ]);
        if !flow.at_the_end {
            disturbed.0.push((period, key));
        }
    }
    stores.add(&sql::ADD_MONTHS, rows)?;
    Ok(disturbed)
}

fn add_values(
    stores: &mut Stores<'_, '_, '_>,
    values: FxHashMap<(Period, ItemId, Group), ValueFlow>,
) -> Result<(), DbError> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable_by_key(|(key, _)| *key);
    let mut rows = Rows::with_capacity(7, values.len());
    for ((period, item, group), flow) in &values {
        rows.push(&[
            period.number().into(),
            item.get().into(),
            group.0.into(),
            flow.qty_in.into(),
            flow.value_in.into(),
            flow.qty_out.into(),
            flow.value_out.into(),
        ]);
    }
    stores.add(&sql::ADD_MONTH_VALUES, rows)
}

impl Disturbed {
    /// Counts the lows again, from all movements of the months, once these are stored. Their keys are
    /// locked, so nobody adds to them meanwhile.
    pub(super) fn recount(self, tx: &mut Tx<'_>, calendars: &Calendars) -> Result<(), DbError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let zone = &calendars.organisation;
        let mut instants: BTreeMap<MonthKey, BTreeMap<Instant, i64>> =
            self.0.into_iter().map(|key| (key, BTreeMap::new())).collect();
        let mut walks: Vec<(ItemId, Period)> =
            instants.keys().map(|(period, key)| (key.item, *period)).collect();
        walks.sort_unstable();
        walks.dedup();
        let walks = walks.into_iter().map(|(item, period)| {
            let month = Month::new(zone, period);
            (item, month, month.begins.plus_micros(-1))
        });
        store_moves::of_month_of(tx, walks, |moved| {
            let (at, period) = (moved.effective_at, Period::of(zone.date(moved.effective_at)));
            for (key, qty) in [(moved.from, -moved.qty), (moved.to, moved.qty)] {
                if let Some(of_key) = instants.get_mut(&(period, key)) {
                    *of_key.entry(at).or_default() += qty;
                }
            }
        })?;
        let mut rows = Rows::with_capacity(7, instants.len());
        for ((period, key), of_key) in &instants {
            let mut low = Low::behind(Instant(i64::MIN));
            for (at, qty) in of_key {
                low.add(*at, *qty);
            }
            let [item, location, lot, status] = balance_key(key);
            let (lowest, last) = (low.low.unwrap_or(0).into(), low.last.0.into());
            rows.push(&[period.number().into(), item, location, lot, status, lowest, last]);
        }
        tx.execute_many(&sql::STORE_LOWS, &rows).map(|_| ())
    }
}
