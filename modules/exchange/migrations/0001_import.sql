-- How far an import is, and what later parts of it need to know of earlier ones. It is written in
-- the transaction of what it counts, so an import that was cut off goes on where it was.

create table exchange_import (
  name @text not null primary key,
  -- the digest of what is to be done, document by document
  plan @bytes not null,
  lines @int not null,
  documents @int not null,
  documents_done @int not null,
  begun_at @instant not null,
  finished_at @instant,
  constraint exchange_import_done check (documents_done between 0 and documents)
) @strict;

-- what the goods of a sale were worth when they left, while some of them are still to come back
create table exchange_import_sale (
  name @text not null references exchange_import (name),
  line @int not null,
  value @int not null,
  primary key (name, line)
) @strict_without_rowid;
