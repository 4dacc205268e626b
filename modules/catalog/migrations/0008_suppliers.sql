-- Suppliers, and what each of them sells us of an item: under which SKU, in which unit, how much at least.

create table catalog_supplier (
    id @id primary key,
    code @text not null,
    code_folded @text not null,
    name @text not null,
    archived @bool not null,
    version @int not null constraint catalog_supplier_version check (version >= 1),
    created_at @instant not null,
    changed_at @instant not null
) @strict;

create table catalog_supply (
    id @id primary key,
    item_id @id not null references catalog_item (id),
    supplier_id @id not null references catalog_supplier (id),
    -- what the supplier calls it
    code @text not null,
    code_folded @text not null,
    name @text,
    -- what it is sold in, and how many base units one of that is
    unit @text not null,
    num @int not null constraint catalog_supply_num check (num >= 1),
    den @int not null constraint catalog_supply_den check (den >= 1),
    -- in the unit, in millionths
    least @int constraint catalog_supply_least check (least >= 1),
    multiple @int constraint catalog_supply_multiple check (multiple >= 1),
    lead_time_days @int constraint catalog_supply_lead check (lead_time_days >= 0),
    -- the lower, the sooner it is bought there
    rank @small not null constraint catalog_supply_rank check (rank between 1 and 999),
    -- kept for the prices that it had
    removed @bool not null
) @strict;

-- only postgres
alter table catalog_supplier alter column code_folded type text collate "C";
alter table catalog_supply alter column code_folded type text collate "C";
-- end

create unique index catalog_supplier_code on catalog_supplier (code_folded);
create unique index catalog_supply_code on catalog_supply (supplier_id, code_folded) where not removed;
create index catalog_supply_found on catalog_supply (code_folded) where not removed;
create index catalog_supply_item on catalog_supply (item_id) where not removed;

-- for people
create view v_supply as
select
    i.sku as sku,
    s.code as supplier,
    s.name as supplier_name,
    p.code as supplier_sku,
    p.name as supplier_item_name,
    p.unit,
    p.num,
    p.den,
    p.least,
    p.multiple,
    p.lead_time_days,
    p.rank
from catalog_supply p
join catalog_item i on i.id = p.item_id
join catalog_supplier s on s.id = p.supplier_id
where not p.removed;

-- the frozen view that `verify` reads
create view ck_supplier as
select
    s.id as supplier_id,
    s.code,
    s.version
from catalog_supplier s;
