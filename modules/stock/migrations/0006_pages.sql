-- Lists go on where the page before ended, along an index in the order of the list.

-- order by code point, as the other engine has it; the indexes that guard what is unique have the
-- order of the database's own language
-- only postgres
create index stock_transfer_by_number on stock_transfer (number collate "C");
create index stock_reason_by_code on stock_reason (code collate "C");
-- end
