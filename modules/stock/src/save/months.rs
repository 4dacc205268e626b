//! The month roll-ups, kept in the same transaction, so that opening and closing stock never scan
//! history.

use super::postings::Numbered;
use super::{Calendars, Stores};
use crate::store_months as sql;
use db::Rows;
use domain::ledger::Group;
use domain::{ItemId, LocationId, LotId, Period, Status};
use rustc_hash::FxHashMap;

/// In and out of a balance key in a month.
#[derive(Default)]
struct Flow {
    qty_in: i64,
    qty_out: i64,
    moves: i64,
}

/// In and out of a valuation group in a month.
#[derive(Default)]
struct ValueFlow {
    qty_in: i64,
    value_in: i64,
    qty_out: i64,
    value_out: i64,
}

type MonthKey = (Period, ItemId, LocationId, LotId, Status);

/// Adds the batch to the months it took effect in, once a key.
pub(super) fn add(stores: &mut Stores<'_>, calendars: &Calendars, numbered: &[Numbered]) {
    let mut months: FxHashMap<MonthKey, Flow> = FxHashMap::default();
    let mut values: FxHashMap<(Period, ItemId, Group), ValueFlow> = FxHashMap::default();
    for Numbered { entry, .. } in numbered {
        let period = Period::of(calendars.organisation.date(entry.posted.effective_at));
        for movement in &entry.posted.movements {
            let (item, lot) = (movement.item, movement.lot);
            let from =
                months.entry((period, item, movement.from.location, lot, movement.from.status)).or_default();
            from.qty_out += movement.qty;
            from.moves += 1;
            let to = months.entry((period, item, movement.to.location, lot, movement.to.status)).or_default();
            to.qty_in += movement.qty;
            to.moves += 1;
            if let Some(value) = movement.value {
                let from = values.entry((period, item, movement.from_group)).or_default();
                from.qty_out += movement.qty;
                from.value_out += value;
                let to = values.entry((period, item, movement.to_group)).or_default();
                to.qty_in += movement.qty;
                to.value_in += value;
            }
        }
    }
    add_months(stores, months);
    add_values(stores, values);
}

fn add_months(stores: &mut Stores<'_>, months: FxHashMap<MonthKey, Flow>) {
    let mut months: Vec<_> = months.into_iter().collect();
    months.sort_unstable_by_key(|(key, _)| *key);
    let mut rows = Rows::with_capacity(8, months.len());
    for ((period, item, location, lot, status), flow) in &months {
        rows.push(&[
            period.number().into(),
            item.get().into(),
            location.get().into(),
            lot.get().into(),
            status.number().into(),
            flow.qty_in.into(),
            flow.qty_out.into(),
            flow.moves.into(),
        ]);
    }
    stores.add(&sql::ADD_MONTHS, rows);
}

fn add_values(stores: &mut Stores<'_>, values: FxHashMap<(Period, ItemId, Group), ValueFlow>) {
    let mut values: Vec<_> = values.into_iter().filter(|((_, _, group), _)| group.is_some()).collect();
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
    stores.add(&sql::ADD_MONTH_VALUES, rows);
}
