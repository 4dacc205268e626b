-- Whoever signs in with a password can be asked for a second factor: a code of half a minute, or one to recover by.

create table access_factor (
    principal_id @id primary key references access_user (principal_id),
    -- what the codes are made of, sealed under the master key, which is not in the database
    secret @bytes not null,
    -- by what that key is known
    key_name @bytes not null,
    -- the last half minute of which a code was used: none counts twice
    step @int not null,
    begun_at @instant not null,
    -- null until a first code was right; until then it is asked of nobody
    confirmed_at @instant
) @strict;

create table access_recovery (
    principal_id @id not null references access_user (principal_id),
    -- SHA-256; a code has 80 random bits
    code_hash @bytes not null,
    used_at @instant,
    primary key (principal_id, code_hash)
) @strict;

-- the password was right, and the code is to come: it does nothing else
alter table access_session add column half @bool not null default false;

drop view ck_session;

create view ck_session as
select
    s.id as session_id,
    s.principal_id,
    s.begun_at,
    s.expires_at,
    s.ended_at,
    s.half
from access_session s;

create view ck_second_factor as
select
    f.principal_id,
    f.begun_at,
    f.confirmed_at,
    (select count(*) from access_recovery r where r.principal_id = f.principal_id) as recovery_codes
from access_factor f;
