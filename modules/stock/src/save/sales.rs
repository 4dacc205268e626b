//! What came back of sales: the lines that changed, and the links of the returns.

use super::Stores;
use super::postings::Numbered;
use crate::store_sales as sql;
use db::{DbError, Rows};
use domain::ledger::chain::ReturnRecord;
use domain::ledger::{Returned, Sale, SaleLine, Touched};

/// The lines of sales that more came back of, or less.
pub(super) fn add<'r>(stores: &mut Stores<'r, '_, '_>, touched: &'r Touched) -> Result<(), DbError> {
    let (mut new, mut changed) = (Rows::new(9), Rows::new(4));
    for (SaleLine { posting, line }, sale) in &touched.sales {
        let Sale { item, lot, qty, value, effective_at, back, stored, reversed: _ } = sale;
        let (id, line) = (posting.bytes().into(), number(*line).into());
        if *stored {
            changed.push(&[id, line, back.qty.into(), back.value.into()]);
            continue;
        }
        new.push(&[
            id,
            line,
            item.get().into(),
            lot.get().into(),
            (*qty).into(),
            (*value).into(),
            effective_at.0.into(),
            back.qty.into(),
            back.value.into(),
        ]);
    }
    stores.add(&sql::STORE_SALES, changed)?;
    stores.add_new(&sql::INSERT_SALES, new)
}

/// What the postings took back of sales.
pub(super) fn returns(lane: i64, numbered: &[Numbered]) -> Rows<'_> {
    let mut rows = Rows::new(7);
    for Numbered { entry, number: of, .. } in numbered {
        for returned in &entry.posted.returns {
            let Returned { line, sale, qty, value } = returned;
            rows.push(&[
                lane.into(),
                (*of).into(),
                number(*line).into(),
                sale.posting.bytes().into(),
                number(sale.line).into(),
                (*qty).into(),
                (*value).into(),
            ]);
        }
    }
    rows
}

/// The same as the hash of a posting covers them: in the order in which they are read back.
pub(super) fn records(returns: &[Returned]) -> Vec<ReturnRecord> {
    let mut records: Vec<ReturnRecord> = returns
        .iter()
        .map(|returned| ReturnRecord {
            line: number(returned.line),
            sale: *returned.sale.posting.bytes(),
            sale_line: number(returned.sale.line),
            qty: returned.qty,
            value: returned.value,
        })
        .collect();
    records.sort_unstable_by_key(|record| (record.line, record.sale, record.sale_line));
    records
}

fn number(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}
