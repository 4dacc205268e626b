//! Search items in use by words, which may be mistyped or begun only, and by any code.

pub(crate) mod api;
mod meet;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use crate::item::Item;
use crate::rulebook::Rulebook;
use crate::{find, recheck, store, store_rules, store_search};
use db::{Conn, DbError, Tx};
use domain::{CategoryId, ItemId};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use web::Failure;

/// The most items that a search shows: those that fit best.
pub const FOUND_MAX: usize = 50;

/// How many words that begin as one was typed are looked at, the first by the alphabet, where that is very short.
const BEGINNING_MAX: i64 = 24;

/// The shortest beginning that stands for all words that begin so, and for words in the middle of a question.
const BEGINNING_CHARS_MIN: usize = 3;

/// How many words that are like one that was typed are looked at.
const ALIKE_MAX: usize = 12;

/// The shortest beginning of a barcode that is looked up, in characters.
const BARCODE_CHARS_MIN: usize = 4;

/// How many items the upkeep reads at a time.
const UNREAD_PER_STEP: i64 = 500;

/// What a search found.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub struct Found {
    /// The items that fit best, at most 50: first what a code names, then by how well the words fit.
    pub items: Vec<Item>,
    /// Words that nothing has, each with those that it was taken for.
    pub corrected: Vec<Corrected>,
}

/// A word that was taken for others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Corrected {
    /// As it was typed.
    pub typed: String,
    /// What it may have meant, the most alike first.
    pub meant: Vec<String>,
}

/// A word that is looked for, with how well it fits what was typed.
struct Candidate {
    word: String,
    /// All words that begin so are meant.
    begun: bool,
    score: i64,
}

/// Finds items in use among those of these categories; among all where none are named.
///
/// # Errors
/// When the store fails.
pub fn search(conn: &mut Conn<'_>, text: &str, among: Option<&[CategoryId]>) -> Result<Found, DbError> {
    let mut ids: Vec<ItemId> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    for found in find::by_code(conn, text.trim(), among)? {
        if !ids.contains(&found.item.id) {
            ids.push(found.item.id);
            items.push(found.item);
        }
    }
    let limit = i64::try_from(FOUND_MAX).unwrap_or(i64::MAX);
    let is_limited = among.is_some();
    let among = among.map(store_search::among_json);
    let mut more = Vec::new();
    for begins in barcode_beginnings(text.trim()) {
        more.extend(store_search::barcodes(conn, &begins, (limit, among.as_deref()))?);
    }
    let mut corrected = Vec::new();
    more.extend(by_words(conn, text, (limit, among.as_deref()), &mut corrected)?);
    if is_limited {
        // what a word may have meant is taken from the words of all items
        corrected.clear();
    }
    for id in more {
        if !ids.contains(&id) && ids.len() < FOUND_MAX {
            ids.push(id);
        }
    }
    let rest = ids.get(items.len()..).unwrap_or_default();
    items.extend(find::by_ids(conn, rest)?);
    Ok(Found { items, corrected })
}

/// How the keys of barcodes that begin so begin: one of a trade item is kept in fourteen digits, so one of
/// thirteen, twelve or eight has zeros in front.
fn barcode_beginnings(typed: &str) -> Vec<String> {
    if typed.chars().count() < BARCODE_CHARS_MIN {
        return Vec::new();
    }
    let zeros: &[&str] =
        if typed.bytes().all(|byte| byte.is_ascii_digit()) { &["", "0", "00", "000000"] } else { &[""] };
    zeros.iter().map(|zeros| format!("{zeros}{typed}")).collect()
}

/// The items that have all words, or what comes nearest to each.
fn by_words(
    conn: &mut Conn<'_>,
    text: &str,
    most: (i64, Option<&str>),
    corrected: &mut Vec<Corrected>,
) -> Result<Vec<ItemId>, DbError> {
    let lists = lists(conn, text, corrected)?;
    if lists.is_empty() { Ok(Vec::new()) } else { meet::best(conn, &lists, most, meet::LIMITS) }
}

/// What each word of a text may stand for; none when one of them stands for nothing.
fn lists(
    conn: &mut Conn<'_>,
    text: &str,
    corrected: &mut Vec<Corrected>,
) -> Result<Vec<Vec<Candidate>>, DbError> {
    let mut typed = words::words(text);
    typed.truncate(words::WORDS_ASKED_MAX);
    let known = store_search::known(conn, &typed)?;
    let mut lists: Vec<Vec<Candidate>> = Vec::new();
    let end = typed.len().saturating_sub(1);
    let mut seen = BTreeSet::new();
    for (place, word) in typed.iter().enumerate() {
        if !seen.insert(word) {
            continue;
        }
        let candidates = candidates(conn, word, known.contains(word), place == end)?;
        if !known.contains(word)
            && candidates.iter().all(|candidate| !candidate.word.starts_with(word.as_str()))
        {
            let meant = candidates.iter().map(|candidate| candidate.word.clone()).collect();
            corrected.push(Corrected { typed: word.clone(), meant });
        }
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        lists.push(candidates);
    }
    Ok(lists)
}

fn listed_alone(list: &[Candidate]) -> store_search::Lists {
    listed(list.iter().map(|one| (0, one)))
}

/// Candidates with the words that they stand for, as the statements take them.
fn listed<'c>(list: impl Iterator<Item = (usize, &'c Candidate)>) -> store_search::Lists {
    let (mut words, mut begun) = (Vec::new(), Vec::new());
    for (token, one) in list {
        let Candidate { word, begun: is_begun, score } = one;
        if *is_begun {
            let below = store_search::below(word);
            begun.push(json!({ "token": token, "word": word, "below": below, "score": score }));
        } else {
            words.push(json!({ "token": token, "word": word, "score": score }));
        }
    }
    let text = |list: Vec<serde_json::Value>| serde_json::Value::from(list).to_string();
    store_search::Lists { words: text(words), begun: text(begun) }
}

/// What a word that was typed may stand for: itself, what begins with it, and where there is neither, what is
/// like it.
fn candidates(
    conn: &mut Conn<'_>,
    typed: &str,
    is_known: bool,
    is_last: bool,
) -> Result<Vec<Candidate>, DbError> {
    let mut candidates = Vec::new();
    if is_known {
        candidates.push(Candidate { word: typed.to_owned(), begun: false, score: 100 });
    }
    if typed.chars().count() >= BEGINNING_CHARS_MIN {
        // the word itself is among them, and counts more by itself
        if !store_search::beginning(conn, typed, 1)?.is_empty() {
            candidates.push(Candidate { word: typed.to_owned(), begun: true, score: 60 });
        }
    } else if is_last || !is_known {
        let longer = store_search::beginning(conn, typed, BEGINNING_MAX)?;
        let longer = longer.into_iter().filter(|word| word != typed);
        candidates.extend(longer.map(|word| Candidate { word, begun: false, score: 60 }));
    }
    if candidates.is_empty() {
        let alike = store_search::alike(conn, &words::remains(typed, 2))?;
        let mut near: Vec<(usize, String)> =
            alike.into_iter().filter_map(|word| Some((words::distance(typed, &word)?, word))).collect();
        near.sort();
        near.truncate(ALIKE_MAX);
        let score = |distance| 40 - 15 * i64::try_from(distance).unwrap_or(2);
        candidates.extend(near.into_iter().map(|(distance, word)| Candidate {
            word,
            begun: false,
            score: score(distance),
        }));
    }
    Ok(candidates)
}

/// Writes the words of items that have none yet.
pub(crate) fn learn<'i>(tx: &mut Tx<'_>, items: impl Iterator<Item = &'i Item>) -> Result<(), DbError> {
    let terms: Vec<(ItemId, BTreeMap<String, i64>)> =
        items.filter(|item| !item.archived).map(|item| (item.id, words::terms(item))).collect();
    store_search::insert(tx, &terms)
}

/// Writes the words of an item in place of those that it had; an archived one has none.
pub(crate) fn learn_again(tx: &mut Tx<'_>, item: &Item) -> Result<(), DbError> {
    store_search::clear(tx, item.id)?;
    learn(tx, std::iter::once(item))
}

/// Writes down the words and values of all items of which nobody has done it yet, and tells how many there were:
/// for the upkeep. Items are made with them; these come from a store of before.
pub fn read_unread(db: &db::Db) -> Result<usize, Failure> {
    let mut count = 0_usize;
    // most rounds find nothing, and only look
    while !db.read_blocking(|conn| store_search::unread(conn, 1))?.is_empty() {
        count = count.saturating_add(db.write_blocking(read_some)?);
    }
    Ok(count)
}

fn read_some(tx: &mut Tx<'_>) -> Result<usize, Failure> {
    store_rules::share(tx)?;
    let unread = store_search::unread(tx, UNREAD_PER_STEP)?;
    for id in &unread {
        if let Some(item) = store::lock_by_id(tx, *id)? {
            learn_again(tx, &item)?;
            let book = Rulebook::of_categories(tx, item.category_id.as_slice())?;
            let values = book.indexed(&item.attributes, item.category_id);
            let values: Vec<_> = values.into_iter().map(|value| (item.id, value)).collect();
            recheck::rewrite(tx, std::iter::once(item.id), &values)?;
        }
        store_search::read(tx, *id)?;
    }
    Ok(unread.len())
}
