//! The world of this module's tests: a fresh database of either engine, a clock that stands still.

use crate::location::{Location, NewLocation};
use crate::{create_location, store};
use db::{Engine, MigrationSet};
use domain::LocationId;
use web::Reached;

const SETS: &[MigrationSet] = &[crate::MIGRATIONS];

/// The world that all modules begin with, with the words of this one.
pub(crate) struct World(testkit::World);

impl std::ops::Deref for World {
    type Target = testkit::World;

    fn deref(&self) -> &testkit::World {
        &self.0
    }
}

/// A fresh world of an engine.
pub(crate) fn world(engine: Engine) -> World {
    World(testkit::World::new(engine, SETS))
}

impl World {
    /// Creates `A site`, or `B zone below A`, one after the other.
    pub(crate) fn make(&self, texts: &[&str]) -> Vec<Location> {
        texts.iter().map(|text| self.create(new(text))).collect()
    }

    pub(crate) fn create(&self, command: NewLocation) -> Location {
        self.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &command)).unwrap()
    }

    /// The location of a code.
    pub(crate) fn get(&self, code: &str) -> Location {
        self.read(|conn| crate::location(conn, Reached::All, code)).unwrap()
    }

    pub(crate) fn id(&self, code: &str) -> LocationId {
        self.get(code).id
    }

    /// The codes of ids, in their order.
    pub(crate) fn codes(&self, ids: &[LocationId]) -> Vec<String> {
        let code = |id: &LocationId| self.read(|conn| store::by_id(conn, *id)).unwrap().code;
        ids.iter().map(code).collect()
    }

    /// Asserts that the closure table is the closure of the parents, and that sites follow it.
    pub(crate) fn assert_tree(&self) {
        let found = self.read(crate::store_tests::closure);
        let parents = self.read(crate::store_tests::parents);
        let mut expected = Vec::new();
        for (id, _, _) in &parents {
            let (mut above, mut depth) = (Some(*id), 0);
            while let Some(at) = above {
                expected.push((at, *id, depth));
                above = parents.iter().find(|(other, ..)| *other == at).and_then(|(_, parent, _)| *parent);
                depth += 1;
            }
            let (root, ..) = *expected.last().unwrap();
            let site = parents.iter().find(|(other, ..)| other == id).unwrap().2;
            let is_site = parents.iter().any(|(other, _, site)| *other == root && *site == root);
            assert_eq!(site, if is_site { root } else { 0 }, "the site of {id}");
        }
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

/// Reads `A site` or `B zone below A`.
pub(crate) fn new(text: &str) -> NewLocation {
    let words: Vec<&str> = text.split(' ').collect();
    NewLocation {
        code: words[0].to_owned(),
        kind: Some(words[1].to_owned()),
        parent: words.get(3).map(|&parent| parent.to_owned()),
        ..NewLocation::default()
    }
}

pub(crate) use testkit::{on_both_engines, seen};
