-- Who could open a closed period again keeps it: it has a permission of its own now.

-- only sqlite
update access_role
set permissions = json_insert(permissions, '$[#]', 'periods.reopen')
where exists (select 1 from json_each(access_role.permissions) w where w.value = 'system.write');
update access_key
set permissions = json_insert(permissions, '$[#]', 'periods.reopen')
where exists (select 1 from json_each(access_key.permissions) w where w.value = 'system.write');
-- end
-- only postgres
update access_role set permissions = permissions || '["periods.reopen"]' where jsonb_exists(permissions, 'system.write');
update access_key set permissions = permissions || '["periods.reopen"]' where jsonb_exists(permissions, 'system.write');
-- end
