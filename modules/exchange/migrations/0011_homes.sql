-- where items are kept goes out and in as a list too

create view exchange_home_list as
select h.site as site_id, h.item as item_id, h.rank, h.location as location_id
from stock_home_place h;
