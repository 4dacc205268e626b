-- What is personal in the log and in events can be taken away: the chain of the log covers salted digests of its texts.

-- 1: the hash covers the texts themselves; 2: it covers their digests, that of the details being `payload_hash`
alter table db_audit add column form @small not null default 1
    constraint db_audit_form check (form in (1, 2));
alter table db_audit add column actor_digest @bytes;
alter table db_audit add column target_digest @bytes;
-- null in the first form, and when the text was taken away: without it nobody can try what the text was
alter table db_audit add column actor_salt @bytes;
alter table db_audit add column target_salt @bytes;
alter table db_audit add column details_salt @bytes;

-- from which rows texts were taken, by which request, and the digest of what was left of the row
create table db_audit_erased (
    n @id not null,
    -- counts the times, from 1
    time @int not null,
    request_id @uuid not null,
    remains @bytes not null,
    primary key (n, time)
) @strict_without_rowid;

-- only sqlite
drop trigger db_audit_no_update;
create trigger db_audit_no_update before update on db_audit
when not (
    new.n = old.n and new.at = old.at and new.actor_id = old.actor_id and new.action = old.action
    and new.request_id = old.request_id and new.outcome = old.outcome and new.form = old.form
    and new.payload_hash = old.payload_hash and new.prev_hash = old.prev_hash and new.hash = old.hash
    and new.actor_digest is old.actor_digest and new.target_digest is old.target_digest
    and (new.actor_name <> old.actor_name or new.target <> old.target or new.details <> old.details)
    and (new.actor_name = old.actor_name and new.actor_salt is old.actor_salt
      or instr(new.actor_name, 'erased:') > 0 and new.actor_salt is null)
    and (new.target = old.target and new.target_salt is old.target_salt
      or instr(new.target, 'erased:') > 0 and new.target_salt is null)
    and (new.details = old.details and new.details_salt is old.details_salt
      or instr(new.details, 'erased:') > 0 and new.details_salt is null))
begin
    select raise(abort, 'db_audit is append-only');
end;
create trigger db_audit_erased_no_update before update on db_audit_erased begin
    select raise(abort, 'db_audit_erased is append-only');
end;
create trigger db_audit_erased_no_delete before delete on db_audit_erased begin
    select raise(abort, 'db_audit_erased is append-only');
end;
drop trigger db_outbox_no_update;
create trigger db_outbox_no_update before update on db_outbox
when not (
    new.event_number = old.event_number and new.lane = old.lane and new.event_id = old.event_id
    and new.kind = old.kind and new.aggregate_type = old.aggregate_type
    and new.aggregate_id = old.aggregate_id and new.aggregate_seq = old.aggregate_seq
    and new.recorded_at = old.recorded_at and new.sites = old.sites
    and new.payload <> old.payload and instr(new.payload, 'erased:') > 0)
begin
    select raise(abort, 'db_outbox is append-only');
end;
-- end
-- only postgres
create function db_audit_erased_only() returns trigger language plpgsql as $$
begin
    if (new.n, new.at, new.actor_id, new.action, new.request_id, new.outcome, new.form, new.payload_hash,
        new.prev_hash, new.hash, new.actor_digest, new.target_digest)
      is not distinct from
       (old.n, old.at, old.actor_id, old.action, old.request_id, old.outcome, old.form, old.payload_hash,
        old.prev_hash, old.hash, old.actor_digest, old.target_digest)
      and (new.actor_name, new.target, new.details) <> (old.actor_name, old.target, old.details)
      and (new.actor_name = old.actor_name and new.actor_salt is not distinct from old.actor_salt
        or strpos(new.actor_name, 'erased:') > 0 and new.actor_salt is null)
      and (new.target = old.target and new.target_salt is not distinct from old.target_salt
        or strpos(new.target, 'erased:') > 0 and new.target_salt is null)
      and (new.details = old.details and new.details_salt is not distinct from old.details_salt
        or strpos(new.details, 'erased:') > 0 and new.details_salt is null)
    then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name;
end;
$$;
drop trigger db_audit_no_change on db_audit;
create trigger db_audit_no_change before update on db_audit
    for each row execute function db_audit_erased_only();
create trigger db_audit_no_removal before delete or truncate on db_audit
    for each statement execute function db_append_only();
create trigger db_audit_erased_no_change before update or delete or truncate on db_audit_erased
    for each statement execute function db_append_only();
create function db_outbox_erased_only() returns trigger language plpgsql as $$
begin
    if (new.event_number, new.lane, new.event_id, new.kind, new.aggregate_type, new.aggregate_id,
        new.aggregate_seq, new.recorded_at, new.sites)
      is not distinct from
       (old.event_number, old.lane, old.event_id, old.kind, old.aggregate_type, old.aggregate_id,
        old.aggregate_seq, old.recorded_at, old.sites)
      and new.payload <> old.payload and strpos(new.payload, 'erased:') > 0
    then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name;
end;
$$;
drop trigger db_outbox_no_change on db_outbox;
create trigger db_outbox_no_change before update on db_outbox
    for each row execute function db_outbox_erased_only();
create trigger db_outbox_no_removal before delete or truncate on db_outbox
    for each statement execute function db_append_only();
-- end

drop view ck_audit;
create view ck_audit as
select
    a.n,
    a.at,
    a.actor_id,
    a.action,
    a.target,
    a.payload_hash,
    a.prev_hash,
    a.hash,
    a.actor_name,
    a.request_id,
    a.outcome,
    a.details,
    a.form,
    a.actor_digest,
    a.target_digest,
    a.actor_salt,
    a.target_salt,
    a.details_salt
from db_audit a;

create view ck_audit_erased as
select
    e.n,
    e.time,
    e.request_id,
    e.remains
from db_audit_erased e;
