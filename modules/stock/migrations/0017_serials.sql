-- A serial's movements have one order, in recorded and in effective time: its row says when it moved last,
-- so that nothing of it takes effect before that. Null for one that has not moved as a serial.

alter table stock_serial add column latest @int;

update stock_serial set latest = (
  select max(b.latest) from stock_balance b where b.lot = stock_serial.lot and b.lot <> 0 and b.ver > 0);

drop view ck_serial;
create view ck_serial as
select
    s.lot as serial_id,
    l.item as sku_id,
    case when s.location is null then 'out' else 'in_stock' end as state,
    s.location as loc_id,
    s.status,
    s.latest
from stock_serial s
left join stock_lot l on l.id = s.lot;
