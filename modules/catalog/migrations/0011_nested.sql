-- What stands deeper in the attributes of an item is found by its path; the upkeep reads those items again.

-- only sqlite
update catalog_item set unread = true where instr(substr(attributes, 2), '{') > 0 or instr(attributes, '"/') > 0;
-- end
-- only postgres
update catalog_item
set unread = true
where strpos(substr(attributes::text, 2), '{') > 0 or strpos(attributes::text, '"/') > 0;
-- end
