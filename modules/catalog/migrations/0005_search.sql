-- What items in use are searched by: the words of their names, codes and attributes, and the ways to
-- mistype those words.

create table catalog_word (
    word @text not null primary key
) @strict_without_rowid;

-- what is left of a word when a letter or two are gone: two words that are alike have one in common
create table catalog_typo (
    typo @text not null,
    word @text not null references catalog_word (word),
    primary key (typo, word)
) @strict_without_rowid;

create table catalog_term (
    word @text not null references catalog_word (word),
    item_id @id not null references catalog_item (id),
    -- how much it tells: more in a code than in a name, more in a name than in an attribute
    weight @small not null constraint catalog_term_weight check (weight >= 1),
    primary key (word, item_id)
) @strict_without_rowid;

-- only postgres
alter table catalog_word alter column word type text collate "C";
alter table catalog_typo
    alter column typo type text collate "C",
    alter column word type text collate "C";
alter table catalog_term alter column word type text collate "C";
-- end

create index catalog_term_item on catalog_term (item_id);

-- its words, and the values of its attributes, are still to be written down, by the upkeep
alter table catalog_item add column unread @bool not null default false;
update catalog_item set unread = true;
create index catalog_item_unread on catalog_item (id) where unread;
