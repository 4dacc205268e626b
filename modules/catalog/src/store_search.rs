//! The statements of the search. Invariant: an item in use has a term for each of its words, an archived one
//! has none; every word of a term is in the list of words, with all that is left of it.

use crate::search::words;
use crate::store_list::among;
use db::{Conn, DbError, Rows, Statement, Tx};
use domain::{CategoryId, ItemId};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

const KNOWN: Statement = Statement::per_engine(
    "catalog.search.known",
    "select w.word from catalog_word w where w.word = ?1",
    "select w.word from catalog_word w where w.word = any(?1::text[])",
);

/// Words that an item has; what no item has any more stands for nothing.
const IN_USE: Statement = Statement::per_engine(
    "catalog.search.in_use",
    "select w.word
     from catalog_word w
     where w.word = ?1 and exists (select 1 from catalog_term p where p.word = w.word)",
    "select w.word
     from catalog_word w
     where w.word = any(?1::text[]) and exists (select 1 from catalog_term p where p.word = w.word)",
);

const INSERT_WORDS: Statement = Statement::per_engine(
    "catalog.search.insert_words",
    "insert into catalog_word (word) values (?1) on conflict do nothing",
    "insert into catalog_word (word) select * from unnest(?1::text[]) on conflict do nothing",
);

const INSERT_TYPOS: Statement = Statement::per_engine(
    "catalog.search.insert_typos",
    "insert into catalog_typo (typo, word) values (?1, ?2) on conflict do nothing",
    "insert into catalog_typo (typo, word) select * from unnest(?1::text[], ?2::text[]) on conflict do nothing",
);

const INSERT_TERMS: Statement = Statement::per_engine(
    "catalog.search.insert_terms",
    "insert into catalog_term (word, item_id, weight) values (?1, ?2, ?3)",
    "insert into catalog_term (word, item_id, weight)
     select *
     from unnest(?1::text[], ?2::bigint[], ?3::smallint[])",
);

const CLEAR: Statement =
    Statement::new("catalog.search.clear", "delete from catalog_term where item_id = ?1");

const BEGINNING: Statement = Statement::new(
    "catalog.search.beginning",
    "select w.word
     from catalog_word w
     where w.word >= ?1 and w.word < ?2 and exists (select 1 from catalog_term p where p.word = w.word)
     order by w.word
     limit ?3",
);

const ALIKE: Statement = Statement::per_engine(
    "catalog.search.alike",
    "select t.word
     from catalog_typo t
     where t.typo = ?1 and exists (select 1 from catalog_term p where p.word = t.word)",
    "select t.word
     from catalog_typo t
     where t.typo = any(?1::text[]) and exists (select 1 from catalog_term p where p.word = t.word)",
);

/// How many barcodes that begin so are looked through for those of some categories.
const BARCODES_READ_MAX: i64 = 20_000;

/// How many rows of a list of items are read at most, for a word or for all that begin so.
pub(crate) const LIST_ROWS_MAX: usize = 100_000;

/// The items of words. A server hands them out as one text for each word and weight, and not as a row for each item, which
/// each would have to be sent.
const ITEMS_OF_WORDS: Statement = Statement::per_engine(
    "catalog.search.items_of_words",
    "select p.word, p.weight, cast(p.item_id as text) from catalog_term p where p.word = ?1 limit 100001",
    "select p.word, p.weight, string_agg(p.item_id::text, ',')
     from (select p.item_id, p.word, p.weight from catalog_term p where p.word = any(?1::text[]) limit 100001) p
     group by p.word, p.weight",
);

const ITEMS_OF_BEGINNING: Statement = Statement::per_engine(
    "catalog.search.items_of_beginning",
    "select p.word, p.weight, cast(p.item_id as text)
     from catalog_term p
     where p.word >= ?1 and p.word < ?2
     limit 100001",
    "select p.word, p.weight, string_agg(p.item_id::text, ',')
     from (select p.item_id, p.word, p.weight
           from catalog_term p
           where p.word >= ?1 and p.word < ?2
           limit 100001) p
     group by p.word, p.weight",
);

const WORDS_OF_ITEMS: Statement = Statement::per_engine(
    "catalog.search.words_of_items",
    "select p.item_id, p.word, p.weight from catalog_term p where p.item_id = ?1",
    "select p.item_id, p.word, p.weight from catalog_term p where p.item_id = any(?1::bigint[])",
);

/// Items that have a word of the first list, and one of each of the others: those that fit best. Each list is of
/// words and of beginnings, and is taken apart once. What words the others have is looked up by item; what begins so
/// is read as a whole: an item has many words.
macro_rules! find {
    ($first:literal, $first_begun:literal, $others:literal, $others_begun:literal, $among:expr) => {
        concat!(
            "with k1 as materialized (",
            $first,
            "), k2 as materialized (",
            $first_begun,
            "), k3 as materialized (",
            $others,
            "), k4 as materialized (",
            $others_begun,
            "),
             d as materialized (
               select c.item_id, max(c.score) as score
               from (select p.item_id, k.score * p.weight as score
                     from k1 k join catalog_term p on p.word = k.word
                     union all
                     select p.item_id, k.score * p.weight
                     from k2 k join catalog_term p on p.word >= k.word and p.word < k.below) c
               group by c.item_id),
             w as materialized (
               select p.item_id, k.token, max(k.score * p.weight) as score
               from k4 k join catalog_term p on p.word >= k.word and p.word < k.below
               where p.item_id in (select d.item_id from d)
               group by p.item_id, k.token),
             o as (
               select c.item_id, c.token, max(c.score) as score
               from (select p.item_id, k.token, k.score * p.weight as score
                     from d
                     cross join k3 k
                     join catalog_term p on p.word = k.word and p.item_id = d.item_id
                     union all
                     select w.item_id, w.token, w.score
                     from w) c
               group by c.item_id, c.token)
             select d.item_id
             from d
             left join o on o.item_id = d.item_id
             where cast(?7 as text) is null or d.item_id in (select i.id from catalog_item i where ",
            $among,
            ")
             group by d.item_id, d.score
             having count(o.token) = ?5
             order by d.score + coalesce(sum(o.score), 0) desc, d.item_id
             limit ?6"
        )
    };
}

const FIND: Statement = Statement::per_engine(
    "catalog.search.find",
    find!(
        "select j.value ->> 'word' as word, j.value ->> 'score' as score from json_each(?1) j",
        "select j.value ->> 'word' as word, j.value ->> 'below' as below, j.value ->> 'score' as score
         from json_each(?2) j",
        "select j.value ->> 'token' as token, j.value ->> 'word' as word, j.value ->> 'score' as score
         from json_each(?3) j",
        "select j.value ->> 'token' as token, j.value ->> 'word' as word, j.value ->> 'below' as below,
                j.value ->> 'score' as score
         from json_each(?4) j",
        among!(sqlite "?7")
    ),
    find!(
        "select * from jsonb_to_recordset(?1::jsonb) as k (word text, score bigint)",
        "select * from jsonb_to_recordset(?2::jsonb) as k (word text, below text, score bigint)",
        "select * from jsonb_to_recordset(?3::jsonb) as k (token bigint, word text, score bigint)",
        "select * from jsonb_to_recordset(?4::jsonb) as k (token bigint, word text, below text, score bigint)",
        among!(postgres "?7")
    ),
);

const BARCODES: Statement = Statement::new(
    "catalog.search.barcodes",
    "select b.item_id
     from catalog_barcode b
     join catalog_item i on i.id = b.item_id
     where b.code_key >= ?1 and b.code_key < ?2 and not i.archived
     order by b.code_key
     limit ?3",
);

const AMONG: Statement = Statement::per_engine(
    "catalog.search.among",
    concat!(
        "select i.id from catalog_item i where i.id in (select k.value from json_each(?1) k) and ",
        among!(sqlite "?2")
    ),
    concat!(
        "select i.id
         from catalog_item i
         where i.id in (select k.value::bigint from json_array_elements_text(?1::text::json) as k (value)) and ",
        among!(postgres "?2")
    ),
);

const UNREAD: Statement = Statement::new(
    "catalog.search.unread",
    "select i.id from catalog_item i where i.unread order by i.id limit ?1",
);

const READ: Statement =
    Statement::new("catalog.search.read", "update catalog_item set unread = false where id = ?1");

/// Stores the words of items that have none.
pub(crate) fn insert(tx: &mut Tx<'_>, terms: &[(ItemId, BTreeMap<String, i64>)]) -> Result<(), DbError> {
    let wanted: BTreeSet<&str> =
        terms.iter().flat_map(|(_, words)| words.keys()).map(String::as_str).collect();
    let mut rows = Rows::with_capacity(1, wanted.len());
    for word in &wanted {
        rows.push(&[(*word).into()]);
    }
    let known: BTreeSet<String> =
        tx.query_many(&KNOWN, &rows, |row| Ok(row.text(0)?.to_owned()))?.into_iter().collect();
    let fresh: Vec<&str> = wanted.into_iter().filter(|word| !known.contains(*word)).collect();
    let left: Vec<(String, &str)> = fresh
        .iter()
        .filter(|word| words::forgiven(word) > 0)
        .flat_map(|word| {
            words::remains(word, words::forgiven(word)).into_iter().map(move |left| (left, *word))
        })
        .collect();
    let mut rows = Rows::with_capacity(1, fresh.len());
    for word in &fresh {
        rows.push(&[(*word).into()]);
    }
    tx.execute_many(&INSERT_WORDS, &rows)?;
    let mut rows = Rows::with_capacity(2, left.len());
    for (typo, word) in &left {
        rows.push(&[typo.into(), (*word).into()]);
    }
    tx.execute_many(&INSERT_TYPOS, &rows)?;
    let mut rows = Rows::new(3);
    for (item, words) in terms {
        for (word, weight) in words {
            rows.push(&[word.into(), item.get().into(), (*weight).into()]);
        }
    }
    tx.execute_many(&INSERT_TERMS, &rows).map(|_| ())
}

/// Forgets the words of an item.
pub(crate) fn clear(tx: &mut Tx<'_>, item: ItemId) -> Result<(), DbError> {
    tx.execute(&CLEAR, &[item.get().into()]).map(|_| ())
}

/// Which of these words an item has.
pub(crate) fn known(conn: &mut Conn<'_>, words: &[String]) -> Result<BTreeSet<String>, DbError> {
    let mut rows = Rows::with_capacity(1, words.len());
    for word in words {
        rows.push(&[word.into()]);
    }
    Ok(conn.query_many(&IN_USE, &rows, |row| Ok(row.text(0)?.to_owned()))?.into_iter().collect())
}

/// Words that begin so, of which an item has each; by the alphabet.
pub(crate) fn beginning(conn: &mut Conn<'_>, begins: &str, limit: i64) -> Result<Vec<String>, DbError> {
    let end = below(begins);
    conn.query(&BEGINNING, &[begins.into(), (&end).into(), limit.into()], |row| Ok(row.text(0)?.to_owned()))
}

/// Words of which one of these is left, of which an item has each.
pub(crate) fn alike(conn: &mut Conn<'_>, left: &BTreeSet<String>) -> Result<BTreeSet<String>, DbError> {
    let mut rows = Rows::with_capacity(1, left.len());
    for typo in left {
        rows.push(&[typo.into()]);
    }
    Ok(conn.query_many(&ALIKE, &rows, |row| Ok(row.text(0)?.to_owned()))?.into_iter().collect())
}

/// Words and beginnings of words, as JSON.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) words: String,
    pub(crate) begun: String,
}

/// Items as a list of their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'r>(&'r str);

impl Items<'_> {
    /// One by one.
    pub(crate) fn each(self) -> impl Iterator<Item = ItemId> {
        self.0.split(',').filter_map(|number| number.parse().ok().map(ItemId))
    }
}

/// Below what all words are that begin so.
pub(crate) fn below(begins: &str) -> String {
    format!("{begins}{}", char::MAX)
}

/// Tells of each word that items have, with what it tells and those items; of more than [`LIST_ROWS_MAX`] items one more
/// than so many. A word may come several times.
pub(crate) fn items_of_words(
    conn: &mut Conn<'_>,
    words: &[&str],
    tell: &mut impl FnMut(&str, i64, Items<'_>),
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(1, words.len());
    for word in words {
        rows.push(&[(*word).into()]);
    }
    conn.query_many(&ITEMS_OF_WORDS, &rows, |row| {
        tell(row.text(0)?, row.int(1)?, Items(row.text(2)?));
        Ok(())
    })
    .map(drop)
}

/// The same of all words that begin so.
pub(crate) fn items_of_beginning(
    conn: &mut Conn<'_>,
    begins: &str,
    tell: &mut impl FnMut(&str, i64, Items<'_>),
) -> Result<(), DbError> {
    let end = below(begins);
    conn.query(&ITEMS_OF_BEGINNING, &[begins.into(), (&end).into()], |row| {
        tell(row.text(0)?, row.int(1)?, Items(row.text(2)?));
        Ok(())
    })
    .map(drop)
}

/// All words of items, each with what it tells.
pub(crate) fn words_of_items(
    conn: &mut Conn<'_>,
    items: &[ItemId],
) -> Result<Vec<(ItemId, String, i64)>, DbError> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    conn.query_many(&WORDS_OF_ITEMS, &rows, |row| {
        Ok((ItemId(row.int(0)?), row.text(1)?.to_owned(), row.int(2)?))
    })
}

/// The items that fit best: one of the words of `first`, and one of each token of `others`, of which there are so
/// many.
pub(crate) fn find(
    conn: &mut Conn<'_>,
    first: &Lists,
    (others, tokens): (&Lists, i64),
    (limit, among): (i64, Option<&str>),
) -> Result<Vec<ItemId>, DbError> {
    let params = [
        (&first.words).into(),
        (&first.begun).into(),
        (&others.words).into(),
        (&others.begun).into(),
        tokens.into(),
        limit.into(),
        among.into(),
    ];
    conn.query(&FIND, &params, |row| row.int(0).map(ItemId))
}

/// Items in use with a barcode that begins so.
pub(crate) fn barcodes(
    conn: &mut Conn<'_>,
    begins: &str,
    (limit, among): (i64, Option<&str>),
) -> Result<Vec<ItemId>, DbError> {
    let end = below(begins);
    let read = |conn: &mut Conn<'_>, limit: i64| {
        conn.query(&BARCODES, &[begins.into(), (&end).into(), limit.into()], |row| row.int(0).map(ItemId))
    };
    let Some(among) = among else { return read(conn, limit) };
    // those of others may stand in front of them
    let mut found = read(conn, BARCODES_READ_MAX)?;
    let known = items_among(conn, &found, among)?;
    found.retain(|item| known.contains(item));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Categories as the statements take them.
pub(crate) fn among_json(categories: &[CategoryId]) -> String {
    serde_json::Value::from(categories.iter().map(|category| category.get()).collect::<Vec<_>>()).to_string()
}

/// Which of these items are of some categories.
pub(crate) fn items_among(
    conn: &mut Conn<'_>,
    items: &[ItemId],
    among: &str,
) -> Result<FxHashSet<ItemId>, DbError> {
    let items = serde_json::Value::from(items.iter().map(|item| item.get()).collect::<Vec<_>>()).to_string();
    let known = conn.query(&AMONG, &[(&items).into(), among.into()], |row| row.int(0).map(ItemId))?;
    Ok(known.into_iter().collect())
}

/// Items whose words are still to be found.
pub(crate) fn unread(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<ItemId>, DbError> {
    conn.query(&UNREAD, &[limit.into()], |row| row.int(0).map(ItemId))
}

/// The words of an item are found.
pub(crate) fn read(tx: &mut Tx<'_>, item: ItemId) -> Result<(), DbError> {
    tx.execute(&READ, &[item.get().into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &KNOWN,
    &IN_USE,
    &INSERT_WORDS,
    &INSERT_TYPOS,
    &INSERT_TERMS,
    &CLEAR,
    &BEGINNING,
    &ALIKE,
    &ITEMS_OF_WORDS,
    &ITEMS_OF_BEGINNING,
    &WORDS_OF_ITEMS,
    &FIND,
    &BARCODES,
    &AMONG,
    &UNREAD,
    &READ,
];
