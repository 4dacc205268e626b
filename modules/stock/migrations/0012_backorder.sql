-- Demand beyond stock. A claim has a part that stock covers (`qty`) and a part that waits
-- (`backordered`); while something waits for an item at a site, nothing of it is available there.

-- how much may wait of each item at a site; the rule of an item beats that of its site (item 0).
-- 1: as the site says (an item's rule that was withdrawn), 2: nothing, 3: up to the cap
create table stock_backorder (
  site @id not null,
  item @id not null,
  rule @small not null,
  cap @int,
  version @int not null,
  primary key (site, item),
  constraint stock_backorder_rule check (rule between 1 and 3 and (item <> 0 or rule <> 1)),
  constraint stock_backorder_cap check ((cap is not null) = (rule = 3) and (cap is null or cap >= 0))
) @strict_without_rowid;

alter table stock_site add column backordered @int not null default 0
  constraint stock_site_backordered
  check (backordered >= 0 and (backordered = 0 or reserved + allocated = sellable));

drop view v_claim;
drop view ck_allocation;
drop view ck_site;

-- only sqlite
create table stock_claim_new (
  id @uuid not null primary key,
  owner @text not null,
  item @id not null,
  site @id not null,
  location @id,
  lot @id,
  qty @int not null,
  priority @int not null,
  made_at @int not null,
  expires_at @int,
  state @small not null check (state between 1 and 6),
  backordered @int not null default 0,
  may_wait @bool not null default true,
  told @int not null default 0,
  constraint stock_claim_qty check (qty >= 0 and (qty + backordered > 0 or state <> 1)),
  constraint stock_claim_backordered
    check (backordered >= 0 and (backordered = 0 or (state = 1 and may_wait and location is null)))
) @strict_without_rowid;
insert into stock_claim_new (id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state)
select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state from stock_claim;
drop table stock_claim;
alter table stock_claim_new rename to stock_claim;
create index stock_claim_open on stock_claim (item, site) where state = 1;
create index stock_claim_expiry on stock_claim (expires_at) where state = 1 and expires_at is not null;
create index stock_claim_owner on stock_claim (owner, id);
-- end
-- only postgres
alter table stock_claim
  add column backordered bigint not null default 0,
  add column may_wait boolean not null default true,
  -- how often its owner was told of what others did to it: the number of its last event
  add column told bigint not null default 0,
  drop constraint stock_claim_qty,
  add constraint stock_claim_qty check (qty >= 0 and (qty + backordered > 0 or state <> 1)),
  add constraint stock_claim_backordered
    check (backordered >= 0 and (backordered = 0 or (state = 1 and may_wait and location is null)));
-- end
-- those that wait, in the order in which stock is handed out
create index stock_claim_waiting on stock_claim (item, site, priority desc, made_at, id)
  where state = 1 and backordered > 0;

-- a line of a transfer ships what is there
update stock_claim set may_wait = false
where state = 1 and owner in (
  select t.number || '/' || l.line
  from stock_transfer t
  join stock_transfer_line l on l.transfer = t.id);

create view ck_site as
select
    s.item as sku_id,
    s.site as site_id,
    s.sellable,
    s.reserved,
    s.allocated,
    s.next_expiry,
    s.backordered
from stock_site s;

create view ck_allocation as
select
    c.id as alloc_id,
    c.owner as demand_line_id,
    c.item as sku_id,
    c.lot as lot_id,
    case when i.tracking = 3 then c.lot end as serial_id,
    c.location as loc_id,
    c.qty,
    case c.state
        when 1 then 'open' when 2 then 'released' when 3 then 'expired' when 4 then 'fulfilled'
        when 5 then 'broken' when 6 then 'bound'
    end as state,
    c.expires_at,
    case when c.location is null then 'reservation' else 'allocation' end as kind,
    c.site as site_id,
    c.priority,
    c.made_at,
    c.backordered,
    c.may_wait,
    c.told
from stock_claim c
left join catalog_item i on i.id = c.item;

create view ck_backorder as
select r.site as site_id, r.item as sku_id, r.rule, r.cap, r.version
from stock_backorder r;

create view v_claim as
select
    -- only sqlite
    'clm_' || case when c.id is not null then lower(hex(c.id)) end as claim,
    -- end
    -- only postgres
    'clm_' || replace(c.id::text, '-', '') as claim,
    -- end
    case when c.location is null then 'reservation' else 'allocation' end as kind,
    c.owner,
    i.sku,
    i.name,
    s.code as site,
    p.code as location,
    l.code as lot,
    -- only sqlite
    case when c.qty < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(c.qty) / 1000000, abs(c.qty) % 1000000), '0'), '.') as qty,
    -- end
    -- only postgres
    trim_scale(c.qty * 0.000001) as qty,
    -- end
    i.base_unit as unit,
    c.priority,
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', c.made_at / 1000000, 'unixepoch') || printf('.%06dZ', c.made_at % 1000000) as made_at,
    -- end
    -- only postgres
    to_timestamp(c.made_at / 1000000) + (c.made_at % 1000000) * interval '1 microsecond' as made_at,
    -- end
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', c.expires_at / 1000000, 'unixepoch') || printf('.%06dZ', c.expires_at % 1000000) as expires_at,
    -- end
    -- only postgres
    to_timestamp(c.expires_at / 1000000) + (c.expires_at % 1000000) * interval '1 microsecond' as expires_at,
    -- end
    case c.state
        when 1 then 'open' when 2 then 'released' when 3 then 'expired' when 4 then 'fulfilled'
        when 5 then 'broken' when 6 then 'bound'
    end as state,
    c.item as item_id,
    c.site as site_id,
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', c.backordered / 1000000, c.backordered % 1000000), '0'), '.') as backordered,
    -- end
    -- only postgres
    trim_scale(c.backordered * 0.000001) as backordered,
    -- end
    c.may_wait
from stock_claim c
join catalog_item i on i.id = c.item
left join places_location s on s.id = c.site
left join places_location p on p.id = c.location
left join stock_lot l on l.id = c.lot;
