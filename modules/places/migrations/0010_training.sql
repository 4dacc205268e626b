-- A copy that people practise in says so for good, wherever it is carried.

create table places_training (
    id @int primary key constraint places_training_one check (id = 1),
    made_at @instant not null,
    -- what the organisation was called of which it is a copy; empty when nobody had said that
    organisation @text not null,
    -- the codes of the sites that people are held to; empty for all
    sites @json not null
) @strict;

create view ck_training as
select
    t.made_at,
    t.sites
from places_training t;
