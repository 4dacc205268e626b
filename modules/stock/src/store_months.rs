//! The statements that keep the month roll-ups.

use db::Statement;

pub(crate) const ADD_MONTHS: Statement = Statement::per_engine(
    "stock.add_months",
    "insert into stock_month (period, item, location, lot, status, qty_in, qty_out, moves)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     on conflict (period, item, location, lot, status) do update set qty_in = qty_in + excluded.qty_in,
       qty_out = qty_out + excluded.qty_out, moves = moves + excluded.moves",
    "insert into stock_month as m (period, item, location, lot, status, qty_in, qty_out, moves)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[])
     on conflict (period, item, location, lot, status) do update set qty_in = m.qty_in + excluded.qty_in,
       qty_out = m.qty_out + excluded.qty_out, moves = m.moves + excluded.moves",
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
