-- Types of locations go out and in as a list.

create view exchange_location_type_list as
select
    y.id, y.code, y.name,
    case y.kind when 2 then 'zone' when 3 then 'aisle' when 4 then 'rack' when 5 then 'shelf' when 6 then 'bin' end
        as kind,
    case y.role
        when 1 then 'storage' when 2 then 'receiving' when 3 then 'staging' when 4 then 'pick_face'
        when 5 then 'reserve' when 6 then 'quarantine' when 7 then 'production'
    end as role,
    y.sellable, y.open_to_allocation, y.archived, y.version
from places_type y;
