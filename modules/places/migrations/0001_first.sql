-- The organisation, its sites and locations, and the closure of the location tree.
-- Ids are handed out by the application; those below zero are the virtual locations made here.

create table places_organisation (
    id @int primary key constraint places_organisation_one check (id = 1),
    name @text not null,
    currency @text not null,
    zone @text not null,
    -- 1 FIFO, 2 moving average
    valuation_method @small not null constraint places_organisation_method check (valuation_method between 1 and 2),
    -- 1 a group for each site, 2 one group
    valuation_grouping @small not null
        constraint places_organisation_grouping check (valuation_grouping between 1 and 2),
    -- 0 until somebody has set it up
    version @int not null,
    changed_at @instant not null
) @strict;

create table places_location (
    id @id primary key,
    code @text not null,
    code_folded @text not null,
    name @text not null,
    kind @small not null,
    role @small constraint places_location_role check (role between 1 and 6),
    parent_id @id references places_location (id),
    -- the root of its tree; 0 for a location that belongs to no site
    site_id @id not null,
    valuation_group @int not null,
    sellable @bool not null,
    -- it or something above it has a reason to be blocked
    blocked @bool not null,
    block_reason @text,
    open_to_allocation @bool not null,
    version @int not null constraint places_location_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null,
    constraint places_location_kind check (kind between 1 and 7 or kind between 11 and 17),
    constraint places_location_virtual check ((id < 0) = (kind in (11, 12, 13, 14, 15, 17))),
    constraint places_location_rooted check (site_id = id or kind <> 1),
    constraint places_location_itself check (parent_id is null or parent_id <> id)
) @strict;

create table places_site (
    id @id primary key references places_location (id),
    zone @text not null,
    valuation_group @int not null
) @strict;

create table places_tree (
    ancestor @id not null references places_location (id),
    descendant @id not null references places_location (id),
    depth @small not null constraint places_tree_depth check (depth >= 0),
    primary key (ancestor, descendant)
) @strict_without_rowid;

-- order by code point, as the other engine has it
-- only postgres
alter table places_location alter column code_folded type text collate "C";
-- end

create unique index places_location_code on places_location (code_folded);
create index places_location_parent on places_location (parent_id);
create index places_location_by_site on places_location (site_id, code_folded);
create index places_tree_above on places_tree (descendant, ancestor);

-- only sqlite
insert into places_organisation (id, name, currency, zone, valuation_method, valuation_grouping, version, changed_at)
values (1, '', 'GBP', 'UTC', 1, 1, 0, 0);
-- end
-- only postgres
insert into places_organisation (id, name, currency, zone, valuation_method, valuation_grouping, version, changed_at)
values (1, '', 'GBP', 'UTC', 1, 1, 0, to_timestamp(0));
-- end

-- the world outside
-- only sqlite
insert into places_location
    (id, code, code_folded, name, kind, site_id, valuation_group, sellable, blocked, open_to_allocation,
     version, created_at, changed_at)
select v.column1, v.column2, v.column2, v.column3, v.column4, 0, 0, 0, 0, 0, 1, 0, 0
-- end
-- only postgres
insert into places_location
    (id, code, code_folded, name, kind, site_id, valuation_group, sellable, blocked, open_to_allocation,
     version, created_at, changed_at)
select v.column1, v.column2, v.column2, v.column3, v.column4, 0, 0, false, false, false, 1, to_timestamp(0), to_timestamp(0)
-- end
from (values
    (-1, '~supplier', 'Suppliers', 11),
    (-2, '~customer', 'Customers', 12),
    (-3, '~production', 'Production', 13),
    (-4, '~loss', 'Losses', 14),
    (-5, '~adjustment', 'Adjustments', 15),
    (-6, '~opening', 'Opening stock', 17)
) as v;

insert into places_tree (ancestor, descendant, depth)
select l.id, l.id, 0 from places_location l;

-- for people
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
    l.version,
    l.created_at,
    l.changed_at
from places_location l
left join places_location p on p.id = l.parent_id
left join places_location s on s.id = l.site_id
left join places_site z on z.id = l.id;

-- for verify: frozen names, columns and kinds
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
    l.id < 0 as allow_negative
from places_location l;
