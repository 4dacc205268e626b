//! Where a page goes on, for whoever sees some items only.
//!
//! A page that looked for long ends wherever it came to, which may be at an item or a lot of others. What that is
//! called is not told: the place in the list names it by its id.

use crate::lot::store_find;
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

/// Hides the folded code of a lot.
pub(crate) fn hide_lot(scope: &Scope, code: &mut String, id: i64) {
    if scope.is_limited() {
        *code = format!("{MARK}{id}");
    }
}

/// Finds it again.
pub(crate) fn find_lot(conn: &mut Conn<'_>, code: &mut String) -> Result<(), DbError> {
    let Some(id) = hidden(code) else { return Ok(()) };
    if let Some(found) = store_find::code(conn, LotId(id))? {
        *code = found;
    }
    Ok(())
}
