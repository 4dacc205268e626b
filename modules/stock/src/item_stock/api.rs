//! The route of the stock of one item.

use super::store::After;
use super::{Brief, ItemStock, Shown, Slice, brief, read};
use crate::as_of::Moment;
use crate::reach;
use catalog::ItemFacts;
use db::Conn;
use domain::{Instant, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Path, Scope};

web::sorts! {
    /// The order of the balances of an item.
    pub(crate) enum BalanceSort { Location = "location" }
}

/// When the stock of an item is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockMoment {
    /// As it was at this instant, such as `2026-03-01T09:30:00Z`.
    as_of: Option<String>,
    /// As the ledger knew it at this instant.
    as_recorded: Option<String>,
}

/// The stock of one item, per site and, page by page, where it is: now, or what was on hand at a
/// moment. The numbers of the sites are whole on every page.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/stock",
    params(("sku" = String, Path, description = "the SKU"), List<StockMoment, BalanceSort>),
    responses((status = 200, body = ItemStock))
)]
pub(crate) async fn get_item_stock(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<StockMoment, BalanceSort>,
) -> web::Result {
    let slice = Slice { after: list.after::<After>()?, limit: list.limit };
    let asked = list.filter.clone();
    let is_past = asked.as_of.is_some() || asked.as_recorded.is_some();
    let question = Question { sku, scope: caller.scope, now: caller.ctx.now, asked, slice };
    // what is on one page is a point read, and where the data is at hand, handing it to another thread
    // would cost more than it does. Anything else is added up, or waits for a server that may hang, and
    // must not hold up the thread that answers others
    let is_brief = !is_past && slice.after.is_none() && app.db().is_at_hand();
    let at_once = if is_brief { app.db().read_here(|conn| question.brief(conn)).await? } else { None };
    let (stock, next) = match at_once {
        Some(shown) => shown,
        None => app.db().read(move |conn| question.whole(conn)).await?,
    };
    Answer::ok(&ItemStock { next: list.next(next.as_ref())?, ..stock })
}

struct Question {
    sku: String,
    scope: Scope,
    now: Instant,
    asked: StockMoment,
    slice: Slice,
}

impl Question {
    fn item(&self, conn: &mut Conn<'_>) -> Result<ItemFacts, Failure> {
        let item = catalog::facts_by_sku(conn, &[&self.sku])?.pop().flatten();
        Ok(item.ok_or_else(|| Problem::not_found("item", &self.sku))?)
    }

    /// The stock of now, when it is no more than one page.
    fn brief(&self, conn: &mut Conn<'_>) -> Result<Option<Shown>, Failure> {
        let item = self.item(conn)?;
        reach::some_site(conn, &self.scope)?;
        match brief(conn, &self.scope, &item, self.now, self.slice)? {
            Brief::Whole(shown) => Ok(Some(shown)),
            Brief::Part(_) => Ok(None),
        }
    }

    fn whole(&self, conn: &mut Conn<'_>) -> Result<Shown, Failure> {
        let StockMoment { as_of, as_recorded } = &self.asked;
        let moment = Moment::read(conn, self.now, as_of.as_deref(), as_recorded.as_deref())?;
        let item = self.item(conn)?;
        reach::some_site(conn, &self.scope)?;
        Ok(read(conn, &self.scope, &item, self.now, moment.as_ref(), self.slice)?)
    }
}
