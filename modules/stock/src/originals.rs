//! The postings that reversals name, read back with their movements and the layers they moved.

use crate::input::{Request, Work};
use crate::load;
use crate::lot::kept::Holds;
use crate::names::Names;
use crate::store_postings as sql;
use crate::store_sales::READ_POSTING_RETURNS;
use db::{Conn, DbError, Row};
use domain::costing::LayerUse;
use domain::ledger::{Freed, Group, Kind, LayerMade, Movement, Original, Place, Returned, SaleLine};
use domain::{Instant, ItemId, LocationId, LotId, PostingId, Status};
use rustc_hash::FxHashMap;

/// A posting that is to be reversed.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) original: Original,
    pub(crate) document: Option<String>,
    /// The lines of its reversal that bring back what somebody held before the lot was on hold as a whole.
    pub(crate) says_hold: Vec<usize>,
    /// What its reversal brings back on hold, and nothing holds any more.
    pub(crate) freed: Vec<Freed>,
}

/// Reads the originals of a batch, and the facts of what they moved.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    requests: &[&Request],
    names: &mut Names,
) -> Result<FxHashMap<PostingId, Found>, DbError> {
    let mut found = FxHashMap::default();
    for request in requests {
        if let Work::Reverse(input) = &request.work
            && let Some(original) = one(conn, input.posting)?
        {
            found.insert(input.posting, original);
        }
    }
    let movements = || found.values().flat_map(|found: &Found| &found.original.movements);
    let locations: Vec<LocationId> =
        movements().flat_map(|movement| [movement.from.location, movement.to.location]).collect();
    let items: Vec<ItemId> = movements().map(|movement| movement.item).collect();
    let lots: Vec<LotId> = movements().map(|movement| movement.lot).collect();
    names.add_places(conn, locations)?;
    names.add_items(conn, items)?;
    names.add_lots(conn, lots)?;
    if !found.is_empty() {
        names.read_reach(conn, requests)?;
        read_held(conn, names, &mut found)?;
    }
    Ok(found)
}

/// Reads which of them took what somebody held, of lots that are on hold as a whole by now, and what was on hold
/// because of its lot alone, of lots that are not.
fn read_held(
    conn: &mut Conn<'_>,
    names: &Names,
    found: &mut FxHashMap<PostingId, Found>,
) -> Result<(), DbError> {
    let on_hold = |lot: LotId| names.lot_facts.get(&lot).is_some_and(|facts| facts.on_hold);
    let movements = found.values().flat_map(|found| &found.original.movements);
    let held = movements.filter(|made| made.from.status == Status::Hold && made.lot.is_some());
    let holds = Holds::read(conn, held.map(|made| made.lot).collect())?;
    for found in found.values_mut() {
        found.says_hold = holds.lines_held(&found.original);
        found.freed = holds.freed(&found.original, on_hold);
    }
    Ok(())
}

/// The reversal of a posting. Once its rows are locked the answer stays.
pub(crate) fn reversed_by(conn: &mut Conn<'_>, id: PostingId) -> Result<Option<PostingId>, DbError> {
    let found = conn.query_opt(&sql::READ_POSTING_HEAD, &[id.bytes().into()], |row| row.opt_id16(4))?;
    Ok(found.flatten().map(PostingId::from_bytes))
}

fn one(conn: &mut Conn<'_>, id: PostingId) -> Result<Option<Found>, DbError> {
    let head = conn.query_opt(&sql::READ_POSTING_HEAD, &[id.bytes().into()], |row| {
        let document = row.opt_text(3)?.map(str::to_owned);
        Ok((row.int(0)?, row.int(1)?, row.int(2)?, document, row.opt_id16(4)?, row.int(5)?))
    })?;
    let Some((lane, number, kind, document, reversal, effective_at)) = head else { return Ok(None) };
    let kind = Kind::from_number(kind).ok_or(DbError::Column { column: 2, wanted: "a kind of posting" })?;
    let mut movements = conn.query(&sql::READ_POSTING_MOVEMENTS, &[lane.into(), number.into()], movement)?;
    let uses = conn.query(&sql::READ_POSTING_USES, &[lane.into(), number.into()], |row| {
        let used = LayerUse {
            seq: row.int(2)?,
            effective_at: Instant(row.int(3)?),
            qty: row.int(4)?,
            value: row.int(5)?,
        };
        Ok((row.int(0)?, Group(row.int(1)?), used, row.int(6)? == 1))
    })?;
    let mut by_line: FxHashMap<i64, &mut Movement> = FxHashMap::default();
    for movement in &mut movements {
        by_line.insert(i64::try_from(movement.line).unwrap_or(i64::MAX), movement);
    }
    for (line, group, used, new) in uses {
        let Some(movement) = by_line.get_mut(&line) else { continue };
        if used.qty > 0 && group == movement.from_group {
            movement.uses.push(used);
        } else {
            let LayerUse { seq, effective_at, qty, value } = used;
            movement.made.push(LayerMade { seq, qty: -qty, value: -value, effective_at, new });
        }
    }
    let returns = if kind == Kind::Return { returns(conn, lane, number)? } else { Vec::new() };
    let (effective_at, reversed_by) = (Instant(effective_at), reversal.map(PostingId::from_bytes));
    let original = Original { id, kind, effective_at, movements, returns, reversed_by };
    Ok(Some(Found { original, document, says_hold: Vec::new(), freed: Vec::new() }))
}

/// What a return took back of sales.
fn returns(conn: &mut Conn<'_>, lane: i64, number: i64) -> Result<Vec<Returned>, DbError> {
    let place = |at: i64| usize::try_from(at).unwrap_or(usize::MAX);
    conn.query(&READ_POSTING_RETURNS, &[lane.into(), number.into()], |row| {
        let sale = SaleLine { posting: PostingId::from_bytes(row.id16(1)?), line: place(row.int(2)?) };
        Ok(Returned { line: place(row.int(0)?), sale, qty: row.int(3)?, value: row.int(4)? })
    })
}

fn movement(row: &Row<'_>) -> Result<Movement, DbError> {
    let place = |location: usize, status: usize| -> Result<Place, DbError> {
        Ok(Place { location: LocationId(row.int(location)?), status: load::status(row, status)? })
    };
    Ok(Movement {
        line: usize::try_from(row.int(0)?).unwrap_or(usize::MAX),
        item: ItemId(row.int(1)?),
        lot: LotId(row.int(2)?),
        from: place(3, 4)?,
        to: place(5, 6)?,
        qty: row.int(7)?,
        from_after: row.int(8)?,
        from_ver: row.int(9)?,
        to_after: row.int(10)?,
        to_ver: row.int(11)?,
        from_group: Group(row.int(12)?),
        to_group: Group(row.int(13)?),
        value: row.opt_int(14)?,
        uses: Vec::new(),
        made: Vec::new(),
    })
}
