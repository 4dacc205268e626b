-- A site has a postal address, people who are reached there, and the hours and days on which it works.

create table places_address (
    site_id @id primary key references places_site (id),
    -- the lines above the town, each on a line of its own
    lines @text not null,
    city @text,
    region @text,
    postcode @text,
    country @text not null constraint places_address_country check (length(country) = 2)
) @strict;

create table places_contact (
    site_id @id not null references places_site (id),
    position @small not null constraint places_contact_position check (position >= 1),
    label @text not null,
    name @text,
    phone @text,
    email @text,
    primary key (site_id, position),
    constraint places_contact_says check (name is not null or phone is not null or email is not null)
) @strict_without_rowid;

-- works around the clock, but for the days that are different; otherwise as places_week says
alter table places_site add column around_the_clock @bool not null default true;

-- there are few of them among many locations
create index places_location_sites on places_location (code_folded) where kind = 1;

-- minutes by the clock on the wall
create table places_week (
    site_id @id not null references places_site (id),
    weekday @small not null constraint places_week_day check (weekday between 1 and 7),
    opens @small not null,
    closes @small not null,
    primary key (site_id, weekday, opens),
    constraint places_week_span check (opens >= 0 and opens < closes and closes <= 1440)
) @strict_without_rowid;

-- a day that is different; closed when it has no hours
create table places_day (
    site_id @id not null references places_site (id),
    on_date @date not null,
    name @text not null,
    primary key (site_id, on_date)
) @strict_without_rowid;

create table places_day_hours (
    site_id @id not null,
    on_date @date not null,
    opens @small not null,
    closes @small not null,
    primary key (site_id, on_date, opens),
    constraint places_day_hours_day foreign key (site_id, on_date) references places_day (site_id, on_date),
    constraint places_day_hours_span check (opens >= 0 and opens < closes and closes <= 1440)
) @strict_without_rowid;

-- for people
create view v_site as
select
    l.id as site_id,
    l.code,
    l.name,
    z.zone,
    a.lines,
    a.city,
    a.region,
    a.postcode,
    a.country,
    z.around_the_clock,
    l.blocked,
    l.archived,
    l.version
from places_site z
join places_location l on l.id = z.id
left join places_address a on a.site_id = z.id;

create view v_site_day as
select
    l.code as site,
    d.on_date,
    d.name,
    h.opens,
    h.closes
from places_day d
join places_location l on l.id = d.site_id
left join places_day_hours h on h.site_id = d.site_id and h.on_date = d.on_date;
