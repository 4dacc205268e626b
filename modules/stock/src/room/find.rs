//! Where there is room for more of an item, and which places hold what their rules forbid.

use super::load;
use super::store::{self, Walked};
use crate::sight::Sight;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::ledger::{Goods, Lacking, Lacks, Room, Rooms};
use domain::{Delta, ItemId, LocationId, LotId};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use utoipa::ToSchema;

/// A place with room.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct RoomRow {
    /// The location.
    pub(crate) location: String,
    /// How much more of the item fits, in its base unit; null where no rule limits it.
    #[schema(value_type = Option<String>)]
    pub(crate) fits: Option<Delta>,
}

/// A place that holds what its rules forbid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BreachRow {
    /// The location whose rules they are.
    pub(crate) location: String,
    /// The rules that are broken.
    pub(crate) broken: Vec<BrokenRule>,
}

/// A rule that what stands in a place breaks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BrokenRule {
    /// What is broken: `location_full` or `mixing_refused`.
    pub(crate) code: &'static str,
    /// Whether more of it is refused, or only warned of: `refuse` or `warn`.
    pub(crate) breach: &'static str,
    /// In words.
    pub(crate) detail: String,
}

/// What is looked for.
pub(crate) struct Asked {
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    /// The item is kept in whole units only.
    pub(crate) whole: bool,
    /// At least so much has to fit, in millionths.
    pub(crate) qty: i64,
    /// Only places of this kind, by its number.
    pub(crate) kind: i64,
}

/// How much more of an item fits into a place by the rules of all rooms that it stands in.
fn fits(rooms: &Rooms, asked: &Asked, place: LocationId) -> Option<i64> {
    let unknown = Goods::default();
    let goods = rooms.goods.get(&asked.item).unwrap_or(&unknown);
    let of = rooms.of.get(&place).into_iter().flatten();
    let fits = of.filter_map(|room| rooms.rooms.get(room)?.fits(asked.item, asked.lot, goods)).min()?;
    let whole = domain::qty::SCALE;
    Some(if asked.whole { fits / whole * whole } else { fits })
}

/// A page of the places that have room, as somebody walks past them.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    mut sight: Sight,
    asked: &Asked,
    after: Option<(i64, String)>,
    limit: usize,
) -> Result<Part<RoomRow, (i64, String)>, DbError> {
    let item = FxHashSet::from_iter([asked.item]);
    part(limit, after, |after, most| {
        let begin = after.map_or((-1, ""), |(walk, folded)| (*walk, folded.as_str()));
        let walked = store::walk(conn, begin, asked.kind, most)?;
        let mut seen = Vec::with_capacity(walked.len());
        for place in &walked {
            if sight.sees_place(conn, place.id)? {
                seen.push(place.id);
            }
        }
        let rooms = load::read(conn, &seen, &item)?;
        let seen: FxHashSet<LocationId> = seen.into_iter().collect();
        let row = |Walked { id, code, folded, walk }| {
            let fits = fits(&rooms, asked, id);
            let enough = fits.is_none_or(|fits| fits >= asked.qty.max(1));
            let row = RoomRow { location: code, fits: fits.map(Delta) };
            ((walk, folded), (seen.contains(&id) && enough).then_some(row))
        };
        Ok(walked.into_iter().map(row).collect())
    })
}

/// A rule that is broken, in words.
pub(crate) fn of_broken(place: &str, lacks: &Lacks) -> String {
    match &lacks.what {
        Lacking::Room { measure, max, there, .. } => {
            let shown = |number: i64| match measure {
                domain::ledger::Measure::Volume => format!("{} l", Delta(number)),
                domain::ledger::Measure::Weight => format!("{} kg", Delta(number)),
                domain::ledger::Measure::Units => Delta(number).to_string(),
                _ => number.to_string(),
            };
            format!("`{place}` takes `{}` by `{}` and has `{}`", shown(*max), measure.word(), shown(*there))
        }
        other => other.sentence(place),
    }
}

/// A page of the places with rules, by their ids, that hold what their rules forbid.
pub(crate) fn breaches(
    conn: &mut Conn<'_>,
    mut sight: Sight,
    after: Option<i64>,
    limit: usize,
) -> Result<Part<BreachRow, i64>, DbError> {
    part(limit, after, |after, most| {
        let ruled = store::ruled(conn, LocationId(after.copied().unwrap_or(0)), most)?;
        let mut rooms: FxHashMap<LocationId, Room> = FxHashMap::default();
        for one in &ruled {
            if sight.sees_place(conn, one.room)? {
                rooms.insert(one.room, Room::new(one.room, load::parsed(&one.rules)?));
            }
        }
        let ids: Vec<LocationId> = rooms.keys().copied().collect();
        let goods = load::fill(conn, &ids, &mut rooms, &FxHashSet::default())?;
        let row = |one: &store::Ruled| {
            let broken = rooms.get(&one.room).map(|room| room.broken(&goods)).unwrap_or_default();
            let told = broken.iter().map(|lacks| BrokenRule {
                code: load::code(lacks).word(),
                breach: lacks.breach.word(),
                detail: of_broken(&one.code, lacks),
            });
            let row = BreachRow { location: one.code.clone(), broken: told.collect() };
            (one.room.get(), (!row.broken.is_empty()).then_some(row))
        };
        Ok(ruled.iter().map(row).collect())
    })
}
