-- What sites have, their hours and days, and how much places take go out and in as lists.

create view exchange_site_list as
select
    l.id, l.code as site, a.lines, a.city, a.region, a.postcode, a.country, l.version,
    -- only sqlite
    (select nullif(json_group_array(json_object('label', c.label, 'name', c.name, 'phone', c.phone, 'email', c.email)), '[]')
     from (select * from places_contact o where o.site_id = z.id order by o.position) c) as contacts,
    case when z.around_the_clock then '["around_the_clock"]' else
      coalesce(
        (select nullif(json_group_array(w.span), '[]')
         from (select
                 case o.weekday
                   when 1 then 'monday' when 2 then 'tuesday' when 3 then 'wednesday' when 4 then 'thursday'
                   when 5 then 'friday' when 6 then 'saturday' when 7 then 'sunday'
                 end
                 || printf(' %02d:%02d-%02d:%02d', o.opens / 60, o.opens % 60, o.closes / 60, o.closes % 60) as span
               from places_week o where o.site_id = z.id order by o.weekday, o.opens) w),
        '["closed"]')
    end as hours
    -- end
    -- only postgres
    (select cast(json_agg(json_build_object('label', c.label, 'name', c.name, 'phone', c.phone, 'email', c.email)
                          order by c.position) as text)
     from places_contact c where c.site_id = z.id) as contacts,
    case when z.around_the_clock then '["around_the_clock"]' else
      coalesce(
        (select cast(json_agg(
           case o.weekday
             when 1 then 'monday' when 2 then 'tuesday' when 3 then 'wednesday' when 4 then 'thursday'
             when 5 then 'friday' when 6 then 'saturday' when 7 then 'sunday'
           end
           || ' ' || to_char(o.opens / 60, 'FM00') || ':' || to_char(o.opens % 60, 'FM00')
           || '-' || to_char(o.closes / 60, 'FM00') || ':' || to_char(o.closes % 60, 'FM00')
           order by o.weekday, o.opens) as text)
         from places_week o where o.site_id = z.id),
        '["closed"]')
    end as hours
    -- end
from places_site z
join places_location l on l.id = z.id
left join places_address a on a.site_id = z.id;

create view exchange_site_day_list as
select
    l.id, l.code as site, d.on_date, d.name,
    -- only sqlite
    coalesce(
      (select nullif(json_group_array(h.span), '[]')
       from (select printf('%02d:%02d-%02d:%02d', o.opens / 60, o.opens % 60, o.closes / 60, o.closes % 60) as span
             from places_day_hours o where o.site_id = d.site_id and o.on_date = d.on_date order by o.opens) h),
      '["closed"]') as hours
    -- end
    -- only postgres
    coalesce(
      (select cast(json_agg(
         to_char(o.opens / 60, 'FM00') || ':' || to_char(o.opens % 60, 'FM00')
         || '-' || to_char(o.closes / 60, 'FM00') || ':' || to_char(o.closes % 60, 'FM00')
         order by o.opens) as text)
       from places_day_hours o where o.site_id = d.site_id and o.on_date = d.on_date),
      '["closed"]') as hours
    -- end
from places_day d
join places_location l on l.id = d.site_id;

-- a row for each rule, and for each rule of its type that a location lifts
create view exchange_capacity_list as
select
    r.scope, r.id, e.rule, e.lifted, y.code as location_type, l.code as location,
    e.max, e.of_classes, e.breach, e.unsized
from (
    -- only sqlite
    select
        o.scope, o.id, j.key as rule, null as lifted,
        json_extract(j.value, '$.max') as max, json_extract(j.value, '$.of') as of_classes,
        json_extract(j.value, '$.breach') as breach, json_extract(j.value, '$.unknown') as unsized
    from stock_room_rule o, json_each(o.rules) j
    where j.key <> 'lifted'
    union all
    select o.scope, o.id, j.value, 1, null, null, null, null
    from stock_room_rule o, json_each(o.rules, '$.lifted') j
    -- end
    -- only postgres
    select
        o.scope, o.id, j.key as rule, cast(null as boolean) as lifted,
        j.value ->> 'max' as max, cast(j.value -> 'of' as text) as of_classes,
        j.value ->> 'breach' as breach, j.value ->> 'unknown' as unsized
    from stock_room_rule o
    cross join lateral json_each(cast(o.rules as json)) j
    where j.key <> 'lifted'
    union all
    select o.scope, o.id, j.value, true, null, null, null, null
    from stock_room_rule o
    cross join lateral json_array_elements_text(cast(o.rules as json) -> 'lifted') j (value)
    -- end
) e
join stock_room_rule r on r.scope = e.scope and r.id = e.id
left join places_type y on r.scope = 1 and y.id = r.id
left join places_location l on r.scope = 2 and l.id = r.id;
