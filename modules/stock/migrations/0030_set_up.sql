-- What stands at a site that is being set up is not for sale, and is not chosen to go out.

-- only sqlite
drop view stock_known_place;
create view stock_known_place as
-- end
-- only postgres
create or replace view stock_known_place as
-- end
select p.id, p.code, p.code_folded, p.kind, p.site_id as site, p.sellable, p.blocked,
    p.sellable and not p.blocked
        and not exists (select 1 from places_site z where z.id = p.site_id and z.state = 1) as counts
from places_location p;

-- only sqlite
drop view stock_pickable;
create view stock_pickable as
-- end
-- only postgres
create or replace view stock_pickable as
-- end
select p.id, p.code, p.site_id as site
from places_location p
where p.sellable and p.open_to_allocation and not p.blocked and not p.archived
  and not exists (select 1 from places_site z where z.id = p.site_id and z.state = 1);
