-- Locations get named types with defaults, production areas, and rules of which kind stands below which.

create table places_type (
    id @id primary key,
    code @text not null,
    code_folded @text not null,
    name @text not null,
    kind @small not null constraint places_type_kind check (kind between 2 and 6),
    role @small not null constraint places_type_role check (role between 1 and 7),
    sellable @bool not null,
    open_to_allocation @bool not null,
    archived @bool not null default false,
    version @int not null constraint places_type_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

-- only postgres
alter table places_type alter column code_folded type text collate "C";
-- end

create unique index places_type_code on places_type (code_folded);

-- which kinds stand below which: the organisation has scope 0, a site its own
create table places_levels (
    scope @id primary key,
    -- an object of kinds with the kinds that they may stand below; null says nothing
    below @text,
    version @int not null constraint places_levels_version check (version >= 1),
    changed_at @instant not null
) @strict;

drop view v_location;

alter table places_location add column type_id @id references places_type (id);
create index places_location_by_type on places_location (type_id) where type_id is not null;

-- the list of roles is longer by one, so the column with its check is made anew
alter table places_location add column new_role @small
    constraint places_location_roles check (new_role between 1 and 7);
update places_location set new_role = role where role is not null;
alter table places_location drop column role;
alter table places_location rename column new_role to role;

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

create view ck_location_type as
select
    y.id as type_id,
    y.code,
    y.kind,
    y.version
from places_type y;

create view ck_levels as
select
    v.scope,
    v.version
from places_levels v;
