-- The name of whoever blocked a location or took a site into use can be taken away, and nothing else of what was told.

-- only sqlite
drop trigger places_block_never_updated;
create trigger places_block_never_updated before update on places_block
when not (
    new.location_id = old.location_id and new.version = old.version and new.reason is old.reason
    and new.actor_id = old.actor_id and new.at = old.at
    and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:')
begin select raise(abort, 'what was blocked stays told'); end;
drop trigger places_site_state_never_updated;
create trigger places_site_state_never_updated before update on places_site_state
when not (
    new.site_id = old.site_id and new.version = old.version and new.state = old.state
    and new.reason is old.reason and new.despite = old.despite and new.actor_id = old.actor_id and new.at = old.at
    and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:')
begin select raise(abort, 'the states of a site stay told'); end;
-- end
-- only postgres
create function places_block_erased_only() returns trigger language plpgsql as $$
begin
    if (new.location_id, new.version, new.reason, new.actor_id, new.at)
      is not distinct from (old.location_id, old.version, old.reason, old.actor_id, old.at)
      and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:'
    then
        return new;
    end if;
    raise exception 'rows of % never change', tg_table_name;
end;
$$;
drop trigger places_block_never_changes on places_block;
create trigger places_block_never_changes before update on places_block
  for each row execute function places_block_erased_only();
create trigger places_block_never_removed before delete on places_block
  for each row execute function places_never_changes();
create function places_site_state_erased_only() returns trigger language plpgsql as $$
begin
    if (new.site_id, new.version, new.state, new.reason, new.despite, new.actor_id, new.at)
      is not distinct from (old.site_id, old.version, old.state, old.reason, old.despite, old.actor_id, old.at)
      and new.actor_name <> old.actor_name and substr(new.actor_name, 1, 7) = 'erased:'
    then
        return new;
    end if;
    raise exception 'rows of % never change', tg_table_name;
end;
$$;
drop trigger places_site_state_never_changes on places_site_state;
create trigger places_site_state_never_changes before update on places_site_state
  for each row execute function places_site_state_erased_only();
create trigger places_site_state_never_removed before delete on places_site_state
  for each row execute function places_never_changes();
-- end
