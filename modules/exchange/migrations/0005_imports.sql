-- Files that were sent to be imported: their bytes as long as they are of use, how they are read, and what came of them.

create table exchange_list_import (
  id @int not null primary key,
  list @text not null,
  name @text not null,
  digest @bytes not null,
  bytes @int not null,
  -- how it is read and what its columns are, a JSON object
  look @text not null,
  -- what was said of its columns, a JSON object of titles and fields
  said @text not null,
  -- 0 ready, 1 running, 2 tried, 3 kept, 4 refused, 5 failed, 6 stopped
  state @int not null,
  -- what was asked for when it ran, and what came of it, a JSON object
  run @text,
  -- while it runs: rows behind it, when it was last heard of, whether somebody asked it to stop
  row_count @int not null,
  heard_at @instant not null,
  stop_asked @bool not null,
  sent_by @int not null,
  sent_at @instant not null,
  changed_at @instant not null,
  version @int not null,
  constraint exchange_list_import_counts check (
    bytes > 0 and state between 0 and 6 and row_count >= 0 and version >= 1 and changed_at >= sent_at)
) @strict;
create index exchange_list_import_sender on exchange_list_import (sent_by, id);
create index exchange_list_import_changed on exchange_list_import (changed_at);

create table exchange_list_import_part (
  import_id @int not null references exchange_list_import (id),
  -- 0 the file, 1 the rows that were refused
  kind @int not null,
  position @int not null,
  -- packed by deflate, each part by itself
  bytes @bytes not null,
  primary key (import_id, kind, position),
  constraint exchange_list_import_part_kinds check (kind in (0, 1) and position >= 0)
) @strict_without_rowid;
