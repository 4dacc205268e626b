-- What places stood below, from when until when: so a question about the past is answered with the
-- places as they were. A place that never moved has no row; what still holds ends with the end of time,
-- and what has always held begins with its beginning.

create table stock_stood (
  place @id not null,
  above @id not null,
  since @instant not null,
  until @instant not null,
  is_site @bool not null,
  primary key (place, above, since),
  constraint stock_stood_span check (since < until)
) @strict_without_rowid;
create index stock_stood_above on stock_stood (above, place);

-- the last instant at which a place came to another site: nothing is posted before it any more but what
-- says so itself
create table stock_settled (
  one @int not null primary key check (one = 1),
  at @instant not null
) @strict;

-- only sqlite
insert into stock_settled (one, at) values (1, -2208988800000000);
-- end
-- only postgres
insert into stock_settled (one, at) values (1, timestamptz '1900-01-01T00:00:00Z');
-- end

create view ck_stood as
select s.place as loc_id, s.above, s.since, s.until, s.is_site from stock_stood s;

-- what the ledger knows of the time before this table was kept
create view stock_known_group as
select p.id as place, p.kind, p.site_id as site, p.valuation_group as grp from places_location p;

create view stock_forever as
-- only sqlite
select -2208988800000000 as first, 7258118400000000 as last;
-- end
-- only postgres
select timestamptz '1900-01-01T00:00:00Z' as first, timestamptz '2200-01-01T00:00:00Z' as last;
-- end

-- where each site is valued by itself, every movement says by its groups at which site its places stood
insert into stock_stood (place, above, since, until, is_site)
select x.place, s.place, x.since, x.until, true
from (
  select b.place, b.grp, b.recorded_at as until,
    coalesce(lag(b.recorded_at) over (partition by b.place order by b.recorded_at, b.lane, b.number, b.line),
      b.first) as since
  from (
    select l.place, l.grp, l.recorded_at, l.lane, l.number, l.line, g.grp as grp_now, f.first,
      lead(l.grp) over (partition by l.place order by l.recorded_at, l.lane, l.number, l.line) as grp_next
    from (
      select m.to_location as place, m.to_group as grp, m.recorded_at, m.lane, m.number, m.line
      from stock_movement m where m.to_location > 0
      union
      select m.from_location, m.from_group, m.recorded_at, m.lane, m.number, m.line
      from stock_movement m where m.from_location > 0
    ) l
    join stock_known_group g on g.place = l.place and g.site <> 0
    cross join stock_forever f
    where exists (select 1 from stock_movement o where o.to_location = l.place and o.to_location > 0 and o.to_group <> g.grp)
      or exists (select 1 from stock_movement o where o.from_location = l.place and o.from_location > 0 and o.from_group <> g.grp)
  ) b
  where b.grp <> coalesce(b.grp_next, b.grp_now)
) x
join stock_known_group s on s.kind = 1 and s.grp = x.grp
where x.since < x.until;

-- what a unit stood in is known by its moves, with what that stands below today; and what was never
-- moved out of a unit went along with it
create view stock_unit_stay as
select u.unit, u.from_parent as parent, f.first as since, u.at as until
from stock_unit_move u cross join stock_forever f
where u.seq = 1
union all
select u.unit, u.to_parent, u.at,
  coalesce((select n.at from stock_unit_move n where n.unit = u.unit and n.seq = u.seq + 1), f.last)
from stock_unit_move u cross join stock_forever f;

create view stock_unit_load as
select distinct u.unit, t.descendant as place
from stock_unit_move u
join stock_within t on t.ancestor = u.unit
where not exists (
  select 1
  from stock_unit_move n
  join stock_within a on a.ancestor = u.unit and a.descendant = n.unit
  join stock_within b on b.ancestor = n.unit and b.descendant = t.descendant
  where n.unit <> u.unit);

-- where all sites are valued together, the groups say nothing of sites, and the moves do
insert into stock_stood (place, above, since, until, is_site)
select l.place, y.site, y.since, y.until, true
from (
  select x.unit, x.site, x.until,
    coalesce(lag(x.until) over (partition by x.unit order by x.until), x.first) as since
  from (
    select s.unit, g.site, s.until, f.first,
      lead(g.site) over (partition by s.unit order by s.since, s.until) as site_next
    from stock_unit_stay s
    join stock_known_group g on g.place = s.parent
    cross join stock_forever f
    where (select count(distinct z.grp) from stock_known_group z where z.kind = 1) = 1
  ) x
  where x.site <> x.site_next
) y
join stock_unit_load l on l.unit = y.unit
where y.since < y.until;

insert into stock_stood (place, above, since, until, is_site)
select s.place, g.site, max(s.until), f.last, true
from stock_stood s
join stock_known_group g on g.place = s.place
cross join stock_forever f
group by s.place, g.site, f.last;

insert into stock_stood (place, above, since, until, is_site)
select l.place, t.ancestor, s.since, s.until, false
from stock_unit_stay s
join stock_unit_load l on l.unit = s.unit
cross join stock_forever f
join stock_within t on t.descendant = s.parent
join stock_known_group a on a.place = t.ancestor and a.kind <> 1
where s.since < s.until and s.until < f.last and t.ancestor <> l.place;

insert into stock_stood (place, above, since, until, is_site)
select l.place, t.ancestor, s.since, s.until, false
from stock_unit_stay s
join stock_unit_load l on l.unit = s.unit
cross join stock_forever f
join stock_within t on t.descendant = s.unit and t.ancestor <> s.unit
join stock_known_group a on a.place = t.ancestor and a.kind <> 1
where s.until = f.last;

drop view stock_unit_load;
drop view stock_unit_stay;
drop view stock_forever;
drop view stock_known_group;
