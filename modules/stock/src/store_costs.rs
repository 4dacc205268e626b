//! The statements of cost stacks and their layers.

use db::Statement;

pub(crate) const ENSURE_STACKS: Statement = Statement::per_engine(
    "stock.ensure_stacks",
    "",
    "insert into stock_stack (item, grp, next_seq, qty, value, open_since)
     select k.item, k.grp, 1, 0, 0, 0 from unnest(?1::bigint[], ?2::bigint[]) as k (item, grp)
     order by k.item, k.grp
     on conflict do nothing",
)
.hot();

pub(crate) const LOCK_STACKS: Statement = Statement::per_engine(
    "stock.lock_stacks",
    "select ?1, ?2, s.next_seq, s.qty, s.value, s.open_since
     from (select 1) left join stock_stack s on s.item = ?1 and s.grp = ?2",
    "select s.item, s.grp, s.next_seq, s.qty, s.value, s.open_since
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, grp)
     join stock_stack s on s.item = k.item and s.grp = k.grp
     order by s.item, s.grp
     for update of s",
)
.hot();

pub(crate) const STORE_STACKS: Statement = Statement::per_engine(
    "stock.store_stacks",
    "insert into stock_stack (item, grp, next_seq, qty, value, open_since) values (?1, ?2, ?3, ?4, ?5, ?6)
     on conflict (item, grp) do update
     set next_seq = excluded.next_seq, qty = excluded.qty, value = excluded.value, open_since = excluded.open_since",
    "update stock_stack s
     set next_seq = k.next_seq, qty = k.qty, value = k.value, open_since = k.open_since
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[])
       as k (item, grp, next_seq, qty, value, open_since)
     where s.item = k.item and s.grp = k.grp",
)
.hot();

/// The open ones among so many layers of a stack, the oldest first. None that is open lies before the instant that
/// the head of the stack gives, so those that are used up before it are not looked at.
pub(crate) const READ_OLDEST_LAYERS: Statement = Statement::per_engine(
    "stock.read_oldest_layers",
    "select l.item, l.grp, l.seq, l.effective_at, l.qty_left, l.value_left
     from (
       select * from stock_layer o
       where o.item = ?1 and o.grp = ?2 and o.effective_at >= ?4
       order by o.effective_at, o.seq
       limit ?3) l
     where l.qty_left > 0
     order by l.effective_at, l.seq",
    "select l.item, l.grp, l.seq, l.effective_at, l.qty_left, l.value_left
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[]) as k (item, grp, most, since)
     cross join lateral (
       select * from stock_layer o
       where o.item = k.item and o.grp = k.grp and o.effective_at >= k.since
       order by o.effective_at, o.seq
       limit k.most) l
     where l.qty_left > 0
     order by l.item, l.grp, l.effective_at, l.seq",
)
.hot();

/// New layers: what came in and what is left of it.
pub(crate) const INSERT_LAYERS: Statement = Statement::per_engine(
    "stock.insert_layers",
    "insert into stock_layer (item, grp, seq, effective_at, qty_in, value_in, qty_left, value_left)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "insert into stock_layer (item, grp, seq, effective_at, qty_in, value_in, qty_left, value_left)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[])",
)
.hot();

/// Layers that were there: what was added to them (the one layer of a moving average only) and
/// what is left now.
pub(crate) const UPDATE_LAYERS: Statement = Statement::per_engine(
    "stock.update_layers",
    "update stock_layer set qty_in = qty_in + ?4, value_in = value_in + ?5, qty_left = ?6, value_left = ?7
     where item = ?1 and grp = ?2 and seq = ?3 and effective_at = ?8",
    "update stock_layer l
     set qty_in = l.qty_in + k.qty_more, value_in = l.value_in + k.value_more, qty_left = k.qty_left,
       value_left = k.value_left
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bigint[],
       ?8::bigint[]) as k (item, grp, seq, qty_more, value_more, qty_left, value_left, effective_at)
     where l.item = k.item and l.grp = k.grp and l.effective_at = k.effective_at and l.seq = k.seq",
)
.hot();
