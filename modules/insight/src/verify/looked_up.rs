//! What items are found by is what they are: each attribute of an item has its value in the index, and nothing else
//! has; what is archived has no words (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const VALUES: Statement = Statement::new(
    "verify.looked_up.values",
    "select v.sku_id, v.key from ck_value v where not v.inherited order by v.sku_id, v.key, v.n",
);

const ATTRIBUTES: Statement = Statement::new(
    "verify.looked_up.attributes",
    "select i.sku_id, i.sku, i.attributes from ck_item i where not i.unread order by i.sku_id",
);

const WORDS: Statement = Statement::new(
    "verify.looked_up.words",
    "select i.sku, min(t.word)
     from ck_item i
     join ck_term t on t.sku_id = i.sku_id
     where i.archived
     group by i.sku
     order by i.sku",
);

/// The keys and paths of its own by which an item can be found are those of its attributes.
pub(super) fn values(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut keys: FxHashMap<i64, BTreeSet<String>> = FxHashMap::default();
    conn.for_each(&VALUES, &[], |row| {
        keys.entry(row.int(0)?).or_default().insert(row.text(1)?.to_owned());
        Ok(())
    })?;
    conn.for_each(&ATTRIBUTES, &[], |row| {
        findings.row();
        let found = keys.remove(&row.int(0)?).unwrap_or_default();
        let sku = row.text(1)?;
        match serde_json::from_str::<Map<String, Value>>(row.text(2)?) {
            Ok(attributes) => findings.hold(keys_of(&attributes) == found, || {
                format!("item `{sku}` is not found by the attributes that it has")
            }),
            Err(_) => findings.add(|| format!("the attributes of item `{sku}` cannot be read")),
        }
        Ok(())
    })
}

/// The longest path that is looked up, in bytes.
const PATH_BYTES_MAX: usize = 1_600;

/// By what an item with these attributes is found: its keys, and the paths of what stands deeper.
fn keys_of(attributes: &Map<String, Value>) -> BTreeSet<String> {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let mut keys = BTreeSet::new();
    let mut left: Vec<(String, &Value)> = Vec::new();
    for (key, value) in attributes {
        let path = format!("/{}", escaped(key));
        keys.insert(if key.starts_with('/') { path.clone() } else { key.clone() });
        left.push((path, value));
    }
    while let Some((path, value)) = left.pop() {
        match value {
            Value::Array(values) => left.extend(values.iter().map(|value| (path.clone(), value))),
            Value::Object(parts) => {
                let below = parts.iter().map(|(key, value)| (format!("{path}/{}", escaped(key)), value));
                for (path, value) in below.filter(|(path, _)| path.len() <= PATH_BYTES_MAX) {
                    keys.insert(path.clone());
                    left.push((path, value));
                }
            }
            _ => {}
        }
    }
    keys
}

/// What is archived is found by its codes alone.
pub(super) fn words(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&WORDS, &[], |row| {
        let (sku, word) = (row.text(0)?, row.text(1)?);
        findings.add(|| format!("item `{sku}` is archived, and is found by `{word}`"));
        Ok(())
    })
}
