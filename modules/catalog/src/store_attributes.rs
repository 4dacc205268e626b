//! The statements of attribute definitions. Whoever changes one holds the rules alone.

use crate::attributes::Attribute;
use crate::store_rules::{definition, opt_json};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{AttributeId, AttributeKey, Instant};
use serde_json::Value as Json;

macro_rules! record {
    () => {
        "select a.id, a.key, a.kind, a.choices, a.least, a.most, a.name, a.unit, a.version, a.created_at,
                a.changed_at
         from catalog_attribute a
         where "
    };
}

const BY_KEY: Statement = Statement::new("catalog.attribute.by_key", concat!(record!(), "a.key = ?1"));

const BY_KEYS: Statement = Statement::per_engine(
    "catalog.attribute.by_keys",
    concat!(record!(), "a.key = ?1"),
    concat!(record!(), "a.key = any(?1::text[])"),
);

const LIST: Statement =
    Statement::new("catalog.attribute.list", concat!(record!(), "a.key > ?1 order by a.key limit ?2"));

const COUNT: Statement =
    Statement::new("catalog.attribute.count", "select count(*) from catalog_attribute a");

const INSERT: Statement = Statement::new(
    "catalog.attribute.insert",
    "insert into catalog_attribute
       (id, key, name, kind, unit, choices, least, most, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);

const UPDATE: Statement = Statement::new(
    "catalog.attribute.update",
    "update catalog_attribute
     set name = ?2, kind = ?3, unit = ?4, choices = ?5, least = ?6, most = ?7, version = ?8, changed_at = ?9
     where id = ?1",
);

const DELETE: Statement =
    Statement::new("catalog.attribute.delete", "delete from catalog_attribute where id = ?1");

/// What uses one: a category with a rule, and items with values of their own.
const USED: Statement = Statement::new(
    "catalog.attribute.used",
    "select (select min(c.path)
             from catalog_rule r
             join catalog_category c on c.id = r.category_id
             where r.attribute_id = ?1),
            (select count(distinct v.item_id) from catalog_value v where v.key = ?2 and not v.inherited),
            (select min(i.sku)
             from catalog_value v
             join catalog_item i on i.id = v.item_id
             where v.key = ?2 and not v.inherited)",
);

const RULES_OF: Statement = Statement::new(
    "catalog.attribute.rules_of",
    "select c.path, r.standard, r.allowed
     from catalog_rule r
     join catalog_category c on c.id = r.category_id
     where r.attribute_id = ?1
     order by c.path",
);

/// What a category says of an attribute.
#[derive(Debug)]
pub(crate) struct Said {
    /// The path of the category.
    pub(crate) path: String,
    pub(crate) standard: Option<Json>,
    pub(crate) allowed: Option<Vec<String>>,
}

fn record(row: &Row<'_>) -> Result<Attribute, DbError> {
    let definition = definition(row, 0)?;
    Ok(Attribute {
        id: definition.id,
        key: AttributeKey::parse(&definition.key)
            .map_err(|_| DbError::Column { column: 1, wanted: "the key of an attribute" })?,
        kind: definition.kind,
        choices: definition.choices,
        least: definition.least,
        most: definition.most,
        name: row.text(6)?.to_owned(),
        unit: row.opt_text(7)?.map(str::to_owned),
        version: row.int(8)?,
        created_at: Instant(row.int(9)?),
        changed_at: Instant(row.int(10)?),
    })
}

/// The definition of a key.
pub(crate) fn by_key(conn: &mut Conn<'_>, key: &str) -> Result<Option<Attribute>, DbError> {
    if AttributeKey::parse(key).is_err() {
        return Ok(None);
    }
    conn.query_opt(&BY_KEY, &[key.into()], record)
}

/// The definitions of these keys, those that have one.
pub(crate) fn by_keys<'k>(
    conn: &mut Conn<'_>,
    keys: impl Iterator<Item = &'k str>,
) -> Result<Vec<Attribute>, DbError> {
    let mut rows = Rows::new(1);
    keys.for_each(|key| rows.push(&[key.into()]));
    conn.query_many(&BY_KEYS, &rows, record)
}

/// One page by key.
pub(crate) fn list(conn: &mut Conn<'_>, after: &str, limit: i64) -> Result<Vec<Attribute>, DbError> {
    conn.query(&LIST, &[after.into(), limit.into()], record)
}

/// How many there are.
pub(crate) fn count(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&COUNT, &[], |row| row.int(0))
}

/// Stores a new definition.
pub(crate) fn insert(tx: &mut Tx<'_>, attribute: &Attribute) -> Result<(), DbError> {
    let Attribute { id, key, name, kind, unit, choices, least, most, version, created_at, changed_at } =
        attribute;
    let choices = Json::from(choices.clone()).to_string();
    let params = [
        id.get().into(),
        key.as_str().into(),
        name.into(),
        kind.number().into(),
        unit.as_deref().into(),
        (&choices).into(),
        (*least).into(),
        (*most).into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores a changed definition.
pub(crate) fn update(tx: &mut Tx<'_>, attribute: &Attribute) -> Result<(), DbError> {
    let Attribute { id, key: _, name, kind, unit, choices, least, most, version, created_at: _, changed_at } =
        attribute;
    let choices = Json::from(choices.clone()).to_string();
    let params = [
        id.get().into(),
        name.into(),
        kind.number().into(),
        unit.as_deref().into(),
        (&choices).into(),
        (*least).into(),
        (*most).into(),
        (*version).into(),
        changed_at.0.into(),
    ];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// Removes a definition that nothing uses.
pub(crate) fn delete(tx: &mut Tx<'_>, attribute: AttributeId) -> Result<(), DbError> {
    tx.execute(&DELETE, &[attribute.get().into()]).map(|_| ())
}

/// The first category with a rule, how many items have a value of their own, and the first of them.
pub(crate) fn used(
    conn: &mut Conn<'_>,
    attribute: AttributeId,
    key: &str,
) -> Result<(Option<String>, i64, Option<String>), DbError> {
    conn.query_one(&USED, &[attribute.get().into(), key.into()], |row| {
        Ok((row.opt_text(0)?.map(str::to_owned), row.int(1)?, row.opt_text(2)?.map(str::to_owned)))
    })
}

/// What categories say of an attribute.
pub(crate) fn rules_of(conn: &mut Conn<'_>, attribute: AttributeId) -> Result<Vec<Said>, DbError> {
    conn.query(&RULES_OF, &[attribute.get().into()], |row| {
        Ok(Said { path: row.text(0)?.to_owned(), standard: opt_json(row, 1)?, allowed: opt_json(row, 2)? })
    })
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&BY_KEY, &BY_KEYS, &LIST, &COUNT, &INSERT, &UPDATE, &DELETE, &USED, &RULES_OF];
