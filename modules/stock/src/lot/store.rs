//! The statements of commands on lots.

use crate::load;
use crate::store_vault::INSERT_LOTS;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::code::fold;
use domain::when::Date;
use domain::{Instant, ItemId, LocationId, LotId, LotRole, Status};

macro_rules! lock {
    ($end:literal) => {
        concat!(
            "select l.id, l.item, l.code, l.expiry_on, l.made_on, l.version, l.on_hold, l.role, p.id, p.code,
               p.expiry_on, p.on_hold
             from stock_lot l
             left join stock_lot p on p.id = l.parent
             where l.item = ?1 and l.code_folded = ?2",
            $end
        )
    };
}

const LOCK: Statement = Statement::per_engine("stock.lot.lock", lock!(""), lock!(" for update of l"));

const SET_EXPIRY: Statement =
    Statement::new("stock.lot.set_expiry", "update stock_lot set expiry_on = ?2, version = ?3 where id = ?1");

const SET_HOLD: Statement =
    Statement::new("stock.lot.set_hold", "update stock_lot set on_hold = ?2, version = ?3 where id = ?1");

/// Where a lot stands, and where the serials do that were made in it.
const STANDING: Statement = Statement::new(
    "stock.lot.standing",
    "select b.lot, b.location, b.status, b.on_hand, l.expiry_on, l.on_hold, p.on_hold, k.qty
     from stock_lot l
     join stock_balance b on b.lot = l.id and b.lot <> 0 and b.location > 0 and b.on_hand > 0
     left join stock_lot p on p.id = l.parent
     left join stock_kept k on k.lot = b.lot and k.location = b.location and k.status = b.status
     where l.id = ?1
     union all
     select b.lot, b.location, b.status, b.on_hand, l.expiry_on, l.on_hold, p.on_hold, k.qty
     from stock_lot p
     join stock_lot l on l.parent = p.id
     join stock_balance b on b.lot = l.id and b.lot <> 0 and b.location > 0 and b.on_hand > 0
     left join stock_kept k on k.lot = b.lot and k.location = b.location and k.status = b.status
     where p.id = ?1
     order by 2, 1, 3",
)
.hot();

const SET_PARENT: Statement = Statement::new(
    "stock.lot.set_parent",
    "update stock_lot set parent = ?2, expiry_on = ?3, version = ?4 where id = ?1",
);

const MAKE_PARENT: Statement =
    Statement::new("stock.lot.make_parent", "update stock_lot set role = 2 where id = ?1 and role is null");

/// The serials that have the day of their parent.
const DATED_LIKE: Statement = Statement::per_engine(
    "stock.lot.dated_like",
    "select id, code, made_on, version from stock_lot
     where parent = ?1 and expiry_on is not distinct from ?2
     order by id",
    "select id, code, made_on, version from stock_lot
     where parent = ?1 and expiry_on is not distinct from ?2::date
     order by id",
);

const DATE_SERIALS: Statement = Statement::per_engine(
    "stock.lot.date_serials",
    "update stock_lot set expiry_on = ?2, version = ?3 where id = ?1",
    "update stock_lot l set expiry_on = k.expiry_on, version = k.version
     from unnest(?1::bigint[], ?2::date[], ?3::bigint[]) as k (id, expiry_on, version)
     where l.id = k.id",
);

/// A lot as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LotRow {
    pub(crate) id: LotId,
    pub(crate) item: ItemId,
    pub(crate) code: String,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) made_on: Option<Date>,
    pub(crate) version: i64,
    /// It is on hold by itself.
    pub(crate) on_hold: bool,
    /// A serial or a parent; neither when it is of an item that is traced by lot.
    pub(crate) role: Option<LotRole>,
    /// The lot that it was made in.
    pub(crate) parent: Option<ParentRow>,
}

/// The parent of a serial, as far as it concerns the serial.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ParentRow {
    pub(crate) id: LotId,
    pub(crate) code: String,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) on_hold: bool,
}

impl LotRow {
    /// Whether its parent is on hold.
    pub(crate) fn parent_on_hold(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.on_hold)
    }

    /// Whether it is on hold, by itself or with its parent.
    pub(crate) fn is_on_hold(&self) -> bool {
        self.on_hold || self.parent_on_hold()
    }
}

/// Stock of a lot at a place, or of a serial that was made in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) lot: LotId,
    pub(crate) location: LocationId,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
    pub(crate) expiry_on: Option<Date>,
    /// It is on hold as a whole, by itself or with its parent.
    pub(crate) on_hold: bool,
    /// At most how much of it somebody holds for a reason of its own, while it is on hold as a whole.
    pub(crate) kept: i64,
}

pub(crate) fn lock(tx: &mut Tx<'_>, item: ItemId, folded: &str) -> Result<Option<LotRow>, DbError> {
    tx.query_opt(&LOCK, &[item.get().into(), folded.into()], lot)
}

fn lot(row: &Row<'_>) -> Result<LotRow, DbError> {
    let parent = match row.opt_int(8)? {
        Some(id) => Some(ParentRow {
            id: LotId(id),
            code: row.text(9)?.to_owned(),
            expiry_on: row.opt_date(10)?,
            on_hold: row.bool(11)?,
        }),
        None => None,
    };
    Ok(LotRow {
        id: LotId(row.int(0)?),
        item: ItemId(row.int(1)?),
        code: row.text(2)?.to_owned(),
        expiry_on: row.opt_date(3)?,
        made_on: row.opt_date(4)?,
        version: row.int(5)?,
        on_hold: row.bool(6)?,
        role: row.opt_int(7)?.and_then(LotRole::from_number),
        parent,
    })
}

pub(crate) fn set_expiry(tx: &mut Tx<'_>, lot: &LotRow) -> Result<(), DbError> {
    tx.execute(&SET_EXPIRY, &[lot.id.get().into(), lot.expiry_on.into(), lot.version.into()]).map(|_| ())
}

pub(crate) fn set_hold(tx: &mut Tx<'_>, lot: &LotRow) -> Result<(), DbError> {
    tx.execute(&SET_HOLD, &[lot.id.get().into(), lot.on_hold.into(), lot.version.into()]).map(|_| ())
}

pub(crate) fn standing(conn: &mut Conn<'_>, lot: LotId) -> Result<Vec<Standing>, DbError> {
    conn.query(&STANDING, &[lot.get().into()], |row| {
        Ok(Standing {
            lot: LotId(row.int(0)?),
            location: LocationId(row.int(1)?),
            status: load::status(row, 2)?,
            on_hand: row.int(3)?,
            expiry_on: row.opt_date(4)?,
            on_hold: row.bool(5)? || row.opt_bool(6)?.unwrap_or_default(),
            kept: row.opt_int(7)?.unwrap_or_default(),
        })
    })
}

/// Stores the parent of a serial, and the day that it has with it.
pub(crate) fn set_parent(tx: &mut Tx<'_>, serial: &LotRow) -> Result<(), DbError> {
    let parent = serial.parent.as_ref().map(|parent| parent.id.get());
    let params = [serial.id.get().into(), parent.into(), serial.expiry_on.into(), serial.version.into()];
    tx.execute(&SET_PARENT, &params).map(|_| ())
}

/// Makes a parent of a lot that is neither a serial nor a parent.
pub(crate) fn make_parent(tx: &mut Tx<'_>, lot: LotId) -> Result<(), DbError> {
    tx.execute(&MAKE_PARENT, &[lot.get().into()]).map(|_| ())
}

/// A parent that nobody has named before, with the days of its first serial.
pub(crate) fn add_parent(
    tx: &mut Tx<'_>,
    serial: &LotRow,
    code: &str,
    now: Instant,
) -> Result<ParentRow, DbError> {
    let id = db::ids::take(tx, "stock_lot", 1)?;
    let folded = fold(code);
    let mut rows = Rows::with_capacity(9, 1);
    rows.push(&[
        id.into(),
        serial.item.get().into(),
        code.into(),
        (&folded).into(),
        serial.expiry_on.into(),
        serial.made_on.into(),
        LotRole::Parent.number().into(),
        Value::Null,
        now.0.into(),
    ]);
    tx.execute_many(&INSERT_LOTS, &rows)?;
    Ok(ParentRow { id: LotId(id), code: code.to_owned(), expiry_on: serial.expiry_on, on_hold: false })
}

/// A serial that has the day of its parent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dated {
    pub(crate) id: LotId,
    pub(crate) code: String,
    pub(crate) made_on: Option<Date>,
    pub(crate) version: i64,
}

/// Gives the serials of a parent that have its day another one with it; what they are now.
pub(crate) fn date_serials(
    tx: &mut Tx<'_>,
    parent: LotId,
    (before, after): (Option<Date>, Option<Date>),
) -> Result<Vec<Dated>, DbError> {
    let dated = tx.query(&DATED_LIKE, &[parent.get().into(), before.into()], |row| {
        Ok(Dated {
            id: LotId(row.int(0)?),
            code: row.text(1)?.to_owned(),
            made_on: row.opt_date(2)?,
            version: row.int(3)? + 1,
        })
    })?;
    let mut rows = Rows::with_capacity(3, dated.len());
    for serial in &dated {
        rows.push(&[serial.id.get().into(), after.into(), serial.version.into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&DATE_SERIALS, &rows)?;
    }
    Ok(dated)
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&LOCK, &SET_EXPIRY, &SET_HOLD, &STANDING, &SET_PARENT, &MAKE_PARENT, &DATED_LIKE, &DATE_SERIALS];
