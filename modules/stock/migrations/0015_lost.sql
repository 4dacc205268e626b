-- What losses have taken of a claim, in all: whoever lost something is found, whether the claim is broken,
-- goes on with less, or waits for what it lost.

drop view v_claim;
drop view ck_allocation;

alter table stock_claim add column lost @int not null default 0
  constraint stock_claim_lost check (lost >= 0);

-- only sqlite
update stock_claim set lost = k.lost
from (
  select unhex(substr(json_extract(e.value, '$.claim'), 5)) as id, sum(json_extract(e.value, '$.qty')) as lost
  from stock_posting p, json_each(p.claims) e
  where p.claims like '%"broken"%' and json_extract(e.value, '$.change') = 'broken'
  group by 1
) k
where stock_claim.id = k.id;
-- end
-- only postgres
update stock_claim c set lost = k.lost
from (
  select cast(substr(e.value ->> 'claim', 5) as uuid) as id, sum(cast(e.value ->> 'qty' as bigint)) as lost
  from stock_posting p
  cross join lateral jsonb_array_elements(cast(p.claims as jsonb)) e
  where p.claims like '%"broken"%' and e.value ->> 'change' = 'broken'
  group by 1
) k
where c.id = k.id;
-- end

create index stock_claim_lost on stock_claim (id) where lost > 0;

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
    c.told,
    c.lost
from stock_claim c
left join catalog_item i on i.id = c.item;

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
    c.may_wait,
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', c.lost / 1000000, c.lost % 1000000), '0'), '.') as lost
    -- end
    -- only postgres
    trim_scale(c.lost * 0.000001) as lost
    -- end
from stock_claim c
join catalog_item i on i.id = c.item
left join places_location s on s.id = c.site
left join places_location p on p.id = c.location
left join stock_lot l on l.id = c.lot;
