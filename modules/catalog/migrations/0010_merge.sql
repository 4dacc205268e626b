-- Two records of one thing become one: the other stays for its history and says where it went.

alter table catalog_item add column merged_into @id references catalog_item (id);

create index catalog_item_merged on catalog_item (merged_into) where merged_into is not null;

drop view v_item;
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
    end as temperature,
    (select m.sku from catalog_item m where m.id = i.merged_into) as merged_into
from catalog_item i
left join catalog_category c on c.id = i.category_id;

drop view ck_item;
create view ck_item as
select
    i.id as sku_id,
    i.sku,
    case i.tracking when 1 then 'none' when 2 then 'lot' when 3 then 'serial' end as tracking,
    i.class <> 6 as stocked,
    i.whole,
    i.base_unit,
    i.archived,
    i.version,
    i.owner,
    i.merged_into,
    i.attributes,
    i.unread
from catalog_item i;

-- what items are found by
create view ck_value as
select
    v.item_id as sku_id,
    v.key,
    v.n,
    v.inherited
from catalog_value v;

create view ck_term as
select
    t.item_id as sku_id,
    t.word,
    t.weight
from catalog_term t;
