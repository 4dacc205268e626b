//! The statements that read claims in the order in which a loss breaks them: the lowest priority first,
//! among equals the youngest.
//!
//! Where a page begins is always given. The bound on the priority alone is what the index begins at.

use db::Statement;

macro_rules! first {
    ($claims:literal, $of:literal, [$p:literal, $m:literal, $i:literal, $limit:literal]) => {
        concat!(
            "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state, backordered,
               may_wait, told, lost
             from ",
            $claims,
            " where state = 1 and qty > 0 and ",
            $of,
            " and priority >= ",
            $p,
            " and (priority > ",
            $p,
            " or made_at < ",
            $m,
            " or (made_at = ",
            $m,
            " and id < ",
            $i,
            ")) order by priority, made_at desc, id desc limit ",
            $limit
        )
    };
}

/// The first of items at sites, each after a turn.
pub(crate) const FIRST_OF_SITES: Statement = Statement::per_engine(
    "stock.broken.first_of_sites",
    first!("stock_claim indexed by stock_claim_held", "item = ?1 and site = ?2", ["?3", "?4", "?5", "?6"]),
    concat!(
        "select c.*
         from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::uuid[], ?6::bigint[])
           as k (at_item, at_site, p, m, i, n)
         cross join lateral (",
        first!("stock_claim", "item = k.at_item and site = k.at_site", ["k.p", "k.m", "k.i", "k.n"]),
        ") c order by c.item, c.site, c.priority, c.made_at desc, c.id desc"
    ),
)
.hot();

/// The first of those that are bound to bins and lots, each after a turn.
pub(crate) const FIRST_OF_KEYS: Statement = Statement::per_engine(
    "stock.broken.first_of_keys",
    first!(
        "stock_claim indexed by stock_claim_bound",
        "location is not null and item = ?1 and location = ?2 and lot = ?3",
        ["?4", "?5", "?6", "?7"]
    ),
    concat!(
        "select c.*
         from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::uuid[], ?7::bigint[])
           as k (at_item, at_location, at_lot, p, m, i, n)
         cross join lateral (",
        first!(
            "stock_claim",
            "location is not null and item = k.at_item and location = k.at_location and lot = k.at_lot",
            ["k.p", "k.m", "k.i", "k.n"]
        ),
        ") c order by c.item, c.location, c.lot, c.priority, c.made_at desc, c.id desc"
    ),
)
.hot();

/// All that are bound to a bin and lot.
pub(crate) const ALL_OF_KEY: Statement = Statement::new(
    "stock.broken.all_of_key",
    "select id, owner, item, site, location, lot, qty, priority, made_at, expires_at, state, backordered,
       may_wait, told, lost
     from stock_claim
     where state = 1 and qty > 0 and location is not null and item = ?1 and location = ?2 and lot = ?3
     order by priority, made_at desc, id desc",
)
.hot();

#[cfg(test)]
pub(crate) const ALL: [Statement; 3] = [FIRST_OF_SITES, FIRST_OF_KEYS, ALL_OF_KEY];
