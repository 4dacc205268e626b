-- A serial may have a parent: the lot that it was made in. A lot says whether it is a serial or the
-- parent of serials, from when it is first named as one, so that no code is ever both.

alter table stock_lot add column role @small
  constraint stock_lot_role check (coalesce(role, 1) in (1, 2) and (parent is null or coalesce(role, 0) = 1));

-- the serial was on hold by itself when its parent was put on hold, and stays so when that is released
alter table stock_lot add column stays_held @bool not null default false;

create index stock_lot_parent on stock_lot (parent, code_folded, id) where parent is not null;

-- a serial is one unit; a refused posting may have left a row for a lot that never was one
update stock_lot set role = 1
where id in (select s.lot from stock_serial s)
  and exists (select 1 from stock_movement m where m.lot = stock_lot.id and m.lot <> 0)
  and not exists (select 1 from stock_movement m where m.lot = stock_lot.id and m.lot <> 0 and m.qty <> 1000000);

drop view ck_lot;
create view ck_lot as
select
    l.id as lot_id,
    l.item as sku_id,
    l.code,
    l.expiry_on,
    l.parent,
    l.on_hold,
    l.version,
    l.role,
    l.stays_held
from stock_lot l;

drop view v_lot;
create view v_lot as
select
    i.sku,
    i.name,
    l.code as lot,
    case when i.tracking = 3 and coalesce(l.role, 1) = 1 then 'serial' else 'lot' end as tracking,
    l.expiry_on,
    l.made_on,
    l.on_hold or coalesce(r.on_hold, false) as on_hold,
    h.code as held_at,
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', w.on_hand / 1000000, w.on_hand % 1000000), '0'), '.') as on_hand,
    -- end
    -- only postgres
    trim_scale(w.on_hand * 0.000001) as on_hand,
    -- end
    i.base_unit as unit,
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', l.created_at / 1000000, 'unixepoch') || printf('.%06dZ', l.created_at % 1000000) as created_at,
    -- end
    -- only postgres
    l.created_at as created_at,
    -- end
    l.item as item_id,
    l.id as lot_id,
    r.code as parent
from stock_lot l
join catalog_item i on i.id = l.item
join (
    select k.id, coalesce(sum(b.on_hand), 0) as on_hand
    from stock_lot k
    left join stock_balance b on b.item = k.item and b.lot = k.id and b.location > 0
    group by k.id
) w on w.id = l.id
left join stock_lot r on r.id = l.parent
left join stock_serial s on s.lot = l.id
left join places_location h on h.id = s.location;
