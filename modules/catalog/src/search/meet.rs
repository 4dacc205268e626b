//! Items that have a word of each list. Lists are read into memory as far as that is cheap, and met there: an
//! index entry read in order costs a fraction of one that is looked up. What is too long for that is looked up in
//! the words of the few items that the short lists have in common, and where there are many of those the database
//! does all of it.

use super::{Candidate, listed, listed_alone};
use crate::store_search::{self, Items, LIST_ROWS_MAX};
use db::{Conn, DbError};
use domain::ItemId;
use rustc_hash::FxHashMap;

/// How much is done in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Rows of a list.
    pub(super) rows: usize,
    /// Items whose words are all read.
    pub(super) items: usize,
}

/// As a search has it.
pub(super) const LIMITS: Limits = Limits { rows: LIST_ROWS_MAX, items: 1_000 };

/// Items with how well they fit.
type Scores = FxHashMap<ItemId, i64>;

/// The items that fit best, one of the words of each list: at most so many, among those of some categories.
pub(super) fn best(
    conn: &mut Conn<'_>,
    lists: &[Vec<Candidate>],
    most: (i64, Option<&str>),
    limits: Limits,
) -> Result<Vec<ItemId>, DbError> {
    let mut met: Option<Scores> = None;
    let (mut first, mut long) = (0, Vec::new());
    for (token, list) in lists.iter().enumerate() {
        match (read(conn, list, met.as_ref(), limits.rows)?, &mut met) {
            (None, _) => long.push(list),
            (Some(scores), None) => (first, met) = (token, Some(scores)),
            (Some(scores), Some(met)) => meet(met, |item| scores.get(item).copied()),
        }
    }
    let Some(mut met) = met else { return by_database(conn, lists, 0, most) };
    if !long.is_empty() {
        if met.len() > limits.items {
            return by_database(conn, lists, first, most);
        }
        let words = words_of(conn, &met)?;
        for list in long {
            meet(&mut met, |item| {
                words.get(item)?.iter().filter_map(|(word, weight)| Some(fit(list, word)? * weight)).max()
            });
        }
    }
    if let (_, Some(among)) = most {
        let items: Vec<ItemId> = met.keys().copied().collect();
        let known = store_search::items_among(conn, &items, among)?;
        met.retain(|item, _| known.contains(item));
    }
    let mut best: Vec<(i64, ItemId)> = met.into_iter().map(|(item, score)| (-score, item)).collect();
    best.sort_unstable();
    best.truncate(usize::try_from(most.0).unwrap_or(usize::MAX));
    Ok(best.into_iter().map(|(_, item)| item).collect())
}

/// Keeps what has something of another list too, with what that adds.
fn meet(met: &mut Scores, other: impl Fn(&ItemId) -> Option<i64>) {
    met.retain(|item, score| {
        other(item).is_some_and(|more| {
            *score += more;
            true
        })
    });
}

/// How well a word fits what a list stands for; `None` when it does not.
fn fit(list: &[Candidate], word: &str) -> Option<i64> {
    let fits = |one: &&Candidate| if one.begun { word.starts_with(&one.word) } else { word == one.word };
    list.iter().filter(fits).map(|one| one.score).max()
}

/// The items that have one of the words of a list, of those that the lists before have in common; `None` when there are
/// too many to read.
fn read(
    conn: &mut Conn<'_>,
    list: &[Candidate],
    before: Option<&Scores>,
    rows_max: usize,
) -> Result<Option<Scores>, DbError> {
    let mut scores = Scores::default();
    let mut rows = 0_usize;
    let mut add = |word: &str, weight: i64, items: Items<'_>| {
        let fits = fit(list, word);
        for item in items.each() {
            rows += 1;
            if let Some(fit) = fits
                && before.is_none_or(|before| before.contains_key(&item))
            {
                let score = scores.entry(item).or_default();
                *score = (*score).max(fit * weight);
            }
        }
    };
    let begun = list.iter().filter(|one| one.begun);
    for one in begun {
        store_search::items_of_beginning(conn, &one.word, &mut add)?;
    }
    // a beginning has brought the word itself
    let has_begun = |word: &str| list.iter().any(|one| one.begun && word.starts_with(&one.word));
    let words: Vec<&str> = list.iter().map(|one| one.word.as_str()).filter(|word| !has_begun(word)).collect();
    if !words.is_empty() {
        store_search::items_of_words(conn, &words, &mut add)?;
    }
    Ok((rows <= rows_max).then_some(scores))
}

fn words_of(conn: &mut Conn<'_>, items: &Scores) -> Result<FxHashMap<ItemId, Vec<(String, i64)>>, DbError> {
    let ids: Vec<ItemId> = items.keys().copied().collect();
    let mut words: FxHashMap<ItemId, Vec<(String, i64)>> = FxHashMap::default();
    for (item, word, weight) in store_search::words_of_items(conn, &ids)? {
        words.entry(item).or_default().push((word, weight));
    }
    Ok(words)
}

/// The same by one statement, which begins with the list that is named.
fn by_database(
    conn: &mut Conn<'_>,
    lists: &[Vec<Candidate>],
    first: usize,
    most: (i64, Option<&str>),
) -> Result<Vec<ItemId>, DbError> {
    let others = lists.iter().enumerate().filter(|(token, _)| *token != first);
    let others = listed(others.flat_map(|(token, list)| list.iter().map(move |one| (token, one))));
    let tokens = i64::try_from(lists.len()).unwrap_or(i64::MAX) - 1;
    match lists.get(first) {
        Some(list) => store_search::find(conn, &listed_alone(list), (&others, tokens), most),
        None => Ok(Vec::new()),
    }
}
