//! Where a permission is held: [`Scope`].

use crate::principal::{Grant, Within};
use domain::{CategoryId, LocationId, Permission};
use std::sync::Arc;

/// The locations that a caller may touch with one permission: all, or the subtrees of some roots.
///
/// Membership is in the closure table `places_tree (ancestor, descendant)`, which has a row for
/// each location with itself. A statement takes [`Scope::roots_json`] as one text parameter.
///
/// Where the permission is held for the items of some categories only, these are all places at which it is held for
/// any item. What a row about an item is judged by is [`Scope::about`] its categories: a place and a category that
/// stand in two different grants give nothing together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `None` for everything.
    roots: Option<Arc<[LocationId]>>,
    /// The grants that it is made of; `None` where each of them is for all items.
    parts: Option<Arc<[Part]>>,
}

/// A place, for the items of a category and those below it, or for all items.
type Part = (Option<CategoryId>, Within);

/// A [`Scope`] taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached<'a> {
    /// Everything, locations that belong to no site included.
    All,
    /// The subtrees of these locations.
    Within(&'a [LocationId]),
}

impl Scope {
    /// Where some grants give a permission, whatever they are for.
    pub(crate) fn of(grants: &[Grant], permission: Permission) -> Option<Scope> {
        let holds = |grant: &&Grant| grant.permissions.contains(permission);
        Scope::union(grants.iter().filter(holds).map(|grant| grant.within))
    }

    /// The same with what of it is for which items.
    pub(crate) fn of_items(grants: &[Grant], permission: Permission) -> Option<Scope> {
        let holds = |grant: &&Grant| grant.permissions.contains(permission);
        let parts: Vec<Part> =
            grants.iter().filter(holds).map(|grant| (grant.category, grant.within)).collect();
        let union = Scope::union(parts.iter().map(|(_, within)| *within))?;
        let is_limited = parts.iter().any(|(category, _)| category.is_some());
        Some(Scope { parts: is_limited.then(|| parts.into()), ..union })
    }

    fn union(places: impl Iterator<Item = Within>) -> Option<Scope> {
        let mut roots = Vec::new();
        for within in places {
            match within {
                Within::All => return Some(Scope::everything()),
                Within::Subtree(root) => roots.push(root),
            }
        }
        roots.sort_unstable();
        roots.dedup();
        (!roots.is_empty()).then(|| Scope { roots: Some(roots.into()), parts: None })
    }

    /// All locations: for what belongs to none.
    pub(crate) fn everything() -> Scope {
        Scope { roots: None, parts: None }
    }

    /// No location at all: for routes about the caller alone.
    pub(crate) fn nowhere() -> Scope {
        Scope { roots: Some(Arc::new([])), parts: None }
    }

    /// As it is for what is no item.
    pub(crate) fn of_places(self) -> Scope {
        Scope { parts: None, ..self }
    }

    /// Whether some of it is for the items of some categories only.
    pub const fn is_limited(&self) -> bool {
        self.parts.is_some()
    }

    /// What of it is for an item of these categories, its own and those above it.
    #[must_use]
    pub fn about(&self, categories: &[CategoryId]) -> Scope {
        let Some(parts) = &self.parts else { return self.clone() };
        let holds = |(category, _): &&Part| category.is_none_or(|category| categories.contains(&category));
        let places = parts.iter().filter(holds).map(|(_, within)| *within);
        Scope::union(places).unwrap_or_else(Scope::nowhere)
    }

    /// Whether nothing is in scope.
    pub fn is_nowhere(&self) -> bool {
        self.roots().is_some_and(<[LocationId]>::is_empty)
    }

    /// The scope taken apart.
    pub fn reached(&self) -> Reached<'_> {
        self.roots.as_deref().map_or(Reached::All, Reached::Within)
    }

    /// The roots of what is in scope; `None` for everything.
    pub fn roots(&self) -> Option<&[LocationId]> {
        self.roots.as_deref()
    }

    /// Whether everything is in scope.
    pub const fn is_all(&self) -> bool {
        self.roots.is_none()
    }

    /// The roots as a JSON array such as `[4,17]`, `None` for everything: one parameter of a statement.
    ///
    /// ```sql
    /// -- SQLite
    /// where (?1 is null or b.location in (
    ///     select t.descendant from json_each(?1) r join places_tree t on t.ancestor = r.value))
    /// -- PostgreSQL
    /// where (?1::text is null or b.location in (
    ///     select t.descendant from json_array_elements_text(?1::json) r(value)
    ///     join places_tree t on t.ancestor = r.value::bigint))
    /// ```
    pub fn roots_json(&self) -> Option<String> {
        self.roots.as_deref().map(|roots| {
            let numbers: Vec<String> = roots.iter().map(ToString::to_string).collect();
            format!("[{}]", numbers.join(","))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_a_category_of_two_grants_give_nothing_together() {
        let grant = |category: Option<i64>, within| Grant {
            category: category.map(CategoryId),
            ..Grant::free([Permission::StockRead].into_iter().collect(), within)
        };
        let at = |root: i64| Within::Subtree(LocationId(root));
        let scope = |grants: &[Grant]| Scope::of_items(grants, Permission::StockRead).unwrap();
        let about = |scope: &Scope, line: &[i64]| {
            let line: Vec<CategoryId> = line.iter().copied().map(CategoryId).collect();
            scope.about(&line).roots_json()
        };
        // hazard (70) at one site, food (80) at another
        let two = scope(&[grant(Some(70), at(3)), grant(Some(80), at(5))]);
        assert!(two.is_limited() && !two.is_all());
        assert_eq!(two.roots_json().as_deref(), Some("[3,5]"));
        for (line, expected) in [
            (&[70][..], "[3]"),
            (&[80], "[5]"),
            (&[800, 80], "[5]"),
            (&[80, 70], "[3,5]"),
            (&[90], "[]"),
            (&[], "[]"),
        ] {
            assert_eq!(about(&two, line).as_deref(), Some(expected), "{line:?}");
        }
        assert!(two.about(&[]).is_nowhere() && !two.about(&[CategoryId(70)]).is_limited());
        // with one of them for all items
        let mixed = scope(&[grant(None, at(3)), grant(Some(80), Within::All)]);
        assert!(mixed.is_limited() && mixed.is_all());
        assert_eq!(about(&mixed, &[70]).as_deref(), Some("[3]"));
        assert_eq!(about(&mixed, &[80]), None);
        // without a category there is nothing to ask
        let plain = scope(&[grant(None, at(3)), grant(None, at(5))]);
        assert!(!plain.is_limited());
        assert_eq!(about(&plain, &[]).as_deref(), Some("[3,5]"));
        assert!(!two.of_places().is_limited());
    }
}
