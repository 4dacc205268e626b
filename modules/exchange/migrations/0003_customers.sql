-- The customers of an import, by number, and whose the postings of its invoices are. It stands beside the
-- ledger and is no part of its chain: a posting says what moved, and this who it was for. An import that
-- was made before has neither.

create table exchange_customer (
  number @int not null primary key,
  -- that of the latest invoice
  country @text not null,
  first_at @instant not null,
  last_at @instant not null,
  invoices @int not null,
  constraint exchange_customer_known check (number > 0 and invoices > 0 and first_at <= last_at)
) @strict;

-- in the order in which a customer is asked about: the latest first
create table exchange_customer_posting (
  customer @int not null references exchange_customer (number),
  effective_at @instant not null,
  posting @uuid not null,
  primary key (customer, effective_at, posting)
) @strict_without_rowid;
create unique index exchange_customer_posting_of on exchange_customer_posting (posting);

-- the frozen views that `verify` reads of this module
create view ck_customer as
select c.number as customer_no, c.country, c.first_at, c.last_at, c.invoices
from exchange_customer c;

create view ck_customer_posting as
select s.customer as customer_no, s.effective_at, s.posting as posting_id
from exchange_customer_posting s;
