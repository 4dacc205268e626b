//! The statements of option sets and their values. Whoever changes one holds the rules alone.

use crate::options::{OptionSet, OptionValue};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{Instant, OptionCode, OptionSetCode, OptionSetId};
use rustc_hash::FxHashMap;

macro_rules! record {
    () => {
        "select s.id, s.code, s.name, s.version, s.created_at, s.changed_at from catalog_option_set s "
    };
}

const BY_CODE: Statement =
    Statement::new("catalog.option_set.by_code", concat!(record!(), "where s.code = ?1"));

const LIST: Statement = Statement::new(
    "catalog.option_set.list",
    concat!(record!(), "where s.code > ?1 order by s.code limit ?2"),
);

const OF_FAMILY: Statement = Statement::per_engine(
    "catalog.option_set.of_families",
    "select s.id, s.code, s.name, s.version, s.created_at, s.changed_at, o.family_id
     from catalog_family_option o
     join catalog_option_set s on s.id = o.set_id
     where o.family_id = ?1
     order by o.position",
    "select s.id, s.code, s.name, s.version, s.created_at, s.changed_at, o.family_id
     from catalog_family_option o
     join catalog_option_set s on s.id = o.set_id
     where o.family_id = any(?1::bigint[])
     order by o.family_id, o.position",
);

const VALUES: Statement = Statement::per_engine(
    "catalog.option_value.of_sets",
    "select v.set_id, v.code, v.name, v.archived
     from catalog_option_value v
     where v.set_id = ?1
     order by v.position, v.value_key",
    "select v.set_id, v.code, v.name, v.archived
     from catalog_option_value v
     where v.set_id = any(?1::bigint[])
     order by v.set_id, v.position, v.value_key",
);

const COUNT: Statement =
    Statement::new("catalog.option_set.count", "select count(*) from catalog_option_set s");

const INSERT: Statement = Statement::new(
    "catalog.option_set.insert",
    "insert into catalog_option_set (id, code, name, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
);

const UPDATE: Statement = Statement::new(
    "catalog.option_set.update",
    "update catalog_option_set set name = ?2, version = ?3, changed_at = ?4 where id = ?1",
);

const DELETE_VALUES: Statement =
    Statement::new("catalog.option_set.delete_values", "delete from catalog_option_value where set_id = ?1");

const DELETE: Statement =
    Statement::new("catalog.option_set.delete", "delete from catalog_option_set where id = ?1");

const INSERT_VALUES: Statement = Statement::per_engine(
    "catalog.option_value.insert",
    "insert into catalog_option_value (set_id, value_key, code, name, position, archived)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
    "insert into catalog_option_value (set_id, value_key, code, name, position, archived)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::text[], ?5::bigint[], ?6::boolean[])",
);

const UPDATE_VALUES: Statement = Statement::per_engine(
    "catalog.option_value.update",
    "update catalog_option_value set name = ?3, position = ?4, archived = ?5
     where set_id = ?1 and value_key = ?2",
    "update catalog_option_value v
     set name = k.name, position = k.position, archived = k.archived
     from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[], ?5::boolean[])
       as k (set_id, value_key, name, position, archived)
     where v.set_id = k.set_id and v.value_key = k.value_key",
);

const DELETE_VALUE: Statement = Statement::new(
    "catalog.option_value.delete",
    "delete from catalog_option_value where set_id = ?1 and value_key = ?2",
);

const NAMED_BY: Statement = Statement::new(
    "catalog.option_set.named_by",
    "select min(f.code)
     from catalog_family_option o
     join catalog_family f on f.id = o.family_id
     where o.set_id = ?1",
);

const USED_BY: Statement = Statement::new(
    "catalog.option_value.used_by",
    "select min(i.sku)
     from catalog_variant_option o
     join catalog_item i on i.id = o.item_id
     where o.set_id = ?1 and o.value_key = ?2",
);

fn record(row: &Row<'_>) -> Result<OptionSet, DbError> {
    Ok(OptionSet {
        id: OptionSetId(row.int(0)?),
        code: OptionSetCode::parse(row.text(1)?)
            .map_err(|_| DbError::Column { column: 1, wanted: "the code of an option set" })?,
        name: row.text(2)?.to_owned(),
        values: Vec::new(),
        version: row.int(3)?,
        created_at: Instant(row.int(4)?),
        changed_at: Instant(row.int(5)?),
    })
}

/// Sets with their values.
fn filled(conn: &mut Conn<'_>, mut sets: Vec<OptionSet>) -> Result<Vec<OptionSet>, DbError> {
    let mut rows = Rows::with_capacity(1, sets.len());
    let mut places: FxHashMap<i64, &mut OptionSet> = FxHashMap::default();
    for set in &mut sets {
        rows.push(&[set.id.get().into()]);
        places.insert(set.id.get(), set);
    }
    let values = conn.query_many(&VALUES, &rows, |row| {
        let code = OptionCode::parse(row.text(1)?)
            .map_err(|_| DbError::Column { column: 1, wanted: "the code of an option value" })?;
        Ok((row.int(0)?, OptionValue { code, name: row.text(2)?.to_owned(), archived: row.bool(3)? }))
    })?;
    for (set, value) in values {
        if let Some(set) = places.get_mut(&set) {
            set.values.push(value);
        }
    }
    Ok(sets)
}

/// The option set of a code.
pub(crate) fn by_code(conn: &mut Conn<'_>, code: &str) -> Result<Option<OptionSet>, DbError> {
    if OptionSetCode::parse(code).is_err() {
        return Ok(None);
    }
    let found = conn.query_opt(&BY_CODE, &[code.into()], record)?;
    Ok(filled(conn, found.into_iter().collect())?.pop())
}

/// One page by code.
pub(crate) fn list(conn: &mut Conn<'_>, after: &str, limit: i64) -> Result<Vec<OptionSet>, DbError> {
    let found = conn.query(&LIST, &[after.into(), limit.into()], record)?;
    filled(conn, found)
}

/// The option sets of families, each with the id of its family, in the order of the options.
pub(crate) fn of_families(conn: &mut Conn<'_>, families: &[i64]) -> Result<Vec<(i64, OptionSet)>, DbError> {
    let mut rows = Rows::with_capacity(1, families.len());
    for family in families {
        rows.push(&[(*family).into()]);
    }
    let found = conn.query_many(&OF_FAMILY, &rows, |row| Ok((row.int(6)?, record(row)?)))?;
    let mut known: FxHashMap<i64, OptionSet> = FxHashMap::default();
    for (_, set) in &found {
        known.entry(set.id.get()).or_insert_with(|| set.clone());
    }
    let known: FxHashMap<i64, OptionSet> =
        filled(conn, known.into_values().collect())?.into_iter().map(|set| (set.id.get(), set)).collect();
    Ok(found
        .into_iter()
        .map(|(family, set)| {
            let whole = known.get(&set.id.get()).cloned();
            (family, whole.unwrap_or(set))
        })
        .collect())
}

/// How many there are.
pub(crate) fn count(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&COUNT, &[], |row| row.int(0))
}

/// Stores a new option set, without its values.
pub(crate) fn insert(tx: &mut Tx<'_>, set: &OptionSet) -> Result<(), DbError> {
    let OptionSet { id, code, name, values: _, version, created_at, changed_at } = set;
    let params = [
        id.get().into(),
        code.as_str().into(),
        name.into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores what changed of an option set, without its values.
pub(crate) fn update(tx: &mut Tx<'_>, set: &OptionSet) -> Result<(), DbError> {
    let params = [set.id.get().into(), (&set.name).into(), set.version.into(), set.changed_at.0.into()];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// Stores the values of a set from a place on.
pub(crate) fn insert_values(tx: &mut Tx<'_>, set: &OptionSet, first: usize) -> Result<(), DbError> {
    let keys: Vec<String> = set.values.iter().map(|value| value.code.folded()).collect();
    let mut rows = Rows::new(6);
    for ((position, value), key) in (0_i64..).zip(&set.values).zip(&keys).skip(first) {
        let OptionValue { code, name, archived } = value;
        rows.push(&[
            set.id.get().into(),
            key.into(),
            code.as_str().into(),
            name.into(),
            position.into(),
            (*archived).into(),
        ]);
    }
    tx.execute_many(&INSERT_VALUES, &rows).map(|_| ())
}

/// Stores what changed of the values of a set.
pub(crate) fn update_values(tx: &mut Tx<'_>, set: &OptionSet) -> Result<(), DbError> {
    let keys: Vec<String> = set.values.iter().map(|value| value.code.folded()).collect();
    let mut rows = Rows::new(5);
    for ((position, value), key) in (0_i64..).zip(&set.values).zip(&keys) {
        let OptionValue { code: _, name, archived } = value;
        rows.push(&[set.id.get().into(), key.into(), name.into(), position.into(), (*archived).into()]);
    }
    tx.execute_many(&UPDATE_VALUES, &rows).map(|_| ())
}

/// Removes a value that no variant has.
pub(crate) fn delete_value(tx: &mut Tx<'_>, set: OptionSetId, code: &OptionCode) -> Result<(), DbError> {
    tx.execute(&DELETE_VALUE, &[set.get().into(), (&code.folded()).into()]).map(|_| ())
}

/// Removes an option set that no family names.
pub(crate) fn delete(tx: &mut Tx<'_>, set: OptionSetId) -> Result<(), DbError> {
    tx.execute(&DELETE_VALUES, &[set.get().into()])?;
    tx.execute(&DELETE, &[set.get().into()]).map(|_| ())
}

/// The first family that names a set.
pub(crate) fn named_by(conn: &mut Conn<'_>, set: OptionSetId) -> Result<Option<String>, DbError> {
    conn.query_one(&NAMED_BY, &[set.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// The first variant that has a value.
pub(crate) fn used_by(
    conn: &mut Conn<'_>,
    set: OptionSetId,
    code: &OptionCode,
) -> Result<Option<String>, DbError> {
    let key = code.folded();
    let params = [set.get().into(), (&key).into()];
    conn.query_one(&USED_BY, &params, |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &BY_CODE,
    &LIST,
    &OF_FAMILY,
    &VALUES,
    &COUNT,
    &INSERT,
    &UPDATE,
    &DELETE_VALUES,
    &DELETE,
    &INSERT_VALUES,
    &UPDATE_VALUES,
    &DELETE_VALUE,
    &NAMED_BY,
    &USED_BY,
];
