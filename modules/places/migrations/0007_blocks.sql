-- Who blocked a location, who opened it again, when and why: for good, also where its code changes.

create table places_block (
    location_id @id not null references places_location (id),
    -- of the location, after the change
    version @int not null,
    -- null when it was opened
    reason @text,
    actor_id @id not null,
    actor_name @text not null,
    at @instant not null,
    primary key (location_id, version)
) @strict_without_rowid;

-- only sqlite
create trigger places_block_never_updated before update on places_block
begin select raise(abort, 'what was blocked stays told'); end;
create trigger places_block_never_deleted before delete on places_block
begin select raise(abort, 'what was blocked stays told'); end;
-- end
-- only postgres
create function places_never_changes() returns trigger language plpgsql as
$$ begin raise exception 'rows of % never change', tg_table_name; end $$;
create trigger places_block_never_changes before update or delete on places_block
  for each row execute function places_never_changes();
-- end

create view ck_block as
select b.location_id as loc_id, b.version, b.reason is not null as blocked
from places_block b;
