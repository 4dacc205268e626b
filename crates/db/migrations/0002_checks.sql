-- The frozen views that `verify` reads of this crate: lanes, events and their feed, answers, audit.
-- Their columns are promised in docs/reference/checks.md: more may come, none goes or changes.

create view ck_lane as
select
    l.lane,
    l.number,
    l.hash,
    l.event_number
from db_lane l;

create view ck_event as
select
    (select
        case when o.event_number <= f.number_to then f.position_from + o.event_number - f.number_from end
     from db_feed f
     where f.lane = o.lane and f.number_from <= o.event_number
     order by f.number_from desc
     limit 1) as position,
    o.aggregate_type,
    o.aggregate_id,
    o.aggregate_seq,
    o.event_id,
    case when o.aggregate_type = 'stock' then o.aggregate_seq end as movement_seq,
    -- readers follow positions; no event is marked when it was handed out
    cast(null as @instant) as published_at,
    o.lane,
    o.event_number,
    o.kind,
    o.recorded_at,
    o.payload
from db_outbox o;

create view ck_feed as
select
    f.position_from,
    f.lane,
    f.number_from,
    f.number_to
from db_feed f;

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
    a.details
from db_audit a;

create view ck_audit_head as
select
    h.n,
    h.hash
from db_audit_head h;

create view ck_idem as
select
    i.principal as principal_id,
    i.key,
    i.fingerprint,
    i.status,
    -- one of the engines cannot hash in a view; the stored answer is not shown
    cast(null as @bytes) as body_hash,
    i.created_at,
    i.expires_at
from db_idempotency i;
