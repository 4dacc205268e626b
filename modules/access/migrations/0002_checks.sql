-- The frozen views that `verify` reads of this module: who may do what, and no secret.

create view ck_principal as
select
    p.id as principal_id,
    case p.kind when 1 then 'user' when 2 then 'key' end as kind,
    p.name,
    p.version,
    p.ended_at
from access_principal p;

create view ck_role as
select
    r.id as role_id,
    r.name,
    r.built_in,
    r.permissions,
    r.version
from access_role r;

create view ck_grant as
select
    g.id as grant_id,
    g.principal_id,
    g.role_id,
    g.location_id as loc_id
from access_grant g;

create view ck_key as
select
    k.principal_id,
    k.owner_id,
    k.permissions,
    k.locations,
    k.expires_at
from access_key k;
