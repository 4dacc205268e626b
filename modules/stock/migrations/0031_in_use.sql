-- What moves between sites are items in use.

drop view stock_known_item;
create view stock_known_item as
select i.id, i.sku, i.sku_folded, i.base_unit, i.tracking, i.archived from catalog_item i;
