//! The statements of variants. Invariant: `combination` is what the options of a variant are, in the order of the
//! options of its family.

use crate::families::Family;
use crate::variants::Variant;
use db::{Conn, DbError, Rows, Statement, Tx};
use domain::{FamilyId, ItemId, OptionSetId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The unique index of combinations.
pub(crate) const COMBINATION_INDEX: &str = "catalog_variant_combination";

const PRESENT: Statement = Statement::per_engine(
    "catalog.variant.present",
    "select m.combination, i.sku, i.archived
     from catalog_variant m
     join catalog_item i on i.id = m.item_id
     where m.family_id = ?1 and m.combination = ?2",
    "select m.combination, i.sku, i.archived
     from unnest(?1::bigint[], ?2::text[]) as k (family_id, combination)
     join catalog_variant m on m.family_id = k.family_id and m.combination = k.combination
     join catalog_item i on i.id = m.item_id",
);

const COUNT: Statement =
    Statement::new("catalog.variant.count", "select count(*) from catalog_variant m where m.family_id = ?1");

const HAVING: Statement = Statement::new(
    "catalog.variant.having",
    "select count(*) from catalog_variant_option o where o.set_id = ?1 and o.value_key = ?2",
);

const INSERT: Statement = Statement::per_engine(
    "catalog.variant.insert",
    "insert into catalog_variant (item_id, family_id, combination) values (?1, ?2, ?3)",
    "insert into catalog_variant (item_id, family_id, combination)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::text[])",
);

const INSERT_OPTIONS: Statement = Statement::per_engine(
    "catalog.variant.insert_options",
    "insert into catalog_variant_option (item_id, set_id, value_key) values (?1, ?2, ?3)",
    "insert into catalog_variant_option (item_id, set_id, value_key)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::text[])",
);

const REMOVE_OPTIONS: Statement =
    Statement::new("catalog.variant.remove_options", "delete from catalog_variant_option where item_id = ?1");

const REMOVE: Statement =
    Statement::new("catalog.variant.remove", "delete from catalog_variant where item_id = ?1");

const MEMBERS: Statement = Statement::new(
    "catalog.variant.members",
    "select m.item_id, m.combination
     from catalog_variant m
     where m.family_id = ?1 and m.item_id > ?2
     order by m.item_id
     limit ?3",
);

const OF_ITEM: Statement = Statement::new(
    "catalog.variant.of_item",
    "select f.code, m.combination
     from catalog_variant m
     join catalog_family f on f.id = m.family_id
     where m.item_id = ?1",
);

const OPTIONS: Statement = Statement::per_engine(
    "catalog.variant.options",
    "select o.item_id, s.code, v.code
     from catalog_variant_option o
     join catalog_option_set s on s.id = o.set_id
     join catalog_option_value v on v.set_id = o.set_id and v.value_key = o.value_key
     where o.item_id = ?1",
    "select o.item_id, s.code, v.code
     from catalog_variant_option o
     join catalog_option_set s on s.id = o.set_id
     join catalog_option_value v on v.set_id = o.set_id and v.value_key = o.value_key
     where o.item_id = any(?1::bigint[])",
);

/// One page; what is chosen is offended by a variant that has another value.
macro_rules! page {
    ($which:literal, $chosen:literal) => {
        concat!(
            "select m.item_id, i.sku, i.name, i.archived,
                    (select f.code from catalog_family f where f.id = m.family_id)
             from catalog_variant m
             join catalog_item i on i.id = m.item_id
             where ",
            $which,
            "  and m.item_id > ?1
               and (i.archived = ?3 or ?3 is null)
               and not exists (
                 select 1 from ",
            $chosen,
            "    where not exists (
                   select 1
                   from catalog_variant_option o
                   where o.item_id = m.item_id and o.value_key = t.value
                     and o.set_id = (select s.id from catalog_option_set s where s.code = t.option)))
             order by m.item_id
             limit ?5"
        )
    };
}

macro_rules! on_both {
    ($name:literal, $which:literal) => {
        Statement::per_engine(
            $name,
            page!(
                $which,
                "(select j.value ->> 'option' as option, j.value ->> 'value' as value from json_each(?4) j) t "
            ),
            page!($which, "jsonb_to_recordset(?4::jsonb) as t (option text, value text) ")
        )
    };
}

const LIST: Statement = on_both!("catalog.variant.list", "(m.family_id = ?2 or ?2 is null)");

const LIST_OF_FAMILY: Statement = on_both!("catalog.variant.list_of_family", "m.family_id = ?2");

/// An item as a member of its family.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) item: ItemId,
    pub(crate) combination: String,
}

/// Which variants a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// After this item.
    pub(crate) after: i64,
    pub(crate) family: Option<FamilyId>,
    pub(crate) archived: Option<bool>,
    /// The values that they have, by option.
    pub(crate) chosen: BTreeMap<String, String>,
    pub(crate) limit: i64,
}

/// One page, without the options.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Variant>, DbError> {
    let Filter { after, family, archived, chosen, limit } = filter;
    let chosen: Vec<serde_json::Value> = chosen
        .iter()
        .map(|(option, value)| serde_json::json!({ "option": option, "value": value.to_ascii_lowercase() }))
        .collect();
    let chosen = serde_json::Value::from(chosen).to_string();
    let params = [
        (*after).into(),
        family.map(FamilyId::get).into(),
        (*archived).into(),
        (&chosen).into(),
        (*limit).into(),
    ];
    let statement = if family.is_some() { &LIST_OF_FAMILY } else { &LIST };
    conn.query(statement, &params, |row| {
        Ok(Variant {
            id: row.int(0)?,
            sku: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            family: row.text(4)?.to_owned(),
            options: BTreeMap::new(),
            archived: row.bool(3)?,
        })
    })
}

/// The options of variants: item, option, value.
pub(crate) fn options(conn: &mut Conn<'_>, items: &[i64]) -> Result<Vec<(i64, String, String)>, DbError> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[(*item).into()]);
    }
    conn.query_many(&OPTIONS, &rows, |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned()))
    })
}

/// Which of these combinations are there: the SKU of each, and whether it is archived.
pub(crate) fn present(
    conn: &mut Conn<'_>,
    family: FamilyId,
    combinations: &[String],
) -> Result<FxHashMap<String, (String, bool)>, DbError> {
    let mut rows = Rows::with_capacity(2, combinations.len());
    for combination in combinations {
        rows.push(&[family.get().into(), combination.into()]);
    }
    let found = conn.query_many(&PRESENT, &rows, |row| {
        Ok((row.text(0)?.to_owned(), (row.text(1)?.to_owned(), row.bool(2)?)))
    })?;
    Ok(found.into_iter().collect())
}

/// How many variants a family has.
pub(crate) fn count(conn: &mut Conn<'_>, family: FamilyId) -> Result<usize, DbError> {
    let count = conn.query_one(&COUNT, &[family.get().into()], |row| row.int(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many variants have a value.
pub(crate) fn having(conn: &mut Conn<'_>, set: OptionSetId, key: &str) -> Result<usize, DbError> {
    let count = conn.query_one(&HAVING, &[set.get().into(), key.into()], |row| row.int(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Stores items as variants of a family; [`COMBINATION_INDEX`] refuses a combination that is there.
pub(crate) fn insert(tx: &mut Tx<'_>, family: &Family, members: &[Member]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(3, members.len());
    let mut options = Rows::new(3);
    for Member { item, combination } in members {
        rows.push(&[item.get().into(), family.id.get().into(), combination.into()]);
        for (set, value) in family.options.iter().zip(combination.split('/')) {
            options.push(&[item.get().into(), set.id.get().into(), value.into()]);
        }
    }
    tx.execute_many(&INSERT, &rows)?;
    tx.execute_many(&INSERT_OPTIONS, &options).map(|_| ())
}

/// Makes a variant an item of no family.
pub(crate) fn remove(tx: &mut Tx<'_>, item: ItemId) -> Result<(), DbError> {
    tx.execute(&REMOVE_OPTIONS, &[item.get().into()])?;
    tx.execute(&REMOVE, &[item.get().into()]).map(|_| ())
}

/// Some variants of a family, after an item.
pub(crate) fn members(
    conn: &mut Conn<'_>,
    family: FamilyId,
    after: ItemId,
    limit: i64,
) -> Result<Vec<Member>, DbError> {
    conn.query(&MEMBERS, &[family.get().into(), after.get().into(), limit.into()], |row| {
        Ok(Member { item: ItemId(row.int(0)?), combination: row.text(1)?.to_owned() })
    })
}

/// The family and the combination of an item.
pub(crate) fn of_item(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<(String, String)>, DbError> {
    conn.query_opt(&OF_ITEM, &[item.get().into()], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &REMOVE,
    &REMOVE_OPTIONS,
    &PRESENT,
    &COUNT,
    &HAVING,
    &INSERT,
    &INSERT_OPTIONS,
    &MEMBERS,
    &OF_ITEM,
    &OPTIONS,
    &LIST,
    &LIST_OF_FAMILY,
];
