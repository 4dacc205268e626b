//! Where a page goes on, for whoever sees some items only.
//!
//! A page that looked for long ends wherever it came to, which may be at an item or a lot of others. What that is
//! called is not told: the place in the list names it by its id.

use crate::lot::store_find::{self, After, Order};
use db::{Conn, DbError};
use domain::code::fold;
use domain::{ItemId, LotId};
use web::Scope;

/// What no SKU and no lot has in it.
const MARK: char = '\u{1}';

/// The id in place of a name.
fn hidden(key: &str) -> Option<i64> {
    key.strip_prefix(MARK)?.parse().ok()
}

/// Whether a key of a place in a list is hidden.
pub(crate) fn is_hidden(key: &str) -> bool {
    hidden(key).is_some()
}

/// Hides the folded SKU in a place in a list.
pub(crate) fn hide_sku(conn: &mut Conn<'_>, scope: Option<&Scope>, sku: &mut String) -> Result<(), DbError> {
    if scope.is_some_and(Scope::is_limited)
        && let Some(item) = catalog::facts_by_sku(conn, &[sku.as_str()])?.pop().flatten()
    {
        *sku = format!("{MARK}{}", item.id);
    }
    Ok(())
}

/// Finds it again.
pub(crate) fn find_sku(conn: &mut Conn<'_>, sku: &mut String) -> Result<(), DbError> {
    let Some(id) = hidden(sku) else { return Ok(()) };
    if let Some(item) = catalog::facts_by_id(conn, &[ItemId(id)])?.pop().flatten() {
        *sku = fold(&item.sku);
    }
    Ok(())
}

/// Hides what a lot is called, or when it expires.
pub(crate) fn hide_lot(scope: &Scope, (key, id): &mut After) {
    if scope.is_limited() {
        *key = format!("{MARK}{id}");
    }
}

/// Finds it again, in the order of the list.
pub(crate) fn find_lot(conn: &mut Conn<'_>, order: &Order, (key, _): &mut After) -> Result<(), DbError> {
    let Some(id) = hidden(key) else { return Ok(()) };
    if let Some(lot) = store_find::by_id(conn, LotId(id))? {
        (*key, _) = lot.after(order);
    }
    Ok(())
}
