//! What lists of stock ask for, and what they get.

use super::store_ways::{NOW, THEN};
use crate::asked::Below;
use crate::load;
use db::{Conn, DbError, Row, Statement, Value};
use domain::when::Date;
use domain::{Instant, ItemId, LocationId, LotId, SiteId, Status};

/// The order of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Sku,
    SkuDown,
    Place,
    PlaceDown,
}

impl Order {
    pub(crate) const fn is_by_sku(self) -> bool {
        matches!(self, Order::Sku | Order::SkuDown)
    }

    const fn is_down(self) -> bool {
        matches!(self, Order::SkuDown | Order::PlaceDown)
    }

    fn of(self, [sku, sku_down, place, place_down]: &[Statement; 4]) -> &Statement {
        match self {
            Order::Sku => sku,
            Order::SkuDown => sku_down,
            Order::Place => place,
            Order::PlaceDown => place_down,
        }
    }
}

/// Where a page ended: the folded SKU with location, lot and status, or the folded code of the
/// location with item, lot and status.
pub(crate) type After = (String, i64, i64, i64);

/// What a page shows.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) order: Order,
    pub(crate) after: Option<After>,
    /// Every key that ever had stock, where its place stood at this instant; `None` for what there is.
    pub(crate) then: Option<Instant>,
    pub(crate) item: Option<ItemId>,
    pub(crate) site: Option<SiteId>,
    pub(crate) status: Option<Status>,
    pub(crate) lot: Option<LotId>,
    pub(crate) below: Below,
    pub(crate) limit: i64,
}

/// A balance with the names of its key.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) item: ItemId,
    pub(crate) sku: String,
    sku_folded: String,
    pub(crate) unit: String,
    pub(crate) location: LocationId,
    pub(crate) code: String,
    code_folded: String,
    pub(crate) site: Option<String>,
    pub(crate) lot: LotId,
    pub(crate) lot_code: Option<String>,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
}

impl Level {
    /// Where a page that ends with it ends.
    pub(crate) fn after(&self, order: Order) -> After {
        let (lot, status) = (self.lot.get(), self.status.number());
        if order.is_by_sku() {
            (self.sku_folded.clone(), self.location.get(), lot, status)
        } else {
            (self.code_folded.clone(), self.item.get(), lot, status)
        }
    }
}

/// The next levels.
pub(crate) fn levels(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Level>, DbError> {
    let Filter { order, after, then, item, site, status, lot, below, limit } = filter;
    let start = if order.is_down() {
        (char::MAX.to_string(), i64::MAX, i64::MAX, i64::from(i16::MAX))
    } else {
        (String::new(), 0, 0, 0)
    };
    let (text, first, second, third) = after.as_ref().unwrap_or(&start);
    let few = below.few_json();
    let mut params: Vec<Value<'_>> = vec![
        text.into(),
        (*first).into(),
        (*second).into(),
        (*third).into(),
        item.map(ItemId::get).into(),
        site.map(SiteId::get).into(),
        status.map(Status::number).into(),
        lot.map(LotId::get).into(),
        below.roots.as_deref().into(),
        (*limit).into(),
    ];
    params.extend(then.map(|then| Value::from(then.0)));
    let ways = if then.is_some() { &THEN } else { &NOW };
    let way = match (item, &few) {
        (Some(_), _) => &ways.item,
        (None, None) => &ways.all,
        (None, Some(few)) => {
            params.push(few.into());
            &ways.places
        }
    };
    conn.query(order.of(way), &params, level)
}

fn level(row: &Row<'_>) -> Result<Level, DbError> {
    Ok(Level {
        item: ItemId(row.int(0)?),
        sku: row.text(1)?.to_owned(),
        sku_folded: row.text(2)?.to_owned(),
        unit: row.text(3)?.to_owned(),
        location: LocationId(row.int(4)?),
        code: row.text(5)?.to_owned(),
        code_folded: row.text(6)?.to_owned(),
        site: row.opt_text(7)?.map(str::to_owned),
        lot: LotId(row.int(8)?),
        lot_code: row.opt_text(9)?.map(str::to_owned),
        expiry_on: row.opt_date(10)?,
        status: load::status(row, 11)?,
        on_hand: row.int(12)?,
        allocated: row.int(13)?,
    })
}
