-- The posting of a sale that something comes back from: its return names it. An import that was begun
-- before has none, and the returns of those sales name none.

alter table exchange_import_sale add column posting @uuid;
