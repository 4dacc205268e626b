-- Commands that are held until somebody else agrees, as they were sent.

create table db_held (
    id @uuid not null primary key,
    -- who asked, and the key that they asked with; null for a session
    asked_by @id not null,
    via @id,
    -- what names the request: its answer is kept under it
    key @text not null,
    fingerprint @bytes not null,
    -- the request as it came
    method @text not null,
    target @text not null,
    if_match @text,
    body @bytes not null,
    -- the body holds a secret and is sealed; it is emptied when the command is decided
    sealed @bool not null,
    -- what it needs, and why that asks for somebody else
    permission @text not null,
    why @text not null,
    -- minor units of the books; null when nobody can say
    worth @int,
    -- the ids of the places it is about; null for everywhere
    places @text,
    asked_at @instant not null,
    expires_at @instant not null,
    -- 1 waiting, 2 agreed, 3 refused, 4 withdrawn, 5 expired
    state @small not null constraint db_held_state check (state between 1 and 5),
    decided_by @id,
    decided_at @instant,
    note @text,
    -- of the answer, when it was agreed to
    status @small,
    location @text,
    version @int not null constraint db_held_version check (version in (1, 2)),
    constraint db_held_decided check ((state = 1) = (decided_at is null) and (state = 1) = (version = 1)),
    constraint db_held_somebody_else check (state not in (2, 3) or (decided_by is not null and decided_by <> asked_by)),
    constraint db_held_answered check ((state = 2) = (status is not null))
) @strict_without_rowid;

create index db_held_waiting on db_held (state, id);

create index db_held_asked_by on db_held (asked_by, id);

create view ck_approval as
select
    h.id as approval_id,
    h.asked_by,
    h.permission,
    h.asked_at,
    h.expires_at,
    h.state,
    h.decided_by,
    h.decided_at,
    h.status,
    h.version
from db_held h;
