//! The statements of the values that items are found by. Invariant: they are what the attributes of
//! each item and the rules of its category say, at every commit.

use crate::item::Attributes;
use crate::rules::Indexed;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{CategoryId, ItemId};

const INSERT: Statement = Statement::per_engine(
    "catalog.value.insert",
    "insert into catalog_value (item_id, key, n, text, number, inherited)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
    "insert into catalog_value (item_id, key, n, text, number, inherited)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::smallint[], ?4::text[], ?5::bigint[], ?6::boolean[])",
);

const CLEAR: Statement = Statement::per_engine(
    "catalog.value.clear",
    "delete from catalog_value where item_id = ?1",
    "delete from catalog_value where item_id = any(?1::bigint[])",
);

/// Items of a category and all below it, by id.
const BELOW: Statement = Statement::new(
    "catalog.value.items_below",
    "select i.id, i.sku, i.category_id, i.attributes
     from catalog_category_tree t
     join catalog_item i on i.category_id = t.descendant
     where t.ancestor = ?1 and i.id > ?2
     order by i.id
     limit ?3",
);

/// Items that have a value of their own for a key, by id.
const HAVING: Statement = Statement::new(
    "catalog.value.items_having",
    "select i.id, i.sku, i.category_id, i.attributes
     from catalog_item i
     where i.id > ?2
       and exists (select 1 from catalog_value v where v.key = ?1 and v.item_id = i.id and not v.inherited)
     order by i.id
     limit ?3",
);

/// An item with what its values are made from.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) id: ItemId,
    pub(crate) sku: String,
    pub(crate) category: Option<CategoryId>,
    pub(crate) attributes: Attributes,
}

fn holder(row: &Row<'_>) -> Result<Holder, DbError> {
    let attributes = serde_json::from_str(row.text(3)?)
        .map_err(|_| DbError::Column { column: 3, wanted: "a JSON object" })?;
    Ok(Holder {
        id: ItemId(row.int(0)?),
        sku: row.text(1)?.to_owned(),
        category: row.opt_int(2)?.map(CategoryId),
        attributes,
    })
}

/// Stores values of items that have none yet.
pub(crate) fn insert<'v>(
    tx: &mut Tx<'_>,
    values: impl Iterator<Item = &'v (ItemId, Indexed)>,
) -> Result<(), DbError> {
    let mut rows = Rows::new(6);
    for (item, Indexed { key, n, text, number, inherited }) in values {
        rows.push(&[
            item.get().into(),
            key.into(),
            (*n).into(),
            text.into(),
            (*number).into(),
            (*inherited).into(),
        ]);
    }
    tx.execute_many(&INSERT, &rows).map(|_| ())
}

/// Forgets all values of items.
pub(crate) fn clear(tx: &mut Tx<'_>, items: impl Iterator<Item = ItemId>) -> Result<(), DbError> {
    let mut rows = Rows::new(1);
    items.for_each(|item| rows.push(&[item.get().into()]));
    tx.execute_many(&CLEAR, &rows).map(|_| ())
}

/// Some items of a category and all below it, after an id.
pub(crate) fn below(
    conn: &mut Conn<'_>,
    category: CategoryId,
    after: ItemId,
    limit: i64,
) -> Result<Vec<Holder>, DbError> {
    conn.query(&BELOW, &[category.get().into(), after.get().into(), limit.into()], holder)
}

/// Some items that have a value of their own for a key, after an id.
pub(crate) fn having(
    conn: &mut Conn<'_>,
    key: &str,
    after: ItemId,
    limit: i64,
) -> Result<Vec<Holder>, DbError> {
    conn.query(&HAVING, &[key.into(), after.get().into(), limit.into()], holder)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&INSERT, &CLEAR, &BELOW, &HAVING];
