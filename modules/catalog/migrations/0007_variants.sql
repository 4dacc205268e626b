-- Option sets, families that name them, and the items that were made as variants of a family.

create table catalog_option_set (
    id @id primary key,
    -- as patterns have it
    code @text not null,
    name @text not null,
    version @int not null constraint catalog_option_set_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

create table catalog_option_value (
    set_id @id not null references catalog_option_set (id),
    -- the code in small letters
    value_key @text not null,
    -- as it stands in a SKU
    code @text not null,
    name @text not null,
    position @int not null,
    -- no new variant has it
    archived @bool not null,
    primary key (set_id, value_key)
) @strict_without_rowid;

create table catalog_family (
    id @id primary key,
    code @text not null,
    code_folded @text not null,
    name @text not null,
    sku_pattern @text not null,
    name_pattern @text not null,
    -- variants may be made when one is ordered
    configurable @bool not null,
    -- what cannot be combined
    excluded @json not null,
    -- what its variants are like, but for their category
    defaults @json not null,
    category_id @id references catalog_category (id),
    archived @bool not null,
    version @int not null constraint catalog_family_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

create table catalog_family_option (
    family_id @id not null references catalog_family (id),
    position @small not null constraint catalog_family_option_position check (position >= 0),
    set_id @id not null references catalog_option_set (id),
    primary key (family_id, position)
) @strict_without_rowid;

create table catalog_variant (
    item_id @id not null primary key references catalog_item (id),
    family_id @id not null references catalog_family (id),
    -- the keys of its values in the order of the options, divided by `/`
    combination @text not null
) @strict;

create table catalog_variant_option (
    item_id @id not null references catalog_variant (item_id),
    set_id @id not null,
    value_key @text not null,
    primary key (item_id, set_id),
    constraint catalog_variant_option_value
        foreign key (set_id, value_key) references catalog_option_value (set_id, value_key)
) @strict_without_rowid;

-- only postgres
alter table catalog_option_set alter column code type text collate "C";
alter table catalog_option_value alter column value_key type text collate "C";
alter table catalog_family alter column code_folded type text collate "C";
alter table catalog_variant alter column combination type text collate "C";
alter table catalog_variant_option alter column value_key type text collate "C";
-- end

create unique index catalog_option_set_code on catalog_option_set (code);
create unique index catalog_family_code on catalog_family (code_folded);
create index catalog_family_category on catalog_family (category_id) where category_id is not null;
create unique index catalog_family_option_set on catalog_family_option (set_id, family_id);
create unique index catalog_variant_combination on catalog_variant (family_id, combination);
create index catalog_variant_family on catalog_variant (family_id, item_id);
create index catalog_variant_option_item on catalog_variant_option (set_id, value_key, item_id);

-- for people
create view v_variant as
select
    i.sku as sku,
    f.code as family,
    s.code as option,
    v.code as value,
    v.name as value_name
from catalog_variant m
join catalog_item i on i.id = m.item_id
join catalog_family f on f.id = m.family_id
join catalog_variant_option o on o.item_id = m.item_id
join catalog_option_set s on s.id = o.set_id
join catalog_option_value v on v.set_id = o.set_id and v.value_key = o.value_key;

-- the frozen views that `verify` reads
create view ck_attribute as
select
    a.id as attribute_id,
    a.key,
    a.version
from catalog_attribute a;

create view ck_option_set as
select
    s.id as set_id,
    s.code,
    s.version
from catalog_option_set s;

create view ck_family as
select
    f.id as family_id,
    f.code,
    f.version
from catalog_family f;

create view ck_family_option as
select
    o.family_id,
    o.position,
    o.set_id
from catalog_family_option o;

create view ck_variant as
select
    m.item_id as sku_id,
    m.family_id,
    m.combination
from catalog_variant m;

create view ck_variant_option as
select
    o.item_id as sku_id,
    o.set_id,
    o.value_key
from catalog_variant_option o;
