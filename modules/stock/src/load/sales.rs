//! Lines of sales under their lock. A line that nothing came back of has no row: whoever stores it first
//! finds out whether another process was. Each return of a line, and the reversal of its sale, has locked
//! the balance of the customer before, so they come one after the other with or without a row.

use super::{Wanted, many, sorted};
use crate::store_sales as sql;
use db::{DbError, Row, Rows, Tx};
use domain::ledger::{Back, Loaded, Sale, SaleLine};
use domain::{Instant, ItemId, LotId, PostingId};
use rustc_hash::FxHashSet;

/// Locks the lines that have a row, and learns which of the sales were reversed.
pub(super) fn lock(tx: &mut Tx<'_>, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), DbError> {
    if wanted.sales.is_empty() {
        return Ok(());
    }
    loaded.sales.extend(wanted.sales.iter().map(|(line, sale)| (*line, *sale)));
    let lines = sorted(wanted.sales.keys());
    let mut rows = Rows::with_capacity(2, lines.len());
    for SaleLine { posting, line } in &lines {
        rows.push(&[posting.bytes().into(), i64::try_from(*line).unwrap_or(i64::MAX).into()]);
    }
    for (line, sale) in many(tx, &sql::LOCK_SALES, &rows, sale)? {
        loaded.sales.insert(line, Some(sale));
    }
    let postings: FxHashSet<PostingId> = wanted.sales.keys().map(|line| line.posting).collect();
    let mut rows = Rows::with_capacity(1, postings.len());
    for posting in &postings {
        rows.push(&[posting.bytes().into()]);
    }
    let reversed = many(tx, &sql::READ_REVERSED, &rows, |row| Ok(PostingId::from_bytes(row.id16(0)?)))?;
    let reversed: FxHashSet<PostingId> = reversed.into_iter().collect();
    for (line, sale) in &mut loaded.sales {
        if let Some(sale) = sale {
            sale.reversed = reversed.contains(&line.posting);
        }
    }
    Ok(())
}

fn sale(row: &Row<'_>) -> Result<(SaleLine, Sale), DbError> {
    let line = SaleLine {
        posting: PostingId::from_bytes(row.id16(0)?),
        line: usize::try_from(row.int(1)?).unwrap_or(usize::MAX),
    };
    let sale = Sale {
        item: ItemId(row.int(2)?),
        lot: LotId(row.int(3)?),
        qty: row.int(4)?,
        value: row.int(5)?,
        effective_at: Instant(row.int(6)?),
        back: Back { qty: row.int(7)?, value: row.int(8)? },
        reversed: false,
        stored: true,
    };
    Ok((line, sale))
}
