-- Whose goods an item is, for the check that what belongs to a third party is worth nothing.

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
    i.owner
from catalog_item i;
