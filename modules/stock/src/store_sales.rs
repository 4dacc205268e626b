//! The statements of sales and of what came back of them.

use db::Statement;

/// What a posting shipped of an item. The index of items leads to the movements of one instant, so the
/// other lines of the posting, thousands perhaps, are not read.
pub(crate) const READ_BY_ITEM: Statement = Statement::per_engine(
    "stock.sales.by_item",
    "select p.id, p.kind, m.line, m.item, m.lot, m.qty, m.value, m.from_location, m.to_location, m.effective_at
     from stock_posting p
     cross join stock_movement m indexed by stock_movement_item
       on m.item = ?2 and m.recorded_at = p.recorded_at and m.lane = p.lane and m.number = p.number
     where p.id = ?1",
    "select p.id, p.kind, m.line, m.item, m.lot, m.qty, m.value, m.from_location, m.to_location, m.effective_at
     from unnest(?1::uuid[], ?2::bigint[]) as k (id, item)
     join stock_posting p on p.id = k.id
     cross join lateral (
       select m.*
       from stock_movement m
       where m.item = k.item and m.recorded_at = p.recorded_at and m.lane = p.lane and m.number = p.number
       offset 0) m",
)
.hot();

/// Lines of postings by their numbers.
pub(crate) const READ_BY_LINE: Statement = Statement::per_engine(
    "stock.sales.by_line",
    "select p.id, p.kind, m.line, m.item, m.lot, m.qty, m.value, m.from_location, m.to_location, m.effective_at
     from stock_posting p
     cross join stock_movement m on m.lane = p.lane and m.number = p.number and m.line = ?2
     where p.id = ?1",
    "select p.id, p.kind, m.line, m.item, m.lot, m.qty, m.value, m.from_location, m.to_location, m.effective_at
     from unnest(?1::uuid[], ?2::bigint[]) as k (id, line)
     join stock_posting p on p.id = k.id
     cross join lateral (
       select m.*
       from stock_movement m
       where m.lane = p.lane and m.number = p.number and m.line = k.line and m.recorded_at = p.recorded_at
       offset 0) m",
)
.hot();

pub(crate) const LOCK_SALES: Statement = Statement::per_engine(
    "stock.sales.lock",
    "select posting, line, item, lot, qty, value, effective_at, returned, value_back
     from stock_sale where posting = ?1 and line = ?2",
    "select s.posting, s.line, s.item, s.lot, s.qty, s.value, s.effective_at, s.returned, s.value_back
     from unnest(?1::uuid[], ?2::bigint[]) as k (posting, line)
     join stock_sale s on s.posting = k.posting and s.line = k.line
     order by s.posting, s.line
     for update of s",
)
.hot();

/// Which of some postings were reversed.
pub(crate) const READ_REVERSED: Statement = Statement::per_engine(
    "stock.sales.reversed",
    "select reversal_of from stock_posting where reversal_of = ?1",
    "select p.reversal_of
     from unnest(?1::uuid[]) as k (id)
     join stock_posting p on p.reversal_of = k.id",
)
.hot();

/// Lines that nothing came back of yet, as far as was seen.
pub(crate) const INSERT_SALES: Statement = Statement::per_engine(
    "stock.sales.insert",
    "insert into stock_sale (posting, line, item, lot, qty, value, effective_at, returned, value_back)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
     on conflict do nothing",
    "insert into stock_sale (posting, line, item, lot, qty, value, effective_at, returned, value_back)
     select * from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[])
     on conflict do nothing",
)
.hot();

pub(crate) const STORE_SALES: Statement = Statement::per_engine(
    "stock.sales.store",
    "update stock_sale set returned = ?3, value_back = ?4 where posting = ?1 and line = ?2",
    "update stock_sale s
     set returned = k.returned, value_back = k.value_back
     from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[]) as k (posting, line, returned, value_back)
     where s.posting = k.posting and s.line = k.line",
)
.hot();

pub(crate) const INSERT_RETURNS: Statement = Statement::per_engine(
    "stock.sales.insert_returns",
    "insert into stock_return (lane, number, line, sale, sale_line, qty, value) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "insert into stock_return (lane, number, line, sale, sale_line, qty, value)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::uuid[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[])",
)
.hot();

pub(crate) const READ_POSTING_RETURNS: Statement = Statement::new(
    "stock.sales.posting_returns",
    "select line, sale, sale_line, qty, value
     from stock_return
     where lane = ?1 and number = ?2
     order by line, sale, sale_line",
)
.hot();

/// What lines of postings took back of sales.
pub(crate) const READ_RETURNS: Statement = Statement::per_engine(
    "stock.sales.returns",
    "select lane, number, line, sale, sale_line, qty
     from stock_return
     where lane = ?1 and number = ?2 and line = ?3
     order by sale, sale_line",
    "select r.lane, r.number, r.line, r.sale, r.sale_line, r.qty
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[]) as k (lane, number, line)
     join stock_return r on r.lane = k.lane and r.number = k.number and r.line = k.line
     order by r.sale, r.sale_line",
)
.hot();

/// What came back of lines of postings.
pub(crate) const READ_BACK: Statement = Statement::per_engine(
    "stock.sales.back",
    "select posting, line, returned from stock_sale where posting = ?1 and line = ?2",
    "select s.posting, s.line, s.returned
     from unnest(?1::uuid[], ?2::bigint[]) as k (posting, line)
     join stock_sale s on s.posting = k.posting and s.line = k.line",
)
.hot();

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: [&Statement; 10] = [
    &READ_BY_ITEM,
    &READ_BY_LINE,
    &LOCK_SALES,
    &READ_REVERSED,
    &INSERT_SALES,
    &STORE_SALES,
    &INSERT_RETURNS,
    &READ_POSTING_RETURNS,
    &READ_RETURNS,
    &READ_BACK,
];
