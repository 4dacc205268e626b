-- Stock and movements go out as the rows that bring them in again.

-- each movement by its two ends: what no row says (goods on their way, what the day makes of a lot) is no row, and
-- what only a document or a reversal does is told as the count that it left
create view exchange_movement_list as
select
    m.recorded_at, m.lane, m.seq, m.line_no, p.kind as posted,
    case
        when f.kind = 'internal' and t.kind = 'internal' and m.from_loc = m.to_loc then 'set_status'
        when f.kind = 'internal' and t.kind = 'internal' then 'move'
        when m.from_loc = -1 then 'receive'
        when m.from_loc = -2 then 'return'
        when m.from_loc = -3 then 'produce'
        when m.from_loc = -6 then 'opening'
        when m.to_loc = -2 then 'issue'
        when m.to_loc = -3 then 'consume'
        else 'adjust'
    end as kind,
    f.kind = 'internal' as goes_out,
    t.kind = 'internal' as comes_in,
    m.sku_id, m.lot_id, m.qty,
    f.code as from_code, m.from_loc, m.from_status, m.from_after,
    t.code as to_code, m.to_loc, m.to_status, m.to_after,
    m.value, m.effective_at, p.doc_id, p.reason, p.note
from ck_movement m
join ck_posting p on p.lane = m.lane and p.seq = m.seq
join ck_location f on f.loc_id = m.from_loc
join ck_location t on t.loc_id = m.to_loc
-- 13 is what the day does
where (f.kind = 'internal' or t.kind = 'internal') and p.kind <> 13;

-- a lot, or a serial with the lot that it was made in
create view exchange_lot_list as
select
    l.id as lot_id,
    case when i.tracking = 3 then o.code else l.code end as lot,
    -- only sqlite
    case when i.tracking = 3 then json_array(l.code) end as serials,
    -- end
    -- only postgres
    case when i.tracking = 3 then cast(json_build_array(l.code) as text) end as serials,
    -- end
    l.expiry_on, l.made_on
from stock_lot l
join catalog_item i on i.id = l.item
left join stock_lot o on o.id = l.parent;
