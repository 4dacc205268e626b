//! The sales that returns name, with what was shipped on their lines. What of it came back is read under
//! the lock.

use super::{Names, lines};
use crate::input::Request;
use crate::store_sales as sql;
use db::{Conn, DbError, Row, Rows};
use domain::ledger::{Back, Kind, Sale, SaleLine};
use domain::{Instant, ItemId, LocationId, LotId, Permission, PostingId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;
use web::Principal;

/// Lines of postings that returns name.
#[derive(Debug, Default)]
pub(crate) struct Sales {
    postings: FxHashMap<PostingId, BTreeMap<usize, Sold>>,
    /// The same lines by what was sold on them, in no order.
    goods: FxHashMap<(PostingId, ItemId, LotId), Vec<usize>>,
}

/// A line of a posting that a return names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sold {
    pub(crate) kind: Kind,
    /// Where the goods stood, or went.
    pub(crate) at: LocationId,
    pub(crate) sale: Sale,
}

impl Sales {
    /// The lines that are known of a posting, in order.
    pub(crate) fn of(&self, posting: PostingId) -> impl Iterator<Item = (usize, &Sold)> {
        self.postings.get(&posting).into_iter().flatten().map(|(line, sold)| (*line, sold))
    }

    /// The lines that are known of an item and lot in a posting, in order, or the one of them that is named.
    pub(crate) fn goods(
        &self,
        (posting, line): (PostingId, Option<usize>),
        item: ItemId,
        lot: LotId,
    ) -> Vec<(usize, &Sold)> {
        let Some(lines) = self.postings.get(&posting) else { return Vec::new() };
        let found = if let Some(line) = line {
            lines.get(&line).map(|sold| vec![(line, sold)]).unwrap_or_default()
        } else {
            let of_goods = self.goods.get(&(posting, item, lot)).into_iter().flatten();
            let mut found: Vec<_> = of_goods.filter_map(|line| Some((*line, lines.get(line)?))).collect();
            found.sort_unstable_by_key(|(line, _)| *line);
            found
        };
        found.into_iter().filter(|(_, sold)| (sold.sale.item, sold.sale.lot) == (item, lot)).collect()
    }

    /// What was shipped on a line; `None` when the store has no such line.
    pub(crate) fn line(&self, line: SaleLine) -> Option<Sale> {
        self.postings.get(&line.posting)?.get(&line.line).map(|sold| sold.sale)
    }

    fn knows(&self, posting: PostingId, line: Option<usize>, item: ItemId) -> bool {
        self.of(posting).any(|(at, sold)| sold.sale.item == item && line.is_none_or(|line| line == at))
    }

    fn add(&mut self, (line, sold): (SaleLine, Sold)) {
        let goods = (line.posting, sold.sale.item, sold.sale.lot);
        if self.postings.entry(line.posting).or_default().insert(line.line, sold).is_none() {
            self.goods.entry(goods).or_default().push(line.line);
        }
    }
}

impl Names {
    /// Reads the sales that the returns of a batch name.
    pub(crate) fn read_sales(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        let mut asked: FxHashSet<(PostingId, Option<usize>, ItemId)> = FxHashSet::default();
        for line in lines(requests) {
            if let (Some(sale), Some(item)) = (line.sale, self.item(&line.sku)) {
                asked.insert((sale.posting, sale.line, item.id));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let of_items: FxHashSet<(PostingId, ItemId)> =
            asked.iter().map(|(posting, _, item)| (*posting, *item)).collect();
        let mut rows = Rows::with_capacity(2, of_items.len());
        for (posting, item) in &of_items {
            rows.push(&[posting.bytes().into(), item.get().into()]);
        }
        for found in conn.query_many(&sql::READ_BY_ITEM, &rows, sold)? {
            self.sales.add(found);
        }
        // what is not as it was named is looked at, to say what it is
        asked.retain(|(posting, line, item)| !self.sales.knows(*posting, *line, *item));
        let first = |posting: &PostingId| SaleLine { posting: *posting, line: 0 };
        let others = asked.iter().flat_map(|(posting, line, _)| {
            let named = line.map(|line| SaleLine { posting: *posting, line });
            named.into_iter().chain([first(posting)])
        });
        self.add_sales(conn, &others.collect())?;
        self.read_reach(conn, requests)
    }

    /// Reads lines of sales by their numbers, and the places of all that are known.
    pub(crate) fn add_sales(
        &mut self,
        conn: &mut Conn<'_>,
        lines: &FxHashSet<SaleLine>,
    ) -> Result<(), DbError> {
        let mut rows = Rows::with_capacity(2, lines.len());
        for line in lines {
            let number = i64::try_from(line.line).unwrap_or(i64::MAX);
            rows.push(&[line.posting.bytes().into(), number.into()]);
        }
        if !rows.is_empty() {
            for found in conn.query_many(&sql::READ_BY_LINE, &rows, sold)? {
                self.sales.add(found);
            }
        }
        let places: Vec<LocationId> =
            self.sales.postings.values().flat_map(BTreeMap::values).map(|sold| sold.at).collect();
        self.add_places(conn, places)
    }

    /// Whether a caller may name a line of a sale: it sees stock where the goods left, or takes goods in
    /// there.
    pub(crate) fn reaches_sale(&self, principal: &Arc<Principal>, sold: &Sold) -> bool {
        [Permission::StockReceive, Permission::StockRead]
            .into_iter()
            .any(|permission| self.reaches(principal, permission, (sold.at, sold.sale.item)))
    }
}

fn sold(row: &Row<'_>) -> Result<(SaleLine, Sold), DbError> {
    let kind = Kind::from_number(row.int(1)?).ok_or(DbError::Column { column: 1, wanted: "a kind" })?;
    let line = SaleLine {
        posting: PostingId::from_bytes(row.id16(0)?),
        line: usize::try_from(row.int(2)?).unwrap_or(usize::MAX),
    };
    let (from, to) = (LocationId(row.int(7)?), LocationId(row.int(8)?));
    let sale = Sale {
        item: ItemId(row.int(3)?),
        lot: LotId(row.int(4)?),
        qty: row.int(5)?,
        value: row.opt_int(6)?.unwrap_or(0),
        effective_at: Instant(row.int(9)?),
        back: Back::default(),
        reversed: false,
        stored: false,
    };
    Ok((line, Sold { kind, at: if from.get() > 0 { from } else { to }, sale }))
}
