-- The frozen views that `verify` reads of this module. `ck_location` gets the columns that the
-- guards and the cost layers are checked with; those that it had stay.

drop view ck_location;

create view ck_location as
select
    l.id as loc_id,
    l.parent_id,
    case
        when l.kind between 1 and 7 then 'internal'
        when l.kind in (11, 17) then 'supplier'
        when l.kind = 12 then 'customer'
        when l.kind = 13 then 'production'
        when l.kind in (14, 15) then 'loss'
        when l.kind = 16 then 'transit'
    end as kind,
    l.id < 0 as allow_negative,
    l.code,
    l.site_id,
    l.valuation_group,
    l.sellable,
    l.blocked,
    l.block_reason is not null as blocked_here,
    l.version
from places_location l;

create view ck_tree as
select
    t.ancestor,
    t.descendant,
    t.depth
from places_tree t;

create view ck_organisation as
select
    o.currency,
    o.zone,
    o.valuation_method,
    o.valuation_grouping,
    o.version
from places_organisation o;
