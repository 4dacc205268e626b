-- Bills of materials: what an item consists of, what may stand in for each part, and how much is lost.

create table catalog_bom (
    item_id @id not null primary key references catalog_item (id),
    kind @small not null constraint catalog_bom_kind check (kind between 1 and 3),
    -- how much is made at a time, in millionths of the base unit
    yielded @int not null constraint catalog_bom_yielded check (yielded >= 1),
    note @text not null
) @strict;

create table catalog_bom_line (
    item_id @id not null references catalog_bom (item_id),
    line @small not null,
    -- 0 the component, from 1 on what may stand in for it
    choice @small not null constraint catalog_bom_line_choice check (choice >= 0),
    component_id @id not null references catalog_item (id),
    -- in the unit, in millionths
    qty @int not null constraint catalog_bom_line_qty check (qty >= 1),
    unit @text not null,
    -- the same in the base unit
    base_qty @int not null constraint catalog_bom_line_base check (base_qty >= 1),
    -- in hundredths of a percent
    scrap @small not null constraint catalog_bom_line_scrap check (scrap between 0 and 10000),
    primary key (item_id, line, choice),
    constraint catalog_bom_line_itself check (component_id <> item_id)
) @strict_without_rowid;

create index catalog_bom_component on catalog_bom_line (component_id, item_id);

-- for people
create view v_bom as
select
    p.sku as sku,
    case b.kind when 1 then 'kit' when 2 then 'phantom' when 3 then 'made' end as kind,
    b.yielded,
    l.line,
    l.choice,
    c.sku as component,
    l.qty,
    l.unit,
    l.base_qty,
    l.scrap
from catalog_bom b
join catalog_bom_line l on l.item_id = b.item_id
join catalog_item p on p.id = b.item_id
join catalog_item c on c.id = l.component_id;

-- the frozen view that `verify` reads
create view ck_bom_line as
select
    l.item_id as sku_id,
    l.line,
    l.choice,
    l.component_id,
    l.base_qty
from catalog_bom_line l;
