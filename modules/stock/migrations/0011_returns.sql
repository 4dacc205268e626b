-- What comes back of sales: a row for a line of a goods issue from the first return on that names it, and
-- one for what each line of a return took back of it. The second is part of its posting's hash.

create table stock_sale (
  posting @uuid not null,
  line @int not null,
  item @id not null,
  lot @id not null,
  qty @int not null,
  value @int not null,
  effective_at @int not null,
  returned @int not null,
  value_back @int not null,
  primary key (posting, line),
  constraint stock_sale_back check (returned between 0 and qty and value_back between 0 and value)
) @strict_without_rowid;

create table stock_return (
  lane @int not null,
  number @int not null,
  line @int not null,
  sale @uuid not null,
  sale_line @int not null,
  qty @int not null check (qty > 0),
  value @int not null check (value >= 0),
  primary key (lane, number, line, sale, sale_line)
) @strict_without_rowid;
create index stock_return_sale on stock_return (sale, sale_line);

-- only sqlite
create trigger stock_return_never_updated before update on stock_return
begin select raise(abort, 'what a return took back never changes; reverse its posting'); end;
create trigger stock_return_never_deleted before delete on stock_return
begin select raise(abort, 'what a return took back never changes; reverse its posting'); end;
-- end
-- only postgres
create trigger stock_return_never_changes before update or delete on stock_return
  for each row execute function stock_never_changes();
-- end

create view ck_sale as
select
    s.posting as posting_id,
    s.line as line_no,
    s.item as sku_id,
    s.lot as lot_id,
    s.qty,
    s.value,
    s.effective_at,
    s.returned,
    s.value_back
from stock_sale s;

create view ck_return as
select
    r.lane,
    r.number as seq,
    r.line as line_no,
    r.sale as sale_id,
    r.sale_line,
    r.qty,
    r.value
from stock_return r;
