-- What was imported, so that a file of stock is not posted twice, and what people said of the columns of
-- their files, so that they say it once.

create table exchange_run (
  id @int not null primary key,
  list @text not null,
  file @text not null,
  digest @bytes not null,
  row_count @int not null,
  created @int not null,
  changed @int not null,
  unchanged @int not null,
  refused @int not null,
  -- the last row that is behind it, while it takes each row by itself; it goes on behind that one
  done_to @int not null,
  ended @bool not null,
  actor @int not null,
  at @instant not null,
  constraint exchange_run_counts check (
    created >= 0 and changed >= 0 and unchanged >= 0 and refused >= 0
    and done_to >= 0 and row_count >= created + changed + unchanged + refused)
) @strict;
create index exchange_run_digest on exchange_run (list, digest, id);

create table exchange_column (
  list @text not null,
  -- its letters and digits, small
  title @text not null,
  -- the name of a field, or `-` for a column that is left out
  field @text not null,
  primary key (list, title)
) @strict_without_rowid;

-- the records as their lists have them, which are exported and imported
create view exchange_attribute_list as
select
    a.id, a.key, a.name, a.version,
    case a.kind
        when 1 then 'text' when 2 then 'number' when 3 then 'boolean' when 4 then 'date' when 5 then 'choice'
        when 6 then 'choices'
    end as kind,
    a.unit, a.choices, a.least, a.most
from catalog_attribute a;

create view exchange_rule_list as
select c.path as category, a.key as attribute, r.required, r.standard, r.allowed, r.position
from catalog_rule r
join catalog_category c on c.id = r.category_id
join catalog_attribute a on a.id = r.attribute_id;

create view exchange_item_list as
select
    i.id, i.whole,
    case i.hazard_class
        when 1 then '1.1'
        when 2 then '1.2'
        when 3 then '1.3'
        when 4 then '1.4'
        when 5 then '1.5'
        when 6 then '1.6'
        when 7 then '2.1'
        when 8 then '2.2'
        when 9 then '2.3'
        when 10 then '3'
        when 11 then '4.1'
        when 12 then '4.2'
        when 13 then '4.3'
        when 14 then '5.1'
        when 15 then '5.2'
        when 16 then '6.1'
        when 17 then '6.2'
        when 18 then '7'
        when 19 then '8'
        when 20 then '9'
    end as hazard_class,
    i.un_number,
    case i.packing_group when 1 then 'I' when 2 then 'II' when 3 then 'III' end as packing_group,
    case i.expiry when 0 then 'never' when -1 then 'named' else 'shelf_life' end as expiry,
    case when i.expiry > 0 then i.expiry end as shelf_life_days
from catalog_item i;

create view exchange_unit_list as
select
    u.item_id, u.unit, u.num, u.den, u.removed,
    case u.level
        when 1 then 'each' when 2 then 'inner' when 3 then 'case' when 4 then 'layer' when 5 then 'pallet'
    end as level,
    u.length_mm, u.width_mm, u.height_mm, u.weight_mg
from catalog_unit u;

create view exchange_barcode_list as
select
    b.item_id, b.unit, b.code, b.code_key,
    case b.symbology
        when 1 then 'ean_8' when 2 then 'upc_a' when 3 then 'ean_13' when 4 then 'gtin_14' when 5 then 'code_128'
    end as symbology
from catalog_barcode b;

create view exchange_reason_list as
select r.code, r.name, r.active <> 0 as active, r.version
from stock_reason r;
