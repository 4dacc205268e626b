//! The statements that keep the month roll-ups, and read those of a key.

use db::Statement;

/// Joins what a batch adds to what a month is: the low of the batch is against what the key had before
/// it. A batch that only adds to the last instant of a month has none.
pub(crate) const ADD_MONTHS: Statement = Statement::per_engine(
    "stock.add_months",
    "insert into stock_month (period, item, location, lot, status, qty_in, qty_out, moves, low, last_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
     on conflict (period, item, location, lot, status) do update set qty_in = qty_in + excluded.qty_in,
       qty_out = qty_out + excluded.qty_out, moves = moves + excluded.moves,
       low = min(low, coalesce(qty_in - qty_out + excluded.low, low)),
       last_at = max(last_at, excluded.last_at)",
    "insert into stock_month as m (period, item, location, lot, status, qty_in, qty_out, moves, low, last_at)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::timestamptz[])
     on conflict (period, item, location, lot, status) do update set qty_in = m.qty_in + excluded.qty_in,
       qty_out = m.qty_out + excluded.qty_out, moves = m.moves + excluded.moves,
       low = least(m.low, m.qty_in - m.qty_out + excluded.low),
       last_at = greatest(m.last_at, excluded.last_at)",
)
.hot();

pub(crate) const ADD_MONTH_VALUES: Statement = Statement::per_engine(
    "stock.add_month_values",
    "insert into stock_month_value (period, item, grp, qty_in, value_in, qty_out, value_out)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     on conflict (period, item, grp) do update set qty_in = qty_in + excluded.qty_in,
       value_in = value_in + excluded.value_in, qty_out = qty_out + excluded.qty_out,
       value_out = value_out + excluded.value_out",
    "insert into stock_month_value as m (period, item, grp, qty_in, value_in, qty_out, value_out)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[])
     on conflict (period, item, grp) do update set qty_in = m.qty_in + excluded.qty_in,
       value_in = m.value_in + excluded.value_in, qty_out = m.qty_out + excluded.qty_out,
       value_out = m.value_out + excluded.value_out",
)
.hot();

/// The lows of months that were added to before their end.
pub(crate) const STORE_LOWS: Statement = Statement::per_engine(
    "stock.store_lows",
    "update stock_month set low = ?6, last_at = ?7
     where period = ?1 and item = ?2 and location = ?3 and lot = ?4 and status = ?5",
    "update stock_month m set low = k.low, last_at = k.last_at
     from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[],
       ?7::timestamptz[]) as k (period, item, location, lot, status, low, last_at)
     where m.period = k.period and m.item = k.item and m.location = k.location and m.lot = k.lot
       and m.status = k.status",
)
.hot();

/// The months of a key after one. The months are few, and each is one seek.
pub(crate) const MONTHS_OF_KEY: Statement = Statement::per_engine(
    "stock.months_of_key",
    "with recursive month (period) as (
       select min(n.period) from stock_month n where n.period > ?5
       union all
       select (select min(n.period) from stock_month n where n.period > p.period)
       from month p where p.period is not null
     )
     select m.item, m.location, m.lot, m.status, m.period, m.qty_in - m.qty_out, m.low, m.last_at
     from month p
     cross join stock_month m
       on m.period = p.period and m.item = ?1 and m.location = ?2 and m.lot = ?3 and m.status = ?4",
    "with recursive month (period) as (
       select min(n.period) from stock_month n
       where n.period > (select min(k.period) from unnest(?5::integer[]) as k (period))
       union all
       select (select min(n.period) from stock_month n where n.period > p.period)
       from month p where p.period is not null
     )
     select m.item, m.location, m.lot, m.status, m.period, m.qty_in - m.qty_out, m.low, m.last_at
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::integer[])
       as k (item, location, lot, status, period)
     join month p on p.period > k.period
     join stock_month m on m.period = p.period and m.item = k.item and m.location = k.location
       and m.lot = k.lot and m.status = k.status",
);
