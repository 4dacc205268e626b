//! Whose rights are for some categories: which items those have, and what is refused to whoever would put an item
//! elsewhere.

use crate::store_list::Among;
use crate::{code, store_categories};
use db::{Conn, DbError, Tx};
use domain::{CategoryId, Code, Problem};
use web::{Caller, Failure};

/// The category of an item by its SKU and those above it, none for an item without one; `None` for no item.
///
/// # Errors
/// When the store fails.
pub fn categories_of(conn: &mut Conn<'_>, sku: &str) -> Result<Option<Vec<CategoryId>>, DbError> {
    let Some(key) = code::sku_key(sku) else { return Ok(None) };
    store_categories::line_of_item(conn, &key)
}

/// A category and those above it.
///
/// # Errors
/// When the store fails.
pub fn category_line(conn: &mut Conn<'_>, category: CategoryId) -> Result<Vec<CategoryId>, DbError> {
    store_categories::line(conn, category)
}

/// The path of a category.
///
/// # Errors
/// When the store fails.
pub fn category_path(conn: &mut Conn<'_>, category: CategoryId) -> Result<Option<String>, DbError> {
    Ok(store_categories::by_id(conn, category)?.map(|category| category.path))
}

/// The category of a path, which stays until the end of the transaction.
///
/// # Errors
/// When the store fails.
pub fn hold_category(tx: &mut Tx<'_>, path: &str) -> Result<Option<CategoryId>, DbError> {
    crate::store_rules::share(tx)?;
    Ok(crate::category(tx, path)?.map(|category| category.id))
}

/// What a list shows of the categories that are asked for, to a caller who is limited to some.
///
/// `asked`: the path of a category, empty for items in none; `None` for all.
///
/// # Errors
/// When the store fails.
pub(crate) fn shown(
    conn: &mut Conn<'_>,
    asked: Option<&str>,
    limits: Option<&[CategoryId]>,
) -> Result<Among, DbError> {
    let asked = match (asked, limits) {
        (None, None) => return Ok(Among::All),
        (None, Some(limits)) => return Ok(Among::Below(limits.to_vec())),
        (Some(""), None) => return Ok(Among::Uncategorised),
        (Some(""), Some(_)) => return Ok(Among::Below(Vec::new())),
        (Some(path), _) => crate::category(conn, path)?.map(|category| category.id),
    };
    let Some(asked) = asked else { return Ok(Among::Below(Vec::new())) };
    if has(conn, limits, Some(asked))? {
        return Ok(Among::Below(vec![asked]));
    }
    // what is theirs may stand below what they ask for
    let mut below = Vec::new();
    for limit in limits.unwrap_or_default() {
        if category_line(conn, *limit)?.contains(&asked) {
            below.push(*limit);
        }
    }
    Ok(Among::Below(below))
}

/// Whether an item of a category is among those of the caller.
pub(crate) fn has(
    conn: &mut Conn<'_>,
    limits: Option<&[CategoryId]>,
    category: Option<CategoryId>,
) -> Result<bool, DbError> {
    match (limits, category) {
        (None, _) => Ok(true),
        (Some(_), None) => Ok(false),
        (Some(limits), Some(category)) => {
            Ok(category_line(conn, category)?.iter().any(|above| limits.contains(above)))
        }
    }
}

/// Whether an item that a body names is among those of the caller.
///
/// # Errors
/// When the store fails.
pub fn is_among(conn: &mut Conn<'_>, caller: &Caller, sku: &str) -> Result<bool, DbError> {
    Told::to(caller).names(conn, sku)
}

/// Refuses to let a caller move what is of one category to another by which they would get rights that they do not have
/// now; and as [`may_put`].
///
/// # Errors
/// `forbidden` at `/category`.
pub(crate) fn may_move(
    conn: &mut Conn<'_>,
    caller: &Caller,
    (before, after): (Option<CategoryId>, Option<CategoryId>),
) -> Result<(), Failure> {
    may_put(conn, caller, after)?;
    if before == after || !caller.whole.has_categories() {
        return Ok(());
    }
    let mut line = |category: Option<CategoryId>| match category {
        Some(category) => category_line(conn, category),
        None => Ok(Vec::new()),
    };
    let (old, new) = (line(before)?, line(after)?);
    refuse_gain(caller, (&old, &new), "/category")
}

/// Refuses a move by which a caller would get rights that they do not have now.
pub(crate) fn refuse_gain(
    caller: &Caller,
    (old, new): (&[CategoryId], &[CategoryId]),
    pointer: &str,
) -> Result<(), Failure> {
    let Some(permission) = caller.whole.gains(old, new) else { return Ok(()) };
    let detail = format!(
        "this would give you the permission `{permission}` there, which you do not hold now: ask somebody else"
    );
    Err(Problem::at(Code::Forbidden, pointer.to_owned(), detail).into())
}

/// The category of an item as it is now, of whom it matters to: whose rights are for some categories.
pub(crate) fn category_now(
    conn: &mut Conn<'_>,
    caller: &Caller,
    sku: &str,
) -> Result<Option<CategoryId>, DbError> {
    if !caller.whole.has_categories() {
        return Ok(None);
    }
    Ok(categories_of(conn, sku)?.and_then(|line| line.first().copied()))
}

/// To whom a refusal is told: it names an item only to who may see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a>(Option<&'a [CategoryId]>);

impl<'a> Told<'a> {
    /// Whoever may see all items.
    pub(crate) const ALL: Told<'static> = Told(None);

    /// Whoever asks.
    pub(crate) fn to(caller: &'a Caller) -> Told<'a> {
        Told(caller.categories.as_deref())
    }

    /// Whether the item of a SKU may be named.
    pub(crate) fn names(self, conn: &mut Conn<'_>, sku: &str) -> Result<bool, DbError> {
        let Some(limits) = self.0 else { return Ok(true) };
        let line = categories_of(conn, sku)?.unwrap_or_default();
        Ok(line.iter().any(|category| limits.contains(category)))
    }
}

/// Refuses what names an item that is not among those of the caller, as if there were none.
///
/// # Errors
/// `unknown_item` at the pointer.
pub(crate) fn refuse_others<'s>(
    conn: &mut Conn<'_>,
    caller: &Caller,
    skus: impl IntoIterator<Item = &'s str>,
    pointer: &str,
) -> Result<(), Failure> {
    for sku in skus {
        if !is_among(conn, caller, sku)? {
            let detail =
                format!("there is no item `{}` among those that you may use", domain::word::echo(sku));
            return Err(Problem::at(Code::UnknownItem, pointer.to_owned(), detail).into());
        }
    }
    Ok(())
}

/// Refuses to let a caller put an item where they have no rights: they could neither see it again nor take it back.
///
/// # Errors
/// `forbidden` at `/category`.
pub(crate) fn may_put(
    conn: &mut Conn<'_>,
    caller: &Caller,
    category: Option<CategoryId>,
) -> Result<(), Failure> {
    if has(conn, caller.categories.as_deref(), category)? {
        return Ok(());
    }
    let mut paths = Vec::new();
    for limit in caller.categories.iter().flat_map(|limits| limits.iter()) {
        paths.extend(category_path(conn, *limit)?.map(|path| format!("`{path}`")));
    }
    let detail = format!("you may do this for items of {} alone, and those below", paths.join(", "));
    Err(Problem::at(Code::Forbidden, "/category", detail).into())
}
