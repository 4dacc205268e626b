//! Movements as they are shown.

use super::linked::Linked;
use super::store::Entry;
use crate::answer::SaleAnswer;
use crate::desk::Desk;
use crate::sight::Sight;
use catalog::ItemFacts;
use db::{Conn, DbError};
use domain::ledger::Place;
use domain::money::Money;
use domain::{Delta, Instant, ItemId, LocationId, PostingId, PrincipalId, Status};
use places::LocationFacts;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use utoipa::ToSchema;
use web::{App, Scope};

/// Who posted something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerActor {
    /// The principal, as `?actor` takes it.
    #[schema(value_type = i64)]
    pub id: PrincipalId,
    /// The login of a user or the name of a key; left out for the product itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One movement of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerRow {
    /// Its posting.
    #[schema(value_type = String)]
    pub posting: PostingId,
    /// The line of the posting, from zero.
    pub line: i64,
    /// The kind of the posting.
    pub kind: &'static str,
    /// The item.
    pub sku: String,
    /// The lot or serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The lot that the serial was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// How much, in `unit`.
    #[schema(value_type = String)]
    pub qty: Delta,
    /// The base unit of the item.
    pub unit: String,
    /// Where from, and what was on hand there afterwards.
    pub from: LedgerEnd,
    /// Where to, and what was on hand there afterwards.
    pub to: LedgerEnd,
    /// What it is worth; for those who may see costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Instant,
    /// When the ledger took it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// Who posted it.
    pub actor: LedgerActor,
    /// The document behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What else was written down with its posting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The posting that its posting reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reversal_of: Option<PostingId>,
    /// Of a sale, how much of it came back by returns that name it and stand; left out when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub returned: Option<Delta>,
    /// Of a return, what it took back of which sales.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sales: Vec<SaleAnswer>,
    /// The posting that reverses its posting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reversed_by: Option<PostingId>,
}

/// One end of a movement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerEnd {
    /// The location; left out when it is beyond the caller's reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The status.
    #[schema(value_type = String)]
    pub status: Status,
    /// On hand of the item (and lot) there, after the movement; left out beyond the caller's reach,
    /// and for the world outside, which holds no stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub on_hand: Option<Delta>,
}

/// How much of an end is shown.
struct Shown {
    code: Option<String>,
    with_stock: bool,
}

/// What the caller is shown of the places of items. Whoever sees a movement by one of its ends need not reach
/// the other. What is under way is seen by those who see its movements.
fn shown(
    conn: &mut Conn<'_>,
    scope: &Scope,
    ends: &[(ItemId, LocationId)],
) -> Result<FxHashMap<(ItemId, LocationId), Shown>, DbError> {
    let mut places: Vec<LocationId> = ends.iter().map(|(_, place)| *place).collect();
    places.sort_unstable();
    places.dedup();
    let facts = places::facts_by_id(conn, &places)?.into_iter().flatten();
    let facts: FxHashMap<LocationId, LocationFacts> = facts.map(|facts| (facts.id, facts)).collect();
    let mut sight = Sight::new(scope, None);
    sight.meet(conn, ends.iter().map(|(item, _)| *item))?;
    let mut found = FxHashMap::default();
    for (item, place) in ends {
        let Some(facts) = facts.get(place) else { continue };
        let seen = !facts.kind.is_real() || sight.sees(conn, *item, &[*place])?;
        let with_stock = seen && facts.kind.is_owned();
        found.insert((*item, *place), Shown { code: seen.then(|| facts.code.clone()), with_stock });
    }
    Ok(found)
}

/// The items of which the caller sees what movements are worth: those of which they see it anywhere.
fn valued(
    conn: &mut Conn<'_>,
    costs: Option<&Scope>,
    items: &[ItemId],
) -> Result<FxHashSet<ItemId>, DbError> {
    let mut found = FxHashSet::default();
    let Some(scope) = costs else { return Ok(found) };
    let mut sight = Sight::new(scope, None);
    sight.meet(conn, items.iter().copied())?;
    for item in items {
        if sight.knows(conn, *item)? {
            found.insert(*item);
        }
    }
    Ok(found)
}

/// Says who posted the rows, by name.
pub(crate) fn name_actors(app: &App, conn: &mut Conn<'_>, rows: &mut [LedgerRow]) -> Result<(), DbError> {
    let mut ids: Vec<PrincipalId> = rows.iter().map(|row| row.actor.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = app.names(conn, &ids)?;
    for row in rows {
        row.actor.name = names.get(&row.actor.id).cloned();
    }
    Ok(())
}

/// Gives entries their names, as far as the caller reaches.
pub(crate) fn rows(
    conn: &mut Conn<'_>,
    scope: &Scope,
    entries: Vec<Entry>,
    costs: Option<&Scope>,
) -> Result<Vec<LedgerRow>, DbError> {
    let mut items: Vec<ItemId> = entries.iter().map(|entry| entry.item).collect();
    items.sort_unstable();
    items.dedup();
    let valued = valued(conn, costs, &items)?;
    let mut ends: Vec<(ItemId, LocationId)> = entries
        .iter()
        .flat_map(|entry| [entry.from.location, entry.to.location].map(|place| (entry.item, place)))
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let items: FxHashMap<ItemId, ItemFacts> =
        catalog::facts_by_id(conn, &items)?.into_iter().flatten().map(|facts| (facts.id, facts)).collect();
    let sku = |item: ItemId| items.get(&item).map_or_else(|| item.to_string(), |facts| facts.sku.clone());
    let unit = |item: ItemId| items.get(&item).map(|facts| facts.base_unit.clone()).unwrap_or_default();
    let places = shown(conn, scope, &ends)?;
    let mut linked = Linked::read(conn, &entries)?;
    let currency = Desk::read(conn)?.currency;
    let end = |item: ItemId, place: Place, on_hand: i64| {
        let shown = places.get(&(item, place.location));
        LedgerEnd {
            location: shown.and_then(|shown| shown.code.clone()),
            status: place.status,
            on_hand: shown.is_some_and(|shown| shown.with_stock).then_some(Delta(on_hand)),
        }
    };
    let value = |minor: i64| Money { minor, currency }.amount().to_string();
    Ok(entries
        .into_iter()
        .map(|entry| LedgerRow {
            posting: entry.posting,
            line: entry.line,
            kind: entry.kind.word(),
            sku: sku(entry.item),
            lot: entry.lot_code,
            parent: entry.parent_code,
            qty: Delta(entry.qty),
            unit: unit(entry.item),
            from: end(entry.item, entry.from, entry.from_after),
            to: end(entry.item, entry.to, entry.to_after),
            value: entry.value.filter(|_| valued.contains(&entry.item)).map(value),
            effective_at: entry.effective_at,
            recorded_at: entry.recorded_at,
            actor: LedgerActor { id: entry.actor, name: None },
            document: entry.document,
            reason: entry.reason,
            note: entry.note,
            returned: linked.back.get(&(entry.posting, entry.line)).copied(),
            sales: linked.sales.remove(&(entry.posting, entry.line)).unwrap_or_default(),
            reversal_of: entry.reversal_of,
            reversed_by: entry.reversed_by,
        })
        .collect())
}
