-- How low a key stood in a month, against what it had when the month began, before the last instant at
-- which it moved there; and that instant. So a backdated posting is held to what stood at every instant
-- since without looking at every movement since. Null where stock may be below nothing.

alter table stock_month add column low @int;
alter table stock_month add column last_at @instant;

update stock_month set low = w.low, last_at = w.last_at
from (
  select period, item, location, lot, status, cast(min(was) as @int) as low, max(effective_at) as last_at
  from (
    select period, item, location, lot, status, effective_at,
      sum(qty) over (partition by period, item, location, lot, status order by effective_at) - qty as was
    from (
      select period, item, location, lot, status, effective_at, cast(sum(qty) as @int) as qty
      from (
        select period, item, to_location as location, lot, to_status as status, effective_at, qty
        from stock_movement where to_location > 0
        union all
        select period, item, from_location, lot, from_status, effective_at, -qty
        from stock_movement where from_location > 0
      ) leg
      group by period, item, location, lot, status, effective_at
    ) instant
  ) level
  group by period, item, location, lot, status
) w
where stock_month.period = w.period and stock_month.item = w.item and stock_month.location = w.location
  and stock_month.lot = w.lot and stock_month.status = w.status;

drop view ck_month;
create view ck_month as
select
    m.period as period_id,
    m.item as sku_id,
    m.location as loc_id,
    m.lot as lot_id,
    m.status,
    m.qty_in,
    m.qty_out,
    m.moves,
    m.low,
    m.last_at
from stock_month m;
