//! Items that are there under rules that change: each is looked at again, and one that would break a
//! rule holds the change back.

use crate::rulebook::Rulebook;
use crate::rules::Indexed;
use crate::{store_categories, store_values};
use db::{DbError, Tx};
use domain::{CategoryId, Code, FieldError, ItemId, Problem};
use web::Failure;

/// How many items are looked at together.
const ITEMS_PER_STEP: i64 = 1_000;

/// How many of the items that hold a change back are named.
const NAMED_MAX: usize = 20;

/// The items that would break a rule, of which the first few are named.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    items: usize,
    named: Vec<FieldError>,
}

impl Broken {
    /// One more item and what is wrong with it.
    pub(crate) fn count(&mut self, sku: &str, errors: &[FieldError], pointer: &str) {
        let Some(first) = errors.first() else { return };
        self.items += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(FieldError {
                pointer: pointer.to_owned(),
                code: Code::RulesBroken,
                detail: format!("`{sku}`: {}", first.detail),
            });
        }
    }

    /// Refuses when there is one.
    pub(crate) fn refuse(self) -> Result<(), Problem> {
        let Broken { items, named } = self;
        let Some(first) = named.first() else { return Ok(()) };
        let which = if items == 1 { "one item".to_owned() } else { format!("{items} items") };
        let detail = format!("{which} would not be as asked, first {}; change them before", first.detail);
        let problem = Problem::new(Code::RulesBroken, detail);
        Err(Problem { errors: named, ..problem })
    }
}

/// Looks at all items of a category and below it again, under the rules as they are now, and writes anew
/// what they are found by. The rules are held alone.
pub(crate) fn items_below(tx: &mut Tx<'_>, root: CategoryId, pointer: &str) -> Result<(), Failure> {
    let categories: Vec<CategoryId> =
        store_categories::below(tx, root)?.into_iter().map(|(id, _)| id).collect();
    let book = Rulebook::of_categories(tx, &categories)?;
    let mut broken = Broken::default();
    let mut after = ItemId(0);
    loop {
        let held = store_values::below(tx, root, after, ITEMS_PER_STEP)?;
        let Some(last) = held.last() else { break };
        after = last.id;
        let mut values: Vec<(ItemId, Indexed)> = Vec::new();
        for item in &held {
            broken.count(&item.sku, &book.still_fits(item), pointer);
            let indexed = book.indexed(&item.attributes, item.category);
            values.extend(indexed.into_iter().map(|value| (item.id, value)));
        }
        rewrite(tx, held.iter().map(|item| item.id), &values)?;
    }
    Ok(broken.refuse()?)
}

/// Writes what items are found by in place of what it was.
pub(crate) fn rewrite(
    tx: &mut Tx<'_>,
    items: impl Iterator<Item = ItemId>,
    values: &[(ItemId, Indexed)],
) -> Result<(), DbError> {
    store_values::clear(tx, items)?;
    store_values::insert(tx, values.iter())
}

/// Looks at all items that have a value of their own for a key; `fits` says what is wrong with one.
pub(crate) fn items_having(
    tx: &mut Tx<'_>,
    key: &str,
    pointer: &str,
    fits: impl Fn(&serde_json::Value) -> Result<(), String>,
) -> Result<(), Failure> {
    let mut broken = Broken::default();
    let mut after = ItemId(0);
    loop {
        let held = store_values::having(tx, key, after, ITEMS_PER_STEP)?;
        let Some(last) = held.last() else { break };
        after = last.id;
        for item in &held {
            let refused = item.attributes.get(key).map(&fits).and_then(Result::err);
            let error = refused.map(|detail| FieldError {
                pointer: String::new(),
                code: Code::AttributeRefused,
                detail,
            });
            broken.count(&item.sku, error.as_slice(), pointer);
        }
    }
    Ok(broken.refuse()?)
}
