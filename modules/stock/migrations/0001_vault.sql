-- The vault: movements and postings that never change, and the balances, guards, claims and cost
-- layers that are kept beside them in the same transaction.

create table stock_balance (
  item @id not null,
  location @id not null,
  lot @id not null,
  status @small not null check (status between 1 and 6),
  on_hand @int not null,
  allocated @int not null,
  ver @int not null,
  at @int not null,
  latest @int not null,
  second_qty @int,
  primary key (item, location, lot, status),
  constraint stock_balance_on_hand check (on_hand >= 0 or location < 0),
  constraint stock_balance_allocated check (allocated >= 0 and (allocated <= on_hand or location < 0))
) @strict_without_rowid;

create table stock_site (
  item @id not null,
  site @id not null,
  sellable @int not null,
  reserved @int not null,
  allocated @int not null,
  at @int not null,
  next_expiry @date,
  primary key (item, site),
  constraint stock_site_guard check (reserved >= 0 and allocated >= 0 and reserved + allocated <= sellable)
) @strict_without_rowid;

create table stock_posting (
  lane @int not null,
  number @int not null,
  id @uuid not null,
  kind @small not null,
  recorded_at @instant not null,
  effective_at @instant not null,
  late_from @instant,
  actor @id not null,
  document @text,
  reason @text,
  note @text,
  reversal_of @uuid,
  claims @text,
  idem_key @text,
  hash @bytes not null,
  primary key (lane, number)
) @strict_without_rowid;
create unique index stock_posting_id on stock_posting (id);
create unique index stock_posting_reversal on stock_posting (reversal_of) where reversal_of is not null;
create index stock_posting_document on stock_posting (document, lane, number) where document is not null;
create index stock_posting_recorded on stock_posting (recorded_at, lane, number);
create index stock_posting_actor on stock_posting (actor, recorded_at, lane, number);

-- only sqlite
create table stock_movement (
  lane integer not null,
  number integer not null,
  line integer not null,
  item integer not null,
  lot integer not null,
  from_location integer not null,
  from_status integer not null,
  to_location integer not null,
  to_status integer not null,
  qty integer not null check (qty > 0),
  second_qty integer,
  from_after integer not null,
  from_ver integer not null,
  to_after integer not null,
  to_ver integer not null,
  from_group integer not null,
  to_group integer not null,
  value integer,
  recorded_at integer not null,
  effective_at integer not null,
  effective_on text not null,
  period integer not null,
  primary key (lane, number, line),
  constraint stock_movement_ends check (from_location <> to_location or from_status <> to_status)
) strict, without rowid;
-- end
-- only postgres
create table stock_movement (
  lane bigint not null,
  number bigint not null,
  line bigint not null,
  item bigint not null,
  lot bigint not null,
  from_location bigint not null,
  from_status smallint not null,
  to_location bigint not null,
  to_status smallint not null,
  qty bigint not null check (qty > 0),
  second_qty bigint,
  from_after bigint not null,
  from_ver bigint not null,
  to_after bigint not null,
  to_ver bigint not null,
  from_group bigint not null,
  to_group bigint not null,
  value bigint,
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  effective_on date not null,
  period integer not null,
  primary key (lane, number, line, recorded_at),
  constraint stock_movement_ends check (from_location <> to_location or from_status <> to_status)
) partition by range (recorded_at);
alter table stock_balance set (fillfactor = 50);
alter table stock_site set (fillfactor = 50);
-- end
create index stock_movement_item on stock_movement (item, recorded_at, lane, number, line);
create index stock_movement_from on stock_movement (from_location, recorded_at, lane, number, line)
  where from_location > 0;
create index stock_movement_to on stock_movement (to_location, recorded_at, lane, number, line)
  where to_location > 0;
create index stock_movement_lot on stock_movement (lot, recorded_at, lane, number, line) where lot <> 0;

create table stock_month (
  period integer not null,
  item @id not null,
  location @id not null,
  lot @id not null,
  status @small not null,
  qty_in @int not null,
  qty_out @int not null,
  moves @int not null,
  primary key (period, item, location, lot, status)
) @strict_without_rowid;

create table stock_month_value (
  period integer not null,
  item @id not null,
  grp @int not null,
  qty_in @int not null,
  value_in @int not null,
  qty_out @int not null,
  value_out @int not null,
  primary key (period, item, grp)
) @strict_without_rowid;

-- which postings of a lane hold movements of a period: a scan of one month reads these only
create table stock_span (
  period integer not null,
  lane @int not null,
  first_number @int not null,
  last_number @int not null,
  primary key (period, lane)
) @strict_without_rowid;

create table stock_claim (
  id @uuid not null primary key,
  owner @text not null,
  item @id not null,
  site @id not null,
  location @id,
  lot @id,
  qty @int not null,
  priority @int not null,
  made_at @int not null,
  expires_at @int,
  state @small not null check (state between 1 and 6),
  constraint stock_claim_qty check (qty > 0 or state <> 1)
) @strict_without_rowid;
create index stock_claim_open on stock_claim (item, site) where state = 1;
create index stock_claim_expiry on stock_claim (expires_at) where state = 1 and expires_at is not null;

create table stock_lot (
  id @id not null primary key,
  item @id not null,
  code @text not null,
  code_folded @text not null,
  expiry_on @date,
  made_on @date,
  parent @id,
  on_hold @bool not null,
  created_at @instant not null,
  version @int not null,
  constraint stock_lot_code unique (item, code_folded)
) @strict;
create index stock_lot_expiry on stock_lot (expiry_on) where expiry_on is not null;

-- one guarded row per serial: at most one place in the world
create table stock_serial (
  lot @id not null primary key,
  location @id,
  status @small
) @strict;

create table stock_stack (
  item @id not null,
  grp @int not null,
  next_seq @int not null,
  qty @int not null,
  value @int not null,
  primary key (item, grp),
  constraint stock_stack_worth check (qty >= 0 and value >= 0 and (qty > 0 or value = 0))
) @strict_without_rowid;

create table stock_layer (
  item @id not null,
  grp @int not null,
  seq @int not null,
  effective_at @int not null,
  qty_in @int not null,
  value_in @int not null,
  qty_left @int not null,
  value_left @int not null,
  primary key (item, grp, seq),
  constraint stock_layer_left check (qty_left between 0 and qty_in and value_left between 0 and value_in
    and (qty_left > 0 or value_left = 0))
) @strict_without_rowid;
create index stock_layer_open on stock_layer (item, grp, effective_at, seq) where qty_left > 0;

-- what a movement took from layers (above zero) or put into them (below zero)
create table stock_layer_use (
  lane @int not null,
  number @int not null,
  line @int not null,
  item @id not null,
  grp @int not null,
  seq @int not null,
  qty @int not null,
  value @int not null,
  made @small not null,
  primary key (lane, number, line, grp, seq)
) @strict_without_rowid;

create table stock_period (
  period integer not null primary key,
  state @small not null check (state in (1, 2)),
  changed_at @instant not null,
  changed_by @id not null,
  version @int not null
) @strict;

create table stock_reason (
  code @text not null primary key,
  name @text not null,
  active @small not null,
  version @int not null
) @strict;

create table stock_transfer (
  id @uuid not null primary key,
  number @text not null unique,
  from_site @id not null,
  to_site @id not null,
  transit @id not null,
  state @small not null,
  note @text,
  created_at @instant not null,
  created_by @id not null,
  version @int not null
) @strict;

create table stock_transfer_line (
  transfer @uuid not null references stock_transfer (id),
  line @int not null,
  item @id not null,
  lot @id not null,
  qty @int not null,
  shipped @int not null,
  received @int not null,
  short @int not null,
  primary key (transfer, line),
  constraint stock_transfer_line_sums check (received + short <= shipped and shipped <= qty)
) @strict;

-- every move of a handling unit is a fact of its own; the contents follow by their location
create table stock_unit_move (
  unit @id not null,
  seq @int not null,
  posting @uuid not null,
  from_parent @id not null,
  to_parent @id not null,
  at @instant not null,
  primary key (unit, seq)
) @strict;

-- anchors the heads of all lanes and the state they lead to
create table stock_digest (
  n @int not null primary key,
  made_at @instant not null,
  heads @text not null,
  postings @int not null,
  movements @int not null,
  state_hash @bytes not null
) @strict;

-- only sqlite
create trigger stock_movement_never_updated before update on stock_movement
begin select raise(abort, 'a movement never changes; reverse its posting'); end;
create trigger stock_movement_never_deleted before delete on stock_movement
begin select raise(abort, 'a movement never changes; reverse its posting'); end;
create trigger stock_posting_never_updated before update on stock_posting
begin select raise(abort, 'a posting never changes; reverse it'); end;
create trigger stock_posting_never_deleted before delete on stock_posting
begin select raise(abort, 'a posting never changes; reverse it'); end;
create trigger stock_layer_use_never_updated before update on stock_layer_use
begin select raise(abort, 'a layer use never changes'); end;
create trigger stock_layer_use_never_deleted before delete on stock_layer_use
begin select raise(abort, 'a layer use never changes'); end;
create trigger stock_digest_never_updated before update on stock_digest
begin select raise(abort, 'a digest never changes'); end;
create trigger stock_digest_never_deleted before delete on stock_digest
begin select raise(abort, 'a digest never changes'); end;
-- end
-- only postgres
create function stock_never_changes() returns trigger language plpgsql as $$
begin raise exception 'rows of % never change; reverse the posting', tg_table_name; end $$;
create trigger stock_movement_never_changes before update or delete on stock_movement
  for each row execute function stock_never_changes();
create trigger stock_posting_never_changes before update or delete on stock_posting
  for each row execute function stock_never_changes();
create trigger stock_layer_use_never_changes before update or delete on stock_layer_use
  for each row execute function stock_never_changes();
create trigger stock_digest_never_changes before update or delete on stock_digest
  for each row execute function stock_never_changes();
-- end
