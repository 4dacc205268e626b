//! What the movements of a page have to do with sales and their returns.

use super::store::Entry;
use crate::answer::SaleAnswer;
use crate::store_sales as sql;
use db::{Conn, DbError, Rows};
use domain::ledger::Kind;
use domain::{Delta, PostingId};
use rustc_hash::FxHashMap;

/// By posting and line.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// How much of a sale came back.
    pub(super) back: FxHashMap<(PostingId, i64), Delta>,
    /// What a return took back.
    pub(super) sales: FxHashMap<(PostingId, i64), Vec<SaleAnswer>>,
}

impl Linked {
    /// Asks for those movements only that may have some.
    pub(super) fn read(conn: &mut Conn<'_>, entries: &[Entry]) -> Result<Linked, DbError> {
        let mut linked = Linked::default();
        let of = |kind: Kind| entries.iter().filter(move |entry| entry.kind == kind);
        let mut rows = Rows::new(2);
        for entry in of(Kind::Issue) {
            rows.push(&[entry.posting.bytes().into(), entry.line.into()]);
        }
        if !rows.is_empty() {
            let back = conn.query_many(&sql::READ_BACK, &rows, |row| {
                Ok(((PostingId::from_bytes(row.id16(0)?), row.int(1)?), Delta(row.int(2)?)))
            })?;
            linked.back = back.into_iter().filter(|(_, qty)| qty.0 > 0).collect();
        }
        let mut rows = Rows::new(3);
        let mut postings: FxHashMap<(i64, i64), PostingId> = FxHashMap::default();
        for entry in of(Kind::Return) {
            rows.push(&[entry.lane.into(), entry.number.into(), entry.line.into()]);
            postings.insert((entry.lane, entry.number), entry.posting);
        }
        if rows.is_empty() {
            return Ok(linked);
        }
        let found = conn.query_many(&sql::READ_RETURNS, &rows, |row| {
            let sale = SaleAnswer {
                posting: PostingId::from_bytes(row.id16(3)?),
                line: usize::try_from(row.int(4)?).unwrap_or(usize::MAX),
                qty: Delta(row.int(5)?),
            };
            Ok(((row.int(0)?, row.int(1)?), row.int(2)?, sale))
        })?;
        for (key, line, sale) in found {
            if let Some(posting) = postings.get(&key) {
                linked.sales.entry((*posting, line)).or_default().push(sale);
            }
        }
        Ok(linked)
    }
}
