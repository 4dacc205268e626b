-- A word is read with its items from the index alone; the rows of its items are all over the table.

-- only postgres
alter table catalog_term
    drop constraint catalog_term_pkey,
    add primary key (word, item_id) include (weight);
-- end
