-- A location goes out of use instead of being deleted: its history names it for ever.

-- it or something above it is archived
alter table places_location add column archived @bool not null default false
    constraint places_location_archived check (not archived or kind between 1 and 7);

-- since when it is archived itself
alter table places_location add column archived_at @instant
    constraint places_location_archived_here check (archived_at is null or archived);

drop view v_location;

create view v_location as
select
    l.id as location_id,
    l.code,
    l.name,
    case l.kind
        when 1 then 'site' when 2 then 'zone' when 3 then 'aisle' when 4 then 'rack' when 5 then 'shelf'
        when 6 then 'bin' when 7 then 'handling_unit' when 11 then 'supplier' when 12 then 'customer'
        when 13 then 'production' when 14 then 'loss' when 15 then 'adjustment' when 16 then 'transit'
        when 17 then 'opening'
    end as kind,
    case l.role
        when 1 then 'storage' when 2 then 'receiving' when 3 then 'staging' when 4 then 'pick_face'
        when 5 then 'reserve' when 6 then 'quarantine'
    end as role,
    p.code as parent,
    s.code as site,
    z.zone,
    l.sellable,
    l.blocked,
    l.block_reason,
    l.open_to_allocation,
    l.archived,
    l.archived_at,
    l.version,
    l.created_at,
    l.changed_at
from places_location l
left join places_location p on p.id = l.parent_id
left join places_location s on s.id = l.site_id
left join places_site z on z.id = l.id;

drop view ck_location;

create view ck_location as
select
    l.id as loc_id,
    l.parent_id,
    case
        when l.kind between 1 and 7 then 'internal'
        when l.kind in (11, 17) then 'supplier'
        when l.kind = 12 then 'customer'
        when l.kind = 13 then 'production'
        when l.kind in (14, 15) then 'loss'
        when l.kind = 16 then 'transit'
    end as kind,
    l.id < 0 as allow_negative,
    l.code,
    l.site_id,
    l.valuation_group,
    l.sellable,
    l.blocked,
    l.block_reason is not null as blocked_here,
    l.version,
    l.archived,
    l.archived_at is not null as archived_here
from places_location l;
