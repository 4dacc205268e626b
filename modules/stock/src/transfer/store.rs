//! The statements of transfers.

use super::decide::Counts;
use super::record::{InTransit, Transfer, TransferLine};
use super::state::State;
use crate::load;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::ledger::Claim;
use domain::{DocumentId, Instant, ItemId, LocationId, LotId, SiteId};

const BY_NUMBER: Statement = Statement::new(
    "stock.transfer.by_number",
    "select id, number, from_site, to_site, transit, state, note, created_at, created_by, version,
       expected_on
     from stock_transfer
     where number = ?1",
)
.hot();

const LOCK: Statement = Statement::per_engine(
    "stock.transfer.lock",
    "select id from stock_transfer where number = ?1",
    "select id from stock_transfer where number = ?1 for update",
);

/// One page in one direction. A filter that is null is not asked for; the place where the page begins
/// is always given, because a condition that may be absent is one that no index can follow.
macro_rules! page {
    ($beyond:literal, $reach:literal, $order:literal) => {
        concat!(
            "select id, number, from_site, to_site, transit, state, note, created_at, created_by, version,
               expected_on
             from stock_transfer
             where ",
            $beyond,
            " and (state = ?3 or ?3 is null)
              and (from_site = ?4 or ?4 is null)
              and (to_site = ?5 or ?5 is null)
              and ",
            $reach,
            " order by ",
            $order,
            " limit ?6"
        )
    };
}

macro_rules! both {
    ($name:literal, ($beyond:literal, $order:literal), ($beyond_c:literal, $order_c:literal)) => {
        Statement::per_engine(
            $name,
            page!(
                $beyond,
                "(?2 is null or from_site in (select value from json_each(?2))
                  or to_site in (select value from json_each(?2)))",
                $order
            ),
            page!(
                $beyond_c,
                "(?2::text is null
                  or from_site in (select v::bigint from json_array_elements_text(?2::json) as r (v))
                  or to_site in (select v::bigint from json_array_elements_text(?2::json) as r (v)))",
                $order_c
            ),
        )
    };
}

const LIST: Statement = both!(
    "stock.transfer.list",
    ("number > ?1", "number"),
    ("number collate \"C\" > ?1", "number collate \"C\"")
);

const LIST_DOWN: Statement = both!(
    "stock.transfer.list_down",
    ("number < ?1", "number desc"),
    ("number collate \"C\" < ?1", "number collate \"C\" desc")
);

const LINES: Statement = Statement::new(
    "stock.transfer.lines",
    "select t.line, t.item, t.lot, l.code, t.qty, t.shipped, t.received, t.short
     from stock_transfer_line t
     left join stock_lot l on l.id = t.lot
     where t.transfer = ?1
     order by t.line",
)
.hot();

/// The transit location belongs to the transfer alone, so the items of its lines are all there can be.
const IN_TRANSIT: Statement = Statement::new(
    "stock.transfer.in_transit",
    "select b.item, b.lot, l.code, b.status, b.on_hand
     from stock_balance b
     left join stock_lot l on l.id = b.lot
     where b.item in (select t.item from stock_transfer_line t where t.transfer = ?1) and b.location = ?2
       and b.on_hand > 0
     order by b.item, b.status, b.lot",
);

const CLAIMS: Statement = Statement::new(
    "stock.transfer.claims",
    "select c.id, c.owner, c.item, c.site, c.location, c.lot, c.qty, c.priority, c.made_at, c.expires_at, c.state,
       c.backordered, c.may_wait, c.told, c.lost
     from stock_transfer_line t
     join stock_claim c on c.item = t.item and c.site = ?2 and c.state = 1
       and c.owner = cast(?3 as text) || '/' || cast(t.line as text)
     where t.transfer = ?1
     order by c.id",
);

const INSERT: Statement = Statement::new(
    "stock.transfer.insert",
    "insert into stock_transfer
       (id, number, from_site, to_site, transit, state, note, created_at, created_by, version, expected_on)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);

const INSERT_LINES: Statement = Statement::per_engine(
    "stock.transfer.insert_lines",
    "insert into stock_transfer_line (transfer, line, item, lot, qty, shipped, received, short)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "insert into stock_transfer_line (transfer, line, item, lot, qty, shipped, received, short)
     select * from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],
       ?7::bigint[], ?8::bigint[])",
);

const UPDATE: Statement = Statement::new(
    "stock.transfer.update",
    "update stock_transfer set state = ?2, version = ?3, expected_on = ?4 where id = ?1",
);

const UPDATE_LINES: Statement = Statement::per_engine(
    "stock.transfer.update_lines",
    "update stock_transfer_line set shipped = ?3, received = ?4, short = ?5 where transfer = ?1 and line = ?2",
    "update stock_transfer_line t
     set shipped = k.shipped, received = k.received, short = k.short
     from unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[])
       as k (transfer, line, shipped, received, short)
     where t.transfer = k.transfer and t.line = k.line",
);

const OPEN_LINES_OF: Statement = Statement::new(
    "stock.transfer.open_lines_of",
    "select t.number
     from stock_transfer_line l
     join stock_transfer t on t.id = l.transfer
     where l.item = ?1 and t.state between 1 and 4
     order by t.number
     limit 1",
);

/// A site is archived rarely, and this looks at the transfers once.
const OPEN_AT: Statement = Statement::new(
    "stock.transfer.open_at",
    "select number
     from stock_transfer
     where (from_site = ?1 or to_site = ?1) and state between 1 and 4
     order by number
     limit 1",
);

/// The head, without its lines.
fn head(row: &Row<'_>) -> Result<Transfer, DbError> {
    Ok(Transfer {
        id: DocumentId::from_bytes(row.id16(0)?),
        number: row.text(1)?.to_owned(),
        from_site: SiteId(row.int(2)?),
        to_site: SiteId(row.int(3)?),
        transit: LocationId(row.int(4)?),
        state: State::from_number(row.int(5)?)
            .ok_or(DbError::Column { column: 5, wanted: "the state of a transfer" })?,
        note: row.opt_text(6)?.map(str::to_owned),
        created_at: Instant(row.int(7)?),
        created_by: row.int(8)?,
        version: row.int(9)?,
        expected_on: row.opt_date(10)?,
        lines: Vec::new(),
    })
}

fn line(row: &Row<'_>) -> Result<TransferLine, DbError> {
    Ok(TransferLine {
        line: row.int(0)?,
        item: ItemId(row.int(1)?),
        lot: LotId(row.int(2)?),
        lot_code: row.opt_text(3)?.map(str::to_owned),
        counts: Counts { qty: row.int(4)?, shipped: row.int(5)?, received: row.int(6)?, short: row.int(7)? },
    })
}

/// The transfer with its lines.
pub(crate) fn complete(conn: &mut Conn<'_>, mut transfer: Transfer) -> Result<Transfer, DbError> {
    transfer.lines = conn.query(&LINES, &[transfer.id.bytes().into()], line)?;
    Ok(transfer)
}

/// The transfer of a number.
pub(crate) fn by_number(conn: &mut Conn<'_>, number: &str) -> Result<Option<Transfer>, DbError> {
    let found = conn.query_opt(&BY_NUMBER, &[number.into()], head)?;
    found.map(|transfer| complete(conn, transfer)).transpose()
}

/// The transfer of a number, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &str) -> Result<Option<Transfer>, DbError> {
    tx.query_opt(&LOCK, &[number.into()], |_| Ok(()))?;
    by_number(tx, number)
}

/// Which transfers a page shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) after: Option<String>,
    /// The sites within reach as a JSON list; none for all.
    pub(crate) reach: Option<String>,
    pub(crate) state: Option<State>,
    pub(crate) from_site: Option<SiteId>,
    pub(crate) to_site: Option<SiteId>,
    pub(crate) down: bool,
    pub(crate) limit: i64,
}

/// A page of transfers, without their lines.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Transfer>, DbError> {
    let Filter { after, reach, state, from_site, to_site, down, limit } = filter;
    let (statement, start) = if *down { (&LIST_DOWN, char::MAX.to_string()) } else { (&LIST, String::new()) };
    let params = [
        after.as_ref().unwrap_or(&start).into(),
        reach.as_deref().into(),
        state.map(State::number).into(),
        from_site.map(SiteId::get).into(),
        to_site.map(SiteId::get).into(),
        (*limit).into(),
    ];
    conn.query(statement, &params, head)
}

/// What stands in the transit location of a transfer.
pub(crate) fn in_transit(conn: &mut Conn<'_>, transfer: &Transfer) -> Result<Vec<InTransit>, DbError> {
    let params = [transfer.id.bytes().into(), transfer.transit.get().into()];
    conn.query(&IN_TRANSIT, &params, |row| {
        Ok(InTransit {
            item: ItemId(row.int(0)?),
            lot: LotId(row.int(1)?),
            lot_code: row.opt_text(2)?.map(str::to_owned),
            status: load::status(row, 3)?,
            qty: row.int(4)?,
        })
    })
}

/// The open claims of a transfer's lines.
pub(crate) fn claims(conn: &mut Conn<'_>, transfer: &Transfer) -> Result<Vec<Claim>, DbError> {
    let params =
        [transfer.id.bytes().into(), transfer.from_site.get().into(), transfer.number.as_str().into()];
    conn.query(&CLAIMS, &params, load::claim)
}

pub(crate) fn insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), DbError> {
    let Transfer {
        id,
        number,
        from_site,
        to_site,
        transit,
        state,
        note,
        expected_on,
        created_at,
        created_by,
        version,
        lines,
    } = transfer;
    let params = [
        id.bytes().into(),
        number.into(),
        from_site.get().into(),
        to_site.get().into(),
        transit.get().into(),
        state.number().into(),
        note.as_deref().into(),
        created_at.0.into(),
        (*created_by).into(),
        (*version).into(),
        (*expected_on).into(),
    ];
    tx.execute(&INSERT, &params)?;
    let mut rows = Rows::with_capacity(8, lines.len());
    for line in lines {
        let Counts { qty, shipped, received, short } = line.counts;
        rows.push(&[
            id.bytes().into(),
            line.line.into(),
            line.item.get().into(),
            line.lot.get().into(),
            qty.into(),
            shipped.into(),
            received.into(),
            short.into(),
        ]);
    }
    tx.execute_many(&INSERT_LINES, &rows).map(|_| ())
}

/// Stores the state, the version, the expected day and the counts of the lines.
pub(crate) fn update(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), DbError> {
    let params = [
        transfer.id.bytes().into(),
        transfer.state.number().into(),
        transfer.version.into(),
        transfer.expected_on.into(),
    ];
    tx.execute(&UPDATE, &params)?;
    let mut rows = Rows::with_capacity(5, transfer.lines.len());
    for line in &transfer.lines {
        let Counts { qty: _, shipped, received, short } = line.counts;
        rows.push(&[
            transfer.id.bytes().into(),
            line.line.into(),
            shipped.into(),
            received.into(),
            short.into(),
        ]);
    }
    tx.execute_many(&UPDATE_LINES, &rows).map(|_| ())
}

/// The number of an open transfer of an item, if there is one.
pub(crate) fn open_with(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<String>, DbError> {
    conn.query_opt(&OPEN_LINES_OF, &[item.get().into()], |row| Ok(row.text(0)?.to_owned()))
}

/// The number of an open transfer from or to a site, if there is one.
pub(crate) fn open_at(conn: &mut Conn<'_>, site: SiteId) -> Result<Option<String>, DbError> {
    conn.query_opt(&OPEN_AT, &[site.get().into()], |row| Ok(row.text(0)?.to_owned()))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &BY_NUMBER,
    &LOCK,
    &LIST,
    &LIST_DOWN,
    &LINES,
    &IN_TRANSIT,
    &CLAIMS,
    &INSERT,
    &INSERT_LINES,
    &UPDATE,
    &UPDATE_LINES,
    &OPEN_LINES_OF,
    &OPEN_AT,
];
