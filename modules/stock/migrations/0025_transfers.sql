-- What else a transfer says, for who reads the views alone.

drop view ck_doc;
create view ck_doc as
select
    t.id as doc_id,
    'transfer' as type,
    t.number,
    case t.state
        when 1 then 'draft' when 2 then 'allocated' when 3 then 'shipped' when 4 then 'partially_received'
        when 5 then 'received' when 6 then 'closed_short' when 7 then 'cancelled'
    end as state,
    t.version,
    (select cast(coalesce(sum(l.qty), 0) as @int) from stock_transfer_line l where l.transfer = t.id)
        as header_total_qty,
    t.from_site,
    t.to_site,
    t.transit as transit_loc,
    t.note,
    t.expected_on
from stock_transfer t;
