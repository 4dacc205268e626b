//! The routes of customers.

use super::store::Goods;
use super::{Customer, one, page, store};
use db::Conn;
use domain::{Permission, Problem};
use serde::Deserialize;
use stock::{Followed, FollowedAfter, LedgerRow};
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

/// The filters of the list of customers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerFilter {
    /// Only those who got some of this item, from where the caller reaches.
    sku: Option<String>,
    /// Only those who got some of this lot, this serial, or the serials that were made in this lot; with
    /// `sku`.
    lot: Option<String>,
}

web::sorts! {
    /// The order of the list of customers.
    pub(crate) enum CustomerSort { Number = "number" }
}

/// Lists the customers that an import brought; with an item or a lot, whoever got some of it. For who reaches
/// a part of the places, those who got something from there or brought something back, and what is told of these
/// invoices alone; such a page may be short, or even empty, and still have a `next`.
#[utoipa::path(
    get, path = "/api/v1/customers", params(List<CustomerFilter, CustomerSort>),
    responses((status = 200, body = Page<Customer>))
)]
pub(crate) async fn list_customers(
    app: App,
    caller: Caller,
    list: List<CustomerFilter, CustomerSort>,
) -> web::Result {
    let (after, limit) = (list.after::<i64>()?.unwrap_or_default(), list.limit);
    let filter = list.filter.clone();
    let (rows, next) = app
        .db()
        .read(move |conn| {
            let goods = goods(conn, &caller.scope, &filter)?;
            Ok::<_, Failure>(page(conn, goods, caller.scope.roots_json().as_deref(), after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}

fn goods(conn: &mut Conn<'_>, scope: &Scope, filter: &CustomerFilter) -> Result<Option<Goods>, Failure> {
    let CustomerFilter { sku, lot } = filter;
    let named = stock::named_goods(conn, scope, sku.as_deref(), lot.as_deref())?;
    Ok(named.map(|(item, lot)| lot.map_or(Goods::Item(item), Goods::Lot)))
}

/// Shows a customer, as far as its invoices moved goods within reach.
#[utoipa::path(
    get, path = "/api/v1/customers/{number}",
    params(("number" = i64, Path, description = "the number of the customer")),
    responses((status = 200, body = Customer))
)]
pub(crate) async fn get_customer(app: App, caller: Caller, Path(number): Path<String>) -> web::Result {
    let found = app.db().read(move |conn| known(conn, &caller.scope, &number)).await?;
    Answer::ok(&found)
}

/// The customer within reach of a number as it stands in an address.
fn known(conn: &mut Conn<'_>, scope: &Scope, number: &str) -> Result<Customer, Failure> {
    let found = match number.parse() {
        Ok(number) => one(conn, number, scope.roots_json().as_deref())?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found("customer", number).into())
}

/// The movements of a customer are not filtered.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerLedgerFilter {}

web::sorts! {
    /// The order of the movements of a customer.
    pub(crate) enum CustomerLedgerSort { Latest = "-effective_at" }
}

/// What a customer bought and brought back: the movements of their postings, those that happened last
/// first, and the lines of a posting in their order.
#[utoipa::path(
    get, path = "/api/v1/customers/{number}/ledger",
    params(
        ("number" = i64, Path, description = "the number of the customer"),
        List<CustomerLedgerFilter, CustomerLedgerSort>,
    ),
    responses((status = 200, body = Page<LedgerRow>))
)]
pub(crate) async fn list_customer_ledger(
    app: App,
    caller: Caller,
    Path(number): Path<String>,
    list: List<CustomerLedgerFilter, CustomerLedgerSort>,
) -> web::Result {
    let (after, limit) = (list.after_if(FollowedAfter::fits)?, list.limit);
    let (scope, costs) = (caller.scope.clone(), caller.principal.scope(Permission::CostRead).cloned());
    let asked = app.clone();
    let (rows, next) = app
        .db()
        .read(move |conn| {
            let number = known(conn, &scope, &number)?.number;
            let followed = Followed { app: &asked, scope: &scope, costs: costs.as_ref(), limit };
            let of_customer = |conn: &mut Conn<'_>, before, most| store::postings(conn, number, before, most);
            Ok::<_, Failure>(followed.page(conn, after, of_customer)?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}
