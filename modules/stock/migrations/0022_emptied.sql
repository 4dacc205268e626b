-- Emptying a table at once passes by the triggers of its rows. So what never changes refuses that too, each
-- partition by itself, for a trigger of a statement does not come with one.

-- only postgres
create trigger stock_movement_never_emptied before truncate on stock_movement
  for each statement execute function stock_never_changes();
create trigger stock_posting_never_emptied before truncate on stock_posting
  for each statement execute function stock_never_changes();
create trigger stock_layer_use_never_emptied before truncate on stock_layer_use
  for each statement execute function stock_never_changes();
create trigger stock_digest_never_emptied before truncate on stock_digest
  for each statement execute function stock_never_changes();
create trigger stock_return_never_emptied before truncate on stock_return
  for each statement execute function stock_never_changes();

do $$
declare
  part regclass;
begin
  for part in select inhrelid::regclass from pg_inherits where inhparent = 'stock_movement'::regclass loop
    execute format(
      'create trigger stock_movement_never_emptied before truncate on %s
       for each statement execute function stock_never_changes()', part);
  end loop;
end $$;
-- end
