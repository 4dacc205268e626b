-- What of a lot on hold was put on hold for a reason of its own: at most so much at each place and in each
-- status. The release of the lot does not give it back. Places outside have rows too, of what may come back.

create table stock_kept (
  lot @id not null,
  location @id not null,
  status @small not null,
  qty @int not null,
  primary key (lot, location, status),
  constraint stock_kept_qty check (qty > 0)
) @strict_without_rowid;

-- until now it was known of serials alone, and there as a mark, which those on hold by themselves had too
insert into stock_kept (lot, location, status, qty)
select b.lot, b.location, b.status, b.on_hand
from stock_lot l
join stock_balance b on b.item = l.item and b.lot = l.id and b.location > 0 and b.status = 2 and b.on_hand > 0
where l.stays_held and not l.on_hold;

drop view ck_lot;
alter table stock_lot drop column stays_held;
create view ck_lot as
select
    l.id as lot_id,
    l.item as sku_id,
    l.code,
    l.expiry_on,
    l.parent,
    l.on_hold,
    l.version,
    l.role
from stock_lot l;

create view ck_kept as
select k.lot as lot_id, k.location as loc_id, k.status, k.qty
from stock_kept k;
