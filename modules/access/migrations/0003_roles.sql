-- Three permissions allowed nothing: no route ever asked for them.

-- only sqlite
update access_role
set permissions = (
  select json_group_array(w.value)
  from json_each(access_role.permissions) w
  where w.value not in ('export.run', 'import.run', 'verify.run'));
update access_key
set permissions = (
  select json_group_array(w.value)
  from json_each(access_key.permissions) w
  where w.value not in ('export.run', 'import.run', 'verify.run'))
where permissions is not null;
-- end
-- only postgres
update access_role set permissions = permissions - array['export.run', 'import.run', 'verify.run'];
update access_key
set permissions = permissions - array['export.run', 'import.run', 'verify.run']
where permissions is not null;
-- end
update access_role set about = 'A shop or a program: keeps items, receives, issues, moves, transfers and reserves, and follows the events' where id = 6;
