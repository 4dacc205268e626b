-- Whoever signs in has a session, which the server keeps and can end.

create table access_session (
    id @id primary key,
    -- SHA-256 of what the cookie holds
    secret_hash @bytes not null,
    principal_id @id not null references access_principal (id),
    -- by what they signed in: password
    method @text not null,
    -- from where, as far as one party has it in its hands; personal data
    network @text,
    -- what the browser said of itself; personal data
    agent @text not null,
    begun_at @instant not null,
    -- the last request, noted every half minute
    seen_at @instant not null,
    -- the end, however busy it is
    expires_at @instant not null,
    ended_at @instant,
    -- sign_out, replaced, revoked, password, grants, account
    ended_why @text,
    constraint access_session_ended check ((ended_at is null) = (ended_why is null))
) @strict;

create unique index access_session_secret on access_session (secret_hash);

create index access_session_principal on access_session (principal_id, id);

create index access_session_expires on access_session (expires_at);

create view ck_session as
select
    s.id as session_id,
    s.principal_id,
    s.begun_at,
    s.expires_at,
    s.ended_at
from access_session s;
