-- A closed month keeps a digest of what was posted into it, also after it is opened again.

create table stock_period_digest (
  period integer not null,
  -- the version of the month at which it was closed
  version @int not null,
  closed_at @instant not null,
  postings @int,
  movements @int,
  -- null, with both counts, for a month that was closed before digests were kept
  hash @bytes,
  constraint stock_period_digest_hash check (
    (hash is null and postings is null and movements is null)
    or (hash is not null and length(hash) = 32 and postings is not null and movements is not null)
  ),
  primary key (period, version)
) @strict_without_rowid;

insert into stock_period_digest (period, version, closed_at)
select p.period, p.version, p.changed_at from stock_period p where p.state = 2;

-- only sqlite
create trigger stock_period_digest_never_updated before update on stock_period_digest
begin select raise(abort, 'a digest never changes'); end;
create trigger stock_period_digest_never_deleted before delete on stock_period_digest
begin select raise(abort, 'a digest never changes'); end;
-- end
-- only postgres
create trigger stock_period_digest_never_changes before update or delete on stock_period_digest
  for each row execute function stock_never_changes();
create trigger stock_period_digest_never_emptied before truncate on stock_period_digest
  for each statement execute function stock_never_changes();
-- end

create view ck_period_digest as
select
    d.period as period_id,
    d.version,
    d.closed_at,
    d.postings,
    d.movements,
    d.hash
from stock_period_digest d;
