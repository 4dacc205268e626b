-- The frozen views that `verify` reads of this module.

create view ck_item as
select
    i.id as sku_id,
    i.sku,
    case i.tracking when 1 then 'none' when 2 then 'lot' when 3 then 'serial' end as tracking,
    i.class <> 6 as stocked,
    i.whole,
    i.base_unit,
    i.archived,
    i.version
from catalog_item i;

create view ck_unit as
select
    u.item_id as sku_id,
    u.unit,
    u.num,
    u.den,
    u.removed
from catalog_unit u;

create view ck_barcode as
select
    b.code_key,
    b.item_id as sku_id,
    b.unit
from catalog_barcode b;
