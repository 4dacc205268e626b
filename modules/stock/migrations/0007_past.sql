-- Questions about the past cost a month or two of movements. What was recorded soon after it took
-- effect is found by when it was recorded; what was recorded more than a day later, by its month or by
-- the item. The border is that of `store_moves.rs`. A posting of today touches neither index.

-- only sqlite
create index stock_movement_late_month on stock_movement (period, item, effective_at)
  where recorded_at - effective_at > 86400000000;
create index stock_movement_late_item on stock_movement (item, recorded_at)
  where recorded_at - effective_at > 86400000000;
-- end
-- only postgres
create index stock_movement_late_month on stock_movement (period, item, effective_at)
  where recorded_at - effective_at > interval '1 day';
create index stock_movement_late_item on stock_movement (item, recorded_at)
  where recorded_at - effective_at > interval '1 day';
-- end

-- one backdated posting widened a span to everything between, and nothing reads them any more
drop view ck_span;
drop table stock_span;
