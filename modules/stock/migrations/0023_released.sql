-- What moved of a lot while it was on hold as a whole: for each key in status hold, by how many movements it had
-- been touched when the hold began and when it ended. What a reversal brings back of it later, nobody holds any
-- more, but for what the bounds of places outside say, which stay when the hold ends.

create table stock_released (
  lot @id not null,
  location @id not null,
  from_ver @int not null,
  to_ver @int not null,
  primary key (lot, location, to_ver),
  constraint stock_released_ver check (from_ver >= 0 and to_ver > from_ver)
) @strict_without_rowid;

create view ck_released as
select r.lot as lot_id, r.location as loc_id, r.from_ver, r.to_ver
from stock_released r;
