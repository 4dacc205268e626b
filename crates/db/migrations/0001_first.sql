-- What every module stands on: lanes, events and their feed, answers, jobs, audit and id blocks.

create table db_lane (
    lane @id not null primary key,
    holder @bytes not null,
    leased_until @instant not null,
    number @int not null,
    hash @bytes not null,
    event_number @int not null,
    commits @int not null
) @strict;

-- only sqlite
insert into db_lane (lane, holder, leased_until, number, hash, event_number, commits)
values (1, zeroblob(16), 0, 0, zeroblob(32), 0, 0);

create table db_probe (
    id integer not null primary key,
    filler blob not null
) strict;
-- end

create table db_outbox (
    -- only sqlite
    event_number integer not null primary key,
    lane integer not null,
    -- end
    -- only postgres
    lane bigint not null,
    event_number bigint not null,
    primary key (lane, event_number),
    -- end
    event_id @uuid not null,
    kind @text not null,
    aggregate_type @text not null,
    aggregate_id @text not null,
    aggregate_seq @int not null,
    recorded_at @instant not null,
    sites @text not null,
    payload @text not null
) @strict;

create unique index db_outbox_aggregate on db_outbox (aggregate_type, aggregate_id, aggregate_seq);

create table db_feed (
    position_from @int not null primary key,
    lane @id not null,
    number_from @int not null,
    number_to @int not null,
    check (number_to >= number_from)
) @strict;

create index db_feed_lane on db_feed (lane, number_from);

create table db_idempotency (
    principal @id not null,
    key @text not null,
    fingerprint @bytes not null,
    status @small not null,
    headers @text,
    body @bytes not null,
    created_at @instant not null,
    expires_at @instant not null,
    primary key (principal, key)
) @strict;

create index db_idempotency_expiry on db_idempotency (expires_at);

create table db_job (
    id @uuid not null primary key,
    kind @text not null,
    payload @text not null,
    dedupe @text,
    run_at @instant not null,
    attempts @int not null,
    state @small not null check (state in (0, 1, 2)),
    last_error @text
) @strict_without_rowid;

create unique index db_job_dedupe on db_job (kind, dedupe) where state = 0;

create index db_job_due on db_job (run_at) where state < 2;

create table db_audit (
    n @id not null primary key,
    at @instant not null,
    actor_id @id not null,
    actor_name @text not null,
    action @text not null,
    target @text not null,
    request_id @uuid not null,
    outcome @text not null,
    details @text not null,
    payload_hash @bytes not null,
    prev_hash @bytes not null,
    hash @bytes not null
) @strict;

create index db_audit_target on db_audit (target, n);

create table db_audit_head (
    id @id not null primary key check (id = 1),
    n @int not null,
    hash @bytes not null
) @strict;

create table db_block (
    name @text not null primary key,
    next @int not null
) @strict_without_rowid;

-- only sqlite
insert into db_audit_head (id, n, hash) values (1, 0, zeroblob(32));

create trigger db_audit_no_update before update on db_audit begin
    select raise(abort, 'db_audit is append-only');
end;
create trigger db_audit_no_delete before delete on db_audit begin
    select raise(abort, 'db_audit is append-only');
end;
create trigger db_outbox_no_update before update on db_outbox begin
    select raise(abort, 'db_outbox is append-only');
end;
create trigger db_outbox_no_delete before delete on db_outbox begin
    select raise(abort, 'db_outbox is append-only');
end;
-- end

-- only postgres
insert into db_audit_head (id, n, hash)
values (1, 0, decode(repeat('00', 32), 'hex'));

create function db_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end;
$$;
create trigger db_audit_no_change before update or delete or truncate on db_audit
    for each statement execute function db_append_only();
create trigger db_outbox_no_change before update or delete or truncate on db_outbox
    for each statement execute function db_append_only();
-- end
