-- A grant can be for the items of a category: whoever cares for a part of the goods needs no rights over the rest.

-- 0: for everything; ids of categories are never given twice
alter table access_grant add column category_id @id not null default 0;

drop index access_grant_once;
create unique index access_grant_once on access_grant (principal_id, role_id, location_id, category_id);
create index access_grant_category on access_grant (category_id);

drop view ck_grant;

create view ck_grant as
select
    g.id as grant_id,
    g.principal_id,
    g.role_id,
    g.location_id as loc_id,
    g.category_id
from access_grant g;
