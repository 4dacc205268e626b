//! The statements of claims, with and without a lock.

use db::Statement;

pub(crate) const LOCK_CLAIMS: Statement = Statement::per_engine(
    "stock.lock_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state, backordered, may_wait, told, lost
     from stock_claim where id = ?1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state,
       c.backordered, c.may_wait, c.told, c.lost
     from unnest(?1::uuid[]) as k (id)
     join stock_claim c on c.id = k.id
     order by c.id
     for update of c",
)
.hot();

pub(crate) const READ_CLAIMS: Statement = Statement::per_engine(
    "stock.read_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state, backordered, may_wait, told, lost
     from stock_claim where id = ?1",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state,
       c.backordered, c.may_wait, c.told, c.lost
     from unnest(?1::uuid[]) as k (id)
     join stock_claim c on c.id = k.id",
)
.hot();

/// Those that wait, which are all that stock becoming available concerns.
pub(crate) const LOCK_WAITING_CLAIMS: Statement = Statement::per_engine(
    "stock.lock_waiting_claims",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state, backordered, may_wait, told, lost
     from stock_claim where item = ?1 and site = ?2 and state = 1 and backordered > 0",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state,
       c.backordered, c.may_wait, c.told, c.lost
     from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)
     join stock_claim c on c.item = k.item and c.site = k.site and c.state = 1 and c.backordered > 0
     order by c.id
     for update of c",
)
.hot();

pub(crate) const INSERT_CLAIMS: Statement = Statement::per_engine(
    "stock.insert_claims",
    "insert into stock_claim (id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state,
       backordered, may_wait, told, lost)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    "insert into stock_claim (id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state,
       backordered, may_wait, told, lost)
     select * from unnest(?1::uuid[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::smallint[], ?12::bigint[], ?13::boolean[],
       ?14::bigint[], ?15::bigint[])",
)
.hot();

pub(crate) const UPDATE_CLAIMS: Statement = Statement::per_engine(
    "stock.update_claims",
    "update stock_claim set location = ?2, lot = ?3, qty = ?4, state = ?5, backordered = ?6, told = ?7, lost = ?8
     where id = ?1",
    "update stock_claim c
     set location = k.location, lot = k.lot, qty = k.qty, state = k.state, backordered = k.backordered,
       told = k.told, lost = k.lost
     from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[], ?7::bigint[],
       ?8::bigint[])
       as k (id, location, lot, qty, state, backordered, told, lost)
     where c.id = k.id",
)
.hot();
