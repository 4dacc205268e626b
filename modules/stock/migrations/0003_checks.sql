-- The frozen views that `verify` reads of the vault. Their columns are promised in
-- docs/reference/checks.md: more may come, none goes or changes.

create view ck_movement as
select
    m.number as seq,
    p.document as doc_id,
    m.line as line_no,
    m.item as sku_id,
    m.lot as lot_id,
    case when i.tracking = 3 then m.lot end as serial_id,
    m.from_location as from_loc,
    m.to_location as to_loc,
    m.qty,
    m.effective_at,
    m.recorded_at,
    m.period as period_id,
    p.actor as actor_id,
    p.idem_key,
    p.reversal_of,
    b.hash as prev_hash,
    p.hash,
    m.lane,
    m.from_status,
    m.to_status,
    m.from_after,
    m.from_ver,
    m.to_after,
    m.to_ver,
    m.from_group,
    m.to_group,
    m.value,
    m.second_qty,
    m.effective_on,
    p.id as posting_id,
    p.kind
from stock_movement m
left join stock_posting p on p.lane = m.lane and p.number = m.number
left join stock_posting b on b.lane = m.lane and b.number = m.number - 1
left join catalog_item i on i.id = m.item;

-- all that the hash of a posting covers, but its movements
create view ck_posting as
select
    p.lane,
    p.number as seq,
    p.id as posting_id,
    p.kind,
    p.recorded_at,
    p.effective_at,
    p.late_from,
    p.actor as actor_id,
    p.document as doc_id,
    p.reason,
    p.note,
    p.reversal_of,
    p.claims,
    p.idem_key,
    p.hash
from stock_posting p;

create view ck_balance as
select
    b.item as sku_id,
    b.lot as lot_id,
    b.location as loc_id,
    b.on_hand,
    b.allocated,
    case when b.status = 1 then 0 else b.on_hand end as held,
    -- the row includes so many movements of its key
    b.ver as as_of_seq,
    b.status,
    b.ver,
    b.second_qty
from stock_balance b;

create view ck_site as
select
    s.item as sku_id,
    s.site as site_id,
    s.sellable,
    s.reserved,
    s.allocated,
    s.next_expiry
from stock_site s;

create view ck_allocation as
select
    c.id as alloc_id,
    c.owner as demand_line_id,
    c.item as sku_id,
    c.lot as lot_id,
    case when i.tracking = 3 then c.lot end as serial_id,
    c.location as loc_id,
    c.qty,
    case c.state
        when 1 then 'open' when 2 then 'released' when 3 then 'expired' when 4 then 'fulfilled'
        when 5 then 'broken' when 6 then 'bound'
    end as state,
    c.expires_at,
    case when c.location is null then 'reservation' else 'allocation' end as kind,
    c.site as site_id,
    c.priority,
    c.made_at
from stock_claim c
left join catalog_item i on i.id = c.item;

create view ck_lot as
select
    l.id as lot_id,
    l.item as sku_id,
    l.code,
    l.expiry_on,
    l.parent,
    l.on_hold,
    l.version
from stock_lot l;

create view ck_serial as
select
    s.lot as serial_id,
    l.item as sku_id,
    case when s.location is null then 'out' else 'in_stock' end as state,
    s.location as loc_id,
    s.status
from stock_serial s
left join stock_lot l on l.id = s.lot;

create view ck_stack as
select
    s.item as sku_id,
    s.grp as valuation_group,
    s.next_seq as next_layer,
    s.qty,
    s.value
from stock_stack s;

create view ck_layer as
select
    l.seq as layer_id,
    l.item as sku_id,
    l.grp as valuation_group,
    (select min(u.number)
     from stock_layer_use u
     where u.item = l.item and u.grp = l.grp and u.seq = l.seq and u.made = 1) as source_seq,
    l.qty_in,
    -- minor units for one base unit, rounded down; exact are the values
    case when l.qty_in > 0 and l.value_in < 9000000000000 then l.value_in * 1000000 / l.qty_in end as unit_cost,
    l.qty_left,
    l.value_in,
    l.value_left,
    l.effective_at
from stock_layer l;

create view ck_layer_use as
select
    u.number as seq,
    u.seq as layer_id,
    u.qty,
    u.value as cost,
    u.lane,
    u.line as line_no,
    u.item as sku_id,
    u.grp as valuation_group,
    u.made,
    p.recorded_at,
    p.reversal_of
from stock_layer_use u
left join stock_posting p on p.lane = u.lane and p.number = u.number;

create view ck_month as
select
    m.period as period_id,
    m.item as sku_id,
    m.location as loc_id,
    m.lot as lot_id,
    m.status,
    m.qty_in,
    m.qty_out,
    m.moves
from stock_month m;

create view ck_month_value as
select
    m.period as period_id,
    m.item as sku_id,
    m.grp as valuation_group,
    m.qty_in,
    m.value_in,
    m.qty_out,
    m.value_out
from stock_month_value m;

create view ck_span as
select
    s.period as period_id,
    s.lane,
    s.first_number,
    s.last_number
from stock_span s;

create view ck_period as
select
    p.period as period_id,
    -- only sqlite
    printf('%04d-%02d-01', p.period / 100, p.period % 100) as starts,
    date(printf('%04d-%02d-01', p.period / 100, p.period % 100), '+1 month', '-1 day') as ends,
    -- end
    -- only postgres
    make_date(p.period / 100, p.period % 100, 1) as starts,
    (make_date(p.period / 100, p.period % 100, 1) + interval '1 month' - interval '1 day')::date as ends,
    -- end
    case p.state when 1 then 'open' when 2 then 'closed' end as state,
    case when p.state = 2 then p.changed_at end as closed_at,
    -- lanes have no common number; the instant is the border
    cast(null as @int) as closed_seq,
    p.version
from stock_period p;

create view ck_reason as
select
    r.code,
    r.active,
    r.version
from stock_reason r;

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
    t.transit as transit_loc
from stock_transfer t;

create view ck_doc_line as
select
    l.transfer as doc_id,
    l.line as line_no,
    l.qty as qty_ordered,
    l.received + l.short as qty_done,
    l.item as sku_id,
    l.lot as lot_id,
    l.shipped as qty_shipped,
    l.received as qty_received,
    l.short as qty_short
from stock_transfer_line l;

create view ck_digest as
select
    d.postings as up_to_seq,
    d.state_hash,
    d.made_at,
    d.n,
    d.heads,
    d.postings,
    d.movements
from stock_digest d;
