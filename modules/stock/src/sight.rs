//! What a list shows to its caller: an item at a place, of which both must be within reach together.
//!
//! Whoever holds the permission for all items sees what stands below some roots. Whoever holds it for the items of some
//! categories sees of each item what stands below the roots that are for it: so the categories of an item are asked
//! for, once, and only of such callers.

use crate::stood;
use db::{Conn, DbError};
use domain::{CategoryId, Instant, ItemId, LocationId};
use rustc_hash::FxHashMap;
use web::Scope;

/// The places below some roots, each asked for once.
#[derive(Default)]
struct Places {
    /// None for everywhere.
    roots: Option<Vec<LocationId>>,
    known: FxHashMap<LocationId, bool>,
}

impl Places {
    fn of(scope: &Scope) -> Places {
        Places { roots: scope.roots().map(<[LocationId]>::to_vec), known: FxHashMap::default() }
    }

    /// Whether a place is among them, or was at an instant.
    fn has(
        &mut self,
        conn: &mut Conn<'_>,
        place: LocationId,
        then: Option<Instant>,
    ) -> Result<bool, DbError> {
        let Some(roots) = &self.roots else { return Ok(true) };
        if let Some(known) = self.known.get(&place) {
            return Ok(*known);
        }
        let has = match then {
            None => places::within(conn, place, roots)?,
            Some(then) => stood::within_then(conn, place, roots, then)?,
        };
        self.known.insert(place, has);
        Ok(has)
    }
}

/// Remembers what is within reach.
pub(crate) struct Sight {
    scope: Scope,
    /// The places where any item is within reach.
    any: Places,
    /// What is below the place that the list is narrowed to, which itself is within reach.
    below: Option<Places>,
    /// Where places stood at this instant, not where they stand.
    then: Option<Instant>,
    /// The places where some items are within reach, and which of these are those of an item.
    parts: Vec<(Scope, Places)>,
    of_item: FxHashMap<ItemId, usize>,
}

impl Sight {
    /// Whatever is below a place, which itself is within reach; or whatever is within reach.
    pub(crate) fn new(scope: &Scope, within: Option<LocationId>) -> Sight {
        let below = within.map(|place| Places { roots: Some(vec![place]), ..Places::default() });
        // what is below a place within reach is so too, unless that is for other items
        let is_told = below.is_some() && !scope.is_limited();
        Sight {
            any: if is_told { Places::default() } else { Places::of(scope) },
            scope: scope.clone(),
            below,
            then: None,
            parts: Vec::new(),
            of_item: FxHashMap::default(),
        }
    }

    /// The same by where places stood at an instant.
    pub(crate) fn at(self, then: Option<Instant>) -> Sight {
        Sight { then, ..self }
    }

    /// Whether not all items are seen at the same places.
    pub(crate) const fn is_by_item(&self) -> bool {
        self.scope.is_limited()
    }

    /// Whether only what is below one place is listed.
    pub(crate) const fn is_narrowed(&self) -> bool {
        self.below.is_some()
    }

    /// Asks for the categories of items that are about to be looked at together.
    pub(crate) fn meet(
        &mut self,
        conn: &mut Conn<'_>,
        items: impl IntoIterator<Item = ItemId>,
    ) -> Result<(), DbError> {
        if !self.is_by_item() {
            return Ok(());
        }
        let new = items.into_iter().filter(|item| !self.of_item.contains_key(item));
        let mut lines: FxHashMap<ItemId, Vec<CategoryId>> = new.map(|item| (item, Vec::new())).collect();
        let new: Vec<ItemId> = lines.keys().copied().collect();
        for (item, category) in catalog::category_lines(conn, &new)? {
            lines.entry(item).or_default().push(category);
        }
        for (item, line) in lines {
            let scope = self.scope.about(&line);
            let known = self.parts.iter().position(|(known, _)| *known == scope);
            self.of_item.insert(item, known.unwrap_or(self.parts.len()));
            if known.is_none() {
                let places = Places::of(&scope);
                self.parts.push((scope, places));
            }
        }
        Ok(())
    }

    /// Where an item is within reach.
    pub(crate) fn scope(&mut self, conn: &mut Conn<'_>, item: ItemId) -> Result<Scope, DbError> {
        self.meet(conn, [item])?;
        let part = self.of_item.get(&item).and_then(|at| self.parts.get(*at));
        Ok(part.map_or_else(|| self.scope.clone(), |(scope, _)| scope.clone()))
    }

    /// Whether an item is within reach anywhere.
    pub(crate) fn knows(&mut self, conn: &mut Conn<'_>, item: ItemId) -> Result<bool, DbError> {
        Ok(!self.scope(conn, item)?.is_nowhere())
    }

    /// Whether an item is within reach at a place, whatever the list is narrowed to.
    pub(crate) fn reaches(
        &mut self,
        conn: &mut Conn<'_>,
        item: ItemId,
        place: LocationId,
    ) -> Result<bool, DbError> {
        self.meet(conn, [item])?;
        let part = self.of_item.get(&item).and_then(|at| self.parts.get_mut(*at));
        part.map_or(&mut self.any, |(_, places)| places).has(conn, place, self.then)
    }

    /// Whether an item is seen at one of some places.
    pub(crate) fn sees(
        &mut self,
        conn: &mut Conn<'_>,
        item: ItemId,
        places: &[LocationId],
    ) -> Result<bool, DbError> {
        for place in places {
            if self.is_below(conn, *place)? && self.reaches(conn, item, *place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a place is seen by those who see any item there: for rows that are about none.
    pub(crate) fn sees_place(&mut self, conn: &mut Conn<'_>, place: LocationId) -> Result<bool, DbError> {
        Ok(self.is_below(conn, place)? && self.any.has(conn, place, self.then)?)
    }

    /// Whether a place is below the one that the list is narrowed to.
    fn is_below(&mut self, conn: &mut Conn<'_>, place: LocationId) -> Result<bool, DbError> {
        self.below.as_mut().map_or(Ok(true), |below| below.has(conn, place, self.then))
    }
}
