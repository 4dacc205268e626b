//! What the database holds, read beside the server and compared with itself.

use super::site::Site;
use db::{Conn, Db, DbError, Settings, Statement};
use std::collections::BTreeMap;
use stockwell::wiring;

const MILLIONTHS: i64 = 1_000_000;

const STOCK: Statement = Statement::new(
    "test.stock",
    "select i.sku, s.sellable, s.reserved, s.allocated, s.backordered
     from stock_site s
     join catalog_item i on i.id = s.item",
);
const BINS: Statement = Statement::new(
    "test.bins",
    "select i.sku, l.code, b.on_hand
     from stock_balance b
     join catalog_item i on i.id = b.item
     join places_location l on l.id = b.location
     where b.location > 0 and b.on_hand <> 0",
);
const POSTINGS: Statement = Statement::new(
    "test.postings",
    "select idem_key, count(*)
     from stock_posting
     where idem_key is not null
     group by idem_key",
);
const ANSWERS: Statement = Statement::new("test.answers", "select key, status from db_idempotency");
/// What must find nothing.
const FAULTS: [(&str, Statement); 5] = [
    (
        "a balance is not the sum of its movements",
        Statement::new(
            "test.balances",
            "select item
             from (
               select item, location, lot, status, on_hand as qty from stock_balance
               union all
               select item, to_location, lot, to_status, -qty from stock_movement
               union all
               select item, from_location, lot, from_status, qty from stock_movement) as entry
             where location > 0
             group by item, location, lot, status
             having sum(qty) <> 0",
        ),
    ),
    (
        "a guard is not the sum of what it guards",
        Statement::new(
            "test.guards",
            "select s.item
             from stock_site s
             where s.sellable <> (
                 select coalesce(sum(b.on_hand), 0)
                 from stock_balance b
                 where b.item = s.item and b.location > 0 and b.status = 1)
               or s.reserved <> (
                 select coalesce(sum(c.qty), 0)
                 from stock_claim c
                 where c.item = s.item and c.site = s.site and c.state = 1 and c.location is null)
               or s.allocated <> (
                 select coalesce(sum(c.qty), 0)
                 from stock_claim c
                 where c.item = s.item and c.site = s.site and c.state = 1 and c.location is not null)
               or s.backordered <> (
                 select coalesce(sum(c.backordered), 0)
                 from stock_claim c
                 where c.item = s.item and c.site = s.site and c.state = 1)
               or (s.backordered > 0 and s.reserved + s.allocated < s.sellable)",
        ),
    ),
    (
        "a layer is not what is on hand",
        Statement::new(
            "test.layers",
            "select s.item
             from stock_stack s
             where s.qty <> (
                 select coalesce(sum(l.qty_left), 0) from stock_layer l where l.item = s.item and l.grp = s.grp)
               or s.qty <> (
                 select coalesce(sum(b.on_hand), 0)
                 from stock_balance b
                 where b.item = s.item and b.location > 0)",
        ),
    ),
    (
        "a lane has a gap, or its head is not its last posting",
        Statement::new(
            "test.lanes",
            "select p.lane
             from stock_posting p
             join db_lane h on h.lane = p.lane
             group by p.lane, h.number
             having count(*) <> max(p.number) or max(p.number) <> h.number",
        ),
    ),
    (
        "a movement has no posting",
        Statement::new(
            "test.orphans",
            "select m.item
             from stock_movement m
             left join stock_posting p on p.lane = m.lane and p.number = m.number
             where p.number is null",
        ),
    ),
];

/// Units of an item at the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) sellable: i64,
    pub(crate) reserved: i64,
    pub(crate) available: i64,
    /// What claims wait for.
    pub(crate) backordered: i64,
}

/// What the database holds.
#[derive(Debug)]
pub(crate) struct Books {
    /// By item.
    pub(crate) stock: BTreeMap<String, Stock>,
    /// By item and bin, in units; none where nothing is.
    pub(crate) bins: BTreeMap<(String, String), i64>,
    /// How many postings carry an idempotency key.
    pub(crate) postings: BTreeMap<String, i64>,
    /// The status of the answer that is kept for an idempotency key.
    pub(crate) answers: BTreeMap<String, i64>,
}

impl Books {
    /// Reads them and holds them against each other.
    pub(crate) fn read(site: &Site) -> Books {
        let settings = Settings { read_only: true, ..Settings::new(&site.url) };
        let db = Db::open(&settings, &wiring::MIGRATIONS).unwrap();
        let books = db.read_blocking(|conn| {
            for (fault, statement) in &FAULTS {
                let found = conn.query(statement, &[], |row| row.int(0))?;
                assert!(found.is_empty(), "{fault}: {found:?}");
            }
            Books::of(conn)
        });
        db.close();
        books.unwrap()
    }

    fn of(conn: &mut Conn<'_>) -> Result<Books, DbError> {
        let stock = conn.query(&STOCK, &[], |row| {
            let (sellable, reserved) = (row.int(1)?, row.int(2)?);
            let available = sellable - reserved - row.int(3)?;
            let numbers = [sellable, reserved, available, row.int(4)?];
            let [sellable, reserved, available, backordered] = numbers.map(units);
            Ok((row.text(0)?.to_owned(), Stock { sellable, reserved, available, backordered }))
        })?;
        let bins = conn.query(&BINS, &[], |row| {
            Ok(((row.text(0)?.to_owned(), row.text(1)?.to_owned()), units(row.int(2)?)))
        })?;
        let pairs = |row: &db::Row<'_>| Ok((row.text(0)?.to_owned(), row.int(1)?));
        Ok(Books {
            stock: stock.into_iter().collect(),
            bins: bins.into_iter().collect(),
            postings: conn.query(&POSTINGS, &[], pairs)?.into_iter().collect(),
            answers: conn.query(&ANSWERS, &[], pairs)?.into_iter().collect(),
        })
    }
}

fn units(millionths: i64) -> i64 {
    assert_eq!(millionths % MILLIONTHS, 0, "a part of a unit");
    millionths / MILLIONTHS
}
