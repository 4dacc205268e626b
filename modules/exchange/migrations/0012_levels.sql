-- which kinds of places stand below which goes out and in as a list too

create view exchange_level_list as
select l.scope, l.below
from places_levels l
where l.below is not null;
