//! The texts of the statements that list stock: by item or by place, along what leaves the least to look
//! at, now or at an instant.
//!
//! On SQLite the tables are walked in the order written; on PostgreSQL as the planner likes. Of the past,
//! every key that ever had stock is listed, where its place stood then.

use db::Statement;

macro_rules! select {
    ($tables:expr, $driven:literal, $beyond:expr, $site:expr, $roots:expr, $zeros:literal, $order:expr) => {
        concat!(
            "select i.id, i.sku, i.sku_folded, i.base_unit, p.id, p.code, p.code_folded, s.code, b.lot, l.code,
               l.expiry_on, b.status, b.on_hand, b.allocated
             from ",
            $tables,
            " left join stock_known_place s on s.id = ",
            $site,
            " left join stock_lot l on l.id = b.lot
              where b.location > 0 and ",
            $driven,
            $beyond,
            $zeros,
            " and (b.item = ?5 or ?5 is null)
              and (",
            $site,
            " = ?6 or ?6 is null)
              and (b.status = ?7 or ?7 is null)
              and (b.lot = ?8 or l.parent = ?8 or ?8 is null)
              and ",
            $roots,
            " order by ",
            $order,
            " limit ?10"
        )
    };
}

/// Whether a place stands below one of the roots.
macro_rules! below_now {
    ($each:literal, $root:literal, $text:literal) => {
        concat!(
            "(",
            $text,
            " is null or exists (
               select 1 from ",
            $each,
            " join stock_within t on t.ancestor = ",
            $root,
            " where t.descendant = p.id))"
        )
    };
}

/// The site where a place stood at an instant.
macro_rules! site_then {
    ($at:literal) => {
        concat!(
            "coalesce((select h.above from stock_stood h
                       where h.place = p.id and h.is_site and h.since <= ",
            $at,
            " and h.until > ",
            $at,
            "), p.site)"
        )
    };
}

/// Whether a place stood below one of the roots at an instant. What is written down of two places says
/// all of them; of any others, what holds today has always held.
macro_rules! below_then {
    ($each:literal, $root:literal, $text:literal, $at:literal) => {
        concat!(
            "(",
            $text,
            " is null or exists (
               select 1 from ",
            $each,
            " where exists (
                 select 1 from stock_stood h
                 where h.place = p.id and h.above = ",
            $root,
            " and h.since <= ",
            $at,
            " and h.until > ",
            $at,
            ") or (
                 not exists (select 1 from stock_stood h where h.place = p.id and h.above = ",
            $root,
            ") and exists (
                 select 1 from stock_within t where t.descendant = p.id and t.ancestor = ",
            $root,
            "))))"
        )
    };
}

macro_rules! both_engines {
    (now, $name:expr, $sqlite:expr, $postgres:expr, $driven:literal, $beyond:expr, $order:expr) => {
        Statement::per_engine(
            concat!("stock.level.", $name),
            select!(
                $sqlite,
                $driven,
                $beyond,
                "p.site",
                below_now!("json_each(?9) r", "r.value", "?9"),
                " and b.on_hand <> 0",
                $order
            ),
            select!(
                $postgres,
                $driven,
                $beyond,
                "p.site",
                below_now!("json_array_elements_text(?9::json) as r (value)", "r.value::bigint", "?9::text"),
                " and b.on_hand <> 0",
                $order
            ),
        )
    };
    (then, $name:expr, $sqlite:expr, $postgres:expr, $driven:literal, $beyond:expr, $order:expr) => {
        Statement::per_engine(
            concat!("stock.level.past.", $name),
            select!(
                $sqlite,
                $driven,
                $beyond,
                site_then!("?11"),
                below_then!("json_each(?9) r", "r.value", "?9", "?11"),
                "",
                $order
            ),
            select!(
                $postgres,
                $driven,
                $beyond,
                site_then!("?11::timestamptz"),
                below_then!(
                    "json_array_elements_text(?9::json) as r (value)",
                    "r.value::bigint",
                    "?9::text",
                    "?11::timestamptz"
                ),
                "",
                $order
            ),
        )
    };
}

/// The pages of one way through the stock: by SKU up and down, by place up and down.
macro_rules! pages {
    ($when:ident, $name:literal, ($sku_sqlite:expr, $sku_postgres:expr), ($place_sqlite:expr, $place_postgres:expr), $driven:literal) => {
        [
            both_engines!(
                $when,
                concat!($name, ".sku"),
                $sku_sqlite,
                $sku_postgres,
                $driven,
                "i.sku_folded >= ?1 and (i.sku_folded > ?1 or (b.location, b.lot, b.status) > (?2, ?3, ?4))",
                "i.sku_folded, b.location, b.lot, b.status"
            ),
            both_engines!(
                $when,
                concat!($name, ".sku_down"),
                $sku_sqlite,
                $sku_postgres,
                $driven,
                "i.sku_folded <= ?1 and (i.sku_folded < ?1 or (b.location, b.lot, b.status) < (?2, ?3, ?4))",
                "i.sku_folded desc, b.location desc, b.lot desc, b.status desc"
            ),
            both_engines!(
                $when,
                concat!($name, ".place"),
                $place_sqlite,
                $place_postgres,
                $driven,
                "p.code_folded >= ?1 and (p.code_folded > ?1 or (b.item, b.lot, b.status) > (?2, ?3, ?4))",
                "p.code_folded, b.item, b.lot, b.status"
            ),
            both_engines!(
                $when,
                concat!($name, ".place_down"),
                $place_sqlite,
                $place_postgres,
                $driven,
                "p.code_folded <= ?1 and (p.code_folded < ?1 or (b.item, b.lot, b.status) < (?2, ?3, ?4))",
                "p.code_folded desc, b.item desc, b.lot desc, b.status desc"
            ),
        ]
    };
}

/// All of the stock, in the order of the page.
macro_rules! along_all {
    ($when:ident) => {
        pages!(
            $when,
            "all",
            (
                "stock_known_item i cross join stock_balance b on b.item = i.id
                 cross join stock_known_place p on p.id = b.location",
                "stock_known_item i join stock_balance b on b.item = i.id
                 join stock_known_place p on p.id = b.location"
            ),
            (
                "stock_known_place p cross join stock_balance b on b.location = p.id
                 cross join stock_known_item i on i.id = b.item",
                "stock_known_place p join stock_balance b on b.location = p.id
                 join stock_known_item i on i.id = b.item"
            ),
            ""
        )
    };
}

/// The stock of one item.
macro_rules! along_item {
    ($when:ident) => {
        pages!(
            $when,
            "item",
            (
                "stock_known_item i cross join stock_balance b on b.item = i.id
                 cross join stock_known_place p on p.id = b.location",
                "stock_known_item i join stock_balance b on b.item = i.id
                 join stock_known_place p on p.id = b.location"
            ),
            (
                "stock_known_item i cross join stock_balance b on b.item = i.id
                 cross join stock_known_place p on p.id = b.location",
                "stock_known_item i join stock_balance b on b.item = i.id
                 join stock_known_place p on p.id = b.location"
            ),
            "i.id = ?5 and "
        )
    };
}

/// What stands, or stood, in a few places.
macro_rules! along_places {
    ($when:ident, $few:literal) => {
        pages!(
            $when,
            "places",
            (along_places!(sqlite $few), along_places!(postgres $few)),
            (along_places!(sqlite $few), along_places!(postgres $few)),
            ""
        )
    };
    (sqlite $few:literal) => {
        concat!(
            "json_each(",
            $few,
            ") f cross join stock_balance b on b.location = f.value
             cross join stock_known_item i on i.id = b.item cross join stock_known_place p on p.id = b.location"
        )
    };
    (postgres $few:literal) => {
        concat!(
            "json_array_elements_text(",
            $few,
            "::json) as f (value) join stock_balance b on b.location = f.value::bigint
             join stock_known_item i on i.id = b.item join stock_known_place p on p.id = b.location"
        )
    };
}

/// The ways through the stock.
pub(super) struct Ways {
    pub(super) all: [Statement; 4],
    pub(super) item: [Statement; 4],
    pub(super) places: [Statement; 4],
}

/// What there is.
pub(super) const NOW: Ways =
    Ways { all: along_all!(now), item: along_item!(now), places: along_places!(now, "?11") };

/// What there was.
pub(super) const THEN: Ways =
    Ways { all: along_all!(then), item: along_item!(then), places: along_places!(then, "?12") };

#[cfg(test)]
pub(crate) const ALL: [&[Statement]; 6] =
    [&NOW.all, &NOW.item, &NOW.places, &THEN.all, &THEN.item, &THEN.places];
