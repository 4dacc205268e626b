-- More of what `verify` reads: where an event is told, and what an answer said.

drop view ck_event;
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
    o.payload,
    o.sites
from db_outbox o;

drop view ck_idem;
create view ck_idem as
select
    i.principal as principal_id,
    i.key,
    i.fingerprint,
    i.status,
    -- one of the engines cannot hash in a view
    cast(null as @bytes) as body_hash,
    i.created_at,
    i.expires_at,
    i.body
from db_idempotency i;
