-- Files of records, and the bytes that they refer to by their hash.

create table files_blob (
    hash @bytes not null primary key,
    -- a number that no other bytes ever had: those that come again while the same are being taken away have another
    generation @int not null constraint files_blob_generation check (generation >= 0),
    bytes @int not null constraint files_blob_bytes check (bytes >= 1),
    -- nothing refers to it, and its bytes are being taken away
    leaving @bool not null,
    -- until then it stays although nothing refers to it: somebody is about to, or did until lately
    wanted_until @instant not null
) @strict_without_rowid;

-- what is locked while the files of a record are counted
create table files_record (
    kind @small not null,
    record_id @id not null,
    primary key (kind, record_id)
) @strict_without_rowid;

create table files_file (
    id @id primary key,
    record_kind @small not null,
    record_id @id not null,
    name @text not null,
    caption @text not null,
    kind @small not null constraint files_file_kind check (kind between 1 and 2),
    media @small not null constraint files_file_media check (media between 1 and 8),
    position @int not null constraint files_file_position check (position between 1 and 10000),
    hash @bytes not null,
    bytes @int not null constraint files_file_bytes check (bytes >= 1),
    -- of what was sent, which an image is not any more
    sent_hash @bytes not null,
    width @int,
    height @int,
    -- with its thumbnails
    bytes_kept @int not null constraint files_file_kept check (bytes_kept >= bytes),
    added_by @id not null,
    added_at @instant not null,
    changed_at @instant not null,
    -- kept for its history only
    removed @bool not null,
    version @int not null constraint files_file_version check (version >= 1),
    foreign key (record_kind, record_id) references files_record (kind, record_id)
) @strict;

create index files_file_record on files_file (record_kind, record_id, position, id);
create index files_file_hash on files_file (hash);

create table files_thumbnail (
    file_id @id not null references files_file (id),
    side @int not null,
    media @small not null constraint files_thumbnail_media check (media between 1 and 3),
    width @int not null,
    height @int not null,
    hash @bytes not null,
    bytes @int not null constraint files_thumbnail_bytes check (bytes >= 1),
    primary key (file_id, side)
) @strict_without_rowid;

create index files_thumbnail_hash on files_thumbnail (hash);

-- what a principal has attached, with thumbnails
create table files_usage (
    principal @id not null primary key,
    bytes @int not null constraint files_usage_bytes check (bytes >= 0)
) @strict_without_rowid;

-- for `verify`
create view ck_file as
select
    f.id as file_id,
    f.record_kind,
    f.record_id,
    f.hash,
    f.bytes,
    f.bytes_kept,
    f.added_by,
    f.removed,
    f.version
from files_file f;

create view ck_file_thumbnail as
select t.file_id, t.side, t.hash, t.bytes from files_thumbnail t;

create view ck_file_blob as
select b.hash, b.generation, b.bytes, b.leaving from files_blob b;

create view ck_file_usage as
select u.principal, u.bytes from files_usage u;

-- for people
create view v_item_file as
select
    i.sku,
    f.id as file_id,
    f.name,
    f.caption,
    case f.kind when 1 then 'image' when 2 then 'document' end as kind,
    f.position,
    f.bytes,
    f.added_at,
    f.removed,
    f.version
from files_file f
join catalog_item i on i.id = f.record_id and f.record_kind = 1;
