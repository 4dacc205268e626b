-- Since when the oldest goods of a balance may have been in stock, so that they can go out first. The
-- ledger takes it along when goods move; what stands there already counts from when its place was last
-- filled from empty.

alter table stock_balance add column since @int not null default -9223372036854775808;

-- only sqlite
update stock_balance set since = min(w.filled_at, stock_balance.latest)
-- end
-- only postgres
update stock_balance set since = least((extract(epoch from w.filled_at) * 1000000)::bigint, stock_balance.latest)
-- end
from (
  select item, to_location as location, lot, to_status as status, max(effective_at) as filled_at
  from stock_movement
  where to_location > 0 and to_after = qty
  group by item, to_location, lot, to_status
) w
where stock_balance.item = w.item and stock_balance.location = w.location and stock_balance.lot = w.lot
  and stock_balance.status = w.status;

-- where goods may be chosen to go out
create view stock_pickable as
select p.id, p.code, p.site_id as site
from places_location p
where p.sellable and p.open_to_allocation and not p.blocked and not p.archived;

drop view ck_balance;
create view ck_balance as
select
    b.item as sku_id,
    b.lot as lot_id,
    b.location as loc_id,
    b.on_hand,
    b.allocated,
    case when b.status = 1 then 0 else b.on_hand end as held,
    -- the row includes so many movements of its key
    b.ver as as_of_seq,
    b.status,
    b.ver,
    b.second_qty,
    b.latest,
    b.since
from stock_balance b;
