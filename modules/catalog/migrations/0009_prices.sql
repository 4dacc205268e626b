-- Standard costs, sales prices and prices of suppliers, each valid for some days; history is added to and never
-- rewritten.

create table catalog_price (
    id @id primary key,
    item_id @id not null references catalog_item (id),
    kind @small not null constraint catalog_price_kind check (kind between 1 and 3),
    -- of a sales price, in small letters; empty for the usual one
    list @text not null,
    -- of a supplier's price
    supply_id @id references catalog_supply (id),
    unit @text not null,
    currency @text not null,
    -- from this quantity on, in the unit, in millionths
    least @int not null constraint catalog_price_least check (least >= 0),
    -- of one unit, in millionths of the currency
    amount @int not null constraint catalog_price_amount check (amount >= 0),
    valid_from @date not null,
    -- the last day; null without an end
    valid_until @date,
    -- taken back before it began
    withdrawn @bool not null,
    created_at @instant not null,
    constraint catalog_price_days check (valid_until is null or valid_until >= valid_from),
    constraint catalog_price_supply check ((kind = 3) = (supply_id is not null))
) @strict;

-- only postgres
alter table catalog_price
    alter column list type text collate "C",
    alter column unit type text collate "C",
    alter column currency type text collate "C";
-- end

create index catalog_price_item on catalog_price (item_id, id);
create index catalog_price_key on catalog_price (item_id, kind, list, unit, currency, least, valid_from);
create index catalog_price_supply on catalog_price (supply_id) where supply_id is not null;

-- for people
create view v_price as
select
    i.sku as sku,
    case p.kind when 1 then 'cost' when 2 then 'sales' when 3 then 'purchase' end as kind,
    p.list,
    (select s.code
     from catalog_supply y
     join catalog_supplier s on s.id = y.supplier_id
     where y.id = p.supply_id) as supplier,
    p.unit,
    p.currency,
    p.least,
    p.amount,
    p.valid_from,
    p.valid_until
from catalog_price p
join catalog_item i on i.id = p.item_id
where not p.withdrawn;

-- the frozen view that `verify` reads
create view ck_price as
select
    p.id as price_id,
    p.item_id as sku_id,
    p.kind,
    p.list,
    p.supply_id,
    p.unit,
    p.currency,
    p.least,
    p.valid_from,
    p.valid_until
from catalog_price p
where not p.withdrawn;
