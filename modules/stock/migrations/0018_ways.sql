-- what is on its way of an item, and what is asked for, is shown with its stock: neither costs more for all
-- the transfers that are over

create unique index stock_transfer_transit on stock_transfer (transit);
create index stock_transfer_line_open on stock_transfer_line (item, transfer) where shipped < qty;
