//! The statements of categories and of their tree. `catalog_category_tree` holds a row for every
//! category with itself and with each category above it. Whoever changes the tree holds the rules alone.

use crate::categories::Category;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{CategoryId, Instant, ItemId};

/// The unique index of paths.
pub(crate) const PATH_INDEX: &str = "catalog_category_path";

macro_rules! record {
    () => {
        "select c.id, c.parent_id, c.name, c.path, p.path, c.version, c.created_at, c.changed_at
         from catalog_category c
         left join catalog_category p on p.id = c.parent_id
         where "
    };
}

const IDS: Statement = Statement::per_engine(
    "catalog.category.ids",
    "select c.path, c.id from catalog_category c where c.path = ?1",
    "select c.path, c.id from unnest(?1::text[]) as k (path) join catalog_category c on c.path = k.path",
);

const BY_PATH: Statement = Statement::new("catalog.category.by_path", concat!(record!(), "c.path = ?1"));

const BY_ID: Statement = Statement::new("catalog.category.by_id", concat!(record!(), "c.id = ?1"));

/// All, or those directly below one; by path.
const LIST: Statement = Statement::new(
    "catalog.category.list",
    concat!(
        record!(),
        "c.path > ?1
           and (c.parent_id = ?2 or ?2 is null)
           and ((c.path >= ?3 and c.path < ?4) or ?3 is null)
         order by c.path
         limit ?5"
    ),
);

const LINE: Statement = Statement::new(
    "catalog.category.line",
    "select t.ancestor from catalog_category_tree t where t.descendant = ?1 order by t.depth",
);

/// A row for the item, and one more for each category above its own.
const LINE_OF_ITEM: Statement = Statement::new(
    "catalog.category.line_of_item",
    "select t.ancestor
     from catalog_item i
     left join catalog_category_tree t on t.descendant = i.category_id
     where i.sku_folded = ?1
     order by t.depth",
);

const LINES_OF_ITEMS: Statement = Statement::per_engine(
    "catalog.category.lines_of_items",
    "select i.id, t.ancestor
     from catalog_item i
     join catalog_category_tree t on t.descendant = i.category_id
     where i.id = ?1
     order by t.depth",
    "select i.id, t.ancestor
     from catalog_item i
     join catalog_category_tree t on t.descendant = i.category_id
     where i.id = any(?1::bigint[])
     order by i.id, t.depth",
);

const COUNT: Statement =
    Statement::new("catalog.category.count", "select count(*), max(c.id) from catalog_category c");

const INSERT: Statement = Statement::new(
    "catalog.category.insert",
    "insert into catalog_category (id, parent_id, name, path, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

const PLANT: Statement = Statement::new(
    "catalog.category.plant",
    "insert into catalog_category_tree (ancestor, descendant, depth)
     select t.ancestor, cast(?1 as bigint), t.depth + 1
     from catalog_category_tree t
     where t.descendant = ?2
     union all
     select cast(?1 as bigint), cast(?1 as bigint), 0",
);

const UPDATE: Statement = Statement::new(
    "catalog.category.update",
    "update catalog_category
     set parent_id = ?2, name = ?3, path = ?4, version = ?5, changed_at = ?6
     where id = ?1",
);

/// Gives what stands below a category the path that begins with its new one: `?2` is the length of the
/// old one, in characters, and one.
const REPATH: Statement = Statement::new(
    "catalog.category.repath",
    "update catalog_category
     set path = ?3 || substr(path, ?2)
     where id in (
       select t.descendant from catalog_category_tree t where t.ancestor = ?1 and t.depth > 0)",
);

const DETACH: Statement = Statement::new(
    "catalog.category.detach",
    "delete from catalog_category_tree
     where descendant in (select b.descendant from catalog_category_tree b where b.ancestor = ?1)
       and ancestor not in (select b.descendant from catalog_category_tree b where b.ancestor = ?1)",
);

const ATTACH: Statement = Statement::new(
    "catalog.category.attach",
    "insert into catalog_category_tree (ancestor, descendant, depth)
     select a.ancestor, b.descendant, a.depth + b.depth + 1
     from catalog_category_tree a
     cross join catalog_category_tree b
     where a.descendant = ?2 and b.ancestor = ?1",
);

const BELOW: Statement = Statement::new(
    "catalog.category.below",
    "select c.id, c.path
     from catalog_category_tree t
     join catalog_category c on c.id = t.descendant
     where t.ancestor = ?1
     order by c.path",
);

/// What keeps a category: something below it, an item in it.
const USED: Statement = Statement::new(
    "catalog.category.used",
    "select (select min(c.path) from catalog_category c where c.parent_id = ?1),
            (select min(i.sku) from catalog_item i where i.category_id = ?1)",
);

const FORGET_RULES: Statement =
    Statement::new("catalog.category.forget_rules", "delete from catalog_rule where category_id = ?1");

const UPROOT: Statement =
    Statement::new("catalog.category.uproot", "delete from catalog_category_tree where descendant = ?1");

const DELETE: Statement =
    Statement::new("catalog.category.delete", "delete from catalog_category where id = ?1");

/// Which categories.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Beyond this path.
    pub(crate) after: Option<String>,
    /// Directly below this one.
    pub(crate) parent: Option<CategoryId>,
    /// How the path begins.
    pub(crate) begins: Option<String>,
    pub(crate) limit: i64,
}

fn record(row: &Row<'_>) -> Result<Category, DbError> {
    Ok(Category {
        id: CategoryId(row.int(0)?),
        parent_id: row.opt_int(1)?.map(CategoryId),
        name: row.text(2)?.to_owned(),
        path: row.text(3)?.to_owned(),
        parent: row.opt_text(4)?.map(str::to_owned),
        version: row.int(5)?,
        created_at: Instant(row.int(6)?),
        changed_at: Instant(row.int(7)?),
    })
}

/// The ids of these paths, each with its path.
pub(crate) fn ids_of<'p>(
    conn: &mut Conn<'_>,
    paths: impl Iterator<Item = &'p str>,
) -> Result<Vec<(String, CategoryId)>, DbError> {
    let mut rows = Rows::new(1);
    paths.for_each(|path| rows.push(&[path.into()]));
    conn.query_many(&IDS, &rows, |row| Ok((row.text(0)?.to_owned(), CategoryId(row.int(1)?))))
}

/// A category and those above it.
pub(crate) fn line(conn: &mut Conn<'_>, category: CategoryId) -> Result<Vec<CategoryId>, DbError> {
    conn.query(&LINE, &[category.get().into()], |row| row.int(0).map(CategoryId))
}

/// The category of the item of a folded SKU and those above it; `None` when there is no item.
pub(crate) fn line_of_item(conn: &mut Conn<'_>, key: &str) -> Result<Option<Vec<CategoryId>>, DbError> {
    let rows = conn.query(&LINE_OF_ITEM, &[key.into()], |row| row.opt_int(0))?;
    Ok((!rows.is_empty()).then(|| rows.into_iter().flatten().map(CategoryId).collect()))
}

/// The categories of items, each from its own upwards.
pub(crate) fn lines_of_items(
    conn: &mut Conn<'_>,
    items: &[ItemId],
) -> Result<Vec<(ItemId, CategoryId)>, DbError> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    conn.query_many(&LINES_OF_ITEMS, &rows, |row| Ok((ItemId(row.int(0)?), CategoryId(row.int(1)?))))
}

/// The category of a path.
pub(crate) fn by_path(conn: &mut Conn<'_>, path: &str) -> Result<Option<Category>, DbError> {
    conn.query_opt(&BY_PATH, &[path.into()], record)
}

/// The category of an id.
pub(crate) fn by_id(conn: &mut Conn<'_>, id: CategoryId) -> Result<Option<Category>, DbError> {
    conn.query_opt(&BY_ID, &[id.get().into()], record)
}

/// One page by path.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Category>, DbError> {
    let Filter { after, parent, begins, limit } = filter;
    let end = begins.as_deref().map(|text| format!("{text}{}", char::MAX));
    let params = [
        after.as_deref().unwrap_or_default().into(),
        parent.map(CategoryId::get).into(),
        begins.as_deref().into(),
        end.as_deref().into(),
        (*limit).into(),
    ];
    conn.query(&LIST, &params, record)
}

/// How many categories there are, and the highest id.
pub(crate) fn count(conn: &mut Conn<'_>) -> Result<(i64, i64), DbError> {
    conn.query_one(&COUNT, &[], |row| Ok((row.int(0)?, row.opt_int(1)?.unwrap_or(0))))
}

/// Stores a new category below its parent.
pub(crate) fn insert(tx: &mut Tx<'_>, category: &Category) -> Result<(), DbError> {
    let Category { id, parent_id, name, path, parent: _, version, created_at, changed_at } = category;
    let params = [
        id.get().into(),
        parent_id.map(CategoryId::get).into(),
        name.into(),
        path.into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params)?;
    tx.execute(&PLANT, &[id.get().into(), parent_id.map(CategoryId::get).into()]).map(|_| ())
}

/// Stores a changed category. `old` is its path before.
pub(crate) fn update(tx: &mut Tx<'_>, category: &Category, old: &str) -> Result<(), DbError> {
    let Category { id, parent_id, name, path, parent: _, version, created_at: _, changed_at } = category;
    let params = [
        id.get().into(),
        parent_id.map(CategoryId::get).into(),
        name.into(),
        path.into(),
        (*version).into(),
        changed_at.0.into(),
    ];
    tx.execute(&UPDATE, &params)?;
    if path != old {
        let rest = i64::try_from(old.chars().count()).unwrap_or(i64::MAX).saturating_add(1);
        tx.execute(&REPATH, &[id.get().into(), rest.into(), path.into()])?;
    }
    Ok(())
}

/// Takes a category with all below it from where it stands, and puts it below another one, or on top.
pub(crate) fn replant(
    tx: &mut Tx<'_>,
    category: CategoryId,
    parent: Option<CategoryId>,
) -> Result<(), DbError> {
    tx.execute(&DETACH, &[category.get().into()])?;
    if let Some(parent) = parent {
        tx.execute(&ATTACH, &[category.get().into(), parent.get().into()])?;
    }
    Ok(())
}

/// A category and all below it, with their paths.
pub(crate) fn below(conn: &mut Conn<'_>, root: CategoryId) -> Result<Vec<(CategoryId, String)>, DbError> {
    conn.query(&BELOW, &[root.get().into()], |row| Ok((CategoryId(row.int(0)?), row.text(1)?.to_owned())))
}

/// The first category below, and the first item in it.
pub(crate) fn used(
    conn: &mut Conn<'_>,
    category: CategoryId,
) -> Result<(Option<String>, Option<String>), DbError> {
    conn.query_one(&USED, &[category.get().into()], |row| {
        Ok((row.opt_text(0)?.map(str::to_owned), row.opt_text(1)?.map(str::to_owned)))
    })
}

/// Removes a category that nothing uses.
pub(crate) fn delete(tx: &mut Tx<'_>, category: CategoryId) -> Result<(), DbError> {
    for statement in [&FORGET_RULES, &UPROOT, &DELETE] {
        tx.execute(statement, &[category.get().into()])?;
    }
    Ok(())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &IDS,
    &BY_PATH,
    &BY_ID,
    &LIST,
    &LINE,
    &LINE_OF_ITEM,
    &LINES_OF_ITEMS,
    &COUNT,
    &INSERT,
    &PLANT,
    &UPDATE,
    &REPATH,
    &DETACH,
    &ATTACH,
    &BELOW,
    &USED,
    &FORGET_RULES,
    &UPROOT,
    &DELETE,
];
