-- Where items are kept at the sites, as somebody has said: the places in which they are sought first.

-- counts the changes
create table stock_home (
  site @id not null,
  item @id not null,
  version @int not null constraint stock_home_version check (version >= 1),
  primary key (site, item)
) @strict_without_rowid;

create table stock_home_place (
  site @id not null,
  item @id not null,
  -- from 1, without gaps: the lower, the sooner it is sought there
  rank @int not null constraint stock_home_place_rank check (rank >= 1),
  location @id not null,
  primary key (site, item, rank)
) @strict_without_rowid;
create unique index stock_home_place_location on stock_home_place (location, item);
create index stock_home_place_item on stock_home_place (item, site, rank);

-- for people, see docs/reference/views.md
create view v_home as
select
    i.sku,
    i.name,
    s.code as site,
    h.rank,
    l.code as location,
    h.item as item_id,
    h.location as location_id
from stock_home_place h
join catalog_item i on i.id = h.item
join places_location s on s.id = h.site
join places_location l on l.id = h.location;
