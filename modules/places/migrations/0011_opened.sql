-- Whoever opens a place again may say why.

alter table places_block
add column opened_for @text constraint places_block_one_way check (opened_for is null or reason is null);

-- only sqlite
drop trigger places_block_never_updated;
create trigger places_block_never_updated before update on places_block
when not (
    new.location_id = old.location_id and new.version = old.version and new.reason is old.reason
    and new.opened_for is old.opened_for and new.actor_id = old.actor_id and new.at = old.at
    and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:')
begin select raise(abort, 'what was blocked stays told'); end;
-- end
-- only postgres
create or replace function places_block_erased_only() returns trigger language plpgsql as $$
begin
    if (new.location_id, new.version, new.reason, new.opened_for, new.actor_id, new.at)
      is not distinct from (old.location_id, old.version, old.reason, old.opened_for, old.actor_id, old.at)
      and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:'
    then
        return new;
    end if;
    raise exception 'rows of % never change', tg_table_name;
end;
$$;
-- end
