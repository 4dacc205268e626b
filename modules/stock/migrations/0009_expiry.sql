-- The guard of an item at a site knows when good stock of the site expires first, for sale or not: a
-- sweep asks the guards what is due, and not every lot that ever expired.

update stock_site set next_expiry = w.first
from (
  select b.item, p.site, min(l.expiry_on) as first
  from stock_balance b
  join stock_lot l on l.id = b.lot
  join stock_known_place p on p.id = b.location
  where b.status = 1 and b.on_hand > 0 and l.expiry_on is not null and p.site <> 0
  group by b.item, p.site
) w
where stock_site.item = w.item and stock_site.site = w.site
  and (stock_site.next_expiry is null or stock_site.next_expiry > w.first);

create index stock_site_expiry on stock_site (site, next_expiry) where next_expiry is not null;
