//! The routes of the ledger.

use super::{After, LedgerRow, Wanted, read, rows};
use crate::{load, reach};
use db::Conn;
use domain::code::fold;
use domain::{Code, Permission, PostingId, PrincipalId, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

/// What the ledger can be filtered by.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// Only this item.
    sku: Option<String>,
    /// Only this lot or serial; with `sku`.
    lot: Option<String>,
    /// Only what left or entered this location.
    location: Option<String>,
    /// Only postings of this document.
    document: Option<String>,
    /// Only what this principal posted.
    actor: Option<i64>,
}

web::sorts! {
    /// The order of the ledger.
    pub(crate) enum LedgerSort { Newest = "-recorded_at" }
}

/// Movements, newest first.
#[utoipa::path(
    get, path = "/api/v1/ledger", params(List<LedgerFilter, LedgerSort>),
    responses((status = 200, body = Page<LedgerRow>))
)]
pub(crate) async fn list_ledger(
    app: App,
    caller: Caller,
    list: List<LedgerFilter, LedgerSort>,
) -> web::Result {
    let after: Option<After> = list.after()?;
    let (fetch, filter, scope) = (list.fetch(), list.filter.clone(), caller.scope.clone());
    let with_values = caller.may(Permission::CostRead);
    let entries = app
        .db()
        .read(move |conn| {
            let wanted = resolve(conn, &scope, &filter)?;
            let entries = read(conn, &scope, &wanted, after, fetch)?;
            let ends: Vec<After> = entries.iter().map(After::of).collect();
            Ok::<_, Failure>(rows(conn, entries, with_values)?.into_iter().zip(ends).collect::<Vec<_>>())
        })
        .await?;
    let page = list.page(entries, |(_, after)| *after)?;
    let items: Vec<LedgerRow> = page.items.into_iter().map(|(row, _)| row).collect();
    Answer::ok(&Page { items, next: page.next })
}

fn resolve(conn: &mut Conn<'_>, scope: &Scope, filter: &LedgerFilter) -> Result<Wanted, Failure> {
    let unknown = |code: Code, pointer: &str, what: &str, name: &str| {
        Problem::at(code, pointer, format!("there is no {what} `{name}`"))
    };
    let mut wanted = Wanted {
        document: filter.document.clone(),
        actor: filter.actor.map(PrincipalId),
        ..Wanted::default()
    };
    if let Some(sku) = &filter.sku {
        let item = catalog::facts_by_sku(conn, &[sku])?.pop().flatten();
        let item = item.ok_or_else(|| unknown(Code::UnknownItem, "?sku", "item", sku))?;
        wanted.item = Some(item.id);
    }
    if let Some(code) = &filter.lot {
        let Some(item) = wanted.item else {
            let detail = "a lot belongs to an item; name its `sku` too";
            return Err(Problem::at(Code::InvalidValue, "?lot", detail).into());
        };
        let key = (item, fold(code));
        let lots = load::lots_by_code(conn, std::slice::from_ref(&key))?;
        let (lot, _) = lots.get(&key).ok_or_else(|| unknown(Code::UnknownLot, "?lot", "lot", code))?;
        wanted.lot = Some(*lot);
    }
    if let Some(code) = &filter.location {
        let place = places::facts_by_code(conn, &[code])?.pop().flatten();
        let place = place.ok_or_else(|| unknown(Code::UnknownLocation, "?location", "location", code))?;
        if !reach::location(conn, scope, place.id)? {
            return Err(unknown(Code::UnknownLocation, "?location", "location", code).into());
        }
        wanted.location = Some(place.id);
    }
    Ok(wanted)
}

/// One posting with its movements.
#[utoipa::path(
    get, path = "/api/v1/postings/{id}",
    params(("id" = String, Path, description = "the posting")),
    responses((status = 200, body = Vec<LedgerRow>))
)]
pub(crate) async fn get_posting(app: App, caller: Caller, Path(id): Path<String>) -> web::Result {
    let posting = PostingId::parse(&id).map_err(|_| Problem::not_found("posting", &id))?;
    let (scope, with_values) = (caller.scope.clone(), caller.may(Permission::CostRead));
    let rows = app
        .db()
        .read(move |conn| {
            let entries = super::of_posting(conn, &scope, posting)?;
            Ok::<_, Failure>(rows(conn, entries, with_values)?)
        })
        .await?;
    if rows.is_empty() {
        return Err(Problem::not_found("posting", &id).into());
    }
    Answer::ok(&rows)
}
