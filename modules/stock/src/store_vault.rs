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

/// The cap on what may wait of an item at a site: by the item's own rule, else by that of the site.
macro_rules! cap {
    ($item:literal, $site:literal) => {
        concat!(
            "(select r.cap from stock_backorder r where r.site = ",
            $site,
            " and r.item in (0, ",
            $item,
            ") and r.rule <> 1 order by r.item desc limit 1)"
        )
    };
}

/// The caps of items at sites that may have no guard.
pub(crate) const READ_CAPS: Statement = Statement::per_engine(
    "stock.read_caps",
    concat!("select ?1, ?2, ", cap!("?1", "?2")),
    concat!(
        "select k.item, k.site, ",
        cap!("k.item", "k.site"),
        " from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)"
    ),
);

pub(crate) const LOCK_SITES: Statement = Statement::per_engine(
    "stock.lock_sites",
    concat!(
        "select s.item, s.site, s.sellable, s.reserved, s.allocated, s.at, s.next_expiry, s.backordered, ",
        cap!("s.item", "s.site"),
        " from stock_site s where s.item = ?1 and s.site = ?2"
    ),
    concat!(
        "select s.item, s.site, s.sellable, s.reserved, s.allocated, s.at, s.next_expiry, s.backordered, ",
        cap!("s.item", "s.site"),
        " from unnest(?1::bigint[], ?2::bigint[]) as k (item, site)
     join stock_site s on s.item = k.item and s.site = k.site
     order by s.item, s.site
     for update of s"
    ),
)
.hot();

pub(crate) const STORE_SITES: Statement = Statement::per_engine(
    "stock.store_sites",
    "insert into stock_site (item, site, sellable, reserved, allocated, at, next_expiry, backordered)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     on conflict (item, site) do update set sellable = excluded.sellable, reserved = excluded.reserved,
       allocated = excluded.allocated, at = excluded.at, next_expiry = excluded.next_expiry,
       backordered = excluded.backordered",
    "update stock_site s
     set sellable = k.sellable, reserved = k.reserved, allocated = k.allocated, at = k.at,
       next_expiry = k.next_expiry, backordered = k.backordered
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::date[], ?8::bigint[])
       as k (item, site, sellable, reserved, allocated, at, next_expiry, backordered)
     where s.item = k.item and s.site = k.site",
)
.hot();

/// A balance, with its place among those that are asked for.
macro_rules! balance {
    ($place:literal, $from:literal) => {
        concat!("select ", $place, ", b.on_hand, b.allocated, b.ver, b.at, b.latest, b.since from ", $from)
    };
}

const BALANCE_BY_KEY: &str =
    balance!("?5", "stock_balance b where b.item = ?1 and b.location = ?2 and b.lot = ?3 and b.status = ?4");

pub(crate) const LOCK_BALANCES: Statement = Statement::per_engine(
    "stock.lock_balances",
    BALANCE_BY_KEY,
    balance!(
        "k.place",
        "unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[])
           as k (item, location, lot, status, place)
         join stock_balance b
           on b.item = k.item and b.location = k.location and b.lot = k.lot and b.status = k.status
         order by b.item, b.location, b.lot, b.status
         for update of b"
    ),
)
.hot();

/// Balances whose guard is locked: nobody else changes them meanwhile.
pub(crate) const READ_BALANCES: Statement = Statement::per_engine(
    "stock.read_balances",
    BALANCE_BY_KEY,
    balance!(
        "k.place",
        "unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[])
           as k (item, location, lot, status, place)
         join stock_balance b
           on b.item = k.item and b.location = k.location and b.lot = k.lot and b.status = k.status"
    ),
)
.hot();

pub(crate) const STORE_BALANCES: Statement = Statement::per_engine(
    "stock.store_balances",
    "update stock_balance set on_hand = ?5, allocated = ?6, ver = ?7, at = ?8, latest = ?9, since = ?10
     where item = ?1 and location = ?2 and lot = ?3 and status = ?4",
    "update stock_balance b
     set on_hand = k.on_hand, allocated = k.allocated, ver = k.ver, at = k.at, latest = k.latest,
       since = k.since
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[])
       as k (item, location, lot, status, on_hand, allocated, ver, at, latest, since)
     where b.item = k.item and b.location = k.location and b.lot = k.lot and b.status = k.status",
)
.hot();

/// Balances that were never touched, as far as was seen: one that has changed since is left as it
/// is, and not counted.
pub(crate) const INSERT_BALANCES: Statement = Statement::per_engine(
    "stock.insert_balances",
    "insert into stock_balance (item, location, lot, status, on_hand, allocated, ver, at, latest, since)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
     on conflict (item, location, lot, status) do update set on_hand = excluded.on_hand,
       allocated = excluded.allocated, ver = excluded.ver, at = excluded.at, latest = excluded.latest,
       since = excluded.since
     where ver = 0",
    "insert into stock_balance as b (item, location, lot, status, on_hand, allocated, ver, at, latest, since)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::smallint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[])
     on conflict (item, location, lot, status) do update set on_hand = excluded.on_hand,
       allocated = excluded.allocated, ver = excluded.ver, at = excluded.at, latest = excluded.latest,
       since = excluded.since
     where b.ver = 0",
)
.hot();

/// When a serial moved last. One that has not moved as a serial may have as a lot, before its item was
/// traced by serial; nothing but its own lock is needed to read that, as a lot moves no more.
macro_rules! latest {
    () => {
        "coalesce(s.latest,
           (select max(b.latest) from stock_balance b where b.lot = k.lot and b.lot <> 0 and b.ver > 0))"
    };
}

pub(crate) const LOCK_SERIALS: Statement = Statement::per_engine(
    "stock.lock_serials",
    concat!(
        "select k.lot, s.location, s.status, ",
        latest!(),
        " from (select ?1 as lot) k left join stock_serial s on s.lot = k.lot"
    ),
    concat!(
        "select k.lot, s.location, s.status, ",
        latest!(),
        " from unnest(?1::bigint[]) as k (lot)
     join stock_serial s on s.lot = k.lot
     order by s.lot
     for update of s"
    ),
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
    "insert into stock_serial (lot, location, status, latest) values (?1, ?2, ?3, ?4)
     on conflict (lot) do update set location = excluded.location, status = excluded.status,
       latest = excluded.latest",
    "update stock_serial s
     set location = k.location, status = k.status, latest = k.latest
     from unnest(?1::bigint[], ?2::bigint[], ?3::smallint[], ?4::bigint[]) as k (lot, location, status, latest)
     where s.lot = k.lot",
)
.hot();

/// What is read of a lot and of its parent, which holds it when it is on hold itself.
macro_rules! lots {
    ($from:literal) => {
        concat!(
            "select l.id, l.item, l.expiry_on, l.on_hold or coalesce(p.on_hold, false), l.role, l.parent, p.code,
               l.made_on, l.code_folded
             from ",
            $from
        )
    };
}

pub(crate) const READ_LOTS_BY_CODE: Statement = Statement::per_engine(
    "stock.read_lots_by_code",
    lots!(
        "stock_lot l left join stock_lot p on p.id = l.parent
         where l.item = ?1 and l.code_folded = ?2"
    ),
    lots!(
        "unnest(?1::bigint[], ?2::text[]) as k (item, code)
         join stock_lot l on l.item = k.item and l.code_folded = k.code
         left join stock_lot p on p.id = l.parent"
    ),
)
.hot();

pub(crate) const READ_LOTS: Statement = Statement::per_engine(
    "stock.read_lots",
    lots!("stock_lot l left join stock_lot p on p.id = l.parent where l.id = ?1"),
    lots!(
        "unnest(?1::bigint[]) as k (id) join stock_lot l on l.id = k.id
         left join stock_lot p on p.id = l.parent"
    ),
)
.hot();

pub(crate) const INSERT_LOTS: Statement = Statement::per_engine(
    "stock.insert_lots",
    "insert into stock_lot (id, item, code, code_folded, expiry_on, made_on, role, parent, created_at, on_hold,
       version)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, false, 1)",
    "insert into stock_lot (id, item, code, code_folded, expiry_on, made_on, role, parent, created_at, on_hold,
       version)
     select k.*, false, 1 from unnest(?1::bigint[], ?2::bigint[], ?3::text[], ?4::text[], ?5::date[], ?6::date[],
       ?7::smallint[], ?8::bigint[], ?9::timestamptz[])
       as k (id, item, code, code_folded, expiry_on, made_on, role, parent, created_at)",
);

/// Makes serials and parents of lots that are neither yet; of what is one by now, nothing.
pub(crate) const SETTLE_LOTS: Statement = Statement::per_engine(
    "stock.settle_lots",
    "update stock_lot set role = ?2, parent = ?3 where id = ?1 and role is null",
    "update stock_lot l set role = k.role, parent = k.parent
     from unnest(?1::bigint[], ?2::smallint[], ?3::bigint[]) as k (id, role, parent)
     where l.id = k.id and l.role is null",
);

/// What bounds the instants of postings: the last closed period, and when a place last came to another site. With it comes
/// whether any place has rules: without one, nothing more is asked about room.
pub(crate) const READ_BOUNDS: Statement = Statement::per_engine(
    "stock.read_bounds",
    "select max(period), null, 0 from stock_period where state = 2
     union all
     select null, at, 0 from stock_settled
     union all
     select null, null, 1 where exists (select 1 from stock_room_rule r where r.rules <> '{}')",
    "select max(period), cast(null as timestamptz), false from stock_period where state = 2
     union all
     select null, at, false from stock_settled
     union all
     select null, null, true where exists (select 1 from stock_room_rule r where r.rules <> '{}')",
);

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
