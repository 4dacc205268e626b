-- More of what `verify` reads: the moves of handling units.

create view ck_unit_move as
select
    m.unit as unit_id,
    m.seq,
    m.posting as posting_id,
    m.from_parent,
    m.to_parent,
    m.at
from stock_unit_move m;
