-- Places have rules of how much they take, and of what: those of their type, and their own beside or in place of them.

create table stock_room_rule (
  -- 1 of a type of locations, 2 of a location
  scope @small not null constraint stock_room_rule_scope check (scope in (1, 2)),
  id @id not null,
  -- an object as the doors take it; one without rules is `{}`
  rules @text not null,
  version @int not null constraint stock_room_rule_version check (version >= 1),
  primary key (scope, id)
) @strict_without_rowid;

-- the places with rules
create view stock_ruled as
select l.id as room, l.code, o.rules as own, y.rules as typed
from places_location l
left join stock_room_rule o on o.scope = 2 and o.id = l.id
left join stock_room_rule y on y.scope = 1 and y.id = l.type_id
where o.id is not null or y.id is not null;

-- the places as somebody walks past them
create view stock_walk as
select
    l.id, l.code, l.code_folded, l.walk, l.kind, l.type_id, l.blocked or l.archived as closed
from places_location l;
