//! What items that are about to be written must be like: loaded once for all items of a call, with the
//! rules held shared, so that it still holds when they are stored.

use crate::item::{Attributes, Item};
use crate::rules::{self, Definition, Effective, Indexed};
use crate::store_values::Holder;
use crate::{store_categories, store_rules};
use db::{Conn, DbError, Tx};
use domain::{AttributeId, CategoryId, Code, FieldError, Problem};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The rules of the categories of a call, and the definitions of the keys in it.
#[derive(Debug, Default)]
pub(crate) struct Rulebook {
    /// By path.
    categories: FxHashMap<String, CategoryId>,
    rules: FxHashMap<CategoryId, Vec<Effective>>,
    /// By key.
    definitions: FxHashMap<String, Arc<Definition>>,
}

impl Rulebook {
    /// Holds the rules and loads what these items need.
    pub(crate) fn open<'i>(
        tx: &mut Tx<'_>,
        items: impl Iterator<Item = &'i Item> + Clone,
    ) -> Result<Rulebook, DbError> {
        store_rules::share(tx)?;
        let paths: BTreeSet<&str> =
            items.clone().map(|item| item.category.as_str()).filter(|path| !path.is_empty()).collect();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for key in items.flat_map(|item| item.attributes.keys()) {
            if !keys.contains(key) {
                keys.insert(key.to_lowercase());
                keys.insert(key.clone());
            }
        }
        let categories: FxHashMap<String, CategoryId> =
            store_categories::ids_of(tx, paths.into_iter())?.into_iter().collect();
        let ids: Vec<CategoryId> = categories.values().copied().collect();
        let mut book = Rulebook::of_categories(tx, &ids)?;
        book.categories = categories;
        let defined = store_rules::defined(tx, keys.iter().map(String::as_str))?;
        book.definitions
            .extend(defined.into_iter().map(|definition| (definition.key.clone(), Arc::new(definition))));
        Ok(book)
    }

    /// The rules of these categories.
    pub(crate) fn of_categories(conn: &mut Conn<'_>, ids: &[CategoryId]) -> Result<Rulebook, DbError> {
        // one of each, however many categories ask for it
        let mut definitions: BTreeMap<AttributeId, Arc<Definition>> = BTreeMap::new();
        let mut chains: FxHashMap<CategoryId, Vec<store_rules::Placed>> = FxHashMap::default();
        for placed in store_rules::chains(conn, ids)? {
            definitions.entry(placed.definition.id).or_insert_with(|| Arc::new(placed.definition.clone()));
            chains.entry(placed.holds_in).or_default().push(placed);
        }
        let rules = chains
            .into_iter()
            .map(|(id, chain)| {
                let chain = chain.iter().map(|placed| (placed.said_in.as_str(), &placed.rule));
                (id, rules::fold(chain, &definitions))
            })
            .collect();
        let definitions =
            definitions.into_values().map(|definition| (definition.key.clone(), definition)).collect();
        Ok(Rulebook { categories: FxHashMap::default(), rules, definitions })
    }

    /// The category of an item that is to be written; `None` for nowhere.
    pub(crate) fn category(&self, item: &Item) -> Result<Option<CategoryId>, Problem> {
        if item.category.is_empty() {
            return Ok(None);
        }
        self.categories.get(&item.category).copied().map(Some).ok_or_else(|| {
            let detail =
                format!("there is no category `{}`; make it first, or choose another", item.category);
            Problem::at(Code::UnknownCategory, "/category", detail)
        })
    }

    /// What holds in a category, in the order in which it is shown.
    pub(crate) fn of(&self, category: Option<CategoryId>) -> &[Effective] {
        category.and_then(|id| self.rules.get(&id)).map_or(&[], Vec::as_slice)
    }

    /// Whether the attributes are what the category asks for: all that is wrong, each at its key.
    pub(crate) fn check(
        &self,
        attributes: &Attributes,
        category: Option<CategoryId>,
        pointer: &str,
    ) -> Result<(), Problem> {
        let defined = |key: &str| self.definitions.get(key).map(Arc::as_ref);
        let mut errors = rules::misspelt(attributes, defined);
        errors.extend(rules::check(attributes, defined, self.of(category)));
        match errors.first() {
            None => Ok(()),
            Some(first) => {
                let problem = Problem::new(first.code, first.detail.clone());
                Err(Problem { errors, ..problem }.under(pointer))
            }
        }
    }

    /// Whether an item that is there would still be what its category asks for.
    pub(crate) fn still_fits(&self, held: &Holder) -> Vec<FieldError> {
        rules::check(
            &held.attributes,
            |key| self.definitions.get(key).map(Arc::as_ref),
            self.of(held.category),
        )
    }

    /// What an item can be found by.
    pub(crate) fn indexed(&self, attributes: &Attributes, category: Option<CategoryId>) -> Vec<Indexed> {
        rules::indexed(attributes, self.of(category))
    }
}
