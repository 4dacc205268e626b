//! The statements of the hot path: load and lock the rows of a batch, store what was decided.
//!
//! Each statement is set-based: one execution over arrays on PostgreSQL, one prepared execution a
//! row on SQLite. Rows are locked in key order; see `load.rs` for the order of the tables.
//!
//! Guards, serials and stacks that are not there yet are made first, so that they can be locked.
//! SQLite has one writer and locks nothing: there an absent serial or stack is read as one that was
//! never used, and made when it is stored. So are balances everywhere, see `load.rs`.

use db::Statement;

pub(crate) const ENSURE_SITES: Statement = Statement::per_engine(
    "stock.ensure_sites",
    "insert into stock_site (item, site, sellable, reserved, allocated, at) values (?1, ?2, 0, 0, 0, ?3)
     on conflict do nothing",
    "insert into stock_site (item, site, sellable, reserved, allocated, at)
     select k.item, k.site, 0, 0, 0, k.at
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[]) as k (item, site, at)
     order by k.item, k.site
     on conflict do nothing",
)
.hot();

pub(crate) const LOCK_SITES: Statement = Statement::per_engine(
    "stock.lock_sites",
    "select item, site, sellable, reserved, allocated, at, next_expiry
     from stock_site where item = ?1 and site = ?2",
    "select s.item, s.site, s.sellable, s.reserved, s.allocated, s.at, s.next_expiry
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)
     join stock_site s on s.item = k.item and s.site = k.site
     order by s.item, s.site
     for update of s",
)
.hot();

pub(crate) const STORE_SITES: Statement = Statement::per_engine(
    "stock.store_sites",
    "insert into stock_site (item, site, sellable, reserved, allocated, at, next_expiry)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     on conflict (item, site) do update set sellable = excluded.sellable, reserved = excluded.reserved,
       allocated = excluded.allocated, at = excluded.at, next_expiry = excluded.next_expiry",
    "update stock_site s
     set sellable = k.sellable, reserved = k.reserved, allocated = k.allocated, at = k.at,
       next_expiry = k.next_expiry
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::date[]) as k (item, site, sellable, reserved, allocated, at, next_expiry)
     where s.item = k.item and s.site = k.site",
)
.hot();

pub(crate) const LOCK_BALANCES: Statement = Statement::per_engine(
    "stock.lock_balances",
    "select item, location, lot, status, on_hand, allocated, ver, at, latest
     from stock_balance where item = ?1 and location = ?2 and lot = ?3 and status = ?4",
    "select b.item, b.location, b.lot, b.status, b.on_hand, b.allocated, b.ver, b.at, b.latest
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[]) as k (item, location, lot, status)
     join stock_balance b
       on b.item = k.item and b.location = k.location and b.lot = k.lot and b.status = k.status
     order by b.item, b.location, b.lot, b.status
     for update of b",
)
.hot();

pub(crate) const STORE_BALANCES: Statement = Statement::per_engine(
    "stock.store_balances",
    "update stock_balance set on_hand = ?5, allocated = ?6, ver = ?7, at = ?8, latest = ?9
     where item = ?1 and location = ?2 and lot = ?3 and status = ?4",
    "update stock_balance b
     set on_hand = k.on_hand, allocated = k.allocated, ver = k.ver, at = k.at, latest = k.latest
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[])
       as k (item, location, lot, status, on_hand, allocated, ver, at, latest)
     where b.item = k.item and b.location = k.location and b.lot = k.lot and b.status = k.status",
)
.hot();

/// Balances that were never touched, as far as was seen: one that has changed since is left as it
/// is, and not counted.
pub(crate) const INSERT_BALANCES: Statement = Statement::per_engine(
    "stock.insert_balances",
    "insert into stock_balance (item, location, lot, status, on_hand, allocated, ver, at, latest)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
     on conflict (item, location, lot, status) do update set on_hand = excluded.on_hand,
       allocated = excluded.allocated, ver = excluded.ver, at = excluded.at, latest = excluded.latest
     where ver = 0",
    "insert into stock_balance as b (item, location, lot, status, on_hand, allocated, ver, at, latest)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[])
     on conflict (item, location, lot, status) do update set on_hand = excluded.on_hand,
       allocated = excluded.allocated, ver = excluded.ver, at = excluded.at, latest = excluded.latest
     where b.ver = 0",
)
.hot();

pub(crate) const LOCK_CLAIMS: Statement = Statement::per_engine(
    "stock.lock_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state
     from stock_claim where id = ?1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state
     from unnest(?1::uuid[]) as k (id)
     join stock_claim c on c.id = k.id
     order by c.id
     for update of c",
)
.hot();

pub(crate) const READ_CLAIMS: Statement = Statement::per_engine(
    "stock.read_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state
     from stock_claim where id = ?1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state
     from unnest(?1::uuid[]) as k (id)
     join stock_claim c on c.id = k.id",
)
.hot();

pub(crate) const LOCK_OPEN_CLAIMS: Statement = Statement::per_engine(
    "stock.lock_open_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state
     from stock_claim where item = ?1 and site = ?2 and state = 1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)
     join stock_claim c on c.item = k.item and c.site = k.site and c.state = 1
     order by c.id
     for update of c",
);

pub(crate) const READ_OPEN_CLAIMS: Statement = Statement::per_engine(
    "stock.read_open_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state
     from stock_claim where item = ?1 and site = ?2 and state = 1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)
     join stock_claim c on c.item = k.item and c.site = k.site and c.state = 1",
);

pub(crate) const INSERT_CLAIMS: Statement = Statement::per_engine(
    "stock.insert_claims",
    "insert into stock_claim (id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    "insert into stock_claim (id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state)
     select * from unnest(?1::uuid[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::smallint[])",
)
.hot();

pub(crate) const UPDATE_CLAIMS: Statement = Statement::per_engine(
    "stock.update_claims",
    "update stock_claim set location = ?2, lot = ?3, qty = ?4, state = ?5 where id = ?1",
    "update stock_claim c
     set location = k.location, lot = k.lot, qty = k.qty, state = k.state
     from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[])
       as k (id, location, lot, qty, state)
     where c.id = k.id",
)
.hot();

pub(crate) const LOCK_SERIALS: Statement = Statement::per_engine(
    "stock.lock_serials",
    "select lot, location, status from stock_serial where lot = ?1",
    "select s.lot, s.location, s.status
     from unnest(?1::bigint[]) as k (lot)
     join stock_serial s on s.lot = k.lot
     order by s.lot
     for update of s",
)
.hot();

pub(crate) const ENSURE_SERIALS: Statement = Statement::per_engine(
    "stock.ensure_serials",
    "",
    "insert into stock_serial (lot) select k.lot from unnest(?1::bigint[]) as k (lot) order by k.lot
     on conflict do nothing",
)
.hot();

pub(crate) const STORE_SERIALS: Statement = Statement::per_engine(
    "stock.store_serials",
    "insert into stock_serial (lot, location, status) values (?1, ?2, ?3)
     on conflict (lot) do update set location = excluded.location, status = excluded.status",
    "update stock_serial s
     set location = k.location, status = k.status
     from unnest(?1::bigint[], ?2::bigint[], ?3::smallint[]) as k (lot, location, status)
     where s.lot = k.lot",
)
.hot();

pub(crate) const ENSURE_STACKS: Statement = Statement::per_engine(
    "stock.ensure_stacks",
    "",
    "insert into stock_stack (item, grp, next_seq, qty, value)
     select k.item, k.grp, 1, 0, 0 from unnest(?1::bigint[], ?2::bigint[]) as k (item, grp)
     order by k.item, k.grp
     on conflict do nothing",
)
.hot();

pub(crate) const LOCK_STACKS: Statement = Statement::per_engine(
    "stock.lock_stacks",
    "select ?1, ?2, s.next_seq, s.qty, s.value
     from (select 1) left join stock_stack s on s.item = ?1 and s.grp = ?2",
    "select s.item, s.grp, s.next_seq, s.qty, s.value
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, grp)
     join stock_stack s on s.item = k.item and s.grp = k.grp
     order by s.item, s.grp
     for update of s",
)
.hot();

pub(crate) const STORE_STACKS: Statement = Statement::per_engine(
    "stock.store_stacks",
    "insert into stock_stack (item, grp, next_seq, qty, value) values (?1, ?2, ?3, ?4, ?5)
     on conflict (item, grp) do update set next_seq = excluded.next_seq, qty = excluded.qty, value = excluded.value",
    "update stock_stack s
     set next_seq = k.next_seq, qty = k.qty, value = k.value
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[])
       as k (item, grp, next_seq, qty, value)
     where s.item = k.item and s.grp = k.grp",
)
.hot();

/// The oldest open layers of a stack, at most so many.
pub(crate) const READ_OLDEST_LAYERS: Statement = Statement::per_engine(
    "stock.read_oldest_layers",
    "select item, grp, seq, effective_at, qty_left, value_left
     from stock_layer where item = ?1 and grp = ?2 and qty_left > 0
     order by effective_at, seq
     limit ?3",
    "select l.item, l.grp, l.seq, l.effective_at, l.qty_left, l.value_left
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[]) as k (item, grp, most)
     cross join lateral (
       select * from stock_layer o
       where o.item = k.item and o.grp = k.grp and o.qty_left > 0
       order by o.effective_at, o.seq
       limit k.most) l
     order by l.item, l.grp, l.effective_at, l.seq",
)
.hot();

/// New layers: what came in and what is left of it.
pub(crate) const INSERT_LAYERS: Statement = Statement::per_engine(
    "stock.insert_layers",
    "insert into stock_layer (item, grp, seq, effective_at, qty_in, value_in, qty_left, value_left)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "insert into stock_layer (item, grp, seq, effective_at, qty_in, value_in, qty_left, value_left)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[])",
)
.hot();

/// Layers that were there: what was added to them (the one layer of a moving average only) and
/// what is left now.
pub(crate) const UPDATE_LAYERS: Statement = Statement::per_engine(
    "stock.update_layers",
    "update stock_layer set qty_in = qty_in + ?4, value_in = value_in + ?5, qty_left = ?6, value_left = ?7
     where item = ?1 and grp = ?2 and seq = ?3",
    "update stock_layer l
     set qty_in = l.qty_in + k.qty_more, value_in = l.value_in + k.value_more, qty_left = k.qty_left,
       value_left = k.value_left
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bigint[])
       as k (item, grp, seq, qty_more, value_more, qty_left, value_left)
     where l.item = k.item and l.grp = k.grp and l.seq = k.seq",
)
.hot();

pub(crate) const INSERT_POSTINGS: Statement = Statement::per_engine(
    "stock.insert_postings",
    "insert into stock_posting (lane, number, id, kind, recorded_at, effective_at, late_from, actor, document,
       reason, note, reversal_of, claims, idem_key, hash)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    "insert into stock_posting (lane, number, id, kind, recorded_at, effective_at, late_from, actor, document,
       reason, note, reversal_of, claims, idem_key, hash)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::uuid[], ?4::smallint[], ?5::timestamptz[],
       ?6::timestamptz[], ?7::timestamptz[], ?8::bigint[], ?9::text[], ?10::text[], ?11::text[], ?12::uuid[],
       ?13::text[], ?14::text[], ?15::bytea[])",
)
.hot();

pub(crate) const INSERT_MOVEMENTS: Statement = Statement::per_engine(
    "stock.insert_movements",
    "insert into stock_movement (lane, number, line, item, lot, from_location, from_status, to_location, to_status,
       qty, from_after, from_ver, to_after, to_ver, from_group, to_group, value, recorded_at, effective_at,
       effective_on, period)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    "insert into stock_movement (lane, number, line, item, lot, from_location, from_status, to_location, to_status,
       qty, from_after, from_ver, to_after, to_ver, from_group, to_group, value, recorded_at, effective_at,
       effective_on, period)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::smallint[], ?8::bigint[], ?9::smallint[], ?10::bigint[], ?11::bigint[], ?12::bigint[], ?13::bigint[],
       ?14::bigint[], ?15::bigint[], ?16::bigint[], ?17::bigint[], ?18::timestamptz[], ?19::timestamptz[],
       ?20::date[], ?21::integer[])",
)
.hot();

pub(crate) const INSERT_LAYER_USES: Statement = Statement::per_engine(
    "stock.insert_layer_uses",
    "insert into stock_layer_use (lane, number, line, item, grp, seq, qty, value, made)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "insert into stock_layer_use (lane, number, line, item, grp, seq, qty, value, made)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::smallint[])",
)
.hot();

pub(crate) const ADD_MONTHS: Statement = Statement::per_engine(
    "stock.add_months",
    "insert into stock_month (period, item, location, lot, status, qty_in, qty_out, moves)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     on conflict (period, item, location, lot, status) do update set qty_in = qty_in + excluded.qty_in,
       qty_out = qty_out + excluded.qty_out, moves = moves + excluded.moves",
    "insert into stock_month as m (period, item, location, lot, status, qty_in, qty_out, moves)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[])
     on conflict (period, item, location, lot, status) do update set qty_in = m.qty_in + excluded.qty_in,
       qty_out = m.qty_out + excluded.qty_out, moves = m.moves + excluded.moves",
)
.hot();

pub(crate) const ADD_MONTH_VALUES: Statement = Statement::per_engine(
    "stock.add_month_values",
    "insert into stock_month_value (period, item, grp, qty_in, value_in, qty_out, value_out)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     on conflict (period, item, grp) do update set qty_in = qty_in + excluded.qty_in,
       value_in = value_in + excluded.value_in, qty_out = qty_out + excluded.qty_out,
       value_out = value_out + excluded.value_out",
    "insert into stock_month_value as m (period, item, grp, qty_in, value_in, qty_out, value_out)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[])
     on conflict (period, item, grp) do update set qty_in = m.qty_in + excluded.qty_in,
       value_in = m.value_in + excluded.value_in, qty_out = m.qty_out + excluded.qty_out,
       value_out = m.value_out + excluded.value_out",
)
.hot();

pub(crate) const WIDEN_SPANS: Statement = Statement::per_engine(
    "stock.widen_spans",
    "insert into stock_span (period, lane, first_number, last_number) values (?1, ?2, ?3, ?4)
     on conflict (period, lane) do update set first_number = min(first_number, excluded.first_number),
       last_number = max(last_number, excluded.last_number)",
    "insert into stock_span as s (period, lane, first_number, last_number)
     select * from unnest(?1::integer[], ?2::bigint[], ?3::bigint[], ?4::bigint[])
     on conflict (period, lane) do update set first_number = least(s.first_number, excluded.first_number),
       last_number = greatest(s.last_number, excluded.last_number)",
)
.hot();

/// What a key gained and lost after an instant. A movement is never recorded before it took
/// effect, so the index by recorded instant serves.
pub(crate) const READ_LATER: Statement = Statement::per_engine(
    "stock.read_later",
    "select ?1, ?2, ?3, ?4, effective_at,
       case when to_location = ?2 and to_status = ?4 then qty else -qty end
     from stock_movement
     where item = ?1 and recorded_at >= ?5 and effective_at > ?5 and lot = ?3
       and ((from_location = ?2 and from_status = ?4) or (to_location = ?2 and to_status = ?4))",
    "select k.item, k.location, k.lot, k.status, m.effective_at,
       case when m.to_location = k.location and m.to_status = k.status then m.qty else -m.qty end
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::timestamptz[])
       as k (item, location, lot, status, since)
     join stock_movement m on m.item = k.item and m.recorded_at >= k.since
       and m.effective_at > k.since and m.lot = k.lot
       and ((m.from_location = k.location and m.from_status = k.status)
         or (m.to_location = k.location and m.to_status = k.status))",
);

pub(crate) const READ_LOTS_BY_CODE: Statement = Statement::per_engine(
    "stock.read_lots_by_code",
    "select id, item, code, code_folded, expiry_on from stock_lot where item = ?1 and code_folded = ?2",
    "select l.id, l.item, l.code, l.code_folded, l.expiry_on
     from unnest(?1::bigint[], ?2::text[]) as k (item, code)
     join stock_lot l on l.item = k.item and l.code_folded = k.code",
)
.hot();

pub(crate) const READ_LOTS: Statement = Statement::per_engine(
    "stock.read_lots",
    "select id, item, code, code_folded, expiry_on from stock_lot where id = ?1",
    "select l.id, l.item, l.code, l.code_folded, l.expiry_on
     from unnest(?1::bigint[]) as k (id) join stock_lot l on l.id = k.id",
)
.hot();

pub(crate) const INSERT_LOTS: Statement = Statement::per_engine(
    "stock.insert_lots",
    "insert into stock_lot (id, item, code, code_folded, expiry_on, made_on, parent, created_at, version)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
    "insert into stock_lot (id, item, code, code_folded, expiry_on, made_on, parent, created_at, version)
     select k.*, 1 from unnest(?1::bigint[], ?2::bigint[], ?3::text[], ?4::text[], ?5::date[], ?6::date[],
       ?7::bigint[], ?8::timestamptz[]) as k (id, item, code, code_folded, expiry_on, made_on, parent, created_at)",
);

pub(crate) const READ_CLOSED: Statement =
    Statement::new("stock.read_closed", "select period from stock_period where state = 2");

/// Good balances of an item in lots past their last sellable day: what a sweep moves.
pub(crate) const READ_PAST: Statement = Statement::new(
    "stock.read_past",
    "select b.location, b.lot, b.on_hand, l.expiry_on
     from stock_balance b
     join stock_lot l on l.id = b.lot
     where b.item = ?1 and b.status = 1 and b.on_hand > 0 and l.expiry_on < ?2
     order by b.location, b.lot",
);

/// The last sellable days that are not past, of good balances of an item, by location.
pub(crate) const READ_COMING: Statement = Statement::new(
    "stock.read_coming",
    "select b.location, min(l.expiry_on)
     from stock_balance b
     join stock_lot l on l.id = b.lot
     where b.item = ?1 and b.status = 1 and b.on_hand > 0 and l.expiry_on >= ?2
     group by b.location
     order by b.location",
);
