//! Stock page by page: what each location holds of each lot in each status, now or at a moment.
//!
//! What is ours only: real locations, and transit for those who reach everything. A key that
//! holds nothing is left out.

pub(crate) mod api;
pub(crate) mod store;
pub(crate) mod store_ways;
#[cfg(test)]
mod tests;

use crate::as_of::{Gains, Moment, gains_of};
use crate::sight::Sight;
use crate::veil;
use crate::walk::{Part, part};
use db::{Conn, DbError};
use domain::ledger::Key;
use domain::{Delta, ItemId, Status};
use serde::Serialize;
use store::{After, Filter, Level, Order, levels};
use utoipa::ToSchema;
use web::Scope;

/// What one location holds of one lot of an item in one status.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StockRow {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// The site; null for what is in transit.
    pub(crate) site: Option<String>,
    /// The location.
    pub(crate) location: String,
    /// The lot or serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lot: Option<String>,
    /// The last sellable day of the lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub(crate) expiry_on: Option<String>,
    /// The status.
    #[schema(value_type = String)]
    pub(crate) status: Status,
    /// On hand.
    #[schema(value_type = String)]
    pub(crate) on_hand: Delta,
    /// Of it, bound to owners now; left out for a moment in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) allocated: Option<Delta>,
}

/// A page of rows. At a moment it may be short, or even empty, and still say where to go on: keys that
/// hold something by now and held nothing then are looked at and left out.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    filter: Filter,
    moment: Option<&Moment>,
) -> Result<Part<StockRow, After>, DbError> {
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut walk = Walk::new(filter, moment);
    let after = walk.begin(conn)?;
    let Part { rows, mut next } = part(limit, after, |after, most| walk.next(conn, after, most))?;
    walk.end(conn, next.as_mut())?;
    Ok(Part { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
}

/// Where a level stands in the list, and its item and row where it is shown.
pub(crate) type Looked = (After, Option<(ItemId, StockRow)>);

/// A walk along levels, chunk by chunk. What an item gained since the moment is asked for once, also where
/// its levels go on in the next chunk.
pub(crate) struct Walk<'m> {
    filter: Filter,
    moment: Option<&'m Moment>,
    /// The statements know the places within reach; where they are so for some items only, it is asked here.
    sight: Option<Sight>,
    /// The last item, and what its keys gained.
    last: Option<(ItemId, Gains)>,
}

impl Walk<'_> {
    /// Along what a filter asks for; where it begins and how much of it are told later.
    pub(crate) fn new(filter: Filter, moment: Option<&Moment>) -> Walk<'_> {
        let then = moment.map(|moment| moment.effective);
        let sight = filter.below.by_item.as_ref().map(|scope| Sight::new(scope, None).at(then));
        Walk { filter: Filter { then, ..filter }, moment, sight, last: None }
    }

    /// Where it begins.
    pub(crate) fn begin(&self, conn: &mut Conn<'_>) -> Result<Option<After>, DbError> {
        let mut after = self.filter.after.clone();
        if let Some((sku, ..)) = after.as_mut().filter(|_| self.filter.order.is_by_sku()) {
            veil::find_sku(conn, sku)?;
        }
        Ok(after)
    }

    /// Where the next page begins, as it is told: a place is within reach, an item may not be.
    pub(crate) fn end(&self, conn: &mut Conn<'_>, next: Option<&mut After>) -> Result<(), DbError> {
        match next.filter(|_| self.filter.order.is_by_sku()) {
            Some((sku, ..)) => veil::hide_sku(conn, self.filter.below.by_item.as_ref(), sku),
            None => Ok(()),
        }
    }

    /// Where an item is within reach; none where that is not asked item by item.
    pub(crate) fn scope(&mut self, conn: &mut Conn<'_>, item: ItemId) -> Result<Option<Scope>, DbError> {
        self.sight.as_mut().map(|sight| sight.scope(conn, item)).transpose()
    }

    /// The next levels, at most `most`; not shown is what holds nothing or is out of reach.
    pub(crate) fn next(
        &mut self,
        conn: &mut Conn<'_>,
        after: Option<&After>,
        most: usize,
    ) -> Result<Vec<Looked>, DbError> {
        self.filter.after = after.cloned();
        self.filter.limit = i64::try_from(most).unwrap_or(i64::MAX);
        let mut read = levels(conn, &self.filter)?;
        if let Some(moment) = self.moment {
            self.turn_back(conn, moment, &mut read)?;
        }
        let (order, is_now) = (self.filter.order, self.moment.is_none());
        let Some(sight) = &mut self.sight else {
            return Ok(read.into_iter().map(|level| looked_at(level, order, is_now)).collect());
        };
        sight.meet(conn, read.iter().map(|level| level.item))?;
        let mut found = Vec::with_capacity(read.len());
        for level in read {
            let seen = sight.sees(conn, level.item, &[level.location])?;
            let (after, row) = looked_at(level, order, is_now);
            found.push((after, row.filter(|_| seen)));
        }
        Ok(found)
    }

    /// Makes levels of now those of a moment.
    fn turn_back(
        &mut self,
        conn: &mut Conn<'_>,
        moment: &Moment,
        levels: &mut [Level],
    ) -> Result<(), DbError> {
        let known = self.last.as_ref().map(|(item, _)| *item);
        let mut items: Vec<ItemId> =
            levels.iter().map(|level| level.item).filter(|item| known != Some(*item)).collect();
        items.sort_unstable();
        items.dedup();
        let mut gains = gains_of(conn, moment, &items)?;
        let of_last = self.last.as_ref().map(|(_, gains)| gains);
        for level in levels.iter_mut() {
            let Level { item, location, lot, status, .. } = *level;
            let key = Key { item, location, lot, status };
            let gained = gains.get(&key).or_else(|| of_last?.get(&key));
            level.on_hand -= gained.copied().unwrap_or_default();
        }
        if let Some(item) = levels.last().map(|level| level.item).filter(|item| known != Some(*item)) {
            gains.retain(|key, _| key.item == item);
            self.last = Some((item, gains));
        }
        Ok(())
    }
}

/// A level as it is listed, unless it holds nothing.
fn looked_at(level: Level, order: Order, is_now: bool) -> Looked {
    let (after, item) = (level.after(order), level.item);
    let row = StockRow {
        sku: level.sku,
        unit: level.unit,
        site: level.site,
        location: level.code,
        lot: level.lot_code,
        expiry_on: level.expiry_on.map(|day| day.to_string()),
        status: level.status,
        on_hand: Delta(level.on_hand),
        allocated: is_now.then_some(Delta(level.allocated)),
    };
    (after, (level.on_hand != 0).then_some((item, row)))
}
