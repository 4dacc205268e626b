//! The statements of attribute definitions and of the rules that categories make of them. Invariant:
//! whoever writes items holds the rules shared, whoever changes what items must be like holds them
//! alone, so no item is ever checked against rules that change meanwhile.

use crate::rules::{Definition, Rule};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{AttributeId, AttributeKind, CategoryId};
use serde_json::Value as Json;

/// Stands for a position of which a rule says nothing: the column takes no null.
const UNSAID: i64 = -1;

const SHARE: Statement = Statement::per_engine(
    "catalog.rules.share",
    "select r.changes from catalog_rules r where r.id = 1",
    "select r.changes from catalog_rules r where r.id = 1 for share",
);

const HOLD: Statement =
    Statement::new("catalog.rules.hold", "update catalog_rules set changes = changes + 1 where id = 1");

macro_rules! definition {
    () => {
        "a.id, a.key, a.kind, a.choices, a.least, a.most"
    };
}

const DEFINED: Statement = Statement::per_engine(
    "catalog.rules.defined",
    concat!("select ", definition!(), " from catalog_attribute a where a.key = ?1"),
    concat!(
        "select ",
        definition!(),
        " from unnest(?1::text[]) as k (key)
          join catalog_attribute a on a.key = k.key"
    ),
);

/// The rules of categories and of those above them, the topmost first.
const CHAINS: Statement = Statement::per_engine(
    "catalog.rules.chains",
    concat!(
        "select t.descendant, c.path, r.required, r.standard, r.allowed, r.position, ",
        definition!(),
        " from catalog_category_tree t
          join catalog_rule r on r.category_id = t.ancestor
          join catalog_attribute a on a.id = r.attribute_id
          join catalog_category c on c.id = t.ancestor
          where t.descendant = ?1
          order by t.depth desc, r.position, a.key"
    ),
    concat!(
        "select t.descendant, c.path, r.required, r.standard, r.allowed, r.position, ",
        definition!(),
        " from catalog_category_tree t
          join catalog_rule r on r.category_id = t.ancestor
          join catalog_attribute a on a.id = r.attribute_id
          join catalog_category c on c.id = t.ancestor
          where t.descendant = any(?1::bigint[])
          order by t.descendant, t.depth desc, r.position, a.key"
    ),
);

const OWN: Statement = Statement::new(
    "catalog.rules.own",
    concat!(
        "select r.category_id, c.path, r.required, r.standard, r.allowed, r.position, ",
        definition!(),
        " from catalog_rule r
          join catalog_attribute a on a.id = r.attribute_id
          join catalog_category c on c.id = r.category_id
          where r.category_id = ?1
          order by r.position, a.key
          limit ?2"
    ),
);

const SET: Statement = Statement::new(
    "catalog.rules.set",
    "insert into catalog_rule (category_id, attribute_id, required, standard, allowed, position)
     values (?1, ?2, ?3, ?4, ?5, ?6)
     on conflict (category_id, attribute_id) do update
     set required = excluded.required, standard = excluded.standard, allowed = excluded.allowed,
         position = excluded.position",
);

const DROP: Statement = Statement::new(
    "catalog.rules.drop",
    "delete from catalog_rule where category_id = ?1 and attribute_id = ?2",
);

/// A rule with its place and its definition.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The category that it holds in, which may stand below the one that says it.
    pub(crate) holds_in: CategoryId,
    /// The path of the category that says it.
    pub(crate) said_in: String,
    pub(crate) rule: Rule,
    pub(crate) definition: Definition,
}

/// Holds what items must be like against changes; others may write items at the same time.
pub(crate) fn share(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.query_opt(&SHARE, &[], |_| Ok(())).map(|_| ())
}

/// Holds it alone, to change it.
pub(crate) fn hold(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.execute(&HOLD, &[]).map(|_| ())
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, DbError> {
    serde_json::from_str(row.text(column)?).map_err(|_| DbError::Column { column, wanted: "JSON" })
}

pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>, DbError> {
    let read = |text: &str| {
        serde_json::from_str(text).map_err(|_| DbError::Column { column, wanted: "JSON, or nothing" })
    };
    row.opt_text(column)?.map(read).transpose()
}

/// A definition from six columns.
pub(crate) fn definition(row: &Row<'_>, first: usize) -> Result<Definition, DbError> {
    let kind = AttributeKind::from_number(row.int(first + 2)?);
    Ok(Definition {
        id: AttributeId(row.int(first)?),
        key: row.text(first + 1)?.to_owned(),
        kind: kind.ok_or(DbError::Column { column: first + 2, wanted: "a kind of attribute" })?,
        choices: json(row, first + 3)?,
        least: row.opt_int(first + 4)?,
        most: row.opt_int(first + 5)?,
    })
}

fn placed(row: &Row<'_>) -> Result<Placed, DbError> {
    let definition = definition(row, 6)?;
    Ok(Placed {
        holds_in: CategoryId(row.int(0)?),
        said_in: row.text(1)?.to_owned(),
        rule: Rule {
            attribute: definition.id,
            required: row.opt_bool(2)?,
            standard: opt_json::<Json>(row, 3)?,
            allowed: opt_json(row, 4)?,
            position: Some(row.int(5)?).filter(|position| *position != UNSAID),
        },
        definition,
    })
}

/// Which of these keys are defined.
pub(crate) fn defined<'k>(
    conn: &mut Conn<'_>,
    keys: impl Iterator<Item = &'k str>,
) -> Result<Vec<Definition>, DbError> {
    let mut rows = Rows::new(1);
    keys.for_each(|key| rows.push(&[key.into()]));
    conn.query_many(&DEFINED, &rows, |row| definition(row, 0))
}

/// What is said of items in these categories, by each category from the topmost down.
pub(crate) fn chains(conn: &mut Conn<'_>, categories: &[CategoryId]) -> Result<Vec<Placed>, DbError> {
    let mut rows = Rows::with_capacity(1, categories.len());
    for category in categories {
        rows.push(&[category.get().into()]);
    }
    conn.query_many(&CHAINS, &rows, placed)
}

/// What a category itself says.
pub(crate) fn own(conn: &mut Conn<'_>, category: CategoryId, limit: i64) -> Result<Vec<Placed>, DbError> {
    conn.query(&OWN, &[category.get().into(), limit.into()], placed)
}

/// Says something of an attribute in a category, in place of what was said there.
pub(crate) fn set(tx: &mut Tx<'_>, category: CategoryId, rule: &Rule) -> Result<(), DbError> {
    let Rule { attribute, required, standard, allowed, position } = rule;
    let standard = standard.as_ref().map(Json::to_string);
    let allowed = allowed.as_ref().map(|allowed| Json::from(allowed.clone()).to_string());
    let params = [
        category.get().into(),
        attribute.get().into(),
        (*required).into(),
        standard.as_deref().into(),
        allowed.as_deref().into(),
        position.unwrap_or(UNSAID).into(),
    ];
    tx.execute(&SET, &params).map(|_| ())
}

/// Says nothing more of an attribute in a category.
pub(crate) fn drop(tx: &mut Tx<'_>, category: CategoryId, attribute: AttributeId) -> Result<u64, DbError> {
    tx.execute(&DROP, &[category.get().into(), attribute.get().into()])
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SHARE, &HOLD, &DEFINED, &CHAINS, &OWN, &SET, &DROP];
