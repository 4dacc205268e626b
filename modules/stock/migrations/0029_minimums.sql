-- How much of an item a site wants to have at least, as somebody has said.

create table stock_minimum (
  site @id not null,
  item @id not null,
  -- null where it was taken away
  least @int,
  version @int not null constraint stock_minimum_version check (version >= 1),
  constraint stock_minimum_least check (least is null or least > 0),
  primary key (site, item)
) @strict_without_rowid;
create index stock_minimum_item on stock_minimum (item, site);

-- for people, see docs/reference/views.md
create view v_minimum as
select
    x.sku,
    x.name,
    x.site,
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', (x.least) / 1000000, (x.least) % 1000000), '0'), '.') as minimum,
    -- end
    -- only postgres
    trim_scale((x.least) * 0.000001) as minimum,
    -- end
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', (x.available) / 1000000, (x.available) % 1000000), '0'), '.') as available,
    -- end
    -- only postgres
    trim_scale((x.available) * 0.000001) as available,
    -- end
    -- only sqlite
    rtrim(rtrim(printf('%d.%06d', (case when x.least > x.available then x.least - x.available else 0 end) / 1000000, (case when x.least > x.available then x.least - x.available else 0 end) % 1000000), '0'), '.') as lack,
    -- end
    -- only postgres
    trim_scale((case when x.least > x.available then x.least - x.available else 0 end) * 0.000001) as lack,
    -- end
    x.unit,
    x.item_id,
    x.site_id
from (
    select
        i.sku,
        i.name,
        s.code as site,
        m.least,
        coalesce(g.sellable - g.reserved - g.allocated, 0) as available,
        i.base_unit as unit,
        m.item as item_id,
        m.site as site_id
    from stock_minimum m
    join catalog_item i on i.id = m.item
    join places_location s on s.id = m.site
    left join stock_site g on g.item = m.item and g.site = m.site
    where m.least is not null
) x;
