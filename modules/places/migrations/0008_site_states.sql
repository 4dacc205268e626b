-- A site is set up, tried out and then in use: it has a state, and its way there is told.

-- 1 set-up, 2 pilot, 3 live
alter table places_site add column state @small not null default 3
    constraint places_site_state_known check (state between 1 and 3);

-- the first row of a site is what it began as, unless that was live
create table places_site_state (
    site_id @id not null references places_site (id),
    -- of the location, after the change
    version @int not null,
    state @small not null constraint places_site_state_told check (state between 1 and 3),
    -- null for what it began as
    reason @text,
    -- what it lacked, and somebody went on without; one word a line
    despite @text not null,
    actor_id @id not null,
    actor_name @text not null,
    at @instant not null,
    primary key (site_id, version)
) @strict_without_rowid;

-- only sqlite
create trigger places_site_state_never_updated before update on places_site_state
begin select raise(abort, 'the states of a site stay told'); end;
create trigger places_site_state_never_deleted before delete on places_site_state
begin select raise(abort, 'the states of a site stay told'); end;
-- end
-- only postgres
create trigger places_site_state_never_changes before update or delete on places_site_state
  for each row execute function places_never_changes();
-- end

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
    y.code as type,
    case l.role
        when 1 then 'storage' when 2 then 'receiving' when 3 then 'staging' when 4 then 'pick_face'
        when 5 then 'reserve' when 6 then 'quarantine' when 7 then 'production'
    end as role,
    p.code as parent,
    s.code as site,
    z.zone,
    case z.state when 1 then 'set_up' when 2 then 'pilot' when 3 then 'live' end as state,
    l.x_mm,
    l.y_mm,
    l.z_mm,
    nullif(l.walk, 2147483647) as walk,
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
left join places_site z on z.id = l.id
left join places_type y on y.id = l.type_id;

drop view v_site;

create view v_site as
select
    l.id as site_id,
    l.code,
    l.name,
    case z.state when 1 then 'set_up' when 2 then 'pilot' else 'live' end as state,
    z.zone,
    a.lines,
    a.city,
    a.region,
    a.postcode,
    a.country,
    z.around_the_clock,
    l.blocked,
    l.archived,
    l.version
from places_site z
join places_location l on l.id = z.id
left join places_address a on a.site_id = z.id;

create view v_site_state as
select
    l.code as site,
    h.version,
    case h.state when 1 then 'set_up' when 2 then 'pilot' else 'live' end as state,
    h.reason,
    h.despite,
    h.actor_name as actor,
    -- only sqlite
    strftime('%Y-%m-%dT%H:%M:%S', h.at / 1000000, 'unixepoch') || printf('.%06dZ', h.at % 1000000) as at,
    -- end
    -- only postgres
    h.at as at,
    -- end
    h.site_id
from places_site_state h
join places_location l on l.id = h.site_id;

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
    l.archived_at is not null as archived_here,
    l.made_together,
    -- of its site
    z.state
from places_location l
left join places_site z on z.id = l.site_id;

create view ck_site_state as
select h.site_id, h.version, h.state
from places_site_state h;
