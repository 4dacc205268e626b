-- A key can be held to the networks that it is used from.

-- null: from everywhere
alter table access_key add column networks @json;

drop view ck_key;

create view ck_key as
select
    k.principal_id,
    k.owner_id,
    k.permissions,
    k.locations,
    k.networks,
    k.expires_at
from access_key k;
