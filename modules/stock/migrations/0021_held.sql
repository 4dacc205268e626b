-- How far each key of a lot had come, in status hold, when the lot was put on hold as a whole: what moved up to
-- there was held by somebody for a reason of its own, and is so again when the movement is reversed.

create table stock_held (
  lot @id not null,
  location @id not null,
  ver @int not null,
  primary key (lot, location),
  constraint stock_held_ver check (ver > 0)
) @strict_without_rowid;

-- of lots that are on hold already it is not known; in doubt more stays on hold
insert into stock_held (lot, location, ver)
select b.lot, b.location, b.ver
from stock_lot l
left join stock_lot p on p.id = l.parent
join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
  and b.status = 2 and b.ver > 0
where l.on_hold or coalesce(p.on_hold, false);

create view ck_held as
select h.lot as lot_id, h.location as loc_id, h.ver
from stock_held h;
