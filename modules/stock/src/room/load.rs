//! The rooms that a batch puts goods into, held and read.
//!
//! Rooms are held after all other locks of a batch, in the order of their ids, and only by who puts something into
//! them: so of two receipts into the last place of a bin, the second sees what the first has left. Nothing is kept of
//! what a room holds; it is added up from the balances, which cannot disagree with themselves.

use super::decide::RulesBody;
use super::store;
use db::{Conn, DbError, Tx};
use domain::LocationId;
use domain::ledger::{Coming, Goods, Room, RoomRules, Rooms};
use domain::{Code, ItemId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Holds and reads the rooms of places that goods go to. The other ends of a batch are looked up too: what leaves a
/// room makes room in it.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    (targets, ends): (&FxHashSet<LocationId>, &FxHashSet<LocationId>),
    items: &FxHashSet<ItemId>,
) -> Result<Rooms, DbError> {
    if targets.is_empty() {
        return Ok(Rooms::default());
    }
    let mut ends: Vec<LocationId> = ends.union(targets).copied().collect();
    ends.sort_unstable();
    let above = above(tx, &ends)?;
    let entered: FxHashSet<LocationId> =
        above.iter().filter(|(place, ..)| targets.contains(place)).map(|(_, room, _)| *room).collect();
    let mut rooms: Vec<LocationId> = entered.iter().copied().collect();
    rooms.sort_unstable();
    store::hold(tx, &rooms)?;
    let above = above.into_iter().filter(|(_, room, _)| entered.contains(room)).collect();
    filled(tx, above, items)
}

/// Reads the rooms that places are or stand in.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    places: &[LocationId],
    items: &FxHashSet<ItemId>,
) -> Result<Rooms, DbError> {
    let above = above(conn, places)?;
    filled(conn, above, items)
}

type Above = Vec<(LocationId, LocationId, RoomRules)>;

/// The places with the rooms that have rules.
fn above(conn: &mut Conn<'_>, places: &[LocationId]) -> Result<Above, DbError> {
    let mut found = Vec::new();
    for (place, room, body) in store::above(conn, places)? {
        let rules = parsed(&body)?;
        if !rules.is_empty() {
            found.push((place, room, rules));
        }
    }
    Ok(found)
}

/// Rules as they were stored, which were right when they were set.
pub(crate) fn parsed(body: &RulesBody) -> Result<RoomRules, DbError> {
    let wrong = |_| DbError::Column { column: 0, wanted: "the rules of a place" };
    body.read().map_err(wrong)
}

/// The rooms with what stands in them.
fn filled(conn: &mut Conn<'_>, above: Above, items: &FxHashSet<ItemId>) -> Result<Rooms, DbError> {
    let mut rooms = Rooms::default();
    for (place, room, rules) in above {
        rooms.of.entry(place).or_default().push(room);
        rooms.rooms.entry(room).or_insert_with(|| Room::new(room, rules));
    }
    let ids: Vec<LocationId> = rooms.rooms.keys().copied().collect();
    rooms.goods = fill(conn, &ids, &mut rooms.rooms, items)?;
    Ok(rooms)
}

/// Puts what stands in rooms into them; what all of it is as things, and of the items beside.
pub(crate) fn fill(
    conn: &mut Conn<'_>,
    ids: &[LocationId],
    rooms: &mut FxHashMap<LocationId, Room>,
    items: &FxHashSet<ItemId>,
) -> Result<FxHashMap<ItemId, Goods>, DbError> {
    if ids.is_empty() {
        return Ok(FxHashMap::default());
    }
    let contents = store::contents(conn, ids)?;
    let wanted: FxHashSet<ItemId> =
        contents.iter().map(|there| there.item).chain(items.iter().copied()).collect();
    let wanted: Vec<ItemId> = wanted.into_iter().collect();
    let goods = catalog::goods_by_id(conn, &wanted)?;
    let unknown = Goods::default();
    for there in contents {
        if let Some(room) = rooms.get_mut(&there.room) {
            let goods = goods.get(&there.item).unwrap_or(&unknown);
            room.put(Coming { item: there.item, lot: there.lot, qty: there.qty, goods });
        }
    }
    Ok(goods)
}

/// The code of a rule that is broken.
pub(crate) fn code(lacks: &domain::ledger::Lacks) -> Code {
    domain::ledger::Why::NoRoom(Box::new(lacks.clone())).code()
}
