-- Categories become records with attribute definitions that are inherited downwards, in place of a
-- path written on each item; what an item is worth knowing by is indexed, whichever attribute it is.

-- held shared by whoever writes items, alone by whoever changes what they must be like
create table catalog_rules (
    id @int primary key constraint catalog_rules_one check (id = 1),
    changes @int not null
) @strict;

insert into catalog_rules (id, changes) values (1, 0);

create table catalog_category (
    id @id primary key,
    parent_id @id references catalog_category (id),
    -- the last step of its path, as written
    name @text not null,
    -- the whole path in small letters, such as `garden/pots`
    path @text not null,
    version @int not null constraint catalog_category_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null,
    constraint catalog_category_itself check (parent_id is null or parent_id <> id)
) @strict;

create table catalog_category_tree (
    ancestor @id not null references catalog_category (id),
    descendant @id not null references catalog_category (id),
    depth @small not null constraint catalog_category_tree_depth check (depth >= 0),
    primary key (ancestor, descendant)
) @strict_without_rowid;

create table catalog_attribute (
    id @id primary key,
    -- as items have it among their attributes
    key @text not null,
    name @text not null,
    kind @small not null constraint catalog_attribute_kind check (kind between 1 and 6),
    -- what a number is measured in
    unit @text,
    -- of a choice
    choices @json not null,
    -- of a number, in millionths
    least @int,
    most @int,
    version @int not null constraint catalog_attribute_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

-- what a category says of an attribute; null: what the category above says
create table catalog_rule (
    category_id @id not null references catalog_category (id),
    attribute_id @id not null references catalog_attribute (id),
    required @bool,
    -- JSON; `null` in it takes an inherited default away
    standard @json,
    allowed @json,
    position @int not null,
    primary key (category_id, attribute_id)
) @strict_without_rowid;

-- each value of each attribute of each item, its own and those it inherits
create table catalog_value (
    item_id @id not null references catalog_item (id),
    key @text not null,
    -- its place among several
    n @small not null,
    -- in small letters
    text @text not null,
    -- of a number, in millionths
    number @int,
    inherited @bool not null,
    primary key (item_id, key, n)
) @strict_without_rowid;

-- only postgres
alter table catalog_category alter column path type text collate "C";
alter table catalog_attribute alter column key type text collate "C";
alter table catalog_value
    alter column key type text collate "C",
    alter column text type text collate "C";
-- end

create unique index catalog_category_path on catalog_category (path);
create index catalog_category_parent on catalog_category (parent_id);
create index catalog_category_above on catalog_category_tree (descendant, ancestor);
create unique index catalog_attribute_key on catalog_attribute (key);
create index catalog_rule_attribute on catalog_rule (attribute_id);
create index catalog_value_text on catalog_value (key, text, item_id);
create index catalog_value_number on catalog_value (key, number, item_id) where number is not null;

-- the paths that items have, and each path above them
create table catalog_path (path @text not null primary key, above @text not null) @strict;

-- only sqlite
insert into catalog_path (path, above)
with recursive step (path) as (
    select distinct i.category from catalog_item i where i.category <> ''
    union
    select rtrim(rtrim(s.path, replace(s.path, '/', '')), '/')
    from step s
    where instr(s.path, '/') > 0
)
select s.path, case when instr(s.path, '/') > 0 then rtrim(rtrim(s.path, replace(s.path, '/', '')), '/') else '' end
from step s;
-- end
-- only postgres
insert into catalog_path (path, above)
with recursive step (path) as (
    select distinct i.category from catalog_item i where i.category <> ''
    union
    select regexp_replace(s.path, '/[^/]*$', '')
    from step s
    where strpos(s.path, '/') > 0
)
select s.path, case when strpos(s.path, '/') > 0 then regexp_replace(s.path, '/[^/]*$', '') else '' end
from step s;
-- end

insert into catalog_category (id, parent_id, name, path, version, created_at, changed_at)
select
    row_number() over (order by length(p.path), p.path),
    null,
    case when p.above = '' then p.path else substr(p.path, length(p.above) + 2) end,
    p.path,
    1,
    (select min(i.created_at) from catalog_item i),
    (select min(i.created_at) from catalog_item i)
from catalog_path p;

update catalog_category
set parent_id = (
    select a.id
    from catalog_path p
    join catalog_category a on a.path = p.above
    where p.path = catalog_category.path);

insert into catalog_category_tree (ancestor, descendant, depth)
with recursive above (descendant, ancestor, depth) as (
    select c.id, c.id, 0 from catalog_category c
    union all
    select a.descendant, c.parent_id, a.depth + 1
    from above a
    join catalog_category c on c.id = a.ancestor
    where c.parent_id is not null
)
select a.ancestor, a.descendant, a.depth from above a;

drop table catalog_path;

alter table catalog_item add column category_id @id references catalog_category (id);
update catalog_item
set category_id = (select c.id from catalog_category c where c.path = catalog_item.category)
where category <> '';

drop view v_item;
drop index catalog_item_category;
alter table catalog_item drop column category;
create index catalog_item_category on catalog_item (category_id, sku_folded);

-- how an item is kept, and what is dangerous about it
alter table catalog_item add column storage_class @text;
alter table catalog_item add column temperature @small
    constraint catalog_item_temperature check (temperature between 1 and 5);
alter table catalog_item add column hazard_class @small
    constraint catalog_item_hazard check (hazard_class >= 1);
alter table catalog_item add column un_number @small
    constraint catalog_item_un check (un_number between 1 and 9999);
alter table catalog_item add column packing_group @small
    constraint catalog_item_packing check (packing_group between 1 and 3);

-- what a unit is as a thing: its level, its sides in millimetres, its weight in milligrams
alter table catalog_unit add column level @small
    constraint catalog_unit_level check (level between 1 and 5);
alter table catalog_unit add column length_mm @int constraint catalog_unit_length check (length_mm >= 1);
alter table catalog_unit add column width_mm @int constraint catalog_unit_width check (width_mm >= 1);
alter table catalog_unit add column height_mm @int constraint catalog_unit_height check (height_mm >= 1);
alter table catalog_unit add column weight_mg @int constraint catalog_unit_weight check (weight_mg >= 1);

-- for people
create view v_item as
select
    i.id as item_id,
    i.sku,
    i.name,
    i.base_unit,
    case i.tracking when 1 then 'none' when 2 then 'lot' when 3 then 'serial' end as tracking,
    case i.class
        when 1 then 'raw_material' when 2 then 'work_in_progress' when 3 then 'finished_good'
        when 4 then 'mro' when 5 then 'packaging' when 6 then 'service'
    end as class,
    coalesce(c.path, '') as category,
    i.attributes,
    i.owner,
    i.archived,
    i.version,
    i.created_at,
    i.changed_at,
    i.storage_class,
    case i.temperature
        when 1 then 'ambient' when 2 then 'cool' when 3 then 'chilled' when 4 then 'frozen' when 5 then 'deep_frozen'
    end as temperature
from catalog_item i
left join catalog_category c on c.id = i.category_id;

create view v_category as
select
    c.id as category_id,
    c.path,
    c.name,
    p.path as parent,
    c.version,
    c.created_at,
    c.changed_at
from catalog_category c
left join catalog_category p on p.id = c.parent_id;

-- the frozen views that `verify` reads
create view ck_category as
select
    c.id as category_id,
    c.parent_id,
    c.name,
    c.path,
    c.version
from catalog_category c;

create view ck_category_tree as
select
    t.ancestor,
    t.descendant,
    t.depth
from catalog_category_tree t;
