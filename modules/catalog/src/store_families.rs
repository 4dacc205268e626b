//! The statements of families. Whoever changes one holds the rules alone; whoever makes variants of one holds the
//! family.

use crate::families::{Family, FamilyDefaults};
use crate::options::OptionSet;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{CategoryId, FamilyId, Instant, OptionSetId, Pattern};

macro_rules! record {
    () => {
        "select f.id, f.code, f.name, f.sku_pattern, f.name_pattern, f.configurable, f.excluded, f.defaults,
                f.category_id, (select c.path from catalog_category c where c.id = f.category_id), f.archived,
                f.version, f.created_at, f.changed_at
         from catalog_family f
         where "
    };
}

const BY_CODE: Statement = Statement::new("catalog.family.by_code", concat!(record!(), "f.code_folded = ?1"));

const LOCK: Statement = Statement::per_engine(
    "catalog.family.lock",
    "select f.id from catalog_family f where f.id = ?1",
    "select f.id from catalog_family f where f.id = ?1 for update",
);

const LIST: Statement = Statement::new(
    "catalog.family.list",
    concat!(
        record!(),
        "f.code_folded > ?1 and (f.archived = ?2 or ?2 is null) order by f.code_folded limit ?3"
    ),
);

const COUNT: Statement = Statement::new("catalog.family.count", "select count(*) from catalog_family f");

const INSERT: Statement = Statement::new(
    "catalog.family.insert",
    "insert into catalog_family
       (id, code, code_folded, name, sku_pattern, name_pattern, configurable, excluded, defaults, category_id,
        archived, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
);

const INSERT_OPTIONS: Statement = Statement::per_engine(
    "catalog.family.insert_options",
    "insert into catalog_family_option (family_id, position, set_id) values (?1, ?2, ?3)",
    "insert into catalog_family_option (family_id, position, set_id)
     select * from unnest(?1::bigint[], ?2::smallint[], ?3::bigint[])",
);

const UPDATE: Statement = Statement::new(
    "catalog.family.update",
    "update catalog_family
     set name = ?2, sku_pattern = ?3, name_pattern = ?4, configurable = ?5, excluded = ?6, defaults = ?7,
         category_id = ?8, archived = ?9, version = ?10, changed_at = ?11
     where id = ?1",
);

const DELETE_OPTIONS: Statement =
    Statement::new("catalog.family.delete_options", "delete from catalog_family_option where family_id = ?1");

const DELETE: Statement = Statement::new("catalog.family.delete", "delete from catalog_family where id = ?1");

const FIRST_VARIANT: Statement = Statement::new(
    "catalog.family.first_variant",
    "select min(i.sku)
     from catalog_variant m
     join catalog_item i on i.id = m.item_id
     where m.family_id = ?1",
);

const WITH_OPTION: Statement = Statement::new(
    "catalog.family.with_option",
    concat!(
        record!(),
        "f.id in (select o.family_id from catalog_family_option o where o.set_id = ?1) order by f.id"
    ),
);

const IN_CATEGORY: Statement = Statement::new(
    "catalog.family.in_category",
    "select min(f.code) from catalog_family f where f.category_id = ?1",
);

fn pattern(row: &Row<'_>, column: usize) -> Result<Pattern, DbError> {
    Pattern::stored(row.text(column)?).map_err(|_| DbError::Column { column, wanted: "a pattern" })
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, DbError> {
    serde_json::from_str(row.text(column)?).map_err(|_| DbError::Column { column, wanted: "JSON" })
}

/// The record without its options.
fn record(row: &Row<'_>) -> Result<Family, DbError> {
    let category = row.opt_text(9)?.map(str::to_owned);
    Ok(Family {
        id: FamilyId(row.int(0)?),
        code: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        options: Vec::new(),
        sku_pattern: pattern(row, 3)?,
        name_pattern: pattern(row, 4)?,
        configurable: row.bool(5)?,
        excluded: json(row, 6)?,
        defaults: FamilyDefaults { category, ..json(row, 7)? },
        category_id: row.opt_int(8)?.map(CategoryId),
        archived: row.bool(10)?,
        version: row.int(11)?,
        created_at: Instant(row.int(12)?),
        changed_at: Instant(row.int(13)?),
    })
}

/// The family of a folded code, without its options.
pub(crate) fn by_code(conn: &mut Conn<'_>, folded: &str) -> Result<Option<Family>, DbError> {
    conn.query_opt(&BY_CODE, &[folded.into()], record)
}

/// Holds a family until the transaction ends: nobody else makes variants of it.
pub(crate) fn lock(tx: &mut Tx<'_>, id: FamilyId) -> Result<(), DbError> {
    tx.query_opt(&LOCK, &[id.get().into()], |_| Ok(())).map(drop)
}

/// One page by folded code, without the options.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: &str,
    archived: Option<bool>,
    limit: i64,
) -> Result<Vec<Family>, DbError> {
    conn.query(&LIST, &[after.into(), archived.into(), limit.into()], record)
}

/// All families that have an option, without their options.
pub(crate) fn with_option(conn: &mut Conn<'_>, set: OptionSetId) -> Result<Vec<Family>, DbError> {
    conn.query(&WITH_OPTION, &[set.get().into()], record)
}

/// How many there are.
pub(crate) fn count(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&COUNT, &[], |row| row.int(0))
}

/// The first variant of a family.
pub(crate) fn first_variant(conn: &mut Conn<'_>, family: FamilyId) -> Result<Option<String>, DbError> {
    conn.query_one(&FIRST_VARIANT, &[family.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// The first family whose variants stand in a category.
pub(crate) fn in_category(conn: &mut Conn<'_>, category: CategoryId) -> Result<Option<String>, DbError> {
    conn.query_one(&IN_CATEGORY, &[category.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// What is excluded and the defaults, as stored: the category has a column of its own.
fn texts(family: &Family) -> [String; 2] {
    let defaults = FamilyDefaults { category: None, ..family.defaults.clone() };
    [
        serde_json::to_string(&family.excluded).unwrap_or_default(),
        serde_json::to_string(&defaults).unwrap_or_default(),
    ]
}

/// Stores a new family with its options.
pub(crate) fn insert(tx: &mut Tx<'_>, family: &Family) -> Result<(), DbError> {
    let [excluded, defaults] = texts(family);
    let folded = crate::families::folded(&family.code).unwrap_or_default();
    let Family {
        id,
        code,
        name,
        options,
        sku_pattern,
        name_pattern,
        configurable,
        excluded: _,
        defaults: _,
        category_id,
        archived,
        version,
        created_at,
        changed_at,
    } = family;
    let params = [
        id.get().into(),
        code.into(),
        (&folded).into(),
        name.into(),
        sku_pattern.as_str().into(),
        name_pattern.as_str().into(),
        (*configurable).into(),
        (&excluded).into(),
        (&defaults).into(),
        category_id.map(CategoryId::get).into(),
        (*archived).into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params)?;
    insert_options(tx, *id, options)
}

fn insert_options(tx: &mut Tx<'_>, family: FamilyId, options: &[OptionSet]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(3, options.len());
    for (position, set) in (0_i64..).zip(options) {
        rows.push(&[family.get().into(), position.into(), set.id.get().into()]);
    }
    tx.execute_many(&INSERT_OPTIONS, &rows).map(|_| ())
}

/// Stores a changed family; its options only where they are others.
pub(crate) fn update(tx: &mut Tx<'_>, family: &Family, options: bool) -> Result<(), DbError> {
    let [excluded, defaults] = texts(family);
    let params = [
        family.id.get().into(),
        (&family.name).into(),
        family.sku_pattern.as_str().into(),
        family.name_pattern.as_str().into(),
        family.configurable.into(),
        (&excluded).into(),
        (&defaults).into(),
        family.category_id.map(CategoryId::get).into(),
        family.archived.into(),
        family.version.into(),
        family.changed_at.0.into(),
    ];
    tx.execute(&UPDATE, &params)?;
    if options {
        tx.execute(&DELETE_OPTIONS, &[family.id.get().into()])?;
        insert_options(tx, family.id, &family.options)?;
    }
    Ok(())
}

/// Removes a family that has no variants.
pub(crate) fn delete(tx: &mut Tx<'_>, family: FamilyId) -> Result<(), DbError> {
    tx.execute(&DELETE_OPTIONS, &[family.get().into()])?;
    tx.execute(&DELETE, &[family.get().into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &BY_CODE,
    &LOCK,
    &LIST,
    &COUNT,
    &INSERT,
    &INSERT_OPTIONS,
    &UPDATE,
    &DELETE_OPTIONS,
    &DELETE,
    &FIRST_VARIANT,
    &WITH_OPTION,
    &IN_CATEGORY,
];
