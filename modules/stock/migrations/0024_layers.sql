-- Layers lie in the order in which they are used, and the head of a stack says from when on any are open: the
-- oldest open ones are found without an index of their own, which cost each receipt and each use a page more.
-- What was taken from a layer, or put into it, names the layer's instant, as its key now does.

drop view ck_layer_use;
drop view ck_layer;
drop view ck_stack;

alter table stock_stack add column open_since @int not null default 0;
update stock_stack
set open_since = coalesce(
  (select min(l.effective_at)
   from stock_layer l
   where l.item = stock_stack.item and l.grp = stock_stack.grp and l.qty_left > 0),
  0);

-- only sqlite
drop trigger stock_layer_use_never_updated;
alter table stock_layer_use add column layer_at integer not null default 0;
-- end
-- only postgres
alter table stock_layer_use disable trigger stock_layer_use_never_changes;
alter table stock_layer_use add column layer_at bigint not null default 0;
-- end
update stock_layer_use
set layer_at = coalesce(
  (select l.effective_at
   from stock_layer l
   where l.item = stock_layer_use.item and l.grp = stock_layer_use.grp and l.seq = stock_layer_use.seq),
  0);
-- only sqlite
create trigger stock_layer_use_never_updated before update on stock_layer_use
begin select raise(abort, 'a layer use never changes'); end;

alter table stock_layer rename to stock_layer_by_number;
drop index stock_layer_open;
create table stock_layer (
  item integer not null,
  grp integer not null,
  effective_at integer not null,
  seq integer not null,
  qty_in integer not null,
  value_in integer not null,
  qty_left integer not null,
  value_left integer not null,
  primary key (item, grp, effective_at, seq),
  constraint stock_layer_left check (qty_left between 0 and qty_in and value_left between 0 and value_in
    and (qty_left > 0 or value_left = 0))
) strict, without rowid;
insert into stock_layer (item, grp, effective_at, seq, qty_in, value_in, qty_left, value_left)
select l.item, l.grp, l.effective_at, l.seq, l.qty_in, l.value_in, l.qty_left, l.value_left
from stock_layer_by_number l
order by l.item, l.grp, l.effective_at, l.seq;
drop table stock_layer_by_number;
-- end
-- only postgres
alter table stock_layer_use enable trigger stock_layer_use_never_changes;
alter table stock_layer_use alter column layer_at drop default;
alter table stock_stack alter column open_since drop default;
drop index stock_layer_open;
alter table stock_layer drop constraint stock_layer_pkey;
alter table stock_layer add primary key (item, grp, effective_at, seq);
-- end

create view ck_stack as
select
    s.item as sku_id,
    s.grp as valuation_group,
    s.next_seq as next_layer,
    s.qty,
    s.value,
    s.open_since
from stock_stack s;

create view ck_layer as
select
    l.seq as layer_id,
    l.item as sku_id,
    l.grp as valuation_group,
    (select min(u.number)
     from stock_layer_use u
     where u.item = l.item and u.grp = l.grp and u.seq = l.seq and u.made = 1) as source_seq,
    l.qty_in,
    -- minor units for one base unit, rounded down; exact are the values
    case when l.qty_in > 0 and l.value_in < 9000000000000 then l.value_in * 1000000 / l.qty_in end as unit_cost,
    l.qty_left,
    l.value_in,
    l.value_left,
    l.effective_at
from stock_layer l;

create view ck_layer_use as
select
    u.number as seq,
    u.seq as layer_id,
    u.qty,
    u.value as cost,
    u.lane,
    u.line as line_no,
    u.item as sku_id,
    u.grp as valuation_group,
    u.made,
    p.recorded_at,
    p.reversal_of,
    u.layer_at
from stock_layer_use u
left join stock_posting p on p.lane = u.lane and p.number = u.number;
