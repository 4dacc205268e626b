//! The statements that find lots and serials: by code or by last sellable day, of all items or one.

use crate::load;
use db::{Conn, DbError, Row, Rows, Statement, Value};
use domain::when::Date;
use domain::{Instant, ItemId, LocationId, LotId, LotRole, Status, Tracking};

/// A lot with the names of its item.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: LotId,
    pub(crate) item: ItemId,
    pub(crate) sku: String,
    pub(crate) unit: String,
    pub(crate) tracking: Option<Tracking>,
    pub(crate) code: String,
    pub(crate) code_folded: String,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) made_on: Option<Date>,
    pub(crate) created_at: Instant,
    pub(crate) version: i64,
    pub(crate) on_hold: bool,
    pub(crate) is_parent: bool,
    pub(crate) parent: Option<String>,
    pub(crate) parent_on_hold: bool,
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "select l.id, i.sku, i.base_unit, i.tracking, l.code, l.code_folded, l.expiry_on, l.made_on,
               l.created_at, l.version, l.on_hold, l.role, r.code, r.on_hold, l.item
             from stock_lot l
             join stock_known_item i on i.id = l.item
             left join stock_lot r on r.id = l.parent
             where ",
            $condition
        )
    };
    ($condition:expr, $order:expr) => {
        concat!(select!($condition), " order by ", $order, " limit ?3")
    };
}

/// A page in both directions: after a key, and up to the other end of what is asked for.
macro_rules! pages {
    ($name:literal, $driven:literal, $column:literal) => {
        [
            Statement::new(
                $name,
                select!(
                    concat!($driven, "(l.", $column, ", l.id) > (?1, ?2) and l.", $column, " <= ?4"),
                    concat!("l.", $column, ", l.id")
                ),
            ),
            Statement::new(
                concat!($name, "_down"),
                select!(
                    concat!($driven, "(l.", $column, ", l.id) < (?1, ?2) and l.", $column, " >= ?4"),
                    concat!("l.", $column, " desc, l.id desc")
                ),
            ),
        ]
    };
}

const BY_CODE: [Statement; 2] = pages!("stock.lot.by_code", "", "code_folded");
const BY_CODE_OF_ITEM: [Statement; 2] =
    pages!("stock.lot.by_code_of_item", "l.item = ?5 and ", "code_folded");
const BY_CODE_OF_PARENT: [Statement; 2] =
    pages!("stock.lot.by_code_of_parent", "l.parent = ?5 and ", "code_folded");
const BY_EXPIRY: [Statement; 2] = pages!("stock.lot.by_expiry", "", "expiry_on");
const BY_EXPIRY_OF_ITEM: [Statement; 2] =
    pages!("stock.lot.by_expiry_of_item", "l.item = ?5 and ", "expiry_on");
const BY_EXPIRY_OF_PARENT: [Statement; 2] =
    pages!("stock.lot.by_expiry_of_parent", "l.parent = ?5 and ", "expiry_on");

const OF_CODE: Statement =
    Statement::new("stock.lot.of_code", select!("l.item = ?1 and l.code_folded = ?2")).hot();

const BY_ID: Statement = Statement::new("stock.lot.by_id", select!("l.id = ?1"));

/// Where a lot is or has been.
const PLACES: Statement = Statement::per_engine(
    "stock.lot.places",
    "select b.lot, b.location, p.code, b.status, b.on_hand
     from stock_balance b indexed by stock_balance_lot
     join stock_known_place p on p.id = b.location
     where b.lot = ?1 and b.lot <> 0 and b.location > 0
     order by b.location, b.status",
    "select b.lot, b.location, p.code, b.status, b.on_hand
     from unnest(?1::bigint[]) as k (lot)
     join stock_balance b on b.lot = k.lot and b.lot <> 0 and b.location > 0
     join stock_known_place p on p.id = b.location
     order by b.location, b.status",
)
.hot();

/// Where the serials of a parent are or have been, all of them together.
const PLACES_OF_SERIALS: Statement = Statement::per_engine(
    "stock.lot.places_of_serials",
    "select l.parent, b.location, p.code, b.status, sum(b.on_hand)
     from stock_lot l indexed by stock_lot_parent
     cross join stock_balance b indexed by stock_balance_lot
     join stock_known_place p on p.id = b.location
     where l.parent = ?1 and b.lot = l.id and b.lot <> 0 and b.location > 0
     group by l.parent, b.location, p.code, b.status
     order by b.location, b.status",
    "select l.parent, b.location, p.code, b.status, sum(b.on_hand)::bigint
     from unnest(?1::bigint[]) as k (lot)
     join stock_lot l on l.parent = k.lot
     join stock_balance b on b.lot = l.id and b.lot <> 0 and b.location > 0
     join stock_known_place p on p.id = b.location
     group by l.parent, b.location, p.code, b.status
     order by b.location, b.status",
)
.hot();

#[cfg(test)]
pub(crate) const ALL: [&[Statement]; 7] = [
    &BY_CODE,
    &BY_CODE_OF_ITEM,
    &BY_CODE_OF_PARENT,
    &BY_EXPIRY,
    &BY_EXPIRY_OF_ITEM,
    &BY_EXPIRY_OF_PARENT,
    &[OF_CODE, BY_ID, PLACES, PLACES_OF_SERIALS],
];

/// Whose lots are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    /// Everybody's.
    All,
    /// Those of an item.
    Item(ItemId),
    /// The serials that were made in a lot.
    Parent(LotId),
}

/// The order of a page, and the two ends of what it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// By folded code, from one to another.
    Code(String, String),
    /// By last sellable day; lots that do not expire are left out.
    Expiry(Date, Date),
}

/// Before and after every last sellable day.
pub(crate) const FIRST_DAY: Date = Date::constant(1, 1, 1);
pub(crate) const LAST_DAY: Date = Date::constant(9999, 12, 31);

/// Where a page ended: the folded code or the last sellable day, and the id.
pub(crate) type After = (String, i64);

impl Found {
    /// Whether it is on hold as a whole, by itself or with its parent.
    pub(crate) fn is_on_hold(&self) -> bool {
        self.on_hold || self.parent_on_hold
    }

    /// Where a page that ends with it ends.
    pub(crate) fn after(&self, order: &Order) -> After {
        let text = match order {
            Order::Code(..) => self.code_folded.clone(),
            Order::Expiry(..) => self.expiry_on.map(|day| day.to_string()).unwrap_or_default(),
        };
        (text, self.id.get())
    }
}

/// The next lots after a key, or the first; downwards when told so.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    whose: Whose,
    (order, down): (&Order, bool),
    after: Option<&After>,
    most: usize,
) -> Result<Vec<Found>, DbError> {
    let limit = Value::Int(i64::try_from(most).unwrap_or(i64::MAX));
    let end = if down { i64::MAX } else { -1 };
    let id = Value::Int(after.map_or(end, |(_, id)| *id));
    let (statements, key, stop): (_, Value<'_>, Value<'_>) = match order {
        Order::Code(low, high) => {
            let (start, stop) = if down { (high, low) } else { (low, high) };
            let by_code = [&BY_CODE, &BY_CODE_OF_ITEM, &BY_CODE_OF_PARENT];
            (by_code, after.map_or(start, |(code, _)| code).into(), stop.into())
        }
        Order::Expiry(low, high) => {
            let (start, stop) = if down { (*high, *low) } else { (*low, *high) };
            let key = after.and_then(|(day, _)| domain::when::parse_date(day).ok()).unwrap_or(start);
            ([&BY_EXPIRY, &BY_EXPIRY_OF_ITEM, &BY_EXPIRY_OF_PARENT], key.into(), stop.into())
        }
    };
    let of = |[up, other]: &[Statement; 2]| if down { *other } else { *up };
    let [all, of_item, of_parent] = statements.map(of);
    match whose {
        Whose::All => conn.query(&all, &[key, id, limit, stop], found),
        Whose::Item(item) => conn.query(&of_item, &[key, id, limit, stop, item.get().into()], found),
        Whose::Parent(lot) => conn.query(&of_parent, &[key, id, limit, stop, lot.get().into()], found),
    }
}

/// The lot of an item with a folded code.
pub(crate) fn of_code(conn: &mut Conn<'_>, item: ItemId, folded: &str) -> Result<Option<Found>, DbError> {
    conn.query_opt(&OF_CODE, &[item.get().into(), folded.into()], found)
}

/// The lot of an id.
pub(crate) fn by_id(conn: &mut Conn<'_>, lot: LotId) -> Result<Option<Found>, DbError> {
    conn.query_opt(&BY_ID, &[lot.get().into()], found)
}

fn found(row: &Row<'_>) -> Result<Found, DbError> {
    let tracking = Tracking::from_number(row.int(3)?);
    let is_parent = row.opt_int(11)?.and_then(LotRole::from_number) == Some(LotRole::Parent);
    Ok(Found {
        id: LotId(row.int(0)?),
        item: ItemId(row.int(14)?),
        sku: row.text(1)?.to_owned(),
        unit: row.text(2)?.to_owned(),
        tracking: if is_parent { Some(Tracking::Lot) } else { tracking },
        code: row.text(4)?.to_owned(),
        code_folded: row.text(5)?.to_owned(),
        expiry_on: row.opt_date(6)?,
        made_on: row.opt_date(7)?,
        created_at: Instant(row.int(8)?),
        version: row.int(9)?,
        on_hold: row.bool(10)?,
        is_parent,
        parent: row.opt_text(12)?.map(str::to_owned),
        parent_on_hold: row.opt_bool(13)?.unwrap_or_default(),
    })
}

/// A place that holds a lot, or has held it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) location: LocationId,
    pub(crate) code: String,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
}

/// Where these lots are or have been; when they are parents, their serials.
pub(crate) fn places(
    conn: &mut Conn<'_>,
    lots: &[LotId],
    are_parents: bool,
) -> Result<Vec<(LotId, Held)>, DbError> {
    if lots.is_empty() {
        return Ok(Vec::new());
    }
    let statement = if are_parents { &PLACES_OF_SERIALS } else { &PLACES };
    let mut rows = Rows::with_capacity(1, lots.len());
    for lot in lots {
        rows.push(&[lot.get().into()]);
    }
    conn.query_many(statement, &rows, |row| {
        let held = Held {
            location: LocationId(row.int(1)?),
            code: row.text(2)?.to_owned(),
            status: load::status(row, 3)?,
            on_hand: row.int(4)?,
        };
        Ok((LotId(row.int(0)?), held))
    })
}
