-- A permission of a role can ask for a second person; and whose password somebody else has set is remembered.

-- by permission: `always`, or the amount above which it does
alter table access_role add column conditions @json not null default '{}';

-- whoever set the password of somebody else can sign in as them; null once they changed it themselves
alter table access_user add column password_by @id;

drop view ck_role;

create view ck_role as
select
    r.id as role_id,
    r.name,
    r.built_in,
    r.permissions,
    r.version,
    r.conditions
from access_role r;
