//! Stock summed by item: what there is of everything, now or at a moment, without its places.
//!
//! It is the sum of what `GET /stock` lists under the same filters. What there is now is summed by the
//! database; what there was is summed up from the rows of that moment, and so is what those see who see
//! different items at different places.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::as_of::Moment;
use crate::level;
use crate::level::StockRow;
use crate::level::store::{After, Filter, Order};
use crate::walk::{CHUNK_MAX, LOOKED_MAX, Part};
use db::{Conn, DbError};
use domain::code::fold;
use domain::{Delta, Status};
use serde::Serialize;
use utoipa::ToSchema;

/// What there is of an item in all places together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StockSum {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantities.
    pub(crate) unit: String,
    /// On hand at sites, in any status.
    #[schema(value_type = String)]
    pub(crate) on_hand: Delta,
    /// Of it, in status `good`.
    #[schema(value_type = String)]
    pub(crate) good: Delta,
    /// Of it, bound to owners now; left out for a moment in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) allocated: Option<Delta>,
    /// Under way between sites, which is left out for those who do not reach everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) in_transit: Option<Delta>,
}

/// The next items that have stock, in the order of their SKU, at most as many as the filter allows.
/// At a moment it may be fewer, or none, and still say where to go on.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    filter: Filter,
    moment: Option<&Moment>,
    sees_transit: bool,
) -> Result<Part<StockSum, After>, DbError> {
    if moment.is_some() || filter.below.by_item.is_some() {
        return of_rows(conn, filter, moment, sees_transit);
    }
    let mut part = now(conn, filter)?;
    if !sees_transit {
        part.rows.iter_mut().for_each(|sum| sum.in_transit = None);
    }
    Ok(part)
}

fn now(conn: &mut Conn<'_>, filter: Filter) -> Result<Part<StockSum, After>, DbError> {
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let filter = Filter { limit: filter.limit.saturating_add(1), ..filter };
    let mut rows = store::sums(conn, &filter)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| behind(last, filter.order));
    Ok(Part { rows, next })
}

/// An item is summed up as a whole, however many levels it has; then a page that has looked at enough of them
/// ends before the next.
fn of_rows(
    conn: &mut Conn<'_>,
    filter: Filter,
    moment: Option<&Moment>,
    sees_transit: bool,
) -> Result<Part<StockSum, After>, DbError> {
    let (limit, order) = (usize::try_from(filter.limit).unwrap_or(usize::MAX), filter.order);
    let mut walk = level::Walk::new(filter, moment);
    let mut after = walk.begin(conn)?;
    let (mut sums, mut looked): (Vec<StockSum>, usize) = (Vec::new(), 0);
    loop {
        let chunk = walk.next(conn, after.as_ref(), CHUNK_MAX)?;
        let ended = chunk.len() < CHUNK_MAX;
        for (at, row) in chunk {
            let is_next_item = after.as_ref().is_some_and(|(sku, ..)| *sku != at.0);
            if looked >= LOOKED_MAX && is_next_item {
                walk.end(conn, after.as_mut())?;
                return Ok(Part { rows: sums, next: after });
            }
            looked += 1;
            after = Some(at);
            let Some((item, row)) = row else { continue };
            let full = sums.len() == limit;
            match sums.last_mut() {
                Some(last) if last.sku == row.sku => last.add(&row),
                Some(last) if full => {
                    let next = Some(behind(last, order));
                    return Ok(Part { rows: sums, next });
                }
                _ => {
                    let of_all = walk.scope(conn, item)?.map_or(sees_transit, |scope| scope.is_all());
                    let sum = StockSum::of(&row);
                    sums.push(StockSum { in_transit: sum.in_transit.filter(|_| of_all), ..sum });
                }
            }
        }
        if ended {
            return Ok(Part { rows: sums, next: None });
        }
    }
}

/// The place in the list that lies behind all levels of an item.
fn behind(sum: &StockSum, order: Order) -> After {
    let sku = fold(&sum.sku);
    if order == Order::SkuDown { (sku, 0, 0, 0) } else { (sku, i64::MAX, i64::MAX, i64::from(i16::MAX)) }
}

impl StockSum {
    fn of(row: &StockRow) -> StockSum {
        let nothing = StockSum {
            sku: row.sku.clone(),
            unit: row.unit.clone(),
            on_hand: Delta(0),
            good: Delta(0),
            allocated: row.allocated.map(|_| Delta(0)),
            in_transit: Some(Delta(0)),
        };
        let mut sum = nothing;
        sum.add(row);
        sum
    }

    fn add(&mut self, row: &StockRow) {
        if row.site.is_none() {
            self.in_transit = self.in_transit.map(|sum| Delta(sum.0 + row.on_hand.0));
            return;
        }
        self.on_hand.0 += row.on_hand.0;
        if row.status == Status::Good {
            self.good.0 += row.on_hand.0;
        }
        self.allocated = self.allocated.map(|sum| Delta(sum.0 + row.allocated.unwrap_or_default().0));
    }
}
