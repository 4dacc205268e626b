-- Indexes for questions by place, owner and code; the names that lists show; the views for people.

-- what stands in a place; no column of it ever changes, so a movement does not touch it
create index stock_balance_place on stock_balance (location, item, lot, status);

create index stock_claim_owner on stock_claim (owner, id);

-- order by code point, as the other engine has it
-- only postgres
alter table stock_lot alter column code_folded type text collate "C";
-- end
create index stock_lot_by_code on stock_lot (code_folded, id);

-- the day that the goods of a transfer are expected
alter table stock_transfer add column expected_on @date;

-- what the lists of this module show of other modules' records; a list is one statement with them
create view stock_known_item as
select i.id, i.sku, i.sku_folded, i.base_unit, i.tracking from catalog_item i;

create view stock_known_place as
select p.id, p.code, p.code_folded, p.kind, p.site_id as site, p.sellable, p.blocked from places_location p;

create view stock_known_site as
select z.id, z.zone from places_site z;

create view stock_within as
select t.ancestor, t.descendant from places_tree t;

-- the currency of the books and the decimals of its minor unit
create view stock_books as
select
    o.currency,
    case
        when o.currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
            'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
        when o.currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        when o.currency in ('CLF', 'UYW') then 4
        else 2
    end as digits
from places_organisation o;

-- for people, see docs/reference/views.md
create view v_stock as
select
    i.sku,
    i.name,
    s.code as site,
    p.code as location,
    l.code as lot,
    l.expiry_on,
    case b.status
        when 1 then 'good' when 2 then 'hold' when 3 then 'quarantined' when 4 then 'damaged'
        when 5 then 'expired' when 6 then 'suspect'
    end as status,
    -- only sqlite
    case when b.on_hand < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(b.on_hand) / 1000000, abs(b.on_hand) % 1000000), '0'), '.') as on_hand,
    -- end
    -- only postgres
    trim_scale(b.on_hand * 0.000001) as on_hand,
    -- end
    -- only sqlite
    case when b.allocated < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(b.allocated) / 1000000, abs(b.allocated) % 1000000), '0'), '.') as allocated,
    -- end
    -- only postgres
    trim_scale(b.allocated * 0.000001) as allocated,
    -- end
    i.base_unit as unit,
    b.item as item_id,
    b.location as location_id,
    b.lot as lot_id
from stock_balance b
join catalog_item i on i.id = b.item
join places_location p on p.id = b.location
left join places_location s on s.id = p.site_id
left join stock_lot l on l.id = b.lot
where b.location > 0 and b.on_hand <> 0;

create view v_movement as
select
    -- only sqlite
    'pst_' || case when p.id is not null then lower(hex(p.id)) end as posting,
    -- end
    -- only postgres
    'pst_' || replace(p.id::text, '-', '') as posting,
    -- end
    m.line,
    case p.kind
        when 1 then 'opening' when 2 then 'receive' when 3 then 'return' when 4 then 'produce'
        when 5 then 'issue' when 6 then 'consume' when 7 then 'move' when 8 then 'set_status'
        when 9 then 'adjust' when 10 then 'ship' when 11 then 'arrive' when 12 then 'shortage'
        when 13 then 'expire' when 14 then 'relocate' when 15 then 'reverse' when 16 then 'reserve'
        when 17 then 'allocate' when 18 then 'release'
    end as kind,
    i.sku,
    i.name,
    l.code as lot,
    f.code as from_location,
    case m.from_status
        when 1 then 'good' when 2 then 'hold' when 3 then 'quarantined' when 4 then 'damaged'
        when 5 then 'expired' when 6 then 'suspect'
    end as from_status,
    t.code as to_location,
    case m.to_status
        when 1 then 'good' when 2 then 'hold' when 3 then 'quarantined' when 4 then 'damaged'
        when 5 then 'expired' when 6 then 'suspect'
    end as to_status,
    -- only sqlite
    case when m.qty < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(m.qty) / 1000000, abs(m.qty) % 1000000), '0'), '.') as qty,
    -- end
    -- only postgres
    trim_scale(m.qty * 0.000001) as qty,
    -- end
    i.base_unit as unit,
    -- only sqlite
    case when m.from_after < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(m.from_after) / 1000000, abs(m.from_after) % 1000000), '0'), '.') as from_on_hand,
    -- end
    -- only postgres
    trim_scale(m.from_after * 0.000001) as from_on_hand,
    -- end
    -- only sqlite
    case when m.to_after < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(m.to_after) / 1000000, abs(m.to_after) % 1000000), '0'), '.') as to_on_hand,
    -- end
    -- only postgres
    trim_scale(m.to_after * 0.000001) as to_on_hand,
    -- end
    -- only sqlite
    case when m.value is null then null when m.value < 0 then '-' else '' end || case o.digits
        when 0 then printf('%d', abs(m.value))
        when 2 then printf('%d.%02d', abs(m.value) / 100, abs(m.value) % 100)
        when 3 then printf('%d.%03d', abs(m.value) / 1000, abs(m.value) % 1000)
        else printf('%d.%04d', abs(m.value) / 10000, abs(m.value) % 10000)
    end as value,
    -- end
    -- only postgres
    case o.digits when 0 then m.value::numeric when 2 then m.value * 0.01 when 3 then m.value * 0.001
        else m.value * 0.0001
    end as value,
    -- end
    case when m.value is not null then o.currency end as currency,
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', m.effective_at / 1000000, 'unixepoch') || printf('.%06dZ', m.effective_at % 1000000) as effective_at,
    -- end
    -- only postgres
    m.effective_at as effective_at,
    -- end
    m.effective_on,
    m.period,
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', m.recorded_at / 1000000, 'unixepoch') || printf('.%06dZ', m.recorded_at % 1000000) as recorded_at,
    -- end
    -- only postgres
    m.recorded_at as recorded_at,
    -- end
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', p.late_from / 1000000, 'unixepoch') || printf('.%06dZ', p.late_from % 1000000) as late_from,
    -- end
    -- only postgres
    p.late_from as late_from,
    -- end
    p.document,
    p.reason,
    p.note,
    p.actor as actor_id,
    -- only sqlite
    'pst_' || case when p.reversal_of is not null then lower(hex(p.reversal_of)) end as reversal_of,
    -- end
    -- only postgres
    'pst_' || replace(p.reversal_of::text, '-', '') as reversal_of,
    -- end
    m.item as item_id,
    m.lot as lot_id,
    m.from_location as from_location_id,
    m.to_location as to_location_id,
    m.lane,
    m.number
from stock_movement m
join stock_posting p on p.lane = m.lane and p.number = m.number
join catalog_item i on i.id = m.item
join places_location f on f.id = m.from_location
join places_location t on t.id = m.to_location
left join stock_lot l on l.id = m.lot
cross join stock_books o;

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
    c.site as site_id
from stock_claim c
join catalog_item i on i.id = c.item
left join places_location s on s.id = c.site
left join places_location p on p.id = c.location
left join stock_lot l on l.id = c.lot;

create view v_lot as
select
    i.sku,
    i.name,
    l.code as lot,
    case i.tracking when 3 then 'serial' else 'lot' end as tracking,
    l.expiry_on,
    l.made_on,
    l.on_hold,
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
    l.id as lot_id
from stock_lot l
join catalog_item i on i.id = l.item
join (
    select k.id, coalesce(sum(b.on_hand), 0) as on_hand
    from stock_lot k
    left join stock_balance b on b.item = k.item and b.lot = k.id and b.location > 0
    group by k.id
) w on w.id = l.id
left join stock_serial s on s.lot = l.id
left join places_location h on h.id = s.location;

create view v_valuation as
select
    i.sku,
    i.name,
    coalesce(g.code, 'organisation') as valuation_group,
    -- only sqlite
    case when k.qty < 0 then '-' else '' end
        || rtrim(rtrim(printf('%d.%06d', abs(k.qty) / 1000000, abs(k.qty) % 1000000), '0'), '.') as qty,
    -- end
    -- only postgres
    trim_scale(k.qty * 0.000001) as qty,
    -- end
    i.base_unit as unit,
    -- only sqlite
    case when k.value is null then null when k.value < 0 then '-' else '' end || case o.digits
        when 0 then printf('%d', abs(k.value))
        when 2 then printf('%d.%02d', abs(k.value) / 100, abs(k.value) % 100)
        when 3 then printf('%d.%03d', abs(k.value) / 1000, abs(k.value) % 1000)
        else printf('%d.%04d', abs(k.value) / 10000, abs(k.value) % 10000)
    end as value,
    -- end
    -- only postgres
    case o.digits when 0 then k.value::numeric when 2 then k.value * 0.01 when 3 then k.value * 0.001
        else k.value * 0.0001
    end as value,
    -- end
    o.currency,
    k.item as item_id,
    k.grp as group_id
from stock_stack k
join catalog_item i on i.id = k.item
left join places_location g on g.id = k.grp
cross join stock_books o
where k.qty <> 0 or k.value <> 0;
