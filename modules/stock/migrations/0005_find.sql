-- Ways to find lots, claims and open transfers that the first lists lacked.

-- where a lot or serial is; no column of it ever changes, so a movement does not touch it
create index stock_balance_lot on stock_balance (lot, location, status) where lot <> 0;

-- the goods of an item that are asked for or on their way
create index stock_transfer_line_item on stock_transfer_line (item, transfer);

-- the ledger of a document, newest first
drop index stock_posting_document;
create index stock_posting_document on stock_posting (document, recorded_at, lane, number)
  where document is not null;

-- lots by their last sellable day, page by page
drop index stock_lot_expiry;
create index stock_lot_expiry on stock_lot (expiry_on, id) where expiry_on is not null;

-- open claims page by page; the other engine has the id in it anyway
-- only postgres
drop index stock_claim_open;
create index stock_claim_open on stock_claim (item, site, id) where state = 1;
-- end
