-- bills of materials and minimums go out and in as lists too

create view exchange_bom_list as
select
    l.item_id, l.line, l.choice, p.sku,
    case b.kind when 1 then 'kit' when 2 then 'phantom' when 3 then 'made' end as kind,
    b.yielded, b.note, c.sku as component, l.qty, l.unit, l.scrap,
    case when l.choice > 0
         then (select f.sku
               from catalog_bom_line o
               join catalog_item f on f.id = o.component_id
               where o.item_id = l.item_id and o.line = l.line and o.choice = 0)
    end as instead_of
from catalog_bom b
join catalog_bom_line l on l.item_id = b.item_id
join catalog_item p on p.id = b.item_id
join catalog_item c on c.id = l.component_id;

create view exchange_minimum_list as
select m.site as site_id, m.item as item_id, m.least, m.version
from stock_minimum m
where m.least is not null;
