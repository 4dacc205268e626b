-- Options, families, variants, suppliers, what they sell and prices, as their lists have them.

create view exchange_option_list as
select
    s.id as set_id, v.position, s.code as option_set, s.name, v.code as value, v.name as value_name, v.archived
from catalog_option_set s
join catalog_option_value v on v.set_id = s.id;

create view exchange_family_list as
select
    f.id, f.code, f.name, f.sku_pattern, f.name_pattern, f.configurable, f.excluded, f.defaults, f.archived,
    f.version,
    (select c.path from catalog_category c where c.id = f.category_id) as category
from catalog_family f;

create view exchange_family_option_list as
select o.family_id, o.position, s.code as option_set
from catalog_family_option o
join catalog_option_set s on s.id = o.set_id;

create view exchange_variant_list as
select i.id, i.sku, f.code as family, m.combination
from catalog_variant m
join catalog_item i on i.id = m.item_id
join catalog_family f on f.id = m.family_id;

create view exchange_supplier_list as
select s.id, s.code, s.name, s.archived, s.version
from catalog_supplier s;

create view exchange_supply_list as
select
    p.id, i.sku, s.code as supplier, p.code as supplier_sku, p.name, p.unit, p.num, p.den, p.least, p.multiple,
    p.lead_time_days, p.rank
from catalog_supply p
join catalog_item i on i.id = p.item_id
join catalog_supplier s on s.id = p.supplier_id
where not p.removed;

create view exchange_price_list as
select
    p.id, i.sku,
    case p.kind when 1 then 'cost' when 2 then 'sales' when 3 then 'purchase' end as kind,
    p.list, s.code as supplier, y.code as supplier_sku, p.unit, p.currency, p.least, p.amount, p.valid_from,
    p.valid_until
from catalog_price p
join catalog_item i on i.id = p.item_id
left join catalog_supply y on y.id = p.supply_id
left join catalog_supplier s on s.id = y.supplier_id
-- what is sold no more has no place to come back to
where not p.withdrawn and (p.supply_id is null or not y.removed);
