-- Claims in the order in which a loss breaks them, so that it reads as many as it may break, and no more.

create index stock_claim_held on stock_claim (item, site, priority, made_at desc, id desc)
  where state = 1 and qty > 0;
create index stock_claim_bound on stock_claim (item, location, lot, priority, made_at desc, id desc)
  where state = 1 and qty > 0 and location is not null;
