-- Items, their units and their barcodes. Ids are handed out by the application.

create table catalog_item (
    id @id primary key,
    sku @text not null,
    sku_folded @text not null,
    name @text not null,
    name_folded @text not null,
    base_unit @text not null,
    whole @bool not null,
    tracking @small not null constraint catalog_item_tracking check (tracking between 1 and 3),
    class @small not null constraint catalog_item_class check (class between 1 and 6),
    category @text not null,
    attributes @json not null,
    owner @text,
    -- 0 never, -1 named on the lot, else the shelf life in days
    expiry @int not null constraint catalog_item_expiry check (expiry between -1 and 36500),
    archived @bool not null,
    version @int not null constraint catalog_item_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

create table catalog_unit (
    item_id @id not null references catalog_item (id),
    unit @text not null,
    num @int not null constraint catalog_unit_num check (num >= 1),
    den @int not null constraint catalog_unit_den check (den >= 1),
    -- keeps its factor, in case it comes back
    removed @bool not null,
    primary key (item_id, unit)
) @strict_without_rowid;

create table catalog_barcode (
    -- a GTIN in fourteen digits, else the code
    code_key @text not null primary key,
    code @text not null,
    item_id @id not null,
    unit @text not null,
    symbology @small not null constraint catalog_barcode_symbology check (symbology >= 1),
    constraint catalog_barcode_unit foreign key (item_id, unit) references catalog_unit (item_id, unit)
) @strict_without_rowid;

-- order and prefixes by code point, as the other engine has them
-- only postgres
alter table catalog_item
    alter column sku_folded type text collate "C",
    alter column name_folded type text collate "C",
    alter column category type text collate "C";
alter table catalog_unit alter column unit type text collate "C";
alter table catalog_barcode
    alter column code_key type text collate "C",
    alter column unit type text collate "C";
-- end

create unique index catalog_item_sku on catalog_item (sku_folded);
create index catalog_item_name on catalog_item (name_folded);
create index catalog_item_category on catalog_item (category, sku_folded);
create index catalog_barcode_item on catalog_barcode (item_id, unit);

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
    i.category,
    i.attributes,
    i.owner,
    i.archived,
    i.version,
    i.created_at,
    i.changed_at
from catalog_item i;
