//! The statements that write postings and movements, and read them back.

use db::Statement;

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
    "insert into stock_layer_use (lane, number, line, item, grp, seq, layer_at, qty, value, made)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    "insert into stock_layer_use (lane, number, line, item, grp, seq, layer_at, qty, value, made)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::smallint[])",
)
.hot();

pub(crate) const READ_POSTING_HEAD: Statement = Statement::new(
    "stock.read_posting_head",
    "select p.lane, p.number, p.kind, p.document,
       (select r.id from stock_posting r where r.reversal_of = p.id), p.effective_at
     from stock_posting p
     where p.id = ?1",
)
.hot();

pub(crate) const READ_POSTING_MOVEMENTS: Statement = Statement::new(
    "stock.read_posting_movements",
    "select line, item, lot, from_location, from_status, to_location, to_status, qty, from_after, from_ver,
       to_after, to_ver, from_group, to_group, value
     from stock_movement
     where lane = ?1 and number = ?2
     order by line",
)
.hot();

pub(crate) const READ_POSTING_USES: Statement = Statement::new(
    "stock.read_posting_uses",
    "select u.line, u.grp, u.seq, u.layer_at, u.qty, u.value, u.made
     from stock_layer_use u
     where u.lane = ?1 and u.number = ?2
     order by u.line, u.seq",
)
.hot();
